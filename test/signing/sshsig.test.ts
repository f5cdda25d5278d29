import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { generateHostKey, hostKeySigner } from '../../server/connection/host-keys.ts';
import { allowedSigners, openEvidenceKey } from '../../server/signing/evidence-key.ts';
import { verifySshsig } from './fixtures/verify-sshsig.ts';

const namespace = 'waybill-destruction';
const hasKeygen = spawnSync('ssh-keygen', ['-?']).error === undefined;
const unlessMissing = { skip: hasKeygen ? false : 'there is no ssh-keygen here' };

t.test('whatever is signed verifies by a verifier of its own, and nothing else does', (t) => {
  const key = openEvidenceKey(hostKeySigner(generateHostKey()));
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(), (text, place) => {
      const message = Buffer.from(text);
      const signature = key.sign('destruction', text);
      if (verifySshsig(signature, namespace, message) !== key.publicKeyLine) return false;
      const other = Buffer.concat([message, Buffer.of(0)]);
      other[place % other.length]! ^= 1;
      return [
        () => verifySshsig(signature, namespace, other),
        () => verifySshsig(signature, 'waybill-receipt', message),
        () =>
          verifySshsig(
            openEvidenceKey(hostKeySigner(generateHostKey())).sign('destruction', `${text}x`),
            namespace,
            message,
          ),
      ].every((wrong) => {
        try {
          wrong();
          return false;
        } catch {
          return true;
        }
      });
    }),
    { numRuns: 50 },
  );
  t.end();
});

t.test('a change anywhere in the signature is found', (t) => {
  const key = openEvidenceKey(hostKeySigner(generateHostKey()));
  const signature = key.sign('destruction', 'text');
  const lines = signature.split('\n');
  const blob = Buffer.from(lines.slice(1, -2).join(''), 'base64');
  let found = 0;
  for (let place = 0; place < blob.length; place += 1) {
    const changed = Buffer.from(blob);
    changed[place]! ^= 0x10;
    const text = changed
      .toString('base64')
      .match(/.{1,70}/g)!
      .join('\n');
    const armored = `-----BEGIN SSH SIGNATURE-----\n${text}\n-----END SSH SIGNATURE-----\n`;
    try {
      // A key of its own, or the one that is known: who verifies compares.
      if (verifySshsig(armored, namespace, Buffer.from('text')) !== key.publicKeyLine) found += 1;
    } catch {
      found += 1;
    }
  }
  t.equal(found, blob.length);
  t.end();
});

t.test('a key of another type is refused before it signs', (t) => {
  const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const signer = hostKeySigner(pem.export({ type: 'sec1', format: 'pem' }).toString());
  t.throws(() => openEvidenceKey(signer), /ecdsa-sha2-nistp256 is not taken/);
  t.end();
});

function files(t: Test, keyText: string, message: string) {
  const directory = t.testdir();
  const key = openEvidenceKey(hostKeySigner(keyText));
  const paths = {
    key: join(directory, 'key'),
    signers: join(directory, 'allowed_signers'),
    message: join(directory, 'x.json'),
    signature: join(directory, 'x.sig'),
  };
  writeFileSync(paths.key, keyText, { mode: 0o600 });
  writeFileSync(
    paths.signers,
    allowedSigners([
      { publicKeyLine: key.publicKeyLine, fromMs: Date.UTC(2020, 0, 1), untilMs: null },
    ]),
  );
  writeFileSync(paths.message, message);
  writeFileSync(paths.signature, key.sign('destruction', message));
  const verify = (more: { namespace?: string; identity?: string; message?: string } = {}) => {
    const { namespace: purpose = namespace, identity = 'waybill' } = more;
    const args = [
      '-Y',
      'verify',
      '-f',
      paths.signers,
      '-I',
      identity,
      '-n',
      purpose,
      '-s',
      paths.signature,
    ];
    const { status, stdout } = spawnSync('ssh-keygen', args, { input: more.message ?? message });
    return { status, text: stdout.toString() };
  };
  return { key, paths, verify };
}

t.test('ssh-keygen says Good, and of nothing else', unlessMissing, (t) => {
  const message = '{"path":"/outgoing/é.csv","size":1}';
  const { verify, key } = files(t, generateHostKey(), message);
  t.match(verify(), {
    status: 0,
    text: /^Good "waybill-destruction" signature for waybill with ED25519 key SHA256:/,
  });
  t.match(verify().text, key.fingerprint);
  t.not(verify({ message: `${message}\n` }).status, 0, 'a line break more');
  t.not(verify({ namespace: 'file' }).status, 0, 'another purpose');
  t.not(verify({ identity: 'mallory' }).status, 0, 'another signer');
  t.end();
});

t.test('to the byte what ssh-keygen makes with the same key', unlessMissing, (t) => {
  const message = 'what is signed';
  const { key, paths } = files(t, generateHostKey(), message);
  execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-f', paths.key, '-n', namespace, paths.message]);
  const theirs = readFileSync(`${paths.message}.sig`, 'utf8');
  t.equal(verifySshsig(theirs, namespace, Buffer.from(message)), key.publicKeyLine);
  t.equal(theirs, key.sign('destruction', message), 'Ed25519 has nothing random in it');
  t.end();
});

t.test('a key that its owner made with ssh-keygen signs, too', unlessMissing, (t) => {
  const path = join(t.testdir(), 'evidence_ed25519');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'a comment', '-f', path]);
  const { verify } = files(t, readFileSync(path, 'utf8'), 'text');
  t.equal(verify().status, 0);
  t.end();
});
