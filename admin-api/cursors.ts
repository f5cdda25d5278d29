import { Fault } from '../server/domain/faults.ts';

export const pageItemsDefault = 100;

type Place = readonly (string | number)[];

/** Where a page of that list ended, in a form that is nobody's business to read. */
export function cursorAt(list: string, place: Place | null): string | null {
  return place === null
    ? null
    : Buffer.from(JSON.stringify([list, ...place])).toString('base64url');
}

/**
 * The place in a cursor of that list, checked against the types of its parts; null where there is no cursor.
 *
 * @throws Fault `field-invalid`
 */
export function placeIn<const T extends readonly ('string' | 'number')[]>(
  list: string,
  cursor: string | undefined,
  types: T,
): { [K in keyof T]: T[K] extends 'number' ? number : string } | null {
  if (cursor === undefined) return null;
  const [name, ...place] = decode(cursor);
  const fits =
    name === list &&
    place.length === types.length &&
    types.every((type, index) => isOf(type, place[index]));
  if (!fits) throw invalid();
  return place as { [K in keyof T]: T[K] extends 'number' ? number : string };
}

function decode(cursor: string): readonly unknown[] {
  try {
    const place = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown;
    if (Array.isArray(place)) return place;
  } catch {
    // As any other cursor that is not ours.
  }
  throw invalid();
}

function isOf(type: 'string' | 'number', value: unknown): boolean {
  return type === 'number' ? Number.isSafeInteger(value) : typeof value === 'string';
}

function invalid(): Fault {
  return new Fault('field-invalid', 'the nextCursor of the page before, as it came', {
    pointer: '/cursor',
  });
}

/**
 * Where a page of a sorted list ended. The order is part of the list's name: a cursor of another order is refused.
 *
 * @throws Fault `field-invalid`
 */
export function sortedPlaceIn(
  list: string,
  cursor: string | undefined,
  value: 'string' | 'number',
): readonly [value: string | number, tie: string] | null {
  return value === 'string'
    ? placeIn(list, cursor, ['string', 'string'])
    : placeIn(list, cursor, ['number', 'string']);
}

/** A page of a list that is in memory, in the order of a key that is a string. */
export function pageInMemory<T>(
  list: string,
  items: readonly T[],
  keyOf: (item: T) => string,
  { limit = pageItemsDefault, cursor }: { readonly limit?: number; readonly cursor?: string },
): { readonly items: readonly T[]; readonly nextCursor: string | null } {
  const [after] = placeIn(list, cursor, ['string']) ?? [''];
  const left = items
    .map((item) => ({ item, key: keyOf(item) }))
    .filter(({ key }) => key > after)
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const shown = left.slice(0, limit);
  const last = shown.at(-1);
  const nextCursor = left.length > limit && last !== undefined ? cursorAt(list, [last.key]) : null;
  return { items: shown.map(({ item }) => item), nextCursor };
}
