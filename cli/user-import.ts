import { readFileSync } from 'node:fs';
import { Option } from 'commander';
import type { Command } from 'commander';
import { openApi } from './api.ts';
import { CliFailure, exitCodes } from './parts.ts';
import type { CliParts } from './parts.ts';
import type { Column } from './text.ts';
import { formatSize } from './units.ts';

type RowReport = {
  readonly row: number;
  readonly username: string;
  readonly outcome: string;
  readonly keysAdded: number;
  readonly problem: {
    readonly detail: string;
    readonly errors: readonly { readonly pointer: string; readonly detail: string }[];
  } | null;
};

type Report = {
  readonly applied: boolean;
  readonly created: number;
  readonly unchanged: number;
  readonly refused: number;
  readonly items: readonly RowReport[];
};

const types = { csv: 'text/csv', ndjson: 'application/x-ndjson' } as const;
const tellEveryMs = 1_000;

const columns: readonly Column<RowReport>[] = [
  { title: 'ROW', value: ({ row }) => row, form: 'number' },
  { title: 'USERNAME', value: ({ username }) => username },
  { title: 'OUTCOME', value: ({ outcome }) => outcome },
  { title: 'KEYS', value: ({ keysAdded }) => (keysAdded === 0 ? null : keysAdded), form: 'number' },
  { title: 'PROBLEM', value: ({ problem }) => problemText(problem) },
];

type ImportOptions = { dryRun?: boolean; atomic?: boolean; format?: keyof typeof types };

export function addUserImportCommand(user: Command, parts: CliParts): void {
  user
    .command('import <file>')
    .description('make the users and keys of a CSV or NDJSON file that are not there yet')
    .option('--dry-run', 'change nothing; say what would be')
    .option('--atomic', 'all rows or none')
    .addOption(
      new Option('--format <format>', 'what the file is, where its name does not tell').choices(
        Object.keys(types),
      ),
    )
    .addHelpText(
      'after',
      `
The first row of a CSV names its columns: username, agency, displayName, loginMethods, allowedCidrs, expiresAt,
quotaBytes, maxSessions, publicKey, keyLabel, keyExpiresAt. Only those that are used need to be there. Lists have ; between
their items; several keys of a user are several rows. Users who are there are not changed, so the same file again
does nothing. The exit status is 1 where a row was refused.

Examples:
  waybill user import users.csv --dry-run
  waybill user import users.ndjson --atomic --json`,
    )
    .action(async (file: string, options: ImportOptions, command: Command) => {
      const bytes = file === '-' ? await readAll(parts) : readUserFile(file);
      const type = types[options.format ?? formatOf(file)];
      const api = openApi(command, parts);
      const { dryRun = false, atomic = false } = options;
      const end = tellTime(parts, `importing ${formatSize(bytes.length)}`);
      const report = await api.client
        .postFile<Report>(
          '/users/imports',
          { type, bytes },
          {
            dryRun: String(dryRun),
            atomic: String(atomic),
          },
        )
        .finally(end);
      if (api.json) api.show(report);
      else await api.list(only(report.items), { columns, none: 'there are no rows in the file' });
      api.say(summaryOf(report, dryRun));
      if (report.refused > 0)
        throw new CliFailure(
          exitCodes.failed,
          `${report.refused} of ${report.items.length} rows refused`,
        );
    });
}

async function* only<T>(items: readonly T[]): AsyncIterable<readonly T[]> {
  yield items;
}

function problemText(problem: RowReport['problem']): string | null {
  if (problem === null) return null;
  if (problem.errors.length === 0) return problem.detail;
  return problem.errors.map(({ pointer, detail }) => `${pointer.slice(1)}: ${detail}`).join('; ');
}

function summaryOf({ applied, created, unchanged, refused }: Report, dryRun: boolean): string {
  const counts = `${created} created, ${unchanged} unchanged, ${refused} refused`;
  if (applied) return counts;
  return dryRun ? `${counts} (a dry run: nothing was changed)` : `nothing was changed: ${counts}`;
}

function formatOf(file: string): keyof typeof types {
  return /\.(ndjson|jsonl)$/i.test(file) ? 'ndjson' : 'csv';
}

function readUserFile(file: string): Buffer<ArrayBuffer> {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new CliFailure(exitCodes.usage, `cannot read the file: ${(error as Error).message}`);
  }
}

async function readAll({ stdin }: CliParts): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

/** Tells a person that it goes on, and for how long; a script sees nothing of it. @returns what takes the line away */
function tellTime({ stderr, nowMs }: CliParts, what: string): () => void {
  if (stderr.isTTY !== true) return () => undefined;
  const startedMs = nowMs();
  const tell = () =>
    void stderr.write(`\r\u001b[K${what}: ${Math.round((nowMs() - startedMs) / 1000)} s`);
  tell();
  const timer = setInterval(tell, tellEveryMs);
  return () => {
    clearInterval(timer);
    stderr.write('\r\u001b[K');
  };
}
