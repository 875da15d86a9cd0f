import { z } from 'zod';
import { referenceSchema } from './references.ts';
import { unsupported } from './unsupported.ts';

/** At most so many IP configurations on one interface (Azure's limit of private addresses, arm-facts 6). */
export const maxIpConfigurations = 256;

/** Bounds the work on one request; `checkInterfaces` refuses what is over the limit, with its own code. */
const maxListed = 1024;

const name = z.string().regex(/^[A-Za-z0-9][\w.-]{0,79}$/, 'is not a valid name');

const publicAddressSchema = z.object({
  name,
  properties: z
    .object({
      publicIPPrefix: referenceSchema.nullish().transform((prefix) => prefix ?? undefined),
      idleTimeoutInMinutes: z.int().min(4).max(30).optional(),
      publicIPAddressVersion: z.literal('IPv4', 'only IPv4 is supported').optional(),
      dnsSettings: unsupported('public addresses have no names'),
      ipTags: unsupported('public addresses have no IP tags'),
    })
    .prefault({}),
});

const ipConfigurationSchema = z.object({
  name,
  properties: z.object({
    primary: z.boolean().optional(),
    privateIPAddressVersion: z.literal('IPv4', 'only IPv4 is supported').default('IPv4'),
    subnet: referenceSchema,
    publicIPAddressConfiguration: publicAddressSchema.nullish().transform((configuration) => configuration ?? undefined),
    loadBalancerBackendAddressPools: z
      .array(referenceSchema)
      .max(100)
      .nullish()
      .transform((pools) => pools ?? []),
    loadBalancerInboundNatPools: unsupported('load balancers have no inbound NAT pools'),
    applicationGatewayBackendAddressPools: unsupported('there are no application gateways'),
    applicationSecurityGroups: unsupported('there are no network security groups'),
  }),
});

const interfaceSchema = z.object({
  name,
  properties: z.object({
    primary: z.boolean().optional(),
    enableIPForwarding: z.boolean().default(false),
    enableAcceleratedNetworking: z.boolean().default(false),
    networkSecurityGroup: unsupported('there are no network security groups'),
    dnsSettings: unsupported('machines ask the DNS of their virtual network'),
    ipConfigurations: z.array(ipConfigurationSchema).min(1).max(maxListed),
  }),
});

/**
 * The interfaces of a scale set's model or of an instance. Exactly one interface is the primary one, and one IP configuration of
 * each: where nothing says so, the first is, and it is written down, since clients look for it.
 */
export const interfacesSchema = z
  .array(interfaceSchema)
  .min(1)
  .max(8)
  .transform((interfaces) =>
    withPrimary(interfaces).map((nic) => ({
      ...nic,
      properties: { ...nic.properties, ipConfigurations: withPrimary(nic.properties.ipConfigurations) },
    })),
  )
  .superRefine((interfaces, context) => {
    checkList(interfaces, context, []);
    for (const [index, nic] of interfaces.entries())
      checkList(nic.properties.ipConfigurations, context, [index, 'properties', 'ipConfigurations']);
  });

export type InterfaceConfiguration = z.infer<typeof interfacesSchema>[number];
export type IpConfiguration = InterfaceConfiguration['properties']['ipConfigurations'][number];

interface MaybePrimary {
  readonly name: string;
  readonly properties: { readonly primary?: boolean | undefined };
}

function withPrimary<T extends MaybePrimary>(list: readonly T[]): (T & { properties: { primary: boolean } })[] {
  const hasPrimary = list.some(({ properties }) => properties.primary === true);
  return list.map((one, index) => ({
    ...one,
    properties: { ...one.properties, primary: hasPrimary ? one.properties.primary === true : index === 0 },
  }));
}

function checkList(list: readonly MaybePrimary[], context: z.RefinementCtx, path: (string | number)[]): void {
  const names = list.map((one) => one.name.toLowerCase());
  if (new Set(names).size < names.length) context.addIssue({ code: 'custom', message: 'names must be unique', path });
  if (list.filter(({ properties }) => properties.primary === true).length > 1)
    context.addIssue({ code: 'custom', message: 'only one may be primary', path });
}
