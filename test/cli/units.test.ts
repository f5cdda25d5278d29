import t from 'tap';
import { formatSize, formatTime, parseDuration, parseSize, parseTime } from '../../cli/units.ts';

void t.test('sizes', async (t) => {
  for (const [text, bytes] of [
    ['10GB', 10_000_000_000],
    ['10 GB', 10_000_000_000],
    ['1.5 MB', 1_500_000],
    ['10GiB', 10 * 2 ** 30],
    ['64 kib', 65_536],
    ['0', 0],
    ['123', 123],
    ['5B', 5],
  ] as const) {
    t.equal(parseSize(text), bytes, text);
  }
  for (const text of ['', '10G', '-1', '1.5', '1,5MB', 'GB', '1e3', '9999999 PB', '10 GB x']) {
    t.equal(parseSize(text), undefined, `not ${text}`);
  }
});

void t.test('durations', async (t) => {
  t.equal(parseDuration('24h'), 86_400_000);
  t.equal(parseDuration('7d'), 604_800_000);
  t.equal(parseDuration('1.5 m'), 90_000);
  t.equal(parseDuration('2w'), 14 * 86_400_000);
  for (const text of ['', '24', 'h', '-1h', '1M', '1 hour'])
    t.equal(parseDuration(text), undefined, `not ${text}`);
});

void t.test('times', async (t) => {
  const now = Date.UTC(2026, 10, 22, 12);
  const ahead = (text: string) => parseTime(text, now, 'ahead');
  t.equal(ahead('24h'), '2026-11-23T12:00:00.000Z');
  t.equal(parseTime('7d', now, 'ago'), '2026-11-15T12:00:00.000Z');
  t.equal(ahead('2027-01-31'), '2027-01-31T00:00:00.000Z');
  t.equal(ahead('2027-01-31T08:00:00Z'), '2027-01-31T08:00:00.000Z');
  t.equal(ahead('2027-01-31 08:00-08:00'), '2027-01-31T16:00:00.000Z');
  t.equal(ahead('2027-01-31T08:00'), undefined, 'a time without a zone is refused');
  t.equal(ahead('2027-02-30'), undefined, 'no such day');
  t.equal(ahead('31.01.2027'), undefined);
  t.equal(ahead('99999999999w'), undefined, 'past every calendar');
  t.equal(
    ahead(formatTime('2027-01-31T08:00:00.123Z')),
    '2027-01-31T08:00:00.000Z',
    'what is shown is taken',
  );
});

void t.test('sizes for people', async (t) => {
  for (const [bytes, text] of [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [4_194_304, '4.19 MB'],
    [999_999, '1 MB'],
    [10_000_000_000, '10 GB'],
    [1_500_000_000_000_000, '1.5 PB'],
  ] as const) {
    t.equal(formatSize(bytes), text);
  }
});
