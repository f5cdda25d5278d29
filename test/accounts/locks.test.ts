// Counting failures and locking accounts, below the logins that do it (those are in authentication/lockout.test.ts).
import t, { type Test } from 'tap';
import { lockouts } from '../../server/domain/limits.ts';
import type { Lockout } from '../../server/domain/limits.ts';
import { admin, openAccounts, type World } from './fixtures/accounts.ts';

const minuteMs = 60_000;
const source = '192.0.2.10:50000';

type Locked = World & {
  readonly fail: (username: string | undefined, times?: number) => Promise<void>;
};

/** `ann` and `abe` of alpine, `bob` of butte. */
async function openLocks(t: Test, lockout: Lockout = lockouts.pub1075): Promise<Locked> {
  const world = await openAccounts(t, { lockout });
  const { accounts, database } = world;
  for (const [code, usernames] of [
    ['alpine', ['ann', 'abe']],
    ['butte', ['bob']],
  ] as const) {
    await accounts.createAgency(admin, { code, name: code, kind: 'lcsa' });
    for (const username of usernames)
      await accounts.createUser(admin, { username, agency: code, displayName: username });
  }
  const fail: Locked['fail'] = async (username, times = 1) => {
    for (let count = 0; count < times; count += 1)
      await database.write((unit) =>
        accounts.recordFailure(unit, { username, source, isTyped: true }),
      );
  };
  return { ...world, fail };
}

const namesOf = (page: { items: readonly { username: string }[] }) =>
  page.items.map(({ username }) => username);

t.test('the locked are listed by name, by page and by agency', async (t) => {
  const { accounts, clock, fail } = await openLocks(t);
  for (const username of ['bob', 'ann', 'abe']) await fail(username, 3);
  await accounts.createUser(admin, { username: 'cal', agency: 'butte', displayName: 'Cal' });
  await fail('cal', 2);
  const list = (listing: Partial<Parameters<typeof accounts.listLocks>[0]> = {}) =>
    accounts.listLocks({ limit: 10, ...listing });
  t.same(namesOf(await list()), ['abe', 'ann', 'bob']);
  t.same(namesOf(await list({ agency: 'alpine' })), ['abe', 'ann']);
  t.same(namesOf(await list({ agency: 'butte' })), ['bob']);
  t.same(namesOf(await list({ agency: 'nowhere' })), []);
  const first = await list({ limit: 2, after: null });
  t.same([namesOf(first), first.next], [['abe', 'ann'], 'ann']);
  const second = await list({ limit: 2, after: first.next });
  t.same([namesOf(second), second.next], [['bob'], null]);
  t.same((await list({ agency: 'butte' })).items, [
    {
      username: 'bob',
      agency: 'butte',
      failedLogins: 3,
      lockedAtMs: clock.nowMs,
      lockedUntilMs: clock.nowMs + 15 * minuteMs,
    },
  ]);
  clock.nowMs += 15 * minuteMs;
  t.same(namesOf(await list()), [], 'a lock that has run out is none');
});

t.test('failures are told of those that have some', async (t) => {
  const { accounts, clock, fail } = await openLocks(t);
  await fail('ann', 2);
  await fail('bob', 3);
  const lockedUntilMs = clock.nowMs + 15 * minuteMs;
  const states = await accounts.lockStatesOf(['bob', 'abe', 'ann', 'nobody-here']);
  t.same(Object.fromEntries(states), {
    ann: { failedLogins: 2, lockedUntilMs: null },
    bob: { failedLogins: 3, lockedUntilMs },
  });
  t.equal((await accounts.lockStatesOf([])).size, 0);
});

t.test('only who is locked is unlocked, and all failures are forgotten then', async (t) => {
  const { accounts, clock, fail, ledgerRows } = await openLocks(t);
  const notLocked = { code: 'not-found', message: 'the user is not locked' };
  await t.rejects(accounts.unlockUser(admin, 'ann'), notLocked, 'without a failure');
  await fail('ann', 2);
  await t.rejects(accounts.unlockUser(admin, 'ann'), notLocked, 'with too few');
  t.equal((await accounts.lockStatesOf(['ann'])).get('ann')?.failedLogins, 2);
  await fail('ann');
  await fail('bob', 3);
  await accounts.unlockUser(admin, 'ann');
  t.equal((await accounts.lockStatesOf(['ann'])).size, 0);
  t.same(namesOf(await accounts.listLocks({ limit: 10 })), ['bob'], 'and no other');
  t.match((await ledgerRows()).at(-1), {
    event: 'user.unlocked.1',
    username: 'ann',
    agency: 'alpine',
    actor: admin.actor,
    before: {
      failedLogins: 3,
      lockedUntil: new Date(clock.nowMs + 15 * minuteMs).toISOString(),
    },
    after: { failedLogins: 0, lockedUntil: null },
  });
  clock.nowMs += 15 * minuteMs;
  await t.rejects(accounts.unlockUser(admin, 'bob'), notLocked, 'a lock that has run out');
});

t.test('who is removed, unknown or nobody is neither counted nor locked', async (t) => {
  const { accounts, database, fail, ledgerRows } = await openLocks(t);
  await accounts.removeUser(admin, 'ann');
  await fail('ann', 4);
  await fail('nobody-here', 4);
  await fail(undefined, 4);
  const rows = await database.read(({ query }) =>
    query.selectFrom('login_failures').selectAll().execute(),
  );
  t.match(rows, [{ user_id: '', locked_at: null, locked_until: null }]);
  t.equal(rows.length, 1);
  t.same((await accounts.listLocks({ limit: 10 })).items, []);
  t.notOk((await ledgerRows()).some(({ event }) => event === 'user.locked.1'));
});

t.test('where one failure locks, those during the lock neither count nor prolong it', async (t) => {
  const rule = { failuresMax: 1, windowMs: minuteMs, lockMs: minuteMs, stopsKeys: false };
  const { accounts, clock, fail, ledgerRows } = await openLocks(t, rule);
  const locks = async () =>
    (await ledgerRows()).filter(({ event }) => event === 'user.locked.1').length;
  await fail('ann');
  const until = clock.nowMs + minuteMs;
  t.match((await ledgerRows()).at(-1), {
    reason: 'account-locked',
    outcome: 'success',
    source,
    session: null,
    username: 'ann',
    agency: 'alpine',
    failures: 1,
    methods: ['password', 'totp'],
    until: new Date(until).toISOString(),
  });
  clock.nowMs += minuteMs - 1;
  await fail('ann');
  t.equal(await locks(), 1);
  t.match((await accounts.listLocks({ limit: 1 })).items, [
    { failedLogins: 1, lockedUntilMs: until },
  ]);
  clock.nowMs += 1;
  t.same((await accounts.listLocks({ limit: 1 })).items, []);
  await fail('ann');
  t.equal(await locks(), 2, 'one after it locks again');
});
