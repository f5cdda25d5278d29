import { keepInput, keptInputs } from './corpus.ts';
import { expect, randomOfCase, type Bench, type Suite } from './suite.ts';
import { startWatchdog, type Watchdog } from './watchdog.ts';

export type Asked = {
  readonly seed: number;
  /** Units to run, at least. */
  readonly count: number;
  /** One case alone. */
  readonly only?: number | undefined;
  /** Says how far it is, now and then. */
  readonly tell?: (line: string) => void;
  /** Writes what fails to the corpus. */
  readonly keep?: boolean;
};

export type Result = {
  readonly units: number;
  readonly seconds: number;
  readonly failures: readonly string[];
  readonly notes: readonly string[];
};

/** More than this in one case, three times of three, is a hang. */
const caseMsMax = 1_000;
const standstillMsMax = 30_000;
const failuresMax = 5;
const shrinkMsMax = 20_000;
const tellMs = 5_000;
const mebibyte = 1024 * 1024;
const growthMiBMax = 64;

/** Runs the corpus and then fresh cases of one suite until there are enough, and looks at what the run left behind. */
export async function campaign<Input>(suite: Suite<Input>, asked: Asked): Promise<Result> {
  const strays: unknown[] = [];
  const stray = (error: unknown): void => void strays.push(error);
  process.on('unhandledRejection', stray).on('uncaughtException', stray);
  const watchdog = startWatchdog(`${suite.name} --seed ${asked.seed}`, standstillMsMax);
  try {
    return await new Campaign(suite, await suite.open(), asked, strays, watchdog).run();
  } finally {
    process.off('unhandledRejection', stray).off('uncaughtException', stray);
    await watchdog.stop();
  }
}

class Campaign<Input> {
  readonly #suite: Suite<Input>;
  readonly #bench: Bench<Input>;
  readonly #asked: Asked;
  readonly #strays: unknown[];
  readonly #watchdog: Watchdog;
  readonly #failures: string[] = [];
  #slowestMs = 0;

  constructor(
    suite: Suite<Input>,
    bench: Bench<Input>,
    asked: Asked,
    strays: unknown[],
    watchdog: Watchdog,
  ) {
    this.#suite = suite;
    this.#bench = bench;
    this.#asked = asked;
    this.#strays = strays;
    this.#watchdog = watchdog;
  }

  async run(): Promise<Result> {
    const { seed, only } = this.#asked;
    const kept = only === undefined ? keptInputs(this.#suite.name) : [];
    for (const { name, text } of kept) {
      const error = await this.#failureOf(this.#bench.parse(text));
      if (error !== undefined) this.#failures.push(`corpus ${name}: ${told(error)}`);
    }
    const startedMs = performance.now();
    let units = 0;
    let memory: Memory | undefined;
    if (only !== undefined) units += await this.#one(only);
    else {
      const warm = Math.min(this.#asked.count / 5, 50_000);
      let toldMs = startedMs;
      for (let index = 0; units < this.#asked.count; index += 1) {
        const done = this.#one(index);
        units += typeof done === 'number' ? done : await done;
        if (this.#failures.length >= failuresMax) break;
        if (memory === undefined && units >= warm) memory = await measure();
        if (index % 256 === 0 && performance.now() - toldMs > tellMs) {
          toldMs = performance.now();
          this.#tell(units, (toldMs - startedMs) / 1000);
        }
      }
    }
    const seconds = (performance.now() - startedMs) / 1000;
    const notes = [
      `seed ${seed}, ${kept.length} of the corpus, slowest case ${this.#slowestMs.toFixed(0)} ms`,
      this.#bench.figures(),
    ];
    await this.#bench.close().catch((error: unknown) => this.#failures.push(told(error)));
    await new Promise(setImmediate);
    for (const error of this.#strays) this.#failures.push(`nobody caught: ${told(error)}`);
    if (memory !== undefined) notes.push(this.#growth(memory, await measure()));
    return { units, seconds, failures: this.#failures, notes };
  }

  #tell(units: number, seconds: number): void {
    const rate = units / seconds;
    const left = Math.round((this.#asked.count - units) / rate);
    const { name, unit } = this.#suite;
    this.#asked.tell?.(
      `${name}: ${grouped(units)} of ${grouped(this.#asked.count)} ${unit}, ${grouped(rate)}/s, ${left} s left`,
    );
  }

  /** Runs one fresh case. Units that it was; a failure is noted, shrunk and kept. */
  #one(index: number): number | Promise<number> {
    const input = this.#bench.make(randomOfCase(this.#asked.seed, index), index);
    this.#watchdog.beat(index);
    const startedMs = performance.now();
    try {
      const done = this.#bench.run(input);
      if (typeof done === 'number') {
        const tookMs = performance.now() - startedMs;
        if (tookMs <= caseMsMax && this.#strays.length === 0) {
          this.#slowestMs = Math.max(this.#slowestMs, tookMs);
          return done;
        }
        return this.#slow(index, input, done);
      }
      return this.#finish(index, input, done, startedMs);
    } catch (error) {
      return this.#fail(index, input, error);
    }
  }

  async #finish(index: number, input: Input, work: Promise<number>, startedMs: number) {
    try {
      const done = await work;
      const tookMs = performance.now() - startedMs;
      if (tookMs > caseMsMax) return await this.#slow(index, input, done);
      this.#slowestMs = Math.max(this.#slowestMs, tookMs);
      if (this.#strays.length > 0) throw this.#strays.shift();
      return done;
    } catch (error) {
      return this.#fail(index, input, error);
    }
  }

  /** A case that took long: on a busy machine once is chance. */
  async #slow(index: number, input: Input, units: number): Promise<number> {
    const error = await this.#failureOf(input);
    return error === undefined ? units : this.#fail(index, input, error);
  }

  async #fail(index: number, input: Input, error: unknown): Promise<number> {
    const { name } = this.#suite;
    const { seed, keep } = this.#asked;
    const small = await this.#shrink(input);
    const text = this.#bench.text(small.input);
    const place =
      keep === true
        ? `\nkept as ${keepInput(name, `${seed}-${index}.txt`, text)}`
        : `\n${text.slice(0, 4_000)}`;
    this.#failures.push(
      `${told(error)}\nagain: npm run fuzz -- ${name} --seed ${seed} --only ${index}\nshrunk: ${told(small.error ?? error)}${place}`,
    );
    return 1;
  }

  async #shrink(input: Input): Promise<{ input: Input; error: unknown }> {
    let best = { input, error: await this.#failureOf(input) };
    const untilMs = performance.now() + shrinkMsMax;
    for (let found = best.error !== undefined; found;) {
      found = false;
      for (const smaller of this.#bench.smaller(best.input)) {
        if (performance.now() > untilMs) return best;
        const error = await this.#failureOf(smaller);
        if (error === undefined) continue;
        best = { input: smaller, error };
        found = true;
        break;
      }
    }
    return best;
  }

  /** What is wrong with it, or undefined. */
  async #failureOf(input: Input): Promise<unknown> {
    try {
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const before = process.cpuUsage();
        await this.#bench.run(input);
        await Promise.resolve();
        if (this.#strays.length > 0) return this.#strays.shift();
        // Time of its own: what waits for a busy machine does not hang. Who waits for an answer in vain says so itself.
        const { user, system } = process.cpuUsage(before);
        if ((user + system) / 1000 <= caseMsMax) return undefined;
      }
      return new Error(`a hang: over ${caseMsMax} ms of CPU, three times of three`);
    } catch (error) {
      return error;
    }
  }

  #growth(before: Memory, after: Memory): string {
    const heap = (after.heapBytes - before.heapBytes) / mebibyte;
    const resident = (after.residentBytes - before.residentBytes) / mebibyte;
    if (heap > growthMiBMax) this.#failures.push(`the heap grew by ${heap.toFixed(0)} MiB`);
    if (resident > growthMiBMax)
      this.#failures.push(`resident memory grew by ${resident.toFixed(0)} MiB`);
    return `after the run: heap ${signed(heap)} MiB, resident ${signed(resident)} MiB (of ${(after.residentBytes / mebibyte).toFixed(0)})`;
  }
}

type Memory = { readonly heapBytes: number; readonly residentBytes: number };

async function measure(): Promise<Memory> {
  const { gc } = globalThis;
  expect(gc !== undefined, 'node needs --expose-gc to measure memory');
  for (let round = 0; round < 3; round += 1) {
    await new Promise(setImmediate);
    gc();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapBytes: heapUsed + external, residentBytes: rss };
}

function told(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message).slice(0, 1_500) : String(error);
}

function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(1)}`;
}

export function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
