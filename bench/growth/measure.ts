import { median, pairedRatio, quantile } from '../statistics.ts';
import type { Catalogue } from './catalogue.ts';
import { operationsOn, type Operation } from './operations.ts';

export type Measured = {
  readonly name: string;
  /** One for each catalogue, in their order. */
  readonly costs: readonly Cost[];
  /** Of the last catalogue to the first: time, and CPU of this process. */
  readonly ratio: number;
  readonly cpuRatio: number;
};

/** Microseconds: of one operation by the wall clock, and of this process's CPU. */
export type Cost = { readonly medianUs: number; readonly p99Us: number; readonly cpuUs: number };

export type Pass = { readonly rounds: number; readonly perRound: number };

type Round = { readonly timesUs: readonly number[]; readonly cpuUs: number };

/** Every operation on every catalogue in turns, so that what else the machine does falls on all of them. */
export async function measure(
  catalogues: readonly Catalogue[],
  { rounds, perRound }: Pass,
  only?: (name: string) => boolean,
): Promise<readonly Measured[]> {
  const operations = catalogues.map(operationsOn);
  const measured: Measured[] = [];
  for (const [index, { name }] of operations[0]!.entries()) {
    if (only?.(name) === false) continue;
    const found: Round[][] = catalogues.map(() => []);
    // The first round warms up, and does not count.
    for (let round = 0; round <= rounds; round += 1) {
      for (const [which, ofCatalogue] of operations.entries()) {
        const done = await runRound(ofCatalogue[index]!, round * perRound, perRound);
        if (round > 0) found[which]!.push(done);
      }
    }
    measured.push({ name, ...reckon(found) });
  }
  return measured;
}

async function runRound(operation: Operation, firstTurn: number, count: number): Promise<Round> {
  const timesUs: number[] = [];
  const before = process.cpuUsage();
  for (let turn = firstTurn; turn < firstTurn + count; turn += 1) {
    const startedMs = performance.now();
    await operation.run(turn);
    timesUs.push((performance.now() - startedMs) * 1000);
  }
  const { user, system } = process.cpuUsage(before);
  return { timesUs, cpuUs: (user + system) / count };
}

function reckon(found: readonly (readonly Round[])[]): Omit<Measured, 'name'> {
  const costs = found.map((rounds) => ({
    medianUs: median(rounds.flatMap(({ timesUs }) => timesUs)),
    p99Us: quantile(
      rounds.flatMap(({ timesUs }) => timesUs),
      0.99,
    ),
    cpuUs: median(rounds.map(({ cpuUs }) => cpuUs)),
  }));
  const [small, large] = [found[0]!, found.at(-1)!];
  const medians = (rounds: readonly Round[]) => rounds.map(({ timesUs }) => median(timesUs));
  const cpu = (rounds: readonly Round[]) => rounds.map(({ cpuUs }) => cpuUs);
  return {
    costs,
    ratio: pairedRatio(medians(large), medians(small)),
    cpuRatio: pairedRatio(cpu(large), cpu(small)),
  };
}
