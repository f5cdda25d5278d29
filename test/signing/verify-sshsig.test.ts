import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { isSignatureOf, readSignature } from '../../server/signing/verify-sshsig.ts';

const hasKeygen = spawnSync('ssh-keygen', ['-?']).error === undefined;
const unlessMissing = { skip: hasKeygen ? false : 'there is no ssh-keygen here' };
const begin = '-----BEGIN SSH SIGNATURE-----';
const end = '-----END SSH SIGNATURE-----';

/*
 * A signature beside a file was read with a pattern in which two parts could both take the same line breaks: one of 16 KiB that
 * was nothing but those kept the server, and every transfer, for a second, before any key was looked at. One of these sizes
 * would keep it for hours.
 */
t.test('what is no signature is told in one pass, however long it is', (t) => {
  const long = '\n'.repeat(8 * 1024 * 1024);
  for (const text of [
    `${begin}${long}!`,
    `${begin}\n${long}!\n${end}`,
    `${begin}\n${'A\n'.repeat(4 * 1024 * 1024)}`,
    `${begin}\n${'='.repeat(4 * 1024 * 1024)}\n${end}\n`,
    `${begin}${end}`,
    `${begin}\n${end}`,
  ])
    t.equal(readSignature(text), undefined);
  t.end();
});

/*
 * What stock ssh-keygen refuses was taken for a good signature: with something behind its padding, or without the line breaks
 * of its armor. Who verifies the receipt's word with OpenSSH would have found it wrong.
 */
t.test('no form is taken that ssh-keygen does not take', unlessMissing, (t) => {
  const directory = t.testdir({ message: 'the message' });
  const key = join(directory, 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  const message = readFileSync(join(directory, 'message'));
  const signed = execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-f', key, '-n', 'file'], {
    input: message,
  }).toString();
  const signers = join(directory, 'signers');
  writeFileSync(signers, `amy ${readFileSync(`${key}.pub`, 'utf8')}`);
  const isGood = (text: string): boolean => {
    const read = readSignature(text);
    if (read === undefined) return false;
    return isSignatureOf(read, createHash(read.hash).update(message).digest());
  };
  const keygenTakes = (text: string): boolean => {
    const path = join(directory, 'sig');
    writeFileSync(path, text);
    const args = ['-Y', 'verify', '-f', signers, '-I', 'amy', '-n', 'file', '-s', path];
    return spawnSync('ssh-keygen', args, { input: message }).status === 0;
  };
  const base64 = signed.trim().split('\n').slice(1, -1).join('');
  const forms = {
    asMade: signed,
    oneLine: `${begin}\n${base64}\n${end}\n`,
    behindPadding: `${begin}\n${base64}=A=A\n${end}\n`,
    morePadding: `${begin}\n${base64}====\n${end}\n`,
    within: `${begin}\n${base64.slice(0, 80)}=${base64.slice(80)}\n${end}\n`,
    noBreakBefore: `${begin} ${base64}\n${end}\n`,
    noBreakBehind: `${begin}\n${base64}${end}\n`,
    inFront: ` ${signed}`,
  };
  t.ok(isGood(forms.asMade));
  t.ok(isGood(forms.oneLine));
  for (const [name, text] of Object.entries(forms))
    if (!keygenTakes(text)) t.notOk(isGood(text), name);
  t.end();
});
