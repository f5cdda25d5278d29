import { Fault } from '../../server/domain/faults.ts';
import t from 'tap';
import { adminScopes } from '../../server/accounts/admin-scopes.ts';
import { openApi } from './fixtures/api.ts';

const inventory = `
public              GET    /livez
public              GET    /readyz
public              GET    /openapi.json
public              GET    /docs
metrics:read        GET    /metrics
agencies:read       GET    /v1/agencies
agencies:write      POST   /v1/agencies
agencies:read       GET    /v1/agencies/{code}
agencies:write      PATCH  /v1/agencies/{code}
agencies:write      DELETE /v1/agencies/{code}
agencies:read       GET    /v1/agencies/{code}/legacy-interop
agencies:write      PUT    /v1/agencies/{code}/legacy-interop
agencies:write      DELETE /v1/agencies/{code}/legacy-interop
agencies:read       GET    /v1/legacy-interop
keys:read           GET    /v1/agencies/{code}/user-cas
keys:write          POST   /v1/agencies/{code}/user-cas
keys:read           GET    /v1/agencies/{code}/user-cas/{id}
keys:write          PATCH  /v1/agencies/{code}/user-cas/{id}
keys:write          DELETE /v1/agencies/{code}/user-cas/{id}
keys:read           GET    /v1/agencies/{code}/certificate-revocations
keys:write          POST   /v1/agencies/{code}/certificate-revocations
keys:read           GET    /v1/agencies/{code}/certificate-revocations/{id}
keys:write          DELETE /v1/agencies/{code}/certificate-revocations/{id}
users:read          GET    /v1/users
users:write         POST   /v1/users
users:write         POST   /v1/users/imports
users:read          GET    /v1/users/{username}
users:write         PATCH  /v1/users/{username}
users:write         DELETE /v1/users/{username}
keys:read           GET    /v1/users/{username}/keys
keys:write          POST   /v1/users/{username}/keys
keys:read           GET    /v1/users/{username}/keys/{id}
keys:write          PATCH  /v1/users/{username}/keys/{id}
keys:write          DELETE /v1/users/{username}/keys/{id}
keys:write          POST   /v1/users/{username}/keys/{id}/rotations
keys:read           GET    /v1/keys
passwords:write     PUT    /v1/users/{username}/password
passwords:write     DELETE /v1/users/{username}/password
users:read          GET    /v1/second-factors
users:read          GET    /v1/users/{username}/totp
passwords:write     PUT    /v1/users/{username}/totp
passwords:write     POST   /v1/users/{username}/totp/confirmation
passwords:write     POST   /v1/users/{username}/totp/recovery-codes
passwords:write     DELETE /v1/users/{username}/totp
locks:read          GET    /v1/locks
locks:write         DELETE /v1/users/{username}/lock
bans:read           GET    /v1/bans
bans:write          DELETE /v1/bans/{source}
sessions:read       GET    /v1/sessions
sessions:read       GET    /v1/sessions/{id}
sessions:write      DELETE /v1/sessions/{id}
files:read          GET    /v1/files
files:write         POST   /v1/files
files:read          GET    /v1/files/content
files:read          HEAD   /v1/files/content
files:write         PUT    /v1/files/content
files:read          GET    /v1/files/{id}
files:write         DELETE /v1/files/{id}
files:read          GET    /v1/files/{id}/content
files:read          HEAD   /v1/files/{id}/content
files:read          GET    /v1/files/{id}/versions
files:read          GET    /v1/files/{id}/versions/{versionId}/content
files:read          HEAD   /v1/files/{id}/versions/{versionId}/content
files:write         DELETE /v1/files/{id}/versions/{versionId}
files:write         POST   /v1/files/{id}/versions/{versionId}/restoration
holds:read          GET    /v1/holds
holds:write         POST   /v1/holds
holds:read          GET    /v1/holds/{id}
holds:write         PATCH  /v1/holds/{id}
holds:write         POST   /v1/holds/{id}/lifting
transfers:read      GET    /v1/transfers
transfers:read      GET    /v1/transfers/{id}
retention:read      GET    /v1/retention-jobs
retention:write     POST   /v1/retention-jobs
retention:read      GET    /v1/retention-jobs/{id}
retention:write     PATCH  /v1/retention-jobs/{id}
retention:write     DELETE /v1/retention-jobs/{id}
retention:read      GET    /v1/retention-jobs/{id}/runs
retention:run       POST   /v1/retention-jobs/{id}/runs
retention:read      GET    /v1/retention-jobs/{id}/runs/{runId}
retention:read      GET    /v1/retention-jobs/{id}/runs/{runId}/items
retention:run       POST   /v1/retention-jobs/{id}/runs/{runId}/approval
retention:run       POST   /v1/retention-jobs/{id}/runs/{runId}/cancellation
retention:read      GET    /v1/retention-runs
retention:read      GET    /v1/retention-report
retention:read      GET    /v1/retention-clock
retention:run       POST   /v1/retention-clock/confirmation
certificates:read   GET    /v1/certificates
certificates:read   GET    /v1/certificates/export
certificates:read   GET    /v1/certificates/{id}
certificates:read   GET    /v1/certificates/{id}/text
certificates:read   GET    /v1/certificates/{id}/signature
certificates:read   GET    /v1/allowed-signers
receipts:read       GET    /v1/receipts
receipts:read       GET    /v1/receipts/{id}
receipts:read       GET    /v1/receipts/{id}/text
receipts:read       GET    /v1/receipts/{id}/signature
events:read         GET    /v1/events
audit:read          GET    /v1/audit
audit:read          GET    /v1/audit/verification
audit:read          GET    /v1/audit/checkpoints
audit:read          GET    /v1/audit/export
audit:read          GET    /v1/audit/proofs/{seq}
audit:read          GET    /v1/audit/archives
audit:archive       POST   /v1/audit/archives
audit:redact        POST   /v1/audit/redactions
audit:read          GET    /v1/reports/access
audit:read          GET    /v1/reports/refused-logins
audit:read          GET    /v1/reports/readers
audit:read          GET    /v1/reports/bulk-transfers
audit:read          GET    /v1/reports/disclosures
audit:read          GET    /v1/reports/clients
audit:read          GET    /v1/reviews
audit:read          GET    /v1/reviews/{id}
audit:review        POST   /v1/reviews/{id}/acknowledgement
forwarders:read     GET    /v1/forwarders
forwarders:read     GET    /v1/forwarders/{name}
forwarders:write    PATCH  /v1/forwarders/{name}
admin-keys:read     GET    /v1/admin-keys
admin-keys:write    POST   /v1/admin-keys
admin-keys:read     GET    /v1/admin-keys/{id}
admin-keys:write    PATCH  /v1/admin-keys/{id}
admin-keys:write    DELETE /v1/admin-keys/{id}
admin-keys:write    POST   /v1/admin-keys/{id}/rotations
pending-changes:read GET   /v1/pending-changes
pending-changes:read GET   /v1/pending-changes/{id}
pending-changes:write POST /v1/pending-changes/{id}/approval
pending-changes:write POST /v1/pending-changes/{id}/rejection
`;

type Route = { readonly scope: string; readonly method: string; readonly path: string };
const routes: readonly Route[] = inventory
  .trim()
  .split('\n')
  .map((line) => {
    const [scope = '', method = '', path = ''] = line.split(/ +/);
    return { scope, method, path };
  });

type Operation = {
  readonly operationId?: string;
  readonly tags?: string[];
  readonly summary?: string;
  readonly security?: object[];
  readonly 'x-scope'?: string;
};
type Document = {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown>; securitySchemes: object };
};

t.test(
  'the routes are exactly these, each with its scope, a name, a tag and a summary',
  async (t) => {
    const { call } = await openApi(t);
    const document = (await call('GET', '/openapi.json')).body as Document;
    t.equal(document.openapi, '3.1.0');
    const found = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        path,
        method: method.toUpperCase(),
        operation,
      })),
    );
    const lineOf = ({ scope, method, path }: Route) => `${method} ${path} ${scope}`;
    t.strictSame(
      found
        .map(({ path, method, operation }) =>
          lineOf({ path, method, scope: operation['x-scope'] ?? 'public' }),
        )
        .sort(),
      routes.map(lineOf).sort(),
    );
    for (const { path, method, operation } of found) {
      t.ok(
        operation.operationId && operation.summary && operation.tags?.length === 1,
        `${method} ${path} is described`,
      );
      const isPublic = operation['x-scope'] === undefined;
      t.strictSame(
        operation.security,
        isPublic ? [] : [{ apiKey: [] }],
        `${method} ${path} says whether it needs a key`,
      );
    }
    t.equal(
      new Set(found.map(({ operation }) => operation.operationId)).size,
      found.length,
      'names are different',
    );
    t.ok(document.components.schemas['User'] && document.components.schemas['Problem']);
    const used = new Set(routes.map((route) => route.scope));
    t.strictSame(
      adminScopes.filter((scope) => scope !== '*' && !used.has(scope)),
      [],
      'no scope is for nothing',
    );
  },
);

t.test('the document refers to nothing that it does not hold', async (t) => {
  const { call } = await openApi(t);
  const { text, body } = await call('GET', '/openapi.json');
  const { components } = body as { components: Record<string, Record<string, unknown>> };
  for (const [, kind = '', name = ''] of text.matchAll(/"\$ref":"#\/components\/(\w+)\/([^"]+)"/g))
    t.ok(components[kind]?.[name], `${kind}/${name}`);
  t.notMatch(text, /"\$ref":"(?!#\/components\/)/);
});

t.test('what needs no key is this, and nothing else', async (t) => {
  const { call } = await openApi(t);
  const { paths } = (await call('GET', '/openapi.json')).body as Document;
  const open = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, { security }]) => security?.length === 0)
      .map(([method]) => `${method} ${path}`),
  );
  t.strictSame(open.sort(), ['get /docs', 'get /livez', 'get /openapi.json', 'get /readyz']);
});

t.test('without a key, only the public routes answer', async (t) => {
  const { call } = await openApi(t);
  for (const { scope, method, path } of routes) {
    const { status, headers, body } = await call(method, path.replace(/\{\w+\}/g, 'x'), undefined, {
      key: null,
    });
    if (scope === 'public') t.equal(status, 200, path);
    else {
      t.equal(status, 401, path);
      t.equal(body.code, 'credentials-missing');
      t.match(headers['www-authenticate'], /^Bearer/);
    }
  }
});

t.test('each scope opens its own routes and no other', async (t) => {
  const { call, keyWith } = await openApi(t);
  for (const scope of adminScopes.filter((scope) => scope !== '*')) {
    const key = await keyWith([scope]);
    for (const route of routes.filter((route) => route.scope !== 'public')) {
      const body = ['POST', 'PUT', 'PATCH'].includes(route.method) ? {} : undefined;
      const answer = await call(route.method, route.path.replace(/\{\w+\}/g, 'nothing'), body, {
        key,
        // Or events would be read without end.
        headers: { 'last-event-id': 'none' },
      });
      const refused = answer.status === 403 && answer.body.code === 'scope-missing';
      t.equal(refused, route.scope !== scope, `${scope}: ${route.method} ${route.path}`);
    }
  }
});

t.test('a route without a scope is not registered', async (t) => {
  const { app } = await openApi(t);
  t.throws(() => app.get('/v1/forgotten', async () => null), /declares no scope/);
});

t.test('/readyz says why not', async (t) => {
  const { call } = await openApi(t, { ready: () => ({ ready: false, reasons: ['starting'] }) });
  const { status, body } = await call('GET', '/readyz', undefined, { key: null });
  t.equal(status, 503);
  t.strictSame(body, { ready: false, reasons: ['starting'], degraded: [] });
  t.equal((await call('GET', '/livez', undefined, { key: null })).status, 200);
});

t.test('/docs loads nothing, runs nothing and names every route', async (t) => {
  const { call } = await openApi(t);
  const { text, headers } = await call('GET', '/docs', undefined, { key: null });
  t.match(headers['content-type'], 'text/html');
  t.match(headers['content-security-policy'], "default-src 'none'");
  t.notMatch(text, /<script|src=|@import|https?:\/\//);
  for (const { method, path } of routes)
    t.ok(text.includes(`<code>${method} ${path}</code>`), `${method} ${path}`);
  t.notMatch(text, 'undefined');
});

t.test('unknown routes and methods are problems, with a request id that is ours', async (t) => {
  const { call } = await openApi(t);
  for (const [method, url] of [
    ['GET', '/'],
    ['GET', '/v1/nothing'],
    ['PUT', '/v1/agencies'],
    ['HEAD', '/v1/agencies'],
    ['GET', '/v2/users'],
  ] as const) {
    const { status, headers, body } = await call(method, url, undefined, {
      key: null,
      headers: { 'x-request-id': 'mine' },
    });
    t.equal(status, 404, `${method} ${url}`);
    t.match(headers['content-type'], 'application/problem+json');
    t.match(headers['x-request-id'], /^[0-9a-f]{32}$/);
    if (method !== 'HEAD')
      t.match(body, { code: 'route-unknown', status: 404, requestId: headers['x-request-id'] });
  }
});

t.test('what goes wrong inside says nothing of it', async (t) => {
  const thrown = [
    new Error('SECRET at /data/waybill.db'),
    new Fault('database-unusable', 'cannot open /data/waybill.db'),
    new Fault('key-material-unusable', 'agency 0123'),
  ];
  for (const error of thrown) {
    const { call, faults } = await openApi(t, {
      transfers: {
        listTransfers: () => Promise.reject(error),
        getTransfer: () => Promise.reject(error),
        tellTransfer: () => Promise.reject(error),
      },
    });
    const { status, text, body } = await call('GET', '/v1/transfers');
    t.equal(status, 500);
    t.match(body, { code: 'internal', detail: 'internal error' });
    t.notMatch(text, /SECRET|waybill\.db|0123|\.ts|\bat /);
    t.strictSame(faults, [error], 'the operator hears of it');
  }
});
