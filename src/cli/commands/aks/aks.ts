import type { RegisterCommand } from '../../command.ts';
import { registerCreate } from './create.ts';
import { registerDelete } from './delete.ts';
import { registerGetCredentials } from './get-credentials.ts';
import { registerList } from './list.ts';
import { registerNodepool } from './nodepool/nodepool.ts';
import { registerShow } from './show.ts';
import { registerUpdate } from './update.ts';

const verbs: readonly RegisterCommand[] = [
  registerCreate,
  registerUpdate,
  registerShow,
  registerList,
  registerDelete,
  registerGetCredentials,
  registerNodepool,
];

/** `segw aks`: az's names and flags over the Azure SDK, in the local region and on Azure. */
export const registerAks: RegisterCommand = (program, context) => {
  const aks = program.command('aks').description('managed clusters, with the names and flags of az');
  for (const register of verbs) register(aks, context);
};
