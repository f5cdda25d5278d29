import t from 'tap';
import { limits } from '../../server/domain/limits.ts';
import { ProcessMemory } from '../../server/memory/budget.ts';
import { wireString } from '../../server/domain/wire-string.ts';
import type { SftpChannel } from '../../server/connection/peer.ts';
import {
  type RawClient,
  channelData,
  channelOpen,
  channelRequest,
  login,
  openSubsystem,
  rawChannel,
  rawLogin,
  serve,
  uint32,
  until,
} from './harness.ts';

const keep = (): void => undefined;

async function openRefused(client: RawClient, message: Buffer): Promise<number | undefined> {
  client.send(message);
  return (await client.next(92))?.readUInt32BE(5);
}

/** Comes back once the server has handled everything sent before. */
async function settled(client: RawClient): Promise<void> {
  client.send(Buffer.concat([Buffer.of(80), wireString('marker'), Buffer.of(1)]));
  await client.next(82);
}

// ssh2 looped for ever at a maximum packet size of 0.
t.test('a channel with a tiny maximum packet size is refused', async (t) => {
  const served = await serve(t);
  const client = await rawLogin(t, served);
  t.equal(await openRefused(client, channelOpen('session', 1, 1000, 0)), 2);
  t.equal(await openRefused(client, channelOpen('session', 1, 1000, 1023)), 2);
  t.ok((await rawChannel(client, { packetBytes: 1024 })) >= 0);
});

t.test('only sessions are opened', async (t) => {
  const served = await serve(t);
  const client = await rawLogin(t, served);
  const tcp = Buffer.concat([
    channelOpen('direct-tcpip', 1, 2 ** 20, 32768),
    wireString('127.0.0.1'),
    uint32(22),
    wireString('127.0.0.1'),
    uint32(1),
  ]);
  t.equal(await openRefused(client, tcp), 1);
  t.equal(await openRefused(client, channelOpen('nonsense', 1, 2 ** 20, 32768)), 3);
});

t.test(
  'channels of one connection are capped, and a closed one gives its place back',
  async (t) => {
    const served = await serve(t, { limits: { channelsPerConnectionMax: 3 } });
    const client = await rawLogin(t, served);
    for (let sender = 0; sender < 3; sender += 1)
      await rawChannel(client, { sender, subsystem: sender > 0 });
    t.equal(await openRefused(client, channelOpen('session', 9, 1000, 32768)), 4);
    // ssh2 never forgot a session that was closed before it had a subsystem.
    for (let round = 0; round < 20; round += 1) {
      client.send(Buffer.concat([Buffer.of(97), uint32(0)]));
      t.same(await client.next(97), Buffer.concat([Buffer.of(97), uint32(0)]), 'CLOSE is answered');
      await rawChannel(client, { sender: 0, subsystem: false });
    }
  },
);

t.test('the window and the packet size are enforced', async (t) => {
  const served = await serve(t, { channel: (channel) => channel.stream.pause() });
  const full = Buffer.alloc(32768, 1);
  const honest = await rawLogin(t, served);
  const id = await rawChannel(honest);
  let window: number = limits.channelWindowBytesMin;
  while (window > 0) {
    const bytes = Math.min(window, full.length);
    honest.send(channelData(id, full.subarray(0, bytes)));
    window -= bytes;
    await settled(honest);
    for (let at; (at = honest.received.findIndex(([type]) => type === 93)) >= 0;)
      window += honest.received.splice(at, 1)[0]!.readUInt32BE(5);
  }
  t.notOk(honest.isClosed, 'a whole window is fine');
  honest.send(channelData(id, Buffer.of(1)));
  await honest.closed;

  const large = await rawLogin(t, served);
  large.send(channelData(await rawChannel(large), Buffer.alloc(33 * 1024 + 1)));
  await large.closed;

  const none = await rawLogin(t, served);
  const noSubsystem = await rawChannel(none, { subsystem: false });
  for (let i = 0; i < 5; i += 1) none.send(channelData(noSubsystem, full));
  await none.closed;
  await until(() => served.closed.length === 3);
  t.same(served.closed, ['protocol-error', 'protocol-error', 'protocol-error']);
});

t.test('a window may grow to 2^32-1 and no further', async (t) => {
  const served = await serve(t, { channel: keep });
  const client = await rawLogin(t, served);
  const id = await rawChannel(client, { window: 0xffffffff });
  client.send(Buffer.concat([Buffer.of(93), uint32(id, 0)]));
  await settled(client);
  t.notOk(client.isClosed);
  client.send(Buffer.concat([Buffer.of(93), uint32(id, 1)]));
  await client.closed;
});

t.test('what is for no channel is ignored', async (t) => {
  const served = await serve(t);
  const client = await rawLogin(t, served);
  for (const type of [93, 96, 97, 99, 100])
    client.send(Buffer.concat([Buffer.of(type), uint32(77, 1)]));
  client.send(channelData(77, Buffer.of(1)), channelRequest(77, 'shell', true));
  client.send(Buffer.concat([Buffer.of(95), uint32(77, 1), wireString('stderr')]));
  await settled(client);
  t.notOk(client.isClosed);
});

// PuTTY and WinSCP send winadj@putty and hang without an answer; ssh2 gives none while a subsystem runs.
t.test('every channel request that wants a reply gets one, exactly', async (t) => {
  const served = await serve(t, { channel: keep });
  const client = await rawLogin(t, served);
  const id = await rawChannel(client, { subsystem: false, sender: 5 });
  const pty = channelRequest(
    id,
    'pty-req',
    true,
    wireString('xterm'),
    uint32(80, 24, 0, 0),
    wireString(Buffer.of(0)),
  );
  const x11 = channelRequest(
    id,
    'x11-req',
    true,
    Buffer.of(0),
    wireString('p'),
    wireString('c'),
    uint32(0),
  );
  const before = [
    [channelRequest(id, 'env', true, wireString('LANG'), wireString('C')), 99],
    [channelRequest(id, 'env', false, wireString('LANG'), wireString('C')), 0],
    [pty, 100],
    [x11, 100],
    [channelRequest(id, 'shell', true), 100],
    [channelRequest(id, 'exec', true, wireString('id')), 100],
    [channelRequest(id, 'exec', false, wireString('id')), 0],
    [channelRequest(id, 'signal', true, wireString('TERM')), 100],
    [channelRequest(id, 'auth-agent-req@openssh.com', true), 100],
    [channelRequest(id, 'subsystem', true, wireString('netconf')), 100],
    [channelRequest(id, 'subsystem', true, wireString('sftp')), 99],
    [channelRequest(id, 'subsystem', true, wireString('sftp')), 100],
    [channelRequest(id, 'winadj@putty.projects.tartarus.org', true), 100],
    [channelRequest(id, 'keepalive@openssh.com', true), 100],
    [channelRequest(id, 'exec', true, wireString('id')), 100],
  ] as const;
  client.received.length = 0;
  client.send(...before.map(([message]) => message));
  await settled(client);
  const replies = client.received.filter((message) => message[0] === 99 || message[0] === 100);
  t.same(
    replies.map((message) => message[0]),
    before.map(([, reply]) => reply).filter((reply) => reply > 0),
  );
  t.ok(replies.every((message) => message.readUInt32BE(1) === 5));
  t.equal(served.channels.length, 1, 'one subsystem per channel');
});

t.test('global requests are refused, but no-more-sessions is honoured', async (t) => {
  const served = await serve(t);
  const client = await rawLogin(t, served);
  client.send(
    Buffer.concat([
      Buffer.of(80),
      wireString('tcpip-forward'),
      Buffer.of(1),
      wireString('0.0.0.0'),
      uint32(0),
    ]),
  );
  t.ok(await client.next(82));
  client.send(
    Buffer.concat([Buffer.of(80), wireString('no-more-sessions@openssh.com'), Buffer.of(1)]),
  );
  t.ok(await client.next(81));
  t.equal(await openRefused(client, channelOpen('session', 1, 2 ** 20, 32768)), 1);
});

// OpenSSH's sftp hangs at the end otherwise, and its scp reports failure.
t.test('finish sends what was written, then exit-status 0, EOF and CLOSE', async (t) => {
  const served = await serve(t, {
    channel: (channel) => {
      for (let i = 0; i < 5; i += 1) channel.stream.write(Buffer.alloc(20_000, i));
      channel.finish();
      channel.finish();
    },
  });
  const client = await rawLogin(t, served);
  client.received.length = 0;
  // The window lets 50,000 out, so the end must wait for the rest.
  const id = await rawChannel(client, { window: 50_000, sender: 3 });
  await settled(client);
  t.notOk(client.received.some((message) => [96, 97, 98].includes(message[0]!)));
  client.send(Buffer.concat([Buffer.of(93), uint32(id, 100_000)]));
  const close = await client.next(97);
  t.same(close, Buffer.concat([Buffer.of(97), uint32(3)]));
  const data = client.received.filter((message) => message[0] === 94);
  t.equal(
    data.reduce((sum, message) => sum + message.length - 9, 0),
    100_000,
  );
  const after = client.received.slice(client.received.indexOf(data.at(-1)!) + 1);
  t.same(after, [
    Buffer.concat([Buffer.of(98), uint32(3), wireString('exit-status'), Buffer.of(0), uint32(0)]),
    Buffer.concat([Buffer.of(96), uint32(3)]),
  ]);
});

t.test('writes of one turn share packets', async (t) => {
  const served = await serve(t, {
    channel: ({ stream }) => {
      for (let i = 0; i < 1000; i += 1) stream.write(Buffer.alloc(100, i % 256));
    },
  });
  const client = await rawLogin(t, served);
  await rawChannel(client);
  await settled(client);
  const packets = client.received
    .filter((message) => message[0] === 94)
    .map((message) => message.subarray(9));
  const all = Buffer.concat(packets);
  t.equal(all.length, 100_000);
  for (let i = 0; i < 1000; i += 1)
    if (all[i * 100] !== i % 256) t.fail(`write ${i} came as ${all[i * 100]}`);
  t.same(
    packets.map((packet) => packet.length),
    [32768, 32768, 32768, 1696],
  );
});

t.test('no packet is larger than the client said, nor than 33 KiB', async (t) => {
  const served = await serve(t, {
    channel: ({ stream }) => void stream.write(Buffer.alloc(100_000)),
  });
  const client = await rawLogin(t, served);
  for (const [packetBytes, most] of [
    [1024, 1024],
    [0xffffffff, 33 * 1024],
  ] as const) {
    client.received.length = 0;
    await rawChannel(client, { packetBytes });
    await settled(client);
    const sizes = client.received
      .filter((message) => message[0] === 94)
      .map((message) => message.length - 9);
    t.equal(Math.max(...sizes), most);
    t.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      100_000,
    );
  }
});

type Seen = { ends: number; closes: number; errors: number };

function watch({ stream }: SftpChannel): Seen {
  const seen = { ends: 0, closes: 0, errors: 0 };
  stream.on('end', () => (seen.ends += 1));
  stream.on('close', () => (seen.closes += 1));
  stream.on('error', () => (seen.errors += 1));
  return seen;
}

// In ssh2 a paused channel gets neither `end` nor `close` then, and its write callbacks never come.
t.test(
  'after an abrupt disconnect a paused channel closes once, and its writes fail',
  async (t) => {
    let seen: Seen | undefined;
    const written: (Error | null | undefined)[] = [];
    const served = await serve(t, {
      channel: (channel) => {
        seen = watch(channel);
        channel.stream.pause();
        for (let i = 0; i < 20; i += 1)
          channel.stream.write(Buffer.alloc(32768), (error) => written.push(error));
      },
    });
    const client = await rawLogin(t, served);
    const id = await rawChannel(client, { window: 100 });
    client.send(channelData(id, Buffer.from('unread')));
    await settled(client);
    client.socket.resetAndDestroy();
    await until(() => served.closed.length === 1 && written.length === 20);
    t.same(served.closed, ['connection-lost']);
    // The one write whose rest fits into a packet was copied, and counts as written.
    t.equal(written.filter((error) => error instanceof Error).length, 19);
    t.same(seen, { ends: 0, closes: 1, errors: 0 });
    t.ok(served.channels[0]?.stream.destroyed);
    served.channels[0]?.stream.write('late');
    served.channels[0]?.finish();
    await new Promise((resolve) => setTimeout(resolve, 20));
    t.same(served.faults, []);
  },
);

t.test('EOF ends the stream, CLOSE closes it; what came before is still read', async (t) => {
  for (const last of [96, 97]) {
    let seen: Seen | undefined;
    let heard = '';
    const served = await serve(t, {
      channel: (channel) => {
        seen = watch(channel);
        channel.stream.pause();
        channel.stream.on('data', (data: Buffer) => (heard += data));
        channel.stream.on('end', () => {
          channel.stream.write('reply');
          channel.finish();
        });
        setTimeout(() => channel.stream.resume(), 30);
      },
    });
    const client = await rawLogin(t, served);
    const id = await rawChannel(client);
    client.send(channelData(id, Buffer.from('last ')), channelData(id, Buffer.from('words')));
    client.send(Buffer.concat([Buffer.of(last), uint32(id)]));
    t.ok(await client.next(97));
    if (last === 96) client.send(Buffer.concat([Buffer.of(97), uint32(id)]));
    await until(() => seen?.closes === 1);
    t.equal(heard, 'last words');
    t.same(seen, { ends: 1, closes: 1, errors: 0 });
    t.same(served.faults, []);
  }
});

t.test('a session that destroys its stream closes the channel, not the connection', async (t) => {
  const served = await serve(t, {
    channel: ({ stream }) =>
      stream.destroy(served.channels.length === 1 ? undefined : new Error('malformed')),
  });
  const client = await rawLogin(t, served);
  for (const sender of [1, 2]) {
    await rawChannel(client, { sender });
    t.same(await client.next(97), Buffer.concat([Buffer.of(97), uint32(sender)]));
  }
  await settled(client);
  t.notOk(client.isClosed);
  t.same(served.faults, []);
});

t.test(
  'a session that writes after its end, or throws, ends its connection and not the process',
  async (t) => {
    const served = await serve(t, {
      channel: (channel) => {
        if (served.channels.length === 1) throw new Error('session broken');
        channel.finish();
        channel.stream.write('too late');
      },
    });
    for (const message of [/session broken/, /write after end/]) {
      const client = await rawLogin(t, served);
      client.send(channelOpen('session', 0, 1000, 32768));
      await client.next(91);
      client.send(channelRequest(0, 'subsystem', true, wireString('sftp')));
      await client.closed;
      t.match((served.faults.at(-1) as Error).message, message);
    }
  },
);

t.test('many channels at once keep their bytes apart', async (t) => {
  const served = await serve(t);
  const client = await login(t, served);
  const sizes = await Promise.all(
    Array.from({ length: 10 }, async (_, number) => {
      const channel = await openSubsystem(client);
      let right = 0;
      channel.on('data', (data: Buffer) => {
        for (const byte of data) if (byte === number) right += 1;
      });
      channel.end(Buffer.alloc(300_000, number));
      await new Promise((resolve) => channel.on('close', resolve));
      return right;
    }),
  );
  t.same(
    sizes,
    Array.from({ length: 10 }, () => 300_000),
  );
});

t.test('a channel whose minimum of memory cannot be had is refused, and later taken', async (t) => {
  // An eighth of it is the session's share: its first channel has its minimum beside that, a second one takes one of it.
  const processMemoryBytesMax = 16 * limits.channelMemoryBytesMin;
  const memory = new ProcessMemory({ ...limits, processMemoryBytesMax });
  const served = await serve(t, { memory });
  const client = await rawLogin(t, served);
  await rawChannel(client, { sender: 0 });
  const second = await rawChannel(client, { sender: 1 });
  t.equal(await openRefused(client, channelOpen('session', 2, 1000, 32768)), 4);
  t.ok(served.notices.some(({ text }) => text.startsWith('the server is short of memory')));
  client.send(Buffer.concat([Buffer.of(97), uint32(second)]));
  await client.next(97);
  await rawChannel(client, { sender: 3 });
  client.socket.destroy();
  await until(() => memory.bytes === 0);
  t.pass('everything is given back');
});
