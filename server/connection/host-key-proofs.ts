import type { Link } from './link.ts';
import { sendMessage } from './ssh2-internals.ts';
import type { PublicHostKey } from './signing.ts';
import { wireString } from '../domain/wire-string.ts';
import { WireReader } from './wire-reader.ts';

const globalRequest = 80;
const requestSuccess = 81;
const requestFailure = 82;

export const proveRequest = 'hostkeys-prove-00@openssh.com';

/** What a connection lends to the rotation of host keys. */
export interface HostKeyLink extends Link {
  /** The keys that the server has or will have, those in use first. */
  readonly announcedHostKeys: readonly PublicHostKey[];
  /** A signature for each over this connection, as in a key exchange (RFC 4253 section 6.6); rejects for a key that is not one. */
  proveHostKeys(blobs: readonly Uint8Array[]): Promise<readonly Uint8Array[]>;
}

/** OpenSSH's UpdateHostKeys (its PROTOCOL section 2.5): clients learn the next key while the present one speaks for it. */
export interface HostKeyProofs {
  /** After the login: which keys there are. Whoever has others of this host forgets them. */
  announce(): void;
  /** Answers a request to prove some of them. The answer comes in its turn among those to global requests. */
  prove(data: Uint8Array): Promise<Buffer>;
}

export function createHostKeyProofs(link: HostKeyLink): HostKeyProofs {
  const announced = link.announcedHostKeys.map(({ blob }) => Buffer.from(blob));
  let proofsLeft = link.limits.hostKeyProofsMax;

  /** Every one is asked for once and is one of ours; or nothing is proven. */
  function wanted(data: Uint8Array): readonly Buffer[] | undefined {
    const reader = new WireReader(Buffer.from(data));
    const blobs: Buffer[] = [];
    while (!reader.atEnd) {
      const blob = reader.string();
      const isOurs = blob !== undefined && announced.some((own) => own.equals(blob));
      if (!isOurs || blobs.some((other) => other.equals(blob))) return undefined;
      blobs.push(blob);
    }
    return blobs.length === 0 ? undefined : blobs;
  }

  return {
    announce() {
      sendMessage(
        link.protocol,
        Buffer.concat([
          Buffer.of(globalRequest),
          wireString('hostkeys-00@openssh.com'),
          Buffer.of(0),
          ...announced.map(wireString),
        ]),
      );
    },
    async prove(data) {
      const blobs = wanted(data);
      if (blobs === undefined || proofsLeft === 0) return Buffer.of(requestFailure);
      proofsLeft -= 1;
      const signatures = await link.proveHostKeys(blobs);
      return Buffer.concat([Buffer.of(requestSuccess), ...signatures.map(wireString)]);
    },
  };
}
