import { Duplex } from 'node:stream';
import type { MemoryAccount, SessionMemory } from '../memory/budget.ts';
import type { Pace } from '../pace/pace.ts';
import { Inbox } from './inbox.ts';
import type { Link } from './link.ts';
import { type FillPacket, Outbox } from './outbox.ts';
import type { SftpChannel } from './peer.ts';
import { type ChannelOpening, sendChannelData } from './ssh2-internals.ts';

const windowMax = 0xffff_ffff;

/** What a channel needs beside its connection. */
export interface ChannelLink extends Link {
  readonly output: { readonly blocked: boolean; readonly bytesGone: number };
  readonly memory: SessionMemory;
  readonly pace: Pace;
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
  /** On the account for what came and may come. */
  #charged = 0;
  readonly #inbox = new Inbox();
  readonly #outbox: Outbox;
  #stream: Duplex | undefined;
  /** The stream has asked for bytes and got none yet. */
  #wanted = false;
  #windowIn: number;
  /** What is unread plus what may come; it grows while the client is fast and memory is there. */
  #windowBytes: number;
  #windowOut: number;
  #bytesSent = 0;
  #taken = { bytes: 0, sent: 0, gone: 0 };
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
    this.#windowOut = opening.window;
    this.#outbox = new Outbox(this.#packetBytes, {
      room: () => this.#roomOut(),
      send: (bytes, fill) => this.#send(bytes, fill),
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
    return {
      stream,
      memory: this.#memory,
      pace: this.#link.pace,
      bytesTaken: () => this.#bytesTaken(),
      finish: () => this.#finish(),
    };
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
    this.#link.pace.moved(data.length);
    // No subsystem, or none any more: nothing is kept, and no window is given back.
    if (this.#stream === undefined || this.#stream.destroyed || this.#eofReceived) {
      this.#account();
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
    this.#account();
    this.#wanted = this.#stream?.push(data) ?? false;
  }

  /** Gives the window back once half of it is used up, and a larger one to a client that uses it while there is memory. */
  #grantWindow(): void {
    this.#account();
    const held = this.#windowIn + this.#inbox.bytes;
    if (this.#eofReceived || this.#closeSent || this.#link.ended || held > this.#windowBytes / 2)
      return;
    this.#windowBytes = this.#nextWindow(held);
    const bytes = this.#windowBytes - held;
    if (bytes === 0) return;
    this.#windowIn += bytes;
    this.#account();
    this.#link.protocol.channelWindowAdjust(this.#remote, bytes);
  }

  /** The first window counts as it is filled: it is part of the minimum, and most channels are idle. */
  #account(): void {
    const { channelWindowBytesMin } = this.#link.limits;
    const held = this.#inbox.bytes + Math.max(0, this.#windowIn - channelWindowBytesMin);
    this.#memory.charge(held - this.#charged);
    this.#charged = held;
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

  #send(bytes: number, fill: FillPacket): void {
    this.#windowOut -= bytes;
    this.#bytesSent += bytes;
    this.#link.pace.moved(bytes);
    sendChannelData(this.#link.protocol, this.#remote, bytes, fill);
  }

  /** What left for its window; and where the window is open, what the socket got rid of, as that is in the way then. */
  #bytesTaken(): number {
    const { bytes, sent, gone } = this.#taken;
    const sentNow = this.#bytesSent;
    const goneNow = this.#link.output.bytesGone;
    const unblocked = this.#windowOut > 0 ? goneNow - gone : 0;
    this.#taken = {
      bytes: bytes + Math.max(sentNow - sent, unblocked),
      sent: sentNow,
      gone: goneNow,
    };
    return this.#taken.bytes;
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
    this.#inbox.clear();
    this.#account();
    this.#outbox.close(new Error('the channel is closed'));
  }

  /** Nothing more comes in. What is unread stays on the account until it is read or abandoned. */
  #settleMemory(): void {
    this.#windowIn = 0;
    this.#account();
    this.#memory.close();
  }
}
