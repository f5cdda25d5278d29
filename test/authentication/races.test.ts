// Logins whose acceptance is held back while something else happens.
import t, { type Test } from 'tap';
import type { Database } from '../../server/database/units.ts';
import { admin } from '../accounts/fixtures/accounts.ts';
import { testKey } from '../accounts/fixtures/keys.ts';
import { openDesk, password, refusals, refusedAlike } from './fixtures/logins.ts';

const key = testKey('ed25519');

type Gate = {
  /** Resolves when so many writes of the authentication wait. */
  waiting(count: number): Promise<void>;
  open(): void;
};

/** A desk whose authentication writes only once the gate is open: before its units run, or after they committed. */
async function openGated(t: Test, held: 'before' | 'after') {
  let release: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (release = resolve));
  let count = 0;
  const gate: Gate = {
    waiting: async (wanted) => {
      for (;;) {
        if (count >= wanted) return;
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    open: () => release(),
  };
  const hold = async () => {
    count += 1;
    await opened;
  };
  const desk = await openDesk(t, ({ database }) => {
    const gated: Database = {
      read: (work) => database.read(work),
      write: async (work) => {
        if (held === 'before') await hold();
        const result = await database.write(work);
        if (held === 'after') await hold();
        return result;
      },
      whenWritable: (work) => database.whenWritable(work),
      retry: (work) => database.retry(work),
    };
    return { database: gated };
  });
  return { desk, gate };
}

t.test('twelve logins verified at once take three places', async (t) => {
  const { desk, gate } = await openGated(t, 'before');
  await desk.accounts.changeUser(admin, 'ann', { maxSessions: 3 });
  const clients = await Promise.all(Array.from({ length: 12 }, () => desk.connect()));
  const replies = Promise.all(clients.map((client) => client.sign(key)));
  await gate.waiting(12);
  t.same(desk.authentication.sessions(), [], 'none is up before its commit');
  gate.open();
  const kinds = (await replies).map((reply) => reply.kind);
  t.equal(kinds.filter((kind) => kind === 'accepted').length, 3);
  t.equal(desk.authentication.sessions().length, 3);
});

t.test('places of different users are apart', async (t) => {
  const desk = await openDesk(t);
  await desk.accounts.createUser(admin, {
    username: 'bob',
    agency: 'alpine',
    displayName: 'Bob',
    maxSessions: 1,
  });
  const bobs = testKey('ed25519', 1);
  await desk.accounts.addKey(admin, 'bob', { publicKey: bobs.line });
  await desk.accounts.changeUser(admin, 'ann', { maxSessions: 1 });
  t.match(await (await desk.connect()).sign(key), { kind: 'accepted' });
  t.match(await (await desk.connect()).sign(bobs, { username: 'bob' }), { kind: 'accepted' });
});

const changes: Record<string, (desk: Awaited<ReturnType<typeof openDesk>>) => Promise<unknown>> = {
  'user-disabled': ({ accounts }) => accounts.changeUser(admin, 'ann', { status: 'disabled' }),
  'user-expired': ({ accounts, clock }) =>
    accounts.changeUser(admin, 'ann', { expiresAtMs: clock.nowMs }),
  'address-not-allowed': ({ accounts }) =>
    accounts.changeUser(admin, 'ann', { allowedCidrs: ['198.51.100.1'] }),
  'method-not-allowed': ({ accounts }) =>
    accounts.changeUser(admin, 'ann', { loginMethods: [['publickey', 'password']] }),
  'user-unknown': ({ accounts }) => accounts.removeUser(admin, 'ann'),
  'key-unknown': async ({ accounts }) =>
    accounts.removeKey(admin, 'ann', (await accounts.listKeys('ann'))[0]!.id),
};

for (const [reason, change] of Object.entries(changes)) {
  t.test(`between proof and acceptance: ${reason}`, async (t) => {
    const { desk, gate } = await openGated(t, 'before');
    const [one, two] = [await desk.connect(), await desk.connect()];
    const replies = Promise.all([one.sign(key), two.sign(key)]);
    await gate.waiting(2);
    await change(desk);
    gate.open();
    for (const reply of await replies) t.same(reply, refusedAlike);
    t.same(await refusals(desk), [reason, reason]);
    t.same(desk.authentication.sessions(), []);
  });
}

t.test('between proof and acceptance: fewer sessions', async (t) => {
  const { desk, gate } = await openGated(t, 'before');
  const clients = [await desk.connect(), await desk.connect(), await desk.connect()];
  const replies = Promise.all(clients.map((client) => client.sign(key)));
  await gate.waiting(3);
  await desk.accounts.changeUser(admin, 'ann', { maxSessions: 1 });
  gate.open();
  const kinds = (await replies).map((reply) => reply.kind);
  t.same(kinds.sort(), ['accepted', 'refused', 'refused']);
  t.equal(desk.authentication.sessions().length, 1);
  t.same(await refusals(desk), ['sessions-exceeded', 'sessions-exceeded']);
});

t.test('between proof and acceptance: another password', async (t) => {
  const { desk, gate } = await openGated(t, 'before');
  await desk.accounts.changeUser(admin, 'ann', { loginMethods: [['password']] });
  await desk.accounts.setPassword(admin, 'ann', password);
  const client = await desk.connect();
  const reply = client.try('ann', { kind: 'password', password });
  await gate.waiting(1);
  await desk.accounts.setPassword(admin, 'ann', 'another horse battery staple');
  gate.open();
  t.same(await reply, refusedAlike);
  t.same(await refusals(desk), ['password-wrong']);
});

t.test('a connection that closes before its login is committed', async (t) => {
  const { desk, gate } = await openGated(t, 'before');
  const client = await desk.connect();
  const signing = client.sign(key);
  await gate.waiting(1);
  const closing = client.close('connection-lost');
  gate.open();
  t.same(await signing, { kind: 'disconnect' });
  await closing;
  t.same(await refusals(desk), ['session-ended']);
  t.same(desk.authentication.sessions(), []);
});

t.test('a connection that closes after its login is committed', async (t) => {
  const { desk, gate } = await openGated(t, 'after');
  const client = await desk.connect();
  const signing = client.sign(key);
  await gate.waiting(1);
  const closing = client.close('connection-lost');
  gate.open();
  t.match(await signing, { kind: 'accepted' });
  await closing;
  t.same(desk.authentication.sessions(), []);
  const events = (await desk.ledgerRows()).map((row) => row['event']).slice(-2);
  t.same(events, ['login.accepted.2', 'session.closed.1']);
});
