const sizeUnits: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  pb: 1e15,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
  pib: 2 ** 50,
};

const durationUnits: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

export const sizeForm =
  'a number with B, kB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB (powers of 1024), such as 10GB';
export const durationForm = 'a number with s, m, h, d or w, such as 24h';
export const timeForm = `a date (2027-01-31, UTC), a time with its zone (2027-01-31T08:00:00Z or -08:00), or ${durationForm}`;

/** @returns whole bytes, or undefined for what is no size */
export function parseSize(text: string): number | undefined {
  const [, digits, unit = 'b'] = /^(\d+(?:\.\d+)?) ?([kmgtp]?i?b)?$/i.exec(text.trim()) ?? [];
  const factor = sizeUnits[unit.toLowerCase()];
  if (digits === undefined || factor === undefined) return undefined;
  const bytes = Math.round(Number(digits) * factor);
  // `1.5` without a unit is a slip, not half a byte.
  if (!Number.isSafeInteger(bytes) || (factor === 1 && digits.includes('.'))) return undefined;
  return bytes;
}

/** @returns milliseconds, or undefined for what is no duration */
export function parseDuration(text: string): number | undefined {
  const [, digits, unit] = /^(\d+(?:\.\d+)?) ?([smhdw])$/.exec(text.trim()) ?? [];
  const factor = durationUnits[unit ?? ''];
  if (digits === undefined || factor === undefined) return undefined;
  const ms = Math.round(Number(digits) * factor);
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/**
 * A date, a time with its zone, or a duration before or after now. A time without a zone is refused: it would mean
 * something else on another machine.
 *
 * @returns ISO 8601 in UTC, or undefined
 */
export function parseTime(
  text: string,
  nowMs: number,
  direction: 'ago' | 'ahead',
): string | undefined {
  const duration = parseDuration(text);
  if (duration !== undefined)
    return isoOf(direction === 'ago' ? nowMs - duration : nowMs + duration);
  const form =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?) ?(Z|[+-]\d{2}:\d{2}))?$/;
  const [, date, time = '00:00', zone = 'Z'] = form.exec(text.trim()) ?? [];
  // Date.parse turns 30 February into 2 March.
  if (date === undefined || isoOf(Date.parse(`${date}T00:00Z`))?.slice(0, 10) !== date)
    return undefined;
  return isoOf(Date.parse(`${date}T${time}${zone}`));
}

function isoOf(ms: number): string | undefined {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9999
    ? undefined
    : date.toISOString();
}

/** Three significant digits and a unit of 1000s. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 'B';
  for (const next of ['kB', 'MB', 'GB', 'TB', 'PB']) {
    // Rounding must not give `1000 kB`.
    if (Number(value.toPrecision(3)) < 1000) break;
    value /= 1000;
    unit = next;
  }
  return `${unit === 'B' ? value : Number(value.toPrecision(3))} ${unit}`;
}

/** `2027-01-31 08:00:00Z`: the API's UTC time to the second, which `parseTime` takes again. */
export function formatTime(iso: string): string {
  const ms = Date.parse(iso);
  return Number.isNaN(ms) ? iso : `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}
