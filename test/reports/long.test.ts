import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { reportNames } from '../../server/reports/report.ts';
import { createReports } from '../../server/reports/reports.ts';
import { reportText } from '../../server/reports/forms.ts';
import { canonicalJson } from '../../server/ledger/canonical-json.ts';
import { closed, dayMs, loggedIn, openTold, refused, startMs, type Told } from './fixtures/told.ts';

t.setTimeout(300_000);

const rowsPlanted = 200_000;
const rowsAtOnce = 2_000;
const heapBytesMax = 24 * 1024 * 1024;
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Rows as a busy year leaves them; the chain is none, which reports do not look at. */
async function plant({ database }: Told): Promise<void> {
  const users = Array.from({ length: 300 }, (_, index) => ({
    username: `user${index}`,
    agency: `agency${index % 50}`,
  }));
  for (let first = 1; first <= rowsPlanted; first += rowsAtOnce)
    await database.write(async ({ query }) => {
      const rows = Array.from({ length: rowsAtOnce }, (_, index) => {
        const seq = first + index;
        const user = users[seq % users.length]!;
        const at = startMs + seq * 1_000;
        const entry =
          seq % 10 === 0
            ? loggedIn(user, `client ${seq % 40}`)
            : seq % 10 === 1
              ? refused(`stranger ${seq}`, 'user-unknown', { source: `10.0.${seq % 256}.1:1` })
              : closed({
                  user,
                  agency: user.agency,
                  path: `/outgoing/${seq}`,
                  state: seq % 2 === 0 ? 'published' : 'completed',
                  bytesRead: seq % 2 === 0 ? 0 : 1_000,
                  bytesWritten: seq % 2 === 0 ? 1_000 : 0,
                  sha256: seq.toString(16).padStart(64, '0'),
                });
        const { origin, outcome, reason, event } = entry;
        const body = canonicalJson({
          seq,
          at: new Date(at).toISOString(),
          outcome,
          reason,
          ...origin,
          ...event,
        });
        const { session, source } = origin;
        const columns = { actor: null, agency: null, session, source, path: null };
        const chain = { prev: Buffer.alloc(32), hash: Buffer.alloc(32) };
        return { seq, at, event: event.event, outcome, reason, ...columns, body, ...chain };
      });
      // As many at once as SQLite takes parameters.
      for (let from = 0; from < rows.length; from += 500)
        await query
          .insertInto('ledger')
          .values(rows.slice(from, from + 500))
          .execute();
    });
}

// Told of, and not asserted: a machine that is busy takes longer.
t.test(
  `each report of ${rowsPlanted} rows holds no more than a slice and what it sums up`,
  async (t) => {
    const told = openTold(t);
    await plant(told);
    let [before, most, slices] = [0, 0, 0];
    // After every slice there is a rest, whatever came of it.
    const rest = async () => {
      slices += 1;
      if (slices % 100 !== 0) return;
      collectGarbage();
      most = Math.max(most, process.memoryUsage().heapUsed - before);
    };
    const reports = createReports({ ...told.parts, rest });
    const year = { fromMs: startMs, toMs: startMs + 300 * dayMs };
    for (const name of reportNames) {
      collectGarbage();
      [before, most] = [process.memoryUsage().heapUsed, 0];
      const startedMs = performance.now();
      const made = await reports.make(name, year);
      let [characters, lines] = [0, 0];
      for await (const piece of reportText(made, 'csv')) {
        characters += piece.length;
        lines += 1;
      }
      const { rowsLookedAt } = made.report.summary();
      t.comment(
        `${name}: ${rowsLookedAt} rows looked at, ${lines} lines, ${characters} characters, ${Math.round(performance.now() - startedMs)} ms, heap +${Math.round(most / 1e6)} MB`,
      );
      t.ok(most < heapBytesMax, `${name} holds ${most} bytes`);
      t.ok(rowsLookedAt >= rowsPlanted / 10);
    }
  },
);

t.test('lines come as they are taken, and who hangs up ends the walk', async (t) => {
  const told = openTold(t);
  await told.append(
    ...Array.from({ length: 2_000 }, (_, index) =>
      closed({
        user: { username: 'amy', agency: 'alameda' },
        agency: 'alameda',
        path: `/outgoing/${index}`,
        state: 'completed',
        bytesRead: 1,
      }),
    ),
  );
  const week = { fromMs: startMs, toMs: startMs + 7 * dayMs };
  const gone = new AbortController();
  const { report } = await createReports(told.parts).make('readers', week, gone.signal);
  let lines = 0;
  await t.rejects(
    async () => {
      for await (const _ of report.lines) {
        lines += 1;
        if (lines === 10) gone.abort();
      }
    },
    { name: 'AbortError' },
  );
  t.equal(report.summary().rowsLookedAt, 250, 'one slice');
});
