import type { Link } from './link.ts';

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

export function createRekeying(link: Link): Rekeying {
  const { protocol, limits } = link;
  let serverMayStart = false;
  let bytesAtLast = 0;
  let due: NodeJS.Timeout | undefined;
  let stalled: NodeJS.Timeout | undefined;

  function start(): void {
    if (link.ended || protocol._kexinit !== undefined) return;
    protocol.rekey();
    observe();
  }

  function observe(): void {
    if (link.ended || protocol._kexinit === undefined) return;
    stalled ??= setTimeout(() => link.violate('key exchange not finished'), limits.rekeyMsMax);
    // What a client sent before it saw our KEXINIT still gets answers; more than that is a flood.
    if ((protocol._queue?.length ?? 0) > limits.rekeyPacketsQueuedMax)
      link.violate('requests during a key exchange');
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
      clearTimeout(stalled);
      stalled = undefined;
      bytesAtLast = bytesSoFar;
      if (serverMayStart) schedule();
    },
    stop() {
      clearTimeout(due);
      clearTimeout(stalled);
    },
  };
}
