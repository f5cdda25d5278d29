import { seededRandom, type Random } from '../fault/fixtures/random.ts';

/** One kind of hostile input: how it is made from random numbers, what must hold of it, and how it is written down. */
export type Suite<Input> = {
  readonly name: string;
  /** What is counted, in the plural. */
  readonly unit: string;
  open(): Promise<Bench<Input>>;
};

export type Bench<Input> = {
  /** The same input for the same numbers and index. */
  make(random: Random, index: number): Input;
  /** How many units it was. @throws Error what does not hold */
  run(input: Input): number | Promise<number>;
  text(input: Input): string;
  parse(text: string): Input;
  /** Simpler inputs that may fail in the same way, the simplest first. */
  smaller(input: Input): Iterable<Input>;
  /** What the inputs met, for the report. */
  figures(): string;
  /** Gives back what it holds. @throws Error when something was left behind */
  close(): Promise<void>;
};

/** The random numbers of one case, so that it runs again without those before it. */
export function randomOfCase(seed: number, index: number): Random {
  let mixed = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) + Math.imul(index + 1, 0xc2b2ae35)) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d) >>> 0;
  return seededRandom(mixed);
}

export function expect(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

/** Lists with one run of elements left out: halves first, single elements last. */
export function* withoutSome<T>(list: readonly T[]): Iterable<T[]> {
  for (
    let size = Math.ceil(list.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  )
    for (let at = 0; at < list.length; at += size)
      if (list.length > size) yield [...list.slice(0, at), ...list.slice(at + size)];
}
