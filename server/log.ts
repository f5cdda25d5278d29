import { pino, type Logger as PinoLogger } from 'pino';
import { PinoPretty } from 'pino-pretty';

/** A log; where it is one of lines, `together` has all that `work` logs written in one go. */
export type Logger = PinoLogger & { readonly together?: (work: () => void) => void };

/** JSON lines, or lines for people where standard output is a terminal. */
export function createLog(level: string, isTerminal: boolean): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (isTerminal)
    return pino(options, PinoPretty({ translateTime: 'SYS:HH:MM:ss.l o', ignore: 'pid,hostname' }));
  const output = new LineOutput();
  return Object.assign(pino(options, output), {
    together: (work: () => void) => output.together(work),
  });
}

/** Standard output. A line that was logged is written by the time the call is over, unless it is one of many together. */
class LineOutput {
  readonly #output = pino.destination({ fd: 1, sync: true });
  #lines: string[] | undefined;

  constructor() {
    // A log file on a full disk: the lines are lost, and the transfers go on. Without a listener the process would end.
    this.#output.on('error', () => undefined);
  }

  write(line: string): void {
    if (this.#lines === undefined) this.#output.write(line);
    else this.#lines.push(line);
  }

  together(work: () => void): void {
    this.#lines = [];
    try {
      work();
    } finally {
      const lines = this.#lines.join('');
      this.#lines = undefined;
      if (lines !== '') this.#output.write(lines);
    }
  }
}
