// Certificates at the edge of each limit, and the words that an administrator reads of those beyond it.
import t from 'tap';
import { readCertificate, readHostCertificate } from '../../server/authentication/certificate.ts';
import { certificateBytesMax, claimedNames } from '../../server/authentication/certificate.ts';
import { testKey, wireStrings } from '../accounts/fixtures/keys.ts';
import { certify, type CertificateFields } from './fixtures/certificates.ts';

const key = testKey('ed25519');
const authority = testKey('ed25519', 1);
const read = (fields: CertificateFields) => readCertificate(certify(key, authority, fields));
const sourcesOf = (...sources: string[]) =>
  ({ options: [['source-address', sources.join(',')]] }) satisfies CertificateFields;

/** A certificate of just so many bytes. */
function ofSize(size: number): Buffer {
  const { length } = certify(key, authority, { reserved: Buffer.alloc(0) });
  return certify(key, authority, { reserved: Buffer.alloc(size - length) });
}

t.test('as much as is allowed', (t) => {
  t.equal(readCertificate(ofSize(certificateBytesMax)).isSigned, true);
  t.ok(claimedNames(ofSize(certificateBytesMax)));
  t.equal(claimedNames(ofSize(certificateBytesMax + 1)), undefined);
  t.equal(read({ nonce: Buffer.alloc(16) }).isSigned, true);
  t.equal(read({ keyId: 'x'.repeat(255) }).keyId.length, 255);
  t.equal(read({ keyId: '' }).keyId, '');
  const principals = Array.from({ length: 256 }, (_, index) => `user${index}`);
  t.same(read({ principals }).principals, principals);
  const lastMs = 8.64e15;
  t.equal(read({ validBefore: BigInt(lastMs / 1000) }).validBeforeMs, lastMs);
  t.equal(read({ validBefore: BigInt(lastMs / 1000) + 1n }).validBeforeMs, null);
  t.equal(read({ validAfter: BigInt(lastMs / 1000) }).validAfterMs, lastMs);
  t.equal(read({ validAfter: BigInt(lastMs / 1000) + 1n }).validAfterMs, Infinity);
  t.equal(read({ validBefore: 0n }).validBeforeMs, 0, 'which is over at once');
  const extensions = [['A@example.org', Buffer.alloc(0)]] as const;
  t.equal(read({ extensions }).isSigned, true, 'in the order of bytes');
  t.same(read(sourcesOf('192.0.2.1')).sourceCidrs?.length, 1);
  t.same(read(sourcesOf('10.0.0.0/8', '2001:db8::/32')).sourceCidrs, [
    '10.0.0.0/8',
    '2001:db8::/32',
  ]);
  t.end();
});

const malformed: Readonly<Record<string, CertificateFields>> = {
  'it is none': { type: 'ssh-ed25519' },
  'its nonce is missing or short': { nonce: Buffer.alloc(15) },
  'its kind of key is not taken': { type: 'ssh-dss-cert-v01@openssh.com' },
  'it names too many principals': { principals: Array.from({ length: 257 }, () => 'a') },
  'its options are not in order': { options: [['', Buffer.alloc(0)]] },
  'a flag has a value': { options: [['verify-required', Buffer.of(0)]] },
  'it names too many source addresses': sourcesOf(...Array.from({ length: 101 }, () => '::')),
  'its source addresses are none': sourcesOf('192.0.2.1', '192.0.2.9/28'),
  'its key id is no text': { keyId: Buffer.of(0xc3) },
  'its signature is none': { signature: Buffer.of(0) },
};

t.test('and one more is not, each in its own words', (t) => {
  for (const [message, fields] of Object.entries(malformed))
    t.throws(() => read(fields), { code: 'certificate-malformed', message }, message);
  t.throws(() => readCertificate(ofSize(certificateBytesMax + 1)), {
    code: 'certificate-malformed',
    message: 'it is too long',
  });
  for (const [fields, cause] of [
    [{ behind: Buffer.of(0) }, /bytes follow its end/],
    [
      { extensions: [['permit-pty', Buffer.alloc(0)]], authorityBlob: Buffer.alloc(3) },
      /cut short/,
    ],
  ] as const)
    t.throws(() => read(fields), {
      code: 'certificate-malformed',
      message: 'the certificate is damaged',
      cause: { message: cause },
    });
  t.throws(() => read(sourcesOf('example.org')), { message: 'its source addresses are none' });
  const sha1 = certify(key, testKey('rsa3072'), { signAlgorithm: 'ssh-rsa' });
  t.throws(() => readCertificate(sha1), {
    code: 'key-weak',
    message: 'the certificate is signed with SHA-1',
  });
  t.end();
});

t.test('a certificate of a host is none of a user, and the other way round', (t) => {
  const [user, host] = [certify(key, authority), certify(key, authority, { role: 2 })];
  t.equal(readCertificate(user).isSigned, true);
  t.equal(readHostCertificate(host).isSigned, true);
  t.throws(() => readCertificate(host), { code: 'certificate-type-wrong' });
  t.throws(() => readHostCertificate(user), { code: 'certificate-type-wrong' });
  t.throws(() => readHostCertificate(certify(key, authority, { role: 3 })), {
    code: 'certificate-type-wrong',
  });
  t.end();
});

t.test('what was checked is no view of what was given', (t) => {
  const bytes = certify(key, authority);
  const certificate = readCertificate(bytes);
  bytes.fill(0);
  t.same(Buffer.from(certificate.key.blob), key.blob);
  t.same(Buffer.from(certificate.authority.blob), authority.blob);
  t.equal(certificate.signedWith, 'ssh-ed25519');
  t.end();
});

t.test('a key id is text that can be shown: every kind of control is none', (t) => {
  for (const keyId of ['a\u0000', 'a\u007f', 'a\u0085', 'a\u200b', 'a\u202e', 'a\ue000'])
    t.throws(() => read({ keyId }), { code: 'certificate-malformed' }, JSON.stringify(keyId));
  t.equal(read({ keyId: 'Zoë’s laptop – 2' }).keyId, 'Zoë’s laptop – 2');
  t.throws(() => read({ options: [['verify-required', wireStrings('')]] }), {
    message: 'a flag has a value',
  });
  t.end();
});
