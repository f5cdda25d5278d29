import t from 'tap';
import type { Test } from 'tap';
import { setImmediate as turn } from 'node:timers/promises';
import BetterSqlite3 from 'better-sqlite3';
import { join } from 'node:path';
import type { PreparedQueries } from '../../server/database/prepared.ts';
import type { Unit } from '../../server/database/units.ts';
import { parseGlob } from '../../server/domain/glob.ts';
import { createAdminChanges } from '../../server/files/admin-changes.ts';
import { createAdminFiles } from '../../server/files/admin-view.ts';
import type { Holds } from '../../server/files/holds.ts';
import { verifyLedger } from '../../server/ledger/verify.ts';
import { createCertificates, type CertifiedRun } from '../../server/retention/certificates.ts';
import { purgeItem } from '../../server/retention/purge-item.ts';
import { packet } from '../../server/sftp/protocol.ts';
import { openExchange, type Exchange } from '../fixtures/exchange.ts';
import { verifySshsig } from '../signing/fixtures/verify-sshsig.ts';
import {
  evidenceKey,
  itemAt,
  itemsAt,
  purgeOne,
  purgePartsOf,
  scheduledRun,
} from './fixtures/purging.ts';

const READ = 1;
const WRITE = 2;
const PUT = WRITE | 8 | 16;
const amyOf = { username: 'amy', agency: 'alameda', quotaBytes: 1e9 } as const;
const benOf = { username: 'ben', agency: 'alameda', quotaBytes: 1e9 } as const;
const keeping = (keepVersions: number): CertifiedRun => ({
  ...scheduledRun,
  rule: { ...scheduledRun.rule, keepVersions },
});

async function leavePartial(exchange: Exchange, path: string, bytes = 100_000): Promise<void> {
  const client = await exchange.connect(amyOf);
  const handle = await client.open(path, WRITE | 8);
  await client.write(handle, 0, Buffer.alloc(bytes, 'p'));
  await client.drop();
}

t.test('a file goes with a certificate that says why, and a row that says who', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(amyOf);
  await amy.put('/outgoing/report.csv', Buffer.from('one,two'));
  const item = await itemAt(exchange, '/outgoing/report.csv');
  const run: CertifiedRun = {
    ...scheduledRun,
    requestedBy: { kind: 'admin', keyId: 'ana', name: 'Ana' },
    approvedBy: { kind: 'admin', keyId: 'bob', name: 'Bob' },
  };
  t.match(await purgeOne(exchange, item, run), {
    state: 'purged',
    reason: null,
    bytes: 7,
    discarded: [],
  });
  await t.rejects(amy.stat('/outgoing/report.csv'));
  const { items } = await createCertificates(exchange).list({ limit: 10 });
  t.equal(items.length, 1);
  const [{ certificate, text, signature }] = items as [(typeof items)[0]];
  t.match(certificate, {
    type: 'waybill-destruction.1',
    agency: 'alameda',
    path: '/outgoing/report.csv',
    target: 'file',
    versionId: item.targetId,
    size: 7,
    sha256: item.sha256,
    receivedAt: new Date(item.clockAtMs).toISOString(),
    receivedBy: 'amy',
    collectedAt: null,
    rule: {
      agency: null,
      path: '/outgoing/**',
      olderThanDays: 90,
      clock: 'received',
      keepVersions: 0,
    },
    jobId: 'job-1',
    jobName: 'after 90 days',
    runId: 'run-1',
    requestedBy: { kind: 'admin', keyId: 'ana', name: 'Ana' },
    approvedBy: { kind: 'admin', keyId: 'bob', name: 'Bob' },
    method: /NIST SP 800-88/,
    server: { name: 'waybill', version: '0.0.0-test' },
  });
  const signer = verifySshsig(signature, 'waybill-destruction', Buffer.from(text));
  t.equal(signer, evidenceKey.publicKeyLine);
  const [row] = await exchange.events({ event: 'file.purged.1' });
  t.match(row, {
    outcome: 'success',
    actor: { kind: 'admin', keyId: 'ana', approvedBy: { keyId: 'bob', name: 'Bob' } },
    agency: 'alameda',
    path: '/outgoing/report.csv',
    run: 'run-1',
    job: 'job-1',
    certificate: certificate.id,
    version: item.targetId,
    size: 7,
    sha256: item.sha256,
    at: certificate.purgedAt,
  });
  t.ok((await verifyLedger(exchange.database)).ok);
  t.match(await purgeOne(exchange, item), { state: 'gone' }, 'and not a second time');
});

t.test('who is told of as the one who did it', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(amyOf);
  const ana = { kind: 'admin', keyId: 'ana', name: 'Ana' } as const;
  const runs = [
    [{ ...scheduledRun }, { kind: 'server' }],
    [{ ...scheduledRun, approvedBy: ana }, ana],
    [{ ...scheduledRun, requestedBy: ana }, ana],
  ] as const;
  for (const [index, [run, actor]] of runs.entries()) {
    await amy.put(`/outgoing/f${index}`, Buffer.from('x'));
    await purgeOne(exchange, await itemAt(exchange, `/outgoing/f${index}`), run);
    const row = (await exchange.events({ event: 'file.purged.1' })).at(-1);
    t.strictSame(row!['actor'], actor);
  }
});

t.test('what is no more what the plan says is gone', async (t) => {
  const exchange = await openExchange(t, { limits: { previousVersionsKeptMax: 2 } });
  const amy = await exchange.connect(amyOf);
  const view = createAdminFiles(exchange.parts, exchange.store);
  const changes = createAdminChanges(exchange.parts, exchange.store);
  const deeds: readonly (readonly [
    string,
    'file' | 'previous-version',
    (path: string) => Promise<unknown>,
  ])[] = [
    ['removed', 'file', (path) => amy.remove(path)],
    ['replaced', 'file', (path) => amy.put(path, Buffer.from('newer'))],
    ['renamed', 'file', (path) => amy.rename(path, `${path}-2`)],
    [
      'renamed above',
      'file',
      (path) => amy.rename(path.slice(0, path.lastIndexOf('/')), '/outgoing/elsewhere'),
    ],
    ['removed before', 'previous-version', (path) => amy.remove(path)],
    [
      'restored',
      'previous-version',
      async (path) => {
        const { id } = await view.at('alameda', path);
        const { items } = await view.versions(id, { after: null, max: 10 });
        const holder = {
          origin: { actor: { kind: 'server' }, session: 'r', source: null },
          sessionId: 'r',
          userId: null,
          username: 'admin:ops',
          client: 'test',
          quotaBytes: null,
        } as const;
        await changes.restore(holder, id, items.find(({ state }) => state === 'previous')!.id);
      },
    ],
  ];
  for (const [index, [name, target, deed]] of deeds.entries()) {
    await amy.mkdir(`/outgoing/d${index}`);
    const path = `/outgoing/d${index}/file`;
    await amy.put(path, Buffer.from('first'));
    if (target === 'previous-version') await amy.put(path, Buffer.from('second'));
    const item = await itemAt(exchange, path, target);
    await deed(path);
    const before = await dump(exchange);
    t.match(
      await purgeOne(exchange, item),
      { state: 'gone', reason: /since it was planned/, bytes: 0, discarded: [] },
      name,
    );
    t.same(await dump(exchange), before, 'and nothing was touched');
    await amy.rename('/outgoing/elsewhere', `/outgoing/moved${index}`).catch(() => undefined);
  }
});

t.test('a partial upload that somebody went on with is another', async (t) => {
  const exchange = await openExchange(t);
  await leavePartial(exchange, '/outgoing/cut');
  const item = await itemAt(exchange, '/outgoing/cut', 'partial-upload');
  const amy = await exchange.connect(amyOf);
  const handle = await amy.open('/outgoing/cut', WRITE | 8);
  await amy.write(handle, 100_000, Buffer.alloc(10));
  t.match(await purgeOne(exchange, item), { state: 'busy', reason: /received/ });
  await amy.drop();
  t.match(await purgeOne(exchange, item), { state: 'gone' }, 'it is longer');
  const longer = await itemAt(exchange, '/outgoing/cut', 'partial-upload');
  t.match(await purgeOne(exchange, longer), { state: 'purged', bytes: 100_010 });
  t.match(await exchange.events({ event: 'upload.purged.1' }), [
    { username: 'amy', size: 100_010, path: '/outgoing/cut', run: 'run-1' },
  ]);
  const again = await exchange.connect(amyOf);
  await t.rejects(again.stat('/outgoing/cut'));
  t.match(await purgeOne(exchange, longer), { state: 'gone' });
});

t.test('a name that is being received is left alone, and what is received comes in', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(amyOf);
  await amy.put('/outgoing/f', Buffer.from('old'));
  const item = await itemAt(exchange, '/outgoing/f');
  const ben = await exchange.connect(benOf);
  const handle = await ben.open('/outgoing/f', PUT);
  await ben.write(handle, 0, Buffer.from('new content'));
  const before = await dump(exchange);
  t.match(await purgeOne(exchange, item), { state: 'busy', reason: 'its name is being received' });
  t.same(await dump(exchange), before);
  t.equal((await amy.get('/outgoing/f')).toString(), 'old');
  await ben.close(handle);
  t.equal((await amy.get('/outgoing/f')).toString(), 'new content');
  t.match(await purgeOne(exchange, item), { state: 'gone' });
});

t.test('whoever reads it reads it to the end', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(amyOf);
  for (const [name, bytes] of [
    ['small', 1_000],
    ['large', 1_000_000],
  ] as const) {
    const content = Buffer.alloc(bytes, name);
    await amy.put(`/outgoing/${name}`, content);
    const handle = await amy.open(`/outgoing/${name}`, READ);
    const first = await amy.read(handle, 0, 500);
    const outcome = await purgeOne(exchange, await itemAt(exchange, `/outgoing/${name}`));
    t.equal(outcome.state, 'purged');
    await t.rejects(amy.open(`/outgoing/${name}`, READ), 'nobody begins anew');
    const read = [first];
    for (let at = 500; at < bytes;) {
      const piece = await amy.read(handle, at, 32_768);
      read.push(piece);
      at += piece!.length;
    }
    t.ok(Buffer.concat(read.map((piece) => piece!)).equals(content), `${name}, to the last byte`);
    await amy.close(handle);
    await amy.stat('/outgoing');
    for (let turns = 0; turns < 50; turns += 1) await turn();
    const files: string[] = [];
    for await (const id of exchange.store.list()) files.push(id);
    t.same(files, [], 'then its bytes go');
  }
  t.same(exchange.faults, []);
});

t.test('a hold at the same moment beats it', async (t) => {
  const exchange = await openExchange(t, { limits: { previousVersionsKeptMax: 1 } });
  const amy = await exchange.connect(amyOf);
  await amy.put('/outgoing/f', Buffer.from('one'));
  await amy.put('/outgoing/f', Buffer.from('two'));
  await leavePartial(exchange, '/outgoing/cut');
  const items = [
    ...(await itemsAt(exchange, '/outgoing/f')),
    await itemAt(exchange, '/outgoing/cut', 'partial-upload'),
  ];
  const asked: unknown[] = [];
  const holds: Holds = {
    ...exchange.parts.holds,
    on: async (_unit, file) => {
      asked.push(file);
      return { id: 'h', reason: 'Doe v. County', authority: 'Superior Court 23-114' };
    },
  };
  const parts = purgePartsOf(exchange);
  const before = await dump(exchange);
  for (const item of items)
    t.match(
      await exchange.database.write((unit) =>
        purgeItem({ ...parts, files: { ...parts.files, holds } }, unit, {
          run: scheduledRun,
          item,
          goesToo: new Map(),
        }),
      ),
      { state: 'held', reason: 'under a legal hold: Doe v. County (Superior Court 23-114)' },
      item.target,
    );
  t.same(await dump(exchange), before);
  t.match(asked, [{ path: '/outgoing/f' }, { path: '/outgoing/f' }, { path: '/outgoing/cut' }]);
});

t.test(
  'the newest versions that a job keeps stay, and a content does not go before its past',
  async (t) => {
    const exchange = await openExchange(t, { limits: { previousVersionsKeptMax: 5 } });
    const amy = await exchange.connect(amyOf);
    for (const text of ['1', '22', '333', '4444']) await amy.put('/outgoing/f', Buffer.from(text));
    const states = async (run: CertifiedRun) => {
      const outcomes = [];
      for (const item of await itemsAt(exchange, '/outgoing/f'))
        outcomes.push((await purgeOne(exchange, item, run)).state);
      return outcomes;
    };
    const content = await itemAt(exchange, '/outgoing/f');
    t.match(await purgeOne(exchange, content), {
      state: 'kept',
      reason: 'earlier versions of it stay',
    });
    t.match(await purgeOne(exchange, content, keeping(1)), {
      state: 'kept',
      reason: 'it is among the newest 1 that the job keeps',
    });
    t.same(await states(keeping(3)), ['purged', 'kept', 'kept', 'kept']);
    t.same(await states(keeping(3)), ['kept', 'kept', 'kept'], 'and no more than that');
    t.same(await states(keeping(1)), ['purged', 'purged', 'kept']);
    t.same(await states(keeping(0)), ['purged']);
    t.equal((await exchange.events({ event: 'version.purged.1' })).length, 3);
  },
);

/** Everything that a purge may change, as text. */
async function dump({ directory }: Exchange): Promise<readonly string[]> {
  const raw = new BetterSqlite3(join(directory, 'waybill.db'), { readonly: true });
  try {
    const tables = [
      'entries',
      'versions',
      'blobs',
      'uploads',
      'user_usage',
      'certificates',
      'ledger',
    ];
    return tables.flatMap((table) =>
      raw
        .prepare(`SELECT * FROM ${table} ORDER BY 1`)
        .all()
        .map((row) => `${table} ${JSON.stringify(row)}`),
    );
  } finally {
    raw.close();
  }
}

/** The unit, but for its n-th statement, which fails as on a bad disk. */
function failingAt(unit: Unit, nth: number): Unit {
  let count = 0;
  const next = () => {
    count += 1;
    if (count === nth) throw new Error(`statement ${nth} failed`);
  };
  const { prepared } = unit;
  const counted: PreparedQueries = {
    rows: async (query, given) => (next(), prepared.rows(query, given)),
    first: async (query, given) => (next(), prepared.first(query, given)),
    values: async (query, given) => (next(), prepared.values(query, given)),
    run: async (query, given) => (next(), prepared.run(query, given)),
  };
  const query = unit.query.withPlugin({
    transformQuery: ({ node }) => (next(), node),
    transformResult: async ({ result }) => result,
  });
  return { ...unit, query, prepared: counted };
}

async function failsWholly(t: Test, exchange: Exchange, item: Awaited<ReturnType<typeof itemAt>>) {
  const before = await dump(exchange);
  let nth = 0;
  for (let isDone = false; !isDone;) {
    nth += 1;
    const at = nth;
    const attempt = purgeOne(exchange, item, scheduledRun, (unit) => failingAt(unit, at));
    isDone = await attempt.then(
      ({ state }) => state === 'purged',
      (error: unknown) => {
        if (!/^Error: statement \d+ failed$/.test(String(error))) throw error;
        return false;
      },
    );
    if (!isDone)
      t.same(
        await dump(exchange),
        before,
        `${item.target}: nothing of it after a fault at statement ${nth}`,
      );
  }
  t.ok(nth > 8, `${item.target}: ${nth - 1} statements`);
  t.notSame(await dump(exchange), before);
}

t.test('a fault at any statement leaves everything as it was', async (t) => {
  const exchange = await openExchange(t, { limits: { previousVersionsKeptMax: 1 } });
  const amy = await exchange.connect(amyOf);
  await amy.put('/outgoing/f', Buffer.from('one'));
  await leavePartial(exchange, '/outgoing/g');
  await amy.put('/outgoing/f', Buffer.alloc(100_000));
  for (const item of [
    await itemAt(exchange, '/outgoing/f', 'previous-version'),
    await itemAt(exchange, '/outgoing/f', 'file'),
    await itemAt(exchange, '/outgoing/g', 'partial-upload'),
  ])
    await failsWholly(t, exchange, item);
  t.ok((await verifyLedger(exchange.database)).ok);
});

t.test('a pattern of a rule is said as it was set', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(amyOf);
  await amy.put('/outgoing/f', Buffer.from('x'));
  await amy.ok(
    amy.request(packet.SETSTAT, (writer) => writer.string('/outgoing/f').u32(4).u32(0o600)),
  );
  const rule = { ...scheduledRun.rule, agency: 'alameda', glob: parseGlob('/outgoing/*') };
  await purgeOne(exchange, await itemAt(exchange, '/outgoing/f'), { ...scheduledRun, rule });
  const { items } = await createCertificates(exchange).list({ limit: 1 });
  t.strictSame(items[0]!.certificate.rule, {
    agency: 'alameda',
    path: '/outgoing/*',
    olderThanDays: 90,
    clock: 'received',
    targets: ['file', 'previous-version', 'partial-upload'],
    keepVersions: 0,
  });
});

/** A run of a rule for files alone, of which a plan has these. */
async function plannedFiles(exchange: Exchange, path: string): Promise<CertifiedRun> {
  const items = await itemsAt(exchange, path);
  await exchange.database.write(async ({ query }) => {
    await query
      .insertInto('retention_jobs')
      .values({
        id: 'job-1',
        name: 'files',
        agency_id: null,
        glob: '/outgoing/**',
        older_than_days: 90,
        clock: 'received',
        targets: '["file"]',
        keep_versions: 0,
        schedule: '0 2 * * *',
        timezone: 'UTC',
        enabled: 0,
        needs_approval: 0,
        due_after: 0,
        changed_by: 'ana',
        created_at: 0,
        updated_at: 0,
        removed_at: null,
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await query
      .insertInto('retention_runs')
      .values({
        id: `run of ${path}`,
        job_id: 'job-1',
        cause: 'schedule',
        dry_run: 1,
        state: 'planned',
        waits_for: null,
        rule: '{}',
        cutoff_at: 0,
        due_at: null,
        requested_by: '{}',
        approved_by: null,
        cancelled_by: null,
        created_at: 0,
        planned_at: null,
        approved_at: null,
        started_at: null,
        ended_at: null,
        plan_cursor: null,
        plan_sha256: null,
        error: null,
      })
      .execute();
    for (const [ordinal, item] of items.entries())
      await query
        .insertInto('retention_items')
        .values({
          run_id: `run of ${path}`,
          ordinal,
          target: item.target,
          target_id: item.targetId,
          agency: item.agency,
          path,
          size: item.size,
          sha256: item.sha256,
          clock_at: item.clockAtMs,
          state: 'planned',
          reason: null,
        })
        .execute();
  });
  return {
    ...scheduledRun,
    id: `run of ${path}`,
    rule: { ...scheduledRun.rule, targets: ['file'] },
  };
}

t.test(
  'by a rule for files alone an earlier version goes with its content, or stays',
  async (t) => {
    // The content was replaced or held after the plan, and what came before it went though no rule spoke of it.
    const exchange = await openExchange(t, { limits: { previousVersionsKeptMax: 3 } });
    const amy = await exchange.connect(amyOf);
    const held = { id: 'h', reason: 'a case', authority: 'a court' };
    const deeds: readonly (readonly [string, 'kept' | 'purged', () => Promise<unknown>])[] = [
      ['nothing', 'purged', () => Promise.resolve()],
      ['replaced', 'kept', () => amy.put('/outgoing/replaced', Buffer.from('three'))],
      [
        'received',
        'kept',
        async () => {
          const handle = await amy.open('/outgoing/received', PUT);
          await amy.write(handle, 0, Buffer.from('three'));
        },
      ],
    ];
    for (const [name, state, deed] of deeds) {
      const path = `/outgoing/${name}`;
      await amy.put(path, Buffer.from('one'));
      await amy.put(path, Buffer.from('two'));
      const run = await plannedFiles(exchange, path);
      const item = await itemAt(exchange, path, 'previous-version');
      await deed();
      t.match(await purgeOne(exchange, item, run), { state }, name);
    }
    await amy.put('/outgoing/held', Buffer.from('one'));
    await amy.put('/outgoing/held', Buffer.from('two, of another time'));
    const run = await plannedFiles(exchange, '/outgoing/held');
    const item = await itemAt(exchange, '/outgoing/held', 'previous-version');
    const parts = purgePartsOf(exchange);
    let asked = 0;
    const on: Holds['on'] = async () => ((asked += 1) === 2 ? held : undefined);
    const files = { ...parts.files, holds: { ...parts.files.holds, on } };
    t.match(
      await exchange.database.write((unit) =>
        purgeItem({ ...parts, files }, unit, { run, item, goesToo: new Map() }),
      ),
      { state: 'kept', reason: 'its content stays' },
    );
  },
);

t.test('a file stays while an upload to it that was broken off is there', async (t) => {
  // A purge of the old content gave up what somebody had sent of the new one that day.
  const exchange = await openExchange(t);
  const amy = await exchange.connect(amyOf);
  await amy.put('/outgoing/cut', Buffer.from('old'));
  await leavePartial(exchange, '/outgoing/cut');
  const items = await itemsAt(exchange, '/outgoing/cut');
  const partial = items.find(({ target }) => target === 'partial-upload')!;
  const item = items.find(({ target }) => target === 'file')!;
  // Also while it is old: then it goes by a plan that names it.
  t.match(await purgeOne(exchange, item), { state: 'busy', reason: /broken off/ });
  t.same(await itemsAt(exchange, '/outgoing/cut'), items);
  t.match(await purgeOne(exchange, partial), { state: 'purged' });
  t.match(await purgeOne(exchange, item), { state: 'purged' });
});

t.test('what nobody collected goes by that clock with the content that is planned', async (t) => {
  const exchange = await openExchange(t, { limits: { previousVersionsKeptMax: 3 } });
  const amy = await exchange.connect({ username: 'amy', agency: 'alameda' });
  const dora = await exchange.connect({ username: 'dora', agency: 'dcss', kind: 'state' });
  for (const [name, state] of [
    ['same', 'purged'],
    ['replaced', 'kept'],
  ] as const) {
    const path = `/outgoing/${name}`;
    for (const text of ['one', 'two']) await amy.put(path, Buffer.from(text));
    await dora.get(`/agencies/alameda${path}`);
    const planned = await plannedFiles(exchange, path);
    const run = { ...planned, rule: { ...scheduledRun.rule, clock: 'collected' } } as const;
    const item = await itemAt(exchange, path, 'previous-version');
    if (state === 'kept') await amy.put(path, Buffer.from('three'));
    t.match(await purgeOne(exchange, item, run), { state }, name);
  }
});
