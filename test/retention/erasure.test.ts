import t from 'tap';
import type { Test } from 'tap';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import BetterSqlite3 from 'better-sqlite3';
import { openExchange, type Exchange } from '../fixtures/exchange.ts';
import { itemAt, itemsAt, purgeOne } from './fixtures/purging.ts';

t.setTimeout(120_000);

const WRITE = 2;
const amyOf = { username: 'amy', agency: 'alameda', quotaBytes: 1e9 } as const;

/** Everything in the data directory, to the byte: the database with its free pages, its log, and the blobs. */
function rawBytes(directory: string): ReadonlyMap<string, Buffer> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true });
  return new Map(
    files
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path, readFileSync(path)]),
  );
}

/** What of a blob must not be left anywhere: its keys, and its ciphertext wherever it lies. */
type Traces = { readonly blobId: string; readonly needles: ReadonlyMap<string, Buffer> };

const pieceBytes = 48;

async function tracesOf({ parts, directory }: Exchange, blobId: string): Promise<Traces> {
  const { blob, dataKey } = await parts.database.read(async (reader) => {
    const row = await reader.query
      .selectFrom('blobs')
      .selectAll()
      .where('id', '=', blobId)
      .executeTakeFirstOrThrow();
    const key = await parts.vault.unwrapDataKey(reader, row.agency_id, row.id, row.wrapped_key!);
    return { blob: row, dataKey: key };
  });
  const stored =
    blob.content === null
      ? readFileSync(join(directory, 'blobs', blobId.slice(0, 2), blobId))
      : Buffer.from(blob.content);
  const needles = new Map([
    ['wrapped key', Buffer.from(blob.wrapped_key!)],
    // Also a part of it, should a page have been cut where it lay.
    ['end of the wrapped key', Buffer.from(blob.wrapped_key!).subarray(-24)],
    ['data key', dataKey],
  ]);
  // In pieces: larger contents lie on pages of their own, one behind the other or not.
  for (
    let at = 0;
    at + pieceBytes <= stored.length;
    at += Math.max(1, Math.floor(stored.length / 40))
  )
    needles.set(`ciphertext at ${at}`, stored.subarray(at, at + pieceBytes));
  return { blobId, needles };
}

function found(bytes: ReadonlyMap<string, Buffer>, { needles, blobId }: Traces): readonly string[] {
  return [...needles].flatMap(([name, needle]) =>
    [...bytes].flatMap(([path, content]) =>
      content.includes(needle) ? [`${name} of ${blobId} in ${path}`] : [],
    ),
  );
}

async function blobIds({ database }: Exchange): Promise<ReadonlyMap<string, string>> {
  const rows = await database.read(({ query }) =>
    query
      .selectFrom('versions')
      .select(['id', 'blob_id'])
      .where('blob_id', 'is not', null)
      .unionAll(query.selectFrom('uploads').select(['id', 'blob_id']))
      .execute(),
  );
  return new Map(rows.map((row) => [row.id, row.blob_id!]));
}

/** As the end of a run does it. */
async function settle(t: Test, exchange: Exchange): Promise<void> {
  t.equal(await exchange.database.truncateLog(), true, 'the log could be emptied');
  for (let turns = 0; turns < 40; turns += 1) await sleep(5);
}

t.test(
  'of what was purged no key, no plaintext and no ciphertext is left in the data directory',
  async (t) => {
    const exchange = await openExchange(t, { limits: { previousVersionsKeptMax: 3 } });
    const amy = await exchange.connect(amyOf);
    const canary = `canary ${randomBytes(16).toString('hex')} `;
    const small = (text: string) => Buffer.from(`${text} ${canary.repeat(200)}`);
    const large = (text: string) => Buffer.from(`${text} ${canary.repeat(6_000)}`);
    for (const text of ['first', 'second']) {
      await amy.put('/outgoing/small', small(text));
      await amy.put('/outgoing/large', large(text));
    }
    for (const [name, bytes] of [
      ['cut-small', small('cut')],
      ['cut-large', large('cut')],
    ] as const) {
      const sender = await exchange.connect(amyOf);
      const handle = await sender.open(`/outgoing/${name}`, WRITE | 8);
      for (let at = 0; at < bytes.length; at += 32_768)
        await sender.write(handle, at, bytes.subarray(at, at + 32_768));
      await sender.drop();
    }
    await amy.put('/outgoing/neighbour', small('neighbour'));
    const items = [
      ...(await itemsAt(exchange, '/outgoing/small')),
      ...(await itemsAt(exchange, '/outgoing/large')),
      ...(await itemsAt(exchange, '/outgoing/cut-small')),
      ...(await itemsAt(exchange, '/outgoing/cut-large')),
    ];
    t.equal(items.length, 6);
    const ids = await blobIds(exchange);
    const traces = await Promise.all(
      items.map(({ targetId }) => tracesOf(exchange, ids.get(targetId)!)),
    );
    const before = rawBytes(exchange.directory);
    for (const each of traces) {
      const there = found(before, each);
      t.ok(
        there.some((text) => text.startsWith('wrapped key')),
        'its key is there while it is',
      );
      t.ok(
        there.some((text) => text.startsWith('ciphertext')),
        'and its ciphertext',
      );
      t.notOk(
        there.some((text) => text.startsWith('data key')),
        'but never its data key',
      );
    }
    const neighbour = await tracesOf(
      exchange,
      ids.get((await itemAt(exchange, '/outgoing/neighbour')).targetId)!,
    );

    for (const item of items) t.match(await purgeOne(exchange, item), { state: 'purged' });
    await settle(t, exchange);

    const after = rawBytes(exchange.directory);
    t.same(
      traces.flatMap((each) => found(after, each)),
      [],
    );
    for (const [path, bytes] of after)
      t.notOk(bytes.includes(canary.trim()), `no plaintext in ${path}`);
    t.ok(found(after, neighbour).length > 1, 'what was not purged is there to the byte');
    t.ok((await amy.get('/outgoing/neighbour')).equals(small('neighbour')));
    await exchange.close();
    const closed = rawBytes(exchange.directory);
    t.same(
      traces.flatMap((each) => found(closed, each)),
      [],
      'nor after the server has stopped',
    );
  },
);

t.test('nor among very many, whatever pages they shared', async (t) => {
  // SQLite moves rows between pages as they come and go: an old copy in the unused part of a page is a copy.
  const exchange = await openExchange(t, { limits: { previousVersionsKeptMax: 2 } });
  const amy = await exchange.connect(amyOf);
  const sizes = [0, 10, 300, 900, 2_000, 3_900, 5_000, 12_000];
  const names = Array.from({ length: 160 }, (_, index) => `/outgoing/f${index}`);
  for (const round of [0, 1])
    for (const [index, name] of names.entries())
      if (round === 0 || index % 3 === 0)
        await amy.put(name, randomBytes(sizes[(index * 7 + round) % sizes.length]!));
  const ids = await blobIds(exchange);
  const purged: Traces[] = [];
  const kept: Traces[] = [];
  // Not in the order in which they came: holes of every size are left, and filled again.
  const shuffled = names.toSorted((a, b) => hashOf(a) - hashOf(b));
  for (const [index, name] of shuffled.entries()) {
    const items = await itemsAt(exchange, name);
    const traces = await Promise.all(
      items.map(({ targetId }) => tracesOf(exchange, ids.get(targetId)!)),
    );
    if (index % 5 === 0) {
      kept.push(...traces);
      continue;
    }
    purged.push(...traces);
    for (const item of items) t.match(await purgeOne(exchange, item), { state: 'purged' });
    if (index % 4 === 1)
      await amy.put(`/outgoing/g${index}`, randomBytes(sizes[index % sizes.length]!));
  }
  await settle(t, exchange);
  const after = rawBytes(exchange.directory);
  t.same(purged.flatMap((each) => found(after, each)).slice(0, 5), []);
  t.ok(kept.every((each) => found(after, each).length > 0));
  t.ok(purged.length > 150 && kept.length > 30);
});

function hashOf(text: string): number {
  let hash = 7;
  for (const character of text) hash = (hash * 31 + character.charCodeAt(0)) % 10_007;
  return hash;
}

t.test('a log that somebody still reads is said to be there', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(amyOf);
  await amy.put('/outgoing/f', randomBytes(1_000));
  const [blobId] = [...(await blobIds(exchange)).values()];
  const traces = await tracesOf(exchange, blobId!);
  const reader = new BetterSqlite3(join(exchange.directory, 'waybill.db'), { readonly: true });
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM blobs').get();
  await purgeOne(exchange, await itemAt(exchange, '/outgoing/f'));
  t.equal(await exchange.database.truncateLog(), false, 'a copy is being taken');
  t.ok(found(rawBytes(exchange.directory), traces).length > 0, 'so the key is still there');
  reader.exec('COMMIT');
  reader.close();
  t.equal(await exchange.database.truncateLog(), true);
  t.same(found(rawBytes(exchange.directory), traces), []);
  t.equal(exchange.database.sizes().walBytes, 0);
  await amy.put('/outgoing/f', Buffer.from('and it goes on'));
  t.equal((await amy.get('/outgoing/f')).toString(), 'and it goes on');
});
