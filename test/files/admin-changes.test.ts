import { createHash } from 'node:crypto';
import t, { type Test } from 'tap';
import { ContentWriter } from '../../server/blobs/content-writer.ts';
import { createAdminChanges, type Over } from '../../server/files/admin-changes.ts';
import { createAdminFiles } from '../../server/files/admin-view.ts';
import type { Holder } from '../../server/files/opens.ts';
import { openExchange } from '../fixtures/exchange.ts';

const administrator: Holder = {
  origin: { actor: { kind: 'server' }, session: 'request', source: null },
  sessionId: 'request',
  userId: null,
  username: 'admin:DCSS/nightly run',
  client: 'test',
  quotaBytes: null,
};

async function openChanges(t: Test) {
  const exchange = await openExchange(t);
  const amy = await exchange.connect({ username: 'amy', agency: 'alameda' });
  const changes = createAdminChanges(exchange.parts, exchange.store);
  const view = createAdminFiles(exchange.parts, exchange.store);
  /** An upload that only has to be ended. */
  const receive = async (path: string, content: Buffer, over: Over = 'anything') => {
    const where = { agencyCode: 'alameda', path, over };
    const { openId, blob } = await changes.beginUpload(administrator, where);
    const writer = await ContentWriter.create(exchange.store, blob, null);
    await writer.write(0, content);
    const report = {
      kind: 'received',
      ...(await writer.finish()),
      content: writer.content,
      bytesRead: 0,
      bytesWritten: content.length,
      change: {},
    } as const;
    return () => changes.endUpload(openId, report);
  };
  const filesOnDisk = async () => {
    const ids: string[] = [];
    for await (const id of exchange.store.list()) ids.push(id);
    return ids;
  };
  return { exchange, amy, changes, view, receive, filesOnDisk };
}

t.test('bytes of an upload that is refused at its end are gone then', async (t) => {
  // The word that they may go was lost on the way to the refusal: they stayed on the disk until the next start.
  const { exchange, amy, receive, filesOnDisk } = await openChanges(t);
  const end = await receive('/outgoing/new', Buffer.alloc(100_000, 1), 'nothing');
  await amy.put('/outgoing/new', Buffer.from('sooner'));
  t.equal((await filesOnDisk()).length, 1);
  await t.rejects(end(), { code: 'precondition-failed' });
  t.strictSame(await filesOnDisk(), []);
  t.same(exchange.faults, []);
});

t.test('the answer to an upload is what it published, whatever comes next', async (t) => {
  // It was read again after the commit: who removed or replaced the file meanwhile made it a 404, or another's hash.
  const { amy, changes, view, receive } = await openChanges(t);
  await amy.put('/outgoing/f', Buffer.from('before'));
  const { id } = await view.at('alameda', '/outgoing/f');
  const content = Buffer.from('mine');
  const end = await receive('/outgoing/f', content);
  const [{ file }] = await Promise.all([end(), changes.remove(administrator, id)]);
  t.match(file, { id, size: 4, sha256: createHash('sha256').update(content).digest('hex') });
  await t.rejects(view.get(id), { code: 'not-found' }, 'it went in the same commit');
});

t.test('the name of an API key is no owner', async (t) => {
  // It may hold a slash, which is what the fields of a batch are joined by: what an administrator of that name had made
  // broke every listing of its directory, or put made-up entries into it; a space did the same to the columns of `ls -l`.
  const { exchange, amy, changes, receive } = await openChanges(t);
  const end = await receive('/outgoing/b-file', Buffer.from('x'));
  await end();
  await changes.makeDirectory(administrator, { agencyCode: 'alameda', path: '/outgoing/c' });
  const former = { agencyCode: 'alameda', path: '/outgoing/d-former' };
  const { id } = await changes.makeDirectory(administrator, former);
  const created_by = 'admin:DCSS/file/9/420/0/0/root';
  await exchange.database.write(({ query }) =>
    query.updateTable('entries').set({ created_by }).where('id', '=', id).execute(),
  );
  await amy.mkdir('/outgoing/e');
  const shown = [['b-file', 'alameda'], ['c', 'alameda'], ['d-former', 'alameda'], ['e', 'amy']]; // prettier-ignore
  const list = async () =>
    (await amy.list('/outgoing')).map(({ name, longname }) => [name, longname.split(/ +/)[2]]);
  t.strictSame(await list(), shown, 'as the database writes it');
  const partial = await amy.open('/outgoing/z-partial', 2 | 8 | 16);
  t.strictSame((await list()).slice(0, -1), shown, 'put together');
  await amy.close(partial);
  t.equal((await amy.list('/outgoing')).length, 5);
});

t.test("nothing is put where the State's users see the agencies", async (t) => {
  // Its own tree took a directory of that name, and what lay in it nobody saw but the API.
  const { exchange, changes } = await openChanges(t);
  await exchange.connect({ username: 'sam', agency: 'dcss', kind: 'state' });
  const make = (agencyCode: string, path: string) =>
    changes.makeDirectory(administrator, { agencyCode, path });
  for (const path of ['/agencies', '/agencies/alameda']) {
    await t.rejects(make('dcss', path), { code: 'permission-denied' });
    const where = { agencyCode: 'dcss', path, over: 'anything' } as const;
    await t.rejects(changes.beginUpload(administrator, where), { code: 'permission-denied' });
  }
  await t.resolves(make('alameda', '/agencies'), 'elsewhere it is a name as any');
  await t.resolves(make('dcss', '/outgoing/agencies'));
});

t.test('whether a file was replaced is seen when it is published, not when it began', async (t) => {
  // The answer to PUT said 201 for what took the place of a file that had come meanwhile, and 200 for a new one.
  const { amy, changes, view, receive } = await openChanges(t);
  const endOver = await receive('/outgoing/came', Buffer.from('mine'));
  await amy.put('/outgoing/came', Buffer.from('sooner'));
  t.match(await endOver(), { file: { path: '/outgoing/came', size: 4 }, replaced: true });

  await amy.put('/outgoing/went', Buffer.from('before'));
  const endNew = await receive('/outgoing/went', Buffer.from('mine'));
  await changes.remove(administrator, (await view.at('alameda', '/outgoing/went')).id);
  t.match(await endNew(), { file: { path: '/outgoing/went', size: 4 }, replaced: false });
});
