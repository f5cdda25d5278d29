import t, { type Test } from 'tap';
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { keyStates, listKeysOfAll } from '../../server/accounts/key-list.ts';
import { createLogins } from '../../server/accounts/logins.ts';
import { LockRule } from '../../server/accounts/lock-rule.ts';
import { createAdminChanges } from '../../server/files/admin-changes.ts';
import { listUsers, userSorts } from '../../server/accounts/user-list.ts';
import { createAdminFiles } from '../../server/files/admin-view.ts';
import type { Holder } from '../../server/files/opens.ts';
import { recover } from '../../server/files/recovery.ts';
import { sweep } from '../../server/files/sweep.ts';
import { createTransfers } from '../../server/files/transfers.ts';
import { isTreeEmpty } from '../../server/files/tree.ts';
import { ledger } from '../fixtures/ledger.ts';
import { searchLedger } from '../../server/ledger/search.ts';
import { holdStates } from '../../server/retention/hold-rows.ts';
import { createHolds } from '../../server/retention/holds.ts';
import { createRedactions } from '../../server/retention/redactions.ts';
import { standingHolds } from '../../server/retention/standing-holds.ts';
import { createCertificates } from '../../server/retention/certificates.ts';
import { packet } from '../../server/sftp/protocol.ts';
import { noteEvidenceKey } from '../../server/signing/evidence-key.ts';
import { limits } from '../../server/domain/limits.ts';
import { receiptsOn } from '../fixtures/receipts.ts';
import { openExchange, type Exchange } from '../fixtures/exchange.ts';
import { evidenceKey, itemsAt, purgeOne } from '../retention/fixtures/purging.ts';
import { createJob, dayMs, openRetained, petra } from '../retention/fixtures/retained.ts';

/** Tables that grow with use for as long as the server runs. */
const growing = [
  'entries',
  'versions',
  'blobs',
  'uploads',
  'transfers',
  'ledger',
  'ledger_names',
  'certificates',
  'receipts',
  'upload_signatures_due',
  'retention_items',
];
/**
 * Walks from one end that a LIMIT stops, in the order of the rows or of an index. What else walks finds its start in an
 * index, and says SEARCH.
 */
const stops = [
  // The last row.
  /from "ledger" order by "seq" desc limit \?$/,
  // As many as are looked at, to be held against more.
  /\(select \* from "transfers"( where \(?"started_at".*)? order by "started_at" (asc|desc), "id" (asc|desc) limit \?\) as "looked"/,
  // The few that begin with something, in order, and their count.
  /\(select (\*|"path") from "transfers" where "path" >= \? and "path" < \? limit \?\) as "(looked|some)"/,
  /^select \* from "transfers" order by "started_at" (asc|desc), "id" (asc|desc) limit \? offset \?$/,
  /^select \* from "transfers" order by "started_at" asc, "id" asc limit \?$/,
  // The newest of all; of those that end well nearly every row is one.
  /from "transfers" order by "started_at" desc, "id" desc limit \?$/,
  /from "transfers" where "state" = \? order by "started_at" desc, "id" desc limit \?$/,
  /\(select \* from "ledger"( where .*)? order by "seq" desc limit \?\) as "looked"/,
  /^select \* from "ledger" order by "seq" desc limit \? offset \?$/,
  // The newest of all.
  /from "receipts"( where "id".*)? order by "id" desc limit \?( offset \?)?$/,
  /\(select \* from "receipts"( where "id".*)? order by "id" desc limit \?\) as "looked"/,
  /from "certificates"( where "purged_at".*)? order by "purged_at" desc, "id" desc limit \?( offset \?)?$/,
];
/** At a start only, and of a table that has a row for what is unfinished, not for what is stored. */
const atStart = [/^select \* from "uploads" where "state" = \?$/];
/**
 * A row that others refer to, by a constraint that is checked at the end: SQLite looks for those who waited for it, but
 * only in a transaction in which somebody does. All here insert the row first.
 */
const awaited = [/^insert into "(agencies|versions)" /];

const administrator: Holder = {
  origin: { actor: { kind: 'server' }, session: 'request', source: null },
  sessionId: 'request',
  userId: null,
  username: 'admin:ops',
  client: 'test',
  quotaBytes: null,
};

const READ = 1;
const WRITE = 2;
const CREAT = 8;
const PUT = WRITE | CREAT | 16;

/**
 * Each of these has two indexes that would do, of which one has all rows of an agency: a redaction went through a million of
 * them, and no upload ended meanwhile.
 */
const served = [
  { sql: /^select "path" from "ledger" where "path" in/, index: 'ledger_by_path' },
  { sql: /^select "path" from "certificates" where "path" in/, index: 'certificates_by_path' },
  { sql: /^select "version_id" from "receipts_due" where "path"/, index: 'receipts_due_by_path' },
  { sql: /^update "versions" set "collected_at".*from "receipts" /, index: 'receipts_by_version' },
];

/** Each step of it as SQLite tells it; what is bound does not matter. */
function planOf(sqlite: BetterSqlite3.Database, sql: string): readonly string[] {
  const bound = Array.from(sql.matchAll(/\?/g), () => null);
  const steps = sqlite.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(bound) as { detail: string }[];
  return steps.map(({ detail }) => detail);
}

/** Every statement that is prepared from now on, in this process. */
function statements(t: Test): ReadonlySet<string> {
  const seen = new Set<string>();
  const { prototype } = BetterSqlite3;
  // eslint-disable-next-line typescript/unbound-method
  const { prepare } = prototype;
  t.teardown(() => (prototype.prepare = prepare));
  prototype.prepare = function (this: BetterSqlite3.Database, sql: string) {
    seen.add(sql);
    return prepare.call(this, sql);
  } as typeof prepare;
  return seen;
}

async function useFiles(exchange: Exchange): Promise<void> {
  const amy = await exchange.connect({ username: 'amy', agency: 'alameda', quotaBytes: 1e9 });
  await amy.put('/outgoing/small', Buffer.alloc(10));
  await amy.put('/outgoing/large', Buffer.alloc(300_000));
  await amy.put('/outgoing/large', Buffer.alloc(300_001));
  await amy.get('/outgoing/large');
  await amy.stat('/outgoing/small');
  await amy.stat('/outgoing/missing').catch(() => undefined);
  await amy.list('/outgoing');
  await amy.mkdir('/outgoing/day');
  await amy.rename('/outgoing/small', '/outgoing/day/renamed');
  await amy.rename('/outgoing/day', '/outgoing/a-longer-name');
  await amy.ok(
    amy.request(packet.SETSTAT, (writer) => writer.string('/outgoing/large').u32(4).u32(0o600)),
  );
  await amy.close(await amy.open('/outgoing/large', WRITE));
  await amy.remove('/outgoing/a-longer-name/renamed');
  await amy.rmdir('/outgoing/a-longer-name');
  const cut = await amy.open('/outgoing/cut', PUT);
  await amy.write(cut, 0, Buffer.alloc(200_000));
  const reading = await amy.open('/outgoing/large', READ);
  await amy.read(reading, 0, 10);
  await amy.drop();
  const again = await exchange.connect({ username: 'amy', agency: 'alameda', quotaBytes: 1e9 });
  const resumed = await again.open('/outgoing/cut', WRITE | CREAT);
  await again.close(resumed);
  await again.drop();
}

async function useRedactions({ database, parts, names }: Exchange): Promise<void> {
  const erasure = { erase: async () => true };
  const { ledger: own, opens } = parts;
  const redactions = createRedactions({ guarded: database, ledger: own, names, opens, erasure });
  const words = { agency: 'alameda', reason: 'a reason', authority: 'an authority' };
  await redactions.redact(administrator.origin, {
    ...words,
    path: '/outgoing/a-longer-name/renamed',
  });
  await redactions.redact(administrator.origin, { ...words, path: null }).catch(() => undefined);
}

/** What a hold has others look at; it is lifted again. */
async function useHolds({ database, parts, store }: Exchange): Promise<void> {
  const holds = createHolds({ guarded: database, database, ledger, randomBytes });
  const { origin } = administrator;
  const files = createAdminFiles(parts, store);
  const file = await files.at('alameda', '/outgoing/large');
  const words = { reason: 'a case', authority: 'a court' };
  const placed = [
    await holds.place(origin, { ...words, file: file.id }),
    await holds.place(origin, { ...words, path: '/outgoing/other*' }),
    // It is on nothing below, but that takes a look.
    await holds.place(origin, { ...words, receivedUntilMs: 1 }),
    await holds.place(origin, { ...words, receivedFromMs: 1, receivedUntilMs: 9e12 }),
  ];
  const directory = await files.at('alameda', '/outgoing');
  await database.read(async (reader) => {
    const { agency_id: agencyId } = await reader.query
      .selectFrom('entries')
      .select('agency_id')
      .where('id', '=', file.id)
      .executeTakeFirstOrThrow();
    await standingHolds.below(reader, { agencyId, path: '/outgoing', entryId: directory.id });
  });
  await createAdminChanges(parts, store)
    .remove(administrator, file.id)
    .catch(() => undefined);
  await database.write((unit) => standingHolds.follow(unit, file.id, file.id, { ledger, origin }));
  for (const state of [undefined, ...holdStates])
    await holds.list({ limit: 10, after: 'f', ...(state !== undefined && { state }) });
  await holds.change(origin, placed[0]!.id, { reason: 'another case' });
  for (const { id } of placed) await holds.lift(origin, id, 'over');
}

async function useApi({ database, parts, store }: Exchange): Promise<void> {
  const agency = await database.read(({ query }) =>
    query.selectFrom('agencies').select('id').executeTakeFirstOrThrow(),
  );
  await database.read((reader) => isTreeEmpty(reader, agency.id));
  const files = createAdminFiles(parts, store);
  const { items } = await files.list(
    { agencyCode: 'alameda', path: '/outgoing' },
    { after: null, max: 10 },
  );
  await files.get(items[0]!.id);
  const transfers = createTransfers(parts);
  const after = { startedAtMs: Date.now(), id: 'f' };
  for (const filter of [
    {},
    { agency: 'alameda' },
    { username: 'amy' },
    { path: '/outgoing/large' },
    { sha256: '00' },
    { direction: 'download' },
    { state: 'published' },
    { state: 'partial' },
    { fromMs: 1 },
    { toMs: 1 },
    { username: 'amy', fromMs: 1, toMs: 2 },
    { session: '0' },
    { client: 'WinSCP' },
    { pathPrefix: '/outgoing' },
    { pathPrefix: '/outgoing', direction: 'upload', fromMs: 1 },
    { agency: 'alameda', direction: 'download', state: 'completed' },
    { agency: 'alameda', state: 'partial', client: 'WinSCP' },
    { username: 'amy', sha256: '00', path: '/outgoing/large' },
  ] as const) {
    for (const oldestFirst of [false, true])
      for (const place of [null, after])
        await transfers.listTransfers(filter, { after: place, limit: 10, oldestFirst });
  }
  const [transfer] = (await transfers.listTransfers({}, { after: null, limit: 1 })).items;
  await transfers.tellTransfer(transfer!.id);
  const changes = createAdminChanges(parts, store);
  const at = await files.at('alameda', '/outgoing/large');
  for (const prefix of ['', 'l'])
    await files.list(
      { agencyCode: 'alameda', path: '/outgoing', prefix, descending: true },
      { after: 'z', max: 10 },
    );
  const { items: versions, next } = await files.versions(at.id, { after: null, max: 1 });
  await files.versions(at.id, { after: next, max: 10 });
  const previous = (await files.versions(at.id, { after: null, max: 10 })).items[1];
  await files.content(at.id, versions[0]!.id);
  await changes.restore(administrator, at.id, previous!.id);
  const made = { agencyCode: 'alameda', path: '/outgoing/made' };
  const directory = await changes.makeDirectory(administrator, made);
  await changes.remove(administrator, directory.id);
  const where = { agencyCode: 'alameda', path: '/outgoing/up', over: 'nothing' } as const;
  const { openId } = await changes.beginUpload(administrator, where);
  await changes.dropUpload(openId, 0);
  const times = { fromMs: 1, toMs: 2 };
  for (const filter of [
    {},
    { event: 'file.closed.1' },
    { outcome: 'success' },
    { outcome: 'refused' },
    { reason: 'quota-exceeded' },
    { actor: 'amy' },
    { agency: 'alameda' },
    { session: '0' },
    { path: '/' },
    { agency: 'alameda', event: 'file.closed.1' },
    { outcome: 'refused', actor: 'amy' },
  ] as const) {
    for (const wanted of [filter, { ...filter, ...times }])
      for (const before of [null, 5]) await searchLedger(database, wanted, { before, rowsMax: 10 });
  }
  for (const sort of userSorts) {
    const isByName = sort.endsWith('name');
    for (const more of isByName
      ? [{}, { agency: 'alameda' }, { prefix: 'a' }]
      : [{}, { lastLoginBeforeMs: 5 }])
      for (const after of [null, [isByName ? 'a' : 5, 'a'] as const])
        await listUsers(database, new LockRule({}), { limit: 10, sort, after, ...more });
  }
  for (const state of [undefined, ...keyStates])
    for (const after of [null, [state === undefined ? 'a' : 5, 'a'] as const])
      await listKeysOfAll(database, {
        limit: 10,
        after,
        ...(state !== undefined && { state }),
      });
  await listKeysOfAll(database, { limit: 10, fingerprint: 'SHA256:x' });
  const logins = createLogins(new LockRule({}));
  await database.write(async (unit) => {
    const login = await logins.findForLogin(unit, 'amy');
    await logins.recordLogin(unit, {
      userId: login!.userId,
      keys: [{ id: '1', algorithm: 'ssh-ed25519' }],
      hasTyped: false,
      source: '',
      client: '',
    });
  });
}

async function usePurges(exchange: Exchange): Promise<void> {
  const amy = await exchange.connect({ username: 'amy', agency: 'alameda', quotaBytes: 1e9 });
  for (const bytes of [10, 20]) await amy.put('/outgoing/old', Buffer.alloc(bytes));
  const cut = await amy.open('/outgoing/left', PUT);
  await amy.write(cut, 0, Buffer.alloc(200_000));
  await amy.drop();
  for (const path of ['/outgoing/left', '/outgoing/old'])
    for (const item of await itemsAt(exchange, path)) await purgeOne(exchange, item);
  const certificates = createCertificates(exchange);
  const filters = [
    {},
    { agency: 'alameda' },
    { path: '/outgoing/old' },
    { sha256: '00' },
    { runId: 'r' },
    { jobId: 'j' },
    { agency: 'alameda', path: '/outgoing/old' },
    { runId: 'r', sha256: '00', jobId: 'j' },
  ] as const;
  const after = { purgedAtMs: 5, id: 'f' };
  for (const filter of filters)
    for (const more of [{}, { after }, { fromMs: 1, toMs: 9 }, { after, fromMs: 1 }])
      await certificates.list({ limit: 10, ...filter, ...more });
  const { items } = await certificates.list({ limit: 1 });
  await certificates.get(items[0]!.certificate.id);
  await noteEvidenceKey(exchange.parts, evidenceKey);
}

async function useReceipts(exchange: Exchange, clock: { nowMs: number }): Promise<void> {
  const { parts, store } = exchange;
  const receipts = receiptsOn({ ...parts, store, limits });
  const amy = await exchange.connect({ username: 'amy', agency: 'alameda', quotaBytes: 1e9 });
  const sam = await exchange.connect({ username: 'sam', agency: 'dcss', kind: 'state' });
  for (const name of ['r', 'r.sig', 's.part', 't.part'])
    await amy.put(`/outgoing/${name}`, Buffer.from(name));
  await amy.rename('/outgoing/s.part', '/outgoing/s');
  await sam.get('/agencies/alameda/outgoing/r');
  for (const { name } of await amy.list('/receipts')) await amy.get(`/receipts/${name}`);
  await amy.stat('/receipts');
  receipts.tick();
  await receipts.idle();
  clock.nowMs += 60 * 60_000;
  receipts.tick();
  await receipts.idle();
  await receipts.stop();
  const filters = [
    {},
    { agency: 'alameda' },
    { path: '/outgoing/r' },
    { sha256: '00' },
    { user: 'amy' },
    { kind: 'collected' },
    { agency: 'alameda', kind: 'received', user: 'amy', path: '/outgoing/r', sha256: '00' },
  ] as const;
  for (const filter of filters)
    for (const more of [{}, { after: 'f' }, { fromMs: 1, toMs: 9 }, { after: 'f', fromMs: 1 }])
      await receipts.search.list({ limit: 10, ...filter, ...more });
  const { items } = await receipts.search.list({ limit: 1 });
  await receipts.search.get(items[0]!.receipt.receiptId);
}

async function useRetention(t: Test, { directory }: Exchange): Promise<void> {
  const own = join(directory, 'retention');
  mkdirSync(own);
  const retained = await openRetained(t, { directory: own });
  const { exchange, clock, retention } = retained;
  const client = await exchange.connect({ username: 'amy', agency: 'alameda' });
  for (const bytes of [10, 20]) await client.put('/outgoing/old', Buffer.alloc(bytes));
  const cut = await client.open('/outgoing/left', PUT);
  await client.write(cut, 0, Buffer.alloc(200_000));
  await client.drop();
  const targets = ['file', 'previous-version', 'partial-upload'] as const;
  await createJob(retained, { targets, needsApproval: true });
  await createJob(retained, { name: 'two', clock: 'collected', targets, agency: null });
  await createJob(retained, { name: 'three', targets, keepVersions: 1, agency: null });
  clock.pass(40 * dayMs);
  await retention.report.read({ days: 30 });
  await retained.tick();
  const { items } = await retention.runs.list({ limit: 1, state: 'planned' });
  const { id, jobId } = items[0]!;
  for (const state of [undefined, 'planned', 'purged', 'held'] as const)
    for (const after of [null, 0])
      await retention.runs.items(id, { limit: 5, after, ...(state !== undefined && { state }) });
  await retention.runs.approve(petra, jobId, id);
  await retention.idle();
  for (const filter of [{}, { jobId }, { state: 'done' }, { agency: 'alameda' }] as const)
    for (const after of [null, id]) await retention.runs.list({ limit: 5, after, ...filter });
  await retention.jobs.list({ limit: 5 });
  clock.offMs = -dayMs;
  await retained.tick();
  const late = await exchange.connect({ username: 'amy', agency: 'alameda' });
  await late.put('/outgoing/late', Buffer.alloc(10));
  clock.offMs = dayMs / 2;
  await retention.clock.confirm(petra, 'it was off');
}

t.test('no request and no start looks at every row of what grows', async (t) => {
  const seen = statements(t);
  const clock = { nowMs: Date.now() };
  const exchange = await openExchange(t, { clock: () => clock.nowMs });
  await useFiles(exchange);
  await useApi(exchange);
  await useRedactions(exchange);
  await useHolds(exchange);
  await usePurges(exchange);
  await useReceipts(exchange, clock);
  await useRetention(t, exchange);
  await recover(exchange.parts, exchange.store);
  await sweep(exchange.parts, exchange.store);
  const asked = [...seen].filter((sql) => /^(select|insert|update|delete|with)\b/i.test(sql));
  t.ok(asked.length > 60, `${asked.length} statements`);

  const sqlite = new BetterSqlite3(join(exchange.directory, 'waybill.db'), { readonly: true });
  t.teardown(() => sqlite.close());
  for (const { sql: form, index } of served) {
    const [sql = ''] = [...asked].filter((each) => form.test(each));
    t.match(planOf(sqlite, sql).join(), index, `${form}`);
  }
  for (const sql of asked) {
    if ([...stops, ...atStart, ...awaited].some((known) => known.test(sql))) continue;
    for (const detail of planOf(sqlite, sql)) {
      const scanned = /^SCAN (\S+)/.exec(detail)?.[1];
      t.notOk(scanned !== undefined && growing.includes(scanned), `${detail} in ${sql}`);
      t.notMatch(detail, /USE TEMP B-TREE FOR (ORDER|GROUP|DISTINCT)/, `sorts: ${sql}`);
    }
  }
});

t.test('what refers to a row that is deleted finds it by an index', async (t) => {
  const exchange = await openExchange(t);
  const sqlite = new BetterSqlite3(join(exchange.directory, 'waybill.db'), { readonly: true });
  t.teardown(() => sqlite.close());
  // The only tables with references to them from which rows go.
  const parents = ['entries', 'uploads'];
  const references = sqlite
    .prepare(
      `SELECT child.name AS child, key."from" AS "column" FROM sqlite_schema child, pragma_foreign_key_list(child.name) key
       WHERE child.type = 'table' AND key."table" IN (SELECT value FROM json_each(?))`,
    )
    .all(JSON.stringify(parents)) as { child: string; column: string }[];
  t.ok(references.length >= 2);
  for (const { child, column } of references) {
    const [step] = planOf(sqlite, `SELECT 1 FROM ${child} WHERE ${column} = ?`);
    t.match(step, /^SEARCH/, `${child}.${column}`);
  }
});
