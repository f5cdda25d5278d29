import { randomBytes } from 'node:crypto';
import type ssh2 from 'ssh2';
import { packet } from '../server/sftp/protocol.ts';
import { WireWriter } from '../server/sftp/wire.ts';
import { SftpClient } from '../test/fixtures/sftp-client.ts';
import {
  connectPatiently,
  openSession,
  openSftp,
  sleep,
  type BenchSession,
  type Login,
} from './sessions.ts';

/**
 * What a client that may log in does to hurt the others. Each resolves when the attack has begun, goes on by itself, and
 * is ended with its process.
 */
export type Attack = (login: Login) => Promise<void>;

const sessionsMax = 32;
const channelsMax = 10;
const windowMax = 0xffff_ffff;
const create = 2 | 8 | 16;

/** ssh2's client, as far as an attacker needs its inside. */
type Inside = {
  readonly _sock: { pause(): void; write(data: Buffer): boolean; writableLength: number };
  readonly _protocol: {
    session(channel: number, window: number, packetBytes: number): void;
    channelData(channel: number, data: Buffer): void;
    rekey(): void;
  };
};

function insideOf(client: ssh2.Client): Inside {
  return client as unknown as Inside;
}

function remoteIdOf(channel: ssh2.ClientChannel): number {
  return (channel as unknown as { outgoing: { id: number } }).outgoing.id;
}

let nextId = 1_000_000;

function request(type: number, fields: (writer: WireWriter) => WireWriter): Buffer {
  nextId += 1;
  return Buffer.from(fields(new WireWriter(type).u32(nextId)).finish());
}

const statOf = (path: string) => request(packet.STAT, (writer) => writer.string(path));
const readOf = (handle: Buffer, offset: number) =>
  request(packet.READ, (writer) =>
    writer
      .string(handle)
      .u64(offset)
      .u32(255 * 1024),
  );

async function sessions(login: Login, count: number): Promise<BenchSession[]> {
  const opened: BenchSession[] = [];
  for (let index = 0; index < count; index += 1) opened.push(await openSession(login));
  return opened;
}

/** Ten channels of that session, the one that it has included. */
async function allChannels({ client, channel }: BenchSession): Promise<ssh2.ClientChannel[]> {
  const channels = [channel];
  const init = Buffer.from(new WireWriter(packet.INIT).u32(3).finish());
  while (channels.length < channelsMax) {
    const another = await openSftp(client);
    another.write(init);
    another.on('data', () => undefined);
    channels.push(another);
  }
  return channels;
}

/** Asks for far more than it ever reads, on every session and channel that it may have. */
async function neverReads(login: Login): Promise<void> {
  const [first, ...rest] = await sessions(login, sessionsMax);
  await first!.sftp.put('/outgoing/bait', randomBytes(8 * 1024 * 1024));
  for (const session of [first!, ...rest]) {
    const handle = await session.sftp.open('/outgoing/bait', 1);
    for (let index = 0; index < 500; index += 1)
      session.channel.write(readOf(handle, (index % 32) * 255 * 1024));
    await sleep(20);
    insideOf(session.client)._sock.pause();
  }
}

/** The same with windows of 2^32-1, so that only the socket holds the server back. */
async function hugeWindow(login: Login): Promise<void> {
  const bait = await openSession(login);
  await bait.sftp.put('/outgoing/bait', randomBytes(8 * 1024 * 1024));
  for (let index = 0; index < 16; index += 1) {
    const client = await connectPatiently(login);
    const { _protocol: protocol, _sock: socket } = insideOf(client);
    const open = protocol.session.bind(protocol);
    protocol.session = (channel, _window, packetBytes) => open(channel, windowMax, packetBytes);
    const session = await openSessionOn(client);
    const handle = await session.sftp.open('/outgoing/bait', 1);
    for (let count = 0; count < 500; count += 1)
      session.channel.write(readOf(handle, (count % 32) * 255 * 1024));
    await sleep(20);
    socket.pause();
  }
}

/** Downloads in packets of the smallest size that is taken; smaller ones are refused. */
async function tinyPackets(login: Login): Promise<void> {
  const client = await connectPatiently(login);
  const { _protocol: protocol } = insideOf(client);
  const open = protocol.session.bind(protocol);
  let bytes = 0;
  protocol.session = (channel, window) => open(channel, window, bytes);
  for (bytes of [0, 1]) await openSftp(client).catch(() => undefined);
  bytes = 1024;
  const { sftp } = await openSessionOn(client);
  await sftp.put('/outgoing/bait', randomBytes(8 * 1024 * 1024));
  void forever(() => sftp.get('/outgoing/bait'));
}

async function openSessionOn(client: ssh2.Client): Promise<BenchSession> {
  const channel = await openSftp(client);
  const sftp = new SftpClient(channel);
  await sftp.init();
  return { client, channel, sftp };
}

/** The first half of an SSH packet, on every session. */
async function neverFinishesAPacket(login: Login): Promise<void> {
  for (const { client, channel } of await sessions(login, sessionsMax)) {
    const socket = insideOf(client)._sock;
    const write = socket.write.bind(socket);
    socket.write = (data) => write(data.subarray(0, data.length / 2));
    channel.write(Buffer.alloc(30_000));
  }
}

/** All but the last byte of the longest SFTP message, on every channel of every session. */
async function neverFinishesAMessage(login: Login): Promise<void> {
  const message = Buffer.alloc(4 + 256 * 1024);
  message.writeUInt32BE(256 * 1024);
  for (const session of await sessions(login, sessionsMax))
    for (const channel of await allChannels(session)) channel.write(message.subarray(0, -1));
}

/** A million STATs, as fast as they are taken. */
async function floodOfRequests(login: Login): Promise<void> {
  const { channel } = await openSession(login);
  const batch = Buffer.concat(Array.from({ length: 1000 }, () => statOf('/outgoing')));
  let left = 1000;
  void forever(async () => {
    if ((left -= 1) < 0) await sleep(60_000);
    if (!channel.write(batch)) await new Promise((resolve) => channel.once('drain', resolve));
  });
}

/** A packet for each byte, of messages that are none. */
async function oneBytePackets(login: Login): Promise<void> {
  const { client, channel } = await openSession(login);
  const { _protocol: protocol, _sock: socket } = insideOf(client);
  const message = statOf(`/${'x'.repeat(200)}`);
  const id = remoteIdOf(channel);
  void forever(async () => {
    for (const byte of message) protocol.channelData(id, Buffer.of(byte));
    if (socket.writableLength > 65_536) await sleep(1);
  });
}

/** Begins a key exchange, goes on asking, and never answers. */
async function stalledRekeys(login: Login): Promise<void> {
  for (const { client, channel } of await sessions(login, sessionsMax)) {
    channel.write(Buffer.concat(Array.from({ length: 1000 }, () => statOf('/outgoing'))));
    insideOf(client)._protocol.rekey();
    insideOf(client)._sock.pause();
  }
}

/** All the channels of all the sessions, again and again. */
async function manyChannels(login: Login): Promise<void> {
  const opened = await sessions(login, sessionsMax);
  for (const session of opened) {
    void forever(async () => {
      const channels = await allChannels(session);
      await sleep(100);
      for (const channel of channels.slice(1)) channel.close();
      await sleep(100);
    });
  }
}

/** 64 files open in each session, each with scattered bytes that make no whole block. */
async function gappedWrites(login: Login): Promise<void> {
  const opened = await sessions(login, 8);
  for (const [index, { sftp }] of opened.entries()) {
    void forever(async () => {
      for (let file = 0; file < 64; file += 1) {
        const handle = await sftp.open(`/outgoing/gap-${index}-${file}`, create);
        await Promise.all(
          Array.from({ length: 60 }, (_, block) =>
            sftp.write(handle, block * 65_536 + 100, Buffer.of(1)),
          ),
        );
      }
      await sleep(60_000);
    });
  }
}

/** Lists a large directory over and over, and reads nothing of it. */
async function floodOfListings(login: Login): Promise<void> {
  const [first, ...rest] = await sessions(login, 8);
  await first!.sftp.mkdir('/outgoing/wide').catch(() => undefined);
  for (let index = 0; index < 1000; index += 1)
    await first!.sftp.mkdir(`/outgoing/wide/${index}`).catch(() => undefined);
  for (const { client, channel, sftp } of rest) {
    for (let count = 0; count < 16; count += 1) {
      const reply = await sftp.request(packet.OPENDIR, (writer) => writer.string('/outgoing/wide'));
      const handle = Buffer.from(reply.body.string());
      for (let again = 0; again < 20; again += 1)
        channel.write(request(packet.READDIR, (writer) => writer.string(handle)));
    }
    insideOf(client)._sock.pause();
  }
}

/** Ten thousand OPENs for writing at once. */
async function pipelinedOpens(login: Login): Promise<void> {
  const { channel } = await openSession(login);
  for (let index = 0; index < 10_000; index += 1)
    channel.write(
      request(packet.OPEN, (writer) => writer.string(`/outgoing/open-${index}`).u32(create).u32(0)),
    );
}

async function forever(work: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await work();
    } catch {
      await sleep(100);
    }
    await new Promise(setImmediate);
  }
}

export const attackList: Readonly<Record<string, Attack>> = {
  'never reads': neverReads,
  'window of 2^32-1': hugeWindow,
  'packets of 0, 1, 1024': tinyPackets,
  'never finishes a packet': neverFinishesAPacket,
  'never finishes a message': neverFinishesAMessage,
  'flood of requests': floodOfRequests,
  'one-byte packets': oneBytePackets,
  'stalled rekeys': stalledRekeys,
  'many channels': manyChannels,
  'gapped writes': gappedWrites,
  'flood of listings': floodOfListings,
  'pipelined opens': pipelinedOpens,
};
