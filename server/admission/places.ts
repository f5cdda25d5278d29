import type { Limits } from '../domain/limits.ts';

export type PlacesLimits = Pick<
  Limits,
  | 'connectionsMax'
  | 'unauthenticatedConnectionsMax'
  | 'unauthenticatedConnectionsPerSourceMax'
  | 'unauthenticatedConnectionsCalmShare'
>;

/** A place for one connection; given back exactly once, whatever is called how often. */
export interface Place {
  /** The connection has logged in and leaves the places of strangers. */
  loggedIn(): void;
  release(): void;
}

/** Who holds a place: every connection, and of those that have not logged in how many from which source. */
export class Places {
  readonly #limits: PlacesLimits;
  readonly #strangersBySource = new Map<string, number>();
  #taken = 0;
  #strangers = 0;

  constructor(limits: PlacesLimits) {
    this.#limits = limits;
  }

  get taken(): number {
    return this.#taken;
  }

  get strangers(): number {
    return this.#strangers;
  }

  get isFull(): boolean {
    return this.#taken >= this.#limits.connectionsMax;
  }

  strangersFrom(source: string): number {
    return this.#strangersBySource.get(source) ?? 0;
  }

  isFullFor(source: string): boolean {
    return this.strangersFrom(source) >= this.#limits.unauthenticatedConnectionsPerSourceMax;
  }

  /** The chance with which a stranger is dropped now. */
  get dropChance(): number {
    const { unauthenticatedConnectionsMax: max, unauthenticatedConnectionsCalmShare } =
      this.#limits;
    return dropChance(this.#strangers, max * unauthenticatedConnectionsCalmShare, max);
  }

  /** @param source null for one who is not counted among strangers */
  take(source: string | null): Place {
    this.#taken += 1;
    if (source !== null) this.#countStranger(source, 1);
    let stranger = source;
    let isHeld = true;
    const loggedIn = () => {
      if (stranger !== null) this.#countStranger(stranger, -1);
      stranger = null;
    };
    const release = () => {
      loggedIn();
      if (isHeld) this.#taken -= 1;
      isHeld = false;
    };
    return { loggedIn, release };
  }

  #countStranger(source: string, change: 1 | -1): void {
    const strangers = this.strangersFrom(source) + change;
    this.#strangers += change;
    if (strangers === 0) this.#strangersBySource.delete(source);
    else this.#strangersBySource.set(source, strangers);
  }
}

/**
 * 0 up to `from`, then linear to 1 at the maximum, as sshd's MaxStartups: a flood then costs each honest client some
 * chance, not the certainty, of being refused.
 */
export function dropChance(strangers: number, from: number, strangersMax: number): number {
  if (strangers >= strangersMax) return 1;
  if (strangers <= from) return 0;
  return (strangers - from) / (strangersMax - from);
}
