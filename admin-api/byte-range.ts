/** Bytes from `start` to before `end`. */
export type ByteRange = { readonly start: number; readonly end: number };

/** One range; where there are several, all of it is sent, which RFC 9110 section 14.2 leaves to the server. */
const oneRange = /^bytes=(\d{0,15})-(\d{0,15})$/i;

/**
 * What a `Range` asks for of `size` bytes: null is all of them, also where it cannot be read.
 *
 * @returns `unsatisfiable` where it begins behind the end
 */
export function rangeIn(
  header: string | undefined,
  size: number,
): ByteRange | null | 'unsatisfiable' {
  const [, first = '', last = ''] = oneRange.exec(header?.trim() ?? '') ?? [];
  if (first === '' && last === '') return null;
  if (first === '') {
    const wanted = Math.min(Number(last), size);
    return wanted === 0 ? 'unsatisfiable' : { start: size - wanted, end: size };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return null;
  if (start >= size) return 'unsatisfiable';
  return { start, end: last === '' ? size : Math.min(Number(last) + 1, size) };
}
