/** One directory of a day with the files that an agency sent on it. */
export type Leaf = {
  readonly no: number;
  readonly agency: number;
  /** `2021/03/14` below `/outgoing`. */
  readonly day: string;
  /** When its first file came, and the time between two; milliseconds. */
  readonly atMs: number;
  readonly stepMs: number;
  /** Number of its first file among all, and how many it has. */
  readonly first: number;
  readonly count: number;
};

/** California has so many local child support agencies and regions (Family Code section 17304). */
export const agencyCount = 58;
const usersPerAgency = 5;
const dayMs = 86_400_000;
const filesPerDay = 100;
/** One directory in so many has 10,000 entries. */
const largeEvery = 1_000;
const largeFiles = 10_000;
const lastDayMs = Date.UTC(2026, 9, 31);

/**
 * Where `entries` files lie: each agency has a directory a day with 100 of them, now and then one with 10,000, and in
 * the middle one with 100,000 (or a tenth of all). Their numbers are in the order of their times.
 */
export function leavesOf(entries: number): readonly Leaf[] {
  const hugeFiles = Math.min(100_000, Math.floor(entries / 10));
  const counts: number[] = [];
  let left = entries - hugeFiles;
  for (let no = 0; left > 0; no += 1) {
    const wanted = no % largeEvery === largeEvery / 2 ? largeFiles : filesPerDay;
    counts.push(Math.min(wanted, left));
    left -= counts.at(-1)!;
  }
  counts.splice(Math.floor(counts.length / 2), 0, hugeFiles);
  const days = Math.ceil(counts.length / agencyCount);
  let first = 0;
  return counts.map((count, no) => {
    const agency = no % agencyCount;
    const startMs = lastDayMs - (days - Math.floor(no / agencyCount)) * dayMs;
    const spanMs = Math.floor(dayMs / agencyCount);
    const day = new Date(startMs).toISOString().slice(0, 10).replaceAll('-', '/');
    const stepMs = Math.max(1, Math.floor(spanMs / count));
    const leaf = { no, agency, day, atMs: startMs + agency * spanMs, stepMs, first, count };
    first += count;
    return leaf;
  });
}

export function agencyCode(agency: number): string {
  return `county-${String(agency).padStart(2, '0')}`;
}

/** Who sends on a day. */
export function usernameOf({ no, agency }: Leaf): string {
  return `${agencyCode(agency)}-user-${Math.floor(no / agencyCount) % usersPerAgency}`;
}

export function usernamesOf(agency: number): readonly string[] {
  return Array.from({ length: usersPerAgency }, (_, user) => `${agencyCode(agency)}-user-${user}`);
}

export function directoryPath({ day }: Leaf): string {
  return `/outgoing/${day}`;
}

export function filePath(leaf: Leaf, index: number): string {
  return `${directoryPath(leaf)}/case-${String(index).padStart(6, '0')}.csv`;
}
