// Proofs by keys, judged without a server around them: what is bound into a signature, and what each refusal is called.
import { sign } from 'node:crypto';
import t from 'tap';
import type { LoginFacts, LoginKey } from '../../server/accounts/logins.ts';
import { fingerprintOf } from '../../server/accounts/key-blob.ts';
import {
  demandsOf,
  isCertifiedProof,
  isExpired,
  isFactorMissing,
  matchKey,
  presentedByCertificate,
  readPresentedKey,
  verifySignature,
} from '../../server/authentication/proofs.ts';
import type { SigningFacts, VerifiedProof } from '../../server/authentication/proofs.ts';
import { readCertificate } from '../../server/authentication/certificate.ts';
import { UsedKeys } from '../../server/authentication/used-keys.ts';
import { rsaKey, testKey, wireStrings, type TestKey } from '../accounts/fixtures/keys.ts';
import { certify, clockSeconds, deviceKey, signatureOf } from './fixtures/certificates.ts';
import { signedRequest } from './fixtures/logins.ts';

const nowMs = Number(clockSeconds) * 1000;
const key = testKey('ed25519');
const sshSessionId = Buffer.alloc(20, 9);

function storedKey({ type, blob }: TestKey, change: Partial<LoginKey> = {}): LoginKey {
  const rules = { touchRequired: true, verifyRequired: false };
  const fingerprint = fingerprintOf(blob);
  return { id: `id of ${type}`, type, blob, fingerprint, expiresAtMs: null, ...rules, ...change };
}

function factsWith(keys: readonly LoginKey[], change: Partial<SigningFacts> = {}): SigningFacts {
  const login = { username: 'ann', keys } as unknown as LoginFacts;
  const usedKeys = new UsedKeys();
  const address = '192.0.2.10';
  return { login, nowMs, address, sshSessionId, usedKeys, presented: undefined, ...change };
}

/** A login that signs just those bytes. */
function proofOver(signed: Buffer, change: object = {}) {
  const { blob: keyBlob, type: algorithm } = key;
  const signature = sign(null, signed, key.privateKey);
  return { kind: 'signature', algorithm, keyBlob, signature, signed, ...change } as const;
}

const request = (id: Buffer = sshSessionId, username = 'ann') =>
  signedRequest(key, id, username, key.type);
const own = factsWith([storedKey(testKey('p256')), storedKey(key)]);

t.test('a signature by a key of the user over this request', (t) => {
  t.same(verifySignature(proofOver(request()), own), {
    method: 'publickey',
    keyId: 'id of ssh-ed25519',
    fingerprint: fingerprintOf(key.blob),
    algorithm: 'ssh-ed25519',
    hardware: null,
  });
  const untold = factsWith(own.login.keys, { sshSessionId: null });
  const other = request(Buffer.alloc(20, 8));
  t.ok(verifySignature(proofOver(other), untold), 'where nobody tells the identifiers');
  t.throws(() => verifySignature(proofOver(other), own), { code: 'proof-malformed' });
  for (const length of [0, 19])
    t.throws(
      () => verifySignature(proofOver(request(Buffer.alloc(length, 9))), untold),
      { code: 'proof-malformed' },
      `an identifier of ${length} bytes`,
    );
  t.end();
});

t.test('every field of the request is looked at', (t) => {
  const whole = request();
  for (let at = 0; at < whole.length; at += 1) {
    const changed = Buffer.from(whole);
    changed[at]! ^= 0x80;
    // Whether it is a signature or not: any byte but 0 says that it is.
    const isTheFlag = at === 20 + 4 + 1 + 7 + 18 + 13;
    const verify = () => verifySignature(proofOver(changed), own);
    if (isTheFlag) t.ok(verify());
    else t.throws(verify, { code: 'proof-malformed' }, `byte ${at}`);
  }
  for (let size = 0; size < whole.length; size += 1)
    t.throws(() => verifySignature(proofOver(whole.subarray(0, size)), own), {
      code: 'proof-malformed',
    });
  const longer = Buffer.concat([whole, Buffer.of(0)]);
  t.throws(() => verifySignature(proofOver(longer), own), { code: 'proof-malformed' });
  t.end();
});

t.test('signatures and what is signed are bytes, so many and no more', (t) => {
  const signed = request();
  for (const [change, code] of [
    [{ signature: 'text' }, 'proof-malformed'],
    [{ signature: undefined }, 'proof-malformed'],
    [{ signature: Buffer.alloc(4097) }, 'proof-malformed'],
    [{ signature: Buffer.alloc(4096) }, 'signature-invalid'],
    [{ signature: Buffer.alloc(64) }, 'signature-invalid'],
    [{ signed: 'text' }, 'proof-malformed'],
    [{ signed: undefined }, 'proof-malformed'],
    [{ hardware: { flags: 1, counter: 1 } }, 'signature-invalid'],
    [{ algorithm: 'ssh-rsa' }, 'key-weak'],
    [{ keyBlob: 'text' }, 'proof-malformed'],
  ] as const)
    t.throws(
      () => verifySignature(proofOver(signed, change), own),
      { code },
      JSON.stringify(change).slice(0, 40),
    );
  const long = (size: number) => {
    const blob = Buffer.alloc(size - request(sshSessionId, '').length + key.blob.length, 1);
    const { length } = signedRequest(key, sshSessionId, 'x'.repeat(blob.length), key.type);
    return { username: 'x'.repeat(blob.length - key.blob.length), length };
  };
  const limit = 64 * 1024;
  for (const [size, isTaken] of [
    [limit, true],
    [limit + 1, false],
  ] as const) {
    const { username } = long(size);
    const signedAs = request(sshSessionId, username);
    t.equal(signedAs.length, size);
    const login = { ...own.login, username };
    const verify = () => verifySignature(proofOver(signedAs), { ...own, login });
    if (isTaken) t.ok(verify());
    else t.throws(verify, { code: 'proof-malformed' });
  }
  t.end();
});

t.test('a key as it came', (t) => {
  t.match(readPresentedKey('ssh-ed25519', key.blob), { hash: null });
  t.match(readPresentedKey('rsa-sha2-256', testKey('rsa3072').blob), { hash: 'sha256' });
  t.throws(() => readPresentedKey('rsa-sha2-256', key.blob), {
    code: 'key-weak',
    message: 'a ssh-ed25519 key may not sign with rsa-sha2-256',
  });
  t.throws(() => readPresentedKey('rsa-sha2-256', rsaKey(2048).blob), { code: 'key-weak' });
  for (const [algorithm, blob] of [
    [7, key.blob],
    ['ssh-ed25519', 'text'],
    [undefined, undefined],
  ] as const)
    t.throws(() => readPresentedKey(algorithm, blob), { code: 'proof-malformed' });
  t.throws(() => readPresentedKey('ssh-ed25519', Buffer.alloc(3)), {
    code: 'proof-malformed',
    cause: { code: 'field-invalid' },
  });
  t.end();
});

t.test('the key of the user that it is', (t) => {
  const presented = readPresentedKey('ssh-ed25519', key.blob);
  const [same, other] = [storedKey(key), storedKey(testKey('ed25519', 1))];
  t.equal(matchKey([other, same], presented, nowMs), same);
  t.equal(matchKey([storedKey(key, { expiresAtMs: nowMs + 1 })], presented, nowMs).id, same.id);
  for (const [keys, code] of [
    [[], 'key-unknown'],
    [[other], 'key-unknown'],
    [[storedKey(key, { blob: key.blob.subarray(1) })], 'key-unknown'],
    [[storedKey(key, { type: 'ssh-rsa' })], 'key-unknown'],
    [[storedKey(key, { expiresAtMs: nowMs })], 'key-expired'],
  ] as const)
    t.throws(() => matchKey(keys, presented, nowMs), { code });
  t.equal(isExpired(same, nowMs), false);
  t.equal(isExpired(storedKey(key, { expiresAtMs: nowMs + 1 }), nowMs), false);
  t.equal(isExpired(storedKey(key, { expiresAtMs: nowMs }), nowMs), true);
  t.equal(isExpired(storedKey(key, { expiresAtMs: nowMs - 1 }), nowMs), true);
  t.end();
});

t.test('a certified key signs as its type does, with what its authority asks for', (t) => {
  const authority = testKey('ed25519', 4);
  const device = deviceKey('ed25519');
  const blob = certify(device, authority);
  const certificate = readCertificate(blob);
  const algorithm = 'sk-ssh-ed25519-cert-v01@openssh.com';
  t.match(presentedByCertificate(algorithm, certificate), { hash: null });
  t.throws(() => presentedByCertificate('ssh-ed25519-cert-v01@openssh.com', certificate), {
    code: 'key-weak',
    message: 'a sk-ssh-ed25519@openssh.com key may not sign with ssh-ed25519',
  });
  const known = { fingerprint: '', principals: [], verifyRequired: false, expiresAtMs: null };
  const standing = { authority: known, isRevoked: false };
  const strict = { authority: { ...known, verifyRequired: true }, isRevoked: false };
  const asking = { ...certificate, verifyRequired: true };
  const nobody = { authority: undefined, isRevoked: false };
  t.same(demandsOf(certificate, standing), { touchRequired: true, verifyRequired: false });
  t.same(demandsOf(certificate, nobody), { touchRequired: true, verifyRequired: false });
  t.same(demandsOf(certificate, strict), { touchRequired: true, verifyRequired: true });
  t.same(demandsOf(asking, standing), { touchRequired: true, verifyRequired: true });

  const signed = Buffer.concat([
    wireStrings(sshSessionId),
    Buffer.of(50),
    wireStrings('ann', 'ssh-connection', 'publickey'),
    Buffer.of(1),
    wireStrings(algorithm, blob),
  ]);
  const hardware = { flags: 1, counter: 3 };
  const signature = signatureOf(device, signed, device.type, hardware);
  const proof = {
    kind: 'signature',
    algorithm,
    keyBlob: blob,
    signature,
    signed,
    hardware,
  } as const;
  const presented = { certificate, standing };
  t.same(verifySignature(proof, factsWith([], { presented })), {
    method: 'publickey',
    keyId: null,
    certificate,
    fingerprint: fingerprintOf(device.blob),
    algorithm,
    hardware,
  });
  for (const [facts, code] of [
    [{ presented: { certificate, standing: nobody } }, 'certificate-authority-unknown'],
    [{ presented: { certificate, standing: strict } }, 'verification-missing'],
    [{ presented, nowMs: certificate.validBeforeMs! }, 'certificate-expired'],
    [{ presented, sshSessionId: Buffer.alloc(20) }, 'proof-malformed'],
  ] as const)
    t.throws(() => verifySignature(proof, factsWith([], facts)), { code });
  t.throws(
    () => verifySignature({ ...proof, signature: Buffer.alloc(64) }, factsWith([], { presented })),
    { code: 'signature-invalid' },
  );
  t.end();
});

t.test('one factor where two are asked for', (t) => {
  const plain = { method: 'publickey', keyId: 'k', hardware: null } as VerifiedProof;
  const verified = { ...plain, hardware: { flags: 5, counter: 1 } } as VerifiedProof;
  const touched = { ...plain, hardware: { flags: 1, counter: 1 } } as VerifiedProof;
  const password = { method: 'password', passwordId: 'p', newHash: null } as VerifiedProof;
  const code = { method: 'totp', code: {} } as VerifiedProof;
  const person = { oneFactorRefused: true, accountKind: 'person', allowedCidrs: [] } as const;
  const job = { ...person, accountKind: 'service', allowedCidrs: ['192.0.2.0/24'] } as const;
  for (const [login, proofs, isMissing] of [
    [person, [], true],
    [person, [plain], true],
    [person, [touched], true],
    [person, [password], true],
    [person, [code], true],
    [person, [verified], false],
    [person, [plain, code], false],
    [person, [password, code], false],
    [job, [plain], false],
    [job, [password], true],
    [job, [code], true],
    [{ ...job, allowedCidrs: [] }, [plain], true],
    [{ ...person, allowedCidrs: ['192.0.2.0/24'] }, [plain], true],
    [{ ...person, oneFactorRefused: false }, [password], false],
  ] as const)
    t.equal(isFactorMissing(login, proofs), isMissing, proofs.map(({ method }) => method).join());
  t.notOk(isCertifiedProof(plain));
  t.notOk(isCertifiedProof(password));
  t.ok(isCertifiedProof({ ...plain, keyId: null, certificate: {} } as VerifiedProof));
  t.end();
});
