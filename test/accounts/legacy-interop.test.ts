import t from 'tap';
import type { Test } from 'tap';
import { LegacyAddresses } from '../../server/accounts/legacy-addresses.ts';
import type { LegacyLogin } from '../../server/accounts/legacy-interop.ts';
import type { AccountParts } from '../../server/accounts/parts.ts';
import { admin, openAccounts } from './fixtures/accounts.ts';

const day = 24 * 60 * 60_000;
const old = { kex: 'diffie-hellman-group14-sha256', hostKey: 'ssh-ed25519' };
const reason = 'batch host of 2012';

async function openAlpine(t: Test, parts: Partial<AccountParts> = {}) {
  const world = await openAccounts(t, parts);
  const agency = await world.accounts.createAgency(admin, {
    code: 'alpine',
    name: 'Alpine',
    kind: 'lcsa',
  });
  const user = await world.accounts.createUser(admin, {
    username: 'ann',
    agency: 'alpine',
    displayName: 'Ann',
  });
  const note = (login: Partial<LegacyLogin> = {}) =>
    world.database.write((unit) =>
      world.accounts.noteLegacyLogin(unit, {
        userId: user.id,
        agencyId: agency.id,
        address: '192.0.2.9',
        source: '192.0.2.9:50000',
        client: 'SSH-2.0-JSCH-0.1.54',
        algorithms: old,
        ...login,
      }),
    );
  const grant = (allowedCidrs: readonly string[] = ['192.0.2.0/28'], days = 30) =>
    world.accounts.grantLegacyInterop(admin, 'alpine', {
      allowedCidrs,
      reason,
      expiresAtMs: world.clock.nowMs + days * day,
    });
  return { ...world, agency, user, note, grant };
}

t.test('a grant is for an agency, its addresses and a while', async (t) => {
  const { accounts, note, grant, clock, ledgerRows } = await openAlpine(t);
  await t.rejects(note(), { code: 'algorithm-not-allowed' });
  t.equal(await note({ algorithms: { kex: 'curve25519-sha256' } }), null, 'nothing is needed');
  t.equal(await note({ algorithms: {} }), null);
  const { expiresAtMs } = await grant(['192.0.2.9/28', '192.0.2.7/28']);
  t.same((await accounts.getLegacyGrant('alpine')).allowedCidrs, ['192.0.2.0/28']);
  t.equal(await note(), expiresAtMs);
  await t.rejects(note({ address: '192.0.2.16' }), { code: 'algorithm-not-allowed' });
  await t.rejects(note({ agencyId: 'another' }), { code: 'algorithm-not-allowed' });
  const isOffered = (address = '192.0.2.9') =>
    accounts.legacyAddresses.includes(address, clock.nowMs);
  t.ok(isOffered());
  t.notOk(isOffered('192.0.2.16'));
  clock.nowMs = expiresAtMs - 1;
  t.equal(await note(), expiresAtMs);
  clock.nowMs = expiresAtMs;
  await t.rejects(note(), { code: 'algorithm-not-allowed' });
  t.notOk(isOffered(), 'nor is it offered any more');
  const rows = (await ledgerRows()).filter((row) => String(row['event']).startsWith('legacy'));
  t.match(rows, [
    {
      event: 'legacy-interop.granted.1',
      agency: 'alpine',
      actor: admin.actor,
      before: null,
      after: { allowedCidrs: ['192.0.2.0/28'], reason },
    },
  ]);
});

t.test('it is changed and ended, each with a row', async (t) => {
  const { accounts, note, grant, clock, ledgerRows } = await openAlpine(t);
  const first = await grant();
  clock.nowMs += 1000;
  await accounts.grantLegacyInterop(admin, 'alpine', first);
  t.same(await accounts.getLegacyGrant('alpine'), first, 'the same again is no event');
  const second = await grant(['2001:db8::/48'], 60);
  t.equal(second.grantedAtMs, first.grantedAtMs);
  await t.rejects(note(), { code: 'algorithm-not-allowed' });
  t.ok(accounts.legacyAddresses.includes('2001:db8::7', clock.nowMs));
  t.notOk(accounts.legacyAddresses.includes('192.0.2.9', clock.nowMs));
  await accounts.endLegacyInterop(admin, 'alpine');
  t.notOk(accounts.legacyAddresses.includes('2001:db8::7', clock.nowMs));
  await t.rejects(accounts.getLegacyGrant('alpine'), { code: 'not-found' });
  await t.rejects(accounts.endLegacyInterop(admin, 'alpine'), { code: 'not-found' });
  await t.rejects(accounts.endLegacyInterop(admin, 'lake'), { code: 'not-found' });
  const rows = (await ledgerRows()).filter((row) => String(row['event']).startsWith('legacy'));
  t.match(rows, [
    { event: 'legacy-interop.granted.1', before: null },
    { event: 'legacy-interop.granted.1', before: { reason }, after: { reason } },
    { event: 'legacy-interop.ended.1', after: null },
  ]);
});

t.test('an agency that is removed takes its grant with it', async (t) => {
  const { accounts, grant, ledgerRows } = await openAlpine(t);
  await grant();
  await accounts.removeUser(admin, 'ann');
  t.ok(accounts.legacyAddresses.includes('192.0.2.9', 0));
  await accounts.removeAgency(admin, 'alpine');
  t.notOk(accounts.legacyAddresses.includes('192.0.2.9', 0), 'at once');
  t.match((await ledgerRows()).slice(-2), [
    { event: 'legacy-interop.ended.1', agency: 'alpine', before: { reason }, after: null },
    { event: 'agency.removed.1', agency: 'alpine' },
  ]);
  t.same(await accounts.legacyReport({ limit: 10 }), { items: [], next: null });
});

t.test('what cannot be granted', async (t) => {
  const { accounts, clock } = await openAlpine(t);
  const good = { allowedCidrs: ['192.0.2.1'], reason, expiresAtMs: clock.nowMs + day };
  for (const [change, pointer] of [
    [{ allowedCidrs: [] }, '/allowedCidrs'],
    [{ allowedCidrs: ['here'] }, '/allowedCidrs/0'],
    [{ allowedCidrs: ['192.0.2.1', '10.0.0.0/15'] }, '/allowedCidrs/1'],
    [{ allowedCidrs: ['2001:db8::/31'] }, '/allowedCidrs/0'],
    [{ reason: '' }, '/reason'],
    [{ expiresAtMs: clock.nowMs }, '/expiresAt'],
    [{ expiresAtMs: clock.nowMs + 366 * day + 1 }, '/expiresAt'],
    [{ expiresAtMs: Number.NaN }, '/expiresAt'],
  ] as const)
    await t.rejects(accounts.grantLegacyInterop(admin, 'alpine', { ...good, ...change }), {
      code: 'field-invalid',
      pointer,
    });
  await t.rejects(accounts.grantLegacyInterop(admin, 'lake', good), { code: 'not-found' });
  for (const cidr of ['10.0.0.0/16', '2001:db8::/32'])
    await accounts.grantLegacyInterop(admin, 'alpine', { ...good, allowedCidrs: [cidr] });
});

t.test('a server of other algorithms grants nothing, and heeds no grant', async (t) => {
  for (const algorithms of ['pq-only', 'fips'] as const) {
    const { accounts, grant, note, database, agency } = await openAlpine(t, { algorithms });
    await t.rejects(grant(), { code: 'conflict' });
    await database.write(({ query, nowMs }) =>
      query
        .insertInto('legacy_grants')
        .values({
          agency_id: agency.id,
          allowed_cidrs: '["192.0.2.0/28"]',
          reason,
          expires_at: nowMs + day,
          granted_at: nowMs,
        })
        .execute(),
    );
    await accounts.loadLegacyAddresses();
    t.notOk(accounts.legacyAddresses.includes('192.0.2.9', 0));
    t.equal(await note(), null, 'what is negotiated there is of its own set');
  }
});

t.test('the report tells who still needs it', async (t) => {
  const { accounts, note, grant, clock } = await openAlpine(t);
  await accounts.createAgency(admin, { code: 'lake', name: 'Lake', kind: 'lcsa' });
  await accounts.grantLegacyInterop(admin, 'lake', {
    allowedCidrs: ['198.51.100.1'],
    reason,
    expiresAtMs: clock.nowMs + day,
  });
  await grant();
  await note();
  clock.nowMs += 5000;
  await note({ client: 'SSH-2.0-JSCH-0.1.55', source: '192.0.2.9:4' });
  const both = await accounts.legacyReport({ limit: 10 });
  t.match(both, {
    next: null,
    items: [
      {
        agency: 'alpine',
        grant: { reason },
        users: [
          {
            username: 'ann',
            logins: 2,
            lastAtMs: clock.nowMs,
            lastFrom: '192.0.2.9:4',
            client: 'SSH-2.0-JSCH-0.1.55',
            algorithms: old,
          },
        ],
      },
      { agency: 'lake', grant: { reason }, users: [] },
    ],
  });
  t.match(await accounts.legacyReport({ limit: 1 }), {
    items: [{ agency: 'alpine' }],
    next: 'alpine',
  });
  t.match(await accounts.legacyReport({ limit: 1, after: 'alpine' }), {
    items: [{ agency: 'lake' }],
    next: null,
  });
  await accounts.endLegacyInterop(admin, 'alpine');
  t.match(await accounts.legacyReport({ limit: 10, agency: 'alpine' }), {
    items: [{ agency: 'alpine', grant: null, users: [{ username: 'ann' }] }],
  });
  await accounts.removeUser(admin, 'ann');
  t.match(await accounts.legacyReport({ limit: 10 }), { items: [{ agency: 'lake' }] });
});

t.test('addresses', (t) => {
  const addresses = new LegacyAddresses();
  t.notOk(addresses.includes('192.0.2.1', 0));
  addresses.set({ agency: 'alpine', allowedCidrs: ['192.0.2.0/24'], expiresAtMs: 10 });
  addresses.set({ agency: 'lake', allowedCidrs: ['192.0.2.1'], expiresAtMs: 20 });
  t.ok(addresses.includes('192.0.2.2', 9));
  t.notOk(addresses.includes('192.0.2.2', 10));
  t.ok(addresses.includes('192.0.2.1', 19));
  t.notOk(addresses.includes('192.0.2.1', 20));
  addresses.delete('alpine');
  t.notOk(addresses.includes('192.0.2.2', 9));
  addresses.set({ agency: 'lake', allowedCidrs: ['192.0.2.3'], expiresAtMs: 20 });
  t.notOk(addresses.includes('192.0.2.1', 19), 'in place of the one before');
  t.end();
});
