// A login outlived its user and its key: a put 2 s after expiresAt was accepted.
import t from 'tap';
import { mock } from 'node:test';
import { ledger } from '../fixtures/ledger.ts';
import { createMonitor } from '../../server/monitor/monitor.ts';
import { admin } from '../accounts/fixtures/accounts.ts';
import { testKey } from '../accounts/fixtures/keys.ts';
import { openDesk, password, signatureProof, type Desk } from './fixtures/logins.ts';

const key = testKey('ed25519');
const word = { kind: 'password', password } as const;

t.test('a login expires with its user or a key that it used, whichever is first', async (t) => {
  const desk = await openDesk(t);
  const { accounts, clock } = desk;
  const expiry = async (): Promise<number | null | undefined> => {
    const client = await desk.connect();
    let reply = await client.sign(key);
    if (reply.kind === 'refused' && reply.partial) reply = await client.try('ann', word);
    if (reply.kind !== 'accepted') return undefined;
    t.equal(
      desk.authentication.sessions().at(-1)?.expiresAtMs,
      desk.authentication.identityOf(reply.ticket.sessionId)?.expiresAtMs,
    );
    return desk.authentication.identityOf(reply.ticket.sessionId)?.expiresAtMs;
  };
  t.equal(await expiry(), null);
  await accounts.changeUser(admin, 'ann', { expiresAtMs: clock.nowMs + 2_000 });
  t.equal(await expiry(), clock.nowMs + 2_000);
  await accounts.removeKey(admin, 'ann', (await accounts.listKeys('ann'))[0]!.id);
  const soon = { publicKey: key.line, expiresAtMs: clock.nowMs + 1_000 };
  await accounts.addKey(admin, 'ann', soon);
  t.equal(await expiry(), clock.nowMs + 1_000);
  await accounts.setPassword(admin, 'ann', password);
  await accounts.changeUser(admin, 'ann', {
    expiresAtMs: null,
    loginMethods: [['publickey', 'password']],
  });
  t.equal(await expiry(), clock.nowMs + 1_000, 'every proof counts');
});

async function watched(desk: Desk) {
  const ended: string[] = [];
  const asked: string[] = [];
  const monitor = createMonitor({
    authentication: desk.authentication,
    files: {
      request: async (_identity, { kind }) => {
        asked.push(kind);
        throw new Error('no files here');
      },
      noteProgress: () => undefined,
      sessionEnded: async () => undefined,
    },
    database: desk.database,
    ledger,
    clock: () => desk.clock.nowMs,
    endSession: async (sessionId, reason) => void ended.push(`${sessionId} ${reason}`),
    onFault: () => undefined,
  });
  const client = await desk.connect();
  const reply = await monitor.authenticate({
    connectionId: client.connectionId,
    username: 'ann',
    proof: signatureProof(key, client.sshSessionId),
  });
  if (reply.kind !== 'accepted') throw new Error('not accepted');
  const { sessionId } = reply.ticket;
  const close = () =>
    monitor.connectionClosed({
      connectionId: client.connectionId,
      reason: 'client-left',
      operations: {},
      bytesRead: 0,
      bytesWritten: 0,
    });
  return { monitor, sessionId, ended, asked, close };
}

t.test('a login that has expired asks for nothing more, but settles what it opened', async (t) => {
  const desk = await openDesk(t);
  await desk.accounts.changeUser(admin, 'ann', { expiresAtMs: desk.clock.nowMs + 2_000 });
  const { monitor, sessionId, asked, close } = await watched(desk);
  const code = async (request: object) => {
    const outcome = await monitor.request(sessionId, request as { kind: 'stat'; path: never });
    return outcome.ok ? 'ok' : outcome.refusal.code;
  };
  t.equal(await code({ kind: 'stat', path: '/' }), 'internal', 'it was asked');
  desk.clock.nowMs += 2_000;
  t.equal(await code({ kind: 'stat', path: '/' }), 'session-ended');
  t.equal(await code({ kind: 'remove', path: '/a' }), 'session-ended');
  t.equal(await code({ kind: 'close', openId: 'x', report: {} }), 'internal');
  t.same(asked, ['stat', 'close']);
  await close();
});

t.test('a login ends when it expires, also after a wait longer than a timer takes', async (t) => {
  const desk = await openDesk(t);
  const leftMs = 40 * 24 * 60 * 60_000;
  await desk.accounts.changeUser(admin, 'ann', { expiresAtMs: desk.clock.nowMs + leftMs });
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.timers.reset());
  const { sessionId, ended, close } = await watched(desk);
  const pass = (ms: number) => {
    desk.clock.nowMs += ms;
    mock.timers.tick(ms);
  };
  pass(60_000);
  t.same(ended, []);
  desk.clock.nowMs += leftMs - 61_000;
  pass(1_000);
  for (let seconds = 0; seconds < 5 && ended.length === 0; seconds += 1) pass(1_000);
  t.same(ended, [`${sessionId} expired`], 'the clock may be set');
  pass(1_000);
  t.equal(ended.length, 2, 'asked again while it lives');
  await close();
  pass(120_000);
  t.equal(ended.length, 2);
});

// The end that a login had at its beginning was watched, and no other: one whose key, authority or grant was shortened
// afterwards was refused everything but to close what it had open, and stayed up for as long as it moved bytes.
t.test('a login whose end comes nearer while it is up ends then', async (t) => {
  for (const had of [null, 1_000_000]) {
    const desk = await openDesk(t);
    if (had !== null)
      await desk.accounts.changeUser(admin, 'ann', { expiresAtMs: desk.clock.nowMs + had });
    mock.timers.enable({ apis: ['setTimeout'] });
    const { sessionId, ended, close } = await watched(desk);
    const pass = (ms: number) => {
      desk.clock.nowMs += ms;
      mock.timers.tick(ms);
    };
    pass(20_000);
    desk.authentication.expireBy(sessionId, desk.clock.nowMs + 7_000);
    pass(6_000);
    t.same(ended, []);
    for (let seconds = 0; seconds < 5 && ended.length === 0; seconds += 1) pass(1_000);
    t.same(ended, [`${sessionId} expired`]);
    await close();
    mock.timers.reset();
  }
});
