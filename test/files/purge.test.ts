import t from 'tap';
import type { RetentionTarget } from '../../server/domain/retention.ts';
import type { Origin } from '../../server/domain/events.ts';
import { createAdminChanges } from '../../server/files/admin-changes.ts';
import { findPurgeable, purge } from '../../server/files/purge.ts';
import type { Holder } from '../../server/files/opens.ts';
import { openExchange, type Exchange } from '../fixtures/exchange.ts';

const WRITE = 2;
const amyOf = { username: 'amy', agency: 'alameda', quotaBytes: 1e9 } as const;
const benOf = { username: 'ben', agency: 'alameda', quotaBytes: 1e9 } as const;
const origin: Origin = { actor: { kind: 'server' }, session: null, source: null };
const warrant = { origin, run: 'r', job: 'j', certificate: 'c' };
const administrator: Holder = {
  origin: { actor: { kind: 'admin', keyId: 'ana', name: 'Ana' }, session: 'request', source: null },
  sessionId: 'request',
  userId: null,
  username: 'admin:Ana',
  client: 'test',
  quotaBytes: null,
};

const find = ({ database }: Exchange, target: RetentionTarget, id: string) =>
  database.read((reader) => findPurgeable(reader, target, id));

async function purged({ database, parts }: Exchange, target: RetentionTarget, id: string) {
  const discarded = await database.write(async (unit) => {
    const found = await findPurgeable(unit, target, id);
    return purge(parts, unit, found!, warrant);
  });
  for (const blobId of discarded) void parts.opens.discardBytes(blobId);
  return discarded;
}

/** The versions of a name that are there, the oldest first. */
function versionsOf({ database }: Exchange, name: string) {
  return database.read(({ query }) =>
    query
      .selectFrom('versions')
      .innerJoin('entries', 'entries.id', 'versions.entry_id')
      .selectAll('versions')
      .where('entries.name', '=', name)
      .where('versions.blob_id', 'is not', null)
      .orderBy('versions.received_at')
      .orderBy('versions.id')
      .execute(),
  );
}

function usageOf({ database }: Exchange, username: string) {
  return database.read(({ query }) =>
    query
      .selectFrom('user_usage')
      .innerJoin('users', 'users.id', 'user_usage.user_id')
      .select(['bytes', 'kept_bytes'])
      .where('username', '=', username)
      .executeTakeFirstOrThrow(),
  );
}

async function leavePartial(exchange: Exchange, user: typeof amyOf | typeof benOf, path: string) {
  const client = await exchange.connect(user);
  const handle = await client.open(path, WRITE | 8);
  await client.write(handle, 0, Buffer.alloc(50_000, 'p'));
  await client.drop();
}

t.test('each goes from the quota that it counted to, and no name but its own', async (t) => {
  const exchange = await openExchange(t, { limits: { previousVersionsKeptMax: 3 } });
  const amy = await exchange.connect(amyOf);
  const ben = await exchange.connect(benOf);
  await amy.put('/outgoing/f', Buffer.alloc(1_000));
  await ben.put('/outgoing/f', Buffer.alloc(200));
  await amy.put('/outgoing/f', Buffer.alloc(30));
  await amy.put('/outgoing/other', Buffer.alloc(5));
  const [first, second, third] = await versionsOf(exchange, 'f');
  t.same(await usageOf(exchange, 'amy'), { bytes: 35, kept_bytes: 1_000 });
  t.same(await usageOf(exchange, 'ben'), { bytes: 0, kept_bytes: 200 });
  await purged(exchange, 'previous-version', second!.id);
  t.same(await usageOf(exchange, 'ben'), { bytes: 0, kept_bytes: 0 });
  t.same(await usageOf(exchange, 'amy'), { bytes: 35, kept_bytes: 1_000 });
  t.equal((await amy.stat('/outgoing/f')).size, 30, 'its name holds what it held');
  await purged(exchange, 'previous-version', first!.id);
  await purged(exchange, 'file', third!.id);
  t.same(await usageOf(exchange, 'amy'), { bytes: 5, kept_bytes: 0 });
  t.same(
    (await amy.list('/outgoing')).map(({ name }) => name),
    ['other'],
  );
  t.match(await exchange.events({ path: '/outgoing/f' }).then((rows) => rows.slice(-3)), [
    { event: 'version.purged.1', version: second!.id, size: 200, sha256: second!.sha256 },
    {
      event: 'version.purged.1',
      version: first!.id,
      size: 1_000,
      certificate: 'c',
      run: 'r',
      job: 'j',
    },
    { event: 'file.purged.1', version: third!.id, size: 30, actor: { kind: 'server' } },
  ]);
  const [row] = await exchange.database.read(({ query }) =>
    query.selectFrom('versions').selectAll().where('id', '=', third!.id).execute(),
  );
  t.match(row, { blob_id: null, size: 30, sha256: third!.sha256 }, 'the record of it stays');
});

t.test('the directory has the time of it, as after a removal', async (t) => {
  let nowMs = 1_800_000_000_000;
  const exchange = await openExchange(t, { clock: () => nowMs });
  const amy = await exchange.connect(amyOf);
  await amy.put('/outgoing/f', Buffer.from('x'));
  nowMs += 86_400_000;
  const [version] = await versionsOf(exchange, 'f');
  await purged(exchange, 'file', version!.id);
  t.equal((await amy.stat('/outgoing')).modifiedAt, nowMs / 1000);
});

t.test('a file is told with an upload to its name that was broken off', async (t) => {
  const exchange = await openExchange(t);
  const ben = await exchange.connect(benOf);
  await ben.put('/outgoing/f', Buffer.from('published'));
  const [version] = await versionsOf(exchange, 'f');
  t.match(await find(exchange, 'file', version!.id), { isResumable: false, isReceiving: false });
  await leavePartial(exchange, benOf, '/outgoing/elsewhere');
  t.match(await find(exchange, 'file', version!.id), { isResumable: false });
  await leavePartial(exchange, benOf, '/outgoing/f');
  t.match(await find(exchange, 'file', version!.id), { isResumable: true });
});

t.test('a partial goes alone, and its uploader may begin anew', async (t) => {
  const exchange = await openExchange(t);
  await leavePartial(exchange, amyOf, '/outgoing/cut');
  const [upload] = await exchange.database.read(({ query }) =>
    query.selectFrom('uploads').selectAll().execute(),
  );
  t.match(await find(exchange, 'partial-upload', upload!.id), {
    path: '/outgoing/cut',
    size: 50_000,
    sha256: null,
    receivedBy: 'amy',
    receivedAtMs: upload!.modified_at,
    isReceiving: false,
    agency: { code: 'alameda' },
  });
  t.same(await purged(exchange, 'partial-upload', upload!.id), [upload!.blob_id]);
  const amy = await exchange.connect(amyOf);
  await t.rejects(amy.stat('/outgoing/cut'));
  await amy.put('/outgoing/cut', Buffer.from('whole'));
  t.equal((await amy.get('/outgoing/cut')).toString(), 'whole');
  t.match(await exchange.events({ event: 'upload.purged.1' }), [{ username: 'amy', size: 50_000 }]);
});

t.test('who sent it, also where that was an administrator', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(amyOf);
  await amy.put('/outgoing/f', Buffer.from('x'));
  const changes = createAdminChanges(exchange.parts, exchange.store);
  const where = { agencyCode: 'alameda', path: '/outgoing/g', over: 'anything' } as const;
  const { openId } = await changes.beginUpload(administrator, where);
  const sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  await changes.dropUpload(openId, 0);
  t.match(await find(exchange, 'file', (await versionsOf(exchange, 'f'))[0]!.id), {
    receivedBy: 'amy',
  });
  await exchange.database.write(({ query }) =>
    query
      .updateTable('versions')
      .set({ received_by: null, transfer_id: openId })
      .where('sha256', '!=', sha256)
      .execute(),
  );
  t.match(await find(exchange, 'file', (await versionsOf(exchange, 'f'))[0]!.id), {
    receivedBy: 'admin:Ana',
  });
});

t.test('what is not that is not found', async (t) => {
  const exchange = await openExchange(t, { limits: { previousVersionsKeptMax: 1 } });
  const amy = await exchange.connect(amyOf);
  await amy.put('/outgoing/f', Buffer.from('one'));
  await amy.put('/outgoing/f', Buffer.from('two'));
  const [previous, content] = await versionsOf(exchange, 'f');
  t.equal((await find(exchange, 'previous-version', previous!.id))?.target, 'previous-version');
  t.equal((await find(exchange, 'file', content!.id))?.target, 'file');
  t.equal(await find(exchange, 'file', previous!.id), undefined);
  t.equal(await find(exchange, 'previous-version', content!.id), undefined);
  t.equal(await find(exchange, 'partial-upload', content!.id), undefined);
  t.equal(await find(exchange, 'file', 'none'), undefined);
  await t.rejects(purged(exchange, 'file', content!.id), /earlier versions cannot be purged/);
  t.equal((await versionsOf(exchange, 'f')).length, 2, 'nothing of that remains');
});
