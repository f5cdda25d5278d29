import type { Command } from 'commander';
import { createClient } from './client.ts';
import type { Client } from './client.ts';
import { writeLine } from './parts.ts';
import type { CliParts } from './parts.ts';
import { apiSettings } from './settings.ts';
import type { GlobalOptions } from './settings.ts';
import { fieldsText, jsonText, tableText } from './text.ts';
import type { Column } from './text.ts';
import { packageVersion } from './version.ts';

export type Listing<T> = {
  readonly columns: readonly Column<T>[];
  /** What to say where there is nothing. */
  readonly none: string;
  /** Rows to show; without it, all. */
  readonly rowsMax?: number | undefined;
  /** What to say where there are more than `rowsMax`. */
  readonly more?: string;
};

/** The server of one command, and how its answers are shown: JSON as it is, or text for people. */
export type Api = {
  readonly client: Client;
  readonly json: boolean;
  show(object: object): void;
  list<T>(pages: AsyncIterable<readonly T[]>, listing: Listing<T>): Promise<void>;
  /** A message, which is not data. */
  say(message: string): void;
};

export function openApi(command: Command, parts: CliParts): Api {
  const options = command.optsWithGlobals<GlobalOptions>();
  const json = options.json === true;
  return {
    client: createClient(apiSettings(options, parts), `waybill-cli/${packageVersion()}`),
    json,
    show: (object) => writeLine(parts.stdout, json ? jsonText(object) : fieldsText(object)),
    list: (pages, listing) =>
      json ? listJson(parts, pages, listing) : listTable(parts, pages, listing),
    say: (message) => writeLine(parts.stderr, message),
  };
}

/** One item a line, written page by page: a ledger can be larger than memory. */
async function listJson<T>(
  parts: CliParts,
  pages: AsyncIterable<readonly T[]>,
  { rowsMax }: Listing<T>,
): Promise<void> {
  let count = 0;
  for await (const item of limited(pages, rowsMax)) {
    const room = parts.stdout.write(`${count === 0 ? '[' : ','}\n${jsonText(item, 0)}`);
    if (!room) await new Promise((resolve) => parts.stdout.once('drain', resolve));
    count += 1;
  }
  writeLine(parts.stdout, count === 0 ? '[]' : '\n]');
}

async function listTable<T>(
  parts: CliParts,
  pages: AsyncIterable<readonly T[]>,
  listing: Listing<T>,
): Promise<void> {
  const rows: T[] = [];
  const most = listing.rowsMax ?? Infinity;
  for await (const item of limited(pages, most + 1)) rows.push(item);
  if (rows.length === 0) writeLine(parts.stderr, listing.none);
  else writeLine(parts.stdout, tableText(rows.slice(0, most), listing.columns));
  if (rows.length > most && listing.more !== undefined) writeLine(parts.stderr, listing.more);
}

async function* limited<T>(
  pages: AsyncIterable<readonly T[]>,
  rowsMax = Infinity,
): AsyncIterable<T> {
  let count = 0;
  for await (const page of pages) {
    for (const item of page) {
      yield item;
      count += 1;
      if (count >= rowsMax) return;
    }
  }
}
