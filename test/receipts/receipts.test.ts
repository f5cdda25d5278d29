import { createHash } from 'node:crypto';
import t from 'tap';
import { createAdminChanges } from '../../server/files/admin-changes.ts';
import { createAdminFiles } from '../../server/files/admin-view.ts';
import type { Holder } from '../../server/files/opens.ts';
import { canonicalJson } from '../../server/ledger/canonical-json.ts';
import type { Receipt } from '../../server/receipts/receipt.ts';
import { packet } from '../../server/sftp/protocol.ts';
import { limits } from '../../server/domain/limits.ts';
import { openExchange, type Exchange } from '../fixtures/exchange.ts';
import { receiptKey, receiptsOn } from '../fixtures/receipts.ts';
import { verifySshsig } from '../signing/fixtures/verify-sshsig.ts';

const READ = 1;
const amyOf = { username: 'amy', agency: 'alameda' } as const;
const benOf = { username: 'ben', agency: 'alameda' } as const;
const sam = { username: 'sam', agency: 'dcss', kind: 'state' } as const;
const minuteMs = 60_000;

/** The newest last. */
async function receiptsOf({ database }: Exchange): Promise<readonly Receipt[]> {
  const rows = await database.read(({ query }) =>
    query.selectFrom('receipts').select('body').orderBy('id').execute(),
  );
  return rows.map(({ body }) => JSON.parse(body) as Receipt);
}

const sha256Of = (content: Buffer) => createHash('sha256').update(content).digest('hex');

t.test('an upload has a signed receipt, and the row of the ledger that it names', async (t) => {
  const atMs = Date.UTC(2026, 10, 22, 10, 15, 30, 123);
  const exchange = await openExchange(t, { clock: () => atMs });
  const amy = await exchange.connect(amyOf);
  const content = Buffer.from('a,b\n');
  await amy.put('/outgoing/cases.csv', content);
  const [name = '', ...others] = (await amy.list('/receipts')).map((entry) => entry.name);
  t.match(name, /^20261122T101530\.123Z-[0-9a-f]{32}\.json$/);
  t.same(others, [`${name}.sig`, 'allowed_signers']);
  const text = await amy.get(`/receipts/${name}`);
  const signature = (await amy.get(`/receipts/${name}.sig`)).toString();
  t.equal(verifySshsig(signature, 'waybill-receipt', text), receiptKey.publicKeyLine);
  const receipt = JSON.parse(text.toString()) as Receipt;
  t.equal(canonicalJson(receipt), text.toString());
  const [row] = (await exchange.events({ event: 'file.closed.1' })).filter(
    ({ state }) => state === 'published',
  );
  t.same(receipt, {
    v: 1,
    type: 'waybill-receipt.1',
    receiptId: name.slice(-37, -5),
    kind: 'received',
    agency: 'alameda',
    user: 'amy',
    keyFingerprint: null,
    tree: 'alameda',
    path: '/outgoing/cases.csv',
    size: 4,
    sha256: sha256Of(content),
    receivedAt: '2026-11-22T10:15:30.123Z',
    issuedAt: '2026-11-22T10:15:30.123Z',
    ledgerRow: { seq: row?.['seq'], hash: row?.['hash'] },
    checkpoint: null,
    server: { name: 'waybill', version: '0.0.0-test' },
  });
  t.equal(
    (await amy.stat('/receipts')).modifiedAt,
    Math.floor(atMs / 1_000),
    'as new as the newest',
  );
  const { size, mode } = await amy.stat(`/receipts/${name}`);
  t.equal(size, text.length);
  t.equal(mode & 0o7777, 0o440);
  t.same(exchange.faults, []);
});

t.test('the key that a login proved is in the receipt', async (t) => {
  const exchange = await openExchange(t);
  const identity = await exchange.login(amyOf);
  const proofs = ['password', 'publickey SHA256:abc', 'publickey SHA256:def'];
  const flags = {
    read: false,
    write: true,
    append: false,
    create: true,
    truncate: true,
    exclusive: false,
  };
  const path = '/outgoing/f' as typeof identity.sessionId as never;
  const known = { ...identity, proofs };
  const { grant } = await exchange.files.request(known, { kind: 'open', path, flags, change: {} });
  const report = {
    kind: 'received',
    size: 0,
    sha256: sha256Of(Buffer.alloc(0)),
    root: Buffer.alloc(32),
    content: null,
    bytesWritten: 0,
    bytesRead: 0,
    change: {},
  } as const;
  await exchange.files.request(known, { kind: 'close', openId: grant.openId, report });
  t.match(await receiptsOf(exchange), [{ keyFingerprint: 'SHA256:abc' }]);
});

t.test(
  'a file that is sent under a temporary name has one receipt, with its final name',
  async (t) => {
    let nowMs = Date.UTC(2026, 10, 22);
    const exchange = await openExchange(t, { clock: () => nowMs });
    const amy = await exchange.connect(amyOf);
    for (const temporary of ['f.filepart', 'f.part', 'f.TMP', '.in.f', 'f.partial'])
      await amy.put(`/outgoing/${temporary}`, Buffer.from(temporary));
    t.same(await receiptsOf(exchange), [], 'none yet');
    nowMs += 1_000;
    await amy.rename('/outgoing/f.filepart', '/outgoing/f.part2');
    await amy.rename('/outgoing/f.part', '/outgoing/g.part');
    const [renamed] = await exchange.events({ event: 'entry.renamed.1' });
    const [receipt, ...others] = await receiptsOf(exchange);
    t.match(receipt, {
      path: '/outgoing/f.part2',
      sha256: sha256Of(Buffer.from('f.filepart')),
      receivedAt: '2026-11-22T00:00:00.000Z',
      issuedAt: '2026-11-22T00:00:01.000Z',
      ledgerRow: { seq: renamed?.['seq'], hash: renamed?.['hash'] },
    });
    t.same(others, [], 'from one temporary name to another it waits on');
    await amy.rename('/outgoing/f.part2', '/outgoing/again');
    t.equal((await receiptsOf(exchange)).length, 1, 'what has one gets no other by a rename');

    // Nobody renames the others: they have theirs after a while, under the names that they have by then.
    await amy.remove('/outgoing/.in.f');
    const receipts = receiptsOn({ ...exchange.parts, store: exchange.store, limits });
    receipts.tick();
    await receipts.idle();
    t.equal((await receiptsOf(exchange)).length, 1);
    nowMs += 10 * minuteMs;
    receipts.tick();
    await receipts.idle();
    t.same(
      (await receiptsOf(exchange)).map(({ path }) => path).toSorted(),
      [
        '/outgoing/.in.f',
        '/outgoing/f.TMP',
        '/outgoing/f.part2',
        '/outgoing/f.partial',
        '/outgoing/g.part',
      ],
      'one that is gone was received all the same',
    );
    receipts.tick();
    await receipts.idle();
    t.equal((await receiptsOf(exchange)).length, 5, 'once');
    await receipts.stop();
  },
);

// The clock was a year ahead when it came, and was set right: its receipt would have come in a year.
t.test('a receipt that a clock put off that was ahead comes when it is right', async (t) => {
  let nowMs = Date.UTC(2027, 10, 22);
  const exchange = await openExchange(t, { clock: () => nowMs });
  const amy = await exchange.connect(amyOf);
  await amy.put('/outgoing/f.part', Buffer.from('f'));
  const receipts = receiptsOn({ ...exchange.parts, store: exchange.store, limits });
  nowMs -= minuteMs;
  receipts.tick();
  await receipts.idle();
  t.same(await receiptsOf(exchange), [], 'a clock that is slewed is no such');
  nowMs = Date.UTC(2026, 10, 22);
  receipts.tick();
  await receipts.idle();
  t.match(await receiptsOf(exchange), [{ path: '/outgoing/f.part' }]);
  await receipts.stop();
});

t.test('who sent a file hears when another agency has collected it', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(amyOf);
  const state = await exchange.connect(sam);
  const content = Buffer.alloc(100_000, 'x');
  await amy.put('/outgoing/f', content);
  const ben = await exchange.connect(benOf);
  await ben.get('/outgoing/f');
  const handle = await state.open('/agencies/alameda/outgoing/f', READ);
  await state.read(handle, 0, 30_000);
  await state.close(handle);
  t.equal((await receiptsOf(exchange)).length, 1, 'not by its own agency, nor a part of it');
  await state.get('/agencies/alameda/outgoing/f');
  await state.get('/agencies/alameda/outgoing/f');
  const [received, collected, ...others] = await receiptsOf(exchange);
  t.same(others, [], 'the first time');
  const closed = await exchange.events({ event: 'file.closed.1', actor: 'sam' });
  const row = closed.find(({ state: end }) => end === 'completed');
  t.match(collected, {
    kind: 'collected',
    agency: 'alameda',
    user: 'amy',
    path: '/outgoing/f',
    sha256: sha256Of(content),
    receivedAt: received?.receivedAt,
    collectedBy: { user: 'sam', agency: 'dcss' },
    ledgerRow: { seq: row?.['seq'], hash: row?.['hash'] },
  });
  t.ok(collected?.collectedAt);
  t.equal((await amy.list('/receipts')).length, 5);
  t.same(
    (await state.list('/receipts')).map(({ name }) => name),
    ['allowed_signers'],
    'the State sent nothing',
  );

  await state.put('/agencies/alameda/incoming/answer', Buffer.from('yes'));
  await amy.get('/incoming/answer');
  const answered = (await receiptsOf(exchange)).slice(2);
  t.match(answered, [
    { kind: 'received', agency: 'dcss', user: 'sam', tree: 'alameda', path: '/incoming/answer' },
    { kind: 'collected', agency: 'dcss', collectedBy: { user: 'amy', agency: 'alameda' } },
  ]);
  t.equal((await state.list('/receipts')).length, 5, 'to who sent it');
  t.equal((await amy.list('/receipts')).length, 5);
  await t.rejects(state.list('/agencies/alameda/receipts'), 'as the rules say');
});

t.test('what is collected over the API is collected, unless by a key of the sender', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(amyOf);
  await amy.put('/outgoing/f', Buffer.from('x'));
  await exchange.database.write(async ({ query }) => {
    const { id } = await query
      .selectFrom('agencies')
      .select('id')
      .where('code', '=', 'alameda')
      .executeTakeFirstOrThrow();
    await query
      .insertInto('admin_keys')
      .values({
        id: 'bound',
        name: 'batch',
        secret_hash: Buffer.alloc(32),
        scopes: '[]',
        allowed_cidrs: '[]',
        expires_at: null,
        created_at: 0,
        last_used_at: null,
        last_used_from: null,
        removed_at: null,
        agency_id: id,
        created_by: null,
        former_secret_hash: null,
        former_secret_until: null,
        rotated_at: null,
      })
      .execute();
  });
  const view = createAdminFiles(exchange.parts, exchange.store);
  const changes = createAdminChanges(exchange.parts, exchange.store);
  const read = async (holder: Holder, path: string, whole = true) => {
    const { id } = await view.at('alameda', path);
    const { versionId } = await view.content(id);
    const { openId } = await view.open(holder, id, versionId);
    await view.close(openId, 1, whole);
  };
  const [bound, free] = [holderOf('bound', 'batch'), holderOf('free', 'ana')];
  await read(bound, '/outgoing/f');
  await read(free, '/outgoing/f', false);
  t.equal((await receiptsOf(exchange)).length, 1);
  await read(free, '/outgoing/f');
  await read(free, '/outgoing/f');
  t.match((await receiptsOf(exchange)).slice(1), [
    { kind: 'collected', agency: 'alameda', collectedBy: { user: 'admin:ana', agency: null } },
  ]);

  // What a key of the agency sends is the agency's; what one of none sends is in no directory.
  for (const holder of [bound, free]) {
    const where = { agencyCode: 'alameda', path: `/outgoing/by-${holder.username.slice(6)}` };
    const { openId } = await changes.beginUpload(holder, { ...where, over: 'anything' });
    const sha256 = sha256Of(Buffer.alloc(0));
    const root = Buffer.alloc(32);
    const counts = { size: 0, bytesWritten: 0, bytesRead: 0 };
    const report = {
      kind: 'received',
      sha256,
      root,
      content: null,
      change: {},
      ...counts,
    } as const;
    await changes.endUpload(openId, report);
  }
  t.match((await receiptsOf(exchange)).slice(2), [
    { user: 'admin:batch', agency: 'alameda' },
    { user: 'admin:ana', agency: null },
  ]);
  t.equal((await amy.list('/receipts')).length, 7);
});

function holderOf(keyId: string, name: string): Holder {
  return {
    origin: { actor: { kind: 'admin', keyId, name }, session: 'r', source: null },
    sessionId: `r-${keyId}`,
    userId: null,
    username: `admin:${name}`,
    client: 'test',
    quotaBytes: null,
  };
}

t.test('nothing is written into /receipts, whatever the rules say', async (t) => {
  const exchange = await openExchange(t);
  const all = ['list', 'read', 'write', 'overwrite', 'delete', 'rename', 'mkdir'] as const;
  const amy = await exchange.connect({ ...amyOf, rules: [{ path: '/', allow: all }] });
  await amy.put('/outgoing/f', Buffer.from('x'));
  const [{ name } = { name: '' }] = await amy.list('/receipts');
  const why = /receipts are made by the server alone/;
  await t.rejects(amy.put('/receipts/mine', Buffer.from('x')), why);
  await t.rejects(amy.put(`/receipts/${name}`, Buffer.from('x')), why);
  await t.rejects(amy.remove(`/receipts/${name}`), why);
  await t.rejects(amy.rename(`/receipts/${name}`, '/outgoing/g'), why);
  await t.rejects(amy.rename('/outgoing/f', '/receipts/f'), why);
  await t.rejects(amy.mkdir('/receipts/d'), why);
  const setMode = amy.request(packet.SETSTAT, (writer) =>
    writer.string(`/receipts/${name}`).u32(4).u32(0o777),
  );
  await t.rejects(amy.ok(setMode), why);
  t.equal((await amy.list('/receipts')).length, 3);
  for (const none of ['x', `${name}x`, `${name}/y`, name.replace('Z-', 'Y-')])
    await t.rejects(amy.stat(`/receipts/${none}`), /no such file|parent|not a directory/);
  const ken = await exchange.connect({ username: 'ken', agency: 'kern' });
  await t.rejects(ken.stat(`/receipts/${name}`), /no such file/, "another agency's");
});

/** A file over the API, by a key of an agency, or of none. */
async function putByApi(exchange: Exchange, path: string, agency: string | null): Promise<void> {
  const keyId = `key-of-${agency}`;
  await exchange.database.write(async ({ query }) => {
    const bound = await query
      .selectFrom('agencies')
      .select('id')
      .where('code', '=', agency ?? '')
      .executeTakeFirst();
    const row = {
      id: keyId,
      name: keyId,
      secret_hash: Buffer.alloc(32, keyId),
      scopes: '[]',
      allowed_cidrs: '[]',
      expires_at: null,
      created_at: 0,
      last_used_at: null,
      last_used_from: null,
      removed_at: null,
      agency_id: bound?.id ?? null,
      created_by: null,
      former_secret_hash: null,
      former_secret_until: null,
      rotated_at: null,
    };
    await query
      .insertInto('admin_keys')
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  });
  const changes = createAdminChanges(exchange.parts, exchange.store);
  const holder: Holder = {
    origin: { actor: { kind: 'admin', keyId, name: keyId }, session: 'r', source: null },
    sessionId: 'r-b',
    userId: null,
    username: `admin:${keyId}`,
    client: 'test',
    quotaBytes: null,
  };
  const { openId } = await changes.beginUpload(holder, {
    agencyCode: 'alameda',
    path,
    over: 'anything',
  });
  await changes.endUpload(openId, {
    kind: 'received',
    sha256: sha256Of(Buffer.alloc(0)),
    root: Buffer.alloc(32),
    content: null,
    change: {},
    size: 0,
    bytesWritten: 0,
    bytesRead: 0,
  });
}

/** Reads all of a file that has nothing in it. */
async function readAll(
  exchange: Exchange,
  identity: Awaited<ReturnType<Exchange['login']>>,
  path: string,
): Promise<void> {
  const flags = {
    read: true,
    write: false,
    append: false,
    create: false,
    truncate: false,
    exclusive: false,
  };
  const { grant } = await exchange.files.request(identity, {
    kind: 'open',
    path: path as never,
    flags,
    change: {},
  });
  await exchange.files.request(identity, {
    kind: 'close',
    openId: grant.openId,
    report: { kind: 'read', bytesRead: 0, whole: true },
  });
}

/*
 * An agency sent a file over the API, with a key of its own, and one of its users looked at it: as no user had sent it,
 * anybody was taken for another agency. So it was given a receipt that it was collected, and none when the State did.
 */
t.test('what an agency sends over the API it does not collect itself', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.login(amyOf);
  const state = await exchange.login(sam);
  const collections = async () => (await receiptsOf(exchange)).filter(isCollected);
  const isCollected = ({ kind }: Receipt) => kind === 'collected';
  // One has its receipt when it is read, and one waits for its final name.
  for (const name of ['case', 'case.part']) {
    await putByApi(exchange, `/outgoing/${name}`, 'alameda');
    const before = (await collections()).length;
    await readAll(exchange, amy, `/outgoing/${name}`);
    t.equal((await collections()).length, before, 'its own');
    const { collected_at: collectedAt } = await exchange.database.read(({ query }) =>
      query
        .selectFrom('entries')
        .innerJoin('versions', 'versions.id', 'entries.version_id')
        .select('collected_at')
        .where('name', '=', name)
        .executeTakeFirstOrThrow(),
    );
    t.equal(collectedAt, null, 'nor does retention take it for collected');
    await readAll(exchange, state, `/agencies/alameda/outgoing/${name}`);
    t.match((await collections()).at(-1), {
      agency: 'alameda',
      collectedBy: { user: 'sam', agency: 'dcss' },
    });
    t.equal((await collections()).length, before + 1);
  }
  // A key that is bound to no agency is the State's: the agency is who collects.
  await putByApi(exchange, '/outgoing/answer', null);
  await readAll(exchange, amy, '/outgoing/answer');
  t.match((await collections()).at(-1), {
    path: '/outgoing/answer',
    agency: null,
    collectedBy: { user: 'amy', agency: 'alameda' },
  });
});

/*
 * A file that was collected while it had its temporary name still got a receipt that knew less of its sender than the one that
 * came after: not the key of the login, nor the agency of an API key.
 */
t.test('what is collected before its rename is of the same sender', async (t) => {
  const exchange = await openExchange(t);
  await exchange.login(amyOf);
  const state = await exchange.login(sam);
  await putByApi(exchange, '/outgoing/case.part', 'alameda');
  await readAll(exchange, state, '/agencies/alameda/outgoing/case.part');
  t.match(await receiptsOf(exchange), [
    { kind: 'collected', agency: 'alameda', user: 'admin:key-of-alameda' },
  ]);
});
