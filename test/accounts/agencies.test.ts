import t from 'tap';
import type { Place } from '../../server/accounts/parts.ts';
import type { Ledger } from '../../server/ledger/ledger.ts';
import { Fault } from '../../server/domain/faults.ts';
import { admin, openAccounts } from './fixtures/accounts.ts';

const alpine = { code: 'alpine', name: 'Alpine County', kind: 'lcsa' } as const;

t.test('an agency is made with its tree, changed, and its row is recorded', async (t) => {
  const provisioned: unknown[] = [];
  const { accounts, clock, ledgerRows } = await openAccounts(t, {
    provisionAgency: async (unit, agency) => {
      const row = await unit.query
        .selectFrom('agencies')
        .select('code')
        .where('id', '=', agency.id)
        .executeTakeFirst();
      provisioned.push({ ...agency, seen: row?.code });
    },
  });
  const made = await accounts.createAgency(admin, { ...alpine, name: '  Alpine County ' });
  t.match(made, {
    ...alpine,
    createdAtMs: clock.nowMs,
    id: /^[0-9a-f]{32}$/,
    rootEntryId: /^[0-9a-f]{32}$/,
  });
  t.match(provisioned, [
    { id: made.id, code: 'alpine', kind: 'lcsa', rootEntryId: made.rootEntryId, seen: 'alpine' },
  ]);
  clock.nowMs += 1000;
  t.match(await accounts.changeAgency(admin, 'alpine', { name: 'Alpine' }), {
    name: 'Alpine',
    updatedAtMs: clock.nowMs,
  });
  await accounts.changeAgency(admin, 'alpine', { name: 'Alpine' });
  t.same(await accounts.getAgency('alpine'), { ...made, name: 'Alpine', updatedAtMs: clock.nowMs });
  t.match(await ledgerRows(), [
    {
      event: 'agency.created.1',
      agency: 'alpine',
      before: null,
      after: alpine,
      outcome: 'success',
      actor: admin.actor,
    },
    {
      event: 'agency.changed.1',
      before: { name: 'Alpine County' },
      after: { name: 'Alpine' },
      session: 'request-1',
    },
  ]);
  t.equal((await ledgerRows()).length, 2, 'a change of nothing is no event');
});

t.test('fields', async (t) => {
  const { accounts, ledgerRows } = await openAccounts(t);
  for (const code of [
    '',
    'a',
    'Alpine',
    '1a',
    'a_b',
    'a'.repeat(33),
    '../x',
    'a\0',
    'a\n',
    undefined,
    7,
    '%username%',
  ]) {
    await t.rejects(accounts.createAgency(admin, { ...alpine, code: code as string }), {
      code: 'field-invalid',
      pointer: '/code',
    });
  }
  for (const name of ['', ' ', 'a\nb', 'x'.repeat(201), undefined, {}, '\ud800']) {
    await t.rejects(accounts.createAgency(admin, { ...alpine, name: name as string }), {
      code: 'field-invalid',
      pointer: '/name',
    });
  }
  await t.rejects(accounts.createAgency(admin, { ...alpine, kind: 'county' as 'lcsa' }), {
    code: 'field-invalid',
    pointer: '/kind',
  });
  t.same(await ledgerRows(), []);
});

t.test('removal waits for users and files, and the code stays taken', async (t) => {
  let empty = false;
  const { accounts, ledgerRows } = await openAccounts(t, { agencyIsEmpty: async () => empty });
  await accounts.createAgency(admin, alpine);
  await accounts.createUser(admin, { username: 'ann', agency: 'alpine', displayName: 'Ann' });
  await t.rejects(accounts.removeAgency(admin, 'alpine'), { code: 'conflict', message: /users/ });
  await accounts.removeUser(admin, 'ann');
  await t.rejects(accounts.removeAgency(admin, 'alpine'), { code: 'conflict', message: /files/ });
  empty = true;
  await accounts.removeAgency(admin, 'alpine');
  await t.rejects(accounts.getAgency('alpine'), { code: 'not-found' });
  await t.rejects(accounts.removeAgency(admin, 'alpine'), { code: 'not-found' });
  await t.rejects(accounts.createAgency(admin, alpine), { code: 'name-used', pointer: '/code' });
  await t.rejects(
    accounts.createUser(admin, { username: 'bob', agency: 'alpine', displayName: 'Bob' }),
    { code: 'field-invalid', pointer: '/agency' },
  );
  t.match((await ledgerRows()).at(-1), { event: 'agency.removed.1', before: alpine, after: null });
});

t.test('pages in the order of codes', async (t) => {
  const { accounts } = await openAccounts(t);
  for (const code of ['cc', 'aa', 'ee', 'bb', 'dd'])
    await accounts.createAgency(admin, { ...alpine, code });
  await accounts.removeAgency(admin, 'cc');
  const seen: string[] = [];
  let after: Place | null = null;
  do {
    const page = await accounts.listAgencies({ limit: 2, after });
    seen.push(...page.items.map((agency) => agency.code));
    after = page.next;
  } while (after !== null);
  t.same(seen, ['aa', 'bb', 'dd', 'ee']);
});

t.test('nothing happens when the ledger or the tree fails', async (t) => {
  const broken: Ledger = { append: async () => Promise.reject(new Fault('ledger-unavailable')) };
  const one = await openAccounts(t, { ledger: broken });
  await t.rejects(one.accounts.createAgency(admin, alpine), { code: 'ledger-unavailable' });
  await t.rejects(one.accounts.getAgency('alpine'), { code: 'not-found' });
});
