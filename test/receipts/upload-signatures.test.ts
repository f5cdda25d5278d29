import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parsePublicKey } from '../../server/accounts/public-key.ts';
import type { Receipt } from '../../server/receipts/receipt.ts';
import { limits } from '../../server/domain/limits.ts';
import { openExchange, type Exchange } from '../fixtures/exchange.ts';
import { receiptsOn } from '../fixtures/receipts.ts';

const amyOf = { username: 'amy', agency: 'alameda' } as const;
const hasKeygen = spawnSync('ssh-keygen', ['-?']).error === undefined;
const unlessMissing = { skip: hasKeygen ? false : 'there is no ssh-keygen here' };
const minuteMs = 60_000;

type Named = readonly [path: string, content: Buffer];

/** A key of `ssh-keygen`'s, and what it signs with it. */
function keyOf(t: Test, ...how: readonly string[]) {
  // Not the test's own directory: that is the server's here.
  const directory = mkdtempSync(join(tmpdir(), 'waybill-key-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'id');
  execFileSync('ssh-keygen', ['-q', ...how, '-N', '', '-f', path]);
  return {
    publicKey: readFileSync(`${path}.pub`, 'utf8'),
    sign: (content: string | Buffer, options: readonly string[] = [], namespace = 'file') => {
      const args = ['-q', '-Y', 'sign', '-f', path, '-n', namespace, ...options];
      return execFileSync('ssh-keygen', args, { input: content });
    },
  };
}

async function register(
  { database }: Exchange,
  publicKey: string,
  expiresAtMs: number | null = null,
) {
  const { type, blob, bits, fingerprint } = parsePublicKey(publicKey.trim());
  await database.write(async ({ query }) => {
    const { id } = await query
      .selectFrom('users')
      .select('id')
      .where('username', '=', 'amy')
      .executeTakeFirstOrThrow();
    await query
      .insertInto('user_keys')
      .values({
        id: fingerprint.slice(7, 39),
        user_id: id,
        type,
        blob,
        bits,
        fingerprint,
        label: '',
        expires_at: expiresAtMs,
        created_at: 0,
        last_used_at: null,
        last_used_from: null,
        last_used_client: null,
        last_used_algorithm: null,
        replaced_by: null,
      })
      .execute();
  });
  return fingerprint;
}

/** Receipts that say what became of a signature, the oldest first. */
async function verdictsOf({ database }: Exchange): Promise<readonly Receipt[]> {
  const rows = await database.read(({ query }) =>
    query.selectFrom('receipts').select('body').orderBy('id').execute(),
  );
  return rows
    .map(({ body }) => JSON.parse(body) as Receipt)
    .filter(({ signedUpload }) => signedUpload !== undefined);
}

async function scene(t: Test) {
  const clock = { nowMs: Date.UTC(2026, 10, 22) };
  const exchange = await openExchange(t, { clock: () => clock.nowMs });
  const receipts = receiptsOn({ ...exchange.parts, store: exchange.store, limits });
  t.teardown(() => receipts.stop());
  const settle = async () => {
    receipts.tick();
    await receipts.idle();
  };
  const amy = await exchange.connect(amyOf);
  return { clock, exchange, settle, amy };
}

t.test(
  'a signature by a key of the sender verifies, whichever came first',
  unlessMissing,
  async (t) => {
    const { exchange, settle, amy, clock } = await scene(t);
    const content = Buffer.alloc(200_000, 'content');
    const kinds: readonly (readonly string[])[] = [
      ['-t', 'ed25519'],
      ['-t', 'ecdsa', '-b', '256'],
      ['-t', 'ecdsa', '-b', '384'],
      ['-t', 'ecdsa', '-b', '521'],
      ['-t', 'rsa', '-b', '3072'],
    ];
    for (const [index, how] of kinds.entries()) {
      const key = keyOf(t, ...how);
      const keyFingerprint = await register(exchange, key.publicKey);
      for (const hash of ['sha512', 'sha256']) {
        const name = `/outgoing/${index}-${hash}`;
        const signature = key.sign(content, hash === 'sha256' ? ['-O', 'hashalg=sha256'] : []);
        const both: readonly Named[] = [
          [name, content],
          [`${name}.sig`, signature],
        ];
        for (const [path, bytes] of hash === 'sha256' ? both : both.toReversed()) {
          await amy.put(path, bytes);
          await settle();
        }
        clock.nowMs += 1_000;
        await settle();
        const last = (await verdictsOf(exchange)).at(-1);
        t.match(
          last,
          {
            kind: 'received',
            path: name,
            user: 'amy',
            sha256: createHash('sha256').update(content).digest('hex'),
            signedUpload: {
              result: 'verified',
              keyFingerprint,
              hash,
              problem: null,
              signatureSha256: createHash('sha256').update(signature).digest('hex'),
            },
          },
          `${how.join(' ')} ${hash}`,
        );
        const [row] = (
          await exchange.events({ event: 'upload-signature.verified.1' })
        ).toReversed();
        t.match(row, { outcome: 'success', keyFingerprint, digest: hash, username: 'amy' });
        t.same(last?.ledgerRow, { seq: row?.['seq'], hash: row?.['hash'] });
      }
    }
    const count = 2 * kinds.length;
    t.equal((await verdictsOf(exchange)).length, count);
    await settle();
    clock.nowMs += 20 * minuteMs;
    await settle();
    t.equal((await verdictsOf(exchange)).length, count, 'each once');
    t.same(exchange.faults, []);
  },
);

t.test('what is not one is refused, with the reason', unlessMissing, async (t) => {
  const { exchange, settle, amy, clock } = await scene(t);
  const key = keyOf(t, '-t', 'ed25519');
  await register(exchange, key.publicKey);
  const old = keyOf(t, '-t', 'ed25519');
  await register(exchange, old.publicKey, 1);
  const content = 'the content';
  const cases: readonly (readonly [string | Buffer, string, string])[] = [
    ['no signature', 'signature-invalid', 'no SSH signature'],
    [Buffer.alloc(20_000, 'x'), 'signature-invalid', 'too long'],
    [key.sign(content, [], 'email'), 'signature-invalid', 'namespace'],
    [keyOf(t, '-t', 'ed25519').sign(content), 'key-unknown', 'not one of the sender'],
    [old.sign(content), 'key-expired', 'expired'],
  ];
  for (const [index, [signature, reason, problem]] of cases.entries()) {
    await amy.put(`/outgoing/${index}`, Buffer.from(content));
    await amy.put(`/outgoing/${index}.sig`, Buffer.from(signature));
    clock.nowMs += 1_000;
    await settle();
    const last = (await verdictsOf(exchange)).at(-1);
    t.match(last?.signedUpload, { result: 'refused', problem: new RegExp(problem) }, problem);
    const [row] = (await exchange.events({ event: 'upload-signature.verified.1' })).toReversed();
    t.match(row, { outcome: 'refused', reason });
  }
  t.equal((await verdictsOf(exchange)).length, cases.length);
});

t.test(
  'a batch job that replaces both each day hears of no signature that does not fit',
  unlessMissing,
  async (t) => {
    const { exchange, settle, amy, clock } = await scene(t);
    const key = keyOf(t, '-t', 'ed25519');
    await register(exchange, key.publicKey);
    const days = ['monday', 'tuesday', 'wednesday', 'thursday'];
    for (const [index, day] of days.entries()) {
      clock.nowMs += 24 * 60 * minuteMs;
      const both = [
        ['/outgoing/f', Buffer.from(day)],
        ['/outgoing/f.sig', key.sign(day)],
      ] as const;
      for (const [name, content] of index % 2 === 0 ? both : both.toReversed()) {
        await amy.put(name, content);
        clock.nowMs += minuteMs;
        await settle();
      }
    }
    const verdicts = await verdictsOf(exchange);
    t.same(
      verdicts.map(({ sha256, signedUpload }) => [sha256, signedUpload?.result]),
      days.map((day) => [createHash('sha256').update(day).digest('hex'), 'verified']),
    );

    clock.nowMs += minuteMs;
    await amy.put('/outgoing/f', Buffer.from('another content'));
    await settle();
    t.equal((await verdictsOf(exchange)).length, days.length, 'the one that fits may follow');
    clock.nowMs += 10 * minuteMs;
    await settle();
    t.match((await verdictsOf(exchange)).at(-1)?.signedUpload, {
      result: 'refused',
      problem: 'it is not of this content',
    });
    await settle();
    t.equal((await verdictsOf(exchange)).length, days.length + 1);
  },
);

t.test(
  'temporary names: the pair is looked at once both have their own',
  unlessMissing,
  async (t) => {
    const { exchange, settle, amy } = await scene(t);
    const key = keyOf(t, '-t', 'ed25519');
    await register(exchange, key.publicKey);
    await amy.put('/outgoing/f.filepart', Buffer.from('x'));
    await amy.put('/outgoing/f.sig.filepart', key.sign('x'));
    await settle();
    await amy.rename('/outgoing/f.filepart', '/outgoing/f');
    await amy.rename('/outgoing/f.sig.filepart', '/outgoing/f.sig');
    await settle();
    t.match(await verdictsOf(exchange), [
      { path: '/outgoing/f', signedUpload: { result: 'verified' } },
    ]);
    // One of the two is gone before anybody looks.
    await amy.put('/outgoing/g', Buffer.from('x'));
    await amy.put('/outgoing/g.sig', key.sign('y'));
    await amy.remove('/outgoing/g');
    await settle();
    t.equal((await verdictsOf(exchange)).length, 1);
    const waiting = await exchange.database.read(({ query }) =>
      query.selectFrom('upload_signatures_due').selectAll().execute(),
    );
    t.same(waiting, []);
  },
);

const filler = Buffer.alloc(60_000, 'x');

/*
 * Every receipt that waited for a final name waited behind every signature that there was to verify, of every agency: one that
 * sent a thousand of them, each over a large file, kept all others from their receipts for an hour, and from any verdict.
 */
t.test('nobody waits for all that another agency has signed', unlessMissing, async (t) => {
  // Each unit has a time of its own, and so has each receipt.
  let nowMs = Date.UTC(2026, 10, 22);
  const exchange = await openExchange(t, { clock: () => (nowMs += 1) });
  const amy = await exchange.connect(amyOf);
  const ken = await exchange.connect({ username: 'ken', agency: 'kern' });
  const key = keyOf(t, '-t', 'ed25519');
  for (let index = 0; index < 12; index += 1) {
    await amy.put(`/outgoing/${index}`, filler);
    await amy.put(`/outgoing/${index}.sig`, key.sign('x'));
  }
  for (let index = 0; index < 3; index += 1) {
    await ken.put(`/outgoing/${index}`, filler);
    await ken.put(`/outgoing/${index}.sig`, key.sign('x'));
  }
  await ken.put('/outgoing/late.part', Buffer.from('x'));
  nowMs += 11 * minuteMs;
  const receipts = receiptsOn({ ...exchange.parts, store: exchange.store, limits });
  receipts.tick();
  await receipts.idle();
  const made = await exchange.database.read(({ query }) =>
    query.selectFrom('receipts').select(['tree', 'path']).orderBy('id').execute(),
  );
  const ofErrands = made.slice(2 * 12 + 2 * 3);
  t.equal(ofErrands.length, 12 + 3 + 1);
  t.equal(ofErrands[0]?.path, '/outgoing/late.part', 'before any signature');
  const order = ofErrands.slice(1).map(({ tree }) => tree);
  t.same(
    order.slice(0, 6),
    ['alameda', 'kern', 'alameda', 'kern', 'alameda', 'kern'],
    'each has its turn',
  );
});

/*
 * Each new signature over SHA-512 had the content beside it read and hashed from its beginning, also where only the signature had
 * changed: whoever may write 300 bytes had the server read a gigabyte for them, as often as he liked.
 */
t.test('one content is read once, however often it is signed', unlessMissing, async (t) => {
  const { exchange, settle, amy, clock } = await scene(t);
  const key = keyOf(t, '-t', 'ed25519');
  await register(exchange, key.publicKey);
  // It rests between pieces by timers that keep no process running.
  const running = setInterval(() => undefined, 1_000);
  t.teardown(() => clearInterval(running));
  // Too large for the database: its file is opened to be read.
  const content = Buffer.alloc(3_000_000, 'content');
  await amy.put('/outgoing/f', content);
  const { blob_id: blobId } = await exchange.database.read(({ query }) =>
    query
      .selectFrom('entries')
      .innerJoin('versions', 'versions.id', 'entries.version_id')
      .select('blob_id')
      .where('entries.name', '=', 'f')
      .executeTakeFirstOrThrow(),
  );
  const { store } = exchange;
  const open = store.open.bind(store);
  let opened = 0;
  store.open = (id, options) => {
    if (id === blobId) opened += 1;
    return open(id, options);
  };
  for (let index = 0; index < 4; index += 1) {
    await amy.put('/outgoing/f.sig', key.sign(content));
    clock.nowMs += 1_000;
    await settle();
  }
  t.equal((await verdictsOf(exchange)).length, 4);
  t.equal(opened, 1);
});

/*
 * The key of one content was damaged: what was to be verified first was never put off, so no signature of any agency was
 * looked at any more, and an hour later neither. A content that stays unreadable was tried every minute for ever, and nobody
 * was told.
 */
t.test(
  'a content that cannot be read keeps nobody else waiting, and is given up',
  unlessMissing,
  async (t) => {
    const { exchange, settle, amy, clock } = await scene(t);
    const ken = await exchange.connect({ username: 'ken', agency: 'alameda' });
    const key = keyOf(t, '-t', 'ed25519');
    await amy.put('/outgoing/f', Buffer.from('x'));
    await amy.put('/outgoing/f.sig', key.sign('x'));
    await exchange.database.write(async ({ query }) => {
      const { blob_id: id } = await query
        .selectFrom('entries')
        .innerJoin('versions', 'versions.id', 'entries.version_id')
        .select('versions.blob_id')
        .where('entries.name', '=', 'f')
        .executeTakeFirstOrThrow();
      const damaged = { wrapped_key: Buffer.alloc(61) };
      await query.updateTable('blobs').set(damaged).where('id', '=', id).execute();
    });
    clock.nowMs += 10;
    await ken.put('/outgoing/g', Buffer.from('x'));
    await ken.put('/outgoing/g.sig', key.sign('x'));
    await settle();
    t.match(await verdictsOf(exchange), [{ path: '/outgoing/g' }]);
    clock.nowMs += 60 * minuteMs;
    await settle();
    t.equal((await verdictsOf(exchange)).length, 1, 'a disk may be away for a while');
    clock.nowMs += 24 * 60 * minuteMs;
    await settle();
    t.match((await verdictsOf(exchange)).slice(1), [
      { path: '/outgoing/f', signedUpload: { result: 'refused', problem: /could not read/ } },
    ]);
    const rows = await exchange.events({ event: 'upload-signature.verified.1' });
    t.match(rows[1], { reason: 'storage-failed', outcome: 'refused' });
    const waiting = await exchange.database.read(({ query }) =>
      query.selectFrom('upload_signatures_due').selectAll().execute(),
    );
    t.same(waiting, []);
  },
);
