import { createAgencies } from './agencies.ts';
import type { Agencies } from './agencies.ts';
import { LockRule } from './lock-rule.ts';
import { createLocks } from './locks.ts';
import type { Locks } from './locks.ts';
import { createLogins } from './logins.ts';
import type { Logins } from './logins.ts';
import type { AccountParts } from './parts.ts';
import { createPasswords } from './passwords.ts';
import type { Passwords } from './passwords.ts';
import { createUserKeys } from './user-keys.ts';
import type { UserKeys } from './user-keys.ts';
import { createUserImport } from './user-import.ts';
import type { UserImport } from './user-import.ts';
import { createUsers } from './users.ts';
import type { Users } from './users.ts';

/** Who may exist and with which proofs. Every change is one unit with its ledger row in it. */
export type Accounts = Agencies & Users & UserImport & UserKeys & Passwords & Locks & Logins;

export function createAccounts(parts: AccountParts): Accounts {
  const lockRule = new LockRule(parts);
  return {
    ...createAgencies(parts),
    ...createUsers(parts, lockRule),
    ...createUserImport(parts),
    ...createUserKeys(parts),
    ...createPasswords(parts),
    ...createLocks(parts, lockRule),
    ...createLogins(lockRule),
  };
}
