import { SegwError } from '../../base/error.ts';
import { isErrno } from '../libc.ts';
import { Attributes, text } from '../netlink/attributes.ts';
import { createWireguardLink } from '../netlink/links.ts';
import { openRouteSocket, type NetlinkSocket } from '../netlink/socket.ts';
import { inNewNetns } from '../netns.ts';
import { diffWireguard, isEmptyChange, type WireguardDevice, type WireguardState } from './device.ts';
import { decodeDevice, encodeChange, encodeDeviceName } from './genetlink.ts';

/** linux/genetlink.h: the controller, which knows the numbers of the other families. */
const GENL_ID_CTRL = 0x10;
const CTRL_CMD_GETFAMILY = 3;
const CTRL_ATTR = { familyId: 1, familyName: 2 } as const;
/** linux/wireguard.h */
const WG_CMD = { getDevice: 0, setDevice: 1 } as const;
const headerLength = 4;

/** Whether the kernel has WireGuard: tried in a namespace of its own, which ends at once. Loads the module where there is one. */
export function kernelHasWireguard(): boolean {
  try {
    inNewNetns(() => {
      using socket = openRouteSocket();
      createWireguardLink(socket, { name: 'probe' });
    });
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOTSUP')) return false;
    throw error;
  }
}

/** A device made by `createWireguardLink`. `socket`: `openGenericSocket` in the device's namespace. Throws `NotFound` without the module. */
export function kernelWireguard(socket: NetlinkSocket, name: string): WireguardDevice {
  const type = familyNumber(socket);
  const readNow = (): WireguardState => {
    const request = {
      doing: `read WireGuard device ${name}`,
      type,
      payload: [header(WG_CMD.getDevice), ...encodeDeviceName(name)],
    };
    return decodeDevice(socket.dump(request).map(({ payload }) => new Attributes(payload.subarray(headerLength))));
  };
  return {
    name,
    // oxlint-disable-next-line typescript/require-await
    read: async () => readNow(),
    // oxlint-disable-next-line typescript/require-await
    async configure(config) {
      const change = diffWireguard(readNow(), config);
      if (isEmptyChange(change)) return;
      const payloads = encodeChange(name, change).map((attributes) => [header(WG_CMD.setDevice), ...attributes]);
      socket.execute(payloads.map((payload) => ({ doing: `configure WireGuard device ${name}`, type, payload })));
    },
  };
}

function familyNumber(socket: NetlinkSocket): number {
  const payload = [header(CTRL_CMD_GETFAMILY), text(CTRL_ATTR.familyName, 'wireguard')];
  const request = { doing: 'look up the WireGuard netlink family', type: GENL_ID_CTRL, payload };
  const [reply] = socket.execute([request], { tolerate: ['ENOENT'] });
  const number = reply && new Attributes(reply.payload.subarray(headerLength)).u16(CTRL_ATTR.familyId);
  if (number === undefined) throw new SegwError('NotFound', 'the kernel has no WireGuard');
  return number;
}

/** struct genlmsghdr, version 1. */
function header(command: number): Buffer {
  return Buffer.of(command, 1, 0, 0);
}
