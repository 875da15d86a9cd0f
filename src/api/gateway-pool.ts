import { z } from 'zod';
import { validations, type ValidationRule } from './fields.ts';

const immutable = validations({ rule: 'self == oldSelf', message: 'cannot be changed: delete the object and create it again' });

export const gatewayNodepoolNameField = z
  .string()
  .max(63)
  .regex(/^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$/)
  .meta(immutable)
  .describe('The gateway node pool. Cannot be changed.');

const vmssResourceGroup = z.string().min(1).max(90).meta(immutable).describe('Resource group of the scale set.');
const vmssName = z.string().min(1).max(64).meta(immutable).describe('Name of the scale set.');
const publicIpPrefixSize = z
  .int()
  .min(28)
  .max(31)
  .meta(immutable)
  .describe('Prefix length of the public IP prefix, 28 (16 nodes) to 31 (2 nodes).');

/** Clients of the open-source project written in Go always send `{}`: it stands for "absent". */
export const gatewayVmssProfileField = z
  .object({
    vmssResourceGroup: vmssResourceGroup.optional(),
    vmssName: vmssName.optional(),
    publicIpPrefixSize: publicIpPrefixSize.optional(),
  })
  .meta(
    validations({
      rule: 'has(self.vmssResourceGroup) == has(self.vmssName) && has(self.vmssName) == has(self.publicIpPrefixSize)',
      message: 'vmssResourceGroup, vmssName and publicIpPrefixSize are needed together',
    }),
  )
  .describe('The gateway scale set, on clusters that are not AKS. Cannot be changed.');

interface PoolFields {
  readonly gatewayNodepoolName?: string | undefined;
  readonly gatewayVmssProfile?: z.infer<typeof gatewayVmssProfileField> | undefined;
}

const namesPool = "self.?gatewayNodepoolName.orValue('') != ''";
const namedPool = "oldSelf.?gatewayNodepoolName.orValue('') != ''";
const namesScaleSet = "self.?gatewayVmssProfile.?vmssName.orValue('') != ''";

/**
 * The rules of a specification with `gatewayNodepoolName` and `gatewayVmssProfile` (spec.md B2). That neither changes follows from
 * the second one and the rules of the fields. (One rule that compares old and new profile with `orValue` costs too much: the API
 * server's estimate takes both sides for strings without a bound.)
 */
export const poolRules: readonly ValidationRule[] = [
  {
    rule: `(${namesPool}) != (${namesScaleSet})`,
    message: 'exactly one of gatewayNodepoolName and gatewayVmssProfile is needed',
  },
  {
    rule: `(${namesPool}) == (${namedPool})`,
    message: 'gatewayNodepoolName and gatewayVmssProfile cannot be changed: delete the object and create it again',
  },
];

/** The gateway node pool that a specification selects. */
export type GatewayPoolReference =
  | { readonly by: 'nodepoolName'; readonly nodepoolName: string }
  | { readonly by: 'scaleSet'; readonly resourceGroup: string; readonly name: string; readonly publicIpPrefixSize: number };

/** Reads the selection; `undefined` where there is not exactly one, which the CRD refuses. An empty name and `{}` count as absent. */
export function gatewayPoolOf({ gatewayNodepoolName, gatewayVmssProfile = {} }: PoolFields): GatewayPoolReference | undefined {
  const { vmssResourceGroup, vmssName, publicIpPrefixSize } = gatewayVmssProfile;
  const scaleSet =
    vmssResourceGroup !== undefined && vmssName !== undefined && publicIpPrefixSize !== undefined
      ? ({ by: 'scaleSet', resourceGroup: vmssResourceGroup, name: vmssName, publicIpPrefixSize } as const)
      : undefined;
  if (!gatewayNodepoolName) return scaleSet;
  return scaleSet ? undefined : { by: 'nodepoolName', nodepoolName: gatewayNodepoolName };
}
