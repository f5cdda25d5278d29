import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSshd, startWaybill, type Contender } from './servers.ts';
import { median, type Figure, type Row, type Settings } from './trial.ts';

export type Leg = {
  readonly trial: string;
  readonly unit: string;
  readonly commands: (contender: Contender, round: number) => readonly string[];
  /** Turns the seconds of a round into the unit. */
  readonly score: (seconds: number) => number;
};

type Taken = { scores: number[]; cpu: number[] };

/** Runs the legs on both servers in turns, round by round, so that a noisy moment of the machine meets both. */
export async function contest(
  { directory, rounds }: Settings,
  legs: readonly Leg[],
): Promise<Row[]> {
  const waybill = await startWaybill(directory);
  const keyFile = join(directory, 'waybill/users/amy');
  const sshd = await startSshd(directory, {
    keyFile,
    publicKey: readFileSync(`${keyFile}.pub`, 'utf8').trim(),
  });
  const contenders = sshd === null ? [waybill] : [waybill, sshd];
  const taken = new Map<string, Taken>();
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const leg of legs)
        for (const contender of contenders) await runLeg(leg, contender, round, taken);
    }
  } finally {
    await Promise.all(contenders.map((contender) => contender.stop()));
  }
  const figure = (leg: Leg, name: Contender['name']): Figure => {
    const { scores, cpu } = taken.get(`${leg.trial} ${name}`)!;
    return { median: median(scores), cpuSeconds: median(cpu) };
  };
  return legs.map((leg) => ({
    trial: leg.trial,
    unit: leg.unit,
    waybill: figure(leg, 'waybill'),
    sshd: sshd === null ? null : figure(leg, 'sshd'),
  }));
}

async function runLeg(
  leg: Leg,
  contender: Contender,
  round: number,
  taken: Map<string, Taken>,
): Promise<void> {
  const before = contender.cpuSeconds();
  const seconds = await contender.batch(leg.commands(contender, round));
  const key = `${leg.trial} ${contender.name}`;
  const so = taken.get(key) ?? { scores: [], cpu: [] };
  so.scores.push(leg.score(seconds));
  // What sshd's children used is counted once they are waited for.
  await new Promise((resolve) => setTimeout(resolve, 200));
  so.cpu.push(contender.cpuSeconds() - before);
  taken.set(key, so);
}
