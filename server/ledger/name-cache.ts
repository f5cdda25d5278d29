import type { Commit, Unit } from '../database/units.ts';
import type { NameKey } from './name-keys.ts';

/** Names that are known without asking the database: those of the files that come and go now. */
const namesMax = 4_096;

/** What a unit found or made, and others learn of once it is committed. */
class Learned {
  readonly apply: () => void;

  constructor(apply: () => void) {
    this.apply = apply;
  }
}

type Uncommitted = {
  readonly names: Map<string, string>;
  readonly keys: Map<string, NameKey>;
};

/**
 * What is known of the names in the ledger. A unit sees what the units before it have made, committed or not (all of it is
 * forgotten when anything is undone, `Unit.known`); past its commit a name is known until others push it out, or until it
 * is redacted. So nothing is ever told that a rollback has taken back.
 */
export class NameCache {
  readonly #names = new Map<string, string>();
  readonly #keys = new Map<string, NameKey>();
  #isFollowing = false;
  #uncommitted: Uncommitted | undefined;

  /** Without it every unit asks the database for what none before it in the same commits has. */
  follow(database: { onCommit(listener: (commit: Commit) => void): void }): void {
    this.#isFollowing = true;
    database.onCommit(({ left }) => {
      for (const each of left) if (each instanceof Learned) each.apply();
      this.#uncommitted?.names.clear();
      this.#uncommitted?.keys.clear();
    });
  }

  name(unit: Unit, agency: string, name: string): string | undefined {
    const at = placeOf(agency, name);
    const known = this.#names.get(at);
    if (known === undefined) return this.#of(unit).names.get(at);
    // To the end: the first of a Map is what was not asked for the longest.
    this.#names.delete(at);
    this.#names.set(at, known);
    return known;
  }

  learnName(unit: Unit, agency: string, name: string, commitment: string): void {
    const at = placeOf(agency, name);
    const { names } = this.#of(unit);
    if (names.size >= namesMax) names.clear();
    names.set(at, commitment);
    this.#learn(unit, () => {
      this.#names.set(at, commitment);
      if (this.#names.size <= namesMax) return;
      for (const oldest of this.#names.keys()) {
        this.#names.delete(oldest);
        break;
      }
    });
  }

  key(unit: Unit, agency: string): NameKey | undefined {
    return this.#keys.get(agency) ?? this.#of(unit).keys.get(agency);
  }

  learnKey(unit: Unit, key: NameKey): void {
    this.#of(unit).keys.set(key.agency, key);
    this.#learn(unit, () => this.#keys.set(key.agency, key));
  }

  /** For good once it is committed, and at once for the units behind this one. */
  forgetName(unit: Unit, agency: string, name: string): void {
    const at = placeOf(agency, name);
    const forget = () => void this.#names.delete(at);
    this.#of(unit).names.delete(at);
    forget();
    // Again behind what units before this one have learned in the same commit.
    this.#learn(unit, forget);
  }

  /** The same of a key and all names that were sealed under it. */
  forgetKey(unit: Unit, agency: string): void {
    const forget = () => {
      this.#keys.delete(agency);
      forgetOf(this.#names, agency);
    };
    const { names, keys } = this.#of(unit);
    keys.delete(agency);
    forgetOf(names, agency);
    forget();
    this.#learn(unit, forget);
  }

  #learn(unit: Unit, apply: () => void): void {
    if (this.#isFollowing) unit.leave(new Learned(apply));
  }

  #of(unit: Unit): Uncommitted {
    const known = unit.known.get(this) as Uncommitted | undefined;
    if (known !== undefined) return known;
    const made: Uncommitted = { names: new Map(), keys: new Map() };
    unit.known.set(this, made);
    this.#uncommitted = made;
    return made;
  }
}

/** No path and no code has a NUL in it. */
function placeOf(agency: string, name: string): string {
  return `${agency}\0${name}`;
}

function forgetOf(names: Map<string, string>, agency: string): void {
  for (const at of names.keys()) if (at.startsWith(`${agency}\0`)) names.delete(at);
}
