export type PaceLimits = {
  readonly workUnitsPerSecondMax: number;
  readonly workUnitsAtOnceMax: number;
};

/** How often who was ahead was made to wait, and for how long altogether. */
export type Waited = { waits: number; ms: number };

/** What work costs, in units of about 50 us of this process and the monitor's (docs/decisions/0006). */
export const workUnits = {
  request: 1,
  /** Beyond that, for what is asked of the monitor, and for what makes it commit. */
  question: 1,
  commit: 0.5,
  /** A block of a file that was begun for a few bytes: it is read, decrypted, encrypted and written whole. */
  blockBegun: 32,
  packet: 0.5,
  channel: 40,
  keyExchange: 100,
} as const;

/** File bytes that pay for one unit: who moves data is not held back. */
const bytesPerUnit = 4096;

/**
 * What the blocks of one upload cost beyond the bytes that fill them. One that is begun and not yet filled is free: a file
 * of a few bytes has one, and a transfer is always in the middle of one.
 */
export class BlocksAhead {
  #blocks = 0;

  /** @returns units to spend; fewer than none where bytes now fill what was begun before */
  add(begun: number, filled: number): number {
    const before = this.#beyondFree;
    this.#blocks = Math.max(0, this.#blocks + begun - filled);
    return workUnits.blockBegun * (this.#beyondFree - before);
  }

  get #beyondFree(): number {
    return Math.max(0, this.#blocks - 1);
  }
}

/** How long anybody is made to wait before it is looked at again. */
const waitMsMax = 250;

/**
 * How fast one client may make the server work. Work costs units, moved bytes earn them, and who is in debt waits:
 * nothing is refused. So one client that asks for much and moves nothing leaves the processors to those that transfer.
 */
export class Pace {
  readonly #limits: PaceLimits;
  readonly #now: () => number;
  readonly #waited: Waited;
  #units: number;
  #atMs: number;

  /** @param now milliseconds of a steady clock */
  constructor(
    limits: PaceLimits,
    now: () => number = () => performance.now(),
    waited: Waited = { waits: 0, ms: 0 },
  ) {
    this.#limits = limits;
    this.#now = now;
    this.#waited = waited;
    this.#units = limits.workUnitsAtOnceMax;
    this.#atMs = now();
  }

  spend(units: number): void {
    this.#units -= units;
  }

  /** Bytes of files or packets went in or out. */
  moved(bytes: number): void {
    this.#units += bytes / bytesPerUnit;
  }

  /** Somebody does wait for so long. */
  waits(ms: number): void {
    this.#waited.waits += 1;
    this.#waited.ms += ms;
  }

  /** How long to wait now; 0 where there is no debt. */
  get waitMs(): number {
    const { workUnitsPerSecondMax, workUnitsAtOnceMax } = this.#limits;
    // The clock is asked for only once there is a debt: this is asked after every packet.
    if (this.#units >= 0) {
      this.#units = Math.min(this.#units, workUnitsAtOnceMax);
      return 0;
    }
    const nowMs = this.#now();
    const earned = ((nowMs - this.#atMs) / 1000) * workUnitsPerSecondMax;
    this.#atMs = nowMs;
    this.#units = Math.min(this.#units + earned, workUnitsAtOnceMax);
    return Math.min(waitMsMax, Math.max(0, (-this.#units / workUnitsPerSecondMax) * 1000));
  }
}

/** The paces of the users of one process: more sessions give nobody more of it. */
export class Paces {
  readonly #limits: PaceLimits;
  readonly #users = new Map<string, { readonly pace: Pace; sessions: number }>();
  /** Of all users, since the process began. */
  readonly waited: Waited = { waits: 0, ms: 0 };

  constructor(limits: PaceLimits) {
    this.#limits = limits;
  }

  /** The user's, until `release` was called as often. */
  of(username: string): Pace {
    const user = this.#users.get(username) ?? {
      pace: new Pace(this.#limits, undefined, this.waited),
      sessions: 0,
    };
    user.sessions += 1;
    this.#users.set(username, user);
    return user.pace;
  }

  release(username: string): void {
    const user = this.#users.get(username);
    if (user === undefined) return;
    user.sessions -= 1;
    if (user.sessions === 0) this.#users.delete(username);
  }
}

/** For what is served outside a connection. */
export function unhurried(): Pace {
  return new Pace({ workUnitsPerSecondMax: Infinity, workUnitsAtOnceMax: Infinity });
}
