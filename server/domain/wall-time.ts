const dayMs = 24 * 60 * 60_000;

/** One for each zone that was asked for; making one takes a hundred times as long as asking it. */
const formats = new Map<string, Intl.DateTimeFormat>();

type Parts = Readonly<Record<Intl.DateTimeFormatPartTypes, string>>;

/** What a clock in the zone shows. @throws RangeError where this Node does not know the zone */
function partsAt(ms: number, timezone: string): Parts {
  let format = formats.get(timezone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      timeZoneName: 'longOffset',
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formats.set(timezone, format);
  }
  const parts = format.formatToParts(ms).map(({ type, value }) => [type, value]);
  return Object.fromEntries(parts) as Parts;
}

/** A time as a clock in the zone shows it, with the zone's offset then: `2026-11-01T02:30:00-08:00`. */
export function localTime(ms: number, timezone: string): string {
  const { year, month, day, hour, minute, second, timeZoneName } = partsAt(ms, timezone);
  // Of UTC some versions of Node say no offset.
  const offset = timeZoneName.replace('GMT', '') || '+00:00';
  return `${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`;
}

/** The same as milliseconds, as if the clock showed UTC: a wall time. */
export function wallOf(ms: number, timezone: string): number {
  const { year, month, day, hour, minute, second } = partsAt(ms, timezone);
  const wallMs = Date.UTC(+year, +month - 1, +day, +hour, +minute, +second);
  return wallMs + (((ms % 1_000) + 1_000) % 1_000);
}

/**
 * When a clock in the zone shows a wall time, the earliest first: twice where it is set back, and where it is set ahead over
 * it, never.
 */
export function instantsOf(wallMs: number, timezone: string): readonly number[] {
  const offsets = [wallMs - dayMs, wallMs + dayMs].map((ms) => wallOf(ms, timezone) - ms);
  return [...new Set(offsets.map((offsetMs) => wallMs - offsetMs))]
    .filter((ms) => wallOf(ms, timezone) === wallMs)
    .toSorted((a, b) => a - b);
}

/** The first moment at which a clock in the zone shows more than a wall time that it was set ahead over. */
export function afterGap(wallMs: number, timezone: string): number {
  let [beforeMs, afterMs] = [wallMs - dayMs, wallMs + dayMs];
  while (afterMs - beforeMs > 1) {
    const middleMs = Math.floor((beforeMs + afterMs) / 2);
    if (wallOf(middleMs, timezone) > wallMs) afterMs = middleMs;
    else beforeMs = middleMs;
  }
  return afterMs;
}
