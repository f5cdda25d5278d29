import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  generateEcdsaHostKey,
  generateHostKey,
  hostKeySigner,
} from '../server/connection/host-keys.ts';
import { openHostKeys, readHostCertificates } from '../server/host-certificates.ts';
import { testKey, type TestKey } from './accounts/fixtures/keys.ts';
import {
  certify,
  clockSeconds,
  type CertificateFields,
} from './authentication/fixtures/certificates.ts';

const nowMs = Number(clockSeconds) * 1000;
const authority = testKey('ed25519', 1);
const texts = [generateHostKey(), generateEcdsaHostKey()];
/** Beyond what is warned of. */
const long = { validBefore: clockSeconds + 31n * 86_400n };
const hostKeys = texts.map((text) => hostKeySigner(text).publicKey);
/** As the fixture certifies it: it needs no private half. */
const keyOf = (index: number) => ({
  ...testKey('ed25519'),
  type: hostKeys[index]!.type,
  blob: Buffer.from(hostKeys[index]!.blob),
});

function write(directory: string, kind: string, key: TestKey, fields: CertificateFields = {}) {
  const blob = certify(key, authority, { role: 2, principals: ['files.example.org'], ...fields });
  const type = blob.subarray(4, 4 + blob.readUInt32BE(0)).toString();
  writeFileSync(join(directory, `host_${kind}-cert.pub`), `${type} ${blob.toString('base64')} x\n`);
  return { type, blob };
}

t.test('certificates of the keys in use are offered', async (t) => {
  const directory = t.testdir();
  const none = { offered: [], warnings: [] };
  t.same(readHostCertificates(directory, hostKeys, nowMs), none);
  const first = write(directory, 'ed25519', keyOf(0), long);
  const second = write(directory, 'ecdsa', keyOf(1), {
    validAfter: 0n,
    validBefore: 0xffff_ffff_ffff_ffffn,
  });
  t.match(first, { type: 'ssh-ed25519-cert-v01@openssh.com' });
  t.same(readHostCertificates(directory, hostKeys, nowMs), {
    offered: [first, second],
    warnings: [],
  });
  const ring = openHostKeys(directory, { inUse: texts, next: [], warn: () => undefined });
  t.same(ring.certified, [second], 'the other is not valid before 2030');
  t.equal(ring.sign(Buffer.alloc(32), first.type)?.length, 64, 'it signs as its key does');
});

t.test('its kind is what it is, whatever the word before it says', async (t) => {
  const directory = t.testdir();
  const { type, blob } = write(directory, 'ed25519', keyOf(0), long);
  const path = join(directory, 'host_ed25519-cert.pub');
  writeFileSync(path, `ssh-ed25519 ${blob.toString('base64')}\n`);
  t.same(readHostCertificates(directory, hostKeys, nowMs).offered, [{ type, blob }]);
});

t.test('what would help no client is told, not offered', async (t) => {
  for (const [fields, key, words] of [
    [{ validBefore: clockSeconds }, keyOf(0), /has expired: clients are shown the plain host key/],
    [{ ...long, validAfter: clockSeconds + 1n }, keyOf(0), /not valid yet: clients are shown/],
    [long, testKey('ed25519', 9), /another key than the one in use: clients are shown/],
  ] as const) {
    const directory = t.testdir();
    write(directory, 'ed25519', key, fields);
    const { offered, warnings } = readHostCertificates(directory, hostKeys, nowMs);
    t.same(offered, []);
    t.match(warnings, [words]);
  }
  const directory = t.testdir();
  write(directory, 'ed25519', testKey('ed25519', 9), long);
  const told: string[] = [];
  openHostKeys(directory, { inUse: texts, next: [], warn: (words) => told.push(words) });
  t.match(told.join(), /another key.*: clients are shown the plain host key/);
});

t.test('one that ends within 30 days is offered, and told of', async (t) => {
  const directory = t.testdir();
  const { type, blob } = write(directory, 'ed25519', keyOf(0));
  const { offered, warnings } = readHostCertificates(directory, hostKeys, nowMs);
  t.same(offered, [{ type, blob }]);
  t.match(warnings, [/host_ed25519-cert\.pub ends on 2030-01-01T01:00:00\.000Z$/]);
});

t.test('what is no certificate of a host keeps the server from starting', async (t) => {
  const refused = { code: 'key-material-unusable' };
  const directory = t.testdir();
  const read = () => readHostCertificates(directory, hostKeys, nowMs);
  write(directory, 'ed25519', keyOf(0), { role: 1 });
  t.throws(read, refused, 'of a user');
  write(directory, 'ed25519', keyOf(0), { authorityBlob: testKey('ed25519', 2).blob });
  t.throws(read, refused, 'not signed by its authority');
  writeFileSync(join(directory, 'host_ed25519-cert.pub'), '');
  t.throws(read, refused, 'empty');
});
