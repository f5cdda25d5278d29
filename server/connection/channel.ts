import { Duplex } from 'node:stream';
import type { MemoryAccount, SessionMemory } from '../memory/budget.ts';
import { Inbox } from './inbox.ts';
import type { Link } from './link.ts';
import { Outbox } from './outbox.ts';
import type { SftpChannel } from './peer.ts';
import type { ChannelOpening } from './ssh2-internals.ts';

const windowMax = 0xffff_ffff;

/** What a channel needs beside its connection. */
export interface ChannelLink extends Link {
  readonly output: { readonly blocked: boolean };
  readonly memory: SessionMemory;
  /** Something for the log: why a client was refused. */
  notice(what: string): void;
}

/**
 * One session channel (RFC 4254 section 5), from CHANNEL_OPEN until both sides have sent CHANNEL_CLOSE. It replaces
 * ssh2's Channel, whose writes never end after an abrupt disconnect, whose `destroy` is not a stream's, and whose
 * window is not enforced.
 */
export class Channel {
  readonly #link: ChannelLink;
  readonly #remote: number;
  readonly #packetBytes: number;
  readonly #memory: MemoryAccount;
  readonly #inbox = new Inbox();
  readonly #outbox: Outbox;
  #stream: Duplex | undefined;
  /** The stream has asked for bytes and got none yet. */
  #wanted = false;
  #windowIn: number;
  /** What is unread plus what may come; it grows while the client is fast and memory is there. */
  #windowBytes: number;
  #windowOut: number;
  #eofReceived = false;
  #endPushed = false;
  #finished = false;
  #closeSent = false;
  #gone = false;

  constructor(link: ChannelLink, opening: ChannelOpening, memory: MemoryAccount) {
    this.#link = link;
    this.#memory = memory;
    this.#remote = opening.sender;
    this.#packetBytes = Math.min(opening.packetSize, link.limits.channelPacketBytesMax);
    this.#windowBytes = link.limits.channelWindowBytesMin;
    this.#windowIn = this.#windowBytes;
    memory.charge(this.#windowIn);
    this.#windowOut = opening.window;
    this.#outbox = new Outbox(this.#packetBytes, {
      room: () => this.#roomOut(),
      send: (data) => this.#send(data),
    });
  }

  get started(): boolean {
    return this.#stream !== undefined;
  }

  /** After our CHANNEL_CLOSE no reply may follow. */
  reply(success: boolean): void {
    if (this.#closeSent) return;
    if (success) this.#link.protocol.channelSuccess(this.#remote);
    else this.#link.protocol.channelFailure(this.#remote);
  }

  /** The subsystem begins. */
  start(): SftpChannel {
    const stream = new Duplex({
      writableHighWaterMark: this.#link.limits.channelWriteBytesMax,
      decodeStrings: true,
      read: () => this.#read(),
      write: (chunk: Buffer, _encoding, done) => this.#outbox.write([chunk], done),
      writev: (chunks, done) =>
        this.#outbox.write(
          chunks.map(({ chunk }) => chunk as Buffer),
          done,
        ),
      final: (done) => this.#outbox.end((error) => this.#closeWell(error, done)),
      destroy: (error, done) => {
        this.#abandon();
        done(error);
      },
    });
    stream.on('error', (error) => this.#failed(error));
    this.#stream = stream;
    return { stream, memory: this.#memory, finish: () => this.#finish() };
  }

  received(data: Buffer): void {
    if (data.length > this.#windowIn) {
      this.#link.violate('channel data beyond the window');
      return;
    }
    if (data.length > this.#link.limits.channelPacketBytesMax) {
      this.#link.violate('channel data beyond the packet size');
      return;
    }
    this.#windowIn -= data.length;
    // No subsystem, or none any more: nothing is kept, and no window is given back.
    if (this.#stream === undefined || this.#stream.destroyed || this.#eofReceived) {
      this.#memory.release(data.length);
      return;
    }
    if (this.#wanted && this.#inbox.bytes === 0) this.#hand(data);
    else this.#inbox.add(data);
    this.#grantWindow();
  }

  windowGrown(bytes: number): void {
    this.#windowOut += bytes;
    if (this.#windowOut > windowMax) this.#link.violate('channel window beyond 2^32-1');
    else this.#outbox.pump();
  }

  /** The connection may take output again. */
  wake(): void {
    this.#outbox.pump();
  }

  eofReceived(): void {
    this.#eofReceived = true;
    this.#pushEnd();
  }

  /** CHANNEL_CLOSE came: what was received is still to be read, what was to be sent is dropped. */
  closeReceived(): void {
    this.#sendClose();
    this.#gone = true;
    this.#eofReceived = true;
    this.#outbox.close();
    const stream = this.#stream;
    this.#settleMemory();
    if (stream === undefined) return;
    if (this.#finished || stream.readableEnded) {
      stream.destroy();
      return;
    }
    stream.once('end', () => stream.destroy());
    this.#pushEnd();
  }

  /** The connection is gone. */
  cut(): void {
    this.#gone = true;
    this.#closeSent = true;
    this.#stream?.destroy();
    this.#settleMemory();
  }

  #read(): void {
    this.#wanted = true;
    while (this.#wanted) {
      const data = this.#inbox.take();
      if (data === undefined) break;
      this.#hand(data);
    }
    this.#pushEnd();
    this.#grantWindow();
  }

  #pushEnd(): void {
    if (!this.#eofReceived || this.#endPushed || this.#inbox.bytes > 0) return;
    this.#endPushed = true;
    if (this.#stream !== undefined && !this.#stream.destroyed) this.#stream.push(null);
  }

  /** The stream's reader accounts for it from here. */
  #hand(data: Buffer): void {
    this.#memory.release(data.length);
    this.#wanted = this.#stream?.push(data) ?? false;
  }

  /** Gives the window back once half of it is used up, and a larger one to a client that uses it while there is memory. */
  #grantWindow(): void {
    const held = this.#windowIn + this.#inbox.bytes;
    if (this.#eofReceived || this.#closeSent || this.#link.ended || held > this.#windowBytes / 2)
      return;
    this.#windowBytes = this.#nextWindow(held);
    const bytes = this.#windowBytes - held;
    if (bytes === 0) return;
    this.#windowIn += bytes;
    this.#memory.charge(bytes);
    this.#link.protocol.channelWindowAdjust(this.#remote, bytes);
  }

  #nextWindow(held: number): number {
    const { channelWindowBytesMin, channelWindowBytesMax } = this.#link.limits;
    const grown = Math.min(2 * this.#windowBytes, channelWindowBytesMax);
    for (const bytes of [grown, this.#windowBytes]) {
      if (this.#memory.room >= bytes - held) return bytes;
    }
    return Math.max(channelWindowBytesMin, this.#windowBytes / 2);
  }

  #roomOut(): number {
    if (this.#closeSent || this.#link.ended || this.#link.output.blocked) return 0;
    return Math.min(this.#windowOut, this.#packetBytes);
  }

  #send(data: Buffer): void {
    this.#windowOut -= data.length;
    this.#link.protocol.channelData(this.#remote, data);
  }

  #finish(): void {
    this.#finished = true;
    this.#stream?.end();
  }

  /** OpenSSH's `sftp` waits for the CLOSE for ever; its `scp` fails without exit-status 0 before it. */
  #closeWell(error: Error | null | undefined, done: (error?: Error | null) => void): void {
    if (!this.#closeSent && !this.#link.ended && !error) {
      if (this.#finished) this.#link.protocol.exitStatus(this.#remote, 0);
      this.#link.protocol.channelEOF(this.#remote);
      this.#sendClose();
    }
    this.#finished = true;
    done(error);
  }

  #sendClose(): void {
    if (this.#closeSent || this.#link.ended) return;
    this.#closeSent = true;
    this.#link.protocol.channelClose(this.#remote);
  }

  /** Without a listener the process would end. What the session destroys its stream with is the session's affair. */
  #failed(error: Error & { code?: string }): void {
    if (error.code?.startsWith('ERR_') === true) this.#link.fault(error);
  }

  #abandon(): void {
    if (!this.#gone) this.#sendClose();
    this.#memory.release(this.#inbox.bytes);
    this.#inbox.clear();
    this.#outbox.close(new Error('the channel is closed'));
  }

  /** Nothing more comes in. What is unread stays on the account until it is read or abandoned. */
  #settleMemory(): void {
    this.#memory.release(this.#windowIn);
    this.#windowIn = 0;
    this.#memory.close();
  }
}
