import { namespaceSysctls } from './desired-gateway.ts';
import { hostNamespace } from './host-state.ts';
import type { NamespaceScope, Scope } from './host.ts';
import type { GatewayInputs } from './model.ts';
import { defaultSettings, lastGatewayNumber, routeTable, type DataplaneSettings } from './settings.ts';

/** What of a worker's kernel is ours. */
export function workerScope(settings: DataplaneSettings = defaultSettings): Scope {
  const host: NamespaceScope = {
    name: hostNamespace,
    devices: [`${settings.workerDevicePrefix}*`],
    strayAddresses: [],
    routeTables: [routeTable(settings, 1), routeTable(settings, lastGatewayNumber(settings))],
    rulePreference: settings.rulePreference,
    sysctls: ['net.ipv4.conf.*.rp_filter', 'net.ipv6.conf.*.disable_ipv6'],
    tables: tablesWithLock(settings),
  };
  return { namespaces: [host] };
}

/** What of a gateway's kernel is ours. */
export function gatewayScope({ egress }: GatewayInputs, settings: DataplaneSettings = defaultSettings): Scope {
  const host: NamespaceScope = {
    name: hostNamespace,
    devices: [settings.hostVeth.name],
    strayAddresses: egress.map(({ address }) => address),
    sysctls: ['net.ipv6.conf.*.disable_ipv6'],
    tables: [settings.table],
  };
  const inside: NamespaceScope = {
    name: settings.namespace,
    devices: [settings.gatewayDevice, settings.namespaceVeth.name],
    strayAddresses: [],
    sysctls: ['net.ipv6.conf.*.disable_ipv6', ...namespaceSysctls.map(({ key }) => key)],
    tables: tablesWithLock(settings),
  };
  return { namespaces: [host, inside] };
}

function tablesWithLock({ table, lockTable, hasLockTable }: DataplaneSettings): readonly string[] {
  return hasLockTable ? [table, lockTable] : [table];
}
