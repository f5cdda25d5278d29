import type { AlgorithmOffer, Negotiated } from './ssh2-internals.ts';

/** The `modern` profile (shared reference: evidence-and-crypto.md). Compression is never offered: 82 KB become 80 MB. */
const keyExchanges = ['curve25519-sha256', 'curve25519-sha256@libssh.org'] as const;
const gcmCiphers = ['aes256-gcm@openssh.com', 'aes128-gcm@openssh.com'] as const;
const ciphers = [...gcmCiphers, 'aes256-ctr', 'aes128-ctr'] as const;
const macs = [
  'hmac-sha2-512-etm@openssh.com',
  'hmac-sha2-256-etm@openssh.com',
  // libssh2 before 1.11 (curl of Debian 12) knows no encrypt-then-MAC.
  'hmac-sha2-512',
  'hmac-sha2-256',
] as const;

/** OpenSSH's word for the counter-measure to Terrapin (CVE-2023-48795). */
const strictKeyExchange = 'kex-strict-s-v00@openssh.com';

/** What a client may sign its login with, as `server-sig-algs` tells it (RFC 8308 section 3.1). */
export const signatureAlgorithms = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const;

/** The lists in the form that ssh2's server takes. */
export const serverAlgorithms = {
  kex: [...keyExchanges],
  cipher: [...ciphers],
  hmac: [...macs],
  compress: ['none' as const],
};

/**
 * What a client is offered, by the software in its identification string. OpenSSH 6.2 to 9 puts AES-CTR before AES-GCM
 * and the client's order wins (RFC 4253 section 7.1), at half the speed: it is offered GCM alone.
 */
export function offerFor(software: string, hostKeyTypes: readonly string[]): AlgorithmOffer {
  const direction = {
    cipher: prefersCounterMode(software) ? gcmCiphers : ciphers,
    mac: macs,
    compress: ['none'],
    lang: [],
  };
  return {
    kex: [...keyExchanges, strictKeyExchange],
    serverHostKey: hostKeyTypes,
    cs: direction,
    sc: direction,
  };
}

function prefersCounterMode(software: string): boolean {
  const version = /^OpenSSH_(?:for_Windows_)?(\d+)\.(\d+)/.exec(software);
  if (version === null) return false;
  const major = Number(version[1]);
  return (major === 6 && Number(version[2]) >= 2) || (major >= 7 && major <= 9);
}

export function describeNegotiated(negotiated: Negotiated): Readonly<Record<string, string>> {
  const { cs, sc } = negotiated;
  return {
    kex: negotiated.kex,
    hostKey: negotiated.serverHostKey,
    cipher: both(cs.cipher, sc.cipher),
    // An AEAD cipher is its own MAC; ssh2 leaves the name empty then.
    mac: both(cs.mac || 'implicit', sc.mac || 'implicit'),
  };
}

function both(fromClient: string, toClient: string): string {
  return fromClient === toClient ? fromClient : `${fromClient} ${toClient}`;
}
