import { pino, type Logger } from 'pino';
import { PinoPretty } from 'pino-pretty';

export type { Logger };

/** JSON lines, or lines for people where standard output is a terminal. */
export function createLog(level: string, isTerminal: boolean): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (isTerminal)
    return pino(options, PinoPretty({ translateTime: 'SYS:HH:MM:ss.l o', ignore: 'pid,hostname' }));
  const output = pino.destination({ fd: 1, sync: true });
  // A log file on a full disk: the lines are lost, and the transfers go on. Without a listener the process would end.
  output.on('error', () => undefined);
  return pino(options, output);
}
