import { Readable } from 'node:stream';
import { textOf, type LiveEvent } from './event-text.ts';

/** Why a stream of events ended; its last event says so. */
export type EndOfEvents = 'server-stopping' | 'too-slow' | 'key-withdrawn' | 'failed';

/** From here on, who catches up waits. */
const queuedBytes = 64 * 1024;
/** Clients wait so long before they connect again. */
const retryMs = 3_000;

export type EventReaderParts = {
  /** The id of the API key that reads. */
  readonly keyId: string;
  /** Only this one's events; undefined for all. */
  readonly agency: string | undefined;
  readonly bytesQueuedMax: number;
  /** A reader that was told of the end has so long to read that. */
  readonly farewellMsMax: number;
};

/**
 * The stream of one reader of events. Nobody waits for it: who reads too slowly is dropped, is told so last, and goes on
 * from the last id that it has.
 */
export class EventReader extends Readable {
  readonly #parts: EventReaderParts;
  #wake: () => void = () => undefined;
  #ended = false;
  /** Rows behind this one are told as they come; none while it catches up. */
  liveAfter = Infinity;

  constructor(parts: EventReaderParts) {
    super({ highWaterMark: queuedBytes });
    this.#parts = parts;
  }

  get keyId(): string {
    return this.#parts.keyId;
  }

  /** Nothing is told any more. */
  get hasEnded(): boolean {
    return this.#ended;
  }

  get isLive(): boolean {
    return this.liveAfter < Infinity;
  }

  goLive(after: number): void {
    this.liveAfter = after;
  }

  override _read(): void {
    this.#wake();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#ended = true;
    this.#wake();
    done(error);
  }

  /** Resolves when less waits than is worth waiting for. */
  async room(): Promise<void> {
    while (this.readableLength >= queuedBytes && !this.#ended)
      await new Promise<void>((wake) => (this.#wake = wake));
  }

  /** Whether it hears of what happens in an agency; of what belongs to none where `agency` is null. */
  wants(agency: string | null): boolean {
    return this.#parts.agency === undefined || this.#parts.agency === agency;
  }

  tell(event: LiveEvent | null): void {
    if (event === null || !this.wants(event.agency)) return;
    if (this.readableLength > this.#parts.bytesQueuedMax) this.finish('too-slow');
    else this.#say(event.text);
  }

  /** A reader that comes back names the last id that it saw. */
  sayOpened(lastSeq: number): void {
    this.#say(`retry: ${retryMs}\n${textOf('stream.opened', { lastSeq }, lastSeq)}`);
  }

  /** What it asked for is too far back, or not there. */
  sayLost(lastSeq: number, newestSeq: number): void {
    this.#say(textOf('stream.gap', { after: lastSeq, goesOnAfter: newestSeq }));
  }

  /** Keeps what is in between from taking the connection for dead. */
  beat(): void {
    if (this.readableLength === 0) this.#say(': alive\n\n');
  }

  finish(reason: EndOfEvents): void {
    if (this.#ended) return;
    this.#say(textOf('stream.closed', { reason }));
    this.#ended = true;
    this.push(null);
    setTimeout(() => this.destroy(), this.#parts.farewellMsMax).unref();
  }

  #say(text: string): void {
    if (!this.#ended) this.push(text);
  }
}
