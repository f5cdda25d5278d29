import { existsSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { openApi } from './api.ts';
import type { Api } from './api.ts';
import { countArgument, pastArgument } from './arguments.ts';
import {
  placeIn,
  rangeAtStart,
  type AuditFormat,
  type ExportedSoFar,
} from './audit-export-place.ts';
import { syncDirectory, textOf } from './backup/files.ts';
import { bodyOf } from './body.ts';
import { withQuery } from './client.ts';
import type { Query } from './client.ts';
import { toFile, toStream } from './download.ts';
import { CliFailure, exitCodes, writeLine } from './parts.ts';
import type { CliParts } from './parts.ts';
import { showProgress } from './progress.ts';
import { printable } from './text.ts';
import { formatSize } from './units.ts';

type Seqs = { readonly firstSeq: number; readonly lastSeq?: number };

type ExportOptions = {
  readonly from?: string;
  readonly to?: string;
  readonly seq?: Seqs;
  readonly format: AuditFormat;
  readonly output?: string;
  readonly force?: boolean;
};

const attemptsMax = 5;
const waitMs = 500;

export function addAuditExportCommands(audit: Command, parts: CliParts): void {
  const past = pastArgument(parts.nowMs);
  audit
    .command('export')
    .description('write rows of the ledger, the oldest first, with the checkpoints that sign them')
    .option('--from <when>', 'a date, a time with its zone, or how long ago (24h, 7d)', past)
    .option('--to <when>', 'rows before then, written the same way', past)
    .option('--seq <first-last>', 'by number, such as 1-5000, or 5001- up to now', seqsArgument)
    .addOption(
      new Option('--format <format>', 'csv is for a spreadsheet; ndjson can be verified')
        .choices(['ndjson', 'csv'])
        .default('ndjson'),
    )
    .option('-o, --output <file>', 'where to; stdout unless said')
    .option('--force', 'replace what is there')
    .addHelpText(
      'after',
      `
Behind what is asked for come as many rows as it takes to end with a checkpoint. A file that was cut off goes on where it
is: run it again. docs/EVIDENCE.md tells how to verify an export without the server.

Example:
  waybill audit export --from 2026-11-01 --to 2026-12-01 -o november.ndjson`,
    )
    .action(async (options: ExportOptions, command: Command) =>
      exportAudit(parts, openApi(command, parts), options),
    );

  audit
    .command('proof <row>')
    .description('write what proves that one row is in the ledger, in a file that stands alone')
    .option('-o, --output <file>', 'where to; stdout unless said')
    .option('--force', 'replace what is there')
    .action(async (row: string, options: ProofOptions, command: Command) => {
      const { output, force = false } = options;
      const api = openApi(command, parts);
      const answer = await api.client.download(`/audit/proofs/${rowOf(row)}`);
      const text = `${JSON.stringify(JSON.parse(await textOf(bodyOf(answer))), null, 2)}\n`;
      if (output === undefined) parts.stdout.write(text);
      else await toFile(onePiece(text), refusedIfThere(output, force), force, () => undefined);
    });
}

type ProofOptions = { readonly output?: string; readonly force?: boolean };

async function* onePiece(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}

function rowOf(text: string): number {
  try {
    return countArgument(text);
  } catch {
    throw new CliFailure(exitCodes.usage, `'${printable(text)}' is not the number of a row`);
  }
}

function seqsArgument(text: string): Seqs {
  const [, first, last] = /^(\d{1,15})-(\d{1,15})?$/.exec(text) ?? [];
  const [firstSeq, lastSeq] = [Number(first), Number(last ?? first)];
  if (first === undefined || firstSeq < 1 || lastSeq < firstSeq)
    throw new InvalidArgumentError('Write two numbers of rows, such as 1-5000, or 5001-.');
  return last === undefined ? { firstSeq } : { firstSeq, lastSeq };
}

function refusedIfThere(output: string, force: boolean): string {
  if (force || !existsSync(output)) return output;
  throw new CliFailure(
    exitCodes.failed,
    `${output} exists; name another file with -o, or replace it with --force`,
  );
}

async function exportAudit(parts: CliParts, api: Api, options: ExportOptions): Promise<void> {
  const { from, to, seq, format, output } = options;
  const wanted: Query = { from, to, ...seq, format };
  if (output === undefined || output === '-') {
    const answer = await api.client.download(withQuery('/audit/export', wanted));
    await toStream(whole(answer), parts.stdout);
    return;
  }
  const progress = showProgress(parts);
  progress.begin(output, null);
  try {
    await exportToFile(api, { ...options, output }, wanted, progress.add);
  } finally {
    progress.end();
  }
  const { size } = await stat(output);
  writeLine(parts.stderr, `${printable(output)}: ${formatSize(size)}`);
}

/** From where the file ends, again and again while more comes. */
async function exportToFile(
  api: Api,
  { output, force = false, format }: ExportOptions & { readonly output: string },
  wanted: Query,
  onBytes: (bytes: number) => void,
): Promise<void> {
  let there = force ? undefined : await placeIn(output, format);
  if (there?.isWhole === true) refusedIfThere(output, false);
  if (there !== undefined) await checkSame(api, output, there, wanted);
  for (let attempt = 1; ; attempt += 1) {
    try {
      await append(api, output, there, queryOf(wanted, there), onBytes);
    } catch (error) {
      if (!(error instanceof BrokenOff) || attempt === attemptsMax) throw error;
      await sleep(waitMs * attempt);
    }
    const now = await placeIn(output, format);
    if (now?.isWhole === true) return;
    if (attempt === attemptsMax) throw brokenOff(new Error('its end is missing'));
    there = now;
  }
}

function queryOf({ format, ...wanted }: Query, there: ExportedSoFar | undefined): Query {
  if (there === undefined) return { ...wanted, format };
  const { firstSeq, lastSeq, seq, hash } = there;
  return { firstSeq, lastSeq, after: seq, afterHash: hash, format };
}

/**
 * What is there goes on only as what is asked for: the range may have been another, and the file would end with it.
 *
 * @throws CliFailure
 */
async function checkSame(
  api: Api,
  output: string,
  there: ExportedSoFar,
  wanted: Query,
): Promise<void> {
  const now = await rangeOf(api, wanted);
  const hasEnd = wanted['to'] !== undefined || wanted['lastSeq'] !== undefined;
  const isEnd = hasEnd ? there.lastSeq === now.lastSeq : there.lastSeq <= now.lastSeq;
  if (there.firstSeq === now.firstSeq && isEnd) return;
  throw new CliFailure(
    exitCodes.failed,
    `${printable(output)} is a part of rows ${there.firstSeq} to ${there.lastSeq}, and rows ${now.firstSeq} to ${now.lastSeq} are asked for`,
    ['name another file with -o, or replace it with --force'],
  );
}

/** Which rows an export would have, from its first line. */
async function rangeOf(
  api: Api,
  wanted: Query,
): Promise<Pick<ExportedSoFar, 'firstSeq' | 'lastSeq'>> {
  const answer = await api.client.download(withQuery('/audit/export', wanted));
  const format = wanted['format'] === 'csv' ? 'csv' : 'ndjson';
  let beginning = Buffer.alloc(0);
  for await (const chunk of whole(answer)) {
    beginning = Buffer.concat([beginning, chunk]);
    const range = rangeAtStart(beginning.toString('utf8'), format);
    if (range !== undefined) return range;
  }
  throw brokenOff(new Error('its first line is missing'));
}

class BrokenOff extends CliFailure {}

async function append(
  api: Api,
  output: string,
  there: ExportedSoFar | undefined,
  query: Query,
  onBytes: (bytes: number) => void,
): Promise<void> {
  // Asked first: what is refused leaves the file as it is.
  const answer = await api.client.download(withQuery('/audit/export', query));
  const file = await open(output, there === undefined ? 'w' : 'r+', 0o600);
  try {
    let at = there?.bytes ?? 0;
    await file.truncate(at);
    for await (const chunk of whole(answer)) {
      await file.write(chunk, 0, chunk.length, at);
      at += chunk.length;
      onBytes(chunk.length);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await syncDirectory(dirname(output));
}

/** The server cuts what it cannot send to its end. */
async function* whole(answer: Response): AsyncIterable<Uint8Array> {
  try {
    yield* bodyOf(answer);
  } catch (error) {
    throw brokenOff(error as Error);
  }
}

function brokenOff({ message }: Error): BrokenOff {
  return new BrokenOff(
    exitCodes.failed,
    `the export broke off (${printable(message)}): what came is not all`,
    ['with -o, run it again: it goes on from there'],
  );
}
