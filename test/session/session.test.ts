import t from 'tap';
import { randomBytes } from 'node:crypto';
import { mock } from 'node:test';
import { limits } from '../../server/domain/limits.ts';
import type { SftpClient } from '../fixtures/sftp-client.ts';
import { openHall, type FakePeer } from './fixtures/hall.ts';

const amyOf = { username: 'amy', agency: 'alameda' } as const;
const PUT = 2 | 8 | 16;
const content = randomBytes(150_000);

async function send(sftp: SftpClient, path: string): Promise<Buffer> {
  const handle = await sftp.open(path, PUT);
  await sftp.write(handle, 0, content);
  return handle;
}

t.test(
  'a peer that vanishes: everything open is settled, and the close is told once',
  async (t) => {
    const { exchange, arrive, closings, uploads, faults } = await openHall(t);
    const peer = await arrive(amyOf);
    const [one, two] = [await peer.client(), await peer.client()];
    await send(one, '/outgoing/1');
    await send(one, '/outgoing/2');
    await send(two, '/outgoing/3');
    await one.put('/outgoing/read', content);
    await two.open('/outgoing/read', 1);
    peer.vanish();
    peer.vanish('client-left');
    peer.session.end('idle');
    await peer.session.over;
    t.same(
      (await uploads()).map(({ name, state, size }) => `${name} ${state} ${size}`).toSorted(),
      ['1', '2', '3'].map((name) => `${name} partial ${content.length}`),
    );
    t.match(closings, [
      {
        reason: 'connection-lost',
        bytesWritten: 4 * content.length,
        operations: { open: 5, write: 8, close: 1 },
      },
    ]);
    const unended = await exchange.database.read(({ query }) =>
      query.selectFrom('transfers').selectAll().where('ended_at', 'is', null).execute(),
    );
    t.same(unended, []);
    t.same(faults, []);
  },
);

t.test('endConnection and endAll resolve when what was open is settled', async (t) => {
  // They resolved at once, as the socket's close comes a turn later: a stop closed the database before the partials
  // were recorded.
  for (const way of ['endConnection', 'endAll'] as const) {
    const { registry, arrive, closings, uploads } = await openHall(t);
    const peer = await arrive(amyOf);
    await send(await peer.client(), '/outgoing/f');
    if (way === 'endConnection') await registry.endConnection(peer.connectionId, 'administrator');
    else await registry.endAll('server-stopping');
    t.match(await uploads(), [{ state: 'partial', size: content.length }], way);
    t.match(closings, [{ reason: way === 'endConnection' ? 'administrator' : 'server-stopping' }]);
    t.equal(peer.ended.length, 1);
    await registry.endConnection(peer.connectionId, 'administrator');
    await registry.endConnection('f'.repeat(32), 'administrator');
    t.equal(closings.length, 1);
  }
});

t.test('a CLOSE that is under way when the peer vanishes still publishes', async (t) => {
  // The session settled what was open beside the CLOSE, and the monitor gave up an upload that was whole.
  const { exchange, arrive, uploads, faults } = await openHall(t);
  const peer = await arrive(amyOf);
  const sftp = await peer.client();
  const handle = await send(sftp, '/outgoing/f');
  void sftp.close(handle).catch(() => undefined);
  await new Promise(setImmediate);
  peer.vanish();
  await peer.session.over;
  t.same(await uploads(), []);
  const again = await (await arrive(amyOf)).client();
  t.ok((await again.get('/outgoing/f')).equals(content));
  t.match(await exchange.events({ event: 'file.closed.1' }), [
    { state: 'published' },
    { state: 'completed' },
  ]);
  t.same(faults, []);
});

t.test(
  'an OPEN that is under way when the peer vanishes leaves no handle and no upload',
  async (t) => {
    // The handle came into being after everything was settled: its descriptor and its upload stayed open for ever.
    let answer: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (answer = resolve));
    const { exchange, arrive, uploads, closings } = await openHall(t, (monitor) => ({
      request: async (sessionId, request) => {
        const reply = await monitor.request(sessionId, request);
        if (request.kind === 'open') await held;
        return reply;
      },
    }));
    const peer = await arrive(amyOf);
    const sftp = await peer.client();
    void sftp.open('/outgoing/f', PUT).catch(() => undefined);
    for (let turn = 0; turn < 1000 && (await uploads()).length === 0; turn += 1)
      await new Promise(setImmediate);
    peer.vanish();
    await new Promise(setImmediate);
    t.same(closings, [], 'the close waits for it');
    answer();
    await peer.session.over;
    t.same(await uploads(), []);
    t.equal(exchange.parts.opens.ofSession(peer.sessionId).length, 0);
    t.equal(closings.length, 1);
  },
);

t.test(
  'a session without requests ends as idle; requests keep it, also on another channel',
  async (t) => {
    mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
    t.teardown(() => mock.timers.reset());
    let now = 1_000_000;
    t.teardown(t.intercept(performance, 'now', { value: () => now }).restore);
    const pass = async (ms: number) => {
      // A reply is off the server's hands only in the turn after the client has it.
      await new Promise(setImmediate);
      for (let passed = 0; passed < ms; passed += 5_000) {
        now += 5_000;
        mock.timers.tick(5_000);
      }
    };
    const { arrive, closings } = await openHall(t);
    const peer = await arrive(amyOf);
    const sftp = await peer.client();
    await pass(limits.idleMsMax - 5_000);
    await sftp.stat('/outgoing');
    await pass(limits.idleMsMax - 5_000);
    t.same(peer.ended, []);
    const other = await peer.client();
    await other.realpath('.');
    await pass(limits.idleMsMax);
    t.same(peer.ended, []);
    await pass(10_000);
    t.same(new Set(peer.ended), new Set(['idle']));
    await peer.session.over;
    t.match(closings, [{ reason: 'idle' }]);

    const busy = await arrive(amyOf);
    const channel = await busy.client();
    for (let passed = 0; passed < limits.sessionMsMax - 60_000; passed += 60_000) {
      await pass(60_000);
      if (passed % (20 * 60_000) === 0) await channel.stat('/');
    }
    t.same(busy.ended, [], 'twelve hours less a minute');
    await pass(120_000);
    t.same(new Set(busy.ended), new Set(['idle']), 'the longest that a login lasts, however busy');
  },
);

t.test('a peer that vanishes while its proof is looked at leaves no timers', async (t) => {
  // They were started by the answer, after the end that clears them, and kept the process from ending.
  let answer: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (answer = resolve));
  const { arrive } = await openHall(t, (monitor) => ({
    authenticate: async (attempt) => {
      await held;
      return monitor.authenticate(attempt);
    },
  }));
  const peer = await arrive(amyOf, false);
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  const answered = peer.session.authenticate('amy', { kind: 'none' });
  await new Promise(setImmediate);
  peer.vanish();
  await peer.session.over;
  answer();
  await answered;
  t.equal(timers(), before);
});

t.test(
  'a new session takes an upload over from one that is alive, and from one that is busy with it',
  async (t) => {
    const { exchange, registry, arrive, faults } = await openHall(t);
    const first = await arrive(amyOf);
    const second = await arrive(amyOf);
    const [old, fresh] = [await first.client(), await second.client()];
    await send(old, '/outgoing/f');
    const [upload] = await exchange.database.read(({ query }) =>
      query.selectFrom('uploads').selectAll().execute(),
    );
    await Promise.all([
      registry.revokeOpen(first.connectionId, upload!.open_id!),
      registry.revokeOpen(first.connectionId, upload!.open_id!),
      registry.revokeOpen(first.connectionId, 'f'.repeat(32)),
    ]);
    t.match(
      await exchange.database.read(({ query }) =>
        query.selectFrom('uploads').selectAll().execute(),
      ),
      [{ state: 'partial', size: content.length }],
    );
    const resumed = await fresh.open('/outgoing/f', 2 | 8);
    t.equal((await fresh.fstat(resumed)).size, content.length);
    await t.rejects(
      old.put('/outgoing/f', content),
      { code: 4 },
      'who lost it does not take it back by accident in this fixture',
    );
    first.vanish();
    await first.session.over;
    await fresh.close(resumed).catch(() => undefined);
    t.same(faults, []);
  },
);

t.test('a monitor that rejects does not keep a session from ending', async (t) => {
  const { registry, arrive, faults } = await openHall(t, () => ({
    connectionClosed: () => Promise.reject(new Error('the ledger is gone')),
  }));
  const peer = await arrive(amyOf);
  peer.vanish();
  await peer.session.over;
  await new Promise(setImmediate);
  t.match(faults, [{ message: 'the ledger is gone' }]);
  await registry.endAll('server-stopping');
  t.same(peer.ended, [], 'it is no longer there to be ended');
});

t.test('a connection that comes while all are ended is ended and waited for too', async (t) => {
  // A key exchange that finished after the server had begun to stop made a session that nobody waited for: the database
  // could close before its end was recorded.
  let late: Promise<FakePeer> | undefined;
  const hall = await openHall(t, (monitor) => ({
    connectionClosed: async (closing) => {
      late ??= hall.arrive(amyOf);
      await late;
      await monitor.connectionClosed(closing);
    },
  }));
  const first = await hall.arrive(amyOf);
  await hall.registry.endAll('server-stopping');
  const second = await late;
  t.same([first.ended, second?.ended], [['server-stopping'], ['server-stopping']]);
  t.match(hall.closings, [{ reason: 'server-stopping' }, { reason: 'server-stopping' }]);
  t.equal(hall.closings.length, 2);
  await hall.registry.endAll('server-stopping');
  t.equal(hall.closings.length, 2);
});

t.test('a transfer that stalls is ended after its time, and its partial stays', async (t) => {
  mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
  t.teardown(() => mock.timers.reset());
  let now = 1_000_000;
  t.teardown(t.intercept(performance, 'now', { value: () => now }).restore);
  const { arrive, closings, uploads } = await openHall(t);
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 1_000) {
      await new Promise(setImmediate);
      now += 1_000;
      mock.timers.tick(1_000);
    }
  };
  const peer = await arrive(amyOf);
  const sftp = await peer.client();
  await send(sftp, '/outgoing/f');
  await pass(10 * limits.stalledMsMax);
  t.same(peer.ended, [], 'it thinks');
  // A message of 256 KiB begins, and one byte a second follows.
  sftp.raw(Buffer.of(0, 4, 0, 0));
  for (let second = 0; second < limits.stalledMsMax / 1000 - 1; second += 1) {
    sftp.raw(Buffer.of(6));
    await pass(1_000);
  }
  t.same(peer.ended, []);
  // What it sent before pays for a while.
  await pass((content.length / limits.stalledBytesPerSecondMin) * 1000 + 3_000);
  t.same(peer.ended, ['stalled']);
  await peer.session.over;
  t.match(closings, [{ reason: 'stalled' }]);
  t.match(await uploads(), [{ state: 'partial', size: content.length }]);

  const reader = await arrive(amyOf);
  const slow = await reader.client();
  await slow.put('/outgoing/large', Buffer.alloc(3_000_000, 1));
  const handle = await slow.open('/outgoing/large', 1);
  slow.pause();
  for (let index = 0; index < 20; index += 1) void slow.read(handle, index * 100_000, 100_000);
  await pass(10 * limits.stalledMsMax);
  t.same(reader.ended, ['stalled'], 'who does not take what it asked for, too');

  const leaver = await arrive(amyOf);
  const left = await leaver.client();
  const file = await left.open('/outgoing/large', 1);
  left.pause();
  for (let index = 0; index < 4; index += 1) void left.read(file, index * 100_000, 100_000);
  // A message without a type ends the channel, but not what the client owes.
  left.raw(Buffer.alloc(4));
  await pass(10 * limits.stalledMsMax);
  t.same(leaver.ended, ['stalled'], 'and who broke off before it took it');
});
