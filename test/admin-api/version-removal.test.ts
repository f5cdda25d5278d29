import { randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import { fileAt, host, openApi, upload, withAnn, type World } from './fixtures/api.ts';

// Fewer versions were to be kept, and what was kept already stayed: WAYBILL_PREVIOUS_VERSIONS holds from the next
// replacement on, and nothing took away one earlier content of a file but the file's own end.

const size = 100_000;

async function bytesOnDisk({ store }: World): Promise<string[]> {
  const ids: string[] = [];
  for await (const id of store.list()) ids.push(id);
  return ids;
}

/** A file of Ann's with one earlier version, and how its routes are asked. */
async function withVersions(t: Test) {
  const world = await openApi(t);
  await withAnn(world);
  for (let version = 0; version < 2; version += 1) {
    await upload(world, '/outgoing/a', randomBytes(size));
    world.clock.nowMs += 1_000;
  }
  const file = await fileAt(world, '/outgoing/a');
  const url = `/v1/files/${String(file.id)}/versions`;
  const versions = async () => (await world.call('GET', url)).body.items;
  const remove = (id: string, options = {}) =>
    world.call('DELETE', `${url}/${id}`, undefined, options);
  const kept = () =>
    world.database.read(({ query }) =>
      query.selectFrom('user_usage').select(['bytes', 'kept_bytes']).execute(),
    );
  return { world, file, url, versions, remove, kept };
}

t.test('one earlier version is destroyed, and only that', async (t) => {
  const { world, file, url, versions, remove, kept } = await withVersions(t);
  const [current, previous] = await versions();
  t.strictSame(await kept(), [{ bytes: size, kept_bytes: size }]);
  t.equal((await bytesOnDisk(world)).length, 2);

  t.match(await remove(current.id), { status: 409, body: { code: 'conflict' } });
  t.match(await remove('none'), { status: 404, body: { code: 'not-found' } });
  t.match(await remove(previous.id), { status: 204 });
  t.match(await versions(), [
    { id: current.id, state: 'current' },
    { id: previous.id, state: 'destroyed', sha256: previous.sha256 },
  ]);
  t.match(await world.ledgerRows('version.destroyed.1'), [
    {
      actor: { kind: 'admin' },
      agency: 'alpine',
      path: '/outgoing/a',
      version: previous.id,
      size,
      sha256: previous.sha256,
    },
  ]);
  t.match(await remove(previous.id), { status: 409 }, 'once');
  t.match(await world.call('POST', `${url}/${String(previous.id)}/restoration`), { status: 409 });
  t.strictSame(await kept(), [{ bytes: size, kept_bytes: 0 }], 'it counts no more');
  const keys = await world.database.read(({ query }) =>
    query.selectFrom('blobs').select('state').where('wrapped_key', 'is not', null).execute(),
  );
  t.strictSame(keys, [{ state: 'published' }], 'its key is gone');
  t.equal((await bytesOnDisk(world)).length, 1, 'and its bytes');
  t.match(await world.call('GET', `/v1/files/${String(file.id)}`), {
    body: { version: current.id, sha256: current.sha256 },
  });
  t.strictSame(world.faults, []);
});

t.test('a version belongs to its file, and to its agency', async (t) => {
  const { world, versions, remove } = await withVersions(t);
  const [, previous] = await versions();
  await upload(world, '/outgoing/b', Buffer.from('b'));
  const other = await fileAt(world, '/outgoing/b');
  const through = `/v1/files/${String(other.id)}/versions/${String(previous.id)}`;
  t.match(await world.call('DELETE', through), { status: 404 });
  const { id: directory } = await fileAt(world, '/');
  const under = `/v1/files/${String(directory)}/versions/${String(previous.id)}`;
  t.match(await world.call('DELETE', under), { status: 409, body: { code: 'is-a-directory' } });
  const reader = await world.keyWith(['files:read']);
  t.match(await remove(previous.id, { key: reader }), { status: 403 });
  await world.accounts.createAgency(host, { code: 'butte', name: 'Butte', kind: 'lcsa' });
  const settings = { name: 'butte', scopes: ['*'], expiresAtMs: null, allowedCidrs: [] };
  const bound = await world.adminKeys.createAdminKey(host, { ...settings, agency: 'butte' });
  const refused = await remove(previous.id, { key: bound.secret });
  t.ok([403, 404].includes(refused.status), `${refused.status} for the key of another agency`);
  t.match(await versions(), [{ state: 'current' }, { state: 'previous' }]);
});

t.test('who decided by what the file was is refused where it is another', async (t) => {
  const { world, file, versions, remove } = await withVersions(t);
  const [, previous] = await versions();
  const { headers } = await world.call('GET', `/v1/files/${String(file.id)}`);
  const seen = { 'if-match': String(headers['etag']) };
  world.clock.nowMs += 1_000;
  await world.call('POST', `/v1/files/${String(file.id)}/versions/${String(previous.id)}/restoration`); // prettier-ignore
  const [, now] = await versions();
  t.match(await remove(now.id, { headers: seen }), { status: 412 });
  t.equal((await versions())[1].state, 'previous');
  const fresh = await world.call('GET', `/v1/files/${String(file.id)}`);
  const match = { 'if-match': String(fresh.headers['etag']) };
  t.match(await remove(now.id, { headers: match }), { status: 204 });
});

t.test('who reads the version reads it to its end', async (t) => {
  const { world, file, versions, remove } = await withVersions(t);
  const [, previous] = await versions();
  const holder = {
    origin: { actor: { kind: 'server' }, session: 'reader', source: null },
    sessionId: 'reader',
    userId: null,
    username: 'reader',
    client: 'test',
    quotaBytes: null,
  } as const;
  const { openId } = await world.parts.adminFiles.open(holder, file.id, previous.id);
  t.match(await remove(previous.id), { status: 204 });
  t.equal((await bytesOnDisk(world)).length, 2, 'as long as somebody reads it');
  await world.parts.adminFiles.close(openId, size, true);
  t.equal((await bytesOnDisk(world)).length, 1);
});

t.test('it takes two where that is asked for', async (t) => {
  const world = await openApi(t, { twoPersonActions: ['files.versions.delete'] });
  await withAnn(world);
  for (const text of ['one', 'two']) {
    await upload(world, '/outgoing/a', Buffer.from(text));
    world.clock.nowMs += 1_000;
  }
  const { id } = await fileAt(world, '/outgoing/a');
  const { items } = (await world.call('GET', `/v1/files/${String(id)}/versions`)).body;
  const url = `/v1/files/${String(id)}/versions/${String(items[1].id)}`;
  t.match(await world.call('DELETE', url), {
    status: 202,
    body: { action: 'files.versions.delete' },
  });
  t.strictSame(await world.ledgerRows('version.destroyed.1'), []);
});
