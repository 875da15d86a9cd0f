import { z } from 'zod';
import { trackedMembers } from '../../arm/tracked-resource.ts';
import { referenceSchema } from '../references.ts';
import { unsupported } from '../unsupported.ts';
import { addressSchema } from '../virtual-network-model.ts';

const name = z.string().regex(/^[A-Za-z0-9](?:[\w.-]{0,78}\w)?$/, 'is not a valid name');
const port = z.int().min(1).max(65_534);
const idleTimeout = z.int().min(4).max(100).default(4);
const optionalReference = referenceSchema.nullish().transform((reference) => reference ?? undefined);

/** The ports that Azure does not probe, since programs there talk first or treat a lone connection badly. */
const unprobedPorts: ReadonlySet<number> = new Set([19, 21, 25, 70, 110, 119, 143, 220, 993]);

const frontend = z.object({
  name,
  zones: z
    .array(z.string().max(10))
    .max(3)
    .nullish()
    .transform((zones) => zones ?? undefined),
  properties: z
    .object({
      publicIPAddress: optionalReference,
      subnet: optionalReference,
      privateIPAddress: addressSchema.nullish().transform((address) => address ?? undefined),
      privateIPAllocationMethod: z.enum(['Dynamic', 'Static']).default('Dynamic'),
      privateIPAddressVersion: z.literal('IPv4', 'only IPv4 is supported').nullish(),
      publicIPPrefix: unsupported('a frontend has one address'),
      gatewayLoadBalancer: unsupported('there are no gateway load balancers'),
    })
    .refine(({ publicIPAddress, subnet }) => (publicIPAddress === undefined) !== (subnet === undefined), {
      message: 'exactly one of publicIPAddress and subnet is required',
    })
    .refine((properties) => properties.privateIPAllocationMethod === 'Dynamic' || properties.privateIPAddress !== undefined, {
      message: 'is required when privateIPAllocationMethod is Static',
      path: ['privateIPAddress'],
    })
    .transform(({ publicIPAddress, subnet, privateIPAddress, privateIPAllocationMethod: method }) => ({
      publicIPAddress,
      subnet,
      // Clients send the allocated address back: it is no wish unless it is static.
      privateIPAddress: method === 'Static' ? privateIPAddress : undefined,
      privateIPAllocationMethod: method,
    })),
});

const backendPool = z
  .object({
    name,
    properties: z
      .object({
        loadBalancerBackendAddresses: unsupported('a pool has the interfaces that name it'),
        tunnelInterfaces: unsupported('there are no gateway load balancers'),
      })
      .optional(),
  })
  .transform((pool) => ({ name: pool.name }));

const probe = z.object({
  name,
  properties: z
    .object({
      protocol: z.enum(['Http', 'Tcp'], 'probes are Http or Tcp in this region'),
      port: port.refine((value) => !unprobedPorts.has(value), 'is a port that is not probed'),
      requestPath: z
        .string()
        .min(1)
        .max(2048)
        .regex(/^\S+$/, 'is not a path')
        .nullish()
        .transform((path) => path ?? undefined),
      intervalInSeconds: z.int().min(5).max(2_147_483_646).default(15),
      numberOfProbes: z.int().min(1).max(100).default(1),
      probeThreshold: z.int().min(1).max(100).default(1),
      noHealthyBackendsBehavior: z.enum(['AllProbedDown', 'AllProbedUp']).default('AllProbedDown'),
    })
    .refine(({ protocol, requestPath }) => (protocol === 'Http') === (requestPath !== undefined), {
      message: 'is required for Http, and only there',
      path: ['requestPath'],
    }),
});

const loadBalancingRule = z.object({
  name,
  properties: z
    .object({
      frontendIPConfiguration: referenceSchema,
      backendAddressPool: referenceSchema,
      backendAddressPools: z.array(referenceSchema).max(1, 'a rule has one pool in this region').nullish(),
      probe: optionalReference,
      protocol: z.enum(['Tcp', 'Udp'], 'rules are for Tcp or Udp in this region'),
      loadDistribution: z.enum(['Default', 'SourceIP', 'SourceIPProtocol']).default('Default'),
      frontendPort: port,
      backendPort: port.optional(),
      idleTimeoutInMinutes: idleTimeout,
      enableFloatingIP: z.boolean().default(false),
      enableTcpReset: z.boolean().default(false),
      disableOutboundSnat: z.boolean().default(false),
    })
    .transform((rule) => ({ ...rule, backendAddressPools: undefined, backendPort: rule.backendPort ?? rule.frontendPort }))
    .refine((rule) => !rule.enableFloatingIP || rule.backendPort === rule.frontendPort, {
      message: 'must be the frontend port: with a floating IP the packet arrives as it was sent',
      path: ['backendPort'],
    }),
});

const outboundRule = z.object({
  name,
  properties: z.object({
    frontendIPConfigurations: z.array(referenceSchema).min(1).max(600),
    backendAddressPool: referenceSchema,
    protocol: z.enum(['All', 'Tcp', 'Udp']).default('All'),
    allocatedOutboundPorts: z.int().min(0).max(64_000).default(0),
    idleTimeoutInMinutes: idleTimeout,
    enableTcpReset: z.boolean().default(false),
  }),
});

function partsOf<Part extends z.ZodType<{ name: string }>>(part: Part, max: number) {
  return z
    .array(part)
    .max(max)
    .nullish()
    .transform((parts) => parts ?? [])
    .refine((parts) => new Set(parts.map((one) => one.name.toLowerCase())).size === parts.length, 'names must be unique');
}

/** PUT of a load balancer: whatever is absent is not there afterwards; read-only members are ignored. */
export const loadBalancerSchema = z.object({
  ...trackedMembers,
  sku: z
    .object({
      name: z.literal('Standard', 'only Standard is supported').default('Standard'),
      tier: z.literal('Regional', 'only Regional is supported').default('Regional'),
    })
    .optional(),
  properties: z
    .object({
      frontendIPConfigurations: partsOf(frontend, 600),
      backendAddressPools: partsOf(backendPool, 600),
      loadBalancingRules: partsOf(loadBalancingRule, 1500),
      probes: partsOf(probe, 1500),
      outboundRules: partsOf(outboundRule, 600),
      inboundNatRules: unsupported('there are no inbound NAT rules'),
      inboundNatPools: unsupported('there are no inbound NAT pools'),
    })
    .prefault({}),
});
