import { Fault } from './faults.ts';

declare const checked: unique symbol;
/** A pattern that was checked by `parseGlob`. */
export type Glob = string & { readonly [checked]: true };

const charactersMax = 1024;
const segmentsMax = 32;

/**
 * A pattern of paths in an agency's tree, as `/outgoing/**` or `/outgoing/*.csv`. It begins with `/`. In a segment `*`
 * stands for any characters and `?` for one; a segment `**` stands for any number of segments, also none. Everything
 * else stands for itself, letters in their case.
 *
 * @throws Fault `field-invalid` with what is accepted
 */
export function parseGlob(text: string, pointer = '/path'): Glob {
  const segments = text.split('/').slice(1);
  const isWrong =
    !text.startsWith('/') ||
    text.length > charactersMax ||
    segments.length > segmentsMax ||
    segments.some(
      (segment) =>
        segment === '' ||
        segment === '.' ||
        segment === '..' ||
        (segment.includes('**') && segment !== '**') ||
        // oxlint-disable-next-line no-control-regex -- these are what is refused
        /[\u0000-\u001f\u007f\\]/u.test(segment),
    ) ||
    text !== text.normalize('NFC');
  if (isWrong)
    throw new Fault(
      'field-invalid',
      'a pattern such as /outgoing/** or /outgoing/*.csv: segments with * and ?, or ** alone for any number of them',
      { pointer },
    );
  return text as Glob;
}

/** Whether a pattern matches a path. The cost is at most the product of their lengths, whatever the pattern. */
export function matchesGlob(glob: Glob, path: string): boolean {
  return matchesAll(glob.slice(1).split('/'), path.slice(1).split('/'), isAnyDepth, matchesSegment);
}

/** Whether a pattern may match something below a directory: then the directory's own path is part of what it says. */
export function reachesBelow(glob: Glob, directory: string): boolean {
  const below = directory === '/' ? [] : directory.slice(1).split('/');
  const patterns = glob.slice(1).split('/');
  for (const [index, segment] of below.entries()) {
    const pattern = patterns[index];
    if (pattern === undefined) return false;
    if (isAnyDepth(pattern)) return true;
    if (!matchesSegment(pattern, segment)) return false;
  }
  return patterns.length > below.length;
}

const isAnyDepth = (segment: string) => segment === '**';
const isAnyRun = (character: string) => character === '*';

function matchesSegment(pattern: string, segment: string): boolean {
  return matchesAll(
    Array.from(pattern),
    Array.from(segment),
    isAnyRun,
    (wanted, character) => wanted === '?' || wanted === character,
  );
}

/** Patterns of which some stand for any number of items, against items: the greedy way with one place to go back to. */
function matchesAll(
  patterns: readonly string[],
  items: readonly string[],
  isAnyNumber: (pattern: string) => boolean,
  matches: (pattern: string, item: string) => boolean,
): boolean {
  let pattern = 0;
  let item = 0;
  let lastAny = -1;
  let itemAtAny = 0;
  while (item < items.length) {
    const wanted = patterns[pattern];
    if (wanted !== undefined && isAnyNumber(wanted)) {
      lastAny = pattern++;
      itemAtAny = item;
    } else if (wanted !== undefined && matches(wanted, items[item]!)) {
      pattern++;
      item++;
    } else if (lastAny >= 0) {
      pattern = lastAny + 1;
      item = ++itemAtAny;
    } else return false;
  }
  return patterns.slice(pattern).every(isAnyNumber);
}
