// A POST that takes two administrators was answered with 202 and its key hung up before the answer went out. Fastify took
// the hook's reply for sent, found that it was not, and called the route: an admin key was made by one alone, and without
// the guards. What is answered never comes to its route, whoever is there to hear it.
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { createAdminApp, type AdminApiParts } from '../../admin-api/app.ts';
import type { Database, WriteOptions } from '../../server/database/units.ts';
import { openApi, type World } from './fixtures/api.ts';

const wanted = { name: 'taken', scopes: ['*'] };

/** Somewhere to wait, and to know that somebody does. */
function gate() {
  return { reached: signal(), opened: signal() };
}

function signal() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** The database, but some writes wait at the gate. */
function held(
  { parts: { database } }: World,
  { reached, opened }: ReturnType<typeof gate>,
  isHeld: (options: WriteOptions) => boolean,
): Database {
  return {
    ...database,
    write: async (work, options = {}) => {
      if (isHeld(options)) {
        reached.resolve();
        await opened.promise;
      }
      return database.write(work, options);
    },
  };
}

/** The API on a real socket; `hangUp` asks for an admin key and leaves once the gate is reached. */
async function served(t: Test, world: World, changes: Partial<AdminApiParts>) {
  const { app } = createAdminApp({ ...world.parts, ...changes });
  t.teardown(() => app.close());
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const ask = () =>
    request({
      port,
      method: 'POST',
      path: '/v1/admin-keys',
      agent: false,
      headers: {
        authorization: `Bearer ${world.key}`,
        'content-type': 'application/json',
        'idempotency-key': 'k',
      },
    }).end(JSON.stringify(wanted));
  const hangUp = async ({ reached, opened }: ReturnType<typeof gate>) => {
    const gone = new Promise<void>((resolve) => {
      app.server.once('connection', (socket) => socket.once('close', () => resolve()));
    });
    const sent = ask().on('error', () => undefined);
    await reached.promise;
    sent.destroy();
    await gone;
    for (let turns = 0; turns < 20; turns += 1) await turn();
    opened.resolve();
    // Whatever it still began is over behind these.
    for (let turns = 0; turns < 20; turns += 1) {
      await turn();
      await world.database.write(async () => undefined);
    }
  };
  return { ask, hangUp };
}

async function taken({ adminKeys }: World): Promise<number> {
  const { items } = await adminKeys.listAdminKeys({ limit: 100 });
  return items.filter(({ name }) => name === wanted.name).length;
}

t.test('who hangs up on a change that takes two has made nothing', async (t) => {
  const world = await openApi(t);
  const { pendingChanges } = world.parts;
  const sending = gate();
  const { hangUp } = await served(t, world, {
    twoPersonActions: ['admin-keys.create'],
    // The answer is kept before it goes out.
    database: held(world, sending, ({ durable }) => durable === 'soon'),
  });
  await hangUp(sending);
  t.equal(await taken(world), 0);
  const { items } = await pendingChanges.list({ limit: 10 });
  t.match(items, [{ action: 'admin-keys.create', state: 'pending' }], 'it waits, once');
  t.strictSame(world.faults, []);
});

t.test('nor has who hangs up on an answer that is given again', async (t) => {
  const world = await openApi(t);
  const sending = gate();
  let isAgain = false;
  const { ask, hangUp } = await served(t, world, {
    // That it is told again is recorded before it goes out.
    database: held(world, sending, () => isAgain),
  });
  const status = await new Promise((resolve) =>
    ask().on('response', (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    }),
  );
  t.equal(status, 201);
  isAgain = true;
  await hangUp(sending);
  t.equal(await taken(world), 1);
  t.equal((await world.ledgerRows('admin-key.created.1')).length, 2, 'the first key, and this');
  t.strictSame(world.faults, []);
});
