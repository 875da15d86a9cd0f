import { ArmError } from '../../arm/errors.ts';
import type { ResourceAction } from '../../arm/resource-provider.ts';

/** What Azure can do to a cluster and this region cannot: a clear answer instead of an unknown path. */
export const refusedClusterActions = refused({
  start: 'clusters are not stopped and started here: ./segw down and ./segw up do that for the whole region',
  stop: 'clusters are not stopped and started here: ./segw down and ./segw up do that for the whole region',
  rotateClusterCertificates: 'certificates of a cluster are made once',
  rotateServiceAccountSigningKeys: 'the signing key of a cluster is made once',
  runCommand: 'the API server can be reached: use kubectl with az aks get-credentials',
  resetServicePrincipalProfile: 'clusters have a managed identity',
  resetAADProfile: 'users come in with certificates, not through Entra ID',
  abort: 'an operation is carried through',
});

/** The same for an agent pool. */
export const refusedPoolActions = refused({
  deleteMachines: 'delete instances of its scale set instead: az vmss delete-instances',
  abort: 'an operation is carried through',
});

function refused(reasons: Readonly<Record<string, string>>): Readonly<Record<string, ResourceAction>> {
  return Object.fromEntries(Object.entries(reasons).map(([name, why]) => [name, refusal(name, why)]));
}

function refusal(name: string, why: string): ResourceAction {
  const error = new ArmError(400, 'NotSupportedInThisRegion', `The action ${name} is not supported in this region (${why}).`);
  return { kind: 'reply', run: async () => Promise.reject(error) };
}
