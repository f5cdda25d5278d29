import { createHash, randomBytes } from 'node:crypto';
import t from 'tap';
import { limits } from '../../server/domain/limits.ts';
import { wireString } from '../../server/domain/wire-string.ts';
import { Inbox } from '../../server/connection/inbox.ts';
import {
  channelData,
  login,
  openSubsystem,
  rawChannel,
  rawClient,
  rawLogin,
  serve,
  serviceRequest,
  uint32,
  until,
} from './harness.ts';

const MiB = 1024 * 1024;

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

t.test('20 MiB go through and back unharmed', async (t) => {
  const served = await serve(t);
  const client = await login(t, served);
  const channel = await openSubsystem(client);
  const sent = createHash('sha256');
  const came = createHash('sha256');
  let bytes = 0;
  channel.on('data', (data: Buffer) => {
    bytes += data.length;
    came.update(data);
  });
  const block = randomBytes(100_003);
  for (let left = 20 * MiB; left > 0; left -= block.length) {
    sent.update(block);
    if (!channel.write(block)) await new Promise((resolve) => channel.once('drain', resolve));
  }
  channel.end();
  await new Promise((resolve) => channel.on('close', resolve));
  t.ok(bytes >= 20 * MiB);
  t.equal(came.digest('hex'), sent.digest('hex'));
});

// ssh2's channel obeys the SSH window alone: a window of 2^32 and a reader that does not read cost the server 4 GiB.
t.test('a client that opens its window and does not read makes the writer wait', async (t) => {
  let produced = 0;
  const served = await serve(t, {
    channel: ({ stream }) => {
      const produce = (): void => {
        while (!stream.destroyed && produced < 200 * MiB) {
          produced += 32768;
          if (!stream.write(Buffer.alloc(32768, 1))) return void stream.once('drain', produce);
        }
      };
      produce();
    },
  });
  const client = await rawLogin(t, served);
  await rawChannel(client, { window: 0xffffffff });
  client.socket.pause();
  await until(() => produced > 0);
  let before = -1;
  while (before !== produced) {
    before = produced;
    await sleep(100);
  }
  // Kernel buffers take some MiB, the server's own are bounded.
  t.ok(produced < 32 * MiB, `${produced / MiB} MiB`);
  const stopped = produced;
  client.socket.resume();
  await until(() => produced > stopped + 8 * MiB);
  t.ok(served.channels[0]!.stream.writableLength <= MiB);
});

t.test('a session that does not read stops the client at one window', async (t) => {
  const served = await serve(t, { channel: ({ stream }) => stream.pause() });
  const client = await login(t, served);
  const channel = await openSubsystem(client);
  let sent = 0;
  channel.write(Buffer.alloc(6 * MiB), () => (sent = 6));
  const { stream } = served.channels[0]!;
  await sleep(100);
  t.equal(sent, 0);
  t.ok(stream.readableLength <= 64 * 1024, 'Node holds little');
  let read = 0;
  stream.on('data', (data: Buffer) => (read += data.length));
  stream.resume();
  await until(() => read === 6 * MiB);
});

// Two million packets of one byte would be two million buffers, each with a socket buffer under it.
t.test('a window full of single bytes is kept in few buffers', async (t) => {
  const inbox = new Inbox();
  for (let i = 0; i < 100_000; i += 1) inbox.add(Buffer.of(i % 256));
  inbox.add(Buffer.alloc(5000, 1));
  inbox.add(Buffer.of(9));
  t.equal(inbox.bytes, 105_001);
  const chunks: Buffer[] = [];
  for (let chunk = inbox.take(); chunk !== undefined; chunk = inbox.take()) chunks.push(chunk);
  t.equal(chunks.length, 6);
  t.equal(inbox.bytes, 0);
  const all = Buffer.concat(chunks);
  for (let i = 0; i < 100_000; i += 1) if (all[i] !== i % 256) t.fail(`byte ${i}`);
  t.equal(all.at(-1), 9);
});

t.test('the window comes back bit by bit to a slow reader', async (t) => {
  const served = await serve(t, { channel: ({ stream }) => stream.pause() });
  const client = await rawLogin(t, served);
  const id = await rawChannel(client);
  let window: number = limits.channelWindowBytesMin;
  let sent = 0;
  let read = 0;
  const { stream } = served.channels[0]!;
  while (sent < 12 * MiB) {
    while (window >= 32768) {
      client.send(channelData(id, Buffer.alloc(32768)));
      window -= 32768;
      sent += 32768;
    }
    const adjusted = client.next(93);
    for (
      let chunk = stream.read() as Buffer | null;
      chunk !== null || read < sent - window;
      chunk = stream.read() as Buffer | null
    ) {
      if (chunk === null) await sleep(1);
      else read += chunk.length;
      if (client.received.some((message) => message[0] === 93)) break;
    }
    const message = await adjusted;
    window += message!.readUInt32BE(5);
    t.ok(window <= 2 * MiB, 'never more than one window');
  }
  t.ok(read > 9 * MiB);
});

// Replies are not subject to any window: whoever asks without reading must not fill the memory.
t.test('a flood of requests whose answers are not read stops the reading', async (t) => {
  const served = await serve(t, { limits: { outputBytesPause: 64 * 1024 } });
  const client = await rawLogin(t, served);
  const request = Buffer.concat([Buffer.of(80), wireString('x'), Buffer.of(1)]);
  client.socket.pause();
  let blocked = false;
  for (let i = 0; i < 500 && !blocked; i += 1) {
    client.send(...Array.from({ length: 4000 }, () => request));
    blocked = client.socket.writableLength > MiB / 2;
    await sleep(1);
  }
  t.ok(blocked, 'the server reads no more');
  client.socket.resume();
  await until(() => client.socket.writableLength === 0);
  t.same(served.closed, []);
});

t.test('a client that stalls a key exchange is closed', async (t) => {
  const served = await serve(t, { limits: { rekeyMs: 200, rekeyMsMax: 60 } });
  const client = await rawLogin(t, served);
  // It hears the server's KEXINIT and does nothing.
  (client.protocol._decipher as unknown as { _onPayload(): void })._onPayload = () => undefined;
  await client.closed;
  await until(() => served.closed.length === 1);
  t.same(served.closed, ['protocol-error']);
  t.match(served.notices[0], { text: 'key exchange not finished' });
});

t.test(
  'a client that starts a key exchange and leaves it is closed, before the login too',
  async (t) => {
    const served = await serve(t, { limits: { rekeyMsMax: 60 } });
    const client = await rawClient(t, served);
    client.send(serviceRequest());
    await client.next(6);
    (client.protocol._decipher as unknown as { _onPayload(): void })._onPayload = () => undefined;
    client.protocol.rekey();
    await client.closed;
    t.match(served.notices[0], { text: 'key exchange not finished' });
  },
);

t.test('a stranger may ask for new keys a few times only', async (t) => {
  const served = await serve(t, { limits: { rekeysBeforeLoginMax: 2 } });
  const client = await rawClient(t, served);
  for (let i = 0; i < 3; i += 1) {
    client.protocol.rekey();
    await until(() => client.isClosed || client.protocol._kexinit === undefined);
  }
  await client.closed;
  t.match(served.notices[0], { text: /too many key exchanges/ });
});

t.test('during a key exchange nothing piles up, and a flood ends the connection', async (t) => {
  const served = await serve(t, {
    limits: { rekeyMs: 300, rekeyPacketsQueuedMax: 100 },
    channel: () => undefined,
  });
  const client = await rawLogin(t, served);
  await rawChannel(client, { window: 0xffffffff });
  const came: (number | undefined)[] = [];
  (client.protocol._decipher as unknown as { _onPayload(payload: Buffer): void })._onPayload = (
    payload,
  ) => {
    came.push(payload[0]);
  };
  await until(() => came.length > 0);
  const { stream } = served.channels[0]!;
  for (let i = 0; i < 200; i += 1) stream.write(Buffer.alloc(32768));
  await sleep(50);
  t.same(came, [20], 'KEXINIT alone, no data');
  t.ok(stream.writableLength > 6 * MiB, 'the writer waits');
  t.notOk(client.isClosed);
  const request = Buffer.concat([Buffer.of(80), wireString('x'), Buffer.of(1)]);
  for (let i = 0; i < 200; i += 1) client.send(request);
  await client.closed;
  t.match(served.notices[0], { text: 'requests during a key exchange' });
});

// Packets were counted, and not their bytes: 4,096 answers to pings of 32 KiB each were 128 MiB for one connection.
t.test('nor do long answers pile up during a key exchange', async (t) => {
  const served = await serve(t, { limits: { rekeyMs: 100 } });
  const client = await rawLogin(t, served);
  const came: (number | undefined)[] = [];
  (client.protocol._decipher as unknown as { _onPayload(payload: Buffer): void })._onPayload = (
    payload,
  ) => {
    came.push(payload[0]);
  };
  const ping = Buffer.concat([Buffer.of(192), wireString(Buffer.alloc(30 * 1024))]);
  for (let count = 0; count < 4; count += 1) client.send(ping);
  await until(() => came.includes(20));
  const answers = came.filter((type) => type === 193).length;
  for (let count = 0; count < 8; count += 1) client.send(ping);
  await sleep(50);
  t.notOk(client.isClosed, 'a quarter of a MiB is held back');
  t.equal(came.filter((type) => type === 193).length, answers);
  for (let count = 0; count < 8; count += 1) client.send(ping);
  await client.closed;
  t.match(served.notices[0], { text: 'requests during a key exchange' });
});

t.test('new keys by time and by bytes, under load, in both directions', async (t) => {
  const served = await serve(t, { limits: { rekeyBytes: MiB, rekeyMs: 10 } });
  const client = await login(t, served);
  let exchanges = 0;
  client.on('handshake', () => (exchanges += 1));
  const channel = await openSubsystem(client);
  let bytes = 0;
  channel.on('data', (data: Buffer) => (bytes += data.length));
  for (let i = 0; i < 64; i += 1) {
    if (!channel.write(Buffer.alloc(128 * 1024)))
      await new Promise((resolve) => channel.once('drain', resolve));
  }
  channel.end();
  await new Promise((resolve) => channel.on('close', resolve));
  t.equal(bytes, 8 * MiB);
  t.ok(exchanges > 3, `${exchanges} key exchanges`);
  t.same(served.closed, []);
});

t.test('two hundred connections come and go, and nothing stays', async (t) => {
  const served = await serve(t, { limits: { unauthenticatedConnectionsPerSourceMax: 200 } });
  for (let round = 0; round < 10; round += 1) {
    await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const client = await rawLogin(t, served);
        const id = await rawChannel(client);
        client.send(channelData(id, Buffer.from('x')));
        if (i % 3 === 0) client.send(Buffer.concat([Buffer.of(96), uint32(id)]));
        if (i % 2 === 0) client.socket.resetAndDestroy();
        else client.socket.end();
      }),
    );
  }
  await until(() => served.reception.connections === 0 && served.closed.length === 200);
  t.equal(served.peers.length, 200);
  t.ok(served.channels.every(({ stream }) => stream.destroyed));
  t.same(served.faults, []);
});
