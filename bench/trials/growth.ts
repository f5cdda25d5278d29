import { mkdirSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { databaseFileName } from '../../server/database/open.ts';
import { masterKeyFile } from '../../server/setup.ts';
import { freePort, LiveServer } from '../../test/fixtures/live-server.ts';
import { openCatalogue, warm, type Catalogue } from '../growth/catalogue.ts';
import { fill } from '../growth/fill.ts';
import { measure, type Measured } from '../growth/measure.ts';
import { median, threeDigits, times } from '../statistics.ts';
import type { Bench, Findings, Table, Trial } from '../trial.ts';

const fewest = 10_000;
const full = [fewest, 1_000_000, 10_000_000];
const quick = [fewest, 300_000];
/** What an entry takes in the end, and as much again for the sorting of indexes. */
const bytesPerEntry = 5_000;
const masterKey = Buffer.alloc(32, 7);
const starts = 3;

/** A data directory of one size. */
type Filled = {
  readonly entries: number;
  readonly directory: string;
  readonly bytesPerEntry: number;
  readonly fillSeconds: number;
};

/**
 * The same operations on catalogues of different sizes, which are filled first. They are asked of the server's own
 * modules in this process, with durable commits: a wire would add the same to both sides, and make their ratio smaller.
 */
async function run(bench: Bench): Promise<Findings> {
  const sizes = sizesFor(bench);
  const filled: Filled[] = [];
  for (const entries of sizes) filled.push(await fillOne(bench, entries));
  const startMs: number[] = [];
  for (const each of filled) startMs.push(await startOf(each));
  const catalogues: Catalogue[] = [];
  try {
    for (const { directory, entries } of filled)
      catalogues.push(await openCatalogue(join(directory, 'data'), entries, masterKey));
    for (const catalogue of catalogues) await warm(catalogue);
    bench.say('  operations');
    const measured = await measure(catalogues, {
      rounds: bench.rounds,
      perRound: bench.quick ? 20 : 50,
    });
    return findings(filled, startMs, measured);
  } finally {
    for (const catalogue of catalogues) await catalogue.close();
  }
}

/** Those that the disk has room for, the fewest among them. */
function sizesFor({ directory, quick: isQuick, entries, say }: Bench): readonly number[] {
  const wanted = entries === null ? (isQuick ? quick : full) : [fewest, entries];
  const { bavail, bsize } = statfsSync(directory);
  let room = bavail * bsize;
  return wanted.filter((size) => {
    if (size * bytesPerEntry > room) {
      say(`  ${size} entries are left out: they take ${(size * bytesPerEntry) / 1e9} GB`);
      return false;
    }
    room -= size * bytesPerEntry;
    return true;
  });
}

async function fillOne(bench: Bench, entries: number): Promise<Filled> {
  bench.say(`  filling: ${entries} entries`);
  const directory = join(bench.directory, String(entries));
  const dataDirectory = join(directory, 'data');
  const keysDirectory = join(directory, 'keys');
  for (const made of [dataDirectory, keysDirectory])
    mkdirSync(made, { recursive: true, mode: 0o700 });
  writeFileSync(join(keysDirectory, masterKeyFile), `${masterKey.toString('base64')}\n`, {
    mode: 0o600,
  });
  const startedMs = performance.now();
  await fill({ dataDirectory, entries, masterKey, ids: 'time-ordered' });
  return {
    entries,
    directory,
    bytesPerEntry: statSync(join(dataDirectory, databaseFileName)).size / entries,
    fillSeconds: (performance.now() - startedMs) / 1000,
  };
}

/** Milliseconds from the start of the process to `/readyz`, the median of a few. */
async function startOf({ directory }: Filled): Promise<number> {
  const server = new LiveServer(directory, [await freePort(), await freePort()], {
    WAYBILL_LOG_LEVEL: 'warn',
  });
  const found: number[] = [];
  for (let start = 0; start < starts; start += 1) {
    const startedMs = performance.now();
    await server.start();
    found.push(performance.now() - startedMs);
    await server.stop();
  }
  return median(found);
}

const entriesOfGoal = 10_000_000;

function findings(
  filled: readonly Filled[],
  startMs: readonly number[],
  measured: readonly Measured[],
): Findings {
  const sizes = filled.map(({ entries }) => entries.toLocaleString('en'));
  const startRatio = startMs.at(-1)! / startMs[0]!;
  const costs: Table = {
    title: 'Growth: the same operations on catalogues of different sizes',
    columns: [
      'operation',
      ...sizes.flatMap((size) => [`${size}: µs`, 'p99', 'CPU']),
      'time',
      'CPU',
    ],
    lines: [
      ...measured.map(({ name, costs, ratio, cpuRatio }) => [
        name,
        ...costs.flatMap(({ medianUs, p99Us, cpuUs }) =>
          [medianUs, p99Us, cpuUs].map((value) => threeDigits(value)),
        ),
        times(ratio),
        times(cpuRatio),
      ]),
      [
        'start of the server',
        ...startMs.flatMap((ms) => [threeDigits(ms * 1000), '', '']),
        times(startRatio),
        '',
      ],
    ],
    notes: [
      'In the process of the modules, without a wire; commits are durable; content is not read or written.',
      'The last two columns: the most entries against the fewest, medians of paired rounds.',
      'Agencies send files every day into directories of 100, some of 10,000, one of 100,000 (bench/growth/fill.ts).',
    ],
  };
  const sizesTable: Table = {
    title: 'Growth: the database',
    columns: ['entries', 'bytes an entry', 'filled in s'],
    lines: filled.map(({ bytesPerEntry, fillSeconds }, index) => [
      sizes[index]!,
      threeDigits(bytesPerEntry),
      threeDigits(fillSeconds),
    ]),
    notes: [
      'An entry is a file with its version, blob, transfers (1.05) and two rows of the ledger.',
    ],
  };
  const worst = Math.max(startRatio, ...measured.map(({ ratio }) => ratio));
  // The figure to reach is of ten million: a smaller catalogue says nothing of it.
  const speaks = filled.at(-1)!.entries >= entriesOfGoal;
  return { tables: [costs, sizesTable], figures: speaks ? { growth: worst } : {} };
}

export const growth: Trial = {
  name: 'growth',
  about: 'the same operations with 10 thousand, 1 million and 10 million entries',
  quick: true,
  run,
};
