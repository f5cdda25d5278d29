import t from 'tap';
import { startLiveServer } from '../fixtures/live-server.ts';
import { productSources } from './fixtures/sources.ts';

// Every route is asked without a key, more often than a stranger may fail: what each of them says by itself is to be seen.
const served = startLiveServer(t, { WAYBILL_API_FAILURES_AT_ONCE: '100000' });

type Document = { paths: Record<string, Record<string, { security?: object[] }>> };

async function routes(): Promise<{ method: string; path: string; open: boolean }[]> {
  const { paths } = await (await served).api<Document>('GET', '/openapi.json');
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { security }]) => ({
      method: method.toUpperCase(),
      path: path.replaceAll(/\{\w+\}/g, 'x'),
      open: security?.length === 0,
    })),
  );
}

async function ask(method: string, path: string, init: RequestInit = {}): Promise<Response> {
  const { adminPort } = await served;
  return fetch(`http://127.0.0.1:${adminPort}${path}`, { method, ...init });
}

// GoAnywhere CVE-2023-0669 and CVE-2025-10035: a licence servlet that needed no login made objects out of what it was
// sent. The rule: nothing is deserialised but JSON against a closed schema, and what needs no key takes no body.
t.test(
  'GoAnywhere CVE-2023-0669: what is open to everybody is small, and takes nothing',
  async (t) => {
    const all = await routes();
    t.same(
      all.filter(({ open }) => open).map(({ method, path }) => `${method} ${path}`),
      ['GET /livez', 'GET /readyz', 'GET /openapi.json', 'GET /docs'],
    );
    const json = { 'content-type': 'application/json' };
    for (const { method, path, open } of all) {
      for (const sent of ['POST', 'PUT', 'PATCH', 'DELETE']) {
        const { status } = await ask(sent, path, { body: '{"a":1}', headers: json });
        if (![401, 404].includes(status)) t.fail(`${sent} ${path} without a key: ${status}`);
      }
      const { status } = await ask(method, path);
      t.equal(status, open ? 200 : 401, `${method} ${path}`);
    }
  },
);

t.test('GoAnywhere CVE-2025-10035: there is no deserialiser in the program', async (t) => {
  const deserialisers =
    /\bdeserialize\b|\bfrom 'v8'|node:v8|node:vm|\byaml\b|node-serialize|\beval\(|\bnew Function\b|\breviver\b/i;
  for (const { file, text } of productSources())
    if (deserialisers.test(text)) t.fail(`${file}: ${deserialisers.exec(text)?.[0]}`);
  t.pass('none is named');
});

// WS_FTP CVE-2023-40044: a .NET type named in a request was made. The same rule: a body cannot name what it becomes.
t.test('WS_FTP CVE-2023-40044: a body is JSON, and no field names a type', async (t) => {
  const server = await served;
  await server.addAgency('alpine');
  const key = await authorization();
  const types = ['application/x-java-serialized-object', 'application/soap+xml', 'text/xml'];
  types.push('application/octet-stream', 'application/x-yaml', 'application/x-msgpack');
  for (const type of types) {
    const headers = { authorization: key, 'content-type': type };
    const body = '\u00ac\u00ed\u0000\u0005sr';
    t.equal((await ask('POST', '/v1/agencies', { body, headers })).status, 415, type);
  }
  const headers = { authorization: key, 'content-type': 'application/json' };
  for (const field of ['$type', '@type', '__type', '__proto__', 'constructor', '__VIEWSTATE']) {
    const body = `{"code":"beta","name":"B","kind":"lcsa","${field}":{"isAdmin":true}}`;
    const answer = await ask('POST', '/v1/agencies', { body, headers });
    t.ok([400, 422].includes(answer.status), `${field}: ${answer.status}`);
  }
  t.equal((await server.all('/v1/agencies')).length, 1);
});

// GoAnywhere CVE-2024-0204: `/..;/` in a path reached the page that makes the first administrator, long after there was
// one. The rule: the first administrator is made on the host, by no route.
t.test('GoAnywhere CVE-2024-0204: no way round the key, and no set-up page', async (t) => {
  const { adminPort } = await served;
  const raw = await import('node:http');
  const status = (path: string) =>
    new Promise<number>((resolve, reject) => {
      const request = raw.request({ host: '127.0.0.1', port: adminPort, method: 'GET', path });
      request.on('response', (response) => resolve(response.resume().statusCode ?? 0));
      request.on('error', reject).end();
    });
  const tricks = [
    '/..;/',
    '/../',
    '/%2e%2e/',
    '/%2e%2e;/',
    '//',
    '/./',
    '/;a=b/',
    '/%2f',
    '/%5c..%5c',
  ];
  const pages = [
    'setup',
    'install',
    'wizard',
    'InitialAccountSetup.xhtml',
    'init',
    'admin',
    'v1/setup',
  ];
  for (const page of pages) t.equal(await status(`/${page}`), 404, page);
  for (const { path, open } of await routes()) {
    if (open) continue;
    for (const trick of tricks) {
      const tried = [`/livez${trick}${path.slice(1)}`, `${trick}${path.slice(1)}`, path + trick];
      tried.push(path.replace('/v1/', `/v1${trick}`), `/docs${trick}..${path}`);
      for (const each of tried) {
        const answer = await status(each);
        if (![400, 401, 404].includes(answer)) t.fail(`${each}: ${answer}`);
      }
    }
  }
});

async function authorization(): Promise<string> {
  const server = await served;
  const { secret } = await server.api<{ secret: string }>('POST', '/v1/admin-keys', {
    name: 'breaches',
    scopes: ['*'],
  });
  return `Bearer ${secret}`;
}
