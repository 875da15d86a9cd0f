import { SegwError, messageOf } from '../../../../src/base/error.ts';
import { renderTransaction, type NftTransaction } from '../../../../src/dataplane/nft/transaction.ts';
import type { NftTable } from '../../../../src/dataplane/nft/table.ts';
import { parseTable } from '../../../../src/linux/host/nft-listing.ts';
import { recognise, withoutElements, type WrittenTable } from '../../../../src/linux/host/written-table.ts';
import { command } from './command.ts';

/** The tables of one namespace, by nft(8). What it has written itself it knows again. A table with an owner would end with each command. */
export class CommandTables {
  readonly #written = new Map<string, WrittenTable>();

  observe(netns: string, name: string): NftTable | undefined {
    const listing = command(netns, ['nft', 'list', 'table', 'inet', name], { tolerate: /No such file or directory/u });
    if (listing === '') return undefined;
    const observed = parseTable(listing);
    const written = this.#written.get(`${netns} ${name}`);
    return written ? recognise(observed, written) : observed;
  }

  apply(netns: string, transaction: NftTransaction): void {
    try {
      command(netns, ['nft', '-f', '-'], { input: renderTransaction(transaction) });
    } catch (error) {
      throw new SegwError('NftablesRejected', messageOf(error), { cause: error });
    }
    if (transaction.kind === 'rewrite') this.#remember(netns, transaction.table);
  }

  /** Shown how nft spells the table in a namespace of its own. */
  #remember(netns: string, given: NftTable): void {
    const input = renderTransaction({ kind: 'rewrite', table: withoutElements(given) });
    const list = `nft -f - && nft list table inet ${given.name}`;
    const spelled = parseTable(command(netns, ['unshare', '--net', 'sh', '-c', list], { input }));
    this.#written.set(`${netns} ${given.name}`, { given, spelled });
  }
}
