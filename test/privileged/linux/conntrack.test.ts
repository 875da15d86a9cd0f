import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { after, before, beforeEach, test } from 'node:test';
import { pollUntil } from '../../../src/base/poll.ts';
import { deleteConntrack, ipProtocols, listConntrack, type ConntrackFilter } from '../../../src/linux/conntrack.ts';
import { inNetns } from '../../../src/linux/netns.ts';
import { createVeth } from '../../../src/linux/netlink/links.ts';
import { openNetfilterSocket, openRouteSocket, type NetlinkSocket } from '../../../src/linux/netlink/socket.ts';
import { kickClients, type TcpConnection } from '../../../src/linux/raw-tcp.ts';
import { Namespaces, runIn } from './namespaces.ts';
import { patient } from '../../support/patience.ts';

const namespaces = new Namespaces();
const children: ChildProcess[] = [];
let node: string;
let pod: string;
let socket: NetlinkSocket;

before(() => {
  node = namespaces.create('node');
  pod = namespaces.create('pod');
  socket = inNetns(node, openNetfilterSocket);
});

after(() => {
  for (const child of children) child.kill('SIGKILL');
  socket.close();
  namespaces.remove();
});

const podAddress = '10.244.0.9';
const tcp = ['-p', 'tcp', '--sport', '40000', '--dport', '443', '--state', 'ESTABLISHED'];

function insert(source: string, protocol: readonly string[], mark: number): void {
  const status = ['-u', 'SEEN_REPLY,ASSURED', '-t', '600', '-m', String(mark)];
  runIn(node, 'conntrack', '-I', '-s', source, '-d', '198.51.100.7', ...protocol, ...status);
}

beforeEach(() => {
  runIn(node, 'conntrack', '-F');
  insert(podAddress, tcp, 3);
  insert(podAddress, ['-p', 'udp', '--sport', '40000', '--dport', '53'], 0x4000);
  insert(podAddress, ['-p', 'icmp', '--icmp-type', '8', '--icmp-code', '0', '--icmp-id', '7'], 0);
  insert('10.244.0.10', tcp, 3);
});

test('a connection is read with both directions, mark and state', () => {
  const [entry, ...others] = listConntrack(socket, { source: podAddress, protocol: ipProtocols.tcp });
  assert.deepEqual(
    [entry, others],
    [
      {
        protocol: ipProtocols.tcp,
        original: { source: podAddress, destination: '198.51.100.7', sourcePort: 40_000, destinationPort: 443 },
        reply: { source: '198.51.100.7', destination: podAddress, sourcePort: 443, destinationPort: 40_000 },
        mark: 3,
        tcpState: 'established',
      },
      [],
    ],
  );
});

const filters: [filter: ConntrackFilter, command: readonly string[], count: number][] = [
  [{}, [], 4],
  [{ source: podAddress }, ['-s', podAddress], 3],
  [{ source: podAddress, protocol: ipProtocols.icmp }, ['-s', podAddress, '-p', 'icmp'], 1],
  [{ mark: 3, mask: 0x7f }, ['-m', '3/0x7f'], 2],
  [{ mark: 0, mask: 0x7f }, ['-m', '0/0x7f'], 2],
  [{ source: podAddress, protocol: ipProtocols.udp, mark: 0, mask: 0x7f }, ['-s', podAddress, '-p', 'udp', '-m', '0/0x7f'], 1],
  [{ source: '10.244.0.11' }, ['-s', '10.244.0.11'], 0],
];

for (const [filter, command, count] of filters) {
  test(`${JSON.stringify(filter)} lists and deletes what conntrack ${command.join(' ')} does`, () => {
    const list = () => runIn(node, 'conntrack', '-L', ...command).split('\n').length - 1;
    assert.equal(list(), count);
    assert.equal(listConntrack(socket, filter).length, count);
    assert.equal(deleteConntrack(socket, filter), count);
    assert.equal(list(), 0);
    assert.equal(runIn(node, 'conntrack', '-L').split('\n').length - 1, 4 - count);
    assert.equal(deleteConntrack(socket, filter), 0);
  });
}

test('a kicked client answers: connected ones by an acknowledgement, waiting ones by a reset', async () => {
  inNetns(node, () => {
    using route = openRouteSocket();
    createVeth(route, { name: 'v1', peer: { name: 'eth0', netns: pod } });
  });
  for (const command of ['link set v1 up', 'address add 192.0.2.1/24 dev v1']) runIn(node, 'ip', ...command.split(' '));
  for (const command of ['link set eth0 up', `address add ${podAddress}/32 dev eth0`, `route add 192.0.2.1 dev eth0`])
    runIn(pod, 'ip', ...command.split(' '));
  runIn(node, 'ip', 'route', 'add', podAddress, 'dev', 'v1');
  const rules = `table inet watch {
    counter acknowledged { }
    counter resets { }
    chain output { type filter hook output priority raw; meta mark 0x7e notrack; }
    chain input { type filter hook prerouting priority raw;
      tcp dport 444 tcp flags & (syn | rst) == syn drop
      ip saddr ${podAddress} tcp flags & (syn | rst) == rst counter name resets
      ip saddr ${podAddress} tcp dport 443 tcp flags & (syn | rst | ack) == ack counter name acknowledged
    }
    chain track { type filter hook input priority 0; ct state established accept; }
  }`;
  runIn(node, 'nft', rules);
  start(node, `require('node:net').createServer().listen(443)`);
  const client = (port: number) => start(pod, `require('node:net').connect(${String(port)}, '192.0.2.1').on('error', () => {})`);
  await pollUntil('the server', () => runIn(node, 'ss', '-Hltn').includes(':443') || undefined, { timeoutMs: patient(10_000) });
  client(443);
  client(444);
  const states = () => runIn(pod, 'ss', '-Htn', 'state', 'all');
  await pollUntil('the clients', () => (states().includes('ESTAB') && states().includes('SYN-SENT')) || undefined, {
    timeoutMs: patient(10_000),
  });

  const before = { acknowledged: counter('acknowledged'), resets: counter('resets') };
  const connections = [...states().matchAll(/10\.244\.0\.9:(\d+) +192\.0\.2\.1:(\d+)/gu)].map(([, from, to]) =>
    connection(Number(from), Number(to)),
  );
  assert.equal(connections.length, 2);
  const gone = { ...connection(40_000, 443), source: '203.0.113.9' };
  inNetns(node, () => kickClients([gone, ...connections], { mark: 0x7e }));
  await pollUntil(
    'the answers',
    () => (counter('acknowledged') > before.acknowledged && counter('resets') > before.resets) || undefined,
    { timeoutMs: patient(5000) },
  );
});

function connection(sourcePort: number, destinationPort: number): TcpConnection {
  return { source: podAddress, sourcePort, destination: '192.0.2.1', destinationPort };
}

function start(netns: string, script: string): void {
  children.push(inNetns(netns, () => spawn(process.execPath, ['-e', script], { stdio: 'ignore' })));
}

function counter(name: string): number {
  return Number(/packets (\d+)/u.exec(runIn(node, 'nft', 'list', 'counter', 'inet', 'watch', name))?.[1]);
}
