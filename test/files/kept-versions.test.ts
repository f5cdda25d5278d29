import t from 'tap';
import { createAdminChanges } from '../../server/files/admin-changes.ts';
import { createAdminFiles } from '../../server/files/admin-view.ts';
import type { Holder } from '../../server/files/opens.ts';
import { openExchange, type Exchange } from '../fixtures/exchange.ts';
import { SftpStatus } from '../fixtures/sftp-client.ts';
import { seededRandom } from '../fault/fixtures/random.ts';

// What a replaced file was is kept, and counted to no quota: by replacing large files with small ones a user could keep
// any number of bytes on the disk. What is kept has the quota for a bound, too, apart from what is published.

t.setTimeout(120_000);

const quotaBytes = 100_000;
const administrator: Holder = {
  origin: { actor: { kind: 'server' }, session: 'request', source: null },
  sessionId: 'request',
  userId: null,
  username: 'admin:ops',
  client: 'test',
  quotaBytes: null,
};

function countedIn({ database }: Exchange) {
  return database.read(async ({ query }) => {
    const usage = await query
      .selectFrom('user_usage')
      .innerJoin('users', 'users.id', 'user_usage.user_id')
      .select(['username', 'bytes', 'kept_bytes', 'quota_bytes'])
      .execute();
    const versions = await query
      .selectFrom('versions')
      .innerJoin('users', 'users.id', 'versions.received_by')
      .select(['username', 'size', 'replaced_at'])
      .where('blob_id', 'is not', null)
      .execute();
    return usage.map((row) => {
      const sum = (isKept: boolean) =>
        versions
          .filter(
            (each) => each.username === row.username && (each.replaced_at !== null) === isKept,
          )
          .reduce((bytes, each) => bytes + each.size, 0);
      return { ...row, published: sum(false), kept: sum(true) };
    });
  });
}

/** Sizes of what a file holds and held, the newest first, while it is there. */
async function sizesOf({ parts, store }: Exchange, path: string): Promise<number[]> {
  const view = createAdminFiles(parts, store);
  const { id } = await view.at('alameda', path);
  const { items } = await view.versions(id, { after: null, max: 100 });
  return items.filter(({ state }) => state !== 'destroyed').map(({ size }) => size);
}

t.test('random histories: what is kept is counted, and stays within the quota', async (t) => {
  const random = seededRandom();
  t.comment(`seed ${random.seed}`);
  const exchange = await openExchange(t, { limits: { previousVersionsKeptMax: 2 } });
  const clients = [
    await exchange.connect({ username: 'amy', agency: 'alameda', quotaBytes }),
    await exchange.connect({ username: 'ann', agency: 'alameda', quotaBytes: 60_000 }),
    await exchange.connect({ username: 'art', agency: 'alameda' }),
  ];
  const view = createAdminFiles(exchange.parts, exchange.store);
  const changes = createAdminChanges(exchange.parts, exchange.store);
  const refused = (error: unknown) =>
    error instanceof SftpStatus ? undefined : Promise.reject(error);
  const pick = () => `/outgoing/${random.pick(['a', 'b', 'c', 'd', 'e', 'f'] as const)}`;
  for (let step = 0; step < 300; step += 1) {
    const client = random.pick(clients);
    const path = pick();
    const kind = random.int(10);
    if (kind < 6) await client.put(path, Buffer.alloc(random.int(25_000), step)).catch(refused);
    else if (kind < 7) await client.remove(path).catch(refused);
    else if (kind < 9) await client.posixRename(path, pick()).catch(refused);
    else {
      const there = await view.at('alameda', path).catch(() => undefined);
      if (there === undefined) continue;
      const { items } = await view.versions(there.id, { after: null, max: 100 });
      const previous = items.find(({ state }) => state === 'previous');
      if (previous !== undefined) await changes.restore(administrator, there.id, previous.id);
    }
    for (const each of await countedIn(exchange)) {
      if (each.bytes !== each.published || each.kept_bytes !== each.kept)
        t.fail(`step ${step}: ${JSON.stringify(each)}`);
      // What a restoration takes the place of is kept in any case: at most one file more.
      if (each.kept > (each.quota_bytes ?? Infinity) + 25_000)
        t.fail(`step ${step}: ${each.username} has ${each.kept} bytes kept`);
    }
  }
  t.same(exchange.faults, []);
});

t.test('large files that are replaced with small ones are kept up to the quota', async (t) => {
  const exchange = await openExchange(t, { limits: { previousVersionsKeptMax: 2 } });
  const amy = await exchange.connect({ username: 'amy', agency: 'alameda', quotaBytes });
  const put = (name: string, size: number) => amy.put(`/outgoing/${name}`, Buffer.alloc(size, 1));
  for (const name of ['a', 'b', 'c']) {
    await put(name, 40_000);
    await put(name, 10);
  }
  t.strictSame(await sizesOf(exchange, '/outgoing/b'), [10, 40_000]);
  t.strictSame(await sizesOf(exchange, '/outgoing/c'), [10], 'no room for a third');
  t.match(await exchange.events({ event: 'version.destroyed.1' }), [
    { path: '/outgoing/c', size: 40_000 },
  ]);
  // Of one file the newer comes first.
  await put('b', 30_000);
  await put('b', 20);
  t.strictSame(await sizesOf(exchange, '/outgoing/b'), [20, 30_000, 10]);
  await amy.remove('/outgoing/a');
  await put('c', 50_000);
  await put('c', 30);
  t.strictSame(await sizesOf(exchange, '/outgoing/c'), [30, 50_000, 10], 'a removal makes room');

  const art = await exchange.connect({ username: 'art', agency: 'alameda' });
  for (const name of ['x', 'y', 'z'])
    for (const size of [90_000, 1]) await art.put(`/outgoing/${name}`, Buffer.alloc(size));
  for (const name of ['x', 'y', 'z'])
    t.strictSame(await sizesOf(exchange, `/outgoing/${name}`), [1, 90_000], 'no quota, no bound');
});

t.test('a restoration can be undone, whatever is kept otherwise', async (t) => {
  // With nothing to be kept, or no room for it, the content of the moment was destroyed, and no row told of it.
  const limits = { previousVersionsKeptMax: 1 };
  const exchange = await openExchange(t, { limits });
  const amy = await exchange.connect({ username: 'amy', agency: 'alameda', quotaBytes });
  const view = createAdminFiles(exchange.parts, exchange.store);
  await amy.put('/outgoing/a', Buffer.from('former'));
  await amy.put('/outgoing/a', Buffer.from('present'));
  await amy.put('/outgoing/other', Buffer.alloc(99_990));
  await amy.put('/outgoing/other', Buffer.alloc(1));
  for (const keptMax of [1, 0, 0]) {
    limits.previousVersionsKeptMax = keptMax;
    const changes = createAdminChanges(exchange.parts, exchange.store);
    const { id, sha256 } = await view.at('alameda', '/outgoing/a');
    const { items } = await view.versions(id, { after: null, max: 10 });
    const previous = items.find(({ state }) => state === 'previous');
    await changes.restore(administrator, id, previous!.id);
    const after = await view.versions(id, { after: null, max: 10 });
    t.match(after.items, [
      { state: 'current', id: previous!.id },
      { state: 'previous', sha256: sha256! },
    ]);
  }
  t.strictSame(await exchange.events({ event: 'version.destroyed.1' }), []);
});

t.test('the order of what was replaced survives a clock that was set back', async (t) => {
  // A file took the place of another: only the other's history was looked at, so what was replaced last came out as the
  // oldest, and was destroyed in place of that.
  let nowMs = 1_000_000;
  const exchange = await openExchange(t, { clock: () => nowMs });
  const amy = await exchange.connect({ username: 'amy', agency: 'alameda' });
  await amy.put('/outgoing/a', Buffer.alloc(1));
  await amy.put('/outgoing/a', Buffer.alloc(2));
  nowMs = 500_000;
  await amy.put('/outgoing/b', Buffer.alloc(3));
  await amy.posixRename('/outgoing/a', '/outgoing/b');
  t.strictSame(await sizesOf(exchange, '/outgoing/b'), [2, 3]);
});
