import { proveRequest, type HostKeyProofs } from './host-key-proofs.ts';
import type { Link } from './link.ts';
import { sendMessage } from './ssh2-internals.ts';

const requestSuccess = 81;
const requestFailure = 82;

export interface GlobalRequests {
  requested(name: string, wantReply: boolean, data: unknown): void;
  /** The client has said that it opens no more sessions. */
  readonly noMoreSessions: boolean;
}

/**
 * Global requests (RFC 4254 section 4). Replies carry no name: each goes out in the order of its request, also where one
 * waits for signatures.
 */
export function createGlobalRequests(link: Link, proofs: HostKeyProofs): GlobalRequests {
  let noMoreSessions = false;
  let waiting = 0;
  let last: Promise<void> = Promise.resolve();

  function reply(answer: Buffer | Promise<Buffer>): void {
    if (waiting === 0 && Buffer.isBuffer(answer)) {
      sendMessage(link.protocol, answer);
      return;
    }
    if (waiting >= link.limits.globalRequestsQueuedMax) {
      // Its failure is told by the connection that ends here.
      void Promise.resolve(answer).catch(() => undefined);
      link.violate('too many global requests at once');
      return;
    }
    waiting += 1;
    last = inTurn(answer, last);
  }

  async function inTurn(answer: Buffer | Promise<Buffer>, before: Promise<void>): Promise<void> {
    try {
      const [message] = await Promise.all([answer, before]);
      if (!link.ended) sendMessage(link.protocol, message);
    } catch (error) {
      if (!link.ended) link.fault(error);
    } finally {
      waiting -= 1;
    }
  }

  return {
    get noMoreSessions() {
      return noMoreSessions;
    },
    requested(name, wantReply, data) {
      const isKnown = name === 'no-more-sessions@openssh.com';
      if (isKnown) noMoreSessions = true;
      if (!wantReply) return;
      if (name === proveRequest && data instanceof Uint8Array) reply(proofs.prove(data));
      else reply(Buffer.of(isKnown ? requestSuccess : requestFailure));
    },
  };
}
