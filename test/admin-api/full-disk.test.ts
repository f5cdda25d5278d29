// The use of a key is noted, and on a full disk that failed. It was taken for a key that is wrong: a program with the right
// one asked until its address heard only 429, the stream of events ended with `key-withdrawn`, and /readyz told nothing.
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import { createAdminApp, type AdminApiParts } from '../../admin-api/app.ts';
import { createAdminKeys } from '../../server/accounts/admin-keys.ts';
import type { Database } from '../../server/database/units.ts';
import { Fault } from '../../server/domain/faults.ts';
import { limits } from '../../server/domain/limits.ts';
import { ledger } from '../fixtures/ledger.ts';
import { openApi, type World } from './fixtures/api.ts';

/** The API of a world whose parts are others; one failure of an address to authenticate is all that it may have. */
function appOf(t: Test, world: World, changes: Partial<AdminApiParts>) {
  const { app } = createAdminApp({
    ...world.parts,
    limits: { ...limits, apiFailuresAtOnceMax: 1, eventHeartbeatMs: 50 },
    ...changes,
  });
  t.teardown(() => app.close());
  const get = (url: string) =>
    app.inject({ method: 'GET', url, headers: { authorization: `Bearer ${world.key}` } });
  return { app, get };
}

/** Takes nothing more. */
function full(database: Database): Database {
  return { ...database, write: () => Promise.reject(new Fault('storage-full')) };
}

t.test('a key is right though its use cannot be noted', async (t) => {
  const world = await openApi(t);
  const adminKeys = createAdminKeys({ database: full(world.database), ledger, randomBytes });
  const { get } = appOf(t, world, {
    adminKeys,
    operations: {
      ...world.parts.operations,
      degraded: async () => [{ part: 'disk', words: 'the disk is full' }],
    },
  });
  t.equal((await get('/v1/agencies')).statusCode, 200);
  t.match((await get('/readyz')).json(), { degraded: ['the disk is full'] });
  const [key] = (await world.adminKeys.listAdminKeys({ limit: 10 })).items;
  t.equal(key?.lastUsedAtMs, null);
});

t.test('what cannot be recorded is said so, and no failure of the key', async (t) => {
  const world = await openApi(t);
  const { get } = appOf(t, world, { database: full(world.database) });
  for (let count = 0; count < 4; count += 1) {
    const answer = await get('/v1/agencies');
    t.match({ status: answer.statusCode, body: answer.json() }, { status: 507 });
    t.match(answer.json(), { code: 'storage-full' });
  }
});

t.test('a key that cannot be looked at is not one that is wrong', async (t) => {
  const world = await openApi(t);
  const disk: { failure: Fault | null } = { failure: null };
  const { app, get } = appOf(t, world, {
    adminKeys: {
      ...world.adminKeys,
      verifyAdminKey: async (secret, address) => {
        if (disk.failure !== null) throw disk.failure;
        return world.adminKeys.verifyAdminKey(secret, address);
      },
    },
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const headers = { authorization: `Bearer ${world.key}` };
  const asked = httpRequest({ port, path: '/v1/events', headers }).end();
  const [stream] = (await once(asked, 'response')) as [IncomingMessage];
  let text = '';
  stream.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  disk.failure = new Fault('storage-failed');
  for (let count = 0; count < 4; count += 1)
    t.equal((await get('/v1/agencies')).statusCode, 500, 'never 429');
  await once(stream, 'end');
  t.match(text, /event: stream\.closed\ndata: .*"failed"/);
  t.notMatch(text, 'key-withdrawn');
});
