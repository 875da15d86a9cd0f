/** What the reader of the article puts in the place of its placeholders: test and guide use the same. */
export const articleNames = {
  'cluster-name': 'article',
  'resource-group': 'article',
  'nodepool-name': 'gwpool',
  'number-of-nodes': '2',
  'desired-node-count': '3',
  'prefix-size': '30',
  'gateway-config-name': 'fixed',
  namespace: 'web',
} as const;

/** The article's commands, in its order, as they are printed there. */
export const articleCommands = {
  addExtension: 'az extension add --name aks-preview',
  updateExtension: 'az extension update --name aks-preview',
  registerFeature: 'az feature register --namespace "Microsoft.ContainerService" --name "StaticEgressGatewayPreview"',
  showFeature: 'az feature show --namespace "Microsoft.ContainerService" --name "StaticEgressGatewayPreview"',
  registerProvider: 'az provider register --namespace Microsoft.ContainerService',
  createCluster: 'az aks create -n <cluster-name> -g <resource-group> --enable-static-egress-gateway',
  addPool: `az aks nodepool add --cluster-name <cluster-name> \\
    --name <nodepool-name> \\
    --resource-group <resource-group> \\
    --mode gateway \\
    --node-count <number-of-nodes> \\
    --gateway-prefix-size <prefix-size>`,
  scalePool: 'az aks nodepool scale --cluster-name <cluster-name> -n <nodepool-name> --node-count <desired-node-count>',
  describe: 'kubectl describe StaticGatewayConfiguration <gateway-config-name> -n <namespace>',
  deletePool: 'az aks nodepool delete --cluster-name <cluster-name> -n <nodepool-name>',
  disable: 'az aks update -n <cluster-name> -g <resource-group> --disable-static-egress-gateway',
} as const;

/** A command with the placeholders filled in. */
export function fillIn(command: string): string {
  return Object.entries(articleNames).reduce((text, [name, value]) => text.replaceAll(`<${name}>`, value), command);
}
