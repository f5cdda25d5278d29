import { hostilePath } from '../../fault/fixtures/hostile-paths.ts';
import type { Random } from '../../fault/fixtures/random.ts';
import { packet } from '../../../server/sftp/protocol.ts';
import { extensionFieldsOf, fieldsOf } from './messages.ts';
import { latest, type HandleRef } from './script.ts';

/** A message with its length word, and where handles are to be filled in. */
export type Message = { readonly bytes: Buffer; readonly refs: readonly HandleRef[] };

export const ownPaths = [
  '/outgoing/a',
  '/outgoing/b.csv',
  '/outgoing/c.filepart',
  '/outgoing/d',
  '/outgoing/dir',
  '/outgoing/dir/e',
  '/outgoing/big',
];
const otherPaths = [
  '/',
  '/outgoing',
  '/incoming',
  '/incoming/in.csv',
  '/receipts',
  '/nowhere',
  '/outgoing/a/b',
  '',
  '.',
  '..',
];

const frequent: readonly (readonly [number, number])[] = [
  [packet.OPEN, 14],
  [packet.CLOSE, 5],
  [packet.READ, 10],
  [packet.WRITE, 13],
  [packet.LSTAT, 2],
  [packet.FSTAT, 4],
  [packet.SETSTAT, 4],
  [packet.FSETSTAT, 5],
  [packet.OPENDIR, 5],
  [packet.READDIR, 6],
  [packet.REMOVE, 3],
  [packet.MKDIR, 2],
  [packet.RMDIR, 2],
  [packet.REALPATH, 3],
  [packet.STAT, 4],
  [packet.RENAME, 4],
  [packet.READLINK, 1],
  [packet.SYMLINK, 1],
  [packet.EXTENDED, 14],
];
const types = frequent.flatMap(([type, weight]) => Array.from({ length: weight }, () => type));
const extensionNames = Object.keys(extensionFieldsOf);

const edges64 = [
  0n,
  1n,
  255n,
  65_535n,
  65_536n,
  65_537n,
  262_144n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];
const edges32 = [
  0,
  1,
  255,
  256,
  32_768,
  65_536,
  261_120,
  261_121,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
];
const lengthLies = [0, 1, 4, 5, 262_143, 262_144, 262_145, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];

export function init(version = 3): Message {
  const writer = new Writer(packet.INIT);
  writer.u32(version);
  return writer.finish();
}

/** An OPEN or OPENDIR that mostly succeeds. */
export function opening(random: Random, id: number): Message {
  const isFile = random.int(4) > 0;
  const writer = new Writer(isFile ? packet.OPEN : packet.OPENDIR);
  writer.u32(id);
  writer.string(Buffer.from(isFile ? random.pick(ownPaths) : random.pick(['/', '/outgoing'])));
  if (isFile) {
    writer.u32(random.pick([1, 2 | 8 | 16, 1 | 2 | 8, 1 | 2 | 8 | 16, 1 | 2 | 4 | 8]));
    writer.u32(0);
  }
  return writer.finish();
}

/** A request after the grammar, with fields that a client would not send. */
export function request(random: Random, channel: number, id: number): Message {
  const odd = random.int(200);
  const type = odd === 0 ? random.int(256) : random.pick(types);
  const writer = new Writer(type);
  writer.u32(id);
  let shape = fieldsOf[type] ?? random.pick(['', 'p', 'hq', 'u', 'ssss']);
  if (type === packet.EXTENDED) {
    const name = random.pick(extensionNames);
    writer.string(Buffer.from(name));
    shape = extensionFieldsOf[name]!;
  }
  for (const field of shape) putField(writer, random, channel, type, field);
  if (random.int(100) === 0) writer.raw(Buffer.alloc(random.int(40), random.int(256)));
  return writer.finish();
}

function putField(
  writer: Writer,
  random: Random,
  channel: number,
  type: number,
  field: string,
): void {
  switch (field) {
    case 'h':
      putHandle(writer, random, channel, type === packet.READDIR ? 'directory' : 'file');
      return;
    case 'p':
      writer.string(somePath(random));
      return;
    case 's':
      writer.string(someString(random, type));
      return;
    case 'i':
      writer.string(
        Buffer.alloc(4 * random.int(6) + (random.int(40) === 0 ? 1 : 0), random.pick([0, 3, 255])),
      );
      return;
    case 'u':
      writer.u32(type === packet.OPEN ? someFlags(random) : some32(random));
      return;
    case 'q':
      writer.u64(random.int(3) > 0 ? BigInt(random.int(3000)) : random.pick(edges64));
      return;
    default:
      putAttributes(writer, random);
  }
}

function putHandle(writer: Writer, random: Random, channel: number, of: keyof typeof latest): void {
  const kind = random.int(40);
  if (kind === 0) writer.string(Buffer.alloc(random.pick([0, 1, 7, 8, 9, 256, 257, 70_000]), 0x68));
  else if (kind < 4) writer.ref({ channel: random.int(3), index: random.int(8) });
  else writer.ref({ channel, index: kind > 10 ? latest[of] : random.int(8) });
}

function somePath(random: Random): Buffer {
  const kind = random.int(20);
  if (kind < 14) return Buffer.from(random.pick(ownPaths));
  if (kind < 17) return Buffer.from(random.pick(otherPaths));
  if (kind < 19) return hostilePath(random, ['0'.repeat(32)]);
  return Buffer.from('/x'.repeat(random.pick([1, 31, 32, 33, 100, 2048, 2049, 30_000])));
}

function someString(random: Random, type: number): Buffer {
  if (type === packet.EXTENDED)
    return Buffer.from(
      random.pick(['sha256', 'md5,sha256', 'md5', '', 'amy', 'ken', '~', ','.repeat(500)]),
    );
  const bytes =
    random.int(60) === 0 ? random.pick([32_768, 65_536, 70_000, 261_120]) : random.int(300);
  return Buffer.alloc(bytes, random.int(256));
}

function someFlags(random: Random): number {
  if (random.int(20) === 0) return some32(random);
  return random.pick([
    1,
    1,
    2,
    2 | 8,
    2 | 8 | 16,
    1 | 2 | 8,
    2 | 8 | 32,
    4,
    4 | 8,
    1 | 2,
    16,
    0,
    63,
  ]);
}

function some32(random: Random): number {
  return random.int(2) === 0 ? random.int(1000) : random.pick(edges32);
}

function putAttributes(writer: Writer, random: Random): void {
  const flags = random.pick([
    0, 0, 0, 1, 4, 8, 12, 13, 15, 2, 0x8000_0000, 0x8000_000f, 0x7fff_fff0, 0xffff_ffff,
  ]);
  writer.u32(flags);
  if (flags & 1) writer.u64(random.int(2) === 0 ? BigInt(random.int(2000)) : random.pick(edges64));
  if (flags & 2) writer.u64(random.pick(edges64));
  if (flags & 4) writer.u32(some32(random));
  if (flags & 8) writer.u64(random.pick(edges64));
  if (flags < 0x8000_0000) return;
  const pairs = random.int(4);
  writer.u32(random.int(10) === 0 ? random.pick(edges32) : pairs);
  for (let left = 2 * pairs; left > 0; left -= 1) writer.string(Buffer.alloc(random.int(20), 0x78));
}

/** One message with something wrong in its bytes: its length, its bits, its end, or its middle from another one. */
export function mutate(message: Message, other: Message, random: Random): Message {
  const bytes = Buffer.from(message.bytes);
  const at = random.int(bytes.length);
  switch (random.int(9)) {
    case 0:
    case 1:
    case 2:
      // Not the length word: what is behind it stays in step.
      bytes[Math.min(bytes.length - 1, 4 + at)]! ^= 1 << random.int(8);
      return { bytes, refs: message.refs };
    case 3:
      bytes.writeUInt32BE(random.pick(lengthLies), 0);
      return { bytes, refs: message.refs };
    case 4:
      bytes.writeUInt32BE(Math.max(0, bytes.length - 4 + random.between(-6, 7)), 0);
      return { bytes, refs: message.refs };
    case 5:
      return cut(message, at);
    case 6: {
      // Shorter, and saying so: its fields lie.
      const short = cut(message, Math.max(5, at));
      short.bytes.writeUInt32BE(short.bytes.length - 4, 0);
      return short;
    }
    case 7: {
      const tail = other.bytes.subarray(random.int(other.bytes.length));
      const head = cut(message, Math.max(5, at));
      const spliced = Buffer.concat([head.bytes, tail]);
      spliced.writeUInt32BE(spliced.length - 4, 0);
      return { bytes: spliced, refs: head.refs };
    }
    default: {
      const field = 4 + random.int(Math.max(1, bytes.length - 8));
      if (field + 4 <= bytes.length) bytes.writeUInt32BE(random.pick(edges32), field);
      return {
        bytes,
        refs: message.refs.filter((ref) => ref.at >= field + 4 || ref.at + 8 <= field),
      };
    }
  }
}

function cut({ bytes, refs }: Message, length: number): Message {
  return {
    bytes: Buffer.from(bytes.subarray(0, length)),
    refs: refs.filter(({ at }) => at + 8 <= length),
  };
}

class Writer {
  #bytes = Buffer.allocUnsafe(256);
  #length = 4;
  readonly #refs: HandleRef[] = [];

  constructor(type: number) {
    const at = this.#room(1);
    this.#bytes[at] = type;
  }

  u32(value: number): void {
    // Making room may change the buffer.
    const at = this.#room(4);
    this.#bytes.writeUInt32BE(value, at);
  }

  u64(value: bigint): void {
    const at = this.#room(8);
    this.#bytes.writeBigUInt64BE(value, at);
  }

  string(value: Buffer): void {
    this.u32(value.length);
    this.raw(value);
  }

  raw(value: Buffer): void {
    const at = this.#room(value.length);
    value.copy(this.#bytes, at);
  }

  ref(ref: { channel: number; index: number }): void {
    this.u32(8);
    const at = this.#room(8);
    this.#bytes.fill(0x68, at, at + 8);
    this.#refs.push({ at, ...ref });
  }

  finish(): Message {
    this.#bytes.writeUInt32BE(this.#length - 4, 0);
    return { bytes: this.#bytes.subarray(0, this.#length), refs: this.#refs };
  }

  #room(bytes: number): number {
    const at = this.#length;
    if (at + bytes > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(2 * (at + bytes));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    this.#length = at + bytes;
    return at;
  }
}
