import type { ExportLine } from '../server/ledger/export-lines.ts';
import { csvLine } from '../server/retention/certificate-forms.ts';

const columns = [
  'record',
  'seq',
  'at',
  'event',
  'outcome',
  'reason',
  'actor',
  'agency',
  'session',
  'source',
  'path',
  'hash',
  'body',
] as const;
type Cells = Partial<Record<(typeof columns)[number], string | number | null>>;

export const ledgerCsvHeader = csvLine([...columns]);

/** An export of the ledger for a spreadsheet: all that its lines say, one in a row; what verifies is the ndjson. */
export class LedgerCsv {
  /** Paths by commitment, for as long as the export remembers to have told of them. */
  readonly #paths: Map<string, string>;
  readonly #pathsMax: number;

  constructor(pathsMax = 100_000) {
    this.#paths = new Map();
    this.#pathsMax = pathsMax;
  }

  line(line: ExportLine): string {
    const cells = this.#cellsOf(line);
    return csvLine(columns.map((name) => (name === 'record' ? line.type : (cells[name] ?? null))));
  }

  #cellsOf(line: ExportLine): Cells {
    switch (line.type) {
      case 'export':
        return { at: line.exportedAt, body: JSON.stringify(line) };
      case 'key-announcement':
        return { seq: line.seq, hash: line.hash, body: line.body };
      case 'name':
        if (this.#paths.size >= this.#pathsMax) this.#paths.clear();
        this.#paths.set(line.commitment, line.path);
        return { path: line.path, hash: line.commitment, body: line.key };
      case 'row': {
        const { at, path, previousHash: _previousHash, ...row } = line.row;
        const shown = path === null ? null : (this.#paths.get(path) ?? path);
        return { ...row, at: new Date(at).toISOString(), path: shown };
      }
      case 'checkpoint': {
        const { size, atMs, root, note } = line.checkpoint;
        const at = new Date(atMs).toISOString();
        // On one line, so that who was cut off finds where the last one ends.
        return { seq: size, at, hash: root.toString('hex'), body: JSON.stringify(note) };
      }
      case 'end':
        return { seq: line.lastCheckpoint, body: String(line.rows) };
    }
  }
}
