import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pauseMs } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { Fault } from '../../server/domain/faults.ts';
import { limits } from '../../server/domain/limits.ts';
import { fileAt, openApi, upload, withAnn, worldWith, type World } from './fixtures/api.ts';

type Sent = {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer | readonly Buffer[];
  /** Hangs up then, without an end. */
  readonly cut?: Promise<unknown>;
};
type Answer = {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
};

/** The API over a socket. */
async function listening(world: World) {
  await world.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = world.app.server.address() as AddressInfo;
  return (path: string, { method = 'GET', headers = {}, body, cut }: Sent = {}) =>
    new Promise<Answer>((resolve, reject) => {
      const authorization = `Bearer ${world.key}`;
      const asked = httpRequest(
        { port, path, method, headers: { authorization, ...headers } },
        (response) => {
          const pieces: Buffer[] = [];
          response.on('data', (piece: Buffer) => pieces.push(piece));
          response.on('error', reject);
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(pieces),
            }),
          );
        },
      ).on('error', reject);
      for (const piece of body === undefined ? [] : Buffer.isBuffer(body) ? [body] : body)
        asked.write(piece);
      if (cut === undefined) asked.end();
      else void cut.finally(() => asked.destroy());
    });
}

const hex = (content: Buffer) => createHash('sha256').update(content).digest('hex');
const digestOf = (content: Buffer) =>
  `sha-256=:${createHash('sha256').update(content).digest('base64')}:`;
const octets = { 'content-type': 'application/octet-stream' };
const put = (body: Buffer, headers: Record<string, string> = {}): Sent => ({
  method: 'PUT',
  headers: { ...octets, ...headers },
  body,
});
const at = (path: string) => `/v1/files/content?agency=alpine&path=${encodeURIComponent(path)}`;

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const found = await look();
    if (found !== undefined) return found;
    await pauseMs(20);
  }
  throw new Error('it did not come');
}

t.test('ranges, and what needs no transfer', async (t) => {
  const content = randomBytes(300_000);
  const world = await worldWith(t, { '/outgoing/a.bin': content });
  const ask = await listening(world);
  const { id } = await fileAt(world, '/outgoing/a.bin');
  const url = `/v1/files/${String(id)}/content`;
  const etag = `"${hex(content)}"`;
  const transfers = async () =>
    (await world.call('GET', '/v1/transfers?direction=download')).body.items.length;
  const cases: [headers: Record<string, string>, status: number, from: number, to: number][] = [
    [{ range: 'bytes=0-0' }, 206, 0, 1],
    [{ range: 'bytes=65530-65540' }, 206, 65_530, 65_541],
    [{ range: 'bytes=100000-' }, 206, 100_000, 300_000],
    [{ range: 'bytes=-7' }, 206, 299_993, 300_000],
    [{ range: 'bytes=5-9,20-30' }, 200, 0, 300_000],
    [{ range: 'bytes=5-9', 'if-range': etag }, 206, 5, 10],
    [{ range: 'bytes=5-9', 'if-range': '"other"' }, 200, 0, 300_000],
    [{ range: 'bytes=5-9', 'if-range': 'Wed, 01 Jan 2030 00:00:00 GMT' }, 200, 0, 300_000],
  ];
  for (const [headers, status, from, to] of cases) {
    const answer = await ask(url, { headers });
    t.equal(answer.status, status, JSON.stringify(headers));
    t.ok(answer.body.equals(content.subarray(from, to)));
    t.equal(answer.headers['content-length'], String(to - from));
    t.equal(answer.headers.etag, etag);
    t.equal(
      answer.headers['content-range'],
      status === 206 ? `bytes ${from}-${to - 1}/300000` : undefined,
    );
  }
  t.equal(await transfers(), cases.length, 'each is a transfer');
  const last = await until(async () =>
    (await world.ledgerRows('file.closed.1')).find((row) => row['bytesRead'] === 11),
  );
  t.match(last, { state: 'incomplete', size: 300_000, actor: { kind: 'admin' } });

  const beyond = await ask(url, { headers: { range: 'bytes=300000-' } });
  t.equal(beyond.status, 416);
  t.equal(beyond.headers['content-range'], 'bytes */300000');
  t.match(JSON.parse(beyond.body.toString()), { code: 'range-invalid' });
  const head = await ask(url, { method: 'HEAD', headers: { range: 'bytes=0-0' } });
  t.equal(head.status, 200);
  t.equal(head.body.length, 0);
  t.match(head.headers, {
    'content-length': '300000',
    'accept-ranges': 'bytes',
    'repr-digest': digestOf(content),
    etag,
  });
  const same = await ask(url, { headers: { 'if-none-match': `"x", ${etag}` } });
  t.equal(same.status, 304);
  t.equal(same.body.length, 0);
  t.equal(await transfers(), cases.length, 'and none where no content was read');
  t.equal((await ask(at('/outgoing/a.bin'), { method: 'HEAD' })).headers.etag, etag);
  t.equal((await ask(at('/outgoing'), { method: 'HEAD' })).status, 409);
  t.strictSame(world.faults, []);
});

t.test('an upload is published whole, once, with its records', async (t) => {
  const world = await openApi(t);
  await withAnn(world);
  const ask = await listening(world);
  for (const size of [0, 1, 32_768, 32_769, 65_536, 3_000_001]) {
    const content = randomBytes(size);
    const path = `/incoming/${size}.bin`;
    const made = await ask(at(path), put(content, { 'repr-digest': digestOf(content) }));
    t.equal(made.status, 201, `${size} bytes`);
    const file = JSON.parse(made.body.toString());
    t.match(file, {
      agency: 'alpine',
      path,
      size,
      sha256: hex(content),
      receivedFrom: 'admin:tester',
    });
    t.equal(made.headers.location, `/v1/files/${String(file.id)}`);
    t.equal(made.headers.etag, `"${hex(content)}"`);
    t.ok((await ask(at(path))).body.equals(content));
    const story = (await world.call('GET', `/v1/transfers/${String(file.transferId)}`)).body;
    t.match(story, {
      direction: 'upload',
      state: 'published',
      bytes: size,
      sha256: hex(content),
      version: { id: file.version, state: 'current' },
      login: null,
      ledger: { opened: Number, closed: Number },
    });
    const row = (await world.ledgerRows())[story.ledger.closed - 1];
    t.match(row, { event: 'file.closed.1', transfer: story.id, replaced: null });
  }
  t.strictSame(world.faults, []);
});

t.test('what is not what its digest says is not published', async (t) => {
  const world = await worldWith(t, { '/outgoing/a': Buffer.from('before') });
  const ask = await listening(world);
  const content = randomBytes(100_000);
  const other = randomBytes(9);
  const cases: [headers: Record<string, string>, status: number, code: string][] = [
    [{ 'repr-digest': digestOf(other) }, 400, 'digest-mismatch'],
    [{ 'content-digest': `sha-512=:AAAA:, ${digestOf(other)}` }, 400, 'digest-mismatch'],
    [{ digest: `SHA-256=${digestOf(other).slice(9, -1)}` }, 400, 'digest-mismatch'],
    [{ 'repr-digest': digestOf(content), digest: `sha-256=${digestOf(other).slice(9, -1)}` }, 400, 'digest-mismatch'],
    [{ 'repr-digest': 'sha-512=:AAAA:' }, 400, 'field-invalid'],
    [{ digest: 'nonsense' }, 400, 'field-invalid'],
  ]; // prettier-ignore
  for (const [headers, status, code] of cases) {
    for (const path of ['/outgoing/a', '/outgoing/new']) {
      const answer = await ask(at(path), put(content, headers));
      t.equal(answer.status, status, JSON.stringify(headers));
      t.match(JSON.parse(answer.body.toString()), { code });
    }
  }
  t.equal((await ask(at('/outgoing/a'))).body.toString(), 'before');
  t.equal((await ask(at('/outgoing/new'))).status, 404);
  const given = (await world.ledgerRows('file.closed.1')).filter(
    (row) => row['state'] === 'discarded',
  );
  t.equal(given.length, 8);
  t.match(given[0], { outcome: 'failed', reason: 'digest-mismatch', bytesWritten: 100_000 });
  await nothingLeft(t, world);
});

/** No upload, no transfer and no bytes that nothing speaks for. */
async function nothingLeft(t: Test, world: World): Promise<void> {
  const { uploads, going, receiving } = await world.database.read(async ({ query }) => ({
    uploads: await query.selectFrom('uploads').select('id').execute(),
    going: await query.selectFrom('transfers').select('id').where('ended_at', 'is', null).execute(),
    receiving: await query
      .selectFrom('blobs')
      .select('id')
      .where('state', '=', 'receiving')
      .execute(),
  }));
  t.strictSame([uploads, going, receiving], [[], [], []]);
}

t.test('an upload that is cut off leaves nothing but its records', async (t) => {
  const world = await openApi(t);
  await withAnn(world);
  const ask = await listening(world);
  const body = Array.from({ length: 40 }, () => randomBytes(65_536));
  const headers = { ...octets, 'content-length': String(100 * 65_536) };
  // Cut once it is under way.
  const opened = until(async () => (await world.ledgerRows('file.opened.1'))[0]);
  await t.rejects(ask(at('/outgoing/cut'), { method: 'PUT', headers, body, cut: opened }));
  const row = await until(async () => (await world.ledgerRows('file.closed.1'))[0]);
  t.match(row, { state: 'discarded', reason: 'session-ended', path: '/outgoing/cut' });
  t.equal((await ask(at('/outgoing/cut'))).status, 404);
  await nothingLeft(t, world);
  const left: string[] = [];
  await until(async () => {
    left.length = 0;
    for await (const blob of world.store.list()) left.push(blob);
    return left.length === 0 ? true : undefined;
  });
  t.strictSame(world.faults, []);
});

t.test('what may be replaced is up to the caller', async (t) => {
  const world = await worldWith(t, { '/outgoing/a': Buffer.from('first') });
  const ask = await listening(world);
  const second = Buffer.from('second');
  const send = async (path: string, headers: Record<string, string>) =>
    (await ask(at(path), put(second, headers))).status;
  t.equal(await send('/outgoing/a', { 'if-none-match': '*' }), 412);
  t.equal(await send('/outgoing/a', { 'if-match': '"0000"' }), 412);
  t.equal(await send('/outgoing/none', { 'if-match': '*' }), 412);
  t.equal(await send('/outgoing/a', { 'if-none-match': '"x"' }), 400);
  t.equal((await ask(at('/outgoing/a'))).body.toString(), 'first');
  t.equal(await send('/outgoing/a', { 'if-match': `"${hex(Buffer.from('first'))}"` }), 200);
  t.equal(await send('/outgoing/b', { 'if-none-match': '*' }), 201);
  t.equal(await send('/outgoing/b', { 'if-match': '*' }), 200);
  t.equal(await send('/outgoing/b', {}), 200);
});

t.test(
  'a file that appears during the upload is not replaced by one that is to be new',
  async (t) => {
    const world = await openApi(t);
    await withAnn(world);
    const ask = await listening(world);
    const headers = { ...octets, 'if-none-match': '*', 'transfer-encoding': 'chunked' };
    const { port } = world.app.server.address() as AddressInfo;
    const status = new Promise<number>((resolve, reject) => {
      const asked = httpRequest(
        {
          port,
          path: at('/outgoing/new'),
          method: 'PUT',
          headers: { ...headers, authorization: `Bearer ${world.key}` },
        },
        (response) => resolve(response.resume().statusCode ?? 0),
      ).on('error', reject);
      asked.write('later');
      const overtake = async () => {
        await until(async () => (await world.ledgerRows('file.opened.1'))[0]);
        await upload(world, '/outgoing/new', Buffer.from('sooner'));
        asked.end();
      };
      overtake().catch(reject);
    });
    t.equal(await status, 412);
    t.equal((await ask(at('/outgoing/new'))).body.toString(), 'sooner');
  },
);

t.test('names, places and kinds are held to the rules', async (t) => {
  const world = await worldWith(t, { '/outgoing/a': Buffer.from('a') });
  const ask = await listening(world);
  const cases: [path: string, status: number, code: string][] = [
    ['/receipts/forged.json', 403, 'permission-denied'],
    ['/none/a', 404, 'parent-not-found'],
    ['/outgoing/a/b', 409, 'not-a-directory'],
    ['/outgoing', 409, 'is-a-directory'],
    ['/', 409, 'is-a-directory'],
    ['/outgoing/a\\b', 400, 'name-invalid'],
    ['/outgoing/a\u0000b', 400, 'name-invalid'],
    [`/outgoing/${'a'.repeat(300)}`, 400, 'name-invalid'],
  ];
  for (const [path, status, code] of cases) {
    const answer = await ask(at(path), put(Buffer.from('x')));
    t.match(
      { status: answer.status, ...JSON.parse(answer.body.toString()) },
      { status, code },
      path,
    );
  }
  const json = await ask(at('/outgoing/b'), {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{}'),
  });
  t.equal(json.status, 415);
  t.equal((await world.call('POST', '/v1/agencies', 'x', { headers: octets })).status, 415);
  const reader = await world.keyWith(['files:read']);
  const denied = await ask(
    at('/outgoing/b'),
    put(Buffer.from('x'), { authorization: `Bearer ${reader}` }),
  );
  t.equal(denied.status, 403);
  await nothingLeft(t, world);
});

t.test('so many uploads at once', async (t) => {
  const world = await openApi(t, {});
  await withAnn(world);
  const ask = await listening(world);
  const body = Array.from({ length: 2 }, () => randomBytes(65_536));
  const headers = { ...octets, 'content-length': String(9 * 65_536) };
  let leave: () => void = () => undefined;
  const cut = new Promise<void>((resolve) => (leave = resolve));
  const going = [];
  const { apiUploadsMax, apiUploadsPerKeyMax } = limits;
  for (let begun = 0; begun < apiUploadsMax; begun += apiUploadsPerKeyMax) {
    const authorization = `Bearer ${await world.keyWith(['files:write'])}`;
    for (let index = begun; index < begun + apiUploadsPerKeyMax; index += 1) {
      const sent = { method: 'PUT', headers: { ...headers, authorization }, body, cut };
      going.push(ask(at(`/outgoing/${index}`), sent).catch(() => null));
    }
    const opened = begun + apiUploadsPerKeyMax;
    await until(async () =>
      (await world.ledgerRows('file.opened.1')).length === opened ? true : undefined,
    );
    // One key had all the places there are, and nobody else could send anything.
    const more = await ask(at('/outgoing/more'), put(Buffer.from('x'), { authorization }));
    t.equal(more.status, 503);
    t.match(String(more.body), 'memory-short');
  }
  const refused = await ask(at('/outgoing/more'), put(Buffer.from('x')));
  t.equal(refused.status, 503);
  t.ok(refused.headers['retry-after']);
  leave();
  await Promise.all(going);
  await until(async () => {
    const answer = await ask(at('/outgoing/more'), put(Buffer.from('x')));
    return answer.status === 201 ? true : undefined;
  });
});

t.test('versions: read, restored, and destroyed in their turn', async (t) => {
  const world = await openApi(t);
  await withAnn(world);
  const ask = await listening(world);
  for (const text of ['one', 'two', 'three']) {
    await upload(world, '/outgoing/a', Buffer.from(text));
    world.clock.nowMs += 1_000;
  }
  const file = await fileAt(world, '/outgoing/a');
  const url = `/v1/files/${String(file.id)}/versions`;
  const versions = async (query = '') => (await world.call('GET', `${url}${query}`)).body;
  const [three, two, one] = (await versions()).items;
  t.match(
    [three, two, one],
    [
      { state: 'current', id: file.version, sha256: hex(Buffer.from('three')), replacedAt: null },
      { state: 'previous', sha256: hex(Buffer.from('two')), receivedFrom: 'ann', size: 3 },
      { state: 'destroyed', sha256: hex(Buffer.from('one')), replacedAt: String },
    ],
  );
  const seen: string[] = [];
  for (let cursor = ''; ;) {
    const page = await versions(`?limit=1${cursor}`);
    seen.push(...page.items.map(({ id }: { id: string }) => id));
    if (page.nextCursor === null) break;
    cursor = `&cursor=${String(page.nextCursor)}`;
  }
  t.strictSame(seen, [three.id, two.id, one.id]);
  t.match(await world.ledgerRows('version.destroyed.1'), [
    { version: one.id, path: '/outgoing/a', sha256: one.sha256 },
  ]);
  t.equal((await ask(`${url}/${String(two.id)}/content`)).body.toString(), 'two');
  t.equal((await ask(`${url}/${String(one.id)}/content`)).status, 409);
  t.equal((await ask(`${url}/none/content`)).status, 404);

  const restore = (id: string) => world.call('POST', `${url}/${id}/restoration`);
  t.match(await restore(three.id), { status: 409, body: { code: 'conflict' } });
  t.match(await restore(one.id), { status: 409, body: { code: 'conflict' } });
  t.match(await restore('none'), { status: 404 });
  t.match(await restore(two.id), { status: 200, body: { version: two.id, size: 3, id: file.id } });
  t.equal((await ask(at('/outgoing/a'))).body.toString(), 'two');
  t.match((await versions()).items, [{ id: two.id, state: 'current' }, { id: three.id, state: 'previous' }, { id: one.id, state: 'destroyed' }]); // prettier-ignore
  t.match(await world.ledgerRows('file.restored.1'), [
    { version: two.id, replaced: three.sha256, actor: { kind: 'admin' } },
  ]);
  t.match(await restore(three.id), { status: 200, body: { version: three.id } }, 'and back');
  t.equal((await ask(at('/outgoing/a'))).body.toString(), 'three');
});

t.test('directories are made and removed, files destroyed, the fixed ones stay', async (t) => {
  const world = await openApi(t);
  await withAnn(world);
  const { call } = world;
  const make = (path: string) =>
    call('POST', '/v1/files', { agency: 'alpine', path, kind: 'directory' });
  const made = await make('/outgoing/day');
  t.match(made, { status: 201, body: { kind: 'directory', path: '/outgoing/day' } });
  t.equal(made.headers['location'], `/v1/files/${String(made.body.id)}`);
  t.match(await make('/outgoing/day'), { status: 409, body: { code: 'already-exists' } });
  t.match(await make('/receipts/day'), { status: 403 });
  t.match(await make('/none/day'), { status: 404, body: { code: 'parent-not-found' } });
  for (const text of ['one', 'two']) await upload(world, '/outgoing/day/f', Buffer.from(text));
  const file = await fileAt(world, '/outgoing/day/f');
  t.match(await call('DELETE', `/v1/files/${String(made.body.id)}`), {
    status: 409,
    body: { code: 'directory-not-empty' },
  });
  t.equal((await call('DELETE', `/v1/files/${String(file.id)}`)).status, 204);
  t.equal((await world.ledgerRows('version.destroyed.1')).length, 1, 'with what it held before');
  t.equal((await call('GET', `/v1/files/${String(file.id)}`)).status, 404);
  t.equal((await call('DELETE', `/v1/files/${String(made.body.id)}`)).status, 204);
  for (const path of ['/outgoing', '/incoming', '/receipts']) {
    const entries = (await call('GET', '/v1/files?agency=alpine')).body.items;
    const { id } = entries.find((each: { path: string }) => each.path === path);
    t.equal((await call('DELETE', `/v1/files/${String(id)}`)).status, 403, path);
  }
  const root = await world.database.read(({ query }) =>
    query.selectFrom('agencies').select('root_entry_id').executeTakeFirstOrThrow(),
  );
  t.equal((await call('DELETE', `/v1/files/${root.root_entry_id}`)).status, 403, 'the root');
});

t.test('a directory from the end, and what begins with a prefix', async (t) => {
  const names = ['a', 'ab', 'abc', 'b', 'ä', 'ab\u{10fffe}'];
  const content = Buffer.from('x');
  const world = await worldWith(
    t,
    Object.fromEntries(names.map((name) => [`/outgoing/${name}`, content])),
  );
  const list = async (query: string) => {
    const found: string[] = [];
    for (let cursor = ''; ;) {
      const url = `/v1/files?agency=alpine&path=/outgoing&limit=2${query}${cursor}`;
      const { body } = await world.call('GET', url);
      found.push(...body.items.map(({ name }: { name: string }) => name));
      if (body.nextCursor === null) return found;
      cursor = `&cursor=${String(body.nextCursor)}`;
    }
  };
  const sorted = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  t.strictSame(await list(''), sorted);
  t.strictSame(await list('&sort=-name'), sorted.toReversed());
  const prefixed = sorted.filter((name) => name.startsWith('ab'));
  t.strictSame(await list('&prefix=ab'), prefixed);
  t.strictSame(await list('&prefix=ab&sort=-name'), prefixed.toReversed());
  t.strictSame(await list('&prefix=zz'), []);
  t.match(await world.call('GET', '/v1/files?agency=alpine&sort=size'), { status: 400 });
});

t.test('an upload says what it sends, also where that is nothing', async (t) => {
  // `curl -T` of an empty file says neither a type nor a byte: there was no body to read, and that was a 500.
  const world = await worldWith(t, { '/outgoing/a': Buffer.from('before') });
  const ask = await listening(world);
  const empty = { 'content-length': '0' };
  for (const headers of [empty, {}]) {
    const untyped = await ask(at('/outgoing/a'), { method: 'PUT', headers });
    t.equal(untyped.status, 415);
    t.match(JSON.parse(untyped.body.toString()), { code: 'media-type-unsupported' });
  }
  t.equal((await ask(at('/outgoing/a'))).body.toString(), 'before');
  const typed = await ask(at('/outgoing/b'), { method: 'PUT', headers: { ...octets, ...empty } });
  t.equal(typed.status, 201);
  t.match(JSON.parse(typed.body.toString()), { size: 0 });
  await nothingLeft(t, world);
  t.strictSame(world.faults, []);
});

t.test('an upload whose file cannot even be closed is given up all the same', async (t) => {
  // The failure of that hid the one before it, and the upload stayed open until the next start.
  const world = await openApi(t);
  const create = world.store.create.bind(world.store);
  Object.assign(world.store, {
    create: async (blobId: string) => {
      const file = await create(blobId);
      const close = file.close.bind(file);
      return Object.assign(file, {
        close: async () => {
          await close();
          throw new Error('EIO');
        },
      });
    },
  });
  await withAnn(world);
  const ask = await listening(world);
  const wrong = { 'repr-digest': digestOf(randomBytes(9)) };
  const answer = await ask(at('/outgoing/a'), put(randomBytes(100_000), wrong));
  t.ok(answer.status >= 400, String(answer.status));
  t.match(await world.ledgerRows('file.closed.1'), [{ state: 'discarded' }]);
  await nothingLeft(t, world);
});

t.test('a database that fails hides from nobody what was wrong with an upload', async (t) => {
  // The caller was told of the database, and did not learn that what it sends is not what it says.
  const world = await openApi(t);
  await withAnn(world);
  Object.assign(world.parts.adminChanges, {
    dropUpload: () => Promise.reject(new Fault('storage-full')),
  });
  const ask = await listening(world);
  const wrong = { 'repr-digest': digestOf(randomBytes(9)) };
  const answer = await ask(at('/outgoing/a'), put(randomBytes(100), wrong));
  t.match(JSON.parse(answer.body.toString()), { code: 'digest-mismatch' });
  t.match(world.faults, [{ code: 'storage-full' }], 'which the log tells');
});
