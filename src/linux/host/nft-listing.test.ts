import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTable } from './nft-listing.ts';

/** Printed by nft 1.0.6. */
const listing = `table inet segw_lock { # progname (null)
	flags owner

	counter refused {
		packets 3 bytes 180
	}

	set cluster4 {
		type ipv4_addr
		flags interval
		auto-merge
		elements = { 10.96.0.0/16, 10.224.0.0/16,
			     10.244.0.0-10.246.255.255, 224.0.0.0/4 }
	}

	set podif {
		type ifname . ipv4_addr
		elements = { "veth2" . 10.244.1.2,
			     "a,b : c" . 10.244.1.3 }
	}

	set empty {
		type ipv4_addr
		size 65535
	}

	map act {
		type mark : verdict
		elements = { 0x00000001 : goto via_1, 0x00000002 : accept }
	}

	map spread_10 {
		typeof numgen inc mod 60 : verdict
	}

	flowtable ft {
		hook ingress priority filter
		devices = { eth0 }
	}

	chain pin_1 {
		ct mark set ct mark & 0xffffff81 | 0x00000001
	}

	chain nothing {
	}

	chain forward {
		type filter hook forward priority filter - 10; policy accept;
		ip saddr { 192.0.2.1, 192.0.2.2, 192.0.2.3,
			     192.0.2.4 } drop
		iifname @veths goto pin_1
	}
}
`;

test('a listing is read as a table: counters, sets, maps, chains, and whose it is', () => {
  assert.deepEqual(parseTable(listing), {
    name: 'segw_lock',
    isOwned: true,
    counters: [{ name: 'refused', packets: 3, bytes: 180 }],
    sets: [
      {
        name: 'cluster4',
        type: 'type ipv4_addr',
        isInterval: true,
        isGuard: false,
        elements: ['10.96.0.0/16', '10.224.0.0/16', '10.244.0.0-10.246.255.255', '224.0.0.0/4'].map((key) => ({ key })),
      },
      {
        name: 'podif',
        type: 'type ifname . ipv4_addr',
        isInterval: false,
        isGuard: false,
        elements: [{ key: '"veth2" . 10.244.1.2' }, { key: '"a,b : c" . 10.244.1.3' }],
      },
      { name: 'empty', type: 'type ipv4_addr; size 65535', isInterval: false, isGuard: false, elements: [] },
      {
        name: 'act',
        type: 'type mark : verdict',
        isInterval: false,
        isGuard: false,
        elements: [
          { key: '0x00000001', value: 'goto via_1' },
          { key: '0x00000002', value: 'accept' },
        ],
      },
      { name: 'spread_10', type: 'typeof numgen inc mod 60 : verdict', isInterval: false, isGuard: false, elements: [] },
    ],
    chains: [
      { name: 'pin_1', rules: ['ct mark set ct mark & 0xffffff81 | 0x00000001'] },
      { name: 'nothing', rules: [] },
      {
        name: 'forward',
        hook: 'type filter hook forward priority filter - 10; policy accept',
        rules: ['ip saddr { 192.0.2.1, 192.0.2.2, 192.0.2.3, 192.0.2.4 } drop', 'iifname @veths goto pin_1'],
      },
    ],
  });
});

test('a table without anything is empty and nobody’s', () => {
  assert.deepEqual(parseTable('table inet segw {\n}\n'), { name: 'segw', isOwned: false, counters: [], sets: [], chains: [] });
});
