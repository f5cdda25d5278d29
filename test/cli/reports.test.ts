import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { fakeApi, type Answer, type FakeApi } from './fixtures/fake-api.ts';
import { now, waybill } from './fixtures/run.ts';

async function serve(t: Test, answers: Record<string, Answer>): Promise<FakeApi> {
  const api = await fakeApi(answers);
  t.teardown(() => api.close());
  return api;
}

const iso = (ms: number) => encodeURIComponent(new Date(ms).toISOString());
const weekMs = 7 * 24 * 60 * 60_000;
const week = `from=${iso(now - weekMs)}&to=${iso(now)}`;
const report = {
  report: 'access',
  items: [
    {
      agency: 'alameda',
      user: 'amy\u001b[31m',
      logins: 3,
      filesSent: 2,
      bytesSent: 2_000_000,
      filesCollected: 0,
      bytesCollected: 0,
      brokenOff: 0,
      lastAt: '2026-11-21T08:00:00.000Z',
    },
  ],
  rowsLookedAt: 12,
  totals: { logins: 3 },
  sums: {},
};

t.test('a report of the last week as text, with what steers a terminal taken out', async (t) => {
  const api = await serve(t, {
    [`GET /v1/reports/access?${week}&format=json`]: { json: report },
  });
  const shown = await waybill(['report', 'access'], api);
  t.equal(shown.status, 0, shown.err);
  t.match(shown.out, /AGENCY +USER +LOGINS +SENT +BYTES/);
  t.match(shown.out, /alameda +amy\\u001b\[31m +3 +2 +2 MB/);
  t.match(shown.err, /logins=3 rowsLookedAt=12/);
});

t.test('a report goes into a file as the server wrote it', async (t) => {
  const bytes = Buffer.from('agency,user\r\nalameda,amy\r\n');
  const query =
    'from=2030-01-01T00%3A00%3A00.000Z&to=2030-02-01T00%3A00%3A00.000Z&path=%2Foutgoing%2Fa&format=csv';
  const api = await serve(t, { [`GET /v1/reports/readers?${query}`]: { bytes } });
  const file = join(t.testdir(), 'report.csv');
  const asked = [
    ['report', 'readers', '--from', '2030-01-01', '--to', '2030-02-01'],
    ['--path', 'outgoing/a', '--format', 'csv', '-o', file],
  ].flat();
  // The clock of the other command lines stands before that time.
  const later = { ...api, nowMs: Date.UTC(2030, 5) };
  t.equal((await waybill(asked, later)).status, 0);
  t.same(readFileSync(file), bytes);
  t.match(await waybill(asked, later), { status: 1, err: /exists/ });
  t.equal((await waybill([...asked, '--force'], later)).status, 0);
  t.match(await waybill(['report', 'readers', '-o', file], api), { status: 2, err: /--format/ });
});

const review = {
  id: '0197f3a1c2d4',
  from: '2026-11-09T08:00:00.000Z',
  until: '2026-11-16T08:00:00.000Z',
  state: 'overdue',
  overdueAt: '2026-11-23T08:00:00.000Z',
  acknowledgedAt: null,
  acknowledgedBy: null,
  note: null,
  figures: {
    logins: { accepted: 12, refused: 34 },
    locks: [{ name: 'amy', value: 2 }],
    administration: { changes: 5 },
    purges: { files: 6 },
    verification: { ok: false },
  },
};

t.test('reviews are listed, shown and acknowledged', async (t) => {
  const path = `/v1/reviews/${review.id}`;
  const api = await serve(t, {
    'GET /v1/reviews?state=overdue&limit=500': { json: { items: [review], nextCursor: null } },
    [`GET ${path}?format=json`]: { json: review },
    [`GET ${path}?format=html`]: { bytes: Buffer.from('<!doctype html>') },
    [`POST ${path}/acknowledgement`]: { json: { ...review, state: 'acknowledged' } },
  });
  const listed = await waybill(['review', 'list', '--state', 'overdue'], api);
  t.match(listed.out, /0197f3a1c2d4 +overdue .* 12 +34 +2 +5 +6 +BAD/);
  t.match((await waybill(['review', 'show', review.id], api)).out, /logins: +\{"accepted":12/);
  const html = await waybill(['review', 'show', review.id, '--format', 'html'], api);
  t.equal(html.out, '<!doctype html>');
  const done = await waybill(['review', 'acknowledge', review.id, '--note', 'a scanner'], api);
  t.match(done.out, /state: +acknowledged/);
  t.match(api.seen.at(-1), { method: 'POST', body: { note: 'a scanner' } });
  t.equal((await waybill(['review', 'acknowledge', review.id], api)).status, 2, 'without a note');
});
