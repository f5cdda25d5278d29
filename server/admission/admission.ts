import { addressesIn, sourceGroup } from '../domain/addresses.ts';
import type { CloseReason } from '../domain/authentication.ts';
import type { FaultCode } from '../domain/faults.ts';
import type { Limits } from '../domain/limits.ts';
import type { Penalties } from '../domain/penalties.ts';
import type { LimitRows } from '../ledger/limit-rows.ts';
import { banLifted, banStarted } from './ban-rows.ts';
import { type Failure, failureOfLeaving, failureOfRefusal } from './failures.ts';
import { KnownSources } from './known-sources.ts';
import { type Place, Places } from './places.ts';
import { Rates } from './rates.ts';
import { SourcePenalties } from './source-penalties.ts';

export type AdmissionParts = {
  readonly limits: Limits;
  /** Addresses and CIDR blocks that are refused for nothing but the total. */
  readonly allowedMonitors: readonly string[];
  /** Between 0 and 1. */
  readonly random: () => number;
  /** Milliseconds of a steady clock, and of the wall clock. */
  readonly now: () => number;
  readonly clock: () => number;
  readonly limitRows: Pick<LimitRows, 'reached' | 'tell'>;
};

type Admitted = {
  readonly source: string;
  readonly place: Place;
  readonly isMonitor: boolean;
  refusals: number;
  hasLoggedIn: boolean;
};

/** Who may come in, decided by the address alone before any cryptography, and what is remembered of who came. */
export class Admission {
  readonly #parts: AdmissionParts;
  readonly #admitted = new Map<string, Admitted>();
  readonly #places: Places;
  readonly #rates: Rates;
  readonly #known: KnownSources;
  readonly #penalties: SourcePenalties;
  readonly #isMonitor: (address: string) => boolean;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
    const { limits, now, clock } = parts;
    this.#isMonitor = addressesIn(parts.allowedMonitors);
    this.#places = new Places(limits);
    this.#rates = new Rates({
      perSecondMax: limits.connectionsPerSecondPerSourceMax,
      atOnceMax: limits.connectionsAtOncePerSourceMax,
      sourcesMax: limits.connectionSourcesMax,
      now,
    });
    this.#known = new KnownSources({
      msMax: limits.knownSourceMsMax,
      sourcesMax: limits.penaltySourcesMax,
      now,
    });
    this.#penalties = new SourcePenalties({ limits, now, clock });
  }

  get penalties(): Penalties {
    return this.#penalties;
  }

  /** Connections that hold a place. */
  get connections(): number {
    return this.#places.taken;
  }

  /** Those of them that have not logged in, allowed monitors aside. */
  get strangers(): number {
    return this.#places.strangers;
  }

  /**
   * A connection from `address`, to be known by `connectionId` from now on.
   *
   * @returns why it is refused, which is counted; null if it has a place, until it has `left`
   */
  arrive(address: string, connectionId: string): FaultCode | null {
    const source = sourceGroup(address);
    const isMonitor = this.#isMonitor(address);
    const refusal = isMonitor ? this.#refusalOfMonitor() : this.#refusalOf(source);
    if (refusal !== null) {
      this.#parts.limitRows.reached(refusal, source);
      return refusal;
    }
    const place = this.#places.take(isMonitor ? null : source);
    const news = { refusals: 0, hasLoggedIn: false };
    this.#admitted.set(connectionId, { source, place, isMonitor, ...news });
    return null;
  }

  /** A proof was refused, and that speaks against the source (server/authentication/failures.ts). */
  loginRefused(connectionId: string, reason: FaultCode): void {
    const connection = this.#admitted.get(connectionId);
    if (connection === undefined || connection.hasLoggedIn) return;
    connection.refusals += 1;
    this.#penalise(connection, failureOfRefusal(reason, this.#parts.limits));
  }

  /** It leaves the strangers, and ends a penalty of its source. Idempotent. */
  loggedIn(connectionId: string): void {
    const connection = this.#admitted.get(connectionId);
    if (connection === undefined || connection.hasLoggedIn) return;
    const { source, place, isMonitor } = connection;
    connection.hasLoggedIn = true;
    place.loggedIn();
    if (isMonitor) return;
    this.#known.loggedIn(source);
    this.#rates.loggedIn(source);
    const lifted = this.#penalties.forgive(source);
    if (lifted !== undefined)
      this.#parts.limitRows.tell(banLifted(lifted), 'address-banned', source);
  }

  /** Its socket is gone: gives the place back, once. To leave without a login is a failure, by reason. */
  left(connectionId: string, reason: CloseReason): void {
    const connection = this.#admitted.get(connectionId);
    if (connection === undefined) return;
    this.#admitted.delete(connectionId);
    connection.place.release();
    if (connection.hasLoggedIn) return;
    const { refusals } = connection;
    this.#penalise(connection, failureOfLeaving(reason, refusals, this.#parts.limits));
  }

  #refusalOfMonitor(): FaultCode | null {
    return this.#places.isFull ? 'connections-exceeded' : null;
  }

  #refusalOf(source: string): FaultCode | null {
    if (this.#penalties.isBanned(source) && !this.#mayKnock(source)) {
      this.#penalties.noteRefused(source);
      return 'address-banned';
    }
    if (this.#places.isFull) return 'connections-exceeded';
    if (this.#places.isFullFor(source)) return 'connections-exceeded-from-source';
    if (!this.#rates.take(source)) return 'connection-rate-exceeded';
    return this.#parts.random() < this.#places.dropChance ? 'connections-dropped' : null;
  }

  /**
   * A whole county may sit behind one address, with one batch job that tries an old password every second. Its
   * colleagues' logins end the penalty, but only if they can be tried: where somebody has logged in lately, a few
   * strangers at a time may knock in spite of it. Who guesses from there is held by the lock on the account.
   */
  #mayKnock(source: string): boolean {
    const { knownSourceStrangersMax } = this.#parts.limits;
    return this.#known.has(source) && this.#places.strangersFrom(source) < knownSourceStrangersMax;
  }

  #penalise({ source, isMonitor }: Admitted, failure: Failure | undefined): void {
    if (failure === undefined || isMonitor) return;
    const penalty = this.#penalties.penalise(source, failure);
    if (penalty !== undefined)
      this.#parts.limitRows.tell(banStarted(penalty), 'address-banned', source);
  }
}
