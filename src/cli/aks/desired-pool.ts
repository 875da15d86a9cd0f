import type { AgentPool } from '@azure/arm-containerservice';
import { definedOnly } from '../../base/defined.ts';
import { SegwError } from '../../base/error.ts';

/** The flags of `segw aks nodepool add`, named as az names them. */
export interface AddPoolFlags {
  readonly mode: 'System' | 'User' | 'Gateway';
  readonly nodeCount: number;
  readonly gatewayPrefixSize?: number;
  readonly nodeVmSize?: string;
  readonly vnetSubnetId?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly nodeTaints?: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
}

const prefixSizes = { smallest: 28, largest: 31 } as const;

/** A new pool as az asks for it (arm-facts 1.6). Throws `InvalidInput` where az refuses before it asks the service. */
export function desiredPool(flags: AddPoolFlags): AgentPool {
  const { gatewayPrefixSize: size } = flags;
  if (size !== undefined) checkPrefixSize(size, flags.mode);
  return {
    mode: flags.mode,
    typePropertiesType: 'VirtualMachineScaleSets',
    osType: 'Linux',
    count: flags.nodeCount,
    ...definedOnly({
      vmSize: flags.nodeVmSize,
      vnetSubnetID: flags.vnetSubnetId,
      nodeLabels: flags.labels && { ...flags.labels },
      nodeTaints: flags.nodeTaints && [...flags.nodeTaints],
      tags: flags.tags && { ...flags.tags },
    }),
    ...(size === undefined ? {} : { gatewayProfile: { publicIPPrefixSize: size } }),
  };
}

export interface UpdatePoolFlags {
  readonly mode?: AddPoolFlags['mode'];
  readonly labels?: Readonly<Record<string, string>>;
  readonly nodeTaints?: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
}

/** The pool read back, with what the flags change. */
export function changedPool(pool: AgentPool, flags: UpdatePoolFlags): AgentPool {
  return {
    ...pool,
    ...definedOnly({
      mode: flags.mode,
      nodeLabels: flags.labels && { ...flags.labels },
      nodeTaints: flags.nodeTaints && [...flags.nodeTaints],
      tags: flags.tags && { ...flags.tags },
    }),
  };
}

function checkPrefixSize(size: number, mode: AddPoolFlags['mode']): void {
  if (mode !== 'Gateway') throw new SegwError('InvalidInput', '--gateway-prefix-size can only be set for Gateway-mode nodepools');
  if (size < prefixSizes.smallest || size > prefixSizes.largest)
    throw new SegwError(
      'InvalidInput',
      `--gateway-prefix-size must be in the range [${String(prefixSizes.smallest)}, ${String(prefixSizes.largest)}]`,
    );
}
