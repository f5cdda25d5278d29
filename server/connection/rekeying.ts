import type { Link } from './link.ts';

/** What rekeying knows of the connection. */
export type RekeyingLink = Link & {
  readonly output: { readonly bytesGiven: number; readonly bytesGone: number };
};

/** New keys in time (RFC 4253 section 9), which ssh2 never asks for by itself. */
export interface Rekeying {
  /** From the login on the server starts key exchanges. */
  loggedIn(): void;
  /** After output: starts a key exchange if enough bytes went over the connection. */
  check(bytesSoFar: number): void;
  /** After a message: notices that the client started a key exchange, or lets it stall. */
  observe(): void;
  completed(bytesSoFar: number): void;
  stop(): void;
}

/** How often a key exchange is looked at within the time it has. */
const looksMin = 30;

export function createRekeying(link: RekeyingLink): Rekeying {
  const { protocol, limits } = link;
  let serverMayStart = false;
  let bytesAtLast = 0;
  let due: NodeJS.Timeout | undefined;
  let stalled: NodeJS.Timeout | undefined;
  let packetsCounted = 0;
  let bytesCounted = 0;

  /**
   * Our KEXINIT leaves behind the replies that are queued, which a slow client takes minutes to read: until then it has
   * its time again whenever something moves. The kernel may hold as much, so as long again is waited for it after that.
   */
  function awaitEnd(): void {
    const begunMs = performance.now();
    const kexinitAt = link.output.bytesGiven;
    let gone = link.output.bytesGone;
    let hasLeft = false;
    let untilMs = begunMs + limits.rekeyMsMax;
    stalled = setInterval(() => {
      const nowMs = performance.now();
      const moved = link.output.bytesGone > gone;
      gone = link.output.bytesGone;
      if (moved && !hasLeft) {
        hasLeft = gone >= kexinitAt;
        untilMs = nowMs + Math.max(limits.rekeyMsMax, hasLeft ? nowMs - begunMs : 0);
      }
      if (nowMs >= untilMs) link.violate('key exchange not finished');
    }, limits.rekeyMsMax / looksMin);
  }

  function start(): void {
    if (link.ended || protocol._kexinit !== undefined) return;
    protocol.rekey();
    observe();
  }

  function observe(): void {
    if (link.ended || protocol._kexinit === undefined) return;
    if (stalled === undefined) awaitEnd();
    // What a client sent before it saw our KEXINIT still gets answers; more than that is a flood.
    if (isFlood(protocol._queue ?? [])) link.violate('requests during a key exchange');
  }

  /** Each packet is looked at once: the queue only grows. */
  function isFlood(queue: readonly Uint8Array[]): boolean {
    for (; packetsCounted < queue.length; packetsCounted += 1)
      bytesCounted += queue[packetsCounted]!.length;
    return (
      packetsCounted > limits.rekeyPacketsQueuedMax || bytesCounted > limits.rekeyBytesQueuedMax
    );
  }

  function schedule(): void {
    clearTimeout(due);
    due = setTimeout(start, limits.rekeyMs);
  }

  return {
    loggedIn() {
      serverMayStart = true;
      schedule();
    },
    check(bytesSoFar) {
      if (serverMayStart && bytesSoFar - bytesAtLast > limits.rekeyBytes) start();
    },
    observe,
    completed(bytesSoFar) {
      clearInterval(stalled);
      stalled = undefined;
      packetsCounted = 0;
      bytesCounted = 0;
      bytesAtLast = bytesSoFar;
      if (serverMayStart) schedule();
    },
    stop() {
      clearTimeout(due);
      clearInterval(stalled);
    },
  };
}
