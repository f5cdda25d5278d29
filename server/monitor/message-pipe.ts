import type { Socket } from 'node:net';
import { BytesBeside, pack, unpack } from './packing.ts';

/** Bytes of one frame: one turn's messages, or one that is long by itself. */
export const frameBytesMax = 4 * 1024 * 1024;
/** Characters and bytes of messages that are gathered before they go without waiting for the end of the turn. */
const gatheredMax = 256 * 1024;
/** Bytes that may wait for a reader that is not trusted before nothing more is read from it, and before it is given up. */
const unreadBytesMax = 2 * 1024 * 1024;
const unreadBytesEnd = 64 * 1024 * 1024;
/** Chunks below this are put together as they come: each costs some 200 bytes beside its own. */
const smallChunkBytes = 1024;
const smallChunksMax = 256;

const headBytes = 8;

export type MessagePipeParts = {
  /** One end of a stream socket; only this reads and writes it. */
  readonly socket: Socket;
  /** What the other end said, unpacked and unchecked. */
  readonly received: (message: unknown) => void;
  /** The other end said what is no frame, or does not read. Nothing more is read. */
  readonly onBroken: (what: string) => void;
  /**
   * Waits for a reader that leaves much unread. Only the side that does not trust the other may: where both wait, both
   * wait for ever.
   */
  readonly waitsForReader: boolean;
};

/**
 * Messages between two processes. A frame is `u32 JSON bytes || u32 bytes beside it || JSON || bytes`, big-endian, and
 * its JSON an array of messages: those of one turn of the loop, as a write and a wake-up cost ten times what a small
 * message does (docs/decisions/0009).
 */
export class MessagePipe {
  readonly #parts: MessagePipeParts;
  readonly #socket: Socket;
  #texts: string[] = [];
  #gathered = 0;
  #beside: Uint8Array[] = [];
  #flushing: NodeJS.Immediate | undefined;
  #chunks: Buffer[] = [];
  #smallChunks: Buffer[] = [];
  #have = 0;
  /** Of the frame that is on its way, or of a head. */
  #want = headBytes;
  /** Of the last frame, from `#next` on not handed on yet. */
  #messages: readonly unknown[] = [];
  #next = 0;
  #held = false;

  constructor(parts: MessagePipeParts) {
    this.#parts = parts;
    this.#socket = parts.socket;
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#socket.on('drain', () => this.#readOrNot());
    // The other process is gone, which whoever started it hears of.
    this.#socket.on('error', () => undefined);
  }

  /** Takes a copy of the message at once; it goes with the others of this turn. */
  send(message: unknown): void {
    const beside: Uint8Array[] = [];
    const text = JSON.stringify(pack(message, beside));
    this.#texts.push(text);
    this.#gathered += text.length;
    for (const bytes of beside) this.#gathered += bytes.length;
    this.#beside.push(...beside);
    if (this.#gathered >= gatheredMax) this.#flush();
    else this.#flushing ??= setImmediate(() => this.#flush());
  }

  /** Hands on and reads no more until told to: what the other end says waits there. */
  hold(held: boolean): void {
    this.#held = held;
    if (!held) this.#handOn();
    this.#readOrNot();
  }

  #readOrNot(): void {
    const unread = this.#parts.waitsForReader ? this.#socket.writableLength : 0;
    if (unread > unreadBytesEnd) this.#broken(`nothing for ${unread} bytes: it does not read`);
    else if (this.#held || unread > unreadBytesMax) this.#socket.pause();
    else if (this.#socket.isPaused()) this.#socket.resume();
  }

  #broken(what: string): void {
    this.#socket.destroy();
    this.#parts.onBroken(what);
  }

  #flush(): void {
    clearImmediate(this.#flushing);
    this.#flushing = undefined;
    const json = `[${this.#texts.join(',')}]`;
    const jsonBytes = Buffer.byteLength(json);
    const besideBytes = this.#beside.reduce((sum, { length }) => sum + length, 0);
    const frame = Buffer.allocUnsafe(headBytes + jsonBytes + besideBytes);
    frame.writeUInt32BE(jsonBytes, 0);
    frame.writeUInt32BE(besideBytes, 4);
    let at = headBytes + frame.write(json, headBytes);
    for (const bytes of this.#beside) {
      frame.set(bytes, at);
      at += bytes.length;
    }
    this.#texts = [];
    this.#gathered = 0;
    this.#beside = [];
    if (this.#socket.destroyed) return;
    this.#socket.write(frame);
    if (this.#socket.writableLength > unreadBytesMax) this.#readOrNot();
  }

  #take(chunk: Buffer): void {
    this.#have += chunk.length;
    if (chunk.length >= smallChunkBytes) this.#chunks.push(...this.#smallChunks.splice(0), chunk);
    else if (this.#smallChunks.push(chunk) === smallChunksMax)
      this.#chunks.push(Buffer.concat(this.#smallChunks.splice(0)));
    this.#handOn();
  }

  /** Hands on the messages that are there, until it is held. */
  #handOn(): void {
    try {
      while (!this.#held) {
        if (this.#next < this.#messages.length) {
          this.#parts.received(this.#messages[this.#next++]);
          continue;
        }
        const frame = this.#takeFrame();
        if (frame === undefined) return;
        this.#messages = messagesOf(frame);
        this.#next = 0;
      }
    } catch (error) {
      this.#broken(String(error));
    }
  }

  /** @throws RangeError where it is longer than a frame may be */
  #takeFrame(): Buffer | undefined {
    if (this.#have < this.#want) return undefined;
    const all = [...this.#chunks, ...this.#smallChunks];
    const bytes = all.length === 1 ? all[0]! : Buffer.concat(all);
    this.#smallChunks = [];
    this.#want = wantedOf(bytes);
    if (bytes.length < this.#want) {
      this.#chunks = [bytes];
      return undefined;
    }
    const rest = bytes.subarray(this.#want);
    const frame = bytes.subarray(0, this.#want);
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#have = rest.length;
    this.#want = headBytes;
    return frame;
  }
}

/** Bytes up to the end of the first frame; those of a head while there is none. @throws RangeError */
function wantedOf(bytes: Buffer): number {
  if (bytes.length < headBytes) return headBytes;
  const wanted = headBytes + bytes.readUInt32BE(0) + bytes.readUInt32BE(4);
  if (wanted > frameBytesMax) throw new RangeError('a frame that is too long');
  return wanted;
}

/** @throws SyntaxError or RangeError where it is no frame */
function messagesOf(frame: Buffer): readonly unknown[] {
  const end = headBytes + frame.readUInt32BE(0);
  const messages: unknown = JSON.parse(frame.toString('utf8', headBytes, end));
  if (!Array.isArray(messages)) throw new SyntaxError('no messages');
  // Also where nothing lies beside: there are bytes of length 0.
  const beside = new BytesBeside(frame.subarray(end));
  unpack(messages, beside);
  if (!beside.isEmpty) throw new RangeError('bytes without a place');
  return messages;
}
