import type { Command } from 'commander';
import { resolve } from 'node:path';
import { chosenBackup, keyFor, withKeys } from './backup.ts';
import type { KeyOptions } from './backup.ts';
import type { Restored } from './backup/restore.ts';
import { withFaults } from './host.ts';
import { writeLine } from './parts.ts';
import type { CliParts } from './parts.ts';
import { showProgress } from './progress.ts';
import type { GlobalOptions } from './settings.ts';
import { jsonText, printable } from './text.ts';
import { formatSize, formatTime } from './units.ts';

type RestoreOptions = KeyOptions & {
  readonly from: string;
  readonly backup?: string;
  readonly dataDir?: string;
  readonly keysDir?: string;
  readonly withoutDamaged?: boolean;
};

export function addRestoreCommand(program: Command, parts: CliParts): void {
  withKeys(
    program
      .command('restore')
      .description(
        'make a data directory and the keys from a backup, and verify every byte of them',
      )
      .requiredOption('--from <directory>', 'the directory that `waybill backup` wrote to')
      .option('--backup <name>', 'which one (default: the newest)')
      .option('--data-dir <directory>', 'an empty or new directory (default: WAYBILL_DATA_DIR)')
      .option('--keys-dir <directory>', 'where the keys go (default: WAYBILL_KEYS_DIR)')
      .option(
        '--without-damaged',
        'go on without the files whose content is missing or damaged, and name them',
      ),
  )
    .addHelpText(
      'after',
      `
It replaces nothing: the data directory must be empty, and a key that is there already must be the backup's. Where
something is missing or damaged it names it, exits with 1 and leaves nothing. With --without-damaged it goes on where only
content of files is: their entries are there, reading them fails, and the ledger has a row for each.

Examples:
  waybill restore --from /mnt/backup/waybill --master-key /media/safe/master.key --data-dir ./data --keys-dir ./keys
  waybill restore --from /mnt/backup/waybill --backup-key /media/safe/waybill-backup.key`,
    )
    .action(async (options: RestoreOptions, command: Command) => restore(parts, options, command));
}

async function restore(parts: CliParts, options: RestoreOptions, command: Command): Promise<void> {
  const { restoreBackup } = await import('./backup/restore.ts');
  const { Repository } = await import('./backup/repository.ts');
  const dataDirectory = resolve(options.dataDir ?? (parts.env['WAYBILL_DATA_DIR'] || './data'));
  const keysDirectory = resolve(options.keysDir ?? (parts.env['WAYBILL_KEYS_DIR'] || './keys'));
  const repository = new Repository(resolve(options.from));
  const name = await chosenBackup(repository, options.backup);
  const progress = showProgress(parts);
  const restored = await withFaults(async () =>
    restoreBackup({
      repository,
      name,
      sealing: await keyFor(parts, options, keysDirectory),
      dataDirectory,
      keysDirectory,
      withoutDamaged: options.withoutDamaged === true,
      nowMs: parts.nowMs,
      progress,
    }),
  );
  const { listHostKeys } = await import('../server/host-key-files.ts');
  const hostKey = listHostKeys(keysDirectory)[0]?.fingerprint ?? '';
  const { manifest, uploadsDiscarded, lost } = restored;
  if (command.optsWithGlobals<GlobalOptions>().json === true) {
    const { backup, takenAt, files, ledger, damaged } = manifest;
    const made = { dataDirectory, keysDirectory, hostKey };
    writeLine(
      parts.stdout,
      jsonText({ backup, takenAt, ...made, files, ledger, damaged, lost, uploadsDiscarded }),
    );
    return;
  }
  const text = restoredText(restored, { dataDirectory, keysDirectory, hostKey });
  for (const line of text) writeLine(parts.stdout, line);
}

type Made = {
  readonly dataDirectory: string;
  readonly keysDirectory: string;
  readonly hostKey: string;
};

function restoredText(
  { manifest, uploadsDiscarded, lost }: Restored,
  { dataDirectory, keysDirectory, hostKey }: Made,
): readonly string[] {
  const { backup, takenAt, files, ledger, damaged } = manifest;
  const lines = [
    `restored  ${backup}, taken ${formatTime(takenAt)}`,
    `data      ${dataDirectory}`,
    `keys      ${keysDirectory}, host key ${hostKey}`,
    `files     ${files.count}, ${formatSize(files.bytes)}; each was read, and is what came in${damaged.length + lost.length > 0 ? ', but for those below' : ''}`,
    `ledger    ${ledger.rows} rows, the chain is whole; one more says that this is a restored copy`,
  ];
  if (uploadsDiscarded > 0)
    lines.push(`given up  ${uploadsDiscarded} unfinished uploads: their senders begin again`);
  for (const id of damaged)
    lines.push(`damaged   content ${id}, which was damaged when the backup was taken`);
  for (const { text } of lost) lines.push(`lost      ${printable(text)}`);
  const again =
    damaged.length + lost.length === 0
      ? []
      : ['  5. Ask for the damaged and lost files again, or bring them from an older backup.'];
  return [
    ...lines,
    '',
    'Next:',
    '  1. See that the server that this is a copy of does not run any more.',
    `  2. Both directories must belong to the user that runs the server, then:`,
    `     WAYBILL_DATA_DIR=${dataDirectory} WAYBILL_KEYS_DIR=${keysDirectory} waybill doctor`,
    `     WAYBILL_DATA_DIR=${dataDirectory} WAYBILL_KEYS_DIR=${keysDirectory} waybill serve`,
    '  3. `waybill admin-key issue --name recovery` makes an API key, if none is at hand.',
    `  4. What came in or was changed after ${formatTime(takenAt)} is not there: disable again who was`,
    '     disabled since, and ask the agencies to send again what they sent since.',
    ...again,
  ];
}
