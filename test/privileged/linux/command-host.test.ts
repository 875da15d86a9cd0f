import { hostContract } from '../../support/dataplane/host-contract.ts';
import { findBinary } from '../../support/binaries.ts';
import { openNode } from './node.ts';

/** What the contract demands of the netlink back end (host.test.ts), commands do as well. They cannot own a table. */
hostContract('a node of Linux, by commands', async () => {
  const node = openNode(await findBinary('wireguard-go'));
  return { ...node, host: node.openCommandHost(), settings: { ...node.settings, hasLockTable: false } };
});
