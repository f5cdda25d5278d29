import type { Random } from '../../fault/fixtures/random.ts';
import { block } from '../../blobs/fixtures.ts';

export type Step =
  /** `at` below 0: to the end. */
  | { readonly kind: 'write'; readonly at: number; readonly length: number; readonly seed: number }
  | { readonly kind: 'read'; readonly at: number; readonly length: number }
  | { readonly kind: 'truncate'; readonly at: number }
  | { readonly kind: 'flush' | 'resume' | 'publish' }
  | { readonly kind: 'crash' | 'spoil'; readonly seed: number };

const blocksMax = 3;
/** One file in so many meets crashes. */
const crashesEvery = 3;

export function makeSteps(random: Random): readonly Step[] {
  const crashes = random.int(crashesEvery) === 0;
  return Array.from({ length: 1 + random.int(40) }, () => makeStep(random, crashes));
}

function makeStep(random: Random, crashes: boolean): Step {
  const kind = random.int(crashes ? 40 : 37);
  const seed = random.int(2 ** 31);
  if (kind < 9) return { kind: 'write', at: -1, length: length(random), seed };
  if (kind < 17) return { kind: 'write', at: position(random), length: length(random), seed };
  if (kind < 27) return { kind: 'read', at: position(random), length: length(random) };
  if (kind < 30) return { kind: 'truncate', at: position(random) };
  if (kind < 33) return { kind: 'flush' };
  if (kind < 35) return { kind: 'resume' };
  if (kind < 36) return { kind: 'publish' };
  return { kind: kind < 37 ? 'spoil' : 'crash', seed };
}

function position(random: Random): number {
  const near = random.int(3);
  if (near === 0) return random.int(300);
  if (near === 1) return Math.max(0, random.int(blocksMax) * block + random.between(-3, 4));
  return random.int(blocksMax * block);
}

function length(random: Random): number {
  const size = random.int(10);
  if (size < 7) return random.int(300);
  if (size < 9) return random.int(20_000);
  return random.int(3) > 0 ? block + random.between(-2, 3) : random.int(2 * block);
}

export function textOf(steps: readonly Step[]): string {
  return steps
    .map((step) => {
      const { kind } = step;
      if (kind === 'write') return `write ${step.at} ${step.length} ${step.seed}`;
      if (kind === 'read') return `read ${step.at} ${step.length}`;
      if (kind === 'truncate') return `truncate ${step.at}`;
      return kind === 'crash' || kind === 'spoil' ? `${kind} ${step.seed}` : kind;
    })
    .join('\n');
}

export function stepsOf(text: string): readonly Step[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line): Step => {
    const [kind, ...rest] = line.split(' ');
    const [first = 0, second = 0, third = 0] = rest.map(Number);
    if (kind === 'write') return { kind, at: first, length: second, seed: third };
    if (kind === 'read') return { kind, at: first, length: second };
    if (kind === 'truncate') return { kind, at: first };
    if (kind === 'crash' || kind === 'spoil') return { kind, seed: first };
    return { kind } as Step;
  });
}
