import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readHostCertificate } from './authentication/certificate.ts';
import { createHostKeyRing, type HostKeyRing } from './connection/host-key-ring.ts';
import { hostKeySigner } from './connection/host-keys.ts';
import type { PublicHostKey } from './connection/signing.ts';
import { Fault } from './domain/faults.ts';
import { certifiedNameOf } from './domain/signature-algorithms.ts';
import { hostKeyFiles, hostKeyKinds } from './host-key-files.ts';

export type HostCertificates = {
  /** Type and wire form, as a host key has them. */
  readonly offered: readonly PublicHostKey[];
  /** Why one that is there is not offered, or will soon not help any more, in words for the host's owner. */
  readonly warnings: readonly string[];
};

const soonMs = 30 * 24 * 60 * 60_000;

/** The host keys of a server with their certificates, as of now. @throws Fault `key-material-unusable` */
export function openHostKeys(
  keysDirectory: string,
  {
    inUse,
    next,
    warn,
  }: {
    /** Private key texts. */
    readonly inUse: readonly string[];
    readonly next: readonly string[];
    readonly warn: (words: string) => void;
  },
): HostKeyRing {
  const publicKeys = inUse.map((text) => hostKeySigner(text).publicKey);
  const { offered, warnings } = readHostCertificates(keysDirectory, publicKeys, Date.now());
  for (const words of warnings) warn(words);
  return createHostKeyRing(inUse, next, offered);
}

/**
 * The certificates of the host keys in use: files that `ssh-keygen -h -s <authority> host_ed25519.pub` makes, beside the
 * keys. Clients that trust the authority (`@cert-authority` in their known_hosts) ask nobody about the key.
 *
 * @throws Fault `key-material-unusable` for a file that is none
 */
export function readHostCertificates(
  keysDirectory: string,
  hostKeys: readonly PublicHostKey[],
  nowMs: number,
): HostCertificates {
  const offered: PublicHostKey[] = [];
  const warnings: string[] = [];
  for (const kind of hostKeyKinds) {
    const path = join(keysDirectory, `${hostKeyFiles[kind]}-cert.pub`);
    if (!existsSync(path)) continue;
    const { type, blob, certificate } = read(path);
    const { key, validAfterMs, validBeforeMs } = certificate;
    const isOurs = hostKeys.some((each) => Buffer.from(each.blob).equals(key.blob));
    const endsAtMs = validBeforeMs ?? Infinity;
    const withoutIt = 'clients are shown the plain host key';
    if (!isOurs) warnings.push(`${path} certifies another key than the one in use: ${withoutIt}`);
    else if (nowMs < validAfterMs) warnings.push(`${path} is not valid yet: ${withoutIt}`);
    else if (endsAtMs <= nowMs) warnings.push(`${path} has expired: ${withoutIt}`);
    else offered.push({ type, blob });
    if (nowMs < endsAtMs && endsAtMs < nowMs + soonMs)
      warnings.push(`${path} ends on ${new Date(endsAtMs).toISOString()}`);
  }
  return { offered, warnings };
}

function read(path: string) {
  const [, base64 = ''] = readFileSync(path, 'utf8').trim().split(/\s+/);
  const blob = Buffer.from(base64, 'base64');
  try {
    const certificate = readHostCertificate(blob);
    if (!certificate.isSigned) throw new Fault('certificate-forged');
    return { type: certifiedNameOf(certificate.key.type), blob, certificate };
  } catch (cause) {
    throw new Fault(
      'key-material-unusable',
      `${path} is not a certificate of a host key: make it anew with ssh-keygen -h -s, or remove it`,
      { cause },
    );
  }
}
