import { Cron } from 'croner';
import { Fault } from '../domain/faults.ts';
import { afterGap, instantsOf, wallOf } from '../domain/wall-time.ts';

const expressionCharactersMax = 100;
/** Schedules that are kept; there are fewer jobs. */
const keptMax = 4_000;
const parsed = new Map<string, Cron>();
const reckoned = new Map<string, { readonly fromMs: number; readonly runs: readonly number[] }>();

/**
 * Checks a five-field cron expression (minute, hour, day of month, month, day of week) and the time zone it is meant in.
 *
 * A time that the change to summer time leaves out comes at the first one after it, several of them once; one that comes
 * twice in autumn comes once. Only where the hour is `*`, or `*` with a step, it comes as often as the clock shows it.
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
  if (!isExpression(expression))
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
  const key = `${count} ${timezone} ${schedule}`;
  const known = reckoned.get(key);
  // They are the next ones until the first of them has passed.
  if (known !== undefined && known.fromMs <= fromMs && fromMs < (known.runs[0] ?? Infinity))
    return known.runs;
  const runs = reckon(cronOf(schedule), { timezone, isHourly: isHourly(schedule) }, count, fromMs);
  if (reckoned.size >= keptMax) reckoned.clear();
  reckoned.set(key, { fromMs, runs });
  return runs;
}

type Zone = { readonly timezone: string; readonly isHourly: boolean };

/** Longer than any clock is set back for the summer's end. */
const backMsMax = 3 * 60 * 60_000;

/** Croner knows the times that the clock on the wall is to show; which moments those are is the zone's. */
function reckon(cron: Cron, zone: Zone, count: number, fromMs: number): readonly number[] {
  const wall = (ms: number) => wallOf(ms, zone.timezone);
  const fromWallMs = wall(fromMs);
  // What is shown twice comes again behind what follows it.
  const slackAt = (ms: number) => {
    const passedMs = ms + backMsMax - fromMs;
    return zone.isHourly && wall(ms + backMsMax) - fromWallMs < passedMs ? backMsMax : 0;
  };
  const runs: number[] = [];
  let wallMs: number | undefined = fromWallMs - slackAt(fromMs);
  for (;;) {
    wallMs = cron.nextRun(new Date(wallMs))?.getTime();
    const last = runs[count - 1];
    if (wallMs === undefined) break;
    if (last !== undefined && wallMs > wall(last) + slackAt(last)) break;
    const fresh = momentsOf(wallMs, zone).filter((ms) => ms > fromMs && !runs.includes(ms));
    runs.push(...fresh);
    runs.sort((one, other) => one - other);
  }
  return runs.slice(0, count);
}

function momentsOf(wallMs: number, { timezone, isHourly }: Zone): readonly number[] {
  const instants = instantsOf(wallMs, timezone);
  if (instants.length === 0) return [afterGap(wallMs, timezone)];
  return isHourly ? instants : instants.slice(0, 1);
}

/** Whether it recurs by the hour. */
function isHourly(schedule: string): boolean {
  return /^[*?](\/\d+)?$/.test(schedule.split(' ')[1]!);
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

/** In UTC, whose clock shows each time once. */
function cronOf(schedule: string): Cron {
  const known = parsed.get(schedule);
  if (known !== undefined) return known;
  if (parsed.size >= keptMax) parsed.clear();
  const cron = new Cron(schedule, { timezone: 'UTC', mode: '5-part', paused: true });
  parsed.set(schedule, cron);
  return cron;
}

function isExpression(expression: string): boolean {
  // Croner's own words for some, such as @daily, and its years and seconds, are not taken: there is one way to say it.
  if (expression.length > expressionCharactersMax || expression.split(' ').length !== 5)
    return false;
  try {
    cronOf(expression);
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
