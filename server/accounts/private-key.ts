import { privateKey } from './key-faults.ts';

const instead =
  'it must never leave its owner. Send the public half, and replace this key, as it has now been shown';

/** Marks of private keys anywhere in a text, and what the sender would call them. */
const marks: readonly (readonly [mark: RegExp, name: string])[] = [
  [/PuTTY-User-Key-File-/i, 'a PuTTY private key (.ppk)'],
  [/BEGIN OPENSSH PRIVATE KEY/i, 'an OpenSSH private key'],
  // `openssh-key-v1` in base64: the same without its first line.
  [/b3BlbnNzaC1rZXktdjE/, 'an OpenSSH private key'],
  [/BEGIN SSH2 ENCRYPTED PRIVATE KEY|BEGIN SSH2 PRIVATE KEY/i, 'an ssh.com private key'],
  [/SSH PRIVATE KEY FILE FORMAT/i, 'an SSH version 1 private key'],
  [/BEGIN (ENCRYPTED )?PRIVATE KEY/i, 'a PKCS#8 private key'],
  [/BEGIN (RSA|EC|DSA) PRIVATE KEY/i, 'a PEM private key'],
  [/BEGIN PGP PRIVATE KEY/i, 'an OpenPGP private key'],
  [/PRIVATE KEY/, 'a private key'],
  [/"d"\s*:\s*"/, 'a private key in JWK form'],
];

/** @throws Fault `key-private`, naming the mistake; the text itself is in no message */
export function refusePrivateKey(text: string): void {
  for (const [mark, name] of marks) {
    if (mark.test(text)) throw privateKey(`that is ${name}; ${instead}`);
  }
}
