import type { Command } from 'commander';
import { randomBytes } from 'node:crypto';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import type { SealingKey } from './backup/keys.ts';
import type { Manifest } from './backup/manifest.ts';
import { countArgument } from './arguments.ts';
import { hostConfig, withFaults } from './host.ts';
import { CliFailure, exitCodes, writeLine } from './parts.ts';
import type { CliParts } from './parts.ts';
import { showProgress } from './progress.ts';
import type { GlobalOptions } from './settings.ts';
import { confirm } from './terminal.ts';
import { jsonText, printable, tableText } from './text.ts';
import { formatSize, formatTime } from './units.ts';

/** Which key seals, or opens. */
export type KeyOptions = { readonly backupKey?: string; readonly masterKey?: string };
type TakeOptions = KeyOptions & {
  readonly to?: string;
  readonly scratch?: string;
  readonly verifyAll?: boolean;
};
type FromOptions = KeyOptions & { readonly from: string; readonly backup?: string };

export const backupKeyHelp =
  'a file with the key of the backups (`waybill backup make-key`; default: WAYBILL_BACKUP_KEY_FILE, or else the master key)';

export function addBackupCommands(program: Command, parts: CliParts): void {
  const backup = program
    .command('backup')
    .description(
      'take a backup of this host, whether its server runs or not: encrypted, and read back before it counts',
    )
    .option('--to <directory>', 'where backups are; files that are there from earlier ones stay')
    .option('--backup-key <file>', backupKeyHelp)
    .option('--verify-all', 'read back every file, and not only those that this backup adds')
    .option(
      '--scratch <directory>',
      'where a copy of the database has room (default: the data directory)',
    )
    .addHelpText(
      'after',
      `
Run it as the user that runs the server, with the same WAYBILL_* variables. It holds the database, every published file
and the keys; not unfinished uploads, nor what the environment says. Without a key of its own it is sealed with the
master key, which is then not in it: keep that elsewhere. With --backup-key the master key is in it, and that key opens it.

Examples:
  waybill backup --to /mnt/backup/waybill
  waybill backup make-key /root/waybill-backup.key
  waybill backup --to /mnt/backup/waybill --backup-key /root/waybill-backup.key --json`,
    )
    .action(async (options: TakeOptions, command: Command) => take(parts, options, command));

  from(
    backup
      .command('list')
      .description('list the backups of a directory, the newest last; needs no key'),
  ).action(async (options: FromOptions, command: Command) => list(parts, options, command));

  withKeys(
    from(
      backup
        .command('verify')
        .description('read every byte of a backup, and compare it with what was backed up'),
    ).option('--backup <name>', 'which one (default: the newest)'),
  ).action(async (options: FromOptions, command: Command) => verify(parts, options, command));

  withKeys(
    from(
      backup
        .command('prune')
        .description('remove old backups, and the files that only they hold: for good')
        .requiredOption('--keep <count>', 'how many stay, the newest', countArgument)
        .option('-y, --yes', 'do not ask'),
    ),
  ).action(async (options: FromOptions & { keep: number; yes?: boolean }, command: Command) =>
    prune(parts, options, command),
  );

  backup
    .command('make-key <file>')
    .description('make a key for backups: keep it apart from them, and a copy of it elsewhere')
    .action(async (file: string) => makeKey(parts, file));
}

function from(command: Command): Command {
  return command.requiredOption('--from <directory>', 'the directory that backups were written to');
}

/** The options that say what opens a backup. */
export function withKeys(command: Command): Command {
  return command
    .option('--backup-key <file>', backupKeyHelp)
    .option('--master-key <file>', 'the master key (default: the one in the keys directory)');
}

async function take(parts: CliParts, options: TakeOptions, command: Command): Promise<void> {
  const { to } = options;
  if (to === undefined)
    throw new CliFailure(exitCodes.usage, 'say where to: waybill backup --to <directory>');
  const config = await hostConfig(parts);
  checkApart(config.dataDirectory, to);
  const { takeBackup } = await import('./backup/take.ts');
  const { Repository } = await import('./backup/repository.ts');
  const { readKeyMaterial } = await import('../server/setup.ts');
  const { databaseFileName } = await import('../server/database/open.ts');
  if (!existsSync(join(config.dataDirectory, databaseFileName)))
    throw new CliFailure(
      exitCodes.failed,
      `there is no Waybill database in ${config.dataDirectory}; set WAYBILL_DATA_DIR to the server's data directory`,
    );
  const progress = showProgress(parts);
  const taken = await withFaults(async () => {
    try {
      return await takeBackup({
        config,
        masterKey: readKeyMaterial(config).masterKey.reveal(),
        sealing: await keyFor(parts, options),
        repository: new Repository(resolve(to)),
        scratch: resolve(options.scratch ?? config.dataDirectory),
        verifyAll: options.verifyAll === true,
        nowMs: parts.nowMs,
        progress,
      });
    } finally {
      progress.end();
    }
  });
  const { manifest, manifestSha256, added, problems } = taken;
  const warnings = warningsOf(config.dataDirectory, resolve(to));
  for (const warning of warnings) writeLine(parts.stderr, `warning: ${printable(warning)}`);
  if (command.optsWithGlobals<GlobalOptions>().json === true) {
    const { backup, takenAt, files, blobs, damaged, ledger, verified } = manifest;
    const whole = { backup, directory: resolve(to), takenAt, files, blobs, added, verified };
    writeLine(
      parts.stdout,
      jsonText({ ...whole, ledger, damaged, problems, warnings, manifestSha256 }),
    );
  } else {
    writeLine(parts.stdout, `backup    ${manifest.backup} in ${printable(resolve(to))}`);
    for (const line of summary(manifest)) writeLine(parts.stdout, line);
    const read = manifest.verified === 'all' ? 'everything' : 'what was added';
    writeLine(
      parts.stdout,
      `added     ${added.count} files, ${formatSize(added.bytes)}; ${read} was read back and is what came in`,
    );
  }
  if (problems.length > 0)
    throw new CliFailure(
      exitCodes.failed,
      'the backup is whole but for what is wrong with the installation itself',
      [...problems, 'restore those from an earlier backup'],
    );
}

function summary({ takenAt, files, ledger, key }: Manifest): readonly string[] {
  const kind = key.kind === 'master-key' ? 'the master key (not in it)' : 'the backup key';
  return [
    `taken     ${formatTime(takenAt)}`,
    `files     ${files.count}, ${formatSize(files.bytes)}`,
    `ledger    ${ledger.rows} rows, last hash ${ledger.lastHash.slice(0, 16)}`,
    `opens by  ${kind} ${key.id}`,
  ];
}

async function list(parts: CliParts, options: FromOptions, command: Command): Promise<void> {
  const { Repository } = await import('./backup/repository.ts');
  const { readManifest } = await import('./backup/manifest.ts');
  const repository = new Repository(resolve(options.from));
  const rows: Manifest[] = [];
  for (const name of await repository.list())
    rows.push((await readManifest(repository, name)).manifest);
  if (command.optsWithGlobals<GlobalOptions>().json === true) {
    writeLine(parts.stdout, jsonText(rows));
    return;
  }
  if (rows.length === 0) {
    writeLine(parts.stderr, `no backups in ${repository.directory}`);
    return;
  }
  writeLine(
    parts.stdout,
    tableText(rows, [
      { title: 'BACKUP', value: (row) => row.backup },
      { title: 'TAKEN', value: (row) => row.takenAt, form: 'time' },
      { title: 'FILES', value: (row) => row.files.count, form: 'number' },
      { title: 'SIZE', value: (row) => row.files.bytes, form: 'size' },
      { title: 'DAMAGED', value: (row) => row.damaged.length, form: 'number' },
      { title: 'VERSION', value: (row) => row.version },
      { title: 'OPENS BY', value: (row) => `${row.key.kind} ${row.key.id}` },
    ]),
  );
}

async function verify(parts: CliParts, options: FromOptions, command: Command): Promise<void> {
  const { verifyBackup } = await import('./backup/verify.ts');
  const { Repository } = await import('./backup/repository.ts');
  const repository = new Repository(resolve(options.from));
  const name = await chosenBackup(repository, options.backup);
  const progress = showProgress(parts);
  const manifest = await withFaults(async () => {
    const sealing = await keyFor(parts, options);
    const scratch = scratchDirectory(parts);
    return verifyBackup({ repository, name, sealing, scratch, nowMs: parts.nowMs, progress });
  });
  if (command.optsWithGlobals<GlobalOptions>().json === true) {
    writeLine(parts.stdout, jsonText({ ...manifest, ok: true }));
    return;
  }
  writeLine(parts.stdout, `backup    ${name} is whole: every byte was read`);
  for (const line of summary(manifest)) writeLine(parts.stdout, line);
}

async function prune(
  parts: CliParts,
  options: FromOptions & { keep: number; yes?: boolean },
  command: Command,
): Promise<void> {
  const { pruneBackups } = await import('./backup/prune.ts');
  const { Repository } = await import('./backup/repository.ts');
  const repository = new Repository(resolve(options.from));
  const { length } = await repository.list();
  const going = Math.max(0, length - options.keep);
  await confirm(parts, options, `Remove ${going} of ${length} backups for good?`);
  const pruned = await withFaults(async () =>
    pruneBackups(repository, await keyFor(parts, options), options.keep),
  );
  if (command.optsWithGlobals<GlobalOptions>().json === true) {
    writeLine(parts.stdout, jsonText(pruned));
    return;
  }
  for (const name of pruned.removed) writeLine(parts.stdout, `removed   ${name}`);
  writeLine(
    parts.stdout,
    `kept      ${pruned.kept.length}, removed ${pruned.blobs} files of the others`,
  );
}

async function makeKey(parts: CliParts, file: string): Promise<void> {
  const { keyId } = await import('./backup/keys.ts');
  const { onePiece, syncDirectory, writeWhole } = await import('./backup/files.ts');
  if (existsSync(file)) throw new CliFailure(exitCodes.failed, `${file} exists; it stays as it is`);
  const secret = randomBytes(32);
  try {
    await writeWhole(file, onePiece(Buffer.from(`${secret.toString('base64')}\n`)));
    await syncDirectory(dirname(resolve(file)));
  } catch (error) {
    throw new CliFailure(exitCodes.failed, `cannot make the key: ${(error as Error).message}`);
  }
  writeLine(parts.stdout, `made      ${file}, backup key ${keyId({ kind: 'backup-key', secret })}`);
  writeLine(
    parts.stderr,
    'next: keep a copy apart from the backups and from this host; without it they cannot be read',
  );
}

/** The backup key where one is given, and the master key otherwise. */
export async function keyFor(
  parts: CliParts,
  { backupKey, masterKey }: KeyOptions,
  keysDirectory?: string,
): Promise<SealingKey> {
  const { readSealingKey } = await import('./backup/keys.ts');
  const { masterKeyFile } = await import('../server/setup.ts');
  const file = backupKey ?? (parts.env['WAYBILL_BACKUP_KEY_FILE'] || undefined);
  // What was typed goes before what the environment says.
  if (file !== undefined && (backupKey !== undefined || masterKey === undefined))
    return readSealingKey('backup-key', file);
  const directory = keysDirectory ?? (parts.env['WAYBILL_KEYS_DIR'] || './keys');
  return readSealingKey('master-key', masterKey ?? join(directory, masterKeyFile));
}

/** @throws CliFailure where there is no such backup */
export async function chosenBackup(
  repository: { list(): Promise<readonly string[]>; readonly directory: string },
  wanted: string | undefined,
): Promise<string> {
  const names = await repository.list();
  const name = wanted ?? names.at(-1);
  if (name !== undefined && names.includes(name)) return name;
  throw new CliFailure(
    exitCodes.failed,
    name === undefined
      ? `there are no whole backups in ${repository.directory}`
      : `there is no whole backup ${name} in ${repository.directory}`,
    ['`waybill backup list` shows those that there are'],
  );
}

function scratchDirectory(parts: CliParts): string {
  const data = parts.env['WAYBILL_DATA_DIR'] || './data';
  return existsSync(data) ? resolve(data) : tmpdir();
}

function warningsOf(dataDirectory: string, to: string): readonly string[] {
  if (statSync(dataDirectory).dev !== statSync(to).dev) return [];
  return [
    `${to} is on the same file system as ${dataDirectory}: a disk that fails takes both; write backups to another one, or copy them away`,
  ];
}

/** What is lost with the data is no backup of it. */
function checkApart(dataDirectory: string, to: string): void {
  const data = existsSync(dataDirectory) ? realpathSync(dataDirectory) : resolve(dataDirectory);
  const target = existsSync(to) ? realpathSync(to) : resolve(to);
  if (target !== data && !target.startsWith(data + sep)) return;
  throw new CliFailure(exitCodes.usage, `${to} is in the data directory itself`, [
    'name a directory on another disk',
  ]);
}
