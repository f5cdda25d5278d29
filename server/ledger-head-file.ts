import { existsSync } from 'node:fs';
import { open, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * The newest checkpoint that was signed here, whole, beside the keys: whoever can write to the data directory, and not
 * here, can put no other ledger in its place, nor an older copy. A backup does not have it, and a restore removes it.
 */
export const ledgerHeadFile = 'ledger_head';

export class LedgerHeadFile {
  readonly #path: string;

  constructor(keysDirectory: string) {
    this.#path = join(keysDirectory, ledgerHeadFile);
  }

  /** @returns a signed note (checkpoint-note.ts), or whatever else is there; null where there is no such file */
  async read(): Promise<string | null> {
    return existsSync(this.#path) ? readFile(this.#path, 'utf8') : null;
  }

  /** In place of the one before; durable when it resolves. */
  async write(note: string): Promise<void> {
    const unfinished = `${this.#path}.new`;
    await writeFile(unfinished, note, { mode: 0o600, flush: true });
    await rename(unfinished, this.#path);
    const directory = await open(dirname(this.#path));
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }
}
