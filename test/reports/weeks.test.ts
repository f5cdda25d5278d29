import fc from 'fast-check';
import t from 'tap';
import { weekdays, weekAfter, weekOf, type WeekRule } from '../../server/reports/weeks.ts';
import { localTime } from '../../server/domain/wall-time.ts';

t.setTimeout(120_000);

const hourMs = 60 * 60_000;
const zones = [
  'UTC',
  'America/Los_Angeles',
  'Pacific/Auckland',
  'Asia/Kathmandu',
  // Half an hour of summer time, and clocks that change at midnight.
  'Australia/Lord_Howe',
  'America/Santiago',
  'Africa/Cairo',
];

const californian: WeekRule = { weekday: 'monday', timezone: 'America/Los_Angeles' };
const shown = (ms: number) => localTime(ms, 'America/Los_Angeles');

t.test(
  'a week is from midnight to midnight, with an hour less in spring and one more in autumn',
  (t) => {
    const hours = (atMs: number) => {
      const { fromMs, untilMs } = weekOf(atMs, californian);
      return (untilMs - fromMs) / hourMs;
    };
    // Clocks go forward on 10 March 2030, a Sunday, and back on 3 November.
    const spring = weekOf(Date.UTC(2030, 2, 8), californian);
    t.equal(shown(spring.fromMs), '2030-03-04T00:00:00-08:00');
    t.equal(shown(spring.untilMs), '2030-03-11T00:00:00-07:00');
    t.equal(hours(Date.UTC(2030, 2, 8)), 167);
    const autumn = weekOf(Date.UTC(2030, 10, 2), californian);
    t.equal(shown(autumn.fromMs), '2030-10-28T00:00:00-07:00');
    t.equal(shown(autumn.untilMs), '2030-11-04T00:00:00-08:00');
    t.equal(hours(Date.UTC(2030, 10, 2)), 169);
    t.equal(hours(Date.UTC(2030, 6, 4)), 168);
    t.end();
  },
);

t.test('the last millisecond of a week is in it, and the next is not', (t) => {
  const week = weekOf(Date.UTC(2030, 0, 9), californian);
  t.same(weekOf(week.fromMs, californian), week);
  t.same(weekOf(week.untilMs - 1, californian), week);
  t.equal(weekOf(week.untilMs, californian).fromMs, week.untilMs);
  t.end();
});

t.test('weeks follow each other without a gap, also when the rule changes', (t) => {
  const rule = fc.record({
    weekday: fc.constantFrom(...weekdays),
    timezone: fc.constantFrom(...zones),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: Date.UTC(2024, 0), max: Date.UTC(2035, 0) }),
      fc.array(rule, { minLength: 1, maxLength: 6 }),
      (atMs, rules) => {
        let week = weekOf(atMs, rules[0]!);
        t.ok(week.fromMs <= atMs && atMs < week.untilMs);
        for (const each of rules) {
          const next = weekAfter(week.untilMs, each);
          t.equal(next.fromMs, week.untilMs);
          t.ok(next.untilMs > next.fromMs && next.untilMs - next.fromMs <= 169 * hourMs);
          t.match(localTime(next.untilMs, each.timezone), /T0[01]:00:00/);
          week = next;
        }
      },
    ),
    { numRuns: 200 },
  );
  t.end();
});
