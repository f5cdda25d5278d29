import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { mapLimited, measure, syncDirectory } from '../backup/files.ts';
import type { Client } from '../client.ts';
import type { Entry } from '../download.ts';
import { CliFailure, exitCodes } from '../parts.ts';
import { fetchContent } from './fetch.ts';
import { DirectoryNames } from './names.ts';
import type { NameRules } from './names.ts';
import { filesName, unfinishedName } from './record.ts';
import type { ExportRecord } from './record.ts';

/** Downloads at a time. */
const lanes = 4;

export type TreeEntry = Entry & {
  readonly version: string | null;
  readonly transferId: string | null;
  readonly receivedAt: string | null;
  readonly receivedFrom: string | null;
};

export type TreeParts = {
  readonly client: Client;
  readonly agency: string;
  /** Of the export. */
  readonly directory: string;
  readonly rules: NameRules;
  readonly record: ExportRecord;
  readonly nowMs: () => number;
  readonly onBytes: (bytes: number) => void;
};

/** A directory of the tree, and where it lies in the export: `files/...`. */
type Place = { readonly path: string; readonly file: string };

/** Brings a tree out, directory by directory. */
export class TreeExport {
  readonly #parts: TreeParts;
  /** What could not be brought, a line each. */
  readonly problems: string[] = [];
  /** Files that an earlier run had brought. */
  kept = 0;

  constructor(parts: TreeParts) {
    this.#parts = parts;
  }

  async run(path: string): Promise<void> {
    const { directory, rules } = this.#parts;
    const names = namesIn(path).map((name) => new DirectoryNames(rules).nameFor(name, 'start'));
    const start = { path, file: posix.join(filesName, ...names) };
    await mkdir(join(directory, unfinishedName), { recursive: true, mode: 0o700 });
    const waiting: Place[] = [start];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop())
      waiting.push(...(await this.#directory(next)));
    await rm(join(directory, unfinishedName), { recursive: true, force: true });
  }

  /** Returns the directories in it. */
  async #directory({ path, file }: Place): Promise<readonly Place[]> {
    const { client, agency, directory, rules } = this.#parts;
    const names = new DirectoryNames(rules);
    const below: Place[] = [];
    let hasDirectory = false;
    for await (const page of client.pages<TreeEntry>('/files', { agency, path })) {
      // For the path of a file, the list is that file.
      const isFile = page.length === 1 && page[0]!.path === path && page[0]!.kind === 'file';
      const parent = isFile ? posix.dirname(file) : file;
      if (!hasDirectory) await this.#make(parent);
      hasDirectory = true;
      const placed = page.map((entry) => ({
        entry,
        at: posix.join(parent, names.nameFor(entry.name, idOf(entry))),
      }));
      for (const { entry, at } of placed)
        if (entry.kind === 'directory') below.push({ path: entry.path, file: at });
      const files = placed.filter(({ entry }) => entry.kind === 'file');
      await mapLimited(files, lanes, ({ entry, at }) => this.#file(entry, at));
    }
    if (hasDirectory) await syncDirectory(join(directory, file)).catch(() => undefined);
    return below;
  }

  async #make(file: string): Promise<void> {
    await mkdir(join(this.#parts.directory, file), { recursive: true, mode: 0o700 });
  }

  async #file(entry: TreeEntry, file: string): Promise<void> {
    const { client, directory, record, nowMs, onBytes } = this.#parts;
    const target = join(directory, file);
    try {
      let { size, sha256 } = entry;
      if (await isThere(target, entry, onBytes)) this.kept += 1;
      else {
        const unfinished = join(directory, unfinishedName, idOf(entry));
        const fetched = await fetchContent(client, entry, unfinished, onBytes);
        await rename(unfinished, target);
        size = fetched.bytes;
        sha256 = fetched.sha256;
      }
      const { path, receivedAt, receivedFrom, modifiedAt, version, transferId } = entry;
      const came = { receivedAt, receivedFrom, modifiedAt, version, transferId };
      const exportedAt = new Date(nowMs()).toISOString();
      await record.add({ path, file, size, sha256: sha256!, ...came, exportedAt });
    } catch (error) {
      this.problems.push(`${entry.path}: ${reasonOf(error)}`);
    }
  }
}

/** Part of a name here, so never anything but what Waybill's ids are. */
function idOf({ id }: Entry): string {
  if (/^[0-9A-Za-z_-]{1,64}$/.test(id)) return id;
  throw new CliFailure(exitCodes.failed, `the server gave an id that is none: ${id}`);
}

/** Whether an earlier run brought just this content. */
async function isThere(
  path: string,
  { size, sha256 }: Entry,
  onBytes: (bytes: number) => void,
): Promise<boolean> {
  const there = await stat(path).catch(() => undefined);
  if (there === undefined || there.size !== size) return false;
  return (await measure(path, onBytes)).sha256 === sha256;
}

/** What concerns one file; what concerns them all ends the export. */
function reasonOf(error: unknown): string {
  if (error instanceof CliFailure) {
    if (error.exitCode === exitCodes.unreachable) throw error;
    return error.message;
  }
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === undefined) throw error;
  return message;
}

function namesIn(path: string): readonly string[] {
  return path.split('/').filter((name) => name !== '');
}
