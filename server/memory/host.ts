import { totalmem } from 'node:os';
import { limits } from '../domain/limits.ts';

/** Bytes that one of so many worker processes may hold for its clients: its share of half of the host or container. */
export function processMemoryBytesMax(processes: number): number {
  const host = Math.min(totalmem(), containerMemory());
  const share = (host * limits.hostMemoryPartMax) / processes;
  return Math.max(limits.processMemoryBytesMin, Math.floor(share));
}

/** Bytes that the container allows; Infinity where it sets no limit. Node tells since 19.6, its types do not yet. */
function containerMemory(): number {
  const { constrainedMemory } = process as { constrainedMemory?: () => number };
  return constrainedMemory?.() || Infinity;
}
