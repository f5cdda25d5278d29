import type { Command } from 'commander';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hostConfig, withFaults } from './host.ts';
import { writeLine } from './parts.ts';
import type { CliParts } from './parts.ts';
import type { GlobalOptions } from './settings.ts';
import { jsonText } from './text.ts';

export function addInitCommand(program: Command, parts: CliParts): void {
  program
    .command('init')
    .description(
      'make what a new installation needs (directories, database, master key, host key) without serving',
    )
    .addHelpText(
      'after',
      `
What exists stays as it is. Keep a copy of the keys directory apart from the backups of the data: without the master
key nobody can read the files, and with it whoever has a backup can.

Example:
  WAYBILL_DATA_DIR=/var/lib/waybill WAYBILL_KEYS_DIR=/etc/waybill/keys waybill init`,
    )
    .action(async (_options: object, command: Command) => {
      const config = await hostConfig(parts);
      const { prepare } = await import('../server/setup.ts');
      const { hostKeyFingerprint, kindOfKey, publicKeyLine } =
        await import('../server/connection/host-keys.ts');
      const { databaseFileName, openDatabase } = await import('../server/database/open.ts');
      const { lockDataDirectory } = await import('../server/database/lock.ts');
      const done = await withFaults(async () => {
        const { keys, made } = prepare(config);
        const lock = lockDataDirectory(config.dataDirectory);
        try {
          const file = join(config.dataDirectory, databaseFileName);
          const isNew = !existsSync(file);
          await openDatabase({ dataDirectory: config.dataDirectory, clock: Date.now }).close();
          const hostKey = keys.hostKey.reveal();
          return {
            made: isNew ? [...made, file] : made,
            hostKey: {
              fingerprint: hostKeyFingerprint(hostKey),
              publicKey: publicKeyLine(hostKey),
            },
          };
        } finally {
          lock.release();
        }
      });
      if (command.optsWithGlobals<GlobalOptions>().json === true) {
        writeLine(parts.stdout, jsonText(done));
        return;
      }
      for (const path of done.made) writeLine(parts.stdout, `made      ${path}`);
      if (done.made.length === 0) writeLine(parts.stdout, 'everything was there already');
      writeLine(
        parts.stdout,
        `host key  ${done.hostKey.fingerprint} (${kindOfKey(done.hostKey.publicKey)})`,
      );
      writeLine(parts.stderr, 'next: back up the keys directory, then `waybill serve`');
    });
}
