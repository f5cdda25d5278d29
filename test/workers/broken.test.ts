import t, { type Test } from 'tap';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { refuse, succeed } from '../../server/domain/faults.ts';
import { createFaces } from '../../server/monitor/faces.ts';
import { Placements } from '../../server/monitor/placements.ts';
import { startProcesses } from '../../server/monitor/processes.ts';
import { WorkerProcess } from '../../server/monitor/worker-process.ts';
import { isAlive, until } from './fixtures.ts';

/** A worker program that says it is ready, and then does what `deed` says. */
const program = (deed: string) => `
  const { Socket } = require('node:net');
  const pipe = new Socket({ fd: 4, readable: true, writable: true });
  const frame = (json, beside = '', claimed = beside.length) => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(Buffer.byteLength(json), 0);
    head.writeUInt32BE(claimed, 4);
    return Buffer.concat([head, Buffer.from(json), Buffer.from(beside)]);
  };
  const say = (...messages) => pipe.write(frame(JSON.stringify(messages)));
  process.on('message', (message) => {
    if (message.kind === 'call') process.send({ kind: 'reply', id: message.id, value: null });
  });
  pipe.once('data', () => {
    say({ kind: 'note', verb: 'ready', args: [] });
    ${deed}
  });
  process.once('disconnect', () => process.exit());
  say({ kind: 'call', id: 1, verb: 'settings', args: [] });
`;

function standIn(faults: unknown[]) {
  const left: string[] = [];
  const placements = new Placements();
  const faces = createFaces({
    monitor: {
      connectionOpened: async () => succeed(null),
      authenticate: async () => ({ kind: 'disconnect' }),
      connectionClosed: async () => undefined,
      request: async () => refuse('unavailable'),
      refused: async () => undefined,
      progress: () => undefined,
    },
    placements,
    signExchange: (hash) => hash,
    proveHostKeys: () => undefined,
    isStopping: () => false,
    onLeft: (connectionId) => left.push(connectionId),
    onFault: (error) => faults.push(error),
  });
  return { left, placements, faces };
}

async function oneWorker(t: Test, deed: string, pingMs?: number) {
  const directory = t.testdir({ 'worker.cjs': program(deed) });
  const faults: unknown[] = [];
  const { faces } = standIn(faults);
  let ready = (): void => undefined;
  const isReady = new Promise<void>((resolve) => (ready = resolve));
  let gone = (_how: string): void => undefined;
  const isGone = new Promise<string>((resolve) => (gone = resolve));
  const worker = new WorkerProcess({
    number: 1,
    program: {
      entry: join(directory, 'worker.cjs'),
      nodeOptions: [],
      environment: [],
      workingDirectory: directory,
    },
    settings: {},
    monitor: faces.of(1),
    onReady: ready,
    onGone: gone,
    onFault: (error) => faults.push(error),
    ...(pingMs === undefined ? {} : { pingMs }),
  });
  t.teardown(() => worker.kill());
  await isReady;
  return { worker, isGone, faults };
}

t.test('a worker that breaks the seam is ended, and the monitor lives on', async (t) => {
  // A message of no known kind threw in the listener of the channel, where nobody caught it, and ended the monitor.
  for (const deed of [
    `process.send({ kind: 'zzz' });`,
    `process.send(null);`,
    `process.send('text');`,
    `process.send({ kind: 'call', id: 2, verb: 'ping', args: [] });`,
    `say({ kind: 'zzz' });`,
    `say(null);`,
    `say('text');`,
    `say({ kind: 'reply', id: 1, value: null });`,
    `say({ kind: 'call', id: 2, verb: 'request', args: ['s', { kind: 'stat' }] });`,
    `say({ kind: 'note', verb: 'constructor', args: [] });`,
    `say({ kind: 'call', id: 'x', verb: 'progress', args: [] });`,
    `say({ kind: 'note', verb: 'progress', args: 7 });`,
    `pipe.write(frame('{}'));`,
    `pipe.write(frame('[1'));`,
    `pipe.write(frame('[]', 'x'));`,
    `pipe.write(frame('[{"$bytes":2}]', 'x'));`,
    `pipe.write(frame('[]', '', 0xffffffff));`,
    `pipe.write(frame('['.repeat(1_000_000)));`,
  ]) {
    const { isGone } = await oneWorker(t, deed);
    t.equal(await isGone, 'SIGKILL', deed.slice(0, 60));
  }
});

t.test('a worker that hangs is noticed and ended', async (t) => {
  // Its sessions, the names that it held and the places of its strangers were taken for ever.
  const { isGone, faults } = await oneWorker(t, 'setTimeout(() => { for (;;); }, 50);', 400);
  t.equal(await isGone, 'SIGKILL');
  t.match(faults.at(-1), { message: /does not answer/ });
});

t.test('a worker that closes its pipe is ended', async (t) => {
  const { isGone } = await oneWorker(t, 'pipe.destroy(); setInterval(() => 0, 1000);');
  t.equal(await isGone, 'SIGKILL');
});

t.test('a worker that floods, or hears nothing, costs the monitor little memory', async (t) => {
  // Every question was read and answered, whether or not anybody took the answers.
  const ask = `say(...Array.from({ length: 1000 }, (_, id) => ({ kind: 'call', id: id + 2, verb: 'request',
    args: ['s', { kind: 'stat', path: '/' + 'x'.repeat(900) }] })))`;
  const { worker, isGone } = await oneWorker(
    t,
    `pipe.pause(); const more = () => { while (${ask}); }; pipe.on('drain', more); more();`,
  );
  let asked = 0;
  const seen: number[] = [];
  while (seen.length < 3 || seen.at(-1) !== seen.at(-2)) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    seen.push(
      (asked = Number(readFileSync(`/proc/${worker.pid}/io`, 'utf8').match(/wchar: (\d+)/)![1])),
    );
  }
  t.ok(asked < 64 * 1024 * 1024, `it could say ${asked} bytes, and no more`);
  worker.kill();
  await isGone;
});

t.test('a worker that closes its channel is ended', async (t) => {
  const { isGone } = await oneWorker(
    t,
    'process.removeAllListeners("disconnect"); setInterval(() => 0, 1000); process.disconnect();',
  );
  t.equal(await isGone, 'SIGKILL');
});

t.test('sockets on their way to a worker that dies are closed', async (t) => {
  // Node sends one socket at a time; those that waited when the channel closed stayed open for ever.
  const { worker, isGone } = await oneWorker(t, '');
  const door = createServer({ pauseOnConnect: true });
  t.teardown(() => door.close());
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  const { port } = door.address() as AddressInfo;
  const clients: Socket[] = [];
  const arrived: Socket[] = [];
  door.on('connection', (socket) => arrived.push(socket));
  for (let count = 0; count < 10; count += 1) clients.push(connect(port, '127.0.0.1').resume());
  const closed = clients.map((socket) => {
    socket.on('error', () => undefined);
    return new Promise((resolve) => socket.once('close', resolve));
  });
  await until(() => arrived.length === 10);
  process.kill(worker.pid!, 'SIGSTOP');
  for (const [index, socket] of arrived.entries())
    worker.hand(socket, { connectionId: String(index), source: { address: '127.0.0.1', port: 1 } });
  worker.kill();
  await isGone;
  await Promise.all(closed);
  t.pass('every client heard of it');
});

t.test('a worker that cannot be started is told, and another is tried', async (t) => {
  const directory = t.testdir({ 'worker.cjs': 'process.exit(7);' });
  const faults: unknown[] = [];
  const { placements, faces } = standIn(faults);
  await t.rejects(
    startProcesses({
      count: 1,
      program: {
        entry: join(directory, 'worker.cjs'),
        nodeOptions: [],
        environment: [],
        workingDirectory: directory,
      },
      settings: {},
      placements,
      faces,
      onStarted: () => undefined,
      onLost: () => undefined,
      onFault: (error) => faults.push(error),
    }),
    { message: /did not start: exit status 7/ },
  );
});

t.test('one that dies is replaced, and a stuck one does not hold up the stop', async (t) => {
  const directory = t.testdir({ 'worker.cjs': program('') });
  const faults: unknown[] = [];
  const pids: number[] = [];
  const { placements, faces } = standIn(faults);
  const workers = await startProcesses({
    count: 2,
    program: {
      entry: join(directory, 'worker.cjs'),
      nodeOptions: [],
      environment: [],
      workingDirectory: directory,
    },
    settings: {},
    placements,
    faces,
    onStarted: ({ pid }) => pids.push(pid!),
    onLost: () => undefined,
    onFault: (error) => faults.push(error),
  });
  process.kill(pids[0]!, 'SIGKILL');
  await until(() => pids.length === 3);
  process.kill(pids[1]!, 'SIGSTOP');
  await workers.close();
  t.ok(pids.every((pid) => !isAlive(pid)));
});
