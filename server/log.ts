import { Socket } from 'node:net';
import { pino, type Logger as PinoLogger } from 'pino';
import { PinoPretty } from 'pino-pretty';

/** Rows of the ledger that wait for the reader of the log, in bytes. */
const rowBytesWaitingMax = 4 * 1024 * 1024;
const ownBytesWaitingMax = 1024 * 1024;

/** A log; where it is one of lines, `together` has all that `work` logs written in one go. */
export type Logger = PinoLogger & { readonly together?: (work: () => void) => void };

/** JSON lines, or lines for people where standard output is a terminal. */
export function createLog(level: string, isTerminal: boolean): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (isTerminal)
    return pino(options, PinoPretty({ translateTime: 'SYS:HH:MM:ss.l o', ignore: 'pid,hostname' }));
  // Of what is no terminal, Node makes a Socket where there is a reader, who can keep whoever writes waiting.
  const isPipe = process.stdout instanceof Socket;
  const output = new LineOutput(isPipe ? new PipeSink() : new FileSink());
  const log = pino(options, output);
  output.onRoom = (dropped) =>
    log.warn(
      { dropped },
      'lines of the log are lost: its reader did not keep up, or its disk was full',
    );
  return Object.assign(log, { together: (work: () => void) => output.together(work) });
}

type Sink = {
  write(text: string): void;
  /** What was written and nobody took yet, in bytes. A sink that has to try for itself tries once more. */
  bytesWaiting(): number;
  /** Has `listener` told whenever nothing waits any more. */
  onTaken(listener: () => void): void;
};

/**
 * A line is written by the time the call is over, where the disk has room; where it has none, it waits in memory until
 * another is written and there is room again: nobody tells when that is.
 */
class FileSink implements Sink {
  readonly #output = pino.destination({ fd: 1, sync: true });
  #bytesWaiting = 0;
  #failures = 0;
  #onTaken: () => void = () => undefined;

  constructor() {
    // A log file on a full disk: the transfers go on. Without a listener the process would end.
    this.#output.on('error', () => (this.#failures += 1));
  }

  write(text: string): void {
    const failuresBefore = this.#failures;
    // What waits goes first. It keeps all that it could not write, however much that is.
    this.#output.write(text);
    if (this.#failures > failuresBefore) {
      this.#bytesWaiting += Buffer.byteLength(text);
    } else if (this.#bytesWaiting > 0) {
      this.#bytesWaiting = 0;
      this.#onTaken();
    }
  }

  bytesWaiting(): number {
    if (this.#bytesWaiting > 0) this.write('');
    return this.#bytesWaiting;
  }

  onTaken(listener: () => void): void {
    this.#onTaken = listener;
  }
}

/**
 * A line is written by the time the call is over, where the pipe has room; where it has none, it waits in memory. Node
 * never waits for a pipe that it opened itself, neither here nor when the process exits. (A thread that writes to it
 * would: the exit joins it.)
 */
class PipeSink implements Sink {
  constructor() {
    // Nobody reads any more.
    process.stdout.on('error', () => undefined);
  }

  write(text: string): void {
    process.stdout.write(text);
  }

  bytesWaiting(): number {
    return process.stdout.writableLength;
  }

  onTaken(listener: () => void): void {
    process.stdout.on('drain', listener);
  }
}

/** Lines for a sink, one by one or many together; those that come while too much waits for its reader are counted alone. */
class LineOutput {
  readonly #sink: Sink;
  #lines: string[] | undefined;
  #dropped = 0;
  /** Told how many lines were dropped, once there is room again. */
  onRoom: (dropped: number) => void = () => undefined;

  constructor(sink: Sink) {
    this.#sink = sink;
    sink.onTaken(() => this.#tellDropped());
  }

  write(line: string): void {
    if (this.#lines !== undefined) this.#lines.push(line);
    // Of the server's own lines there are few, and they have room beyond what the rows of the ledger fill.
    else if (this.#sink.bytesWaiting() >= rowBytesWaitingMax + ownBytesWaitingMax)
      this.#dropped += 1;
    else this.#sink.write(line);
  }

  together(work: () => void): void {
    this.#lines = [];
    try {
      work();
    } finally {
      const lines = this.#lines;
      this.#lines = undefined;
      if (this.#sink.bytesWaiting() >= rowBytesWaitingMax) this.#dropped += lines.length;
      else if (lines.length > 0) this.#sink.write(lines.join(''));
    }
  }

  #tellDropped(): void {
    const dropped = this.#dropped;
    this.#dropped = 0;
    if (dropped > 0) this.onRoom(dropped);
  }
}
