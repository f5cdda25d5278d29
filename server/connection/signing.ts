import { plainNameOf } from '../domain/signature-algorithms.ts';
import type { Link } from './link.ts';
import type { KeyExchange, WireProtocol } from './ssh2-internals.ts';

/** The public half of a host key, which is all that a worker has of it. */
export type PublicHostKey = {
  /** Such as `ssh-ed25519`; of a certified one, `ssh-ed25519-cert-v01@openssh.com`, whose wire form is the certificate. */
  readonly type: string;
  /** The SSH wire form (RFC 4253 section 6.6). */
  readonly blob: Uint8Array;
};

/** Signs an exchange hash with the host key of that type: Ed25519 64 raw bytes, ECDSA DER. */
export type SignExchange = (exchangeHash: Uint8Array, type: string) => Promise<Uint8Array>;

/** How the exchange hash leaves ssh2's `finish`: its own call to sign is synchronous. */
class Unsigned extends Error {
  readonly exchangeHash: Buffer;
  constructor(exchangeHash: Buffer) {
    super('the exchange hash is not signed yet');
    this.exchangeHash = exchangeHash;
  }
}

/**
 * Lets somebody else sign: the private host key is not in this process. ssh2 computes the exchange hash and signs it in
 * one synchronous function. It is run twice: the first time up to the signature, which is then asked for, and again once
 * that is here. Between the two the client has nothing to send: it lacks the server's half of the exchange. `begun` is told
 * of each exchange first.
 */
export function installSigning(
  link: Link,
  hostKeys: readonly PublicHostKey[],
  sign: SignExchange,
  begun: (kex: KeyExchange) => void,
): void {
  const { protocol } = link;
  let current = protocol._kex;
  protocol._hostKeys = Object.fromEntries(hostKeys.map((key) => [key.type, standIn(key)]));
  // Each key exchange is a new object, made when the client's KEXINIT is read.
  Object.defineProperty(protocol, '_kex', {
    configurable: true,
    enumerable: true,
    get: () => current,
    set: (next: WireProtocol['_kex']) => {
      current = next;
      if (next === undefined) return;
      begun(next);
      signLater(link, next, hostKeys, sign);
    },
  });
}

function signLater(
  link: Link,
  kex: KeyExchange,
  hostKeys: readonly PublicHostKey[],
  sign: SignExchange,
): void {
  const finish = kex.finish.bind(kex);
  const computeSecret = kex.computeSecret.bind(kex);
  let secret: unknown;
  let asked = false;

  // The same both times, and the dearest part of it.
  kex.computeSecret = (otherPublicKey) => (secret ??= computeSecret(otherPublicKey));
  kex.finish = () => {
    if (asked) {
      link.violate('NEWKEYS before the reply of the key exchange');
      return;
    }
    asked = true;
    const exchangeHash = exchangeHashOf(finish);
    // No hash: ssh2 has refused the client's half, and ended the connection.
    if (exchangeHash !== undefined) void complete(exchangeHash);
  };

  async function complete(exchangeHash: Buffer): Promise<void> {
    try {
      const { negotiated } = kex;
      const wanted = negotiated.serverHostKey;
      const key = hostKeys.find(({ type }) => type === wanted);
      if (key === undefined) throw new Error(`no host key of type ${wanted}`);
      const signature = Buffer.from(await sign(exchangeHash, key.type));
      if (link.ended) return;
      kex._hostKey = standIn(key, () => signature);
      kex._finished = false;
      // What names the signature: a certified key signs as it would without its certificate.
      negotiated.serverHostKey = plainNameOf(wanted);
      finish();
      negotiated.serverHostKey = wanted;
    } catch (error) {
      if (!link.ended) link.fault(error);
    }
  }
}

function exchangeHashOf(finish: () => void): Buffer | undefined {
  try {
    finish();
    return undefined;
  } catch (error) {
    if (error instanceof Unsigned) return error.exchangeHash;
    throw error;
  }
}

/** What ssh2 asks of a host key. */
function standIn(
  { type, blob }: PublicHostKey,
  sign = (exchangeHash: Buffer): Buffer => {
    throw new Unsigned(exchangeHash);
  },
) {
  return { type: plainNameOf(type), getPublicSSH: () => Buffer.from(blob), sign };
}
