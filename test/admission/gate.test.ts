import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { createGate, type Gate, type GateOptions } from '../../server/admission/gate.ts';
import type { Arrival } from '../../server/domain/authentication.ts';
import type { FaultCode } from '../../server/domain/faults.ts';
import { type Limits, limits } from '../../server/domain/limits.ts';

type Served = {
  readonly gate: Gate;
  readonly port: number;
  readonly arrivals: Arrival[];
  readonly sockets: Socket[];
  readonly reached: FaultCode[];
  readonly faults: unknown[];
  /** A client. */
  readonly open: (localAddress?: string) => Promise<Client>;
};

type Client = {
  readonly socket: Socket;
  readonly ended: Promise<Ended>;
};

/** What was heard until the server hung up, and the error that told of it. */
type Ended = { readonly heard: string; readonly code: string | undefined };

async function serve(
  t: Test,
  more: Partial<Omit<GateOptions, 'limits'>> & { limits?: Partial<Limits> } = {},
): Promise<Served> {
  const arrivals: Arrival[] = [];
  const sockets: Socket[] = [];
  const reached: FaultCode[] = [];
  const faults: unknown[] = [];
  const gate = createGate({
    allowedMonitors: [],
    random: () => 1,
    now: () => 0,
    clock: () => 0,
    randomBytes,
    handOver: (socket, arrival) => {
      arrivals.push(arrival);
      sockets.push(socket);
    },
    onFault: (error) => faults.push(error),
    ...more,
    limits: { ...limits, ...more.limits },
    limitRows: {
      reached: (limit) => reached.push(limit),
      tell: () => undefined,
      settle: async () => undefined,
    },
  });
  const { port } = await gate.listen('127.0.0.1', 0);
  t.teardown(async () => {
    await gate.stopAccepting();
    for (const socket of sockets) socket.destroy();
  });
  const open = async (localAddress = '127.0.0.1') => {
    const socket = connect({ host: '127.0.0.1', port, localAddress });
    t.teardown(() => socket.destroy());
    let heard = '';
    let code: string | undefined;
    socket
      .on('data', (data) => (heard += data.toString('latin1')))
      .on('error', (error: NodeJS.ErrnoException) => (code = error.code));
    const ended = new Promise<Ended>((resolve) =>
      socket.once('close', () => resolve({ heard, code })),
    );
    // A reset may come before we hear that it was connected.
    await Promise.race([new Promise((resolve) => socket.once('connect', resolve)), ended]);
    return { socket, ended };
  };
  return { gate, port, arrivals, sockets, reached, faults, open };
}

async function until(isTrue: () => boolean): Promise<void> {
  for (let turn = 0; turn < 5_000 && !isTrue(); turn += 1)
    await new Promise((resolve) => setTimeout(resolve, 1));
}

t.test('who is admitted is handed over with a name, and nothing of it was read', async (t) => {
  const { gate, arrivals, sockets, open } = await serve(t);
  const { socket } = await open();
  socket.write('SSH-2.0-x\r\n');
  await until(() => sockets.length === 1);
  t.match(arrivals, [
    { connectionId: /^[0-9a-f]{32}$/, source: { address: '127.0.0.1', port: socket.localPort } },
  ]);
  t.same([gate.connections, gate.strangers], [1, 1]);
  t.equal(sockets[0]!.isPaused(), true);
  t.equal(sockets[0]!.bytesRead, 0);
  sockets[0]!.resume();
  const [first] = (await once(sockets[0]!, 'data')) as [Buffer];
  t.equal(first.toString(), 'SSH-2.0-x\r\n');
  gate.loggedIn(arrivals[0]!.connectionId);
  t.same([gate.connections, gate.strangers], [1, 0]);
  gate.left(arrivals[0]!.connectionId, 'client-left');
  gate.left(arrivals[0]!.connectionId, 'client-left');
  t.same([gate.connections, gate.strangers], [0, 0]);
});

// A refused socket gets not even our identification string: nothing was computed for it.
t.test('who is not admitted is reset without a word, and a place freed is a place', async (t) => {
  const { gate, arrivals, reached, open } = await serve(t, {
    limits: { unauthenticatedConnectionsPerSourceMax: 2 },
  });
  await open();
  await open();
  await until(() => arrivals.length === 2);
  const refused = await open();
  t.same(await refused.ended, { heard: '', code: 'ECONNRESET' });
  t.same(reached, ['connections-exceeded-from-source']);
  t.equal(gate.connections, 2);
  gate.left(arrivals[0]!.connectionId, 'worker-lost');
  await open();
  await until(() => arrivals.length === 3);
  t.equal(gate.connections, 2);
});

t.test('a source that is kept out is reset, and another is served meanwhile', async (t) => {
  const { gate, arrivals, reached, open } = await serve(t);
  await open();
  await until(() => arrivals.length === 1);
  for (let count = 0; count < 3; count += 1)
    gate.loginRefused(arrivals[0]!.connectionId, 'password-wrong');
  const refused = await open();
  t.same(await refused.ended, { heard: '', code: 'ECONNRESET' });
  t.same(reached, ['address-banned']);
  await open('127.0.0.2');
  await until(() => arrivals.length === 2);
  t.equal(arrivals[1]?.source.address, '127.0.0.2');
  t.match(gate.penalties.lift('127.0.0.1'), { failures: 3, refused: 1 });
  await open();
  await until(() => arrivals.length === 3);
  t.equal(gate.connections, 3);
});

t.test('a hundred refused at once are reset, and leave nothing behind', async (t) => {
  const { gate, arrivals, reached, open, faults } = await serve(t, {
    limits: { unauthenticatedConnectionsPerSourceMax: 1 },
  });
  await open();
  await until(() => arrivals.length === 1);
  const flood = await Promise.all(Array.from({ length: 100 }, () => open()));
  for (const { ended } of flood) t.equal((await ended).heard, '');
  await until(() => reached.length === 100);
  t.equal(reached.length, 100);
  t.same([gate.connections, faults.length], [1, 0]);
});

t.test('a socket that cannot be handed over is closed, and its place is free', async (t) => {
  const { gate, faults, open } = await serve(t, {
    handOver: () => {
      throw new Error('no worker');
    },
  });
  await (
    await open()
  ).ended;
  t.match(faults, [{ message: 'no worker' }]);
  t.equal(gate.connections, 0);
  t.same(gate.penalties.list(), []);
});

t.test('a client that resets at once does no harm', async (t) => {
  const { gate, open, faults, arrivals } = await serve(t);
  for (let count = 0; count < 20; count += 1) (await open()).socket.resetAndDestroy();
  const { socket } = await open();
  await until(() => arrivals.some(({ source }) => source.port === socket.localPort));
  t.same(faults, []);
  for (const { connectionId } of arrivals) gate.left(connectionId, 'connection-lost');
  t.equal(gate.connections, 0);
});

t.test('no more are taken after that, and those that are there go on', async (t) => {
  const { gate, port, sockets, open } = await serve(t);
  const { socket } = await open();
  await until(() => sockets.length === 1);
  await gate.stopAccepting();
  await gate.stopAccepting();
  const late = connect(port, '127.0.0.1');
  const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException];
  t.equal(error.code, 'ECONNREFUSED');
  sockets[0]!.write('still here');
  const [heard] = (await once(socket, 'data')) as [Buffer];
  t.equal(heard.toString(), 'still here');
});

t.test('an address in use is told by its own error', async (t) => {
  const { port } = await serve(t);
  const other = createGate({
    limits,
    allowedMonitors: [],
    random: () => 1,
    now: () => 0,
    clock: () => 0,
    randomBytes,
    handOver: () => undefined,
    onFault: () => undefined,
    limitRows: { reached: () => undefined, tell: () => undefined, settle: async () => undefined },
  });
  await t.rejects(other.listen('127.0.0.1', port), { code: 'EADDRINUSE' });
});
