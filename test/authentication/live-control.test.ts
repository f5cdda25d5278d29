// What an administrator takes away is gone from logins that are up, whatever their workers do.
import t, { type Test } from 'tap';
import { createLiveControl, type LiveControl } from '../../server/authentication/live-control.ts';
import type { LiveSession } from '../../server/authentication/live-sessions.ts';
import type { Database } from '../../server/database/units.ts';
import { Fault } from '../../server/domain/faults.ts';
import { failReads } from '../fixtures/database.ts';
import { ledger } from '../fixtures/ledger.ts';
import { admin } from '../accounts/fixtures/accounts.ts';
import { testKey } from '../accounts/fixtures/keys.ts';
import { Secret, TOTP } from 'otpauth';
import type { AccountParts } from '../../server/accounts/parts.ts';
import { openDesk, password, type Client, type Desk } from './fixtures/logins.ts';

const key = testKey('ed25519');

type Hall = Desk & {
  readonly control: LiveControl;
  /** Logs in from there; `hang up` closes the connection, as a worker does that is asked to. */
  readonly logIn: (address?: string) => Promise<Client>;
  /** What was asked of workers, as `address reason`. */
  readonly asked: string[];
  /** Replaces what workers do. */
  worker: (session: LiveSession) => Promise<unknown>;
};

async function openHall(
  t: Test,
  parts: Parameters<typeof openDesk>[1] = {},
  accountParts: Partial<AccountParts> = {},
): Promise<Hall> {
  const desk = await openDesk(t, parts, accountParts);
  // The control's own timers keep no process alive.
  const awake = setInterval(() => undefined, 1_000);
  t.teardown(() => clearInterval(awake));
  const clients = new Map<string, Client>();
  const asked: string[] = [];
  const hall: Hall = {
    ...desk,
    asked,
    worker: async ({ connectionId }) => clients.get(connectionId)?.close('administrator'),
    logIn: async (address = '192.0.2.10') => {
      const client = await desk.connect({ address });
      clients.set(client.connectionId, client);
      await client.sign(key);
      return client;
    },
    control: createLiveControl({
      accounts: desk.accounts,
      authentication: desk.authentication,
      database: desk.database,
      ledger,
      endSession: (session, reason) => {
        asked.push(`${session.source} ${reason}`);
        return hall.worker(session);
      },
    }),
  };
  return hall;
}

async function reasonsOf(desk: Desk): Promise<unknown[]> {
  const rows = await desk.ledgerRows();
  return rows.filter((row) => row['event'] === 'session.ended.1').map((row) => row['reason']);
}

const changes: Record<string, [reason: string | null, change: (hall: Hall) => Promise<unknown>]> = {
  'a new name': [null, ({ control }) => change(control, { displayName: 'Anna' })],
  'a later end': [
    null,
    ({ control, clock }) => change(control, { expiresAtMs: clock.nowMs + 1_000_000 }),
  ],
  disabled: ['user-disabled', ({ control }) => change(control, { status: 'disabled' })],
  'expired already': [
    'user-expired',
    ({ control, clock }) => change(control, { expiresAtMs: clock.nowMs - 1 }),
  ],
  'expires sooner': [
    'user-expired',
    ({ control, clock }) => change(control, { expiresAtMs: clock.nowMs + 1 }),
  ],
  'other addresses': [
    'address-not-allowed',
    ({ control }) => change(control, { allowedCidrs: ['198.51.100.0/24'] }),
  ],
  'fewer rights': [
    'permission-denied',
    ({ control }) => change(control, { permissions: [{ path: '/incoming', allow: ['list'] }] }),
  ],
  'another way': [
    'method-not-allowed',
    ({ control }) => change(control, { loginMethods: [['publickey', 'password']] }),
  ],
  'less room': ['quota-exceeded', ({ control }) => change(control, { quotaBytes: 1 })],
  'fewer sessions': ['sessions-exceeded', ({ control }) => change(control, { maxSessions: 1 })],
  'key removed': [
    'key-unknown',
    async ({ control, accounts }) =>
      control.accounts.removeKey(admin, 'ann', (await accounts.listKeys('ann'))[0]!.id),
  ],
  'key expired': [
    'key-expired',
    async ({ control, accounts, clock }) =>
      control.accounts.changeKey(admin, 'ann', (await accounts.listKeys('ann'))[0]!.id, {
        expiresAtMs: clock.nowMs,
      }),
  ],
  'key to expire': [
    null,
    async ({ control, accounts, clock }) =>
      control.accounts.changeKey(admin, 'ann', (await accounts.listKeys('ann'))[0]!.id, {
        expiresAtMs: clock.nowMs + 1_000,
        label: 'soon',
      }),
  ],
  // Its end was said again, by a program that sends the whole of it, and all logins of its user were cut.
  'key that has ended, ended again': [
    null,
    async ({ control, accounts, clock }) => {
      const publicKey = testKey('p256').line;
      const { id } = await accounts.addKey(admin, 'ann', { publicKey });
      await accounts.changeKey(admin, 'ann', id, { expiresAtMs: clock.nowMs - 1 });
      for (const expiresAtMs of [clock.nowMs - 1, clock.nowMs - 2, clock.nowMs])
        await control.accounts.changeKey(admin, 'ann', id, { expiresAtMs, label: 'old' });
    },
  ],
  'key rotated': [null, (hall) => rotate(hall, 7)],
  'key rotated without an overlap': ['key-expired', (hall) => rotate(hall, 0)],
  'password set': [
    'password-wrong',
    ({ control }) => control.accounts.setPassword(admin, 'ann', password),
  ],
  'password removed': [
    'password-wrong',
    async ({ control, accounts }) => {
      await accounts.setPassword(admin, 'ann', password);
      await control.accounts.removePassword(admin, 'ann');
    },
  ],
  removed: ['user-unknown', ({ control }) => control.accounts.removeUser(admin, 'ann')],
};

async function rotate({ control, accounts }: Hall, overlapDays: number): Promise<unknown> {
  // Of keys that were made in one millisecond either may stand first.
  const old = (await accounts.listKeys('ann')).find(({ type }) => type === key.type);
  const publicKey = testKey('ed25519', 1).line;
  return control.accounts.rotateKey(admin, 'ann', old!.id, { publicKey, overlapDays });
}

function change(
  { accounts }: LiveControl,
  to: Parameters<LiveControl['accounts']['changeUser']>[2],
): Promise<unknown> {
  return accounts.changeUser(admin, 'ann', to);
}

for (const [name, [reason, make]] of Object.entries(changes)) {
  t.test(name, async (t) => {
    const hall = await openHall(t);
    await hall.accounts.changeUser(admin, 'ann', { expiresAtMs: hall.clock.nowMs + 500_000 });
    await hall.logIn();
    await hall.logIn('192.0.2.11');
    await make(hall);
    const ended = reason === null ? [] : [reason, reason];
    t.same(await reasonsOf(hall), ended);
    t.equal(hall.asked.length, ended.length);
    t.equal(hall.authentication.sessions().length, 2 - ended.length, 'it is over on return');
  });
}

t.test('a login ends with its key at the latest, and another key in peace', async (t) => {
  const hall = await openHall(t);
  const { accounts, control, authentication, clock } = hall;
  const [old] = await accounts.listKeys('ann');
  const other = await accounts.addKey(admin, 'ann', { publicKey: testKey('p256').line });
  await hall.logIn();
  const [session] = authentication.sessions();
  const expiresAtMs = clock.nowMs + 60_000;
  await control.accounts.changeKey(admin, 'ann', other.id, { expiresAtMs });
  t.equal(authentication.identityOf(session!.sessionId)?.expiresAtMs, null);
  await control.accounts.changeKey(admin, 'ann', old!.id, { expiresAtMs });
  t.equal(authentication.identityOf(session!.sessionId)?.expiresAtMs, expiresAtMs);
  t.match(authentication.sessions(), [{ sessionId: session!.sessionId, expiresAtMs }]);
  // What it was told once holds, as with every right: it is taken away at once, and given with the next login.
  await control.accounts.changeKey(admin, 'ann', old!.id, { expiresAtMs: expiresAtMs + 60_000 });
  t.equal(authentication.identityOf(session!.sessionId)?.expiresAtMs, expiresAtMs);
  t.same(hall.asked, []);
  // Whoever has expired already takes nothing away when another takes over.
  clock.nowMs += 1_000_000;
  await hall.authentication.connectionClosed({
    connectionId: session!.connectionId,
    reason: 'expired',
    operations: {},
    bytesRead: 0,
    bytesWritten: 0,
  });
  await accounts.changeKey(admin, 'ann', other.id, { expiresAtMs: null });
  const client = await hall.connect();
  await client.sign(testKey('p256'));
  await rotate(hall, 0);
  t.equal(authentication.sessions().length, 1);
  t.same(hall.asked, [], 'and it is not even asked to end');
});

t.test('only from where it may not come any more', async (t) => {
  const hall = await openHall(t);
  await hall.logIn('192.0.2.10');
  await hall.logIn('2001:db8::1');
  await change(hall.control, { allowedCidrs: ['192.0.2.0/24'] });
  t.same(hall.asked, ['[2001:db8::1]:50000 administrator']);
});

t.test('one that was picked out', async (t) => {
  const hall = await openHall(t);
  await hall.logIn();
  const [session] = hall.authentication.sessions();
  await hall.control.endLogin(admin, session!.sessionId);
  t.same(await reasonsOf(hall), [null]);
  await t.rejects(hall.control.endLogin(admin, session!.sessionId), { code: 'not-found' });
});

t.test('a login between its proof and its session', async (t) => {
  // Its acceptance is committed, but the session is not in the list yet when the change looks for it.
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  let commit: () => void = () => undefined;
  const committed = new Promise<void>((resolve) => (commit = resolve));
  let isFirst = true;
  const hall = await openHall(t, ({ database }) => {
    const slow: Database = {
      ...database,
      write: async (work) => {
        const result = await database.write(work);
        commit();
        if (isFirst) {
          isFirst = false;
          await held;
        }
        return result;
      },
    };
    return { database: slow };
  });
  const login = hall.logIn();
  await committed;
  const changed = change(hall.control, { status: 'disabled' });
  setImmediate(release);
  await Promise.all([login, changed]);
  t.same(hall.authentication.sessions(), []);
  t.same(await reasonsOf(hall), ['user-disabled']);
});

t.test('a worker that has not heard of the login yet is asked again', async (t) => {
  const hall = await openHall(t);
  await hall.logIn();
  const { worker } = hall;
  let deaf = 2;
  hall.worker = async (session) => {
    deaf -= 1;
    if (deaf < 0) await worker(session);
  };
  await change(hall.control, { status: 'disabled' });
  t.same(hall.authentication.sessions(), []);
  t.equal(hall.asked.length, 3);
});

t.test('a worker that does not end a login keeps nothing of its rights', async (t) => {
  const hall = await openHall(t);
  const client = await hall.logIn();
  const [session] = hall.authentication.sessions();
  hall.worker = () => new Promise(() => undefined);
  const done = change(hall.control, { status: 'disabled' });
  while (hall.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const identity = hall.authentication.identityOf(session!.sessionId);
  t.equal(identity?.expiresAtMs, 0, 'the monitor answers nothing but a CLOSE');
  t.equal(identity?.username, 'ann');
  await client.close();
  await done;
});

t.test('a row that cannot be written does not keep a login up', async (t) => {
  const desk = await openDesk(t);
  const client = await desk.connect();
  await client.sign(key);
  const control = createLiveControl({
    accounts: desk.accounts,
    authentication: desk.authentication,
    database: desk.database,
    ledger: {
      append: async () => {
        throw new Fault('ledger-unavailable');
      },
    },
    endSession: () => client.close('administrator'),
  });
  await t.rejects(change(control, { status: 'disabled' }), { code: 'ledger-unavailable' });
  t.same(desk.authentication.sessions(), []);
});

// A user was disabled, the disk failed between that and the look for the logins that it ends, and they went on.
t.test('a look that fails behind a change leaves nothing in use', async (t) => {
  const hall = await openHall(t);
  await hall.logIn();
  const repair = failReads(hall.database);
  await t.rejects(change(hall.control, { status: 'disabled' }), { code: 'storage-failed' });
  t.same(hall.authentication.sessions(), []);
  repair();
  t.same(await reasonsOf(hall), ['storage-failed']);
  t.match(await hall.accounts.getUser('ann'), { status: 'disabled' });
});

t.test('what a key takes with it needs no look', async (t) => {
  const hall = await openHall(t);
  const { accounts, control, authentication, clock } = hall;
  await hall.logIn();
  const [old] = await accounts.listKeys('ann');
  const repair = failReads(hall.database);
  await control.accounts.rotateKey(admin, 'ann', old!.id, { publicKey: testKey('p256').line });
  t.equal(authentication.sessions().length, 1, 'a rotation cuts nothing off');
  await control.accounts.changeKey(admin, 'ann', old!.id, { expiresAtMs: clock.nowMs });
  t.same(authentication.sessions(), []);
  repair();
  t.same(await reasonsOf(hall), ['key-expired']);
});

t.test('a user who is changed and removed at once is logged in no more', async (t) => {
  const desk = await openDesk(t);
  const client = await desk.connect();
  await client.sign(key);
  const control = createLiveControl({
    accounts: {
      ...desk.accounts,
      changeUser: async (origin, username, wanted) => {
        const changed = await desk.accounts.changeUser(origin, username, wanted);
        await desk.accounts.removeUser(origin, username);
        return changed;
      },
    },
    authentication: desk.authentication,
    database: desk.database,
    ledger,
    endSession: () => client.close('administrator'),
  });
  await change(control, { displayName: 'Anna' });
  t.same(desk.authentication.sessions(), []);
  t.same(await reasonsOf(desk), ['user-unknown']);
});

t.test('what is changed of one user is nothing to another', async (t) => {
  const hall = await openHall(t);
  const { accounts, authentication, control } = hall;
  await accounts.createUser(admin, { username: 'bob', agency: 'alpine', displayName: 'Bob' });
  const own = testKey('p256');
  await accounts.addKey(admin, 'bob', { publicKey: own.line });
  const bob = await hall.connect();
  await bob.sign(own, { username: 'bob' });
  await hall.logIn();
  await change(control, { status: 'disabled' });
  t.match(authentication.sessions(), [{ username: 'bob' }]);
  t.equal(authentication.sessions().length, 1);
  t.equal(hall.asked.length, 1, 'nor is anybody asked to hang up on it');
});

t.test('one of two is picked out, by who did it, and none that there is not', async (t) => {
  const desk = await openDesk(t);
  const clients = [await desk.connect(), await desk.connect()];
  for (const client of clients) await client.sign(key);
  const by: unknown[] = [];
  const control = createLiveControl({
    accounts: desk.accounts,
    authentication: desk.authentication,
    database: {
      ...desk.database,
      write: (work, options) => {
        by.push(options?.by);
        return desk.database.write(work, options);
      },
    },
    ledger,
    endSession: ({ connectionId }) =>
      clients.find((client) => client.connectionId === connectionId)!.close('administrator'),
  });
  const [first, second] = desk.authentication.sessions();
  await control.endLogin(admin, second!.sessionId);
  t.same(desk.authentication.sessions(), [first]);
  t.same(by, [admin], 'guards of the call are asked in the unit');
  await t.rejects(control.endLogin(admin, second!.sessionId), {
    code: 'not-found',
    message: /no such session/,
  });
});

// A stale `If-Match` was refused in the unit, and the login that it was about had its rights taken away all the same.
t.test('a login that was picked out goes on where the end of it is refused', async (t) => {
  const desk = await openDesk(t);
  const client = await desk.connect();
  await client.sign(key);
  const [session] = desk.authentication.sessions();
  const control = createLiveControl({
    accounts: desk.accounts,
    authentication: desk.authentication,
    database: {
      ...desk.database,
      write: async () => {
        throw new Fault('precondition-failed');
      },
    },
    ledger,
    endSession: () => client.close('administrator'),
  });
  await t.rejects(control.endLogin(admin, session!.sessionId), { code: 'precondition-failed' });
  t.equal(desk.authentication.sessions().length, 1);
  t.equal(desk.authentication.identityOf(session!.sessionId)?.expiresAtMs, null, 'it may go on');
  await client.close();
});

// The login that changed the password is not ended with those that the old one let in.
t.test('a password that is changed while logging in ends the other logins', async (t) => {
  const hall: Hall = await openHall(t, {
    onPasswordChanged: (login) => hall.control.passwordChanged(login),
  });
  const { accounts, authentication } = hall;
  await accounts.changeUser(admin, 'ann', { loginMethods: [['publickey'], ['password']] });
  await accounts.setPassword(admin, 'ann', password);
  for (const address of ['192.0.2.11', '192.0.2.12']) await hall.logIn(address);
  const client = await hall.connect({ address: '192.0.2.13' });
  const newPassword = 'plenty of unrelated words here';
  const change = { kind: 'password-change', password, newPassword } as const;
  t.match(await client.try('ann', change), { kind: 'accepted' });
  t.match(authentication.sessions(), [{ source: '192.0.2.13:50000', proofs: ['password'] }]);
  t.equal(authentication.sessions().length, 1);
  t.same(await reasonsOf(hall), ['password-wrong', 'password-wrong']);
  const ended = (await hall.ledgerRows()).filter(({ event }) => event === 'session.ended.1');
  t.ok(ended.every(({ outcome }) => outcome === 'success'));
  t.match(ended, [{ actor: { kind: 'server' }, source: '192.0.2.13:50000' }, {}]);
});

t.test('what is not told of a change of password ends with its own connection', async (t) => {
  const hall = await openHall(t, { onPasswordChanged: () => Promise.reject(new Error('no disk')) });
  await hall.accounts.changeUser(admin, 'ann', { loginMethods: [['password']] });
  await hall.accounts.setPassword(admin, 'ann', password);
  const client = await hall.connect();
  const newPassword = 'plenty of unrelated words here';
  const change = { kind: 'password-change', password, newPassword } as const;
  t.same(await client.try('ann', change), { kind: 'disconnect' });
  await client.close();
  t.same(hall.authentication.sessions(), []);
});

t.test('one-time codes that are taken away end the logins that they let in', async (t) => {
  const hall = await openHall(t);
  const { accounts, control, clock } = hall;
  const { text } = await accounts.enrolTotp(admin, 'ann');
  const totp = new TOTP({ secret: Secret.fromBase32(text) });
  const code = () => totp.generate({ timestamp: clock.nowMs });
  const [recovery = ''] = await accounts.confirmTotp(admin, 'ann', code());
  await accounts.changeUser(admin, 'ann', { loginMethods: [['publickey', 'totp'], ['publickey']] });
  await hall.logIn('192.0.2.11');
  await accounts.changeUser(admin, 'ann', { loginMethods: [['publickey', 'totp']] });
  clock.nowMs += 60_000;
  for (const [address, answer] of [
    ['192.0.2.12', code()],
    ['192.0.2.13', recovery],
  ] as const) {
    const client = await hall.logIn(address);
    await client.try('ann', { kind: 'interactive' });
    t.match(await client.try('ann', { kind: 'answers', answers: [answer] }), { kind: 'accepted' });
  }
  await control.accounts.removeTotp(admin, 'ann');
  t.same(
    hall.authentication.sessions().map(({ source }) => source),
    ['192.0.2.11:50000'],
  );
  t.same(await reasonsOf(hall), ['totp-missing', 'totp-missing']);
});

t.test('pub1075: a job that may come from anywhere now is logged in no more', async (t) => {
  const hall = await openHall(t, {}, { profile: 'pub1075' });
  await hall.accounts.changeUser(admin, 'ann', {
    accountKind: 'service',
    allowedCidrs: ['192.0.2.0/24'],
  });
  await hall.logIn();
  t.equal(hall.authentication.sessions().length, 1);
  await change(hall.control, { allowedCidrs: [] });
  t.same(hall.authentication.sessions(), []);
  t.same(await reasonsOf(hall), ['second-factor-missing']);
});
