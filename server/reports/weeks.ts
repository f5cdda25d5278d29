import { nextRuns } from '../retention/schedule.ts';

export const weekdays = [
  'sunday',
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
] as const;
export type Weekday = (typeof weekdays)[number];

/** When weeks begin: at midnight of a day of the week, as the clocks of a time zone show it. */
export type WeekRule = {
  readonly weekday: Weekday;
  /** IANA. */
  readonly timezone: string;
};

/** A week as milliseconds since the epoch, `untilMs` not included: 167, 168 or 169 hours, as clocks change. */
export type Week = { readonly fromMs: number; readonly untilMs: number };

const dayMs = 24 * 60 * 60_000;
/** Longer than any week. */
const overAWeekMs = 8 * dayMs;

/** The first beginning of a week after a time. */
export function nextWeekAfter(atMs: number, { weekday, timezone }: WeekRule): number {
  const [next] = nextRuns(`0 0 * * ${weekdays.indexOf(weekday)}`, timezone, 1, atMs);
  if (next === undefined) throw new Error(`there is no ${weekday} in ${timezone}`);
  return next;
}

/**
 * The week that a time is in. Where a rule was changed, the first week by it begins with the time that the last one by
 * the other ended at: see `weekAfter`.
 */
export function weekOf(atMs: number, rule: WeekRule): Week {
  let fromMs = nextWeekAfter(atMs - overAWeekMs, rule);
  for (let nextMs = nextWeekAfter(fromMs, rule); nextMs <= atMs;) {
    fromMs = nextMs;
    nextMs = nextWeekAfter(fromMs, rule);
  }
  return { fromMs, untilMs: nextWeekAfter(fromMs, rule) };
}

/** The week behind one that ended then: nothing is left out and nothing is told twice, whatever the rule was before. */
export function weekAfter(endedMs: number, rule: WeekRule): Week {
  return { fromMs: endedMs, untilMs: nextWeekAfter(endedMs, rule) };
}
