import { prepare } from '../database/prepared.ts';
import type { Unit } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import { recordChange } from './parts.ts';
import type { AccountParts } from './parts.ts';

/** What a security device counted when it signed a login. */
export type DeviceCount = {
  /** Of the device's key. */
  readonly fingerprint: string;
  readonly counter: number;
};

export type DeviceCounters = {
  /**
   * Remembers what a login's device counted, in the unit that accepts it, and tells the ledger where that is no more than
   * before: perhaps a copy of the key (WebAuthn section 6.1.1). It is no reason to refuse: two logins at once may come in
   * the other order, and a device that was reset is no copy. One that always says 0 does not count at all.
   */
  noteDeviceCount(
    unit: Unit,
    origin: Origin,
    login: { readonly userId: string; readonly username: string; readonly agency: string },
    count: DeviceCount,
  ): Promise<void>;
};

const lastCount = prepare((query, given: { userId: string; fingerprint: string }) =>
  query
    .selectFrom('device_counters')
    .select('counter')
    .where('user_id', '=', given.userId)
    .where('fingerprint', '=', given.fingerprint),
);

export function createDeviceCounters(parts: Pick<AccountParts, 'ledger'>): DeviceCounters {
  return {
    noteDeviceCount: async (unit, origin, login, { fingerprint, counter }) => {
      const { userId, username, agency } = login;
      const before = (await lastCount.first(unit, { userId, fingerprint }))?.counter ?? 0;
      if (counter <= before && before > 0)
        await recordChange(parts, unit, origin, {
          event: 'device-counter.not-risen.1',
          username,
          agency,
          fingerprint,
          before,
          after: counter,
        });
      const set = { counter, noted_at: unit.nowMs };
      await unit.query
        .insertInto('device_counters')
        .values({ user_id: userId, fingerprint, ...set })
        .onConflict((conflict) => conflict.columns(['user_id', 'fingerprint']).doUpdateSet(set))
        .execute();
    },
  };
}
