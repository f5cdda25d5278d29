import t from 'tap';
import { randomBytes } from 'node:crypto';
import { mock } from 'node:test';
import { createAdminKeys } from '../../server/accounts/admin-keys.ts';
import { createTransfers } from '../../server/files/transfers.ts';
import type { TransferPlace } from '../../server/files/transfer-search.ts';
import { ledger } from '../fixtures/ledger.ts';
import { verifyLedger } from '../../server/ledger/verify.ts';
import { Expiries, isExpired } from '../../server/monitor/expiries.ts';
import { openExchange } from '../fixtures/exchange.ts';
import { freshDatabase } from '../fixtures/database.ts';

const WRITE = 2;
const CREAT = 8;
const PUT = WRITE | CREAT | 16;
const second = 1_000;
const hour = 3_600 * second;
const year = 365 * 24 * hour;
const noon = Date.UTC(2026, 5, 1, 12);
const steps = [second, -second, hour, -hour, year, -year] as const;
/** A login that expires is looked at so often. */
const lookMs = 60 * second;
const content = randomBytes(200_000);

function words(step: number): string {
  const size = Math.abs(step);
  const unit = size === second ? 'second' : size === hour ? 'hour' : 'year';
  return `a ${unit} ${step > 0 ? 'forward' : 'back'}`;
}

for (const step of steps) {
  t.test(`${words(step)} in the middle of an upload and a download`, async (t) => {
    let nowMs = noon;
    const exchange = await openExchange(t, { clock: () => nowMs });
    const amy = await exchange.connect({ username: 'amy', agency: 'alameda' });
    await amy.put('/outgoing/there', content);
    const reading = await amy.open('/outgoing/there', 1);
    const writing = await amy.open('/outgoing/new', PUT);
    await amy.write(writing, 0, content.subarray(0, 100_000));
    const partial = await amy.open('/outgoing/cut', PUT);
    await amy.write(partial, 0, content.subarray(0, 100_000));
    nowMs += step;
    await amy.write(writing, 100_000, content.subarray(100_000));
    await amy.close(writing);
    t.same(await amy.read(reading, 0, 1000), content.subarray(0, 1000));
    await amy.close(reading);
    t.ok((await amy.get('/outgoing/new')).equals(content));
    t.equal((await amy.stat('/outgoing/new')).modifiedAt, Math.floor(nowMs / 1000));
    await amy.drop();
    nowMs -= step;
    const again = await exchange.connect({ username: 'amy', agency: 'alameda' });
    const resumed = await again.open('/outgoing/cut', WRITE | CREAT);
    t.equal((await again.fstat(resumed)).size, 100_000, 'a resume asks for no time');
    await again.write(resumed, 100_000, content.subarray(100_000));
    await again.close(resumed);
    t.same(exchange.faults, []);

    const rows = await exchange.events();
    t.match(await verifyLedger(exchange.database), { ok: true, rows: rows.length });
    t.same(
      rows.map(({ seq }) => seq),
      rows.map((_, index) => index + 1),
      'the order is that of the events',
    );
    const times = rows.map(({ at }) => Date.parse(String(at)));
    const back = times.filter((at, index) => index > 0 && at < times[index - 1]!).length;
    t.equal(back, 1, 'and where the clock went back shows');
  });
}

for (const step of steps) {
  t.test(`${words(step)}: an administrator's key is looked at by the clock of now`, async (t) => {
    let nowMs = noon;
    const database = freshDatabase(t, () => nowMs);
    const keys = createAdminKeys({ database, ledger, randomBytes });
    const host = { actor: { kind: 'host' }, session: null, source: null } as const;
    const wanted = { name: 'k', scopes: ['*'], expiresAtMs: noon + 2 * hour, allowedCidrs: [] };
    const { secret } = await keys.createAdminKey(host, wanted);
    await keys.verifyAdminKey(secret, '127.0.0.1');
    nowMs += step;
    if (nowMs >= wanted.expiresAtMs)
      await t.rejects(keys.verifyAdminKey(secret, '127.0.0.1'), { code: 'key-expired' });
    else {
      const used = await keys.verifyAdminKey(secret, '127.0.0.1');
      // After a step back of a year its last use lay in the future, and stood still there for a year.
      t.ok(Math.abs(used.lastUsedAtMs! - nowMs) <= 60 * second, 'its last use is told right');
    }
    nowMs = wanted.expiresAtMs;
    await t.rejects(keys.verifyAdminKey(secret, '127.0.0.1'), { code: 'key-expired' });
  });

  t.test(
    `${words(step)}: a login ends no earlier and no later than a look after its time`,
    async (t) => {
      mock.timers.enable({ apis: ['setTimeout'] });
      t.teardown(() => mock.timers.reset());
      let nowMs = noon;
      const ended: string[] = [];
      const identity = { sessionId: 's', expiresAtMs: noon + 2 * hour };
      const expiries = new Expiries({
        clock: () => nowMs,
        identityOf: () => (ended.length === 0 ? identity : undefined),
        end: (sessionId) => void ended.push(sessionId),
      });
      expiries.watch('s');
      nowMs += step;
      for (let minute = 0; minute < 2; minute += 1) {
        nowMs += lookMs;
        mock.timers.tick(lookMs);
      }
      t.equal(ended.length === 1, isExpired(identity, nowMs), 'as the clock says now');
      nowMs = Math.max(nowMs, identity.expiresAtMs);
      mock.timers.tick(lookMs);
      t.same(ended, ['s'], 'once, when it is time');
      expiries.forget('s');
    },
  );
}

t.test('a transfer and its session are found whatever the clock did', async (t) => {
  let nowMs = noon;
  const exchange = await openExchange(t, { clock: () => nowMs });
  const amy = await exchange.connect({ username: 'amy', agency: 'alameda' });
  for (const [index, step] of steps.entries()) {
    nowMs = noon + step;
    await amy.put(`/outgoing/f${index}`, content);
  }
  const transfers = createTransfers(exchange.parts);
  const found: string[] = [];
  for (let after: TransferPlace | null = null; ;) {
    const page = await transfers.listTransfers({}, { after, limit: 2 });
    found.push(...page.items.map(({ path }) => path));
    if (page.next === null) break;
    after = page.next;
  }
  t.same(
    found.toSorted(),
    steps.map((_, index) => `/outgoing/f${index}`),
    'each once, page by page',
  );
});
