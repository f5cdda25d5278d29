import { randomBytes } from 'node:crypto';
import t from 'tap';
import type { Test } from 'tap';
import { createAdminKeys, type AdminKeys } from '../../server/accounts/admin-keys.ts';
import { adminScopes } from '../../server/accounts/admin-scopes.ts';
import type { Origin } from '../../server/domain/events.ts';
import { Fault } from '../../server/domain/faults.ts';
import { ledger } from '../fixtures/ledger.ts';
import { freshDatabase } from '../fixtures/database.ts';

const host: Origin = { actor: { kind: 'host' }, session: null, source: null };
const all = { name: 'ops', scopes: ['*'], expiresAtMs: null, allowedCidrs: [] };
const here = '192.0.2.1';

function openKeys(t: Test) {
  const clock = { nowMs: Date.UTC(2030, 0, 1) };
  const database = freshDatabase(t, () => clock.nowMs);
  const keys = createAdminKeys({ database, ledger, randomBytes });
  const ledgerRows = () =>
    database.read(async ({ query }) => {
      const rows = await query.selectFrom('ledger').select('body').orderBy('seq').execute();
      return rows.map((row) => JSON.parse(row.body) as Record<string, unknown>);
    });
  return { keys, database, clock, ledgerRows };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Fault) return `${error.code}${error.pointer ?? ''}`;
    throw error;
  }
  return 'none';
}

function originOf(keyId: string): Origin {
  return { actor: { kind: 'admin', keyId, name: 'ops' }, session: 'r', source: null };
}

t.test('a key is made, known by its secret, and removed', async (t) => {
  const { keys, database, ledgerRows } = openKeys(t);
  t.equal(await keys.anyEver(), false);
  const { key, secret } = await keys.createAdminKey(host, {
    ...all,
    allowedCidrs: ['192.0.2.9/24'],
  });
  t.match(secret, /^wb_[a-z2-7]{12}_[a-z2-7]{52}$/);
  t.match(key, {
    name: 'ops',
    scopes: ['*'],
    allowedCidrs: ['192.0.2.0/24'],
    expiresAtMs: null,
    lastUsedAtMs: null,
  });
  t.equal((await keys.verifyAdminKey(secret, here)).id, key.id);
  const stored = await database.read(({ query }) =>
    query.selectFrom('admin_keys').selectAll().execute(),
  );
  t.notMatch(JSON.stringify(stored), secret.slice(16));
  t.equal(stored[0]?.secret_hash.length, 32);
  await keys.removeAdminKey(originOf(key.id), key.id);
  t.equal(await codeOf(keys.verifyAdminKey(secret, here)), 'credentials-wrong');
  t.equal(await codeOf(keys.getAdminKey(key.id)), 'not-found');
  t.equal(await codeOf(keys.removeAdminKey(host, key.id)), 'not-found');
  t.strictSame((await keys.listAdminKeys({ limit: 10 })).items, []);
  t.equal(await keys.anyEver(), true, 'a removed one counts: the first start is over');
  const record = {
    id: key.id,
    name: 'ops',
    scopes: ['*'],
    allowedCidrs: ['192.0.2.0/24'],
    expiresAtMs: null,
  };
  t.match(await ledgerRows(), [
    {
      event: 'admin-key.created.1',
      keyId: key.id,
      before: null,
      after: record,
      actor: { kind: 'host' },
    },
    {
      event: 'admin-key.removed.1',
      keyId: key.id,
      before: record,
      after: null,
      actor: { kind: 'admin' },
    },
  ]);
  t.notMatch(JSON.stringify(await ledgerRows()), secret.slice(16));
});

t.test('what a key may be', async (t) => {
  const { keys, clock } = openKeys(t);
  const cases: [change: object, code: string][] = [
    [{ name: '' }, 'field-invalid/name'],
    [{ name: 'a\nb' }, 'field-invalid/name'],
    [{ scopes: [] }, 'field-invalid/scopes'],
    [{ scopes: ['users:read', 'users:read'] }, 'field-invalid/scopes'],
    [{ scopes: ['users:read', 'users:*'] }, 'field-invalid/scopes/1'],
    [{ scopes: 'users:read' }, 'field-invalid/scopes'],
    [{ allowedCidrs: ['192.0.2.0/24', 'x'] }, 'field-invalid/allowedCidrs/1'],
    [{ expiresAtMs: clock.nowMs }, 'field-invalid/expiresAt'],
    [{ expiresAtMs: NaN }, 'field-invalid/expiresAt'],
    [{ expiresAtMs: clock.nowMs + 1 }, 'none'],
    [{ scopes: adminScopes }, 'none'],
  ];
  for (const [change, code] of cases)
    t.equal(
      await codeOf(keys.createAdminKey(host, { ...all, ...change })),
      code,
      JSON.stringify(change),
    );
});

t.test('nobody gives what it has not', async (t) => {
  const { keys } = openKeys(t);
  const make = async (scopes: string[]) =>
    (await keys.createAdminKey(host, { ...all, scopes })).key.id;
  const full = originOf(await make(['*']));
  const some = originOf(await make(['users:read', 'admin-keys:write']));
  const give = (origin: Origin, scopes: string[]) =>
    codeOf(keys.createAdminKey(origin, { ...all, scopes }));
  t.equal(await give(full, ['*']), 'none');
  t.equal(await give(some, ['users:read']), 'none');
  t.equal(await give(some, ['users:read', 'users:write']), 'scope-missing/scopes');
  t.equal(await give(some, ['*']), 'scope-missing/scopes');
  t.equal(await give(originOf('unknown'), ['users:read']), 'scope-missing/scopes');
  await keys.removeAdminKey(host, (full.actor as { keyId: string }).keyId);
  t.equal(
    await give(full, ['users:read']),
    'scope-missing/scopes',
    'a key that was removed meanwhile',
  );
  t.equal(
    await give({ actor: { kind: 'nobody' }, session: null, source: null }, ['users:read']),
    'scope-missing',
  );
  t.equal(
    await give(
      {
        actor: { kind: 'user', userId: 'u', username: 'ann', agency: 'a' },
        session: null,
        source: null,
      },
      ['users:read'],
    ),
    'scope-missing',
  );
});

t.test('what is refused of a key, and when', async (t) => {
  const { keys, clock } = openKeys(t);
  const { secret, key } = await keys.createAdminKey(host, {
    ...all,
    allowedCidrs: ['192.0.2.0/24'],
    expiresAtMs: clock.nowMs + 1000,
  });
  const wrong = `wb_${key.id}_${'a'.repeat(52)}`;
  for (const bad of [
    '',
    'wb_',
    secret.slice(0, -1),
    `${secret}a`,
    ` ${secret}`,
    secret.toUpperCase(),
    `wb_${'a'.repeat(12)}_${secret.slice(16)}`,
    wrong,
  ]) {
    t.equal(await codeOf(keys.verifyAdminKey(bad, here)), 'credentials-wrong', bad);
  }
  t.equal(
    await codeOf(keys.verifyAdminKey(wrong, '198.51.100.1')),
    'credentials-wrong',
    'addresses tell nothing to whom has no secret',
  );
  t.equal(await codeOf(keys.verifyAdminKey(secret, '198.51.100.1')), 'address-not-allowed');
  t.equal(await codeOf(keys.verifyAdminKey(secret, '')), 'address-not-allowed');
  clock.nowMs += 999;
  t.equal(await codeOf(keys.verifyAdminKey(secret, here)), 'none');
  clock.nowMs += 1;
  t.equal(await codeOf(keys.verifyAdminKey(secret, here)), 'key-expired');
  t.equal(await codeOf(keys.verifyAdminKey(wrong, here)), 'credentials-wrong', 'nor does expiry');
});

t.test('the use of a key is noted once a minute', async (t) => {
  const { keys, clock } = openKeys(t);
  const { secret, key } = await keys.createAdminKey(host, all);
  const noted = async () => (await keys.getAdminKey(key.id)).lastUsedAtMs;
  const start = clock.nowMs;
  for (const [laterMs, expected] of [
    [0, 0],
    [59_999, 0],
    [60_000, 60_000],
    [100_000, 60_000],
    [120_000, 120_000],
  ] as const) {
    clock.nowMs = start + laterMs;
    await keys.verifyAdminKey(secret, here);
    t.equal(await noted(), start + expected, `${laterMs} ms`);
  }
});

t.test('keys in pages, the oldest first', async (t) => {
  const { keys, clock } = openKeys(t);
  const made: string[] = [];
  for (let count = 0; count < 7; count += 1) {
    made.push((await keys.createAdminKey(host, { ...all, name: `k${count}` })).key.id);
    if (count % 3 === 0) clock.nowMs += 1;
  }
  const seen = await collect(keys, 2);
  t.same([...seen].sort(), [...made].sort());
  t.equal(seen[0], made[0]);
  t.equal(await codeOf(keys.listAdminKeys({ limit: 2, after: 'unknown' })), 'field-invalid/cursor');
});

async function collect(keys: AdminKeys, limit: number): Promise<string[]> {
  const seen: string[] = [];
  for (let after: string | null = null; ;) {
    const page: Awaited<ReturnType<AdminKeys['listAdminKeys']>> = await keys.listAdminKeys({
      limit,
      after,
    });
    seen.push(...page.items.map((key) => key.id));
    if (page.next === null) return seen;
    after = page.next;
  }
}

t.test('a key makes none that escapes its own limits', async (t) => {
  // A key of full scope, good for a minute and from one address, made one that was good for ever and from everywhere.
  const { keys, clock } = openKeys(t);
  const minute = clock.nowMs + 60_000;
  const make = async (key: object) =>
    originOf((await keys.createAdminKey(host, { ...all, ...key })).key.id);
  const give = (origin: Origin, key: object) =>
    codeOf(keys.createAdminKey(origin, { ...all, scopes: ['users:read'], ...key }));

  const bound = await make({ allowedCidrs: ['192.0.2.0/24', '2001:db8::1'] });
  t.equal(await give(bound, { allowedCidrs: [] }), 'scope-missing/allowedCidrs', 'everywhere');
  for (const cidr of ['192.0.2.7', '192.0.2.64/26', '192.0.2.0/24', '2001:db8::1'])
    t.equal(await give(bound, { allowedCidrs: [cidr] }), 'none', cidr);
  for (const cidr of ['192.0.3.7', '192.0.2.0/23', '0.0.0.0/0', '2001:db8::/64'])
    t.equal(
      await give(bound, { allowedCidrs: ['192.0.2.7', cidr] }),
      'scope-missing/allowedCidrs',
      cidr,
    );
  t.equal(await give(await make({}), { allowedCidrs: [] }), 'none', 'an unbound one');

  const brief = await make({ scopes: ['users:read', 'admin-keys:write'], expiresAtMs: minute });
  t.equal(await give(brief, { expiresAtMs: null }), 'scope-missing/expiresAt');
  t.equal(await give(brief, { expiresAtMs: minute + 1 }), 'scope-missing/expiresAt');
  t.equal(await give(brief, { expiresAtMs: minute }), 'none');
  const lasting = await make({ scopes: ['users:read', 'admin-keys:write'] });
  t.equal(await give(lasting, { expiresAtMs: null }), 'none');
  const initial = await make({ expiresAtMs: minute });
  t.equal(
    await give(initial, { scopes: ['*'], expiresAtMs: null }),
    'none',
    'as the README has it',
  );
});

t.test('a rotation gives a new secret, and the one before works for a while', async (t) => {
  const { keys, clock, database, ledgerRows } = openKeys(t);
  const { key, secret } = await keys.createAdminKey(host, all);
  const own = originOf(key.id);
  const second = await keys.rotateAdminKey(own, key.id, 60_000);
  t.not(second.secret, secret);
  t.match(second.key, {
    id: key.id,
    rotatedAtMs: clock.nowMs,
    formerSecretUntilMs: clock.nowMs + 60_000,
  });
  for (const each of [secret, second.secret])
    t.equal((await keys.verifyAdminKey(each, here)).id, key.id);
  const third = await keys.rotateAdminKey(own, key.id, 60_000);
  t.equal(await codeOf(keys.verifyAdminKey(secret, here)), 'credentials-wrong', 'two at most');
  clock.nowMs += 59_999;
  t.equal(await codeOf(keys.verifyAdminKey(second.secret, here)), 'none');
  clock.nowMs += 1;
  t.equal(await codeOf(keys.verifyAdminKey(second.secret, here)), 'credentials-wrong');
  t.equal((await keys.verifyAdminKey(third.secret, here)).formerSecretUntilMs, null);
  const fourth = await keys.rotateAdminKey(own, key.id, 0);
  t.equal(await codeOf(keys.verifyAdminKey(third.secret, here)), 'credentials-wrong', 'at once');
  const rows = JSON.stringify([
    await ledgerRows(),
    await database.read(({ query }) => query.selectFrom('admin_keys').selectAll().execute()),
  ]);
  for (const each of [secret, second.secret, third.secret, fourth.secret])
    t.notOk(rows.includes(each.slice(16)));
  t.equal((await ledgerRows()).filter((row) => row['event'] === 'admin-key.rotated.1').length, 3);
  t.equal(await codeOf(keys.rotateAdminKey(own, key.id, -1)), 'field-invalid/overlapSeconds');
});

t.test('nobody rotates a key that is allowed more than its own', async (t) => {
  const { keys } = openKeys(t);
  const strong = await keys.createAdminKey(host, all);
  const weak = await keys.createAdminKey(host, { ...all, scopes: ['admin-keys:write'] });
  const local = await keys.createAdminKey(host, { ...all, allowedCidrs: ['192.0.2.0/24'] });
  t.equal(
    await codeOf(keys.rotateAdminKey(originOf(weak.key.id), strong.key.id, 0)),
    'scope-missing/scopes',
  );
  t.equal(
    await codeOf(keys.rotateAdminKey(originOf(local.key.id), strong.key.id, 0)),
    'scope-missing/allowedCidrs',
  );
  t.equal(await codeOf(keys.verifyAdminKey(strong.secret, here)), 'none', 'nothing was changed');
  t.equal(
    await codeOf(keys.rotateAdminKey(originOf(weak.key.id), weak.key.id, 0)),
    'none',
    'its own it may',
  );
});

t.test('a change comes to no more than the acting key may give', async (t) => {
  const { keys, clock, ledgerRows } = openKeys(t);
  const day = 86_400_000;
  const limited = {
    name: 'limited',
    scopes: ['admin-keys:write', 'users:read'],
    expiresAtMs: clock.nowMs + day,
    allowedCidrs: ['192.0.2.0/24'],
  };
  const acting = originOf((await keys.createAdminKey(host, limited)).key.id);
  const { key } = await keys.createAdminKey(host, { ...limited, scopes: ['users:read'] });
  const change = (wanted: Parameters<AdminKeys['changeAdminKey']>[2]) =>
    codeOf(keys.changeAdminKey(acting, key.id, wanted));
  t.equal(await change({ name: 'renamed' }), 'none');
  t.equal(await change({ scopes: ['users:read', 'users:write'] }), 'scope-missing/scopes');
  t.equal(await change({ scopes: ['*'] }), 'scope-missing/scopes');
  t.equal(await change({ allowedCidrs: [] }), 'scope-missing/allowedCidrs');
  t.equal(await change({ allowedCidrs: ['192.0.0.0/16'] }), 'scope-missing/allowedCidrs');
  t.equal(await change({ allowedCidrs: ['192.0.2.7'] }), 'none');
  t.equal(await change({ expiresAtMs: null }), 'scope-missing/expiresAt');
  t.equal(await change({ expiresAtMs: clock.nowMs + day + 1 }), 'scope-missing/expiresAt');
  t.equal(await change({ expiresAtMs: clock.nowMs }), 'field-invalid/expiresAt');
  t.equal(await change({ expiresAtMs: clock.nowMs + 1 }), 'none');
  t.match(await keys.getAdminKey(key.id), { name: 'renamed', allowedCidrs: ['192.0.2.7'] });
  t.match(
    (await ledgerRows()).filter((row) => row['event'] === 'admin-key.changed.1'),
    [{ before: { name: 'limited' }, after: { name: 'renamed' } }, {}, {}],
  );
  t.equal(
    await codeOf(
      keys.changeAdminKey(acting, acting.actor.kind === 'admin' ? acting.actor.keyId : '', {
        scopes: ['*'],
      }),
    ),
    'scope-missing/scopes',
    'nor its own',
  );
});

t.test('where a key was last used from', async (t) => {
  const { keys } = openKeys(t);
  const { key, secret } = await keys.createAdminKey(host, all);
  t.equal(key.lastUsedFrom, null);
  await keys.verifyAdminKey(secret, '2001:db8::7');
  t.equal((await keys.getAdminKey(key.id)).lastUsedFrom, '2001:db8::7');
});

// A key that was good from one address and for a day widened another by a scope, and so gave it to who was everywhere,
// for ever. And a key that may do little renamed, narrowed or removed those of its betters.
t.test('a scope comes with the addresses and the life of the key that gets it', async (t) => {
  const { keys, clock } = openKeys(t);
  const day = 86_400_000;
  const make = async (more: object) =>
    (await keys.createAdminKey(host, { ...all, ...more })).key.id;
  const scopes = ['admin-keys:write', 'users:read'];
  const wide = await make({ scopes: ['users:read'] });
  const add = (giver: string) =>
    codeOf(keys.changeAdminKey(originOf(giver), wide, { scopes: ['users:read', 'users:write'] }));
  const giver = { scopes: [...scopes, 'users:write'] };
  t.equal(
    await add(await make({ ...giver, allowedCidrs: ['192.0.2.0/24'] })),
    'scope-missing/allowedCidrs',
  );
  t.equal(
    await add(await make({ ...giver, expiresAtMs: clock.nowMs + day })),
    'scope-missing/expiresAt',
  );
  t.equal(await add(await make(giver)), 'none');
});

t.test('nobody changes or removes a key that is allowed more than its own', async (t) => {
  const { keys } = openKeys(t);
  const make = async (more: object) =>
    (await keys.createAdminKey(host, { ...all, ...more })).key.id;
  const [weak, strong] = [await make({ scopes: ['admin-keys:write'] }), await make({})];
  const local = originOf(await make({ allowedCidrs: ['192.0.2.0/24'] }));
  const change = (origin: Origin, id: string, wanted: object) =>
    codeOf(keys.changeAdminKey(origin, id, wanted));
  t.equal(await change(originOf(weak), strong, { scopes: ['users:read'] }), 'scope-missing/scopes');
  t.equal(await change(local, strong, { name: 'x' }), 'scope-missing/allowedCidrs');
  t.equal(await codeOf(keys.removeAdminKey(originOf(weak), strong)), 'scope-missing/scopes');
  t.equal((await keys.getAdminKey(strong)).name, 'ops');
  t.equal(await change(originOf(weak), weak, { name: 'mine' }), 'none', 'its own it may');
  t.equal(await codeOf(keys.removeAdminKey(local, strong)), 'none', 'in an emergency, with *');
  t.equal(await codeOf(keys.removeAdminKey(originOf(weak), weak)), 'none');
});
