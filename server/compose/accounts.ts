import { randomBytes } from 'node:crypto';
import { createAccounts, type Accounts } from '../accounts/accounts.ts';
import { createAdminKeys, type AdminKeys } from '../accounts/admin-keys.ts';
import { createPasswordHashing, type PasswordHashing } from '../accounts/password-hashing.ts';
import { createPendingChanges, type PendingChanges } from '../accounts/pending-changes.ts';
import type { Config } from '../config.ts';
import type { Database } from '../database/units.ts';
import type { FilesParts } from '../files/parts.ts';
import { isTreeEmpty, plantTree } from '../files/tree.ts';
import { giveUpUploads } from '../files/uploads.ts';
import { createSealing, passwordPepperOf } from '../files/vault.ts';
import type { Ledger } from '../ledger/ledger.ts';

type Parts = {
  readonly config: Config;
  readonly masterKey: Buffer;
  /** Through it goes what an administrator changes. */
  readonly guarded: Database;
  readonly ledger: Ledger;
  readonly files: FilesParts;
};

export type ComposedAccounts = {
  readonly accounts: Accounts;
  readonly adminKeys: AdminKeys;
  readonly pendingChanges: PendingChanges;
  readonly passwordHashing: PasswordHashing;
};

/** Who may come in, as users or as administrators, and what waits for a second of these. */
export async function composeAccounts({
  config,
  masterKey,
  guarded,
  ledger,
  files,
}: Parts): Promise<ComposedAccounts> {
  const { limits } = config;
  const passwordHashing = await createPasswordHashing({
    queuedMax: limits.passwordHashesQueuedMax,
    scheme: config.algorithms === 'fips' ? 'pbkdf2' : 'argon2id',
    pepper: passwordPepperOf(masterKey),
  });
  const accounts = createAccounts({
    database: guarded,
    ledger,
    limits,
    lockout: config.lockout,
    profile: config.profile,
    passwordHashing,
    sealing: createSealing(masterKey),
    algorithms: config.algorithms,
    randomBytes,
    agencyIsEmpty: isTreeEmpty,
    giveUpUploads: (unit, userId, origin) => giveUpUploads(files, unit, userId, origin),
    provisionAgency: async (unit, agency) => {
      await plantTree(unit, agency);
      await files.vault.createAgencyKey(unit, agency.id);
    },
  });
  await accounts.loadLegacyAddresses();
  const changed = { database: guarded, ledger, randomBytes };
  return {
    accounts,
    adminKeys: createAdminKeys(changed),
    pendingChanges: createPendingChanges({ ...changed, limits }),
    passwordHashing,
  };
}
