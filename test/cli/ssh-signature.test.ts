import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { allowedSignersIn, problemOfSignature } from '../../cli/ssh-signature.ts';
import { generateHostKey, hostKeySigner } from '../../server/connection/host-keys.ts';
import { allowedSigners, openEvidenceKey } from '../../server/signing/evidence-key.ts';

const makeKey = () => openEvidenceKey(hostKeySigner(generateHostKey()));
const key = makeKey();
const trusted = { identity: 'waybill', namespace: 'waybill-destruction' };
const signers = allowedSignersIn(
  allowedSigners([
    { publicKeyLine: key.publicKeyLine, fromMs: Date.UTC(2020, 0, 1), untilMs: null },
  ]),
);

t.test('what the server signs is good, and nothing else is', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, other) => {
      const signature = key.sign('destruction', text);
      t.equal(problemOfSignature(text, signature, trusted, signers), null);
      if (other !== text)
        t.match(problemOfSignature(other, signature, trusted, signers), 'altered');
    }),
    { numRuns: 30 },
  );
  t.end();
});

t.test('a signature that any byte of was changed is not good', (t) => {
  const signature = key.sign('destruction', 'text');
  const [head = '', ...rest] = signature.trim().split('\n');
  const blob = Buffer.from(rest.slice(0, -1).join(''), 'base64');
  for (let at = 0; at < blob.length; at += 1) {
    const changed = Buffer.from(blob);
    changed[at]! ^= 1;
    const armored = `${head}\n${changed.toString('base64')}\n${rest.at(-1)}\n`;
    t.not(problemOfSignature('text', armored, trusted, signers), null, `byte ${at}`);
  }
  for (const cut of ['', 'text', signature.slice(0, -30), `${head}\n${rest.at(-1)}\n`])
    t.equal(problemOfSignature('text', cut, trusted, signers), 'that is no SSH signature');
  t.end();
});

t.test('another key, another purpose and another identity are refused', (t) => {
  const signature = key.sign('destruction', 'text');
  const others = allowedSignersIn(
    allowedSigners([
      { publicKeyLine: makeKey().publicKeyLine, fromMs: Date.UTC(2020, 0, 1), untilMs: null },
    ]),
  );
  t.match(problemOfSignature('text', signature, trusted, others), 'not an allowed signer');
  t.match(problemOfSignature('text', signature, trusted, []), 'not an allowed signer');
  const file = { ...trusted, namespace: 'file' };
  t.match(problemOfSignature('text', signature, file, signers), 'another purpose');
  const mallory = { ...trusted, identity: 'mallory' };
  t.match(problemOfSignature('text', signature, mallory, signers), 'not an allowed signer');
  t.end();
});

t.test('an allowed_signers file as people write it', (t) => {
  const { publicKeyLine } = key;
  const goodWith = (text: string) =>
    problemOfSignature('x', key.sign('destruction', 'x'), trusted, allowedSignersIn(text)) === null;
  t.ok(goodWith(`# ours\n\nwaybill ${publicKeyLine} of the server\n`), 'without an option');
  t.ok(goodWith(`other,waybill namespaces="a,waybill-destruction" ${publicKeyLine}`));
  t.notOk(goodWith(`waybill namespaces="git" ${publicKeyLine}`));
  t.notOk(goodWith(`waybill valid-before="20300101" ${publicKeyLine}`), 'what it cannot judge');
  t.notOk(goodWith(`# waybill ${publicKeyLine}`));
  t.notOk(goodWith('waybill ssh-rsa AAAA\nnonsense'));
  t.end();
});

const hasOpenSsh = spawnSync('ssh-keygen', ['-?']).error === undefined;

t.test(
  'what ssh-keygen signs is read, too',
  { skip: hasOpenSsh ? false : 'no ssh-keygen' },
  (t) => {
    const directory = t.testdir({ text: 'a text\n' });
    const [file, text] = [join(directory, 'key'), join(directory, 'text')];
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
    execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-f', file, '-n', trusted.namespace, text]);
    const line = readFileSync(`${file}.pub`, 'utf8');
    const own = allowedSignersIn(`waybill ${line}`);
    const signature = readFileSync(`${text}.sig`, 'utf8');
    t.equal(problemOfSignature('a text\n', signature, trusted, own), null);
    writeFileSync(text, 'another');
    t.not(problemOfSignature('another', signature, trusted, own), null);
    t.end();
  },
);
