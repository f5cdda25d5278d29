import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fakeApi } from './fixtures/fake-api.ts';
import { waybill } from './fixtures/run.ts';

const fingerprint = `SHA256:${'a'.repeat(43)}`;
const line = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA alameda';

void t.test('authorities: list, add, change, remove', async (t) => {
  const cas = '/v1/agencies/alameda/user-cas';
  const ca = {
    id: '1f',
    type: 'ssh-ed25519',
    fingerprint,
    label: 'Alameda CA',
    principals: ['amy', 'job'],
    verifyRequired: true,
    expiresAt: null,
  };
  const open = { ...ca, id: '2f', principals: [], verifyRequired: false };
  const api = await fakeApi({
    [`GET ${cas}?limit=500`]: { json: { items: [ca, open], nextCursor: null } },
    'GET /v1/agencies/lake/user-cas?limit=500': { json: { items: [], nextCursor: null } },
    [`POST ${cas}`]: { status: 201, json: ca },
    [`PATCH ${cas}/1f`]: { json: ca },
    [`DELETE ${cas}/1f`]: { status: 204 },
  });
  t.teardown(() => api.close());
  const { env } = api;
  const listed = await waybill(['user-ca', 'list', 'alameda'], { env });
  t.match(listed.out, /1f +ssh-ed25519 +SHA256:a+ +Alameda CA +amy,job +must verify +never/);
  t.match(listed.out, /2f .* all of the agency /);
  t.match(await waybill(['user-ca', 'list', 'lake'], { env }), { err: /no authority certifies/ });
  const file = join(t.testdir(), 'ca.pub');
  writeFileSync(file, `${line}\n`);
  const given = ['--principal', 'amy', '--principal', 'job', '--verify', '--expires', '90d'];
  const added = await waybill(['user-ca', 'add', 'alameda', file, ...given, '--label', 'x'], {
    env,
  });
  t.match(added, { status: 0, out: /Alameda CA/ }, added.err);
  t.same(api.seen.at(-1)?.body, {
    publicKey: line,
    label: 'x',
    principals: ['amy', 'job'],
    verifyRequired: true,
    expiresAt: '2027-02-20T12:00:00.000Z',
  });
  const change = (...options: string[]) =>
    waybill(['user-ca', 'change', 'alameda', fingerprint, ...options], { env });
  t.match(await change('--every-principal', '--no-verify', '--expires', 'never'), { status: 0 });
  t.same(api.seen.at(-1)?.body, { principals: [], verifyRequired: false, expiresAt: null });
  t.match(await change(), { status: 2, err: /nothing to change/ });
  const unknown = ['user-ca', 'remove', 'alameda', `SHA256:${'b'.repeat(43)}`, '-y'];
  t.match(await waybill(unknown, { env }), { status: 1, err: /has no authority/ });
  const removed = await waybill(['user-ca', 'remove', 'alameda', '1f', '-y'], { env });
  t.match(removed, { status: 0, err: /removed authority/ });
  t.match(await waybill(['user-ca', 'remove', 'alameda', '1f'], { env, typed: ['n\n'] }), {
    err: /End the logins of alameda/,
  });
});

void t.test('certificates: revoke, list, reinstate', async (t) => {
  const path = '/v1/agencies/alameda/certificate-revocations';
  const revocation = {
    id: '7e',
    kind: 'serial',
    value: '1042',
    authority: fingerprint,
    reason: 'laptop lost',
    createdAt: '2026-11-22T12:00:00.000Z',
  };
  const items = [revocation, { ...revocation, kind: 'key', authority: null }];
  const api = await fakeApi({
    [`GET ${path}?limit=500`]: { json: { items, nextCursor: null } },
    [`POST ${path}`]: { status: 201, json: revocation },
    [`DELETE ${path}/7e`]: { status: 204 },
  });
  t.teardown(() => api.close());
  const { env } = api;
  const revoke = (...options: string[]) =>
    waybill(['user-certificate', 'revoke', 'alameda', ...options, '--reason', 'lost'], { env });
  t.match(await revoke('--serial', '1042', '--ca', fingerprint), { status: 0, out: /laptop lost/ });
  t.same(api.seen[0]?.body, {
    kind: 'serial',
    value: '1042',
    authority: fingerprint,
    reason: 'lost',
  });
  await revoke('--key-id', 'amy, laptop');
  t.match(api.seen[1]?.body, { kind: 'key-id', value: 'amy, laptop', authority: null });
  await revoke('--key', fingerprint);
  t.match(api.seen[2]?.body, { kind: 'key', value: fingerprint });
  t.match(await revoke(), { status: 2, err: /give one of/ });
  t.match(await revoke('--serial', '1', '--key-id', 'x'), { status: 2, err: /give one of/ });
  const listed = await waybill(['user-certificate', 'revoked', 'alameda'], { env });
  t.match(listed.out, /7e +serial +1042 +SHA256:a+ +laptop lost/);
  t.match(listed.out, /key +1042 +any /);
  t.match(await waybill(['user-certificate', 'reinstate', 'alameda', '7e'], { env }), {
    status: 0,
    err: /taken back/,
  });
});

void t.test('keys in security devices: add and change', async (t) => {
  const keys = '/v1/users/amy/keys';
  const key = { id: '9a', type: 'sk-ssh-ed25519@openssh.com', fingerprint, label: '' };
  const api = await fakeApi({
    [`POST ${keys}`]: { status: 201, json: key },
    [`PATCH ${keys}/9a`]: { json: key },
  });
  t.teardown(() => api.close());
  const { env } = api;
  const file = join(t.testdir(), 'sk.pub');
  writeFileSync(file, line);
  await waybill(['key', 'add', 'amy', file, '--verify', '--no-touch'], { env });
  t.same(api.seen[0]?.body, { publicKey: line, verifyRequired: true, touchRequired: false });
  await waybill(['key', 'add', 'amy', file], { env });
  t.same(api.seen[1]?.body, { publicKey: line });
  await waybill(['key', 'change', 'amy', '9a', '--touch', '--no-verify'], { env });
  t.same(api.seen[2]?.body, { touchRequired: true, verifyRequired: false });
  await waybill(['key', 'change', 'amy', '9a', '--no-touch', '--verify'], { env });
  t.same(api.seen[3]?.body, { touchRequired: false, verifyRequired: true });
});
