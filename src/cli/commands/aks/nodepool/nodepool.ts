import type { RegisterCommand } from '../../../command.ts';
import { registerAdd } from './add.ts';
import { registerDelete } from './delete.ts';
import { registerList } from './list.ts';
import { registerScale } from './scale.ts';
import { registerShow } from './show.ts';
import { registerUpdate } from './update.ts';

const verbs: readonly RegisterCommand[] = [
  registerAdd,
  registerList,
  registerShow,
  registerUpdate,
  registerScale,
  registerDelete,
];

/** `segw aks nodepool` */
export const registerNodepool: RegisterCommand = (program, context) => {
  const nodepool = program.command('nodepool').description('node pools of a managed cluster, gateway pools among them');
  for (const register of verbs) register(nodepool, context);
};
