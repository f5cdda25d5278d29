import { createAgencies } from './agencies.ts';
import type { Agencies } from './agencies.ts';
import { createCertificateRevocations } from './certificate-revocations.ts';
import type { CertificateRevocations } from './certificate-revocations.ts';
import { createDeviceCounters } from './device-counters.ts';
import type { DeviceCounters } from './device-counters.ts';
import { createLegacyInterop } from './legacy-interop.ts';
import type { LegacyInterop } from './legacy-interop.ts';
import { LockRule } from './lock-rule.ts';
import { createLocks } from './locks.ts';
import type { Locks } from './locks.ts';
import { createLogins } from './logins.ts';
import type { Logins } from './logins.ts';
import type { AccountParts } from './parts.ts';
import { createPasswords } from './passwords.ts';
import type { Passwords } from './passwords.ts';
import { createSecondFactors } from './second-factors.ts';
import type { SecondFactors } from './second-factors.ts';
import { createUserCas } from './user-cas.ts';
import type { UserCas } from './user-cas.ts';
import { createUserKeys } from './user-keys.ts';
import type { UserKeys } from './user-keys.ts';
import { createUserImport } from './user-import.ts';
import type { UserImport } from './user-import.ts';
import { createUsers } from './users.ts';
import type { Users } from './users.ts';

/** Who may exist and with which proofs. Every change is one unit with its ledger row in it. */
export type Accounts = Agencies &
  Users &
  UserImport &
  UserKeys &
  Passwords &
  SecondFactors &
  Locks &
  Logins &
  LegacyInterop &
  UserCas &
  CertificateRevocations &
  DeviceCounters;

export function createAccounts(parts: AccountParts): Accounts {
  const lockRule = new LockRule(parts);
  const agencies = createAgencies(parts);
  const legacyInterop = createLegacyInterop(parts);
  return {
    ...agencies,
    removeAgency: async (origin, code) => {
      await agencies.removeAgency(origin, code);
      legacyInterop.legacyAddresses.delete(code);
    },
    ...createUsers(parts, lockRule),
    ...createUserImport(parts),
    ...createUserKeys(parts),
    ...createPasswords(parts),
    ...createSecondFactors(parts),
    ...createLocks(parts, lockRule),
    ...createLogins(lockRule, parts.profile),
    ...legacyInterop,
    ...createUserCas(parts),
    ...createCertificateRevocations(parts),
    ...createDeviceCounters(parts),
  };
}
