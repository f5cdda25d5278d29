import { Cron } from 'croner';
import { Fault } from '../domain/faults.ts';

const expressionCharactersMax = 100;
/** Schedules that are kept parsed; there are as many as jobs. */
const parsedMax = 1_000;
const parsed = new Map<string, Cron>();

/**
 * Checks a five-field cron expression (minute, hour, day of month, month, day of week) and the time zone it is meant in.
 *
 * A time that the change to summer time leaves out comes at the first one after it; one that comes twice in autumn comes
 * once. Only what recurs by the hour or minute comes as often as the clock shows it.
 *
 * @returns the expression with single spaces
 * @throws Fault `field-invalid` with what is accepted
 */
export function checkSchedule(
  { schedule, timezone }: { readonly schedule: string; readonly timezone: string },
  nowMs: number,
): string {
  if (!isTimeZone(timezone))
    throw new Fault('field-invalid', 'a time zone such as America/Los_Angeles or UTC', {
      pointer: '/timezone',
    });
  const expression = schedule.trim().replace(/\s+/g, ' ');
  if (!isExpression(expression, timezone))
    throw new Fault(
      'field-invalid',
      'a cron expression of five fields: minute, hour, day of month, month, day of week, as 30 2 * * 1-5',
      { pointer: '/schedule' },
    );
  if (nextRuns(expression, timezone, 1, nowMs).length === 0)
    throw new Fault('field-invalid', 'a cron expression that some day matches', {
      pointer: '/schedule',
    });
  return expression;
}

/** The first times of a checked schedule after a time, in milliseconds since the epoch. */
export function nextRuns(
  schedule: string,
  timezone: string,
  count: number,
  fromMs: number,
): readonly number[] {
  return cronOf(schedule, timezone)
    .nextRuns(count, new Date(fromMs))
    .map((time) => time.getTime());
}

/** The same of a schedule that was checked once: null where this Node does not know its time zone any more. */
export function knownRuns(
  schedule: string,
  timezone: string,
  count: number,
  fromMs: number,
): readonly number[] | null {
  try {
    return nextRuns(schedule, timezone, count, fromMs);
  } catch {
    return null;
  }
}

/** A time as a clock in the zone shows it, with the zone's offset then: `2026-11-01T02:30:00-08:00`. */
export function localTime(ms: number, timezone: string): string {
  const format = new Intl.DateTimeFormat('en-US', {
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
  const part = Object.fromEntries(
    format.formatToParts(ms).map(({ type, value }) => [type, value]),
  ) as Readonly<Record<Intl.DateTimeFormatPartTypes, string>>;
  // Of UTC some versions of Node say no offset.
  const offset = part.timeZoneName.replace('GMT', '') || '+00:00';
  return `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}:${part.second}${offset}`;
}

function cronOf(schedule: string, timezone: string): Cron {
  const key = `${timezone} ${schedule}`;
  const known = parsed.get(key);
  if (known !== undefined) return known;
  if (parsed.size >= parsedMax) parsed.clear();
  const cron = new Cron(schedule, { timezone, mode: '5-part', paused: true });
  parsed.set(key, cron);
  return cron;
}

function isExpression(expression: string, timezone: string): boolean {
  // Croner's own words for some, such as @daily, and its years and seconds, are not taken: there is one way to say it.
  if (expression.length > expressionCharactersMax || expression.split(' ').length !== 5)
    return false;
  try {
    cronOf(expression, timezone);
    return true;
  } catch {
    return false;
  }
}

/** By name: an offset such as +05:00 knows no summer time, and not every Node takes it. */
export function isTimeZone(timezone: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(timezone)) return false;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: timezone }).resolvedOptions() !== undefined;
  } catch {
    return false;
  }
}
