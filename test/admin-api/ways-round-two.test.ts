// Ways in which one alone did what takes two, or had something else done than was approved. Each of them worked.
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { idOf, openWorld } from './fixtures/two-administrators.ts';
import type { World } from './fixtures/api.ts';

/** Sends a URL as it is; what calls without a socket reads it first. */
async function sent(
  { app }: World,
  method: string,
  path: string,
  key: string,
): Promise<{ readonly status: number | undefined; readonly body: string }> {
  if (!app.server.listening) await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${key}` };
    httpRequest({ port, method, path, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (piece: string) => (body += piece));
      response.on('end', () => resolve({ status: response.statusCode, body }));
    })
      .on('error', reject)
      .end();
  });
}

// Amy asked for two keys; Ben approved both, and so was told both secrets. He then asked with the one and approved with
// the other: neither came from the other, so they counted as two people.
t.test('two keys that went through the same hands are one person', async (t) => {
  const { amy, ben, as, accounts } = await openWorld(t);
  const secrets = [];
  for (const name of ['first', 'second']) {
    const { body } = await amy('POST', '/v1/admin-keys', { name, scopes: ['*'] });
    const approved = await ben('POST', `/v1/pending-changes/${body.id}/approval`);
    t.equal(approved.status, 200);
    secrets.push(String(approved.body.answer.body.secret));
  }
  const [first, second] = secrets.map(as);
  const asked = await first!('DELETE', '/v1/users/ann');
  const approval = `/v1/pending-changes/${asked.body.id}/approval`;
  t.match(await second!('POST', approval), {
    status: 403,
    body: { code: 'approval-not-allowed', detail: /waybill admin-key issue/ },
  });
  t.equal((await accounts.getUser('ann')).status, 'active');
  t.equal((await ben('POST', approval)).status, 403, 'nor has Ben a third');
});

// What is carried out is read as `URL` reads it, which takes a backslash for a slash and goes up at `..`: `agencies.delete`
// was approved, and a user was removed.
t.test('a URL that would come to be another one does not wait', async (t) => {
  const world = await openWorld(t, ['agencies.delete', 'users.delete']);
  const { accounts, call, key } = world;
  for (const path of [
    '/v1/agencies/..\\users\\ann',
    '/v1/users/..\\users\\ann',
    '/v1/users/%2e%2e\\users\\ann',
    '/v1/users/ann#x',
    '/v1/users/ann?a="b"',
  ]) {
    const answer = await sent(world, 'DELETE', path, key);
    t.match(answer, { status: 400, body: /"message-malformed"/ }, path);
  }
  t.strictSame((await call('GET', '/v1/pending-changes')).body.items, []);
  const plain = await sent(world, 'DELETE', '/v1/users/ann%20other', key);
  t.equal(plain.status, 202, 'what is encoded waits');
  t.equal((await accounts.getUser('ann')).status, 'active');
});

t.test('nor is a change carried out by the route of another action', async (t) => {
  const { parts, amyId, ben, accounts } = await openWorld(t, ['agencies.delete', 'users.delete']);
  const origin = {
    actor: { kind: 'admin' as const, keyId: amyId, name: 'tester' },
    session: 'request',
    source: null,
  };
  for (const url of ['/v1/users/ann', '/v1/agencies', '/v1/nothing/there']) {
    // As it would be if some way were found past the check at the start.
    const { id } = await parts.pendingChanges.request(origin, {
      action: 'agencies.delete',
      scope: 'agencies:write',
      method: 'DELETE',
      url,
      ifMatch: null,
      contentType: null,
      body: null,
    });
    t.match(await ben('POST', `/v1/pending-changes/${id}/approval`), {
      status: 403,
      body: { code: 'approval-not-allowed' },
    });
    t.match((await ben('GET', `/v1/pending-changes/${id}`)).body, { state: 'failed' }, url);
  }
  t.equal((await accounts.getUser('ann')).status, 'active');
});

// Amy had a weak key from the host beside her own. She widened its scopes alone, and approved with it what she asked for.
t.test('nobody gives another key of theirs more rights alone', async (t) => {
  const { amy, ben, as, keyWith, adminKeys, accounts } = await openWorld(t, ['users.delete']);
  const weak = await keyWith(['pending-changes:write']);
  const widened = await amy('PATCH', `/v1/admin-keys/${idOf(weak)}`, { scopes: ['*'] });
  t.match(widened, { status: 202, body: { action: 'admin-keys.change' } });
  t.strictSame((await adminKeys.getAdminKey(idOf(weak))).scopes, ['pending-changes:write']);
  const { body } = await amy('DELETE', '/v1/users/ann');
  t.match(await as(weak)('POST', `/v1/pending-changes/${body.id}/approval`), { status: 403 });
  t.equal((await accounts.getUser('ann')).status, 'active');
  t.equal((await ben('POST', `/v1/pending-changes/${widened.body.id}/approval`)).status, 200);
  t.strictSame((await adminKeys.getAdminKey(idOf(weak))).scopes, ['*'], 'two of them do');
});
