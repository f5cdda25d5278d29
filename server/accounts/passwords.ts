import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import { recordChange } from './parts.ts';
import type { AccountParts } from './parts.ts';
import { checkNewPassword, isPasswordText, normalisePassword } from './password-rules.ts';
import { findUser } from './user-rows.ts';

export type Passwords = {
  /** Replaces what was set before. @throws Fault `not-found`, `field-invalid` at `/password`, `hashing-busy` */
  setPassword(origin: Origin, username: string, password: string): Promise<void>;
  /** @throws Fault `not-found`, also when none is set */
  removePassword(origin: Origin, username: string): Promise<void>;
  /**
   * True only for the password of `hash`. With null it costs as much and is false.
   *
   * @throws Fault `hashing-busy`, or `proof-malformed` for what cannot be a password
   */
  verifyPassword(hash: string | null, password: unknown): Promise<boolean>;
};

export function createPasswords(parts: AccountParts): Passwords {
  return {
    setPassword: (origin, username, password) => setPassword(parts, origin, username, password),
    removePassword: (origin, username) => removePassword(parts, origin, username),
    verifyPassword: async (hash, password) => {
      if (!isPasswordText(password, parts.limits.passwordBytesMax))
        throw new Fault('proof-malformed');
      return parts.passwordHashing.verify(hash, normalisePassword(password));
    },
  };
}

async function setPassword(
  parts: AccountParts,
  origin: Origin,
  username: string,
  password: string,
): Promise<void> {
  const checked = checkNewPassword(password, username, parts.limits.passwordBytesMax);
  await parts.database.read((reader) => findUser(reader, username));
  // Hashed before the unit, which awaits nothing but the database.
  const hash = await parts.passwordHashing.hash(checked);
  await parts.database.write(
    async (unit) => {
      const user = await findUser(unit, username);
      const set = { hash, set_at: unit.nowMs };
      await unit.query
        .insertInto('user_passwords')
        .values({ user_id: user.id, ...set })
        .onConflict((conflict) => conflict.column('user_id').doUpdateSet(set))
        .execute();
      await recordChange(parts, unit, origin, {
        event: 'password.set.1',
        username,
        agency: user.agency,
      });
    },
    { by: origin },
  );
}

async function removePassword(
  parts: AccountParts,
  origin: Origin,
  username: string,
): Promise<void> {
  await parts.database.write(
    async (unit) => {
      const user = await findUser(unit, username);
      if (user.passwordSetAtMs === null) throw new Fault('not-found', 'the user has no password');
      await unit.query.deleteFrom('user_passwords').where('user_id', '=', user.id).execute();
      await recordChange(parts, unit, origin, {
        event: 'password.removed.1',
        username,
        agency: user.agency,
      });
    },
    { by: origin },
  );
}
