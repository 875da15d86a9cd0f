import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { listTranslatedFlows } from '../../../src/linux/translated-flows.ts';
import { Namespaces, runIn } from './namespaces.ts';

const namespaces = new Namespaces();
const label = '100.64.4.2';
let gateway: string;

before(() => {
  gateway = namespaces.create('gateway');
  const insert = (...flow: readonly string[]) =>
    runIn(gateway, 'conntrack', '-I', '-s', label, '-d', '198.51.100.7', '-u', 'SEEN_REPLY,ASSURED', '-t', '600', ...flow);
  insert('-p', 'tcp', '--sport', '40000', '--dport', '443', '--state', 'ESTABLISHED');
  insert('-p', 'tcp', '--sport', '40001', '--dport', '443', '--state', 'FIN_WAIT');
  insert('-p', 'tcp', '--sport', '40002', '--dport', '443', '--state', 'TIME_WAIT');
  insert('-p', 'tcp', '--sport', '40003', '--dport', '443', '--state', 'CLOSE');
  insert('-p', 'udp', '--sport', '40000', '--dport', '53');
});

after(() => {
  namespaces.remove();
});

test('TCP that both sides have closed, or that was reset, is over; datagrams have no end', () => {
  const flows = listTranslatedFlows(gateway);
  assert.deepEqual(
    flows.map(({ id, source, isOver }) => [id, source, isOver] as const).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    [
      ['17 100.64.4.2 40000 198.51.100.7 53', label, false],
      ['6 100.64.4.2 40000 198.51.100.7 443', label, false],
      ['6 100.64.4.2 40001 198.51.100.7 443', label, false],
      ['6 100.64.4.2 40002 198.51.100.7 443', label, true],
      ['6 100.64.4.2 40003 198.51.100.7 443', label, true],
    ],
  );
});

test('a gateway that has no namespace yet has no flows', () => {
  assert.deepEqual(listTranslatedFlows(`${gateway}-absent`), []);
});
