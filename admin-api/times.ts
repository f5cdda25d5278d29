import { Fault } from '../server/domain/faults.ts';

const accepted = 'a time such as 2030-01-31T00:00:00Z';

export function isoOf(ms: number): string;
export function isoOf(ms: number | null): string | null;
export function isoOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

/** Milliseconds of a time that has passed its schema. @throws Fault `field-invalid` */
export function msOf(text: string, pointer: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new Fault('field-invalid', accepted, { pointer });
  return ms;
}

/** For a field that may be absent or null. */
export function msOrNullOf(text: string | null, pointer: string): number | null {
  return text === null ? null : msOf(text, pointer);
}
