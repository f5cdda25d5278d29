import { pino, type Logger } from 'pino';
import { PinoPretty } from 'pino-pretty';

export type { Logger };

/** JSON lines, or lines for people where standard output is a terminal. */
export function createLog(level: string, isTerminal: boolean): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  return isTerminal
    ? pino(options, PinoPretty({ translateTime: 'SYS:HH:MM:ss.l o', ignore: 'pid,hostname' }))
    : pino(options);
}
