import { existsSync, readFileSync } from 'node:fs';
import type { LiveServer } from '../fixtures/live-server.ts';

/** Process ids of a live server's workers, as its log told of them; those that are gone are left out. */
export function workerPids(server: LiveServer): readonly number[] {
  const told = [...server.log().matchAll(/"pid":(\d+),"msg":"worker process ready"/g)];
  return told.map((match) => Number(match[1])).filter(isAlive);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // One that nobody has waited for yet is gone all the same.
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, 'utf8'));
}

/** Waits until it holds; tap's own time-out ends a wait in vain. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}
