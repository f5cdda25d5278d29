import { existsSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Config } from '../server/config.ts';
import type { WantedKey } from '../server/control.ts';
import { hostConfig, withFaults } from './host.ts';
import { CliFailure, exitCodes } from './parts.ts';
import type { CliParts } from './parts.ts';

/** @returns the secret: from the server that runs, or from the data directory that none holds */
export async function issueAdminKey(parts: CliParts, wanted: WantedKey): Promise<string> {
  const config = await hostConfig(parts);
  const { askForKey } = await import('../server/control.ts');
  return withFaults(
    async () => (await askForKey(config.dataDirectory, wanted)) ?? issueOffline(config, wanted),
  );
}

async function issueOffline(config: Config, wanted: WantedKey): Promise<string> {
  const { databaseFileName, openDatabase } = await import('../server/database/open.ts');
  if (!existsSync(join(config.dataDirectory, databaseFileName))) {
    throw new CliFailure(
      exitCodes.failed,
      `there is no Waybill database in ${config.dataDirectory}; set WAYBILL_DATA_DIR to the server's data directory`,
      ['a new installation gets its first key from `waybill serve`'],
    );
  }
  const { lockDataDirectory } = await import('../server/database/lock.ts');
  const { createAdminKeys } = await import('../server/accounts/admin-keys.ts');
  const { ledger } = await import('../server/ledger/ledger.ts');
  const lock = lockDataDirectory(config.dataDirectory);
  try {
    const database = openDatabase({ dataDirectory: config.dataDirectory, clock: Date.now });
    try {
      const origin = { actor: { kind: 'host' }, session: null, source: null } as const;
      const adminKeys = createAdminKeys({ database, ledger, randomBytes });
      return (await adminKeys.createAdminKey(origin, { ...wanted, allowedCidrs: [] })).secret;
    } finally {
      await database.close();
    }
  } finally {
    lock.release();
  }
}
