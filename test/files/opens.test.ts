import { randomBytes } from 'node:crypto';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { BlobStore } from '../../server/blobs/store.ts';
import { LiveOpens } from '../../server/files/opens.ts';
import { sweep } from '../../server/files/sweep.ts';
import { openExchange } from '../fixtures/exchange.ts';

async function idsIn(store: BlobStore): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const id of store.list()) ids.push(id);
  return ids;
}

void t.test('what a backup held goes a few at a time', async (t) => {
  // Everything that was destroyed while a backup was taken was removed in one go at its end: tens of thousands of files,
  // and whoever uploaded meanwhile waited for the same disk.
  let underWay = 0;
  let most = 0;
  const removed: string[] = [];
  const opens = new LiveOpens(async (blobId) => {
    underWay += 1;
    most = Math.max(most, underWay);
    await turn();
    underWay -= 1;
    return removed.push(blobId) > 0;
  });
  const all = Array.from({ length: 100 }, (_, index) => `b${index}`);
  let letGo = opens.hold();
  for (const blobId of all) void opens.discardBytes(blobId);
  letGo();
  await turn();
  letGo = opens.hold();
  for (let turns = 0; turns < 10; turns += 1) await turn();
  t.ok(removed.length < 20, 'another backup that begins keeps the rest');
  letGo();
  for (let turns = 0; turns < 200 && removed.length < all.length; turns += 1) await turn();
  t.same(removed.sort(), all.sort());
  t.ok(most <= 4, `${most} at a time`);
});

void t.test('a sweep goes on behind bytes that the disk does not let go', async (t) => {
  // It stopped at the first of them, and what lay behind stayed until the next start, which stopped there, too.
  const ids = Array.from({ length: 4 }, () => randomBytes(16).toString('hex')).sort();
  let refused: string | undefined;
  const exchange = await openExchange(t, {
    store: (disk) => ({
      create: (blobId) => disk.create(blobId),
      open: (blobId, options) => disk.open(blobId, options),
      list: () => disk.list(),
      admit: (bytes) => disk.admit(bytes),
      space: () => disk.space(),
      remove: async (blobId) => {
        if (blobId === refused) throw new Error('EPERM');
        await disk.remove(blobId);
      },
    }),
  });
  for (const blobId of ids) await (await exchange.store.create(blobId)).close();
  [refused] = await idsIn(exchange.store);
  t.equal(await sweep(exchange.parts, exchange.store), 3);
  t.same(await idsIn(exchange.store), [refused]);
  // It is tried again by itself.
  t.match(exchange.faults, [{ message: 'EPERM' }]);
  refused = undefined;
  for (let look = 0; look < 500 && (await idsIn(exchange.store)).length > 0; look += 1)
    await sleep(20);
  t.same(await idsIn(exchange.store), []);
});

void t.test('bytes that a crash left go with the end of a backup', async (t) => {
  // A sweep that met a backup passed over what it found, which then stayed until the next start.
  const exchange = await openExchange(t);
  const blobId = randomBytes(16).toString('hex');
  await (await exchange.store.create(blobId)).close();
  const letGo = exchange.parts.opens.hold();
  t.equal(await sweep(exchange.parts, exchange.store), 0);
  t.same(await idsIn(exchange.store), [blobId]);
  letGo();
  for (let turns = 0; turns < 1000; turns += 1) {
    await turn();
    if ((await idsIn(exchange.store)).length === 0) break;
  }
  t.same(await idsIn(exchange.store), []);
});
