import { randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import { createAdminChanges } from '../../server/files/admin-changes.ts';
import { createAdminFiles } from '../../server/files/admin-view.ts';
import type { Holder } from '../../server/files/opens.ts';
import { ledger } from '../fixtures/ledger.ts';
import type { NewHold } from '../../server/retention/hold-fields.ts';
import { createHolds } from '../../server/retention/holds.ts';
import { status } from '../../server/sftp/protocol.ts';
import { openExchange } from '../fixtures/exchange.ts';

const administrator: Holder = {
  origin: { actor: { kind: 'server' }, session: 'request', source: null },
  sessionId: 'request',
  userId: null,
  username: 'admin:ops',
  client: 'test',
  quotaBytes: null,
};
const words = { reason: 'Smith v. County', authority: 'case 24-1183' };
const refusal = {
  code: status.PERMISSION_DENIED,
  message: /under a legal hold: Smith v\. County \(case 24-1183\)/,
};

async function openHeld(t: Test, keptMax = 1, quotaBytes: number | null = null) {
  const limits = { previousVersionsKeptMax: keptMax };
  const exchange = await openExchange(t, { limits });
  const { database, parts, store } = exchange;
  const amy = await exchange.connect({ username: 'amy', agency: 'alameda', quotaBytes });
  const holds = createHolds({ guarded: database, database, ledger, randomBytes });
  const view = createAdminFiles(parts, store);
  const changes = createAdminChanges(parts, store);
  const { origin } = administrator;
  const hold = async (scope: Partial<NewHold>) => {
    const { id } = await holds.place(origin, { ...words, ...scope });
    return { id, lift: () => holds.lift(origin, id, 'settled') };
  };
  const at = (path: string) => view.at('alameda', path);
  /** What a file holds and held, the newest first. */
  const contents = async (path: string) => {
    const { id } = await at(path);
    const { items } = await view.versions(id, { after: null, max: 100 });
    return items.filter(({ state }) => state !== 'destroyed').map(({ size }) => size);
  };
  const put = (path: string, size: number) => amy.put(path, Buffer.alloc(size, size));
  return { exchange, limits, amy, holds, hold, view, changes, at, contents, put };
}

t.test('a held file is not removed, by nobody', async (t) => {
  const { exchange, amy, hold, changes, at, put, contents } = await openHeld(t);
  await put('/outgoing/a', 10);
  await put('/outgoing/b', 10);
  const { id } = await at('/outgoing/a');
  const { lift } = await hold({ agency: 'alameda', path: '/outgoing/a' });
  await t.rejects(amy.remove('/outgoing/a'), refusal);
  await t.rejects(changes.remove(administrator, id), {
    code: 'held',
    message: 'under a legal hold: Smith v. County (case 24-1183)',
  });
  t.strictSame(await contents('/outgoing/a'), [10]);
  t.match(await exchange.events({ event: 'request.refused.1' }), [
    { operation: 'remove', path: '/outgoing/a', reason: 'held' },
  ]);
  await amy.remove('/outgoing/b');
  await lift();
  await amy.remove('/outgoing/a');
  await t.rejects(at('/outgoing/a'), { code: 'not-found' });
  t.same(exchange.faults, []);
});

t.test('nor one of which only an earlier version is held', async (t) => {
  const { amy, hold, changes, at, put, exchange } = await openHeld(t);
  await put('/outgoing/a', 10);
  const { receivedAtMs, id } = await at('/outgoing/a');
  while (Date.now() <= receivedAtMs!) await new Promise((resolve) => setTimeout(resolve, 1));
  await put('/outgoing/a', 20);
  await hold({ path: '/outgoing/**', receivedUntilMs: receivedAtMs! + 1 });
  await t.rejects(amy.remove('/outgoing/a'), refusal);
  await t.rejects(changes.remove(administrator, id), { code: 'held' });
  await t.rejects(amy.rename('/outgoing/a', '/outgoing/b'), refusal);
  await put('/outgoing/new', 1);
  await amy.remove('/outgoing/new');
  t.same(exchange.faults, []);
});

t.test('nor renamed, whatever it is held by', async (t) => {
  const { amy, hold, at, put } = await openHeld(t);
  await put('/outgoing/a', 10);
  for (const scope of [
    { agency: 'alameda' },
    { path: '/outgoing/a' },
    { path: '/outgoing/**' },
    { file: (await at('/outgoing/a')).id },
    { receivedFromMs: 0 },
  ]) {
    const { lift } = await hold(scope);
    await t.rejects(amy.rename('/outgoing/a', '/outgoing/b'), refusal, JSON.stringify(scope));
    await t.rejects(amy.posixRename('/outgoing/a', '/outgoing/b'), refusal);
    await lift();
  }
  await amy.rename('/outgoing/a', '/outgoing/b');
});

t.test('a temporary name is given up for the final one, where the hold stays on', async (t) => {
  // WinSCP and others send under such a name: a hold on a directory would keep them from sending anything to it.
  const { amy, hold, at, put, contents } = await openHeld(t);
  await hold({ path: '/outgoing/**' });
  await put('/outgoing/a.filepart', 10);
  await amy.rename('/outgoing/a.filepart', '/outgoing/a');
  await put('/outgoing/a.filepart', 20);
  await amy.posixRename('/outgoing/a.filepart', '/outgoing/a');
  t.strictSame(await contents('/outgoing/a'), [20, 10]);
  await t.rejects(amy.rename('/outgoing/a', '/outgoing/b'), refusal, 'and has that from then on');
  await t.rejects(amy.rename('/outgoing/a', '/outgoing/a.tmp'), refusal);
  await put('/outgoing/c.part', 1);
  await t.rejects(amy.rename('/outgoing/c.part', '/incoming/c'), {
    code: status.PERMISSION_DENIED,
  });
  await t.rejects(amy.rename('/outgoing/c.part', '/outgoing/d.part'), refusal);
  const file = await at('/outgoing/c.part');
  await hold({ file: file.id });
  await t.rejects(amy.rename('/outgoing/c.part', '/outgoing/c'), refusal, 'it is meant itself');
});

t.test('and not where it would take the file out of a hold', async (t) => {
  const { amy, hold, put } = await openHeld(t);
  await amy.mkdir('/outgoing/held');
  await amy.mkdir('/outgoing/free');
  await hold({ path: '/outgoing/held/**' });
  await put('/outgoing/held/a.tmp', 1);
  await t.rejects(amy.rename('/outgoing/held/a.tmp', '/outgoing/free/a'), refusal);
  await amy.rename('/outgoing/held/a.tmp', '/outgoing/held/a');
});

t.test('a directory is not renamed while a hold may speak of what is below it', async (t) => {
  const { amy, hold, put, at } = await openHeld(t);
  await amy.mkdir('/outgoing/day');
  await amy.mkdir('/outgoing/empty');
  await put('/outgoing/day/a', 10);
  const ofPath = await hold({ path: '/outgoing/day/*.csv' });
  await t.rejects(amy.rename('/outgoing/day', '/outgoing/night'), refusal);
  await amy.rename('/outgoing/empty', '/outgoing/void');
  await ofPath.lift();
  const ofFile = await hold({ file: (await at('/outgoing/day/a')).id });
  await t.rejects(amy.rename('/outgoing/day', '/outgoing/night'), refusal);
  await ofFile.lift();
  await amy.rename('/outgoing/day', '/outgoing/night');
  await amy.rename('/outgoing/void', '/outgoing/empty');
});

t.test(
  'what was held stays where it is replaced, beyond the number and past the quota',
  async (t) => {
    const { amy, hold, put, contents, exchange } = await openHeld(t, 1, 100_000);
    await put('/outgoing/a', 60_000);
    const { lift } = await hold({ path: '/**/a' });
    for (const size of [50_000, 40_000, 10]) await put('/outgoing/a', size);
    t.strictSame(await contents('/outgoing/a'), [10, 40_000, 50_000, 60_000]);
    await put('/outgoing/b', 90_000);
    t.equal((await amy.get('/outgoing/b')).length, 90_000, 'its quota is its own');
    await put('/outgoing/b', 20);
    t.strictSame(await contents('/outgoing/b'), [20], 'what is not held has no room beside it');
    await lift();
    await put('/outgoing/a', 11);
    t.strictSame(await contents('/outgoing/a'), [11, 10]);
    t.match(
      (await exchange.events({ event: 'version.destroyed.1', path: '/outgoing/a' })).map(
        (row) => row['size'],
      ),
      [40_000, 50_000, 60_000],
    );
    t.same(exchange.faults, []);
  },
);

t.test('also with nothing to be kept otherwise, and under another name', async (t) => {
  const { amy, hold, holds, put, contents, at, exchange } = await openHeld(t, 0);
  await put('/outgoing/a', 10);
  const { id: former } = await at('/outgoing/a');
  const { id } = await hold({ file: former });
  await put('/outgoing/a', 20);
  t.strictSame(await contents('/outgoing/a'), [20, 10]);
  await put('/outgoing/b', 30);
  await amy.posixRename('/outgoing/b', '/outgoing/a');
  t.strictSame(await contents('/outgoing/a'), [30, 20, 10]);
  const { id: present } = await at('/outgoing/a');
  t.not(present, former);
  t.equal((await holds.get(id)).file, present, 'the hold went with them');
  t.match(await exchange.events({ event: 'hold.changed.1' }), [
    { actor: { username: 'amy' }, hold: id, before: { file: former }, after: { file: present } },
  ]);
  await t.rejects(amy.remove('/outgoing/a'), refusal);
  t.same(exchange.faults, []);
});

t.test('a rename over a file that is held by its path', async (t) => {
  const { amy, hold, put, contents } = await openHeld(t, 1);
  for (const size of [1, 2]) await put('/outgoing/a', size);
  const { lift } = await hold({ path: '/**/a' });
  for (const size of [3, 4]) await put('/outgoing/b', size);
  await amy.posixRename('/outgoing/b', '/outgoing/a');
  t.strictSame(new Set(await contents('/outgoing/a')), new Set([1, 2, 3, 4]));
  await lift();
  await put('/outgoing/a', 5);
  t.strictSame(await contents('/outgoing/a'), [5, 4]);
});

t.test('a restoration over a held content keeps it', async (t) => {
  const { hold, put, contents, view, changes, at, limits } = await openHeld(t, 1);
  for (const size of [1, 2]) await put('/outgoing/a', size);
  const file = await at('/outgoing/a');
  const versions = () => view.versions(file.id, { after: null, max: 10 });
  await hold({ file: file.id });
  limits.previousVersionsKeptMax = 0;
  for (const expected of [
    [1, 2],
    [2, 1],
  ]) {
    const previous = (await versions()).items.find(({ state }) => state === 'previous');
    await changes.restore(administrator, file.id, previous!.id);
    t.strictSame(await contents('/outgoing/a'), expected);
  }
  await put('/outgoing/a', 3);
  t.strictSame(await contents('/outgoing/a'), [3, 2, 1]);
});

t.test(
  'what a lifted hold leaves goes so much at a time, and all of it with the file',
  async (t) => {
    // A client may replace a held file any number of times: one later replacement must not pay for all of them.
    const { amy, exchange, hold, put, contents } = await openHeld(t, 1);
    const { lift } = await hold({ path: '/**/a' });
    for (let size = 1; size <= 80; size += 1) await put('/outgoing/a', size);
    t.equal((await contents('/outgoing/a')).length, 80);
    await lift();
    await put('/outgoing/a', 81);
    const left = await contents('/outgoing/a');
    t.strictSame(left.slice(0, 3), [81, 80, 14], 'the newest of them');
    await amy.remove('/outgoing/a');
    const live = await exchange.database.read(({ query }) =>
      query.selectFrom('blobs').select('id').where('wrapped_key', 'is not', null).execute(),
    );
    t.same(live, []);
    t.same(exchange.faults, []);
  },
);

t.test('a partial upload in a held directory can be given up', async (t) => {
  const { amy, hold, exchange } = await openHeld(t);
  await hold({ path: '/outgoing/**' });
  const handle = await amy.open('/outgoing/a', 0x1a);
  await amy.write(handle, 0, Buffer.alloc(10));
  await amy.drop();
  const again = await exchange.connect({ username: 'amy', agency: 'alameda' });
  t.equal((await again.stat('/outgoing/a')).size, 10);
  await again.remove('/outgoing/a');
  t.same(await again.list('/outgoing'), []);
});
