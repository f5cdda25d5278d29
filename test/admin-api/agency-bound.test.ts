import t, { type Test } from 'tap';
import {
  host,
  liveSession,
  openApi,
  upload,
  withAnn,
  type Answer,
  type World,
} from './fixtures/api.ts';
import { destroyInButte } from './fixtures/butte.ts';

/**
 * Every route as a key that is bound to `alpine` sees it. `all` is for no bound key; `list` shows only its own agency;
 * `one` names something that belongs to an agency; `none` knows no agency.
 */
const routes = `
none GET    /livez
none GET    /readyz
none GET    /openapi.json
none GET    /docs
list GET    /v1/agencies
all  POST   /v1/agencies
one  GET    /v1/agencies/{code}
one  PATCH  /v1/agencies/{code}
all  DELETE /v1/agencies/{code}
list GET    /v1/legacy-interop
one  GET    /v1/agencies/{code}/legacy-interop
all  PUT    /v1/agencies/{code}/legacy-interop
all  DELETE /v1/agencies/{code}/legacy-interop
one  GET    /v1/agencies/{code}/user-cas
one  POST   /v1/agencies/{code}/user-cas
one  GET    /v1/agencies/{code}/user-cas/{id}
one  PATCH  /v1/agencies/{code}/user-cas/{id}
one  DELETE /v1/agencies/{code}/user-cas/{id}
one  GET    /v1/agencies/{code}/certificate-revocations
one  POST   /v1/agencies/{code}/certificate-revocations
one  GET    /v1/agencies/{code}/certificate-revocations/{id}
one  DELETE /v1/agencies/{code}/certificate-revocations/{id}
list GET    /v1/users
made POST   /v1/users
one  GET    /v1/users/{username}
one  PATCH  /v1/users/{username}
one  DELETE /v1/users/{username}
one  GET    /v1/users/{username}/keys
one  POST   /v1/users/{username}/keys
one  GET    /v1/users/{username}/keys/{id}
one  PATCH  /v1/users/{username}/keys/{id}
one  DELETE /v1/users/{username}/keys/{id}
one  POST   /v1/users/{username}/keys/{id}/rotations
one  PUT    /v1/users/{username}/password
one  DELETE /v1/users/{username}/password
list GET    /v1/second-factors
one  GET    /v1/users/{username}/totp
one  PUT    /v1/users/{username}/totp
one  POST   /v1/users/{username}/totp/confirmation
one  POST   /v1/users/{username}/totp/recovery-codes
one  DELETE /v1/users/{username}/totp
one  DELETE /v1/users/{username}/lock
list GET    /v1/keys
list GET    /v1/locks
all  GET    /v1/bans
all  DELETE /v1/bans/{source}
list GET    /v1/sessions
one  GET    /v1/sessions/{session}
one  DELETE /v1/sessions/{session}
list GET    /v1/files
one  GET    /v1/files/{file}
one  GET    /v1/files/{file}/content
list GET    /v1/holds
made POST   /v1/holds
one  GET    /v1/holds/{hold}
one  PATCH  /v1/holds/{hold}
one  POST   /v1/holds/{hold}/lifting
list GET    /v1/certificates
list GET    /v1/certificates/export
one  GET    /v1/certificates/{certificate}
one  GET    /v1/certificates/{certificate}/text
one  GET    /v1/certificates/{certificate}/signature
list GET    /v1/retention-jobs
made POST   /v1/retention-jobs
one  GET    /v1/retention-jobs/{job}
one  PATCH  /v1/retention-jobs/{job}
one  DELETE /v1/retention-jobs/{job}
one  GET    /v1/retention-jobs/{job}/runs
one  POST   /v1/retention-jobs/{job}/runs
one  GET    /v1/retention-jobs/{job}/runs/{run}
one  GET    /v1/retention-jobs/{job}/runs/{run}/items
one  POST   /v1/retention-jobs/{job}/runs/{run}/approval
one  POST   /v1/retention-jobs/{job}/runs/{run}/cancellation
list GET    /v1/retention-runs
list GET    /v1/retention-report
none GET    /v1/retention-clock
all  POST   /v1/retention-clock/confirmation
list GET    /v1/transfers
one  GET    /v1/transfers/{transfer}
list GET    /v1/audit
all  GET    /v1/audit/verification
list GET    /v1/admin-keys
made POST   /v1/admin-keys
one  GET    /v1/admin-keys/{adminKey}
one  PATCH  /v1/admin-keys/{adminKey}
one  DELETE /v1/admin-keys/{adminKey}
one  POST   /v1/admin-keys/{adminKey}/rotations
list GET    /v1/pending-changes
one  GET    /v1/pending-changes/{change}
one  POST   /v1/pending-changes/{change}/approval
one  POST   /v1/pending-changes/{change}/rejection
`;

type Row = { readonly kind: string; readonly method: string; readonly url: string };
const table: readonly Row[] = routes
  .trim()
  .split('\n')
  .map((line) => {
    const [kind = '', method = '', url = ''] = line.split(/ +/);
    return { kind, method, url };
  });

const bodies: Readonly<Record<string, unknown>> = {
  'PUT /v1/users/{username}/password': { password: 'correct horse battery staple' },
  'POST /v1/users/{username}/totp/confirmation': { code: '123456' },
  'POST /v1/users/{username}/keys': { publicKey: 'ssh-ed25519 AAAA' },
  'PUT /v1/agencies/{code}/legacy-interop': {
    allowedCidrs: ['192.0.2.1'],
    reason: 'x',
    expiresAt: '2100-01-01T00:00:00Z',
  },
  'POST /v1/agencies/{code}/user-cas': { publicKey: 'ssh-ed25519 AAAA' },
  'POST /v1/agencies/{code}/certificate-revocations': { kind: 'key', value: 'x', reason: 'x' },
  'POST /v1/holds/{hold}/lifting': { reason: 'over' },
  'POST /v1/retention-jobs/{job}/runs': { dryRun: true },
  'POST /v1/retention-clock/confirmation': { reason: 'checked' },
};
const ed25519 =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl of-bob';

/** Two agencies with one of everything in each; `alpine` has ann, `butte` has bob. */
async function openTwo(t: Test) {
  const world = await openApi(t, { twoPersonActions: ['users.delete'] });
  await withAnn(world);
  await upload(world, '/outgoing/of-ann', Buffer.from('hers'));
  const destroyed = await destroyInButte(world);
  await world.accounts.createUser(host, { username: 'bob', agency: 'butte', displayName: 'Bob' });
  const { id } = await world.accounts.addKey(host, 'bob', { publicKey: ed25519 });
  world.sessions.push(
    liveSession('a'.repeat(32)),
    liveSession('b'.repeat(32), { username: 'bob', agencyCode: 'butte' }),
  );
  const boundTo = (agency: string) => keyBoundTo(world, agency);
  const [alpine, butte] = [await boundTo('alpine'), await boundTo('butte')];
  const held = await world.call('POST', '/v1/holds', {
    agency: 'butte',
    reason: 'a case',
    authority: 'a court',
  });
  const pended = await world.call('DELETE', '/v1/users/bob', undefined, { key: butte });
  const files = await world.call('GET', '/v1/files?agency=butte&path=/outgoing');
  const root = await world.call('GET', '/v1/files?agency=butte');
  const file = (files.body.items[0] ?? root.body.items[0]).id as string;
  const transfers = (await world.call('GET', '/v1/transfers')).body.items as { id: string }[];
  const names: Record<string, string> = {
    code: 'butte',
    username: 'bob',
    id,
    source: '192.0.2.1',
    session: 'b'.repeat(32),
    file,
    transfer: transfers[0]?.id ?? '',
    adminKey: butte.slice(3, 15),
    change: pended.body.id as string,
    hold: held.body.id as string,
    ...destroyed,
  };
  return { ...world, alpine, butte, names };
}

async function keyBoundTo({ adminKeys }: World, agency: string): Promise<string> {
  const wanted = {
    name: `of ${agency}`,
    scopes: ['*'],
    expiresAtMs: null,
    allowedCidrs: [],
    agency,
  };
  return (await adminKeys.createAdminKey(host, wanted)).secret;
}

function filled(url: string, names: Readonly<Record<string, string>>): string {
  return url.replace(/\{(\w+)\}/g, (_, name: string) => names[name] ?? 'nothing');
}

t.test('each route is in the table, or is for no bound key', async (t) => {
  const { call } = await openApi(t);
  const document = (await call('GET', '/openapi.json')).body as { paths: Record<string, object> };
  const known = new Set(
    table.map(({ method, url }) => `${method} ${url.replace(/\{\w+\}/g, '{}')}`),
  );
  const unknown = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .map((method) => `${method.toUpperCase()} ${path.replace(/\{\w+\}/g, '{}')}`)
      .filter((route) => !known.has(route)),
  );
  const world = await openTwo(t);
  for (const route of unknown) {
    // It goes on until the caller leaves.
    if (route === 'GET /v1/events') continue;
    const [method = '', url = ''] = route.split(' ');
    const path = url.replaceAll('{}', 'nothing');
    const answer = await world.call(method, path, undefined, { key: world.alpine });
    // Whatever a route of somebody else's says, of another agency it says nothing.
    t.ok(answer.status >= 400 || !mentionsButte(answer), route);
  }
});

t.test('what belongs to another agency is not there', async (t) => {
  const { call, alpine, names } = await openTwo(t);
  for (const { method, url } of table.filter((row) => row.kind === 'one')) {
    // The one transfer of the world is ann's.
    const theirs = url.includes('{transfer}') ? { ...names, transfer: 'nothing' } : names;
    const body =
      bodies[`${method} ${url}`] ?? (['POST', 'PATCH'].includes(method) ? {} : undefined);
    const nothing = Object.fromEntries(Object.keys(names).map((name) => [name, 'nothing']));
    const [other, none] = [
      await call(method, filled(url, theirs), body, { key: alpine }),
      await call(method, filled(url, nothing), body, { key: alpine }),
    ];
    const isKnownToBeInvalid = other.status === 400;
    if (isKnownToBeInvalid) t.equal(none.status, 400, `${method} ${url}: told before who asks`);
    else {
      t.equal(other.status, 404, `${method} ${url}`);
      t.strictSame(
        { ...other.body, requestId: '' },
        { ...none.body, requestId: '' },
        'in the words of what does not exist',
      );
    }
  }
});

t.test('lists show the own agency alone, and no filter asks for another', async (t) => {
  const world = await openTwo(t);
  const { call, alpine } = world;
  for (const { url } of table.filter((row) => row.kind === 'list')) {
    const query = url === '/v1/files' ? '?agency=alpine' : '';
    const own = await call('GET', `${url}${query}`, undefined, { key: alpine });
    t.equal(own.status, 200, url);
    t.notOk(mentionsButte(own), url);
    const other = await call('GET', `${url}?agency=butte`, undefined, { key: alpine });
    t.ok(other.status === 403 || other.status === 400, `${url}: ${other.status}`);
  }
  const users = await call('GET', '/v1/users', undefined, { key: alpine });
  t.match(users.body.items, [{ username: 'ann' }]);
  t.equal(users.body.items.length, 1);
  t.equal((await call('GET', '/v1/users')).body.items.length, 2, 'another key sees both');
});

function mentionsButte({ text }: Answer): boolean {
  return /butte|"bob"/i.test(text);
}

t.test('what is about all agencies is for no bound key', async (t) => {
  const { call, alpine, names } = await openTwo(t);
  for (const { method, url } of table.filter((row) => row.kind === 'all')) {
    const body =
      url === '/v1/agencies' && method === 'POST'
        ? { code: 'lake', name: 'L', kind: 'lcsa' }
        : bodies[`${method} ${url}`];
    for (const code of ['alpine', 'butte']) {
      const answer = await call(method, filled(url, { ...names, code }), body, { key: alpine });
      t.match(answer, { status: 403, body: { code: 'agency-not-allowed' } }, `${method} ${url}`);
    }
  }
});

t.test('it makes what is of its agency, and nothing else', async (t) => {
  const world = await openApi(t);
  await withAnn(world);
  const { call, ledgerRows, accounts } = world;
  await accounts.createAgency(host, { code: 'butte', name: 'Butte', kind: 'lcsa' });
  const alpine = await keyBoundTo(world, 'alpine');
  const user = (agency: string) =>
    call(
      'POST',
      '/v1/users',
      { username: `new-${agency}`, agency, displayName: 'N' },
      { key: alpine },
    );
  t.equal((await user('alpine')).status, 201);
  t.match(await user('butte'), { status: 403, body: { code: 'agency-not-allowed' } });
  const adminKey = (more: object) =>
    call('POST', '/v1/admin-keys', { name: 'n', scopes: ['users:read'], ...more }, { key: alpine });
  t.equal((await adminKey({})).body.agency, 'alpine', 'bound as the one that makes it');
  t.equal((await adminKey({ agency: 'alpine' })).status, 201);
  for (const agency of ['butte', null])
    t.match(await adminKey({ agency }), { status: 403, body: { code: 'agency-not-allowed' } });
  t.equal((await call('PATCH', '/v1/users/ann', { quotaBytes: 9 }, { key: alpine })).status, 200);
  t.equal((await call('PATCH', '/v1/agencies/alpine', { name: 'A' }, { key: alpine })).status, 200);
  t.equal((await ledgerRows('user.created.1')).length, 2);
});

// A key that was bound to the State made users of the State, and they list and read the trees of every agency.
t.test('no key is bound to the State', async (t) => {
  const { call, accounts } = await openApi(t);
  await accounts.createAgency(host, { code: 'dcss', name: 'DCSS', kind: 'state' });
  const wanted = { name: 'n', scopes: ['users:write'], agency: 'dcss' };
  t.match(await call('POST', '/v1/admin-keys', wanted), {
    status: 400,
    body: { code: 'field-invalid', errors: [{ pointer: '/agency' }] },
  });
});
