import t from 'tap';
import type { ConnectionOpening } from '../../server/domain/authentication.ts';
import { refuse, succeed } from '../../server/domain/faults.ts';
import { createFaces } from '../../server/monitor/faces.ts';
import { Placements } from '../../server/monitor/placements.ts';
import { isSayable } from '../../server/monitor/schemas.ts';
import type { Answers } from '../../server/monitor/verbs.ts';

const arrival = (connectionId: string) => ({
  connectionId,
  source: { address: '192.0.2.1', port: 5 },
});
const closing = (connectionId: string) => ({
  connectionId,
  reason: 'client-left' as const,
  operations: {},
  bytesRead: 0,
  bytesWritten: 0,
});
const stat = { kind: 'stat', path: '/' as never } as const;

function desk() {
  const said: unknown[] = [];
  const left: string[] = [];
  const faults: unknown[] = [];
  let stopping = false;
  let answer = async (): Promise<unknown> => succeed(null);
  const monitor: Answers = {
    connectionOpened: async (opening) => (said.push(opening), succeed(null)),
    authenticate: async ({ connectionId, username }) => ({
      kind: 'accepted',
      ticket: { sessionId: `s-${connectionId}`, username, agencyCode: 'alameda' },
    }),
    connectionClosed: async (given) => void said.push(given),
    request: async (sessionId) => (said.push(sessionId), (await answer()) as never),
    refused: async (sessionId) => void said.push(sessionId),
    progress: (sessionId) => void said.push(sessionId),
  };
  const placements = new Placements();
  const faces = createFaces({
    monitor,
    placements,
    signExchange: (hash, type) =>
      type === 'ssh-ed25519' ? Uint8Array.from([...hash].reverse()) : undefined,
    proveHostKeys: (sshSessionId, blobs) =>
      blobs.every((blob) => blob[0] === 7) ? blobs.map(() => sshSessionId) : undefined,
    isStopping: () => stopping,
    onLeft: (connectionId, reason) => left.push(`${connectionId} ${reason}`),
    onFault: (error) => faults.push(error),
  });
  const login = async (connectionId: string, worker: number) => {
    placements.place(arrival(connectionId), worker);
    const face = faces.of(worker);
    const reply = await face.authenticate({
      connectionId,
      username: 'amy',
      proof: { kind: 'none' },
    });
    if (reply.kind !== 'accepted') throw new Error('not accepted');
    return { face, sessionId: reply.ticket.sessionId };
  };
  return {
    faces,
    placements,
    said,
    left,
    faults,
    login,
    stop: () => (stopping = true),
    answerWith: (work: typeof answer) => (answer = work),
  };
}

t.test('a worker speaks of its own connections and of no others', async (t) => {
  const { faces, placements, login, said } = desk();
  const { face, sessionId } = await login('a', 1);
  const other = faces.of(2);
  said.length = 0;
  t.match(await other.request(sessionId, stat), { refusal: { code: 'session-ended' } });
  t.match(await other.signExchange('a', new Uint8Array(32), 'ssh-ed25519'), { ok: false });
  t.match(
    await other.authenticate({ connectionId: 'a', username: 'amy', proof: { kind: 'none' } }),
    { kind: 'disconnect' },
  );
  await other.connectionClosed(closing('a'));
  await other.refused(sessionId, { operation: 'x', path: '', code: 'internal' });
  other.progress(sessionId, { bytesRead: 0, bytesWritten: 0, files: [] });
  t.same(said, [], 'the monitor heard of none of it');
  t.match(await face.request(sessionId, stat), { ok: true });
  t.not(placements.ofConnection('a'), undefined);
  t.match(await face.request('unknown', stat), { refusal: { code: 'session-ended' } });
});

t.test(
  'where a connection comes from is what the socket said, not what the worker says',
  async (t) => {
    const { faces, placements, said } = desk();
    placements.place(arrival('a'), 1);
    const lie: ConnectionOpening = {
      connectionId: 'a',
      source: { address: '10.0.0.1', port: 22 },
      client: 'x',
      algorithms: {},
    };
    await faces.of(1).connectionOpened(lie);
    t.match(said, [{ source: { address: '192.0.2.1', port: 5 } }]);
  },
);

t.test('only exchange hashes are signed, and the first is the session identifier', async (t) => {
  const { faces, placements } = desk();
  placements.place(arrival('a'), 1);
  const face = faces.of(1);
  for (const length of [0, 31, 33, 100])
    t.match(await face.signExchange('a', new Uint8Array(length), 'ssh-ed25519'), {
      refusal: { code: 'message-malformed' },
    });
  t.equal(placements.ofConnection('a')?.sshSessionId, undefined);
  const first = new Uint8Array(32).fill(1);
  t.match(await face.signExchange('a', first, 'ssh-ed25519'), { ok: true });
  t.match(await face.signExchange('a', new Uint8Array(32).fill(2), 'ssh-ed25519'), { ok: true });
  t.same(placements.ofConnection('a')?.sshSessionId, first, 'a rekey does not change it');
  placements.place(arrival('b'), 1);
  t.match(
    await face.signExchange('b', first, 'ssh-ed25519'),
    { ok: false },
    'nor does another connection get it',
  );
});

t.test(
  'host keys are proven for the connection as the monitor knows it, after its login',
  async (t) => {
    const { faces, placements, login } = desk();
    placements.place(arrival('b'), 1);
    const key = Uint8Array.of(7);
    const session = new Uint8Array(32).fill(3);
    t.match(await faces.of(1).signExchange('b', session, 'ssh-ed25519'), { ok: true });
    t.match(await faces.of(1).proveHostKeys('b', [key]), { refusal: { code: 'session-ended' } });
    const { face } = await login('a', 1);
    t.match(await face.proveHostKeys('a', [key]), { ok: false }, 'nothing to bind it to');
    const hash = new Uint8Array(32).fill(4);
    t.match(await face.signExchange('a', hash, 'ssh-rsa'), {
      refusal: { code: 'message-malformed' },
    });
    t.match(await face.proveHostKeys('a', [key]), { ok: true, value: [hash] });
    t.match(await face.proveHostKeys('a', [Uint8Array.of(8)]), { ok: false }, 'no key of ours');
    t.match(await faces.of(2).proveHostKeys('a', [key]), { ok: false }, 'nor for another worker');
  },
);

t.test('a close waits for what was asked, and takes nothing more', async (t) => {
  // An OPEN that was answered after its session was settled would have stayed open until the next start.
  const { login, said, left, placements, answerWith } = desk();
  const { face, sessionId } = await login('a', 1);
  let done = (): void => undefined;
  answerWith(() => new Promise((resolve) => (done = () => resolve(refuse('not-found')))));
  const asked = face.request(sessionId, stat);
  said.length = 0;
  const closed = face.connectionClosed(closing('a'));
  t.match(await face.request(sessionId, stat), { refusal: { code: 'session-ended' } });
  t.same(said, []);
  done();
  await asked;
  await closed;
  t.match(said, [{ connectionId: 'a' }]);
  t.same(left, ['a client-left']);
  t.equal(placements.ofSession(sessionId), undefined);
});

t.test('on the way down nothing begins, and what runs goes on', async (t) => {
  const { login, faces, placements, stop } = desk();
  const { face, sessionId } = await login('a', 1);
  placements.place(arrival('b'), 1);
  stop();
  const flags = {
    read: true,
    write: false,
    append: false,
    create: false,
    truncate: false,
    exclusive: false,
  };
  const open = { kind: 'open', path: '/f' as never, flags, change: {} } as const;
  t.match(await face.request(sessionId, open), { refusal: { code: 'server-stopping' } });
  t.match(await face.request(sessionId, stat), { ok: true });
  t.match(
    await faces.of(1).authenticate({ connectionId: 'b', username: 'amy', proof: { kind: 'none' } }),
    { kind: 'disconnect' },
  );
});

t.test('what a lost worker had is settled as cut off, once', async (t) => {
  const { faces, login, said, left, placements } = desk();
  await login('a', 1);
  await login('b', 1);
  await login('c', 2);
  said.length = 0;
  t.equal(await faces.lost(1), 2);
  t.match(said, [
    { connectionId: 'a', reason: 'worker-lost' },
    { connectionId: 'b', reason: 'worker-lost' },
  ]);
  t.same(left, ['a worker-lost', 'b worker-lost']);
  t.equal(placements.countOf(1), 0);
  t.equal(placements.countOf(2), 1);
  t.equal(await faces.lost(1), 0);
});

t.test('a verb that is none, or arguments of another shape, are not said', async (t) => {
  t.ok(isSayable('request', ['s', stat]));
  t.ok(
    isSayable('progress', [
      's',
      { bytesRead: 0, bytesWritten: 5, files: [{ openId: 'o', bytes: 5 }] },
    ]),
  );
  for (const [verb, args] of [
    ['constructor', []],
    ['__proto__', []],
    ['toString', []],
    ['ready', []],
    ['request', []],
    ['request', ['s', { kind: 'stat' }]],
    ['request', ['s', { kind: 'stat', path: 5 }]],
    ['request', ['s', { ...stat, more: 1 }]],
    ['request', ['s'.repeat(65), stat]],
    ['request', ['s', stat, 'more']],
    ['signExchange', ['a', 'not bytes']],
    ['authenticate', [{ connectionId: 'a', username: 'amy', proof: { kind: 'sesame' } }]],
    ['connectionClosed', [{ ...closing('a'), reason: 'because' }]],
    ['connectionClosed', [{ ...closing('a'), bytesRead: -1 }]],
    ['progress', ['s', [{ openId: 'o', bytes: 0.5 }]]],
  ] as const)
    t.notOk(isSayable(verb, args), `${verb} ${JSON.stringify(args).slice(0, 60)}`);
});
