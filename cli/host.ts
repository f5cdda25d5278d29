import type { Config } from '../server/config.ts';
import { Fault } from '../server/domain/faults.ts';
import { optionOf } from './client.ts';
import { CliFailure, exitCodes } from './parts.ts';
import type { CliParts } from './parts.ts';

/** The server's configuration, for the verbs that act on the host (DESIGN.md D8). */
export async function hostConfig(parts: CliParts): Promise<Config> {
  // Loaded here, so that the commands that only speak HTTP start without the server's native parts.
  const { readConfig } = await import('../server/config.ts');
  return withFaults(() => readConfig({ ...parts.env }));
}

/** A fault of the server as the end of a command: its reason already says what to do, a line for each problem. */
export async function withFaults<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const [first = error.message, ...others] = error.message.split('\n');
    const where = error.pointer === undefined ? '' : `${optionOf(error.pointer)}: `;
    throw new CliFailure(exitCodes.failed, where + first, others);
  }
}
