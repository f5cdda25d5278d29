// Which signatures count: by which algorithms, over what, and what a device must say.
import t from 'tap';
import { parseKeyBlob } from '../../server/accounts/key-blob.ts';
import {
  hardwareRefusal,
  hashFor,
  isSignedBy,
  isUserVerified,
} from '../../server/authentication/signatures.ts';
import { rsaKey, testKey, type TestKey } from '../accounts/fixtures/keys.ts';
import { deviceKey, signatureOf } from './fixtures/certificates.ts';

const hashes: Readonly<Record<string, Readonly<Record<string, string | null>>>> = {
  'ssh-ed25519': { 'ssh-ed25519': null },
  'ecdsa-sha2-nistp256': { 'ecdsa-sha2-nistp256': 'sha256' },
  'ecdsa-sha2-nistp384': { 'ecdsa-sha2-nistp384': 'sha384' },
  'ecdsa-sha2-nistp521': { 'ecdsa-sha2-nistp521': 'sha512' },
  'ssh-rsa': { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512' },
  'sk-ssh-ed25519@openssh.com': { 'sk-ssh-ed25519@openssh.com': null },
  'sk-ecdsa-sha2-nistp256@openssh.com': { 'sk-ecdsa-sha2-nistp256@openssh.com': 'sha256' },
};

t.test('every kind of key with every name of an algorithm', (t) => {
  const names = new Set([
    ...Object.values(hashes).flatMap((each) => Object.keys(each)),
    ...Object.keys(hashes),
    'ssh-dss',
    'toString',
    'constructor',
    '',
  ]);
  for (const type of Object.keys(hashes) as Parameters<typeof hashFor>[0][])
    for (const name of names) {
      const own = new Map(Object.entries(hashes[type] ?? {}));
      t.equal(hashFor(type, name), own.get(name), `${type} ${name}`);
    }
  t.end();
});

const message = Buffer.from('what is signed');
const marks = { flags: 1, counter: 0x0102_0304 };

function isSigned(key: TestKey, change: Partial<Parameters<typeof isSignedBy>[1]> = {}) {
  const plain = key.type === 'ssh-rsa' ? 'rsa-sha2-512' : key.type;
  const hash = hashFor(parseKeyBlob(key.blob).type, plain) ?? null;
  const signature = signatureOf(key, message, plain, marks);
  const hardware = 'application' in key ? marks : undefined;
  return isSignedBy(parseKeyBlob(key.blob), { hash, message, signature, hardware, ...change });
}

t.test('a key in a device signs with its marks, and another without', (t) => {
  const named = deviceKey('ed25519', { application: 'ssh:office ~' });
  for (const key of [deviceKey('ed25519'), deviceKey('p256'), named]) {
    t.equal(isSigned(key), true);
    t.equal(isSigned(key, { hardware: undefined }), false);
    t.equal(isSigned(key, { hardware: { ...marks, flags: 5 } }), false, 'flags are signed');
    t.equal(isSigned(key, { hardware: { ...marks, counter: 0x0102_0305 } }), false);
    t.equal(isSigned(key, { hardware: { ...marks, counter: 0x0104_0302 } }), false);
    t.equal(isSigned(key, { hardware: { flags: 256, counter: -1 } }), false, 'which are none');
    t.equal(isSigned(key, { message: Buffer.from('something else') }), false);
    const bare = signatureOf({ ...testKey('ed25519', 7) }, message);
    t.equal(isSigned(key, { signature: bare }), false, 'not over what the device signs');
  }
  for (const key of [testKey('ed25519'), testKey('p256'), testKey('rsa3072')]) {
    t.equal(isSigned(key), true);
    t.equal(isSigned(key, { hardware: marks }), false, 'marks that nobody signed');
  }
  const [app, other] = [deviceKey('ed25519'), deviceKey('ed25519', { application: 'ssh:other' })];
  const signature = signatureOf(app, message, app.type, marks);
  t.equal(isSigned(other, { signature }), false, 'for another application');
  t.end();
});

t.test('whatever goes wrong while it is verified is no signature', (t) => {
  const key = testKey('p256');
  t.equal(isSigned(key, { hash: 'no such hash' }), false);
  t.equal(isSigned(key, { signature: Buffer.alloc(0) }), false);
  t.equal(isSigned(key, { signature: Buffer.from('3006020100020100', 'hex') }), false);
  t.equal(isSigned(rsaKey(3072), { hash: 'sha256' }), false);
  const ieee = Buffer.alloc(64, 1);
  t.equal(isSigned(key, { signature: ieee }), false, 'it is DER that counts');
  t.end();
});

t.test('what must have happened at the device', (t) => {
  const all = [false, true].flatMap((touchRequired) =>
    [false, true].map((verifyRequired) => ({ touchRequired, verifyRequired })),
  );
  for (const demands of all) {
    const { touchRequired, verifyRequired } = demands;
    const missing = verifyRequired ? 'verification-missing' : null;
    t.equal(hardwareRefusal(null, demands), missing, 'a key in no device');
    for (let flags = 0; flags < 16; flags += 1) {
      const untouched = touchRequired && flags % 2 === 0 ? 'touch-missing' : null;
      const unverified = (flags & 4) === 0 ? missing : null;
      t.equal(hardwareRefusal({ flags, counter: 0 }, demands), untouched ?? unverified, `${flags}`);
    }
  }
  t.equal(isUserVerified(null), false);
  for (let flags = 0; flags < 16; flags += 1)
    t.equal(isUserVerified({ flags, counter: 9 }), (flags & 4) !== 0);
  t.end();
});
