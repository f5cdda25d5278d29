import {
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import {
  makeOffer,
  type KeyExchange,
  type WireProtocol,
} from '../../server/connection/ssh2-internals.ts';
import { wireString } from '../../server/domain/wire-string.ts';

const name = 'mlkem768x25519-sha256';
const standIn = 'curve25519-sha256';

export type HybridClientOptions = {
  /** Offered beside it, in order; the hybrid exchange alone if not given. */
  readonly kex?: readonly string[];
  /** What is sent in place of C_INIT. */
  readonly init?: (good: Buffer) => Buffer;
  /** Whether the ML-KEM key is to begin with a zero. */
  readonly leadingZero?: boolean;
  readonly strict?: boolean;
};

/**
 * Has ssh2's client speak mlkem768x25519-sha256, with its own reading of RFC 10042: nothing of the server's exchange is
 * used. For `RawOptions.onProtocol`.
 */
export function speakHybrid(options: HybridClientOptions = {}): (protocol: WireProtocol) => void {
  const { kex = [name], strict = true } = options;
  return (protocol) => {
    const direction = {
      cipher: ['aes128-gcm@openssh.com'],
      mac: ['hmac-sha2-256'],
      compress: ['none'],
      lang: [],
    };
    const words = ['ext-info-c', ...(strict ? ['kex-strict-c-v00@openssh.com'] : [])];
    protocol._offer = makeOffer({
      kex: [...kex, ...words],
      serverHostKey: ['ssh-ed25519'],
      cs: direction,
      sc: direction,
    });
    protocol._offer.lists.kex.array = kex.map((own) => (own === name ? standIn : own));
    let asItCame: Buffer | undefined;

    const read = (payload: Buffer): Buffer => {
      if (payload[0] !== 20) return payload;
      const end = 21 + payload.readUInt32BE(17);
      const theirs = payload.toString('latin1', 21, end).split(',');
      asItCame = kex.find((own) => theirs.includes(own)) === name ? payload : undefined;
      if (asItCame === undefined) return payload;
      const names = theirs.map((their) => (their === name ? standIn : their));
      return Buffer.concat([
        payload.subarray(0, 17),
        wireString(names.join(',')),
        payload.subarray(end),
      ]);
    };

    const withHeader = protocol as unknown as { _onHeader: (header: unknown) => void };
    const onHeader = withHeader._onHeader;
    withHeader._onHeader = (header) => {
      const decipher = protocol._decipher!;
      const take = decipher._onPayload;
      decipher._onPayload = (payload) => take(read(payload));
      onHeader.call(protocol, header);
    };
    const parse = protocol._onPayload;
    protocol._onPayload = (payload) => parse(read(payload));

    let current: KeyExchange | undefined;
    Object.defineProperty(protocol, '_kex', {
      configurable: true,
      enumerable: true,
      get: () => current,
      set: (next: KeyExchange) => {
        current = next;
        if (asItCame === undefined) return;
        next._remoteKexinit = asItCame;
        next.negotiated.kex = name;
        asItCame = undefined;
        exchangeAsClient(next, options);
      },
    });
  };
}

function exchangeAsClient(kex: KeyExchange, { init, leadingZero }: HybridClientOptions): void {
  const curve = generateKeyPairSync('x25519');
  const kem = keysOf(leadingZero === true);
  const good = Buffer.concat([kem.publicKey, pointOf(curve.publicKey)]);
  const sent = init?.(good) ?? good;
  kex.getPublicKey = () => sent;
  kex.convertPublicKey = (key) => key;
  kex.computeSecret = (reply) => {
    if (reply.length !== 1120) return new Error(`S_REPLY has ${reply.length} bytes`);
    const shared = ml_kem768.decapsulate(reply.subarray(0, 1088), kem.secretKey);
    const theirs = createPublicKey({
      key: { kty: 'OKP', crv: 'X25519', x: reply.subarray(1088).toString('base64url') },
      format: 'jwk',
    });
    const classical = diffieHellman({ privateKey: curve.privateKey, publicKey: theirs });
    return createHash('sha256')
      .update(Buffer.concat([shared, classical]))
      .digest();
  };
}

function keysOf(leadingZero: boolean): ReturnType<typeof ml_kem768.keygen> {
  for (;;) {
    const keys = ml_kem768.keygen();
    if (!leadingZero || keys.publicKey[0] === 0) return keys;
  }
}

function pointOf(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' }).subarray(-32);
}
