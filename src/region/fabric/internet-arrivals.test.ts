import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseInternetTable } from './internet-arrivals.ts';

const listed = `table ip internet {
	counter untranslated {
		packets 3 bytes 252
	}

	set sources {
		type ipv4_addr . inet_proto . inet_service
		size 65536
		flags dynamic
		elements = { 203.0.113.1 . udp . 20001 counter packets 40 bytes 3400, 203.0.113.1 . tcp . 20001 counter packets 7 bytes 420,
			     10.0.0.4 . tcp . 30000 counter packets 2 bytes 120 }
	}
}
`;

test('the table of the internet host tells source, port and packets', () => {
  assert.deepEqual(parseInternetTable(listed), {
    untranslated: 3,
    sources: [
      { source: '203.0.113.1', port: 20_001, packets: 40 },
      { source: '203.0.113.1', port: 20_001, packets: 7 },
      { source: '10.0.0.4', port: 30_000, packets: 2 },
    ],
  });
});

test('nobody has come yet', () => {
  const text = 'table ip internet {\n\tcounter untranslated {\n\t\tpackets 0 bytes 0\n\t}\n}\n';
  assert.deepEqual(parseInternetTable(text), { untranslated: 0, sources: [] });
});
