// OpenSSH certificates as bytes: what is one, what is none, and that each has the reason of its own.
import fc from 'fast-check';
import t from 'tap';
import { parseKeyBlob } from '../../server/accounts/key-blob.ts';
import {
  certificateBytesMax,
  claimedNames,
  readCertificate,
} from '../../server/authentication/certificate.ts';
import { Fault } from '../../server/domain/faults.ts';
import { rsaKey, testKey, wireStrings, type KeyName } from '../accounts/fixtures/keys.ts';
import {
  certify,
  clockSeconds,
  deviceKey,
  wireSignature,
  type CertificateFields,
} from './fixtures/certificates.ts';

const key = testKey('ed25519');
const authority = testKey('ed25519', 1);
const kinds: readonly KeyName[] = ['ed25519', 'p256', 'p384', 'p521', 'rsa3072'];
const every = [...kinds.map((name) => testKey(name)), deviceKey('ed25519'), deviceKey('p256')];

t.test('every kind of key is certified by every kind of authority', async (t) => {
  for (const certified of every)
    for (const signer of every) {
      const read = readCertificate(certify(certified, signer));
      t.equal(read.isSigned, true, `${certified.type} by ${signer.type}`);
      t.same(Buffer.from(read.key.blob), certified.blob);
      t.same(Buffer.from(read.authority.blob), signer.blob);
    }
  const sha256 = certify(key, testKey('rsa3072'), { signAlgorithm: 'rsa-sha2-256' });
  t.equal(readCertificate(sha256).isSigned, true);
});

t.test('what it says', async (t) => {
  const read = readCertificate(
    certify(key, authority, {
      serial: 0xffff_ffff_ffff_ffffn,
      keyId: 'nightly job — Kern',
      principals: ['ann', 'bob'],
      options: [
        ['source-address', '192.0.2.0/28,2001:db8::/32,198.51.100.7'],
        ['verify-required', Buffer.alloc(0)],
      ],
      extensions: [
        ['no-touch-required', Buffer.alloc(0)],
        ['permit-x@example.org', 'whatever'],
      ],
      reserved: Buffer.from('later'),
    }),
  );
  t.match(read, {
    serial: '18446744073709551615',
    keyId: 'nightly job — Kern',
    principals: ['ann', 'bob'],
    validAfterMs: Number(clockSeconds - 60n) * 1000,
    validBeforeMs: Number(clockSeconds + 3600n) * 1000,
    sourceCidrs: ['192.0.2.0/28', '2001:db8::/32', '198.51.100.7'],
    verifyRequired: true,
  });
  const forever = 0xffff_ffff_ffff_ffffn;
  const always = readCertificate(
    certify(key, authority, { validAfter: 0n, validBefore: forever, principals: [], serial: 0n }),
  );
  t.match(always, { validAfterMs: 0, validBeforeMs: null, principals: [], serial: '0' });
  t.match(always, { sourceCidrs: null, verifyRequired: false });
  t.equal(readCertificate(certify(key, authority, { validAfter: forever })).validAfterMs, Infinity);
  const sources = Array.from({ length: 100 }, (_, index) => `192.0.2.${index}`);
  const many = certify(key, authority, { options: [['source-address', sources.join(',')]] });
  t.equal(readCertificate(many).sourceCidrs?.length, 100);
});

const flag = Buffer.alloc(0);
const bad: Readonly<Record<string, readonly [CertificateFields, code: string]>> = {
  'no nonce': [{ nonce: Buffer.alloc(0) }, 'certificate-malformed'],
  'a short nonce': [{ nonce: Buffer.alloc(15) }, 'certificate-malformed'],
  'a host certificate': [{ role: 2 }, 'certificate-type-wrong'],
  'of no role': [{ role: 0 }, 'certificate-type-wrong'],
  'a plain type': [{ type: 'ssh-ed25519' }, 'certificate-malformed'],
  'another kind of key': [{ type: 'ssh-rsa-cert-v01@openssh.com' }, 'certificate-malformed'],
  'version 00': [{ type: 'ssh-ed25519-cert-v00@openssh.com' }, 'certificate-malformed'],
  DSA: [{ type: 'ssh-dss-cert-v01@openssh.com' }, 'certificate-malformed'],
  'an inherited name': [{ type: 'constructor-cert-v01@openssh.com' }, 'certificate-malformed'],
  'a key id that is no UTF-8': [{ keyId: Buffer.of(0xff) }, 'certificate-malformed'],
  'a key id of two lines': [{ keyId: 'a\nb' }, 'certificate-malformed'],
  'a long key id': [{ keyId: 'x'.repeat(256) }, 'certificate-malformed'],
  'too many principals': [
    { principals: Array.from({ length: 257 }, () => 'a') },
    'certificate-malformed',
  ],
  'a forced command': [{ options: [['force-command', 'true']] }, 'certificate-option-unknown'],
  'an unknown option': [{ options: [['x@example.org', '']] }, 'certificate-option-unknown'],
  'an option twice': [
    {
      options: [
        ['verify-required', flag],
        ['verify-required', flag],
      ],
    },
    'certificate-malformed',
  ],
  'options out of order': [
    {
      options: [
        ['verify-required', flag],
        ['source-address', '192.0.2.1'],
      ],
    },
    'certificate-malformed',
  ],
  'a flag with a value': [{ options: [['verify-required', 'yes']] }, 'certificate-malformed'],
  'an address not wrapped': [
    { options: [['source-address', Buffer.from('192.0.2.1')]] },
    'certificate-malformed',
  ],
  'an address with more behind': [
    { options: [['source-address', Buffer.concat([wireStrings('192.0.2.1'), Buffer.of(0)])]] },
    'certificate-malformed',
  ],
  'no address': [{ options: [['source-address', '']] }, 'certificate-malformed'],
  'an empty address in a list': [
    { options: [['source-address', '192.0.2.1,']] },
    'certificate-malformed',
  ],
  // Each costs the monitor 12 us, before anybody has logged in: 5,000 fit into what a certificate may weigh.
  'too many addresses': [
    { options: [['source-address', Array.from({ length: 101 }, () => '::').join(',')]] },
    'certificate-malformed',
  ],
  'a host name': [{ options: [['source-address', 'example.org']] }, 'certificate-malformed'],
  'a pattern': [{ options: [['source-address', '192.0.2.*']] }, 'certificate-malformed'],
  'an address beyond its prefix': [
    { options: [['source-address', '192.0.2.9/28']] },
    'certificate-malformed',
  ],
  'extensions out of order': [
    {
      extensions: [
        ['permit-x', flag],
        ['permit-pty', flag],
      ],
    },
    'certificate-malformed',
  ],
  'no authority': [{ authorityBlob: Buffer.alloc(0) }, 'certificate-malformed'],
  'an authority that is a certificate': [
    { authorityBlob: certify(authority, authority) },
    'certificate-malformed',
  ],
  'no signature': [{ signature: Buffer.alloc(0) }, 'certificate-malformed'],
  'half a signature': [{ signature: wireStrings('ssh-ed25519') }, 'certificate-malformed'],
  'a short signature': [
    { signature: wireStrings('ssh-ed25519', Buffer.alloc(63)) },
    'certificate-malformed',
  ],
  'a signature with more behind': [
    { signature: wireStrings('ssh-ed25519', Buffer.alloc(64), '') },
    'certificate-malformed',
  ],
  'bytes behind its end': [{ behind: Buffer.of(0) }, 'certificate-malformed'],
  oversized: [{ reserved: Buffer.alloc(certificateBytesMax) }, 'certificate-malformed'],
};

t.test('what is no certificate for a login has a reason', async (t) => {
  for (const [name, [fields, code]] of Object.entries(bad))
    t.throws(() => readCertificate(certify(key, authority, fields)), { code }, name);
});

t.test('what it says that it is, of one that nobody signed too', async (t) => {
  const forged = certify(key, authority, { serial: 7n, signature: Buffer.alloc(0) });
  t.same(claimedNames(forged), {
    authority: parseKeyBlob(authority.blob).fingerprint,
    key: parseKeyBlob(key.blob).fingerprint,
    serial: '7',
    keyId: 'ann@laptop',
  });
  t.equal(claimedNames(certify(key, authority, { keyId: Buffer.of(0xff) }))?.keyId, '\ufffd');
  t.equal(claimedNames(forged.subarray(0, -1)), undefined);
  t.equal(claimedNames(key.blob), undefined);
  t.equal(
    claimedNames(certify(key, authority, { reserved: Buffer.alloc(certificateBytesMax) })),
    undefined,
  );
});

t.test('weak keys and algorithms', async (t) => {
  const weak = rsaKey(2048);
  t.throws(() => readCertificate(certify(weak, authority)), { code: 'key-weak' }, 'certified');
  t.throws(() => readCertificate(certify(key, weak)), { code: 'key-weak' }, 'the authority');
  const sha1 = certify(key, testKey('rsa3072'), { signAlgorithm: 'ssh-rsa' });
  t.throws(() => readCertificate(sha1), { code: 'key-weak' }, 'SHA-1');
});

t.test('what its authority did not sign', async (t) => {
  const other = testKey('ed25519', 2);
  const forged: Record<string, Buffer> = {
    'by another': certify(key, other, { authorityBlob: authority.blob }),
    'with an algorithm of another kind of key': certify(key, testKey('p256'), {
      authorityBlob: authority.blob,
    }),
    'an untouched device': certify(key, deviceKey('ed25519'), {
      signMarks: { flags: 0, counter: 1 },
    }),
    'a device without its marks': certify(key, testKey('ed25519', 7), {
      authorityBlob: deviceKey('ed25519').blob,
    }),
    'something else': certify(key, authority, {
      signature: wireSignature(authority, Buffer.from('something else')),
    }),
  };
  for (const [name, bytes] of Object.entries(forged))
    t.equal(readCertificate(bytes).isSigned, false, name);
});

t.test('nothing but faults comes of any bytes, and no byte of a certificate is idle', async (t) => {
  const whole = certify(key, authority, { options: [['source-address', '192.0.2.0/28']] });
  const outcome = (bytes: Uint8Array): string => {
    try {
      return String(readCertificate(bytes).isSigned);
    } catch (error) {
      if (error instanceof Fault) return error.code;
      throw error;
    }
  };
  t.equal(outcome(whole), 'true');
  for (let size = 0; size < whole.length; size += 1)
    if (outcome(whole.subarray(0, size)) !== 'certificate-malformed') t.fail(`cut at ${size}`);
  const refused = /^(false|certificate-(malformed|type-wrong|option-unknown)|key-weak)$/;
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: whole.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      (at, change) => {
        const changed = Buffer.from(whole);
        changed[at]! ^= change;
        return refused.test(outcome(changed));
      },
    ),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => refused.test(outcome(bytes))),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const headed = Buffer.concat([
        wireStrings('ssh-ed25519-cert-v01@openssh.com', Buffer.alloc(16)),
        bytes,
      ]);
      return refused.test(outcome(headed));
    }),
  );
});
