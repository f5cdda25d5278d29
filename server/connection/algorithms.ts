import { hybridExchange } from './hybrid-exchange.ts';
import type { AlgorithmOffer, Negotiated } from './ssh2-internals.ts';
import type { AlgorithmProfile } from '../domain/algorithms.ts';
import { certifiedNameOf, signatureAlgorithms } from '../domain/signature-algorithms.ts';

/** One named set of what the server agrees to (docs/PROTOCOL.md). Compression is in none: 82 KB become 80 MB. */
export type AlgorithmSet = {
  readonly kex: readonly string[];
  /** Groups of types: the keys of the first group that the server has one of are offered. */
  readonly hostKeys: readonly (readonly string[])[];
  readonly ciphers: readonly string[];
  readonly macs: readonly string[];
  /**
   * What a client may sign its login with, as `server-sig-algs` tells it (RFC 8308 section 3.1): a certified key signs as
   * it does without its certificate, so certificates are not named (as OpenSSH's server does not).
   */
  readonly signatures: readonly string[];
};

const curve25519 = ['curve25519-sha256', 'curve25519-sha256@libssh.org'] as const;
const nistCurves = ['ecdh-sha2-nistp384', 'ecdh-sha2-nistp256', 'ecdh-sha2-nistp521'] as const;
const gcmCiphers = ['aes256-gcm@openssh.com', 'aes128-gcm@openssh.com'] as const;
const ciphers = [...gcmCiphers, 'aes256-ctr', 'aes128-ctr'] as const;
const encryptThenMac = ['hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256-etm@openssh.com'] as const;
// libssh2 before 1.11 (curl of Debian 12) knows no encrypt-then-MAC.
const macs = [...encryptThenMac, 'hmac-sha2-512', 'hmac-sha2-256'] as const;
const ecdsa = ['ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp521'] as const;
const modern: AlgorithmSet = {
  kex: [hybridExchange, ...curve25519],
  hostKeys: [['ssh-ed25519'], ecdsa],
  ciphers,
  macs,
  signatures: signatureAlgorithms,
};

export const algorithmSets: Readonly<Record<AlgorithmProfile, AlgorithmSet>> = {
  modern,
  'pq-only': { ...modern, kex: [hybridExchange], macs: encryptThenMac },
  // X25519 and Ed25519 are not in every validated provider; ML-KEM with P-256 comes once one has it.
  fips: {
    kex: nistCurves,
    hostKeys: [ecdsa],
    ciphers,
    macs,
    signatures: signatureAlgorithms.filter((algorithm) => !algorithm.includes('ed25519')),
  },
  // What Java and embedded clients of ten years ago speak, without SHA-1: offered to granted addresses alone.
  'legacy-interop': {
    ...modern,
    kex: [...modern.kex, ...nistCurves, 'diffie-hellman-group14-sha256'],
    hostKeys: [['ssh-ed25519', ...ecdsa]],
  },
};

/** OpenSSH's word for the counter-measure to Terrapin (CVE-2023-48795). */
const strictKeyExchange = 'kex-strict-s-v00@openssh.com';

/** In the form that ssh2's server takes. Each connection gets an offer of its own in place of it. */
export const serverAlgorithms = {
  kex: [...curve25519],
  cipher: [...ciphers],
  hmac: [...macs],
  compress: ['none' as const],
};

/**
 * What a client is offered, by the software in its identification string. OpenSSH 6.2 to 9 puts AES-CTR before AES-GCM
 * and the client's order wins (RFC 4253 section 7.1), at half the speed: it is offered GCM alone.
 */
export function offerFor(
  software: string,
  hostKeyTypes: readonly string[],
  set: AlgorithmSet = modern,
): AlgorithmOffer {
  const direction = {
    cipher: prefersCounterMode(software) ? gcmCiphers : set.ciphers,
    mac: set.macs,
    compress: ['none'],
    lang: [],
  };
  return {
    kex: [...set.kex, strictKeyExchange],
    serverHostKey: offeredHostKeys(hostKeyTypes, set),
    cs: direction,
    sc: direction,
  };
}

function offeredHostKeys(types: readonly string[], { hostKeys }: AlgorithmSet): readonly string[] {
  const offered = hostKeys.map((group) =>
    group.flatMap((type) => [certifiedNameOf(type), type]).filter((type) => types.includes(type)),
  );
  return offered.find((group) => group.length > 0) ?? [];
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
