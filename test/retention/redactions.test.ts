import t, { type Test } from 'tap';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import type { Origin } from '../../server/domain/events.ts';
import { temporaryName } from '../../server/files/held.ts';
import { limits } from '../../server/domain/limits.ts';
import { redactedText } from '../../server/ledger/opened-row.ts';
import { verifyLedger } from '../../server/ledger/verify.ts';
import { Erasure } from '../../server/retention/erasure.ts';
import { createHolds } from '../../server/retention/holds.ts';
import { formsOf } from '../../server/retention/redacted-forms.ts';
import { recordsPerUnit } from '../../server/retention/redacted-records.ts';
import {
  createRedactions,
  type Redactions,
  type WantedRedaction,
} from '../../server/retention/redactions.ts';
import { randomBytes } from 'node:crypto';
import { openExchange, type Exchange } from '../fixtures/exchange.ts';
import { appendPlain } from '../fixtures/ledger.ts';
import { receiptsOn } from '../fixtures/receipts.ts';

const WRITE = 2;
const CREAT = 8;
const olga: Origin = {
  actor: { kind: 'admin', keyId: 'olga', name: 'olga' },
  session: null,
  source: null,
};
const amyOf = { username: 'amy', agency: 'alameda', quotaBytes: 1e9 } as const;
const doraOf = { username: 'dora', agency: 'dcss', kind: 'state' } as const;
const words = { reason: 'sent by mistake', authority: 'privacy office 24-17' } as const;

function redactionsOf(t: Test, exchange: Exchange): Redactions {
  const erasure = new Erasure({
    eraseLog: () => exchange.database.truncateLog(),
    onFault: (error) => exchange.faults.push(error),
  });
  t.teardown(() => erasure.stop());
  return createRedactions({
    guarded: exchange.database,
    ledger: exchange.parts.ledger,
    names: exchange.names,
    opens: exchange.parts.opens,
    erasure,
  });
}

const wanted = (path: string | null, change: Partial<WantedRedaction> = {}): WantedRedaction => ({
  agency: 'alameda',
  path,
  ...words,
  ...change,
});

/** Everything in the data directory, to the byte, where a text is in it. */
function placesOf(directory: string, text: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path).includes(text));
}

t.test(
  'of a redacted name nothing is left in the data directory, and the chain holds',
  async (t) => {
    const exchange = await openExchange(t, { limits: { previousVersionsKeptMax: 0 } });
    const redactions = redactionsOf(t, exchange);
    const amy = await exchange.connect(amyOf);
    const dora = await exchange.connect(doraOf);
    const marker = 'ana-ortiz-1974';
    const path = `/outgoing/${marker}`;
    // Among others, on pages of every kind.
    for (let index = 0; index < 120; index += 1) {
      await amy.put(`/outgoing/neighbour-${index}`, randomBytes(50));
      if (index % 10 === 0) await amy.put(path, randomBytes(70 + index));
      if (index % 10 === 5) await dora.get(`/agencies/alameda${path}`);
      if (index % 10 === 7) await amy.remove(`/outgoing/neighbour-${index}`);
    }
    const handle = await amy.open(`${path}.part`, WRITE | CREAT);
    await amy.write(handle, 0, randomBytes(10));
    await amy.close(handle);
    await amy.rename(`${path}.part`, `/outgoing/neighbour-renamed`);
    await t.rejects(amy.mkdir(path), 'which is refused, and recorded with its name');
    await t.rejects(dora.mkdir(`/agencies/alameda${path}`));
    await amy.remove(path);
    await amy.drop();
    await dora.drop();
    t.ok(placesOf(exchange.directory, marker).length > 0, 'it is there in transfers');
    const before = await exchange.events();
    t.ok(before.filter((row) => row['path'] === path).length > 10);

    const redaction = await redactions.redact(olga, wanted(path));
    t.match(redaction, { agency: 'alameda', erased: true, stays: [] });
    t.ok(redaction.commitments.length >= 2, 'as the agency sees it, and as the State does');
    t.ok(redaction.transfers >= 24);
    t.ok(redaction.receipts >= 12);
    await t.rejects(
      exchange.database.write(({ query }) => query.deleteFrom('receipts').execute()),
      'no other receipt can be taken away',
    );
    t.same(placesOf(exchange.directory, marker), [], 'not in the database, nor in its log');
    const after = await exchange.events();
    const redacted = after.filter((row) => row['path'] === redactedText);
    t.ok(redacted.length > 10);
    t.match(
      after.find((row) => row['event'] === 'entry.renamed.1'),
      { path: redactedText, to: '/outgoing/neighbour-renamed' },
    );
    t.match(after.at(-1), {
      event: 'name.redacted.1',
      agency: 'alameda',
      commitments: redaction.commitments,
      why: words.reason,
      authority: words.authority,
    });
    t.same(await exchange.events({ path }), [], 'nobody finds it by its name');
    t.match(await verifyLedger(exchange.database), { ok: true });
    await t.rejects(redactions.redact(olga, wanted(path)), { code: 'not-found' });

    const again = await exchange.connect(amyOf);
    await again.put(path, Buffer.from('new'));
    const anew = await exchange.events({ path });
    t.equal(anew.length, 2, 'a new file of that name is a name of its own');
    t.equal(
      (await exchange.events()).filter((row) => row['path'] === redactedText).length,
      redacted.length,
    );
    await again.remove(path);
    await redactions.redact(olga, wanted(path));
    await exchange.close();
    t.same(placesOf(exchange.directory, marker), [], 'nor after the server has stopped');
  },
);

t.test('it is refused while something lies there, or a hold is on it, and says why', async (t) => {
  const exchange = await openExchange(t);
  const redactions = redactionsOf(t, exchange);
  const holds = createHolds({
    guarded: exchange.database,
    database: exchange.database,
    ledger: exchange.parts.ledger,
    randomBytes,
  });
  const amy = await exchange.connect(amyOf);
  await amy.put('/outgoing/a', Buffer.from('a'));
  const refused = async (path: string | null, code: string) => {
    await t.rejects(redactions.redact(olga, wanted(path)), { code }, `${path}: ${code}`);
    t.equal((await exchange.events({ event: 'name.redacted.1' })).length, 0);
  };
  await refused('/outgoing/a', 'conflict');
  const reading = await amy.open('/outgoing/a', 1);
  await amy.remove('/outgoing/a');
  await refused('/outgoing/a', 'conflict');
  await amy.close(reading);

  const placed = await holds.place(olga, {
    path: '/outgoing/**',
    reason: 'a case',
    authority: 'a court',
  });
  await refused('/outgoing/a', 'held');
  await refused(null, 'held');
  await holds.lift(olga, placed.id, 'settled');
  const all = await holds.place(olga, {
    agency: 'alameda',
    reason: 'a case',
    authority: 'a court',
  });
  await refused('/outgoing/a', 'held');
  await holds.lift(olga, all.id, 'settled');

  // A file that is held under another name by now.
  await amy.put('/outgoing/b', Buffer.from('b'));
  await amy.rename('/outgoing/b', '/outgoing/c');
  const { id } = await exchange.database.read(({ query }) =>
    query.selectFrom('entries').select('id').where('name', '=', 'c').executeTakeFirstOrThrow(),
  );
  const onFile = await holds.place(olga, { file: id, reason: 'a case', authority: 'a court' });
  await refused('/outgoing/b', 'held');
  await holds.lift(olga, onFile.id, 'settled');

  const cut = await exchange.connect(amyOf);
  await cut.write(await cut.open('/outgoing/d', WRITE | CREAT), 0, randomBytes(40_000));
  await cut.drop();
  await refused('/outgoing/d', 'conflict');

  await t.rejects(redactions.redact(olga, wanted('/outgoing/nobody')), { code: 'not-found' });
  await t.rejects(redactions.redact(olga, wanted('/')), { code: 'field-invalid' });
  await t.rejects(redactions.redact(olga, wanted('a')), { code: 'field-invalid' });
  await t.rejects(redactions.redact(olga, wanted('/a', { agency: 'nowhere' })), {
    code: 'field-invalid',
  });
  await t.rejects(
    redactions.redact(olga, wanted('/outgoing/ana-ortiz', { reason: 'ana-ortiz asked for it' })),
    { code: 'field-invalid' },
    'the reason would keep the name',
  );
  t.match(await redactions.redact(olga, wanted('/outgoing/a')), { transfers: 2 });
});

t.test('rows from before names could be redacted keep theirs, and it is said', async (t) => {
  const exchange = await openExchange(t);
  const redactions = redactionsOf(t, exchange);
  await exchange.login(amyOf);
  const entry = {
    origin: olga,
    outcome: 'success',
    reason: null,
    event: { event: 'directory.created.1', agency: 'alameda', path: '/outgoing/old-name' },
  } as const;
  await exchange.database.write((unit) => appendPlain(unit, entry));
  await t.rejects(redactions.redact(olga, wanted('/outgoing/old-name')), {
    code: 'not-found',
    message: /stays in ledger/,
  });
  await exchange.database.write((unit) => exchange.parts.ledger.append(unit, entry));
  t.equal((await exchange.events({ path: '/outgoing/old-name' })).length, 2, 'both are found');
  t.match(await redactions.redact(olga, wanted('/outgoing/old-name')), {
    stays: ['ledger'],
    commitments: [/./],
  });
  t.equal((await exchange.events({ path: '/outgoing/old-name' })).length, 1);
  t.match(await verifyLedger(exchange.database), { ok: true });
});

t.test('every name of an agency goes with one key', async (t) => {
  const exchange = await openExchange(t, { limits: { previousVersionsKeptMax: 0 } });
  const redactions = redactionsOf(t, exchange);
  const amy = await exchange.connect(amyOf);
  const bob = await exchange.connect({ username: 'bob', agency: 'butte' });
  await bob.put('/outgoing/ana-ortiz-1974', Buffer.from('b'));
  const names = Array.from({ length: 12 }, (_, index) => `/outgoing/ana-ortiz-${index}`);
  for (const name of names) await amy.put(name, randomBytes(10));
  await t.rejects(redactions.redact(olga, wanted(null)), { code: 'conflict' });
  for (const name of names) await amy.remove(name);
  // More transfers than one unit takes.
  await exchange.database.write(async ({ query }) => {
    const some = await query
      .selectFrom('transfers')
      .selectAll()
      .where('agency_code', '=', 'alameda')
      .limit(1)
      .executeTakeFirstOrThrow();
    const { unusual_state: _, ...row } = some;
    for (let index = 0; index < recordsPerUnit * 2; index += 1)
      await query
        .insertInto('transfers')
        .values({ ...row, id: `copy-${index}`, path: `/outgoing/ana-ortiz-${index}` })
        .execute();
  });
  const redaction = await redactions.redact(olga, wanted(null));
  t.match(redaction, { commitments: [], erased: true, stays: ['certificates', 'receipts'] });
  t.equal(redaction.transfers, recordsPerUnit * 2 + names.length);
  const left = await exchange.database.read(({ query }) =>
    query.selectFrom('transfers').select('path').where('path', '!=', redactedText).execute(),
  );
  t.same(left, [{ path: '/outgoing/ana-ortiz-1974' }]);
  const rows = await exchange.events({ agency: 'alameda' });
  t.ok(rows.filter((row) => row['path'] === redactedText).length >= 36);
  t.notOk(rows.some((row) => String(row['path']).includes('ana-ortiz')));
  t.equal((await exchange.events({ path: '/outgoing/ana-ortiz-1974' })).length, 2, "butte's stay");
  t.match((await exchange.events()).at(-1), {
    event: 'agency-names.redacted.1',
    transfers: recordsPerUnit,
  });
  await amy.put('/outgoing/next', Buffer.from('n'));
  t.equal(
    (await exchange.events({ path: '/outgoing/next' })).length,
    2,
    'it goes on with another key',
  );
  t.match(await verifyLedger(exchange.database), { ok: true });
});

t.test('where somebody reads from the log it is emptied later', async (t) => {
  const exchange = await openExchange(t);
  const redactions = redactionsOf(t, exchange);
  const amy = await exchange.connect(amyOf);
  await amy.put('/outgoing/ana-ortiz', Buffer.from('a'));
  await amy.remove('/outgoing/ana-ortiz');
  const reader = new BetterSqlite3(join(exchange.directory, 'waybill.db'), { readonly: true });
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM transfers').get();
  t.match(await redactions.redact(olga, wanted('/outgoing/ana-ortiz')), { erased: false });
  t.not(placesOf(exchange.directory, 'ana-ortiz').length, 0);
  reader.exec('COMMIT');
  reader.close();
  await exchange.close();
  t.same(placesOf(exchange.directory, 'ana-ortiz'), []);
});

/*
 * A client sent `ana-ortiz.pdf` as `ana-ortiz.pdf.filepart`, as WinSCP does, with its signature beside it. The redaction of the
 * final name said that nothing stays, and the rows of the upload, of its rename and of the signature had the name as before.
 */
t.test('with a name go its signature and the forms under which clients send it', async (t) => {
  const exchange = await openExchange(t, { limits: { previousVersionsKeptMax: 0 } });
  const redactions = redactionsOf(t, exchange);
  const amy = await exchange.connect(amyOf);
  const path = '/outgoing/ana-ortiz.pdf';
  const forms = formsOf(path).filter((form) => temporaryName.test(nameIn(form)));
  t.equal(forms.length, 10, 'all of them');
  for (const form of forms) {
    await amy.put(form, randomBytes(10));
    const final = form.includes('.sig') ? `${path}.sig` : path;
    await amy.rename(form, final);
    await amy.remove(final);
  }
  // One more, which is there yet.
  await amy.put(`${path}.sig`, randomBytes(10));
  await t.rejects(redactions.redact(olga, wanted(path)), { code: 'conflict' });
  await amy.remove(`${path}.sig`);
  const redaction = await redactions.redact(olga, wanted(path));
  t.match(redaction, { stays: [] });
  t.equal(redaction.commitments.length, 12);
  const told = JSON.stringify(await exchange.events());
  t.notMatch(told, 'ana-ortiz');
  const transfers = await exchange.database.read(({ query }) =>
    query.selectFrom('transfers').select('path').execute(),
  );
  t.same(new Set(transfers.map((row) => row.path)), new Set([redactedText]));
  await exchange.close();
  t.same(placesOf(exchange.directory, 'ana-ortiz'), []);
});

const nameIn = (path: string) => path.slice(path.lastIndexOf('/') + 1);

/*
 * A court has a hold on one file, which was `a`, then `ana-ortiz`, then `c`. Its names were looked for among transfers, which know
 * only that under which it was sent: the one between was redacted, and with it evidence that was to be kept.
 */
t.test('while a hold is on a single file no name of the agency goes', async (t) => {
  const exchange = await openExchange(t);
  const redactions = redactionsOf(t, exchange);
  const holds = createHolds({
    guarded: exchange.database,
    database: exchange.database,
    ledger: exchange.parts.ledger,
    randomBytes,
  });
  const amy = await exchange.connect(amyOf);
  const bob = await exchange.connect({ username: 'bob', agency: 'butte' });
  await amy.mkdir('/outgoing/ana');
  await amy.put('/outgoing/ana/a', randomBytes(10));
  await amy.rename('/outgoing/ana/a', '/outgoing/ana/ana-ortiz');
  await amy.rename('/outgoing/ana/ana-ortiz', '/outgoing/ana/c');
  await amy.rename('/outgoing/ana', '/outgoing/d');
  await bob.put('/outgoing/b', randomBytes(10));
  await bob.remove('/outgoing/b');
  const { id } = await exchange.database.read(({ query }) =>
    query.selectFrom('entries').select('id').where('name', '=', 'c').executeTakeFirstOrThrow(),
  );
  const hold = await holds.place(olga, { file: id, reason: 'a case', authority: 'a court' });
  const names = ['/outgoing/ana/a', '/outgoing/ana/ana-ortiz', '/outgoing/ana/c', '/outgoing/ana'];
  for (const path of names)
    await t.rejects(redactions.redact(olga, wanted(path)), { code: 'held' }, path);
  t.ok(await redactions.redact(olga, wanted('/outgoing/b', { agency: 'butte' })), "another's");
  await holds.lift(olga, hold.id, 'settled');
  for (const path of names.slice(0, 2)) t.ok(await redactions.redact(olga, wanted(path)));
});

/*
 * A daily file had a hundred thousand receipts under one path. All of them were taken away in one unit, and for five seconds
 * no upload of any agency ended.
 */
t.test('receipts without end go so many at a time', async (t) => {
  const exchange = await openExchange(t, { limits: { previousVersionsKeptMax: 0 } });
  const redactions = redactionsOf(t, exchange);
  const amy = await exchange.connect(amyOf);
  await amy.put('/outgoing/daily', randomBytes(10));
  await amy.remove('/outgoing/daily');
  const count = 2 * recordsPerUnit + 10;
  await exchange.database.write(async ({ query }) => {
    const row = await query.selectFrom('receipts').selectAll().executeTakeFirstOrThrow();
    for (let index = 0; index < count; index += 1)
      for (const tree of ['alameda', 'butte'])
        await query
          .insertInto('receipts')
          .values({ ...row, tree, id: `${row.id.slice(0, 12)}${tree}-${index}` })
          .execute();
  });
  const redaction = await redactions.redact(olga, wanted('/outgoing/daily'));
  t.equal(redaction.receipts, count + 1);
  const [row] = (await exchange.events({ event: 'name.redacted.1' })).toReversed();
  t.ok(Number(row?.['receipts']) <= recordsPerUnit, 'the others behind');
  const left = await exchange.database.read(({ query }) =>
    query.selectFrom('receipts').select('tree').execute(),
  );
  t.equal(left.length, count, "another tree's stay");
  t.ok(left.every(({ tree }) => tree === 'butte'));
});

/*
 * A file came as `ana-ortiz.tmp`, had another temporary name for a moment and was removed: its receipt was due, and made under
 * the first name, which had been redacted by then. The question whether one is due went through all versions there are.
 */
t.test('a name that a receipt will have is redacted once it is made', async (t) => {
  let nowMs = Date.UTC(2026, 10, 22);
  const exchange = await openExchange(t, {
    clock: () => nowMs,
    limits: { previousVersionsKeptMax: 0 },
  });
  const redactions = redactionsOf(t, exchange);
  const amy = await exchange.connect(amyOf);
  await amy.put('/outgoing/ana-ortiz.tmp', randomBytes(10));
  await amy.rename('/outgoing/ana-ortiz.tmp', '/outgoing/other.tmp');
  await amy.remove('/outgoing/other.tmp');
  for (const path of ['/outgoing/ana-ortiz.tmp', '/outgoing/ana-ortiz'])
    await t.rejects(redactions.redact(olga, wanted(path)), { code: 'conflict', message: /due/ });
  nowMs += 11 * 60_000;
  const receipts = receiptsOn({ ...exchange.parts, store: exchange.store, limits });
  receipts.tick();
  await receipts.idle();
  t.match(await redactions.redact(olga, wanted('/outgoing/ana-ortiz')), { receipts: 1 });
});
