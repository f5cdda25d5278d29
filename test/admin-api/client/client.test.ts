import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { createClient, type Schemas } from '../../../admin-api/client/client.ts';
import { ApiProblem } from '../../../admin-api/client/problem.ts';
import { openApi, withAnn } from '../fixtures/api.ts';

async function connected(t: Test) {
  const world = await openApi(t);
  await world.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = world.app.server.address() as AddressInfo;
  const baseUrl = `http://127.0.0.1:${port}`;
  return { world, baseUrl, api: createClient({ baseUrl, key: world.key, userAgent: 'test/1' }) };
}

async function problemOf(call: Promise<unknown>): Promise<ApiProblem> {
  const problem = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(problem instanceof ApiProblem)) throw new Error(`no problem, but ${String(problem)}`);
  return problem;
}

t.test('an agency and a user, made, changed, listed and removed', async (t) => {
  const { api } = await connected(t);
  const agency = await api.post('/v1/agencies', {
    body: { code: 'alpine', name: 'Alpine County', kind: 'lcsa' },
  });
  t.match(agency, { code: 'alpine', kind: 'lcsa' });
  const path = { username: 'ann' };
  await api.post('/v1/users', {
    body: { username: 'ann', agency: agency.code, displayName: 'Ann' },
  });
  const changed: Schemas['User'] = await api.patch('/v1/users/{username}', {
    params: { path },
    body: { displayName: 'Ann Lee' },
  });
  t.equal(changed.displayName, 'Ann Lee');
  const { items } = await api.get('/v1/users', { params: { query: { agency: 'alpine' } } });
  t.strictSame(
    items.map(({ username }) => username),
    ['ann'],
  );
  await api.put('/v1/users/{username}/password', {
    params: { path },
    body: { password: 'correct horse battery staple' },
  });
  t.equal((await api.get('/v1/users/{username}', { params: { path } })).hasPassword, true);
  t.equal(await api.delete('/v1/users/{username}', { params: { path } }), undefined);
  const gone = await problemOf(api.get('/v1/users/{username}', { params: { path } }));
  t.equal(gone.code, 'not-found');
});

t.test('a refusal is thrown as what the server said', async (t) => {
  const { api, baseUrl } = await connected(t);
  const missing = await problemOf(
    api.get('/v1/agencies/{code}', { params: { path: { code: 'nowhere' } } }),
  );
  t.equal(missing.status, 404);
  t.equal(missing.code, 'not-found');
  t.match(missing.message, /^GET \/v1\/agencies\/nowhere: 404 not-found/);
  t.match(missing.problem, { requestId: /^[0-9a-f]{32}$/ });
  const invalid = await problemOf(
    api.post('/v1/agencies', { body: { code: 'NO', name: '', kind: 'lcsa' } }),
  );
  t.match(invalid.problem?.errors, [{ pointer: '/code' }]);
  t.match(invalid.message, '/code: ');
  const nobody = createClient({ baseUrl });
  t.equal((await problemOf(nobody.get('/v1/users'))).code, 'credentials-missing');
  t.strictSame(await nobody.get('/livez'), { status: 'ok' });
});

t.test('names reach the server as they are, and never another resource', async (t) => {
  const { api } = await connected(t);
  for (const code of ['a/b', '%2e%2e', '?x=1', '#', 'é', ' ', '..;'])
    t.equal(
      (await problemOf(api.get('/v1/agencies/{code}', { params: { path: { code } } }))).code,
      'not-found',
      code,
    );
  for (const code of ['', '.', '..'])
    await t.rejects(
      api.get('/v1/agencies/{code}', { params: { path: { code } } }),
      new TypeError(`'${code}' is no code`),
    );
});

t.test('a list is asked for page by page, as it is read', async (t) => {
  const { api, world } = await connected(t);
  await withAnn(world);
  const body = { agency: 'alpine', displayName: 'One of many' };
  for (const username of ['bea', 'cal', 'dee', 'eve'])
    await api.post('/v1/users', { body: { ...body, username } });
  const names: string[] = [];
  for await (const { username } of api.items('/v1/users', { agency: 'alpine', limit: 2 }))
    names.push(username);
  t.strictSame(names, ['ann', 'bea', 'cal', 'dee', 'eve']);
  const reads = async () => (await world.ledgerRows('api.read.1')).length;
  const before = await reads();
  for await (const { username } of api.items('/v1/users', { limit: 2 })) {
    if (username === 'cal') break;
  }
  t.equal((await reads()) - before, 2, 'pages that nobody reads are not asked for');
});

t.test('content comes as bytes', async (t) => {
  const { api } = await connected(t);
  const page = await api.get('/docs', { parseAs: 'arrayBuffer' });
  t.match(Buffer.from(page).toString(), '<!doctype html>');
});

// The library gives undefined for a body of no bytes, so that whoever downloaded an empty file crashed on it.
t.test('content of no bytes is content', async (t) => {
  const api = createClient({
    baseUrl: 'http://127.0.0.1',
    fetch: async () => new Response('', { headers: { 'content-length': '0' } }),
  });
  const params = { path: { id: 'f' } };
  t.equal(
    (await api.get('/v1/files/{id}/content', { params, parseAs: 'arrayBuffer' })).byteLength,
    0,
  );
  t.equal((await api.get('/v1/files/{id}/content', { params, parseAs: 'blob' })).size, 0);
  t.equal(await api.get('/v1/files/{id}/content', { params, parseAs: 'text' }), '');
});

t.test('what is not Waybill is told from it, and a redirect is not followed', async (t) => {
  const seen: (string | undefined)[] = [];
  const other = createServer((request, response) => {
    seen.push(request.url);
    if (request.url === '/v1/users') response.writeHead(307, { location: '/elsewhere' }).end();
    else response.writeHead(502, { 'retry-after': '7' }).end('<h1>Bad gateway</h1>');
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.teardown(() => other.close());
  const { port } = other.address() as AddressInfo;
  const api = createClient({ baseUrl: `http://127.0.0.1:${port}`, key: 'wb_a_b' });
  const gateway = await problemOf(api.get('/v1/agencies'));
  t.match(gateway, { status: 502, code: undefined, retryAfterSeconds: 7 });
  t.equal((await problemOf(api.get('/v1/users'))).status, 307);
  t.strictSame(seen, ['/v1/agencies', '/v1/users']);
});
