import { open, readFile, rename } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { onePiece, syncDirectory, writeWhole } from '../backup/files.ts';
import { CliFailure, exitCodes } from '../parts.ts';

/** One line of the manifest: what a file is, and where it lies. */
export type ExportedFile = {
  /** In the agency's tree. */
  readonly path: string;
  /** In the export's directory. */
  readonly file: string;
  readonly size: number;
  readonly sha256: string;
  readonly receivedAt: string | null;
  readonly receivedFrom: string | null;
  readonly modifiedAt: string;
  readonly version: string | null;
  readonly transferId: string | null;
  readonly exportedAt: string;
};

/** What the whole is; `finishedAt` is null until it is. */
export type ExportSummary = {
  readonly agency: string;
  readonly path: string;
  readonly server: string;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly files: number;
  readonly bytes: number;
};

const lists = ['manifest.ndjson', 'SHA256SUMS'] as const;
const summaryName = 'export.json';
/** Where content lies until it is whole. */
export const unfinishedName = 'unfinished';
export const filesName = 'files';

/** The manifest, and the sums for `sha256sum -c`, as they grow: a file is in them once it is there, whole. */
export class ExportRecord {
  readonly #directory: string;
  readonly #manifest: FileHandle;
  readonly #sums: FileHandle;
  /** Lines follow one another, whoever adds them. */
  #last: Promise<unknown> = Promise.resolve();
  files = 0;
  bytes = 0;

  static async begin(directory: string): Promise<ExportRecord> {
    const [manifest, sums] = await Promise.all(
      lists.map((name) => open(unfinishedOf(directory, name), 'w', 0o600)),
    );
    return new ExportRecord(directory, manifest!, sums!);
  }

  private constructor(directory: string, manifest: FileHandle, sums: FileHandle) {
    this.#directory = directory;
    this.#manifest = manifest;
    this.#sums = sums;
  }

  add(exported: ExportedFile): Promise<void> {
    const adding = this.#addAfter(this.#last, exported);
    this.#last = adding.catch(() => undefined);
    this.files += 1;
    this.bytes += exported.size;
    return adding;
  }

  async #addAfter(before: Promise<unknown>, exported: ExportedFile): Promise<void> {
    await before;
    await this.#manifest.writeFile(`${JSON.stringify(exported)}\n`);
    // Two spaces; and no name has what would have to be escaped.
    await this.#sums.writeFile(`${exported.sha256}  ${exported.file}\n`);
  }

  /** Puts both in the place of those before. */
  async end(): Promise<void> {
    await this.#last;
    for (const file of [this.#manifest, this.#sums]) {
      await file.sync();
      await file.close();
    }
    for (const name of lists)
      await rename(unfinishedOf(this.#directory, name), join(this.#directory, name));
    await syncDirectory(this.#directory);
  }
}

function unfinishedOf(directory: string, list: string): string {
  return join(directory, `${list}.${unfinishedName}`);
}

export async function writeSummary(directory: string, summary: ExportSummary): Promise<void> {
  const text = `${JSON.stringify(summary, null, 2)}\n`;
  await writeWhole(join(directory, summaryName), onePiece(Buffer.from(text)));
}

/** The summary of an export that is there; undefined where there is none. */
export async function readSummary(directory: string): Promise<ExportSummary | undefined> {
  let text: string;
  try {
    text = await readFile(join(directory, summaryName), 'utf8');
  } catch {
    return undefined;
  }
  try {
    return JSON.parse(text) as ExportSummary;
  } catch {
    throw new CliFailure(exitCodes.failed, `${join(directory, summaryName)} is damaged`, [
      'give another directory with --to',
    ]);
  }
}
