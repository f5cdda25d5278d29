import type { SessionProgress } from '../domain/requests.ts';

export type TrafficNow = {
  /** Plaintext file bytes since the login. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Bytes a second over the last `windowMs`. */
  readonly readBytesPerSecond: number;
  readonly writtenBytesPerSecond: number;
};

type Sample = { readonly atMs: number; readonly read: number; readonly written: number };

const windowMs = 10_000;
/** Who says something sooner than this replaces what it said. */
const sampleMsMin = 500;
/** The first word of a login comes within so long of its first byte. */
const firstWordMs = 1_000;

/** How much, and how fast, the live logins move, by what their workers say once a second. */
export class Traffic {
  readonly #now: () => number;
  /** The oldest first: those of the window, and one before it. */
  readonly #sessions = new Map<string, Sample[]>();

  /** `now` in milliseconds of a steady clock. */
  constructor(now: () => number) {
    this.#now = now;
  }

  note(
    sessionId: string,
    { bytesRead, bytesWritten }: Pick<SessionProgress, 'bytesRead' | 'bytesWritten'>,
  ): void {
    const atMs = this.#now();
    const samples = this.#sessions.get(sessionId) ?? [
      { atMs: atMs - firstWordMs, read: 0, written: 0 },
    ];
    this.#sessions.set(sessionId, samples);
    const last = samples.at(-1)!;
    if (samples.length > 1 && atMs - samples.at(-2)!.atMs < sampleMsMin) samples.pop();
    const read = Math.max(bytesRead, last.read);
    samples.push({ atMs, read, written: Math.max(bytesWritten, last.written) });
    while (samples.length > 2 && samples[1]!.atMs <= atMs - windowMs) samples.shift();
  }

  of(sessionId: string): TrafficNow {
    const samples = this.#sessions.get(sessionId) ?? [];
    const last = samples.at(-1);
    if (last === undefined)
      return { bytesRead: 0, bytesWritten: 0, readBytesPerSecond: 0, writtenBytesPerSecond: 0 };
    const nowMs = this.#now();
    const base = samples.findLast(({ atMs }) => atMs <= nowMs - windowMs) ?? samples[0]!;
    const seconds = Math.min(windowMs, Math.max(firstWordMs, nowMs - base.atMs)) / 1000;
    return {
      bytesRead: last.read,
      bytesWritten: last.written,
      readBytesPerSecond: Math.round((last.read - base.read) / seconds),
      writtenBytesPerSecond: Math.round((last.written - base.written) / seconds),
    };
  }

  forget(sessionId: string): void {
    this.#sessions.delete(sessionId);
  }
}
