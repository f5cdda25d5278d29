import t from 'tap';
import type { Test } from 'tap';
import { randomBytes } from 'node:crypto';
import type { LiveOpen } from '../../server/files/opens.ts';
import { createTransfers } from '../../server/files/transfers.ts';
import { verifyLedger } from '../../server/ledger/verify.ts';
import { openExchange, type Exchange } from '../fixtures/exchange.ts';

const READ = 1;
const WRITE = 2;
const CREAT = 8;
const PUT = WRITE | CREAT | 16;
const block = 65_536;
const amyOf = { username: 'amy', agency: 'alameda' } as const;
const annOf = { username: 'ann', agency: 'alameda' } as const;

// A worker that dies says no last word: the monitor settles what its sessions had open from the rows and the bytes alone.
// The sessions here are never dropped, so that the side of the worker has no part in it.

async function endedTransfers(exchange: Exchange) {
  const page = await createTransfers(exchange.parts).listTransfers({}, { after: null, limit: 10 });
  return page.items.map(({ direction, path, state, bytes }) => ({ direction, path, state, bytes }));
}

async function names(t: Test, exchange: Exchange): Promise<string[]> {
  const ann = await exchange.connect(annOf);
  t.teardown(() => ann.drop());
  return (await ann.list('/outgoing')).map(({ name }) => name);
}

t.test('what reached the disk of an upload is a partial, for its uploader to finish', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(amyOf);
  const content = randomBytes(4 * block + 99);
  const durable = 2 * block + 5;
  const handle = await amy.open('/outgoing/f', PUT);
  await amy.write(handle, 0, content.subarray(0, durable));
  await amy.ok(amy.extended('fsync@openssh.com', (writer) => writer.string(handle)));
  await amy.write(handle, durable, content.subarray(durable, 3 * block));

  await exchange.files.sessionEnded(amy.sessionId);
  t.same(await names(t, exchange), [], 'nobody else sees it');
  const again = await exchange.connect(amyOf);
  t.equal(
    (await again.stat('/outgoing/f')).size,
    durable,
    'not what was in the memory of the worker',
  );
  t.ok((await again.get('/outgoing/f')).equals(content.subarray(0, durable)));
  t.match(await exchange.events({ event: 'file.closed.1', outcome: 'failed' }), [
    { path: '/outgoing/f', state: 'partial', reason: 'session-ended', bytesWritten: durable },
  ]);

  const resumed = await again.open('/outgoing/f', WRITE | CREAT);
  await again.write(resumed, durable, content.subarray(durable));
  await again.close(resumed);
  t.ok((await again.get('/outgoing/f')).equals(content), 'and it is finished');
  t.same(await names(t, exchange), ['f']);
  t.match(await verifyLedger(exchange.database), { ok: true });
});

t.test('a block that was damaged, and what is behind it, do not count', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(amyOf);
  const content = randomBytes(3 * block);
  const handle = await amy.open('/outgoing/f', PUT);
  await amy.write(handle, 0, content);
  await amy.ok(amy.extended('fsync@openssh.com', (writer) => writer.string(handle)));
  for await (const id of exchange.store.list()) {
    const file = await exchange.store.open(id, { write: true });
    await file.write(block + 1000, [Buffer.from('damaged')]);
    await file.close();
  }
  await exchange.files.sessionEnded(amy.sessionId);
  const again = await exchange.connect(amyOf);
  t.ok((await again.get('/outgoing/f')).equals(content.subarray(0, block)));
});

t.test('an upload over a published file is given up, a download is incomplete', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(amyOf);
  const old = randomBytes(3 * block);
  await amy.put('/outgoing/f', old);
  const handle = await amy.open('/outgoing/f', WRITE);
  await amy.write(handle, 0, randomBytes(2 * block));
  await amy.ok(amy.extended('fsync@openssh.com', (writer) => writer.string(handle)));
  const ann = await exchange.connect(annOf);
  await ann.read(await ann.open('/outgoing/f', READ), 0, 1000);

  await exchange.files.sessionEnded(amy.sessionId);
  await exchange.files.sessionEnded(ann.sessionId);
  const again = await exchange.connect(amyOf);
  t.ok((await again.get('/outgoing/f')).equals(old), 'the published file is as it was');
  t.match((await endedTransfers(exchange)).slice(1), [
    { direction: 'download', state: 'incomplete' },
    { direction: 'upload', state: 'discarded', bytes: 0 },
    { direction: 'upload', state: 'published' },
  ]);
  const left: string[] = [];
  for await (const id of exchange.store.list()) left.push(id);
  t.equal(left.length, 1, 'its bytes are gone');
});

t.test('a session that ended twice, or had nothing open, changes nothing', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(amyOf);
  const handle = await amy.open('/outgoing/f', PUT);
  await amy.write(handle, 0, randomBytes(block));
  await amy.ok(amy.extended('fsync@openssh.com', (writer) => writer.string(handle)));
  await Promise.all([
    exchange.files.sessionEnded(amy.sessionId),
    exchange.files.sessionEnded(amy.sessionId),
  ]);
  await exchange.files.sessionEnded(amy.sessionId);
  await exchange.files.sessionEnded('no such session');
  t.match(await endedTransfers(exchange), [{ state: 'partial', bytes: block }]);
  t.equal((await exchange.events({ event: 'file.closed.1' })).length, 1, 'one end, one row');
});

t.test('of a dead worker is recorded what it sent, and what it received itself', async (t) => {
  // A download of 2 GB of which all but the last second had gone out was "0 bytes read", and an upload that was resumed
  // at 2 of 3 blocks had "received" all three.
  const exchange = await openExchange(t);
  const amy = await exchange.connect(amyOf);
  const content = randomBytes(3 * block);
  await amy.put('/outgoing/there', content);
  const cut = await amy.open('/outgoing/f', PUT);
  await amy.write(cut, 0, content.subarray(0, 2 * block));
  await amy.drop();

  const sender = await exchange.connect(amyOf);
  const resumed = await sender.open('/outgoing/f', WRITE | CREAT);
  await sender.write(resumed, 2 * block, content.subarray(2 * block));
  await sender.ok(sender.extended('fsync@openssh.com', (writer) => writer.string(resumed)));
  await exchange.files.sessionEnded(sender.sessionId);
  t.match((await endedTransfers(exchange))[0], { state: 'partial', bytes: block });

  const reader = await exchange.connect(annOf);
  await reader.open('/outgoing/there', READ);
  const [{ openId }] = exchange.parts.opens.ofSession(reader.sessionId) as [LiveOpen];
  const tell = (bytes: number) =>
    exchange.files.noteProgress(reader.sessionId, {
      bytesRead: bytes,
      bytesWritten: 0,
      files: [{ openId, bytes }],
    });
  tell(70_000);
  // What no file has would fail in SQLite at every attempt, and the open would stay for good.
  for (const lie of [1e300, NaN, -1, 0.5]) tell(lie);
  await exchange.files.sessionEnded(reader.sessionId);
  t.match((await endedTransfers(exchange))[0], { state: 'incomplete', bytes: 70_000 });
  t.match((await exchange.events({ event: 'file.closed.1' })).slice(-2), [
    { path: '/outgoing/f', bytesWritten: block, size: 3 * block },
    { path: '/outgoing/there', bytesRead: 70_000, bytesWritten: 0 },
  ]);
});
