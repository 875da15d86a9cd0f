import { addressAt, cidrContains, type Cidr } from '../../base/addresses.ts';
import { SegwError } from '../../base/error.ts';
import {
  fabricSettings as settings,
  internetNamespace,
  machineNamespace,
  onPremisesNamespace,
  portDevice,
  routerNamespace,
  uplinkDevice,
} from './fabric-settings.ts';
import type { FabricState, NamespaceState } from './fabric-state.ts';
import { internetRules, internetTable } from './internet-rules.ts';
import type { FabricRoute } from './kernel.ts';
import { lossRules } from './loss-rules.ts';
import type { NetworkState, PortState, VirtualNetworkState } from './network-state.ts';
import { routerRules } from './router-rules.ts';

/** Every namespace of the fabric forwards, and never tells a sender about a shorter way. */
const forwarding = { 'net.ipv4.ip_forward': '1', 'net.ipv4.conf.all.send_redirects': '0', 'net.ipv4.conf.all.rp_filter': '0' };
const everywhere: Cidr = { address: '0.0.0.0', prefixLength: 0 };

/**
 * The fabric for a network state: one router per virtual network, one namespace per connected machine, the internet and the
 * on-premises network. Machines are linked to their router point to point: what they send to each other passes the router, too.
 */
export function desiredFabric({ virtualNetworks }: NetworkState): FabricState {
  const machines = virtualNetworks.flatMap((network) =>
    connected(network).map((port) => desiredMachine(port, subnetOf(network, port))),
  );
  return {
    namespaces: [desiredInternet(virtualNetworks), desiredOnPremises(), ...virtualNetworks.map(desiredRouter), ...machines],
  };
}

function desiredInternet(networks: readonly VirtualNetworkState[]): NamespaceState {
  const uplinks = networks.map(({ key }) => uplinkDevice(key));
  return {
    name: internetNamespace,
    kind: 'fabric',
    veths: [
      ...networks.map(({ key }) => ({
        name: uplinkDevice(key),
        mac: settings.coreMac,
        peer: { name: 'uplink', mac: settings.routerMac, namespace: routerNamespace(key) },
      })),
      {
        name: 'v-onprem',
        mac: settings.coreMac,
        peer: { name: 'eth0', mac: settings.onPremisesMac, namespace: onPremisesNamespace },
      },
    ],
    addresses: [settings.internetAddress, settings.coreAddress].map((address) => ({ device: 'lo', address: host(address) })),
    routes: [
      { destination: settings.onPremisesNetwork, device: 'v-onprem', via: settings.onPremisesAddress },
      ...networks.flatMap((network) => routesIntoNetwork(network)),
    ],
    neighbours: [
      ...uplinks.map((device) => ({ address: settings.routerAddress, mac: settings.routerMac, device })),
      { address: settings.onPremisesAddress, mac: settings.onPremisesMac, device: 'v-onprem' },
    ],
    sysctls: { ...forwarding, ...merged([...uplinks, 'v-onprem'].map(openDevice)) },
    lastingTable: { name: internetTable, rules: internetRules() },
  };
}

/** Public addresses, and the subnets themselves for replies of the on-premises network. */
function routesIntoNetwork(network: VirtualNetworkState): readonly FabricRoute[] {
  const { key, subnets, publicAddresses, outbound } = network;
  const addresses = new Set([
    ...[...publicAddresses, ...outbound].map(({ publicAddress }) => publicAddress),
    ...frontends(network, { isPublic: true }),
  ]);
  const destinations = [...[...addresses].sort().map(host), ...subnets];
  return destinations.map((destination) => ({ destination, device: uplinkDevice(key), via: settings.routerAddress }));
}

function desiredOnPremises(): NamespaceState {
  return {
    name: onPremisesNamespace,
    kind: 'fabric',
    veths: [],
    addresses: [{ device: 'eth0', address: host(settings.onPremisesAddress) }],
    routes: [{ destination: everywhere, device: 'eth0', via: settings.coreAddress }],
    neighbours: [{ address: settings.coreAddress, mac: settings.coreMac, device: 'eth0' }],
    sysctls: {},
  };
}

function desiredRouter(network: VirtualNetworkState): NamespaceState {
  const ports = connected(network);
  const gateways = network.subnets.map((subnet) => addressAt(subnet, 1));
  const services = [settings.dnsAddress, settings.metadataAddress];
  return {
    name: routerNamespace(network.key),
    kind: 'fabric',
    veths: ports.map((port) => ({
      name: deviceOf(port),
      mac: settings.coreMac,
      peer: { name: 'eth0', mac: port.mac, namespace: machineNamespace(port.machine) },
    })),
    addresses: [...gateways, ...services].map((address) => ({ device: 'lo', address: host(address) })),
    routes: [
      { destination: everywhere, device: 'uplink', via: settings.coreAddress },
      ...ports.flatMap((port) => port.addresses.map((address) => ({ destination: host(address), device: deviceOf(port) }))),
      ...network.routes.map(({ destination, nextHop }) => {
        const port = ports.find(({ addresses }) => addresses.includes(nextHop));
        return port ? { destination, device: deviceOf(port), via: nextHop } : { destination };
      }),
      // Only so that the router answers ARP for it: what arrives is translated before it is routed.
      ...frontends(network, { isPublic: false }).map((address) => ({ destination: host(address), device: 'lo' })),
      // An address that nobody has must not fall through to the default route: it would loop between router and core.
      ...network.subnets.map((destination) => ({ destination })),
    ],
    neighbours: [
      { address: settings.coreAddress, mac: settings.coreMac, device: 'uplink' },
      ...ports.flatMap((port) =>
        [...port.addresses, ...floatingFrontends(network, port)].map((address) => ({
          address,
          mac: port.mac,
          device: deviceOf(port),
        })),
      ),
    ],
    sysctls: { ...forwarding, ...openDevice('uplink'), ...merged(ports.map((port) => portSysctls(deviceOf(port)))) },
    rules: routerRules(network) + lossRules(network),
  };
}

function desiredMachine(port: PortState, subnet: Cidr): NamespaceState {
  return {
    name: machineNamespace(port.machine),
    kind: 'guest',
    veths: [],
    addresses: [{ device: 'eth0', address: { address: primaryOf(port), prefixLength: subnet.prefixLength } }],
    routes: [{ destination: everywhere, device: 'eth0', via: addressAt(subnet, 1) }],
    neighbours: [],
    sysctls: { 'net.ipv4.ip_forward': '1' },
  };
}

/** The kernel takes the stricter of `all` and the device, and a new device begins with the host's default. */
function openDevice(device: string): Readonly<Record<string, string>> {
  return { [`net.ipv4.conf.${device}.rp_filter`]: '0', [`net.ipv4.conf.${device}.send_redirects`]: '0' };
}

/** As Azure's fabric, a router answers ARP for every address it can route to, without the kernel's random delay of up to 0.8 s. */
function portSysctls(device: string): Readonly<Record<string, string>> {
  return { ...openDevice(device), [`net.ipv4.conf.${device}.proxy_arp`]: '1', [`net.ipv4.neigh.${device}.proxy_delay`]: '0' };
}

function frontends({ loadBalancing = [] }: VirtualNetworkState, { isPublic }: { readonly isPublic: boolean }): readonly string[] {
  return [...new Set(loadBalancing.filter((rule) => rule.isPublic === isPublic).map(({ address }) => address))].sort();
}

/** Frontends whose packets reach this port with their destination unchanged. */
function floatingFrontends({ loadBalancing = [] }: VirtualNetworkState, port: PortState): readonly string[] {
  const rules = loadBalancing.filter((rule) => rule.keepsDestination && rule.backends.includes(primaryOf(port)));
  return [...new Set(rules.map(({ address }) => address))].sort();
}

function merged(parts: readonly Readonly<Record<string, string>>[]): Readonly<Record<string, string>> {
  return Object.fromEntries(parts.flatMap((part) => Object.entries(part)));
}

function connected({ ports }: VirtualNetworkState): readonly PortState[] {
  return ports.filter(({ isConnected }) => isConnected);
}

function deviceOf(port: PortState): string {
  return portDevice(primaryOf(port));
}

function primaryOf({ machine, addresses }: PortState): string {
  const [primary] = addresses;
  if (primary === undefined) throw new SegwError('Internal', `the port of ${machine} has no address`);
  return primary;
}

function subnetOf({ subnets, key }: VirtualNetworkState, port: PortState): Cidr {
  const address = primaryOf(port);
  const subnet = subnets.find((candidate) => cidrContains(candidate, address));
  if (!subnet) throw new SegwError('Internal', `no subnet of network ${key} holds ${address} of ${port.machine}`);
  return subnet;
}

function host(address: string): Cidr {
  return { address, prefixLength: 32 };
}
