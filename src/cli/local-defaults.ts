/** What `segw up` and `segw demo` create unless told otherwise: scripts and documents rely on these names. */
export const localDefaults = {
  location: 'local',
  resourceGroup: 'segw',
  cluster: 'segw',
  systemPool: 'nodepool1',
  systemNodes: 2,
  gatewayPool: 'gwpool',
} as const;
