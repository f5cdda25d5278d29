// The orders and filters in which administrators look for agencies, users and keys.
import t, { type Test } from 'tap';
import fc from 'fast-check';
import { agencySorts, type AgencyListing } from '../../server/accounts/agencies.ts';
import type { Page, Place } from '../../server/accounts/parts.ts';
import { userSorts, type UserListing } from '../../server/accounts/user-list.ts';
import { admin, openAccounts } from './fixtures/accounts.ts';
import { testKey } from './fixtures/keys.ts';

const dayMs = 24 * 60 * 60_000;

async function openWithAgencies(t: Test) {
  const world = await openAccounts(t);
  const { accounts } = world;
  await accounts.createAgency(admin, { code: 'alpine', name: 'Alpine County', kind: 'lcsa' });
  await accounts.createAgency(admin, { code: 'state', name: 'DCSS', kind: 'state' });
  return world;
}

/** Every item, page by page of that many. */
async function walk<T>(ask: (after: Place | null) => Promise<Page<T, Place>>): Promise<T[]> {
  const items: T[] = [];
  let after: Place | null = null;
  do {
    const page: Page<T, Place> = await ask(after);
    items.push(...page.items);
    after = page.next;
  } while (after !== null);
  return items;
}

t.test('users in every order, whatever the page size, each once', async (t) => {
  const { accounts, database, clock } = await openWithAgencies(t);
  // Several with the same times, so that pages end between equals.
  for (let index = 0; index < 23; index += 1) {
    if (index % 4 === 0) clock.nowMs += 1_000;
    const username = `u${(index * 7) % 23}x`;
    await accounts.createUser(admin, { username, agency: 'alpine', displayName: username });
    if (index % 3 === 0) await logIn(username, clock.nowMs + (index % 2) * 500);
  }
  async function logIn(username: string, atMs: number): Promise<void> {
    const { id } = await accounts.getUser(username);
    clock.nowMs = atMs;
    await database.write((unit) =>
      accounts.recordLogin(unit, {
        userId: id,
        keys: [],
        hasTyped: false,
        source: '192.0.2.1:1',
        client: 'c',
      }),
    );
  }
  const all = (await accounts.listUsers({ limit: 500 })).items;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...userSorts),
      fc.integer({ min: 1, max: 9 }),
      async (sort, limit) => {
        const seen = await walk((after) => accounts.listUsers({ limit, sort, after }));
        const field = sort.replace('-', '');
        const sign = sort.startsWith('-') ? -1 : 1;
        const valueOf = (user: (typeof all)[number]) =>
          field === 'username'
            ? user.username
            : field === 'createdAt'
              ? user.createdAtMs
              : (user.lastLoginAtMs ?? user.createdAtMs);
        const expected = all.toSorted((a, b) => {
          const [one, other] = [valueOf(a), valueOf(b)];
          if (one !== other) return one < other ? -sign : sign;
          return a.username < b.username ? -sign : sign;
        });
        t.strictSame(
          seen.map(({ username }) => username),
          expected.map(({ username }) => username),
          `${sort} by ${limit}`,
        );
      },
    ),
    { numRuns: 40 },
  );
});

t.test('users by prefix, by use, and those who are locked', async (t) => {
  const { accounts, database, clock } = await openWithAgencies(t);
  const names = async (listing: Omit<UserListing, 'limit'>) =>
    (await accounts.listUsers({ limit: 100, ...listing })).items.map(({ username }) => username);
  for (const username of ['batch-1', 'batch-2', 'batch', 'bats', 'amy'])
    await accounts.createUser(admin, { username, agency: 'alpine', displayName: username });
  t.same(await names({ prefix: 'batch' }), ['batch', 'batch-1', 'batch-2']);
  t.same(await names({ prefix: 'batch-' }), ['batch-1', 'batch-2']);
  t.same(await names({ prefix: '%' }), []);
  t.same(await names({ prefix: '\u{10ffff}' }), []);
  clock.nowMs += 100 * dayMs;
  await accounts.createUser(admin, { username: 'new', agency: 'state', displayName: 'New' });
  const amy = await accounts.getUser('amy');
  await database.write((unit) =>
    accounts.recordLogin(unit, {
      userId: amy.id,
      keys: [],
      hasTyped: false,
      source: '192.0.2.1:1',
      client: 'c',
    }),
  );
  const lastLoginBeforeMs = clock.nowMs - 90 * dayMs;
  t.same(
    await names({ lastLoginBeforeMs }),
    ['batch', 'batch-1', 'batch-2', 'bats'],
    'not who logged in, and not who is new',
  );
  t.same(await names({ lastLoginBeforeMs, prefix: 'bats', agency: 'alpine' }), ['bats']);
  t.same(await names({ lastLoginBeforeMs, agency: 'state' }), []);
  for (const username of ['bats', 'amy', 'new'])
    for (let failure = 0; failure < (username === 'new' ? 3 : 10); failure += 1)
      await database.write((unit) =>
        accounts.recordFailure(unit, { username, source: '192.0.2.1:1', isTyped: true }),
      );
  t.same(await names({ lockedOnly: true }), ['amy', 'bats']);
  t.same(await names({ lockedOnly: true, sort: '-username' }), ['bats', 'amy']);
  const first = await accounts.listUsers({ limit: 1, lockedOnly: true });
  t.same(first.next, ['amy', 'amy']);
  t.same(await names({ lockedOnly: true, after: first.next }), ['bats']);
  clock.nowMs += 16 * 60_000;
  t.same(await names({ lockedOnly: true }), [], 'a lock that ran out is none');
});

t.test('agencies in every order, and by kind', async (t) => {
  const { accounts, clock } = await openWithAgencies(t);
  for (const [index, code] of ['cc', 'aa', 'ee', 'bb', 'dd'].entries()) {
    clock.nowMs += index % 2;
    const kind = index < 2 ? 'partner' : 'lcsa';
    await accounts.createAgency(admin, { code, name: index < 3 ? 'Same' : code, kind });
  }
  const codes = (listing: Omit<AgencyListing, 'limit'>, limit: number) =>
    walk((after) => accounts.listAgencies({ limit, ...listing, after }));
  for (const sort of agencySorts) {
    const whole = (await codes({ sort }, 500)).map(({ code }) => code);
    for (const limit of [1, 2, 3])
      t.same(
        (await codes({ sort }, limit)).map(({ code }) => code),
        whole,
        `${sort} by ${limit}`,
      );
    t.equal(whole.length, 7);
  }
  t.same(
    (await codes({ sort: 'name' }, 2)).map(({ code }) => code),
    ['alpine', 'state', 'aa', 'cc', 'ee', 'bb', 'dd'],
  );
  t.same(
    (await codes({ kind: 'partner', sort: '-code' }, 1)).map(({ code }) => code),
    ['cc', 'aa'],
  );
});

t.test('keys of everybody by what is wrong with them', async (t) => {
  const { accounts, database, clock } = await openWithAgencies(t);
  await accounts.createUser(admin, { username: 'amy', agency: 'alpine', displayName: 'Amy' });
  await accounts.createUser(admin, { username: 'dora', agency: 'state', displayName: 'Dora' });
  const startMs = clock.nowMs;
  const add = async (username: string, number: number, expiresAtMs: number | null = null) =>
    accounts.addKey(admin, username, {
      publicKey: testKey('ed25519', number).line,
      label: `${username} ${number}`,
      expiresAtMs,
    });
  const { fingerprint } = await add('amy', 1, startMs + 110 * dayMs);
  const used = await add('amy', 2, startMs + 101 * dayMs);
  await add('dora', 3, startMs + 10 * dayMs);
  // As a server made it before a key was one user's.
  const shared = await add('dora', 5);
  await database.write(({ query }) =>
    query
      .updateTable('user_keys')
      .set({ fingerprint, label: 'dora 1' })
      .where('id', '=', shared.id)
      .execute(),
  );
  clock.nowMs += 100 * dayMs;
  await add('dora', 4);
  const { id: userId } = await accounts.getUser('amy');
  await database.write((unit) =>
    accounts.recordLogin(unit, {
      userId,
      keys: [{ id: used.id, algorithm: 'ssh-ed25519' }],
      hasTyped: false,
      source: '192.0.2.1:1',
      client: 'OpenSSH_9.2',
    }),
  );
  t.match(await accounts.getKey('amy', used.id), {
    lastUsedAtMs: clock.nowMs,
    lastUsedFrom: '192.0.2.1:1',
    lastUsedClient: 'OpenSSH_9.2',
    lastUsedAlgorithm: 'ssh-ed25519',
  });
  const labels = async (listing: Omit<Parameters<typeof accounts.listKeysOfAll>[0], 'limit'>) =>
    (await walk((after) => accounts.listKeysOfAll({ limit: 1, ...listing, after }))).map(
      ({ label }) => label,
    );
  t.same((await labels({ state: 'unused' })).sort(), ['amy 1', 'dora 1', 'dora 3']);
  t.same(await labels({ state: 'unused', agency: 'alpine' }), ['amy 1']);
  t.same(await labels({ state: 'unused', days: 100 }), [], 'to the very day they are not yet');
  t.same(await labels({ state: 'expiring' }), ['amy 2', 'amy 1'], 'the first to end first');
  t.same(await labels({ state: 'expiring', days: 1 }), ['amy 2']);
  t.same(await labels({ state: 'expiring', agency: 'state' }), []);
  t.same(await labels({ state: 'expired' }), ['dora 3']);
  t.same(await labels({ state: 'weak' }), []);
  // As an earlier version, or a rule that became stricter, would have left one.
  await database.write(({ query }) =>
    query
      .updateTable('user_keys')
      .set({ type: 'ssh-rsa', bits: 2048 })
      .where('id', '=', used.id)
      .execute(),
  );
  t.same(await labels({ state: 'weak' }), ['amy 2']);
  t.same((await labels({ fingerprint })).sort(), ['amy 1', 'dora 1']);
  t.equal((await labels({})).length, 5);
});
