// A file of users: what it makes, what it leaves, and that a dry run says just that.
import t, { type Test } from 'tap';
import fc from 'fast-check';
import type { ImportRow, KeyPointers, UnreadRow } from '../../server/accounts/import-rows.ts';
import type { AccountParts } from '../../server/accounts/parts.ts';
import type { UserImportOptions } from '../../server/accounts/user-import.ts';
import { Fault } from '../../server/domain/faults.ts';
import { limits } from '../../server/domain/limits.ts';
import { ledger } from '../fixtures/ledger.ts';
import { admin, openAccounts } from './fixtures/accounts.ts';
import { rsaKey, testKey } from './fixtures/keys.ts';

const at: KeyPointers = {
  publicKey: '/publicKey',
  label: '/keyLabel',
  expiresAt: '/keyExpiresAt',
};
const plain: UserImportOptions = { dryRun: false, atomic: false, boundTo: null, sha256: 'ab' };
const key = (number: number) => testKey('ed25519', number).line;

/** A row for `username` of alpine with these keys. */
function row(
  number: number,
  username: string,
  more: Partial<ImportRow> & { readonly publicKeys?: readonly string[] } = {},
): ImportRow {
  const { publicKeys = [], ...rest } = more;
  return {
    row: number,
    username,
    agency: 'alpine',
    settings: { displayName: username },
    keys: publicKeys.map((publicKey) => ({ publicKey, at })),
    ...rest,
  };
}

async function openWithAgency(t: Test, parts: Partial<AccountParts> = {}) {
  const world = await openAccounts(t, parts);
  await world.accounts.createAgency(admin, { code: 'alpine', name: 'Alpine County', kind: 'lcsa' });
  await world.accounts.createAgency(admin, { code: 'state', name: 'DCSS', kind: 'state' });
  return world;
}

t.test('users and keys are made, and the same rows again do nothing', async (t) => {
  const { accounts, ledgerRows } = await openWithAgency(t);
  const rows = [
    row(2, 'amy', {
      publicKeys: [key(1)],
      settings: { displayName: 'Amy', maxSessions: 2, allowedCidrs: ['192.0.2.7/24'] },
    }),
    row(3, 'ben', { settings: { displayName: '=HYPERLINK("http://x")' } }),
    // Only what is given is compared, so a second key needs no more than the name.
    { row: 4, username: 'amy', settings: {}, keys: [{ publicKey: key(2), label: 'two', at }] },
  ];
  const before = await ledgerRows();
  const dry = await accounts.importUsers(admin, rows, { ...plain, dryRun: true });
  t.equal(dry.applied, false);
  t.same(await ledgerRows(), before, 'a dry run changes nothing');
  const report = await accounts.importUsers(admin, rows, plain);
  t.equal(report.applied, true);
  t.same(report.outcomes, dry.outcomes);
  t.match(report.outcomes, [
    { row: 2, username: 'amy', outcome: 'created', keysAdded: 1, problem: null },
    { row: 3, username: 'ben', outcome: 'created', keysAdded: 0 },
    { row: 4, username: 'amy', outcome: 'created', keysAdded: 1 },
  ]);
  t.match(await accounts.getUser('amy'), { maxSessions: 2, allowedCidrs: ['192.0.2.0/24'] });
  t.equal((await accounts.getUser('ben')).displayName, '=HYPERLINK("http://x")', 'text');
  const keys = await accounts.listKeys('amy');
  t.same(keys.map(({ label, publicKey }) => `${label} ${publicKey}`).sort(), [
    ` ${key(1)}`,
    `two ${key(2)}`,
  ]);
  t.match((await ledgerRows()).at(-1), {
    event: 'users.imported.1',
    rows: 3,
    created: 3,
    unchanged: 0,
    refused: 0,
    sha256: 'ab',
    actor: { kind: 'admin' },
  });
  const again = await accounts.importUsers(admin, rows, plain);
  t.same(
    again.outcomes.map(({ outcome, keysAdded }) => [outcome, keysAdded]),
    [
      ['unchanged', 0],
      ['unchanged', 0],
      ['unchanged', 0],
    ],
  );
  const events = (await ledgerRows()).map(({ event }) => event);
  t.equal(events.filter((event) => event === 'user.created.1').length, 2);
  t.equal(events.filter((event) => event === 'key.added.1').length, 2);
});

t.test('a key is one user’s, in the file and beside those who are there', async (t) => {
  for (const dryRun of [true, false])
    for (const rowsAtOnce of [1, 100]) {
      const { accounts } = await openWithAgency(t, {
        limits: { ...limits, importBatchRowsMax: rowsAtOnce },
      });
      await accounts.createUser(admin, { username: 'old', agency: 'alpine', displayName: 'Old' });
      await accounts.addKey(admin, 'old', { publicKey: key(9) });
      const rows = [
        row(1, 'one', { publicKeys: [key(1)] }),
        row(2, 'two', { publicKeys: [key(1)] }),
        row(3, 'three', { publicKeys: [key(9)] }),
        row(4, 'old', { settings: {}, publicKeys: [key(9), key(2)] }),
      ];
      const { outcomes } = await accounts.importUsers(admin, rows, { ...plain, dryRun });
      t.same(
        outcomes.map(({ outcome, problem }) => [outcome, problem?.detail]),
        [
          ['created', undefined],
          ['refused', 'another user has this key'],
          ['refused', 'another user has this key'],
          ['created', undefined],
        ],
        `dry: ${dryRun}, ${rowsAtOnce} at once`,
      );
    }
});

t.test('each row is refused for its own reasons, all of them at once', async (t) => {
  const { accounts } = await openWithAgency(t);
  await accounts.createUser(admin, { username: 'gone', agency: 'alpine', displayName: 'G' });
  await accounts.removeUser(admin, 'gone');
  await accounts.createUser(admin, { username: 'old', agency: 'alpine', displayName: 'Old' });
  await accounts.addKey(admin, 'old', { publicKey: key(9), label: 'one' });
  const unread: UnreadRow = {
    row: 20,
    username: '',
    problem: { code: 'message-malformed', detail: 'is not JSON', errors: [] },
  };
  const cases: readonly (readonly [ImportRow | UnreadRow, string, readonly string[]])[] = [
    [row(1, 'Bad Name', { settings: { displayName: '', maxSessions: 0 } }), 'field-invalid', ['/username', '/displayName', '/maxSessions']], // prettier-ignore
    [row(2, 'noagency', { agency: 'nowhere', settings: {} }), 'field-invalid', ['/agency', '/displayName']], // prettier-ignore
    [row(3, 'gone'), 'name-used', ['/username']],
    [row(4, 'old', { agency: 'state', settings: { displayName: 'New' } }), 'conflict', ['/displayName', '/agency']], // prettier-ignore
    [row(5, 'old', { settings: {}, keys: [{ publicKey: key(9), label: 'two', at }] }), 'conflict', ['/keyLabel']], // prettier-ignore
    [row(6, 'old', { settings: {}, keys: [{ publicKey: key(9), expiresAtMs: 5, at }] }), 'conflict', ['/keyExpiresAt']], // prettier-ignore
    [row(7, 'weak', { publicKeys: [rsaKey(2048).line] }), 'key-weak', ['/publicKey']],
    [row(8, 'private', { publicKeys: ['-----BEGIN OPENSSH PRIVATE KEY-----'] }), 'key-private', ['/publicKey']], // prettier-ignore
    [unread, 'message-malformed', []],
    // The user that the file itself would have made is not there, as its row was refused.
    [row(9, 'weak', { settings: {}, publicKeys: [key(3)] }), 'field-invalid', ['/displayName']],
  ];
  const { outcomes } = await accounts.importUsers(
    admin,
    cases.map(([given]) => given),
    plain,
  );
  for (const [index, [given, code, pointers]] of cases.entries()) {
    const { outcome, problem } = outcomes[index]!;
    t.match({ outcome, code: problem?.code }, { outcome: 'refused', code }, `row ${given.row}`);
    t.same(problem?.errors.map(({ pointer }) => pointer).sort(), [...pointers].sort());
  }
  t.notMatch(JSON.stringify(outcomes), /OPENSSH PRIVATE/);
  t.same((await accounts.listUsers({ limit: 10 })).items.length, 1);
});

t.test('all or none', async (t) => {
  const { accounts, ledgerRows } = await openWithAgency(t);
  const good = [row(2, 'amy', { publicKeys: [key(1)] }), row(3, 'ben')];
  const before = await ledgerRows();
  const mixed = await accounts.importUsers(admin, [...good, row(4, 'X')], {
    ...plain,
    atomic: true,
  });
  t.match(mixed, {
    applied: false,
    outcomes: [{ outcome: 'created' }, { outcome: 'created' }, { outcome: 'refused' }],
  });
  t.same(await ledgerRows(), before);
  t.same((await accounts.listUsers({ limit: 10 })).items, []);
  t.match(await accounts.importUsers(admin, good, { ...plain, atomic: true }), { applied: true });
  t.match((await ledgerRows()).at(-1), { event: 'users.imported.1', atomic: true, created: 2 });
  const many = Array.from({ length: limits.importAtomicRowsMax + 1 }, (_, index) =>
    row(index, `u${index}`),
  );
  await t.rejects(accounts.importUsers(admin, many, { ...plain, atomic: true }), {
    code: 'field-invalid',
    pointer: '/atomic',
  });
});

t.test('an administrator of one agency imports for that one alone', async (t) => {
  const { accounts } = await openWithAgency(t);
  await accounts.createUser(admin, { username: 'dora', agency: 'state', displayName: 'Dora' });
  const { outcomes } = await accounts.importUsers(
    admin,
    [
      row(2, 'amy'),
      row(3, 'dan', { agency: 'state' }),
      { row: 4, username: 'dora', settings: {}, keys: [{ publicKey: key(1), at }] },
    ],
    { ...plain, boundTo: 'alpine' },
  );
  t.same(
    outcomes.map(({ outcome, problem }) => [outcome, problem?.code]),
    [
      ['created', undefined],
      ['refused', 'agency-not-allowed'],
      ['refused', 'agency-not-allowed'],
    ],
  );
  t.same(await accounts.listKeys('dora'), []);
});

t.test('one at a time, for no longer than it may, and others get their turn', async (t) => {
  const { accounts, database } = await openWithAgency(t, {
    limits: { ...limits, importBatchRowsMax: 4 },
  });
  const rows = Array.from({ length: 40 }, (_, index) => row(index, `u${index}x`));
  let others = 0;
  const going = accounts.importUsers(admin, rows, plain);
  await t.rejects(accounts.importUsers(admin, rows, plain), { code: 'unavailable' });
  const state = { isOver: false };
  void going.finally(() => (state.isOver = true));
  while (!state.isOver) {
    await database.read(async () => undefined);
    others += 1;
    await new Promise(setImmediate);
  }
  t.match(await going, { applied: true });
  t.ok(others >= 10, `${others} looks at the database meanwhile`);
  const late = await openWithAgency(t, { limits: { ...limits, importMsMax: -1 } });
  const { outcomes } = await late.accounts.importUsers(admin, rows, plain);
  t.ok(outcomes.every(({ problem }) => problem?.code === 'unavailable'));
});

t.test('a batch whose ledger row cannot be written is not there', async (t) => {
  let left = 7;
  const { accounts } = await openWithAgency(t, {
    limits: { ...limits, importBatchRowsMax: 4 },
    ledger: {
      append: async (unit, entry) => {
        if (left <= 0) throw new Fault('ledger-unavailable');
        left -= 1;
        await ledger.append(unit, entry);
      },
    },
  });
  // Two rows of the ledger are the agencies', four the first batch's, and one is left for the second.
  const rows = Array.from({ length: 12 }, (_, index) => row(index, `u${index + 10}`));
  await t.rejects(accounts.importUsers(admin, rows, plain), { code: 'ledger-unavailable' });
  t.same(
    (await accounts.listUsers({ limit: 100 })).items.map(({ username }) => username),
    ['u10', 'u11', 'u12', 'u13'],
  );
  left = 100;
  const { outcomes } = await accounts.importUsers(admin, rows, plain);
  t.same(
    outcomes.map(({ outcome }) => outcome),
    rows.map((_, index) => (index < 4 ? 'unchanged' : 'created')),
    'and the file again goes on where it broke off',
  );
});

t.test('whatever is in the file: a dry run tells it, and twice is once', async (t) => {
  const names = ['amy', 'ben', 'cat', 'X', 'gone'];
  const someRow = fc.record({
    username: fc.constantFrom(...names),
    agency: fc.constantFrom('alpine', 'state', 'nowhere', undefined),
    displayName: fc.constantFrom('A', 'B', undefined),
    keys: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
    label: fc.constantFrom('l', undefined),
  });
  let run = 0;
  await t.test('runs', async (t) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(someRow, { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        async (given, importBatchRowsMax) => {
          run += 1;
          await t.test(`run ${run}`, async (t) => {
            const { accounts } = await openWithAgency(t, {
              limits: { ...limits, importBatchRowsMax },
            });
            await accounts.createUser(admin, {
              username: 'gone',
              agency: 'state',
              displayName: 'G',
            });
            await accounts.removeUser(admin, 'gone');
            const rows = given.map(({ username, agency, displayName, keys, label }, index) => ({
              row: index,
              username,
              ...(agency !== undefined && { agency }),
              settings: displayName === undefined ? {} : { displayName },
              keys: keys.map((number) => ({
                publicKey: key(number),
                ...(label !== undefined && { label }),
                at,
              })),
            }));
            const dry = await accounts.importUsers(admin, rows, { ...plain, dryRun: true });
            const whole = await accounts.importUsers(admin, rows, {
              ...plain,
              dryRun: true,
              atomic: true,
            });
            t.same(whole.outcomes, dry.outcomes, 'in one or in batches');
            const real = await accounts.importUsers(admin, rows, plain);
            t.same(real.outcomes, dry.outcomes);
            const again = await accounts.importUsers(admin, rows, plain);
            // One that was refused for want of a user may find the one that a later row made.
            for (const [index, { outcome }] of real.outcomes.entries())
              if (outcome !== 'refused') t.equal(again.outcomes[index]?.outcome, 'unchanged');
            const third = await accounts.importUsers(admin, rows, plain);
            t.notOk(third.outcomes.some(({ outcome }) => outcome === 'created'));
          });
        },
      ),
      { numRuns: 25 },
    );
  });
});
