import { Fault } from '../domain/faults.ts';
import { rowHash } from '../ledger/chain.ts';
import { ndjsonLine, type ExportLine, type SeqRange } from '../ledger/export-lines.ts';
import type { ExportedRow } from '../ledger/export-rows.ts';
import { GrowingTree } from '../ledger/merkle.ts';

/**
 * The lines of an export on their way into an archive: nothing is deleted for a file that holds anything but the whole
 * range, in its chain, with the root that was signed, and of the time that it is to be of.
 */
export class CheckedLines {
  readonly #range: SeqRange;
  readonly #root: Buffer;
  readonly #youngFromMs: (seq: number) => number;
  readonly #signal: AbortSignal;
  #tree = new GrowingTree();
  #previous = '';
  /** Of the first and the last row. */
  fromMs = 0;
  toMs = 0;

  /**
   * @param root of the tree of rows 1 to the last
   * @param youngFromMs from when on a row is too young
   * @param signal ends it before its end
   */
  constructor(
    range: SeqRange,
    root: Buffer,
    youngFromMs: (seq: number) => number,
    signal: AbortSignal,
  ) {
    this.#range = range;
    this.#root = root;
    this.#youngFromMs = youngFromMs;
    this.#signal = signal;
  }

  /** @throws Fault `conflict` for rows that are not as they were signed, or not old enough */
  async *over(pages: AsyncIterable<readonly ExportLine[]>): AsyncGenerator<Uint8Array> {
    for await (const lines of pages) {
      if (this.#signal.aborted) throw new Fault('server-stopping');
      for (const line of lines) this.#check(line);
      yield Buffer.from(lines.map(ndjsonLine).join(''));
    }
    const { lastSeq } = this.#range;
    const isWhole = this.#tree.size === lastSeq && this.#tree.root().equals(this.#root);
    if (!isWhole) throw new Fault('conflict', 'the rows to archive are not those that were signed');
  }

  #check(line: ExportLine): void {
    if (line.type === 'export') {
      const frontier = line.frontier.map((each) => Buffer.from(each, 'hex'));
      this.#tree = new GrowingTree(this.#range.firstSeq - 1, frontier);
      this.#previous = line.previousHash;
    }
    if (line.type === 'row') this.#checkRow(line.row);
  }

  #checkRow({ seq, at, body, hash }: ExportedRow): void {
    const own = rowHash(Buffer.from(this.#previous, 'hex'), seq, body);
    if (seq !== this.#tree.size + 1 || own.toString('hex') !== hash)
      throw new Fault('conflict', `row ${seq} of the ledger is not as it was written`);
    if (at >= this.#youngFromMs(seq))
      throw new Fault('conflict', `row ${seq} is not old enough: the clock was set around it`);
    this.#tree.append(own);
    this.#previous = hash;
    if (seq === this.#range.firstSeq) this.fromMs = at;
    this.toMs = at;
  }
}
