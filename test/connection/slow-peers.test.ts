import t from 'tap';
import type { SftpChannel } from '../../server/connection/peer.ts';
import { limits } from '../../server/domain/limits.ts';
import { ProcessMemory } from '../../server/memory/budget.ts';
import { channelData, rawChannel, rawLogin, serve, until } from './harness.ts';

const MiB = 1024 * 1024;

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

// What was written below the socket's high-water mark stayed on the account, and so did a window that nobody used.
t.test('a connection with an idle channel holds nothing', async (t) => {
  const memory = new ProcessMemory({ ...limits, processMemoryBytesMax: 256 * MiB });
  const served = await serve(t, { memory });
  const client = await rawLogin(t, served);
  const id = await rawChannel(client);
  client.send(channelData(id, Buffer.alloc(1000)));
  await client.next(94);
  await until(() => memory.bytes === 0);
  t.equal(memory.bytes, 0);
});

// Our KEXINIT left behind a mebibyte of replies, and the time for the key exchange was running: readers below 17 KiB/s
// were cut at each hourly one.
t.test('a key exchange waits for the replies that are queued before it', async (t) => {
  const queuedMax = 64 * MiB;
  const served = await serve(t, {
    limits: { rekeyMsMax: 1000, outputBytesMax: queuedMax, outputBytesPause: queuedMax },
    memory: new ProcessMemory({
      ...limits,
      processMemoryBytesMax: 1024 * MiB,
      sessionMemoryBytesMax: queuedMax,
    }),
    channel: () => undefined,
  });
  const client = await rawLogin(t, served);
  await rawChannel(client, { window: queuedMax });
  const channel = served.channels[0]!;
  client.socket.pause();
  channel.stream.write(Buffer.alloc(44 * MiB));
  await until(() => channel.bytesTaken() >= 44 * MiB);
  client.protocol.rekey();
  for (let step = 1; step <= 8; step += 1) {
    // Some of it, and a pause.
    client.socket.resume();
    await until(() => client.isClosed || client.socket.bytesRead > step * 4 * MiB);
    client.socket.pause();
    await sleep(200);
  }
  t.same(served.notices, [], 'a slow reader has its time');
  client.socket.resume();
  await until(() => client.isClosed || client.protocol._kexinit === undefined);
  t.same(served.closed, []);
});

t.test(
  'what a socket that is behind gets rid of counts for its channels, unless they wait for windows',
  async (t) => {
    const served = await serve(t, { channel: () => undefined });
    const client = await rawLogin(t, served);
    await rawChannel(client, { window: 64 * MiB });
    await rawChannel(client, { window: 1000 });
    const [open, shut] = served.channels as [SftpChannel, SftpChannel];
    client.socket.pause();
    open.stream.write(Buffer.alloc(32 * MiB));
    shut.stream.write(Buffer.alloc(2000));
    await sleep(100);
    const taken = open.bytesTaken();
    t.equal(open.bytesTaken(), taken, 'nothing moves');
    t.equal(shut.bytesTaken(), 1000);
    client.socket.resume();
    const before = client.socket.bytesRead;
    await until(() => client.socket.bytesRead > before + MiB);
    client.socket.pause();
    await until(() => open.bytesTaken() > taken + MiB / 2);
    t.equal(shut.bytesTaken(), 1000);
  },
);
