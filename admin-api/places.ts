import { Fault, type FaultCode } from '../server/domain/faults.ts';

export type PlacesParts = {
  readonly max: number;
  /** Of them for one API key, so that a program which does not let go leaves some to the others. */
  readonly perKeyMax: number;
  readonly full: FaultCode;
  /** Such as `uploads`, for who is refused. */
  readonly what: string;
};

/** So many at a time, and so many of them for one API key. */
export class Places {
  readonly #parts: PlacesParts;
  readonly #takenByKey = new Map<string, number>();
  #taken = 0;

  constructor(parts: PlacesParts) {
    this.#parts = parts;
  }

  /**
   * @returns gives the place back, once, however often it is called
   * @throws Fault `full`
   */
  take(keyId: string): () => void {
    const { max, perKeyMax, full, what } = this.#parts;
    if (this.#taken >= max) throw new Fault(full, `too many ${what} at once`);
    if (this.#takenBy(keyId) >= perKeyMax)
      throw new Fault(full, `too many ${what} of this API key at once`);
    this.#count(keyId, 1);
    let isHeld = true;
    return () => {
      if (isHeld) this.#count(keyId, -1);
      isHeld = false;
    };
  }

  #takenBy(keyId: string): number {
    return this.#takenByKey.get(keyId) ?? 0;
  }

  #count(keyId: string, change: 1 | -1): void {
    const taken = this.#takenBy(keyId) + change;
    this.#taken += change;
    if (taken === 0) this.#takenByKey.delete(keyId);
    else this.#takenByKey.set(keyId, taken);
  }
}
