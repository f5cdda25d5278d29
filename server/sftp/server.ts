import type { SftpChannel } from '../connection/peer.ts';
import { Fault, refusalOf, type Refusal } from '../domain/faults.ts';
import { SftpContext, type ContextParts } from './context.ts';
import { limits } from '../domain/limits.ts';
import type { MemoryUse } from '../memory/budget.ts';
import type { FileHandle } from './file-handle.ts';
import { Framing } from './framing.ts';
import { extensions, operations, type Operation } from './operations.ts';
import { settleFile } from './operations/files.ts';
import { Output } from './output.ts';
import { workUnits } from '../pace/pace.ts';
import { packet, sftpVersion } from './protocol.ts';
import { encodeReply, refusalReply, type Reply } from './replies.ts';
import { Turn } from './turn.ts';
import { WireReader, WireWriter } from './wire.ts';

export type SftpServerParts = ContextParts & {
  /** A request was served or refused: keeps the session from being idle, and counts. */
  readonly onRequest: (operation: string) => void;
  /** Resolves when the refusal is recorded; the client is told after. */
  readonly onRefused: (operation: string, path: string, refusal: Refusal) => Promise<void>;
  /** A defect of the server's own. */
  readonly onFault: (error: unknown) => void;
  /** The channel is over, its handles are settled, and the client has taken the last reply or is gone. */
  readonly onEnd: (server: SftpServer) => void;
};

/**
 * One SFTP channel. Requests are served one at a time in the order they came, so the order that clients rely on when
 * they pipeline (WinSCP sends CLOSE and SETSTAT together) holds by itself, and each gets exactly one reply. Reading
 * pauses while replies wait for the client.
 */
export class SftpServer {
  readonly #channel: SftpChannel;
  readonly #parts: SftpServerParts;
  readonly #context: SftpContext;
  readonly #memory: MemoryUse;
  readonly #framing: Framing;
  readonly #output: Output;
  #bytesIn = 0;
  #greeted = false;
  #running = false;
  #inputEnded = false;
  /** No more requests are served: protocol error, or the channel is gone. */
  #over = false;
  #ended: Promise<void> | undefined;
  #serving: Promise<void> = Promise.resolve();
  /** Ends a wait for the pace: what ends meanwhile need not wait for it. */
  #hurry: (() => void) | undefined;

  constructor(channel: SftpChannel, parts: SftpServerParts) {
    this.#channel = channel;
    this.#parts = parts;
    this.#memory = channel.memory;
    this.#context = new SftpContext(parts, channel.memory, channel.pace);
    this.#framing = new Framing(channel.memory);
    this.#output = new Output(channel.stream, channel.memory);
    channel.stream.on('error', () => void this.end());
    channel.stream.on('close', () => void this.end());
    channel.stream.on('end', () => {
      this.#inputEnded = true;
      this.#pump();
    });
    channel.stream.on('data', (chunk: Buffer) => {
      if (this.#over) return;
      this.#bytesIn += chunk.length;
      this.#framing.push(chunk);
      if (this.#framing.bufferedBytes > this.#inputBytesMax) channel.stream.pause();
      this.#pump();
    });
  }

  /** A whole message always fits. */
  get #inputBytesMax(): number {
    return this.#memory.isOver ? limits.sftpMessageBytesMax + 4 : limits.requestsWaitingBytesMax;
  }

  get openFileCount(): number {
    return this.#context.handles.openFileCount;
  }

  /**
   * Bytes that went in and out so far, and whether the client owes some now: the rest of a message, or to take replies.
   * What it may think about between requests is no transfer, and what the server is at is not the client's to hurry.
   */
  get flow(): { readonly bytes: number; readonly outstanding: boolean } {
    const awaits = !this.#running && this.#framing.isAwaiting;
    return {
      bytes: this.#bytesIn + this.#channel.bytesTaken(),
      outstanding: this.#output.isWaiting || (!this.#over && awaits),
    };
  }

  get isShortOfMemory(): boolean {
    return this.#channel.memory.isShort;
  }

  /** Nothing was asked for in a while: holds nothing in memory until something is. */
  async rest(): Promise<void> {
    if (!this.#running) await this.#context.handles.rest('all');
  }

  get openFiles(): IterableIterator<FileHandle> {
    return this.#context.handles.openFiles;
  }

  /** Takes one open file away from the client, its bytes made durable as a partial. */
  async revoke(handle: FileHandle): Promise<void> {
    await settleFile(this.#context, handle);
  }

  /** Serves nothing more and settles every open file. Idempotent; resolves when that is done. */
  end(): Promise<void> {
    this.#over = true;
    this.#context.ended = true;
    this.#output.end();
    this.#framing.end();
    this.#hurry?.();
    if (this.#ended === undefined) {
      this.#ended = this.#settleAll();
      const all = Promise.allSettled([this.#ended, this.#output.over]);
      void all.then(() => this.#parts.onEnd(this));
    }
    return this.#ended;
  }

  async #settleAll(): Promise<void> {
    // An OPEN under way still makes a handle, and a CLOSE under way still publishes.
    await this.#serving;
    for (const handle of this.#context.handles.takeAll()) {
      await settleFile(this.#context, handle).catch((error: unknown) => this.#parts.onFault(error));
    }
  }

  #pump(): void {
    if (this.#running) return;
    this.#running = true;
    this.#serving = this.#serveAll().catch((error: unknown) => {
      this.#parts.onFault(error);
      this.#finish();
    });
  }

  async #serveAll(): Promise<void> {
    const turn = new Turn();
    try {
      while (!this.#over) {
        const served = this.#serveNext();
        if (served === 'incomplete') {
          this.#channel.stream.resume();
          break;
        }
        if (served instanceof Promise) {
          this.#output.flush();
          await served;
        }
        const pause = this.#keepPace();
        if (pause !== undefined) await pause;
        if (this.#output.isFull) await this.#output.room();
        if (this.#memory.isOver) await this.#context.handles.rest('unused');
        if (turn.isLong) await turn.pause();
        if (this.#framing.bufferedBytes <= this.#inputBytesMax / 2) this.#channel.stream.resume();
      }
    } finally {
      this.#framing.rest();
      // In the same turn as the last look for a message, or one that comes in between would wait for ever.
      this.#running = false;
    }
    this.#output.flush();
    if (this.#inputEnded && !this.#over) this.#finish();
  }

  /** Who is ahead of its pace waits; what it goes on sending waits in its window. */
  #keepPace(): void | Promise<void> {
    const { pace } = this.#context;
    pace.spend(workUnits.request);
    const { waitMs } = pace;
    if (waitMs > 0 && !this.#over) {
      pace.waits(waitMs);
      this.#output.flush();
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        this.#hurry = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  #serveNext(): void | Promise<void> | 'incomplete' {
    let message: Buffer | undefined;
    try {
      message = this.#framing.next();
    } catch (error) {
      return this.#break('message', refusalOf(error));
    }
    return message === undefined ? 'incomplete' : this.#serve(message);
  }

  /** Answers one message; a promise where that takes time. */
  #serve(message: Buffer): void | Promise<void> {
    const reader = new WireReader(message);
    const type = reader.u8();
    if (!this.#greeted) return this.#greet(type);
    if (reader.remaining < 4 || type === packet.INIT)
      return this.#break('message', new Fault('message-malformed').toRefusal());
    const id = reader.u32();
    this.#context.lastPath = '';
    let operation: Operation | undefined;
    try {
      operation = type === packet.EXTENDED ? extensionNamed(reader.text()) : operations[type];
      this.#parts.onRequest(operation?.name ?? 'unknown');
      if (operation === undefined) throw new Fault('operation-unsupported');
      const reply = operation.run(this.#context, reader);
      // The bytes are not the message's for longer: a handler reads its fields before it waits.
      reader.close();
      if (!(reply instanceof Promise)) return this.#answer(id, reply);
      const { name } = operation;
      return reply.then(
        (answer) => this.#answer(id, answer),
        (error: unknown) => this.#refuse(id, name, error),
      );
    } catch (error) {
      return this.#refuse(id, operation?.name ?? 'unknown', error);
    }
  }

  #answer(id: number, reply: Reply): void {
    this.#output.push(encodeReply(id, reply, this.#context.owners));
  }

  async #refuse(id: number, operation: string, error: unknown): Promise<void> {
    if (!(error instanceof Fault) || error.code === 'internal') this.#parts.onFault(error);
    const refusal = refusalOf(error);
    if (isWorkers(refusal)) await this.#parts.onRefused(operation, this.#context.lastPath, refusal);
    this.#answer(id, refusalReply(refusal));
    // What follows a message with impossible fields can't be trusted to be what it seems.
    if (refusal.code === 'message-malformed') this.#finish();
  }

  /** INIT comes first and once; whatever version it names, the answer is 3 with what is served beyond it. */
  #greet(type: number): void | Promise<void> {
    if (type !== packet.INIT)
      return this.#break('init', new Fault('message-malformed').toRefusal());
    this.#greeted = true;
    const version = new WireWriter(packet.VERSION).u32(sftpVersion);
    for (const [name, { version: data }] of Object.entries(extensions)) {
      if (data !== null) version.string(name).string(data);
    }
    this.#output.push([version.finish()]);
  }

  async #break(operation: string, refusal: Refusal): Promise<void> {
    await this.#parts.onRefused(operation, '', refusal);
    this.#finish();
  }

  /** The client is done, or not to be talked to any more: what is queued goes out, then the channel closes well. */
  #finish(): void {
    if (this.#over) return;
    this.#output.flush();
    this.#channel.finish();
    void this.end();
  }
}

function extensionNamed(name: string): Operation | undefined {
  return Object.hasOwn(extensions, name) ? extensions[name] : undefined;
}

/** Refusals that the monitor did not hear of: it records its own. */
function isWorkers({ code }: Refusal): boolean {
  return workersCodes.has(code);
}

const workersCodes: ReadonlySet<string> = new Set([
  'message-malformed',
  'operation-unsupported',
  'name-invalid',
  'path-too-long',
  'handle-invalid',
  'handle-limit',
  'range-invalid',
  'quota-exceeded',
  'content-corrupt',
  'storage-full',
  'storage-failed',
]);
