import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { openApi } from './api.ts';
import { countArgument } from './arguments.ts';
import { pageItemsFor } from './client.ts';
import { CliFailure, exitCodes } from './parts.ts';
import type { CliParts } from './parts.ts';
import type { Column } from './text.ts';
import { compareWithWitness, type ListedCheckpoint } from './witness.ts';

type Verification = {
  readonly ok: boolean;
  readonly rows: number;
  readonly firstBadRow: number | null;
  readonly firstBadCheckpoint?: number | null;
  readonly problem?: string | null;
};

type VerifyOptions = {
  readonly scope: string;
  readonly witness?: string;
  readonly export?: readonly string[];
  readonly trust?: readonly string[];
};

const rowsShown = 100;

const columns: readonly Column<ListedCheckpoint>[] = [
  { title: 'ROWS', value: ({ size }) => size, form: 'number' },
  { title: 'TIME', value: ({ at }) => at, form: 'time' },
  { title: 'ROOT', value: ({ root }) => root },
];

export function addAuditVerifyCommands(audit: Command, parts: CliParts): void {
  audit
    .command('verify')
    .description(
      'check the chain of the ledger and its signed checkpoints: exit status 0 when nothing is missing or altered, 1 otherwise',
    )
    .addOption(
      new Option(
        '--scope <scope>',
        'everything, what is new since all was well, or what was found last, without looking',
      )
        .choices(['whole', 'new', 'last'])
        .default('whole'),
    )
    .option(
      '--witness <path>',
      'compare with checkpoints that were kept elsewhere: a file of notes, or a directory of such files',
    )
    .option(
      '--export <file...>',
      'without the server: exports that lie here, in their order, by the verifier that auditors have',
    )
    .option('--trust <key...>', 'with --export: the evidence key, or a file of allowed signers')
    .addHelpText(
      'after',
      `
Only checkpoints that were kept where this server cannot reach them show that an older copy of the whole data directory
was put in its place, or that its end was cut off with everything that speaks of it.

Examples:
  waybill audit verify
  waybill audit verify --witness /mnt/witness
  waybill audit verify --export ledger.ndjson --trust allowed_signers`,
    )
    .action(async (options: VerifyOptions, command: Command) => {
      if (options.export !== undefined || options.trust !== undefined) {
        await verifyExport(parts, options);
        return;
      }
      const { scope, witness } = options;
      const api = openApi(command, parts);
      // The API's own default is not said.
      const query = scope === 'whole' ? {} : { scope };
      const found = await api.client.get<Verification>('/audit/verification', query);
      const compared = witness === undefined ? null : await compareWithWitness(api.client, witness);
      api.show({ ...found, ...(compared !== null && { witness: compared }) });
      const problem = found.ok ? (compared?.problem ?? null) : describe(found);
      if (problem === null) return;
      throw new CliFailure(exitCodes.failed, `the ledger does not verify: ${problem}`, [
        'keep the data directory as it is, and compare with a backup or an export made before',
      ]);
    });

  const checkpoint = audit
    .command('checkpoint')
    .description('the signed checkpoints of the ledger');
  checkpoint
    .command('list')
    .description(`show them, the newest first (${rowsShown} of them; with --json, all, with notes)`)
    .option('--limit <count>', 'how many', countArgument)
    .action(async ({ limit }: { limit?: number }, command: Command) => {
      const api = openApi(command, parts);
      const rowsMax = limit ?? (api.json ? undefined : rowsShown);
      const query = { limit: pageItemsFor(rowsMax) };
      await api.list(api.client.pages<ListedCheckpoint>('/audit/checkpoints', query), {
        columns,
        none: 'no checkpoints yet: the first one comes within a minute',
        rowsMax,
        more: 'there are older ones: ask for more with --limit',
      });
    });
}

/** With the very file that an auditor has: what it says, and how it ends. */
async function verifyExport(
  parts: CliParts,
  { export: files = [], trust = [], witness }: VerifyOptions,
): Promise<void> {
  if (files.length === 0 || trust.length === 0 || witness !== undefined)
    throw new CliFailure(
      exitCodes.usage,
      'an export is verified with --export and --trust, and no --witness',
    );
  const keys = trust.flatMap((key) => ['--trust', key]);
  const child = spawn(process.execPath, [verifierFile(), ...keys, '--', ...files], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.pipe(parts.stdout, { end: false });
  child.stderr.pipe(parts.stderr, { end: false });
  const [status] = (await once(child, 'close')) as [number | null];
  if (status === 0) return;
  throw new CliFailure(
    status === 2 ? exitCodes.usage : exitCodes.failed,
    'the export does not verify',
  );
}

/** Beside the build and the sources, wherever this runs. */
function verifierFile(): string {
  for (let from = import.meta.dirname; ; from = dirname(from)) {
    const file = join(from, 'verifier', 'waybill-verify.mjs');
    if (existsSync(file)) return file;
    if (from === dirname(from))
      throw new CliFailure(exitCodes.failed, 'verifier/waybill-verify.mjs is not installed here');
  }
}

function describe({ firstBadRow, firstBadCheckpoint, problem }: Verification): string {
  const words = problem ?? 'bad';
  if (firstBadRow !== null) return `row ${firstBadRow}: ${words}`;
  return firstBadCheckpoint === null || firstBadCheckpoint === undefined
    ? words
    : `checkpoint ${firstBadCheckpoint}: ${words}`;
}
