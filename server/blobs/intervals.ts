/** A set of integers below 2^53 as sorted half-open intervals that neither overlap nor touch. */
export class Intervals {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  get count(): number {
    return this.#starts.length;
  }

  /** End of the interval that starts at 0; 0 without one. */
  get prefix(): number {
    return this.#starts[0] === 0 ? this.#ends[0]! : 0;
  }

  add(start: number, end: number): void {
    if (start >= end) return;
    const first = this.#firstEndingFrom(start);
    let after = first;
    while (after < this.count && this.#starts[after]! <= end) after += 1;
    if (after === first) {
      this.#starts.splice(first, 0, start);
      this.#ends.splice(first, 0, end);
      return;
    }
    this.#starts[first] = Math.min(start, this.#starts[first]!);
    this.#ends[first] = Math.max(end, this.#ends[after - 1]!);
    if (after === first + 1) return;
    this.#starts.splice(first + 1, after - first - 1);
    this.#ends.splice(first + 1, after - first - 1);
  }

  /** Takes away everything from `end` on. */
  cut(end: number): void {
    while (this.count > 0 && this.#starts[this.count - 1]! >= end) {
      this.#starts.pop();
      this.#ends.pop();
    }
    const last = this.count - 1;
    if (last >= 0 && this.#ends[last]! > end) this.#ends[last] = end;
  }

  covers(start: number, end: number): boolean {
    if (start >= end) return true;
    const at = this.#firstEndingFrom(end);
    return at < this.count && this.#starts[at]! <= start;
  }

  /** Whether adding the interval would make no new one. */
  touches(start: number, end: number): boolean {
    const at = this.#firstEndingFrom(start);
    return at < this.count && this.#starts[at]! <= end;
  }

  /** The parts of `start` to `end` that are not in the set, ascending. */
  gaps(start: number, end: number): [start: number, end: number][] {
    const gaps: [number, number][] = [];
    let from = start;
    for (let at = this.#firstEndingFrom(start); at < this.count && from < end; at += 1) {
      if (this.#starts[at]! > from) gaps.push([from, Math.min(end, this.#starts[at]!)]);
      from = Math.max(from, this.#ends[at]!);
    }
    if (from < end) gaps.push([from, end]);
    return gaps;
  }

  #firstEndingFrom(value: number): number {
    let low = 0;
    let high = this.count;
    // Nearly every call is about the last one.
    if (high > 0 && this.#ends[high - 1]! < value) return high;
    if (high > 1 && this.#ends[high - 2]! < value) return high - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ends[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
