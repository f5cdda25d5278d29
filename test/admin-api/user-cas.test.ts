import t from 'tap';
import { fingerprintOf } from '../../server/accounts/key-blob.ts';
import { rsaKey, testKey } from '../accounts/fixtures/keys.ts';
import { certify, deviceKey } from '../authentication/fixtures/certificates.ts';
import { openApi, withAnn } from './fixtures/api.ts';

const cas = '/v1/agencies/alpine/user-cas';
const revocations = '/v1/agencies/alpine/certificate-revocations';
const authority = testKey('ed25519', 1);
const fingerprint = fingerprintOf(authority.blob);

t.test('an authority over the API', async (t) => {
  const world = await openApi(t);
  const { call } = world;
  t.match(await call('GET', '/v1/agencies/nowhere/user-cas'), { status: 404 });
  await withAnn(world);
  t.match((await call('GET', cas)).body, { items: [], nextCursor: null });
  const added = await call('POST', cas, { publicKey: `${authority.line} Alpine CA` });
  const shown = {
    id: added.body.id as string,
    agency: 'alpine',
    type: 'ssh-ed25519',
    bits: 256,
    fingerprint,
    publicKey: authority.line,
    label: 'Alpine CA',
    principals: [],
    verifyRequired: false,
    expiresAt: null,
    createdAt: '2030-01-01T00:00:00.000Z',
  };
  t.equal(added.status, 201);
  t.strictSame(added.body, shown);
  const url = `${cas}/${shown.id}`;
  t.equal(added.headers['location'], url);
  t.strictSame((await call('GET', url)).body, shown);
  t.strictSame((await call('GET', cas)).body.items, [shown]);
  const change = {
    label: 'old',
    principals: ['ann', 'bob'],
    verifyRequired: true,
    expiresAt: '2031-01-01T00:00:00.000Z',
  };
  t.strictSame((await call('PATCH', url, change)).body, { ...shown, ...change });
  t.strictSame((await call('PATCH', url, change)).body, { ...shown, ...change }, 'once more');
  t.match(await world.ledgerRows('user-ca.added.1'), [
    { agency: 'alpine', fingerprint, before: null, after: { label: 'Alpine CA' } },
  ]);
  t.match(await world.ledgerRows('user-ca.changed.1'), [
    { before: { label: 'Alpine CA', principals: [] }, after: { label: 'old' } },
  ]);
  t.match(await call('POST', cas, { publicKey: authority.line }), {
    status: 409,
    body: { errors: [{ pointer: '/publicKey' }] },
  });
  t.equal((await call('DELETE', url)).status, 204);
  t.match(await call('DELETE', url), { status: 404 });
  t.match(await world.ledgerRows('user-ca.removed.1'), [{ fingerprint, after: null }]);
});

t.test('what is no authority is told by its field', async (t) => {
  const world = await openApi(t);
  const { call } = world;
  await withAnn(world);
  const certificate = certify(authority, authority).toString('base64');
  for (const [body, code, pointer] of [
    [{ publicKey: 'nonsense' }, 'field-invalid', '/publicKey'],
    [{ publicKey: rsaKey(2048).line }, 'key-weak', '/publicKey'],
    [
      { publicKey: `ssh-ed25519-cert-v01@openssh.com ${certificate}` },
      'field-invalid',
      '/publicKey',
    ],
    [{ publicKey: authority.line, principals: ['ann', 'Bob'] }, 'field-invalid', '/principals/1'],
    [
      { publicKey: authority.line, principals: Array.from({ length: 1001 }, () => 'ann') },
      'field-invalid',
      '/principals',
    ],
    [{ publicKey: authority.line, label: 'x'.repeat(201) }, 'field-invalid', '/label'],
    [{ publicKey: authority.line, expiresAt: 'soon' }, 'field-invalid', '/expiresAt'],
  ] as const)
    t.match(
      await call('POST', cas, body),
      { status: 400, body: { code, errors: [{ pointer }] } },
      pointer,
    );
  for (let number = 0; number < 16; number += 1) {
    const { line } = testKey('ed25519', 100 + number);
    t.equal((await call('POST', cas, { publicKey: line })).status, 201);
  }
  t.match(await call('POST', cas, { publicKey: authority.line }), { status: 409 });
  t.equal((await call('GET', `${cas}?limit=10`)).body.items.length, 10);
});

t.test('revocations over the API', async (t) => {
  const world = await openApi(t);
  const { call } = world;
  await withAnn(world);
  const wanted = { kind: 'serial', value: '1042', authority: fingerprint, reason: 'laptop lost' };
  const made = await call('POST', revocations, wanted);
  const shown = {
    id: made.body.id as string,
    agency: 'alpine',
    ...wanted,
    createdAt: '2030-01-01T00:00:00.000Z',
  };
  t.equal(made.status, 201);
  t.strictSame(made.body, shown);
  const url = `${revocations}/${shown.id}`;
  t.equal(made.headers['location'], url);
  t.strictSame((await call('GET', url)).body, shown);
  t.match(await call('POST', revocations, wanted), { status: 409 });
  for (const more of [
    { kind: 'key-id', value: 'amy, laptop' },
    { kind: 'key', value: fingerprint },
    { kind: 'key', value: fingerprint, authority: fingerprint },
  ])
    t.equal((await call('POST', revocations, { reason: 'lost', ...more })).status, 201);
  const first = (await call('GET', `${revocations}?limit=3`)).body;
  t.equal(first.items.length, 3);
  const rest = await call('GET', `${revocations}?limit=3&cursor=${String(first.nextCursor)}`);
  const kinds = [...first.items, ...rest.body.items].map((item: { kind: string }) => item.kind);
  t.same(kinds.toSorted(), ['key', 'key', 'key-id', 'serial']);
  t.equal(rest.body.nextCursor, null);
  t.equal((await call('DELETE', url)).status, 204);
  t.match(await call('GET', url), { status: 404 });
  t.match((await world.ledgerRows('user-certificate.revoked.1'))[0], {
    agency: 'alpine',
    after: wanted,
  });
  t.match(await world.ledgerRows('user-certificate.reinstated.1'), [{ before: wanted }]);
});

t.test('what cannot be revoked', async (t) => {
  const world = await openApi(t);
  await withAnn(world);
  for (const [change, pointer] of [
    [{ kind: 'serial', value: '0' }, '/value'],
    [{ kind: 'serial', value: '01' }, '/value'],
    [{ kind: 'serial', value: '18446744073709551616' }, '/value'],
    [{ kind: 'serial', value: '5', authority: null }, '/authority'],
    [{ kind: 'serial', value: '5', authority: 'SHA256:short' }, '/authority'],
    [{ kind: 'key-id', value: '' }, '/value'],
    [{ kind: 'key-id', value: 'a\nb' }, '/value'],
    [{ kind: 'key-id', value: '€'.repeat(86) }, '/value'],
    [{ kind: 'key', value: 'MD5:00' }, '/value'],
    [{ kind: 'host', value: 'x' }, '/kind'],
    [{ kind: 'key-id', value: 'x', reason: '' }, '/reason'],
  ] as const)
    t.match(
      await world.call('POST', revocations, {
        authority: fingerprint,
        reason: 'lost',
        ...change,
      }),
      { status: 400, body: { errors: [{ pointer }] } },
      JSON.stringify(change),
    );
});

t.test('what a key in a device takes, over the API', async (t) => {
  const world = await openApi(t);
  const { call } = world;
  await withAnn(world);
  const { line } = deviceKey('ed25519');
  const keys = '/v1/users/ann/keys';
  const { body } = await call('POST', keys, { publicKey: line, verifyRequired: true });
  t.match(body, { type: 'sk-ssh-ed25519@openssh.com', verifyRequired: true, touchRequired: true });
  const url = `${keys}/${String(body.id)}`;
  t.match((await call('PATCH', url, { touchRequired: false })).body, {
    verifyRequired: true,
    touchRequired: false,
  });
  const rotation = { publicKey: deviceKey('p256').line, touchRequired: true };
  t.match((await call('POST', `${url}/rotations`, rotation)).body, {
    added: { verifyRequired: true, touchRequired: true },
    replaced: { touchRequired: false },
  });
  t.match(await call('POST', keys, { publicKey: testKey('p384').line, verifyRequired: true }), {
    status: 400,
    body: { errors: [{ pointer: '/verifyRequired' }] },
  });
});
