import t from 'tap';
import { giveUpUploads } from '../../server/files/uploads.ts';
import { openExchange, type Exchange } from '../fixtures/exchange.ts';
import { packet } from '../../server/sftp/protocol.ts';

// Amy's upload of f was cut off at 1000 bytes and Bob published f. Amy removed f, and her STAT showed the old partial
// again. And when Bob renamed a file of his, older than Amy's partial, to its name, she saw and read the partial where
// everybody else had Bob's file: which of the two counts was told from two times.

const PUT = 2 | 8 | 16;
const amy = { username: 'amy', agency: 'alameda' } as const;
const bob = { username: 'bob', agency: 'alameda' } as const;

async function leavePartial(exchange: Exchange, path: string, bytes: number) {
  const client = await exchange.connect(amy);
  const handle = await client.open(path, PUT);
  await client.write(handle, 0, Buffer.alloc(bytes, 1));
  await client.drop();
}

/** Contents that are there, in files or in the database. */
async function blobCount(exchange: Exchange): Promise<number> {
  const inline = await exchange.database.read(({ query }) =>
    query.selectFrom('blobs').select('id').where('content', 'is not', null).execute(),
  );
  let count = inline.length;
  for await (const _ of exchange.store.list()) count += 1;
  return count;
}

function uploads(exchange: Exchange) {
  return exchange.database.read(({ query }) =>
    query.selectFrom('uploads').select(['name', 'state']).execute(),
  );
}

t.test('a partial that was overtaken does not come back when the name is removed', async (t) => {
  const exchange = await openExchange(t);
  const ours = await exchange.connect(amy);
  await leavePartial(exchange, '/outgoing/f', 1000);
  t.equal((await ours.stat('/outgoing/f')).size, 1000);
  await (await exchange.connect(bob)).put('/outgoing/f', Buffer.from('of bob'));
  t.equal((await ours.stat('/outgoing/f')).size, 6);
  t.same(await uploads(exchange), [], 'given up when the name was published');
  t.equal(await blobCount(exchange), 1);
  await ours.remove('/outgoing/f');
  await t.rejects(ours.stat('/outgoing/f'), { code: 2 });
  t.same(await ours.list('/outgoing'), []);
  t.equal(await blobCount(exchange), 0);
});

t.test('what is renamed to the name of a partial counts, however old it is', async (t) => {
  const exchange = await openExchange(t);
  const ours = await exchange.connect(amy);
  const theirs = await exchange.connect(bob);
  await theirs.put('/outgoing/src', Buffer.from('of bob'));
  await leavePartial(exchange, '/outgoing/g', 500);
  await theirs.rename('/outgoing/src', '/outgoing/g');
  t.equal((await ours.stat('/outgoing/g')).size, 6);
  t.equal((await ours.get('/outgoing/g')).toString(), 'of bob');
  t.same(
    (await ours.list('/outgoing')).map(({ name, size }) => [name, size]),
    [['g', 6]],
  );
  await ours.remove('/outgoing/g');
  await t.rejects(theirs.stat('/outgoing/g'), { code: 2 });
});

t.test('a partial that was to replace a file goes with the file', async (t) => {
  for (const change of ['remove', 'rename', 'replace'] as const) {
    const exchange = await openExchange(t, { directory: t.testdir({ [change]: {} }) });
    const ours = await exchange.connect(amy);
    const theirs = await exchange.connect(bob);
    await theirs.put('/outgoing/f', Buffer.from('first'));
    await leavePartial(exchange, '/outgoing/f', 700);
    t.equal((await ours.stat('/outgoing/f')).size, 700, 'it counts while the file is the same');
    if (change === 'remove') await theirs.remove('/outgoing/f');
    if (change === 'rename') await theirs.rename('/outgoing/f', '/outgoing/elsewhere');
    if (change === 'replace') await theirs.put('/outgoing/f', Buffer.from('second'));
    t.same(await uploads(exchange), [], change);
    if (change === 'replace') t.equal((await ours.stat('/outgoing/f')).size, 6);
    else await t.rejects(ours.stat('/outgoing/f'), { code: 2 });
    await exchange.close();
  }
});

t.test('an upload that is being received is left alone, and partial it is not kept', async (t) => {
  const exchange = await openExchange(t);
  const ours = await exchange.connect(amy);
  const theirs = await exchange.connect(bob);
  const handle = await ours.open('/outgoing/f', PUT);
  await ours.write(handle, 0, Buffer.alloc(300));
  const cut = await exchange.connect(amy);
  const lost = await cut.open('/outgoing/g', PUT);
  await cut.write(lost, 0, Buffer.alloc(300));
  await theirs.put('/outgoing/f', Buffer.from('of bob'));
  await theirs.put('/outgoing/g', Buffer.from('of bob'));
  t.equal((await ours.stat('/outgoing/f')).size, 300, 'one sees what one sends');
  await ours.close(handle);
  t.equal((await theirs.stat('/outgoing/f')).size, 300, 'the last CLOSE counts');
  await cut.drop();
  t.equal((await ours.stat('/outgoing/g')).size, 6);
  t.same(await uploads(exchange), []);
  t.match((await exchange.events({ event: 'file.closed.1', path: '/outgoing/g' })).at(-1), {
    state: 'discarded',
    reason: 'session-ended',
  });
});

t.test('a crash does not keep what was overtaken either', async (t) => {
  const directory = t.testdir();
  const before = await openExchange(t, { directory });
  await leavePartial(before, '/outgoing/kept', 1000);
  await leavePartial(before, '/outgoing/overtaken', 1000);
  await before.database.write(async ({ query }) => {
    await query.updateTable('uploads').set({ state: 'receiving' }).execute();
    await query
      .updateTable('uploads')
      .set({ seen_version_id: 'another' })
      .where('name', '=', 'overtaken')
      .execute();
  });
  await before.close();
  const after = await openExchange(t, { directory });
  t.same(await uploads(after), [{ name: 'kept', state: 'partial' }]);
  t.equal(await blobCount(after), 1);
});

t.test('a resumed partial goes on from the version that it began with', async (t) => {
  const exchange = await openExchange(t);
  const ours = await exchange.connect(amy);
  await ours.put('/outgoing/f', Buffer.from('old'));
  await leavePartial(exchange, '/outgoing/f', 100);
  const again = await exchange.connect(amy);
  const handle = await again.open('/outgoing/f', 2 | 8);
  await again.write(handle, 100, Buffer.alloc(50, 2));
  await again.drop();
  t.equal((await ours.stat('/outgoing/f')).size, 150);
});

// RMDIR of a directory that anybody would list as empty said that an upload into it was unfinished: another user's
// partial, which nobody else may know of. And it could be removed by nobody else, not even once its user was gone.

t.test('a partial of someone else neither keeps a directory nor tells of itself', async (t) => {
  const exchange = await openExchange(t);
  const theirs = await exchange.connect(bob);
  await theirs.mkdir('/outgoing/d');
  await leavePartial(exchange, '/outgoing/d/f', 1000);
  t.same(await theirs.list('/outgoing/d'), []);
  await theirs.rmdir('/outgoing/d');
  t.same(await uploads(exchange), []);
  t.equal(await blobCount(exchange), 0);
  await t.rejects((await exchange.connect(amy)).stat('/outgoing/d/f'), { code: 2 });
});

t.test('an upload that is going keeps its directory, in the words of any other', async (t) => {
  const exchange = await openExchange(t);
  const ours = await exchange.connect(amy);
  const theirs = await exchange.connect(bob);
  await theirs.mkdir('/outgoing/d');
  await leavePartial(exchange, '/outgoing/d/cut', 10);
  const handle = await ours.open('/outgoing/d/f', PUT);
  await t.rejects(theirs.rmdir('/outgoing/d'), { code: 4, message: 'the directory is not empty' });
  t.equal((await uploads(exchange)).length, 2);
  await ours.close(handle);
});

t.test('a directory may take the name of a partial that nobody else sees', async (t) => {
  const exchange = await openExchange(t);
  const theirs = await exchange.connect(bob);
  await leavePartial(exchange, '/outgoing/d', 1000);
  await theirs.mkdir('/outgoing/d');
  const ours = await exchange.connect(amy);
  t.equal((await ours.stat('/outgoing/d')).mode & 0o170000, 0o040000);
  t.same(await uploads(exchange), []);
});

t.test('what a removed user left unfinished is given up, now and when it ends', async (t) => {
  const exchange = await openExchange(t);
  const ours = await exchange.connect(amy);
  const { userId } = await exchange.login(amy);
  await leavePartial(exchange, '/outgoing/f', 100_000);
  const handle = await ours.open('/outgoing/going', PUT);
  await ours.write(handle, 0, Buffer.alloc(10));
  const onDisk = async () => {
    const ids: string[] = [];
    for await (const id of exchange.store.list()) ids.push(id);
    return ids.length;
  };
  const before = await onDisk();
  const onCommitted = await exchange.database.write(async (unit) => {
    const origin = { actor: { kind: 'host' }, session: null, source: null } as const;
    const givenUp = await giveUpUploads(exchange.parts, unit, userId, origin);
    await unit.query
      .updateTable('users')
      .set({ status: 'removed' })
      .where('id', '=', userId)
      .execute();
    return givenUp;
  });
  t.equal(await onDisk(), before, 'a unit that were undone would still need the bytes');
  onCommitted();
  // They stayed there, without a key, until the next start.
  t.equal(await onDisk(), before - 1, 'the bytes go then');
  t.same(await uploads(exchange), [{ name: 'going', state: 'receiving' }]);
  t.match(await exchange.events({ event: 'upload.discarded.1' }), [
    { actor: { kind: 'host' }, path: '/outgoing/f', username: amy.username, size: 100_000 },
  ]);
  await ours.drop();
  t.same(await uploads(exchange), []);
  const blobs = await exchange.database.read(({ query }) =>
    query.selectFrom('blobs').select(['state', 'wrapped_key']).execute(),
  );
  t.match(blobs, [
    { state: 'destroyed', wrapped_key: null },
    { state: 'destroyed', wrapped_key: null },
  ]);
});

// Amy opened /outgoing/in/f, Bob renamed /outgoing/in to /outgoing/moved, Amy closed: the ledger and the transfer said
// that /outgoing/in/f was published, a path that did not exist.

t.test('a CLOSE tells of the path where the file is by then', async (t) => {
  const exchange = await openExchange(t);
  const ours = await exchange.connect(amy);
  const theirs = await exchange.connect(bob);
  await theirs.mkdir('/outgoing/in');
  await ours.put('/outgoing/in/kept', Buffer.from('kept'));
  const published = await ours.open('/outgoing/in/f', PUT);
  const unchanged = await ours.open('/outgoing/in/kept', 2);
  await ours.write(published, 0, Buffer.from('f'));
  const cut = await exchange.connect(amy);
  await cut.write(await cut.open('/outgoing/in/cut', PUT), 0, Buffer.from('cut'));
  await theirs.rename('/outgoing/in', '/outgoing/moved');
  await ours.close(published);
  await ours.close(unchanged);
  await cut.drop();
  t.equal((await theirs.get('/outgoing/moved/f')).toString(), 'f');
  const closes = await exchange.events({ event: 'file.closed.1', actor: 'amy' });
  t.same(
    closes.slice(1).map(({ path, state }) => [path, state]),
    [
      ['/outgoing/moved/f', 'published'],
      ['/outgoing/moved/kept', 'unchanged'],
      ['/outgoing/moved/cut', 'partial'],
    ],
  );
  const transfers = await exchange.database.read(({ query }) =>
    query.selectFrom('transfers').select('path').where('direction', '=', 'upload').execute(),
  );
  t.same(transfers.map(({ path }) => path).toSorted(), [
    '/outgoing/in/kept',
    '/outgoing/moved/cut',
    '/outgoing/moved/f',
    '/outgoing/moved/kept',
  ]);
});

// FSETSTAT on a file that was opened for writing and closed untouched, and SETSTAT of one's own partial, changed
// attributes without the row of before and after that SETSTAT of a published file makes.

t.test('every change of attributes has its row', async (t) => {
  const exchange = await openExchange(t);
  const ours = await exchange.connect(amy);
  await ours.put('/outgoing/f', Buffer.from('f'));
  const handle = await ours.open('/outgoing/f', 2);
  await ours.ok(ours.request(packet.FSETSTAT, (writer) => writer.string(handle).u32(4).u32(0o600)));
  await ours.close(handle);
  await leavePartial(exchange, '/outgoing/cut', 10);
  await ours.ok(
    ours.request(packet.SETSTAT, (writer) => writer.string('/outgoing/cut').u32(4).u32(0o604)),
  );
  await ours.ok(
    ours.request(packet.SETSTAT, (writer) => writer.string('/outgoing/cut').u32(8).u32(5).u32(5)),
  );
  t.match(await exchange.events({ event: 'attributes.changed.1' }), [
    { path: '/outgoing/f', before: { mode: 0o640 }, after: { mode: 0o600 } },
    { path: '/outgoing/cut', before: { mode: 0o640 }, after: { mode: 0o604 } },
  ]);
  t.equal((await exchange.events({ event: 'attributes.changed.1' })).length, 2);
  t.equal((await ours.stat('/outgoing/cut')).mode & 0o7777, 0o604);
});
