// Keys in security devices, made of software as OpenSSH's own tests make them (its sk-dummy.so).
import t from 'tap';
import { createLiveControl } from '../../server/authentication/live-control.ts';
import { parseKeyBlob } from '../../server/accounts/key-blob.ts';
import { ledger } from '../../server/ledger/ledger.ts';
import { admin } from '../accounts/fixtures/accounts.ts';
import { testKey, wireStrings } from '../accounts/fixtures/keys.ts';
import { deviceKey, signedBy, type CertifiedSignOptions } from './fixtures/certificates.ts';
import { openDesk, password, refusals, refusedAlike, type Desk } from './fixtures/logins.ts';

const names = ['ed25519', 'p256'] as const;
const present = 1;
const verified = 4;

async function logIn(desk: Desk, key = deviceKey('ed25519'), options: CertifiedSignOptions = {}) {
  const client = await desk.connect();
  return client.try('ann', signedBy(key, key.blob, client.sshSessionId, options));
}

for (const name of names)
  t.test(`sk- of ${name}: presence, counter and what else is signed`, async (t) => {
    const desk = await openDesk(t);
    const key = deviceKey(name);
    const added = await desk.accounts.addKey(admin, 'ann', { publicKey: `${key.line} yubi` });
    t.match(added, { type: key.type, bits: 256, touchRequired: true, verifyRequired: false });
    t.match(await logIn(desk, key), { kind: 'accepted' });
    t.match(await logIn(desk, key, { marks: { flags: 0x85, counter: 9 } }), { kind: 'accepted' });
    t.same(await logIn(desk, key, { marks: { flags: 0, counter: 10 } }), refusedAlike);
    t.same(await logIn(desk, key, { marks: { flags: verified, counter: 10 } }), refusedAlike);
    t.same(await refusals(desk), ['touch-missing', 'touch-missing']);
    const forged = async (change: object) => {
      const client = await desk.connect();
      const proof = signedBy(key, key.blob, client.sshSessionId);
      return client.try('ann', { ...proof, ...change });
    };
    const cases: Readonly<Record<string, object>> = {
      'flags that were not signed': { hardware: { flags: 5, counter: 9 } },
      'a counter that was not signed': { hardware: { flags: 1, counter: 10 } },
      'no flags': { hardware: undefined },
      'flags that no byte holds': { hardware: { flags: 256, counter: 9 } },
      'no signature': { signature: new Uint8Array() },
    };
    for (const [what, change] of Object.entries(cases)) {
      t.same(await forged(change), refusedAlike, what);
      t.equal((await refusals(desk)).at(-1), 'signature-invalid', what);
    }
    const plain = testKey(name, 7);
    const client = await desk.connect();
    const proof = signedBy(key, key.blob, client.sshSessionId);
    const { signature } = signedBy(plain, key.blob, client.sshSessionId);
    t.same(await client.try('ann', { ...proof, signature }), refusedAlike, 'as a plain key signs');
    const elsewhere = deviceKey(name, { application: 'ssh:elsewhere' });
    t.same(await logIn(desk, key, { signer: elsewhere }), refusedAlike, 'another application');
  });

t.test('what an administrator asks of a key', async (t) => {
  const desk = await openDesk(t);
  const key = deviceKey('ed25519');
  const { accounts } = desk;
  const { id } = await accounts.addKey(admin, 'ann', { publicKey: key.line, verifyRequired: true });
  t.same(await logIn(desk, key), refusedAlike);
  t.match(await logIn(desk, key, { marks: { flags: present | verified, counter: 1 } }), {
    kind: 'accepted',
  });
  await accounts.changeKey(admin, 'ann', id, { verifyRequired: false, touchRequired: false });
  t.match(await logIn(desk, key, { marks: { flags: 0, counter: 1 } }), { kind: 'accepted' });
  t.same(await refusals(desk), ['verification-missing']);
  const rows = (await desk.ledgerRows()).filter((row) => row['event'] === 'key.changed.1');
  t.match(rows, [
    {
      before: { touchRequired: true, verifyRequired: true },
      after: { touchRequired: false, verifyRequired: false },
    },
  ]);
  const plain = (await accounts.listKeys('ann')).find(({ type }) => type === 'ssh-ed25519');
  const change = { verifyRequired: true };
  await t.rejects(accounts.changeKey(admin, 'ann', plain!.id, change), {
    code: 'field-invalid',
    pointer: '/verifyRequired',
  });
  await t.rejects(
    accounts.addKey(admin, 'ann', { publicKey: testKey('p256').line, touchRequired: false }),
    { code: 'field-invalid' },
  );
});

t.test('a rotation keeps what was asked for', async (t) => {
  const { accounts } = await openDesk(t);
  const key = deviceKey('ed25519');
  const old = await accounts.addKey(admin, 'ann', { publicKey: key.line, verifyRequired: true });
  const next = deviceKey('p256');
  const { added } = await accounts.rotateKey(admin, 'ann', old.id, { publicKey: next.line });
  t.match(added, { verifyRequired: true, touchRequired: true });
  const other = deviceKey('ed25519', { number: 8 });
  const looser = await accounts.rotateKey(admin, 'ann', added.id, {
    publicKey: other.line,
    verifyRequired: false,
  });
  t.match(looser.added, { verifyRequired: false });
  const plain = await accounts.rotateKey(admin, 'ann', old.id, { publicKey: testKey('p384').line });
  t.match(plain.added, { verifyRequired: false, touchRequired: true });
});

t.test('a login by a key that takes more now ends', async (t) => {
  const desk = await openDesk(t);
  const ended: string[] = [];
  const { accounts } = createLiveControl({
    accounts: desk.accounts,
    authentication: desk.authentication,
    database: desk.database,
    ledger,
    endSession: async ({ connectionId, proofs }, reason) => {
      ended.push(proofs.join());
      await desk.authentication.connectionClosed({
        connectionId,
        reason,
        operations: {},
        bytesRead: 0,
        bytesWritten: 0,
      });
    },
  });
  const key = deviceKey('ed25519');
  const { id, fingerprint } = await accounts.addKey(admin, 'ann', { publicKey: key.line });
  await logIn(desk, key);
  await (await desk.connect()).sign(testKey('ed25519'));
  await accounts.changeKey(admin, 'ann', id, { label: 'yubi' });
  t.same(ended, []);
  await accounts.changeKey(admin, 'ann', id, { touchRequired: false });
  t.same(ended, []);
  await accounts.changeKey(admin, 'ann', id, { touchRequired: true });
  t.same(ended, [`publickey ${fingerprint}`]);
  await logIn(desk, key);
  await accounts.changeKey(admin, 'ann', id, { verifyRequired: true });
  t.equal(ended.length, 2);
  const rows = (await desk.ledgerRows()).filter((row) => row['event'] === 'session.ended.1');
  t.same(
    rows.map(({ reason }) => reason),
    ['touch-missing', 'verification-missing'],
  );
});

t.test('a proof that was good is asked again when the login is accepted', async (t) => {
  const desk = await openDesk(t);
  const { accounts } = desk;
  await accounts.changeUser(admin, 'ann', { loginMethods: [['publickey', 'password']] });
  await desk.accounts.setPassword(admin, 'ann', password);
  const key = deviceKey('ed25519');
  const { id } = await accounts.addKey(admin, 'ann', { publicKey: key.line });
  const client = await desk.connect();
  const proof = signedBy(key, key.blob, client.sshSessionId);
  t.match(await client.try('ann', proof), { partial: true });
  await accounts.changeKey(admin, 'ann', id, { verifyRequired: true });
  t.match(await client.try('ann', { kind: 'password', password }), { kind: 'refused' });
  t.same(await refusals(desk), ['verification-missing']);
});

t.test('a counter that does not rise is told and no reason to refuse', async (t) => {
  const desk = await openDesk(t);
  const key = deviceKey('ed25519');
  const { fingerprint } = await desk.accounts.addKey(admin, 'ann', { publicKey: key.line });
  for (const counter of [0, 0, 4_294_967_295, 4_294_967_295, 7, 8, 0])
    t.match(await logIn(desk, key, { marks: { flags: present, counter } }), { kind: 'accepted' });
  const rows = (await desk.ledgerRows()).filter(
    (row) => row['event'] === 'device-counter.not-risen.1',
  );
  t.match(rows, [
    // Two copies that are used in turn count alike (WebAuthn section 6.1.1).
    { username: 'ann', agency: 'alpine', fingerprint, before: 4_294_967_295, after: 4_294_967_295 },
    { before: 4_294_967_295, after: 7 },
    { before: 8, after: 0 },
  ]);
  t.equal(rows.length, 3, 'and 0 after 0 is a device that does not count');
  await desk.accounts.removeUser(admin, 'ann');
  const left = await desk.database.read(({ query }) =>
    query.selectFrom('device_counters').selectAll().execute(),
  );
  t.same(left, []);
});

t.test('what is no such key', async (t) => {
  const refused = { code: 'field-invalid' };
  for (const application of ['', 'https://example.org', 'ssh', 'ssh:\n', `ssh:${'x'.repeat(252)}`])
    t.throws(() => parseKeyBlob(deviceKey('ed25519', { application }).blob), refused, application);
  t.equal(
    parseKeyBlob(deviceKey('p256', { application: 'ssh:work' }).blob).application,
    'ssh:work',
  );
  t.equal(parseKeyBlob(testKey('p256').blob).application, null);
  const { blob } = deviceKey('ed25519');
  t.throws(() => parseKeyBlob(Buffer.concat([blob, Buffer.of(0)])), refused);
  for (let size = 0; size < blob.length; size += 1)
    t.throws(() => parseKeyBlob(blob.subarray(0, size)), refused);
  const wrongCurve = wireStrings('sk-ecdsa-sha2-nistp256@openssh.com', 'nistp384', '', 'ssh:');
  t.throws(() => parseKeyBlob(wrongCurve), refused);
});
