import t, { type Test } from 'tap';
import fc from 'fast-check';
import { Fault } from '../../server/domain/faults.ts';
import { checkSchedule, nextRuns } from '../../server/retention/schedule.ts';
import { localTime, wallOf } from '../../server/domain/wall-time.ts';

const angeles = 'America/Los_Angeles';
const at = (text: string) => Date.parse(text);
const shown = (schedule: string, timezone: string, from: string, count = 4) =>
  nextRuns(schedule, timezone, count, at(from)).map((ms) => localTime(ms, timezone));

t.test('the next times are those of the zone', (t) => {
  t.same(shown('0 2 * * *', 'UTC', '2030-01-07T12:00:00Z', 2), [
    '2030-01-08T02:00:00+00:00',
    '2030-01-09T02:00:00+00:00',
  ]);
  t.same(shown('30 1 * * 1-5', angeles, '2030-01-11T12:00:00Z', 2), [
    '2030-01-14T01:30:00-08:00',
    '2030-01-15T01:30:00-08:00',
  ]);
  t.same(shown('15 4 1 */3 *', 'Asia/Kathmandu', '2030-01-11T12:00:00Z', 2), [
    '2030-04-01T04:15:00+05:45',
    '2030-07-01T04:15:00+05:45',
  ]);
  t.same(shown('0 0 29 2 *', 'UTC', '2030-01-11T12:00:00Z', 2), [
    '2032-02-29T00:00:00+00:00',
    '2036-02-29T00:00:00+00:00',
  ]);
  t.same(
    nextRuns('0 2 * * *', 'UTC', 1, at('2030-01-08T02:00:00Z')),
    [at('2030-01-09T02:00:00Z')],
    'a time is not after itself',
  );
  t.end();
});

t.test('in spring a time that is left out comes after the gap, once', (t) => {
  t.same(shown('30 2 * * *', angeles, '2030-03-09T12:00:00Z', 3), [
    '2030-03-10T03:00:00-07:00',
    '2030-03-11T02:30:00-07:00',
    '2030-03-12T02:30:00-07:00',
  ]);
  t.same(shown('0 1,4 * * *', angeles, '2030-03-10T00:00:00-08:00', 3), [
    '2030-03-10T01:00:00-08:00',
    '2030-03-10T04:00:00-07:00',
    '2030-03-11T01:00:00-07:00',
  ]);
  t.end();
});

t.test('in autumn a time that comes twice is one run; what recurs by the hour has both', (t) => {
  t.same(shown('30 1 * * *', angeles, '2030-11-02T12:00:00Z', 3), [
    '2030-11-03T01:30:00-07:00',
    '2030-11-04T01:30:00-08:00',
    '2030-11-05T01:30:00-08:00',
  ]);
  t.same(shown('30 * * * *', angeles, '2030-11-03T00:45:00-07:00', 3), [
    '2030-11-03T01:30:00-07:00',
    '2030-11-03T01:30:00-08:00',
    '2030-11-03T02:30:00-08:00',
  ]);
  t.end();
});

// Croner makes up for the gap only where the hour and the minute are single numbers: of all others the run of that day was
// left out, and in autumn they ran twice.
t.test('so do schedules of several times a day', (t) => {
  t.same(shown('0 2,14 * * *', angeles, '2027-03-13T20:00:00-08:00', 3), [
    '2027-03-14T03:00:00-07:00',
    '2027-03-14T14:00:00-07:00',
    '2027-03-15T02:00:00-07:00',
  ]);
  for (const schedule of ['0,30 2 * * *', '*/15 2 * * *'])
    t.same(shown(schedule, angeles, '2027-03-13T20:00:00-08:00', 2), [
      '2027-03-14T03:00:00-07:00',
      '2027-03-15T02:00:00-07:00',
    ]);
  t.same(shown('0,30 2 14 3 *', angeles, '2027-01-01T00:00:00Z', 2), [
    '2027-03-14T03:00:00-07:00',
    '2028-03-14T02:00:00-07:00',
  ]);
  t.same(shown('30 1,13 * * *', angeles, '2026-10-31T20:00:00-07:00', 3), [
    '2026-11-01T01:30:00-07:00',
    '2026-11-01T13:30:00-08:00',
    '2026-11-02T01:30:00-08:00',
  ]);
  // The gap ends at midnight, and there half an hour is one.
  t.same(shown('45 23 * * *', 'America/Nuuk', '2027-03-26T12:00:00Z', 2), [
    '2027-03-26T23:45:00-02:00',
    '2027-03-28T00:00:00-01:00',
  ]);
  t.same(shown('15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00:00Z', 2), [
    '2026-10-04T02:30:00+11:00',
    '2026-10-05T02:15:00+11:00',
  ]);
  // 2011-12-30 was none in Samoa.
  t.same(shown('0 2 * * *', 'Pacific/Apia', '2011-12-28T00:00:00Z', 3), [
    '2011-12-28T02:00:00-10:00',
    '2011-12-29T02:00:00-10:00',
    '2011-12-31T00:00:00+14:00',
  ]);
  t.same(shown('*/30 * * * *', angeles, '2026-11-01T01:15:00-07:00', 6), [
    '2026-11-01T01:30:00-07:00',
    '2026-11-01T01:00:00-08:00',
    '2026-11-01T01:30:00-08:00',
    '2026-11-01T02:00:00-08:00',
    '2026-11-01T02:30:00-08:00',
    '2026-11-01T03:00:00-08:00',
  ]);
  t.end();
});

t.test('property: no day is without its run, and none has it twice, in any zone', (t) => {
  const number = (max: number) => fc.integer({ min: 0, max });
  const list = (max: number) =>
    fc.uniqueArray(number(max), { minLength: 1, maxLength: 3 }).map((each) => each.join());
  fc.assert(
    fc.property(
      list(59),
      list(23),
      fc.constantFrom(angeles, 'Europe/Berlin', 'America/Nuuk', 'Australia/Lord_Howe', 'UTC'),
      fc.integer({ min: at('2027-01-01T00:00:00Z'), max: at('2029-01-01T00:00:00Z') }),
      (minutes, hours, timezone, fromMs) => {
        const schedule = `${minutes} ${hours} * * *`;
        const aDay = minutes.split(',').length * hours.split(',').length;
        const runs = nextRuns(schedule, timezone, aDay * 40, fromMs);
        const walls = runs.map((ms) => wallOf(ms, timezone));
        const isRising = walls.every((wallMs, index) => index === 0 || wallMs > walls[index - 1]!);
        // What lies in the gap comes once behind it.
        const days = (walls.at(-1)! - walls[0]!) / 86_400_000;
        const one = nextRuns(schedule, timezone, 1, runs[20]! - 1);
        return isRising && days < 42 && days > 38 && one[0] === runs[20];
      },
    ),
    { numRuns: 60 },
  );
  t.end();
});

t.test('a run every night of ten years is one for each date', (t) => {
  for (const schedule of ['30 1 * * *', '30 2 * * *', '0 3 * * *']) {
    let ms = at('2030-01-01T12:00:00-08:00');
    const days = new Set<string>();
    for (let night = 0; night < 3_652; night += 1) {
      [ms] = nextRuns(schedule, angeles, 1, ms) as [number];
      days.add(localTime(ms, angeles).slice(0, 10));
    }
    t.equal(days.size, 3_652, schedule);
    t.equal([...days].at(-1), '2040-01-01');
  }
  t.end();
});

function refused(t: Test, schedule: string, timezone: string, pointer: string, words: RegExp) {
  const name = `${JSON.stringify(schedule)} ${timezone}`;
  t.throws(
    () => checkSchedule({ schedule, timezone }, at('2030-01-01T00:00:00Z')),
    { code: 'field-invalid', pointer, message: words },
    name,
  );
}

t.test('what is no schedule is told by its field', (t) => {
  for (const schedule of [
    '',
    '* * * *',
    '* * * * * *',
    '0 0 2 * * *',
    '@daily',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * * 13 *',
    '* * * * 8',
    '*/0 * * * *',
    '5-1 * * * *',
    'a b c d e',
    '0 2 * * mondays',
    `0 2 ${'1,'.repeat(60)}2 * *`,
  ])
    refused(t, schedule, 'UTC', '/schedule', /a cron expression of five fields/);
  for (const schedule of ['0 0 30 2 *', '0 0 31 4,6,9,11 *'])
    refused(t, schedule, 'UTC', '/schedule', /that some day matches/);
  for (const timezone of ['', 'Mars/Olympus', '+05:00', 'UTC\n', 'America/Los Angeles', '../UTC'])
    refused(t, '0 2 * * *', timezone, '/timezone', /a time zone such as/);
  t.equal(checkSchedule({ schedule: ' 0  2 * *\tMON ', timezone: angeles }, 0), '0 2 * * MON');
  t.end();
});

t.test('property: any text is a schedule or a fault of a field', (t) => {
  const field = fc.oneof(
    fc.constantFrom('*', '?', '*/2', '1-5', '1,2', 'L', '1#2', '15W', 'MON', 'JAN', '-1', '99'),
    fc.string({ maxLength: 4 }),
  );
  fc.assert(
    fc.property(
      fc.array(field, { maxLength: 7 }),
      fc.constantFrom('UTC', angeles, 'Nowhere'),
      (fields, timezone) => {
        try {
          const schedule = checkSchedule({ schedule: fields.join(' '), timezone }, 0);
          const [first] = nextRuns(schedule, timezone, 1, 0);
          return first! > 0 && first! % 60_000 === 0;
        } catch (error) {
          return error instanceof Fault && error.code === 'field-invalid';
        }
      },
    ),
    { numRuns: 500 },
  );
  t.end();
});
