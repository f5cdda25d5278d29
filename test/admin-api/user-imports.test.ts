// A file of users over HTTP: how it is read, and what every way of getting it wrong is told.
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { limits } from '../../server/domain/limits.ts';
import { rsaKey, testKey } from '../accounts/fixtures/keys.ts';
import {
  host,
  openApi,
  withAnn,
  type Answer,
  type CallOptions,
  type World,
} from './fixtures/api.ts';

const url = '/v1/users/imports';
const key = (number: number) => testKey('ed25519', number).line;

type Send = (
  file: string | Buffer,
  query?: string,
  options?: CallOptions & { type?: string },
) => Promise<Answer>;

/** An agency `alpine` with a user `ann`. */
async function open(
  t: Test,
  changes = {},
): Promise<World & { send: Send; keysOf: (username: string) => Promise<Answer['body'][]> }> {
  const world = await openApi(t, changes);
  await withAnn(world);
  const send: Send = async (file, query = '', { type = 'text/csv', ...options } = {}) => {
    const headers = { 'content-type': type, ...options.headers };
    const authorization =
      options.key === null ? {} : { authorization: `Bearer ${options.key ?? world.key}` };
    const response = await world.app.inject({
      method: 'POST',
      url: `${url}${query}`,
      headers: { ...authorization, ...headers },
      payload: file,
    });
    const isJson = String(response.headers['content-type']).includes('json');
    return {
      status: response.statusCode,
      headers: response.headers,
      text: response.body,
      body: isJson ? JSON.parse(response.body) : undefined,
    };
  };
  // Made in one millisecond, they have no order of their own.
  const keysOf = async (username: string) =>
    (await world.call('GET', `/v1/users/${username}/keys`)).body.items.toSorted(
      (a: Answer['body'], b: Answer['body']) => (a.label < b.label ? -1 : 1),
    );
  return { ...world, send, keysOf };
}

function csv(...rows: readonly string[]): string {
  return rows.map((row) => `${row}\r\n`).join('');
}

t.test(
  'CSV as spreadsheets write it: a BOM, CRLF, quotes, commas and lines in fields',
  async (t) => {
    const { send, call, keysOf } = await open(t);
    const pem = testKey('p256').publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const file = `\ufeff${csv(
      'username,agency,displayName,loginMethods,allowedCidrs,expiresAt,quotaBytes,maxSessions,publicKey,keyLabel,keyExpiresAt',
      `amy,alpine,"Ortiz, ""Amy""",publickey+password; password ,192.0.2.0/24;2001:db8::/32,2031-01-01T00:00:00Z,1000000000000,4,${key(1)},=1+1,2030-06-01T00:00:00Z`,
      `ben,alpine,"=HYPERLINK(""http://x"",""y"")",,,,,,"${pem}",,`,
      'amy,,,,,,,,' + key(2) + ',second,',
      ',,,,,,,,,,',
      'cy,alpine,+cmd|x,,,,,,,,',
    )}`;
    const { status, body, headers } = await send(file);
    t.equal(status, 200);
    t.equal(headers['x-request-id'] === undefined, false);
    t.match(body, { dryRun: false, atomic: false, applied: true, rows: 4, created: 4, refused: 0 });
    t.same(
    body.items.map(({ row, username, outcome, keysAdded }: Answer['body']) => [row, username, outcome, keysAdded]),
    [
      [2, 'amy', 'created', 1],
      [3, 'ben', 'created', 1],
      [4, 'amy', 'created', 1],
      [6, 'cy', 'created', 0],
    ],
    'rows as a spreadsheet counts them',
  ); // prettier-ignore
    t.match((await call('GET', '/v1/users/amy')).body, {
      displayName: 'Ortiz, "Amy"',
      loginMethods: [['publickey', 'password'], ['password']],
      allowedCidrs: ['192.0.2.0/24', '2001:db8::/32'],
      expiresAt: '2031-01-01T00:00:00.000Z',
      quotaBytes: 1e12,
      maxSessions: 4,
    });
    t.match(await keysOf('amy'), [
      { publicKey: key(1), label: '=1+1', expiresAt: '2030-06-01T00:00:00.000Z' },
      { publicKey: key(2), label: 'second', expiresAt: null },
    ]);
    t.match((await call('GET', '/v1/users/ben')).body, {
      displayName: '=HYPERLINK("http://x","y")',
    });
    t.match((await call('GET', '/v1/users/ben/keys')).body.items, [
      { publicKey: testKey('p256').line },
    ]);
    t.match(
      (await send(file)).body,
      { created: 0, unchanged: 4, refused: 0 },
      'the same file again',
    );
  },
);

t.test('NDJSON with lists of keys, and lines of which each is judged alone', async (t) => {
  const { send, call, keysOf } = await open(t);
  const lines = [
    { username: 'amy', agency: 'alpine', displayName: 'Amy', keys: [{ publicKey: key(1), label: 'a' }, { publicKey: key(2), expiresAt: '2031-01-01T00:00:00Z' }] }, // prettier-ignore
    '',
    '{"username":"x"',
    { username: 'ben', agency: 'alpine', displayName: 'Ben', quotaBytes: '5' },
    { username: 'cy', agency: 'alpine', displayName: 'Cy', admin: true },
    { username: 'dan', agency: 'alpine', displayName: 'Dan', keys: [{ publicKey: key(3) }, { publicKey: rsaKey(2048).line }] }, // prettier-ignore
    7,
    '{"username":"eve","agency":"alpine","displayName":"Eve","__proto__":{"admin":true}}',
    { username: 'ann', keyLabel: 'of what' },
  ].map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  const { status, body } = await send(lines.join('\n'), '', { type: 'application/x-ndjson' });
  t.equal(status, 200);
  t.same(
    body.items.map(({ row, outcome, problem }: Answer['body']) => [
      row,
      outcome,
      problem?.code,
      problem?.errors.map(({ pointer }: { pointer: string }) => pointer).join(' '),
    ]),
    [
      [1, 'created', undefined, undefined],
      [3, 'refused', 'message-malformed', ''],
      [4, 'refused', 'field-invalid', '/quotaBytes'],
      [5, 'refused', 'field-invalid', '/admin'],
      [6, 'refused', 'key-weak', '/keys/1/publicKey'],
      [7, 'refused', 'field-invalid', ''],
      [8, 'refused', 'field-invalid', '/__proto__'],
      [9, 'refused', 'field-invalid', '/publicKey'],
    ],
  );
  t.match(await keysOf('amy'), [
    { label: '', expiresAt: '2031-01-01T00:00:00.000Z' },
    { label: 'a', expiresAt: null },
  ]);
  t.equal((await call('GET', '/v1/users/dan')).status, 404);
});

t.test('a file that has no rows to speak of is refused as a whole', async (t) => {
  const { send, ledgerRows, call, key: full } = await open(t);
  const before = (await ledgerRows()).length;
  const cases: readonly (readonly [file: string | Buffer, code: string, more?: object])[] = [
    ['', 'field-invalid', { errors: [{ pointer: '/username' }] }],
    [csv('agency,displayName'), 'field-invalid', { errors: [{ pointer: '/username' }] }],
    [csv('username,admin'), 'field-invalid', { errors: [{ pointer: '/admin' }] }],
    [csv('username,username'), 'field-invalid', { errors: [{ pointer: '/username' }] }],
    [csv('username;agency'), 'field-invalid'],
    [csv('username', '"amy'), 'message-malformed', { detail: /a quoted field does not end/ }],
    [csv('username', 'a"my'), 'message-malformed', { detail: /near line 2/ }],
    [csv('username', '"amy"x'), 'message-malformed'],
    [csv('username', `"${'x'.repeat(70_000)}"`), 'message-malformed', { detail: /65536/ }],
    [Buffer.concat([Buffer.from('username\r\n'), Buffer.of(0xff, 0xfe)]), 'message-malformed', { detail: 'the file is not UTF-8' }], // prettier-ignore
    [`username\n${'a\n'.repeat(limits.importRowsMax + 1)}`, 'body-too-large'],
    ['x'.repeat(limits.importBodyBytesMax + 1), 'body-too-large'],
  ];
  for (const [file, code, more = {}] of cases) {
    const answer = await send(file);
    t.match(
      answer.body,
      { code, ...more },
      `${String(file).slice(0, 30)}: ${answer.text.slice(0, 200)}`,
    );
    t.ok(answer.status >= 400 && answer.status < 500);
  }
  for (const type of ['application/json', 'text/plain', 'multipart/form-data', 'text/csvx'])
    t.match(await send('username\n', '', { type }), { status: 415 }, type);
  t.match(await send('username\n', '', { type: 'text/csv; charset=utf-8' }), { status: 200 });
  t.match(await send('username\n', '?atomic=maybe'), { status: 400 });
  t.match(await send('username\n', '?dry=true'), { status: 400 });
  // And nothing but this route takes such a body.
  t.match(
    await call('POST', '/v1/users', 'username\n', {
      key: full,
      headers: { 'content-type': 'text/csv' },
    }),
    { status: 415 },
  );
  const made = (await ledgerRows())
    .slice(before)
    .filter(({ event }) => event !== 'users.imported.1');
  t.same(made, []);
});

t.test('a row with the wrong number of fields is one row', async (t) => {
  const { send } = await open(t);
  const { body } = await send(
    csv('username,agency,displayName', 'amy,alpine', 'ben,alpine,Ben', 'cy,alpine,Cy,'),
  );
  t.match(body.items, [
    { row: 2, outcome: 'refused', problem: { detail: 'has 2 fields, where the first row has 3' } },
    { row: 3, outcome: 'created' },
    { row: 4, outcome: 'refused' },
  ]);
});

t.test('a dry run and all or none change nothing where they should not', async (t) => {
  const { send, ledgerRows, call } = await open(t);
  const file = csv('username,agency,displayName', 'amy,alpine,Amy', 'ann,alpine,Other');
  const dry = await send(file, '?dryRun=true');
  const before = await ledgerRows();
  t.match(before.at(-1), { event: 'api.read.1', method: 'POST', url: `${url}?dryRun=true` });
  t.match(dry.body, { dryRun: true, applied: false, created: 1, refused: 1 });
  t.match(dry.body.items[1].problem, { code: 'conflict', errors: [{ pointer: '/displayName' }] });
  const atomic = await send(file, '?atomic=true');
  t.match(atomic.body, { dryRun: false, atomic: true, applied: false, created: 1, refused: 1 });
  t.same(atomic.body.items, dry.body.items);
  t.same(await ledgerRows(), before);
  t.match((await send(file)).body, { applied: true });
  t.equal((await call('GET', '/v1/users/amy')).status, 200);
  const [imported] = await ledgerRows('users.imported.1');
  t.match(imported, { rows: 2, created: 1, refused: 1, atomic: false, sha256: /^[0-9a-f]{64}$/ });
  const [created] = (await ledgerRows('user.created.1')).filter(
    ({ username }) => username === 'amy',
  );
  t.equal(created?.['session'], imported?.['session'], 'one request');
});

t.test('rows with keys need both scopes, and a bound key keeps to its agency', async (t) => {
  const { send, keyWith, accounts, adminKeys } = await open(t);
  const users = await keyWith(['users:write']);
  const both = await keyWith(['users:write', 'keys:write']);
  const withKey = csv('username,agency,displayName,publicKey', `amy,alpine,Amy,${key(1)}`);
  const refused = await send(withKey, '', { key: users });
  t.match(refused, { status: 403, body: { code: 'scope-missing', detail: /keys:write/ } });
  t.match(await send(csv('username,agency,displayName', 'ben,alpine,Ben'), '', { key: users }), {
    status: 200,
    body: { created: 1 },
  });
  t.match(await send(withKey, '', { key: both }), { status: 200, body: { created: 1 } });
  t.match(await send(withKey, '', { key: await keyWith(['users:read']) }), { status: 403 });
  t.match(await send(withKey, '', { key: null }), { status: 401 });
  await accounts.createAgency(host, { code: 'kern', name: 'Kern', kind: 'lcsa' });
  const { secret } = await adminKeys.createAdminKey(host, {
    name: 'kern',
    scopes: ['users:write'],
    expiresAtMs: null,
    allowedCidrs: [],
    agency: 'kern',
  });
  const bound = await send(
    csv('username,agency,displayName', 'kay,kern,Kay', 'al,alpine,Al', 'ann,,'),
    '',
    { key: secret },
  );
  t.same(
    bound.body.items.map(({ outcome, problem }: Answer['body']) => [outcome, problem?.code]),
    [
      ['created', undefined],
      ['refused', 'agency-not-allowed'],
      ['refused', 'agency-not-allowed'],
    ],
  );
});

t.test('an Idempotency-Key is kept for an import as for any POST', async (t) => {
  const { send, ledgerRows } = await open(t);
  const headers = { 'idempotency-key': 'import-1' };
  const file = csv('username,agency,displayName', 'amy,alpine,Amy');
  const first = await send(file, '', { headers });
  t.match(first.body, { created: 1 });
  const again = await send(file, '', { headers });
  t.match(again, { status: 200, body: { created: 1 } }, 'the answer of the first time');
  t.equal((await ledgerRows('users.imported.1')).length, 1);
  t.match(await send(csv('username', 'ann'), '', { headers }), { status: 422 });
});

// Bodies of 16 MiB were each held whole, with their rows, as many as there were connections. So many are let in before
// anything of theirs is read, and a place is free again once the work is over, also for who hung up.
t.test('so many at once, and the next is refused before its body comes', async (t) => {
  const { app, key: own, send, keyWith } = await open(t);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const begin = (secret: string) => {
    const socket = connect(port, '127.0.0.1');
    socket.write(
      `POST ${url} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secret}\r\nContent-Type: text/csv\r\nContent-Length: 100\r\n\r\n`,
    );
    return socket;
  };
  const heard = async (socket: Socket) => String((await once(socket, 'data'))[0]);
  const waiting = [];
  for (let count = 0; count < limits.importsAtOnceMax; count += 1) {
    waiting.push(begin(count === 0 ? own : await keyWith(['*'])));
    await once(app.server, 'request');
    if (count > 0) continue;
    // One key had all the places there are.
    const again = begin(own);
    t.match(await heard(again), /^HTTP\/1\.1 503 [^]*imports of this API key/);
    again.destroy();
  }
  const file = csv('username,agency,displayName', 'amy,alpine,Amy');
  const refused = begin(await keyWith(['*']));
  t.match(await heard(refused), /^HTTP\/1\.1 503 [^]*too many imports at once/);
  for (const socket of [...waiting, refused]) socket.destroy();
  for (;;) {
    const { status } = await send(file);
    if (status === 503) await turn();
    else {
      t.equal(status, 200);
      break;
    }
  }
});

// An import went row by row, and its one approval was taken by the first of them.
t.test(
  'where it takes two administrators it is all or none, and a dry run takes one',
  async (t) => {
    const { send, keyWith, call, accounts } = await open(t, { twoPersonActions: ['users.create'] });
    const file = csv('username,agency,displayName', 'amy,alpine,Amy', 'ben,alpine,Ben');
    t.match(await send(file), { status: 400, body: { errors: [{ pointer: '/atomic' }] } });
    t.match(await send(file, '?dryRun=true'), { status: 200, body: { created: 2 } });
    const asked = await send(file, '?atomic=true');
    t.match(asked, { status: 202, body: { action: 'users.imports.create' } });
    const { body: change } = await call('GET', `/v1/pending-changes/${asked.body.id}`);
    t.equal(change.body, file);
    const second = { key: await keyWith(['*']) };
    const approval = `/v1/pending-changes/${asked.body.id}/approval`;
    t.match(await call('POST', approval, undefined, second), {
      status: 200,
      body: { answer: { status: 200, body: { applied: true, created: 2 } } },
    });
    t.equal((await accounts.getUser('ben')).displayName, 'Ben');
  },
);

// What waits was kept as text. Of a file in Latin-1 each letter beyond ASCII came to be U+FFFD, and the users were made so.
t.test('what is not UTF-8 does not wait for a second administrator', async (t) => {
  const { send, call } = await open(t, { twoPersonActions: ['users.create'] });
  const file = Buffer.from(csv('username,agency,displayName', 'amy,alpine,Am\u00e9lie'), 'latin1');
  t.match(await send(file, '?atomic=true'), { status: 400, body: { code: 'message-malformed' } });
  t.strictSame((await call('GET', '/v1/pending-changes')).body.items, []);
  const right = `\ufeff${csv('username,agency,displayName', 'amy,alpine,Am\u00e9lie')}`;
  const { status, body } = await send(right, '?atomic=true');
  t.equal(status, 202);
  t.equal((await call('GET', `/v1/pending-changes/${body.id}`)).body.body, right, 'as it came');
});

// Keys need keys:write, of who asks. Whoever approved a file full of keys needed only users:write.
t.test('who approves an import with keys may give keys', async (t) => {
  const { send, call, keyWith, accounts } = await open(t, { twoPersonActions: ['users.create'] });
  const ask = async (file: string) =>
    `/v1/pending-changes/${(await send(file, '?atomic=true')).body.id}/approval`;
  const weak = { key: await keyWith(['pending-changes:write', 'users:write']) };
  const withKeys = csv('username,agency,displayName,publicKey', `amy,alpine,Amy,${key(1)}`);
  t.match(await call('POST', await ask(withKeys), undefined, weak), {
    status: 403,
    body: { code: 'scope-missing' },
  });
  await t.rejects(accounts.getUser('amy'), { code: 'not-found' });
  const without = csv('username,agency,displayName', 'ben,alpine,Ben');
  t.equal((await call('POST', await ask(without), undefined, weak)).status, 200);
  const strong = { key: await keyWith(['pending-changes:write', 'users:write', 'keys:write']) };
  t.equal((await call('POST', await ask(withKeys), undefined, strong)).status, 200);
  t.equal((await accounts.listKeys('amy')).length, 1);
});
