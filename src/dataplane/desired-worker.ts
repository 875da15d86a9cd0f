import { hostNamespace, type HostState, type Route, type Sysctl, type WireguardLink } from './host-state.ts';
import { tunnelAddress } from './labels.ts';
import type { Gateway, WorkerInputs } from './model.ts';
import { lockTable } from './rules/lock.ts';
import { workerTable } from './rules/worker.ts';
import { defaultSettings, routeTable, tunnelMtu, workerDevice, workerPort, type DataplaneSettings } from './settings.ts';
import { steer, type SteeredGateway } from './steering.ts';

/**
 * Everything of ours in a worker's kernel: a tunnel, a routing table and a rule per gateway in use, the table that steers and guards,
 * and the lock. Tunnels exist only while a pod uses them; the tables always do. Source: dataplane reference, section 2.
 */
export function desiredWorker(inputs: WorkerInputs, settings: DataplaneSettings = defaultSettings): HostState {
  const steering = steer(inputs);
  const { gateways } = steering;
  const host = {
    name: hostNamespace,
    links: gateways.map(({ gateway }) => tunnel(gateway, inputs, settings)),
    addresses: gateways.map(({ gateway }) => ({
      device: workerDevice(settings, gateway.number),
      address: tunnelAddress(inputs.block),
      prefixLength: 32,
    })),
    neighbours: [],
    routes: gateways.flatMap((steered) => routes(steered, settings)),
    rules: gateways.map(({ gateway: { number } }) => ({
      preference: settings.rulePreference,
      mark: number,
      mask: settings.markMask,
      table: routeTable(settings, number),
    })),
    sysctls: gateways.flatMap(({ gateway }) => sysctls(workerDevice(settings, gateway.number))),
    tables: [workerTable(inputs, steering, settings), ...(settings.hasLockTable ? [lockTable(inputs, steering, settings)] : [])],
  };
  return { namespaces: [host] };
}

function tunnel(gateway: Gateway, { publicKey, uplinkMtu }: WorkerInputs, settings: DataplaneSettings): WireguardLink {
  const peer = {
    publicKey: gateway.publicKey,
    endpoint: `${gateway.address}:${String(gateway.port)}`,
    keepaliveSeconds: settings.keepaliveSeconds,
    allowedIps: ['0.0.0.0/0'],
  };
  return {
    kind: 'wireguard',
    name: workerDevice(settings, gateway.number),
    mtu: tunnelMtu(settings, uplinkMtu),
    isUp: true,
    publicKey,
    listenPort: workerPort(settings, gateway.number),
    peers: [peer],
  };
}

/** The default route follows the carrier; below it lies a lock for the time without a device. */
function routes({ gateway, carrier = gateway }: SteeredGateway, settings: DataplaneSettings): Route[] {
  const where = { destination: 'default', table: routeTable(settings, gateway.number) };
  return [
    { kind: 'unreachable', ...where, metric: settings.unreachableMetric },
    { kind: 'device', ...where, metric: 0, device: workerDevice(settings, carrier.number) },
  ];
}

/** Loose reverse-path filter, whatever `all` says: the kernel takes the higher, and anything but 2 loses every reply. */
function sysctls(device: string): Sysctl[] {
  return [
    { device, key: `net.ipv4.conf.${device}.rp_filter`, value: '2' },
    { device, key: `net.ipv6.conf.${device}.disable_ipv6`, value: '1' },
  ];
}
