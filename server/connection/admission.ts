import type { ConnectionLimits } from './own-limits.ts';

/** A place among the connections; given back exactly once, whatever is called how often. */
export interface Place {
  /** The connection has logged in and leaves the places of strangers. */
  loggedIn(): void;
  release(): void;
}

export interface Admission {
  /** A place for a connection from `address`, or undefined: close the socket without a word. */
  admit(address: string): Place | undefined;
  /** Connections that hold a place. */
  readonly count: number;
}

/**
 * Who may come in, decided before any cryptography. Strangers are dropped at random from a quarter of their maximum
 * on, with a chance that grows to one at the maximum, as sshd's MaxStartups does: a flood then costs each honest client
 * some chance, not the certainty, of being refused.
 */
export function createAdmission(limits: ConnectionLimits, random: () => number): Admission {
  const strangersBySource = new Map<string, number>();
  let connections = 0;
  let strangers = 0;

  function admit(address: string): Place | undefined {
    const source = sourceGroup(address);
    const fromSource = strangersBySource.get(source) ?? 0;
    if (connections >= limits.connectionsMax) return undefined;
    if (fromSource >= limits.unauthenticatedConnectionsPerSourceMax) return undefined;
    if (random() < dropChance(strangers, limits.unauthenticatedConnectionsMax)) return undefined;

    connections += 1;
    strangers += 1;
    strangersBySource.set(source, fromSource + 1);
    return placeOf(source);
  }

  function placeOf(source: string): Place {
    let state: 'stranger' | 'known' | 'gone' = 'stranger';
    function loggedIn(): void {
      if (state !== 'stranger') return;
      state = 'known';
      strangers -= 1;
      const left = (strangersBySource.get(source) ?? 1) - 1;
      if (left === 0) strangersBySource.delete(source);
      else strangersBySource.set(source, left);
    }
    function release(): void {
      if (state === 'gone') return;
      loggedIn();
      state = 'gone';
      connections -= 1;
    }
    return { loggedIn, release };
  }

  return {
    admit,
    get count() {
      return connections;
    },
  };
}

/** 0 below a quarter of the maximum, then linear to 1 at the maximum. */
export function dropChance(strangers: number, strangersMax: number): number {
  const start = strangersMax / 4;
  if (strangers >= strangersMax) return 1;
  if (strangers < start) return 0;
  return (strangers - start) / (strangersMax - start);
}

/** An IPv6 customer holds a /64 at least, so that is one source. */
export function sourceGroup(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('%', 1)[0]!.split('::', 2);
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0');
  return [...first, ...zeros, ...last].slice(0, 4).join(':');
}

/** `::ffff:192.0.2.1` is an IPv4 client on a dual-stack socket. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
