import type { Cell } from './report.ts';

/** In place of a name: of what is told together. No user, agency or address is called so. */
export const othersName = '(others)';

export const isoOf = (ms: number): string => new Date(ms).toISOString();

/** Of a time that may never have been. */
export function timeOf(ms: number | null): string | null {
  return ms === null || !Number.isFinite(ms) ? null : isoOf(ms);
}

/** A day, UTC. */
export const dayOf = (ms: number): string => isoOf(ms).slice(0, 10);

/** Lines of what is held anyway. */
export async function* linesOf<T>(
  items: readonly T[],
  cells: (item: T) => readonly Cell[],
): AsyncGenerator<readonly Cell[]> {
  for (const item of items) yield cells(item);
}
