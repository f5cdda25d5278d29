import { availableParallelism } from 'node:os';
import { generateHostKey, hostKeySigner } from '../../server/connection/host-keys.ts';
import { openDatabase, type OpenDatabase } from '../../server/database/open.ts';
import type { LedgerEntry } from '../../server/domain/events.ts';
import { CheckpointLog } from '../../server/ledger/checkpoint-log.ts';
import { problemOfHead } from '../../server/ledger/head-check.ts';
import { ledger } from '../../server/ledger/ledger.ts';
import { LedgerHeadFile } from '../../server/ledger-head-file.ts';
import { createLedgerNames } from '../../server/ledger/names.ts';
import { LedgerTail } from '../../server/ledger/tail.ts';
import { verifyAside } from '../../server/ledger/verify-aside.ts';
import { CheckpointKeyFiles } from '../../server/signing/checkpoint-key-files.ts';
import { CheckpointKeys } from '../../server/signing/checkpoint-keys.ts';
import { Checkpointing } from '../../server/signing/checkpointing.ts';
import { noteEvidenceKey, openEvidenceKey } from '../../server/signing/evidence-key.ts';
import { median, threeDigits } from '../statistics.ts';
import type { Bench, Findings, Trial } from '../trial.ts';

const masterKey = Buffer.alloc(32, 1);
const writers = 8;
/** An upload has a row for its OPEN and one for its CLOSE. */
const rowsPerUpload = 2;

const entry: LedgerEntry = {
  event: {
    event: 'session.closed.1',
    username: 'amy',
    agency: 'alameda',
    closed: 'client-left',
    operations: { open: 20, read: 400, write: 400, close: 20 },
    bytesRead: 123_456,
    bytesWritten: 123_456,
  },
  origin: {
    actor: { kind: 'user', userId: 'a'.repeat(32), username: 'amy', agency: 'alameda' },
    session: 'b'.repeat(32),
    source: '192.0.2.10:50123',
  },
  outcome: 'success',
  reason: null,
};

/** What checkpoints cost those who append, and how fast a ledger with them is verified. */
async function run(bench: Bench): Promise<Findings> {
  const count = bench.quick ? 3_000 : 30_000;
  const rows = bench.entries ?? (bench.quick ? 20_000 : 500_000);
  bench.say(`  appending, ${bench.rounds} rounds of ${count} rows with checkpoints and without`);
  const database = openDatabase({ dataDirectory: bench.directory, clock: Date.now });
  const rates = { without: [] as number[], with: [] as number[] };
  try {
    const world = await open(bench.directory, database);
    for (let round = 0; round < bench.rounds; round += 1) {
      rates.without.push(await rateOf(database, count));
      await world.making.start();
      rates.with.push(await rateOf(database, count));
      await world.making.stop();
    }
    bench.say(`  filling: ${rows} rows`);
    await fill(database, rows, () => world.making.now());
    const took = await verified(bench.directory, database);
    await world.tail.stop();
    return findings(rates, took);
  } finally {
    await database.close();
  }
}

async function open(directory: string, database: OpenDatabase) {
  const onFault = (error: unknown) => {
    throw error;
  };
  const names = createLedgerNames(masterKey);
  const tail = new LedgerTail({ database, names, onFault });
  await tail.start();
  const evidenceKey = openEvidenceKey(hostKeySigner(generateHostKey()));
  await noteEvidenceKey({ database, ledger }, evidenceKey);
  const keys = new CheckpointKeys({
    database,
    ledger,
    evidenceKey,
    masterKey,
    files: new CheckpointKeyFiles(directory),
    epochMs: 24 * 60 * 60_000,
    clock: Date.now,
  });
  const head = new LedgerHeadFile(directory);
  const making = new Checkpointing({
    head: {
      read: () => head.read(),
      problem: async () => problemOfHead(database, await head.read()),
      keep: (note) => head.write(note),
    },
    database,
    ledger,
    tail,
    keys,
    clock: Date.now,
    log: new CheckpointLog(`${directory}/checkpoints.log`, database),
    witnesses: [],
    onTampering: onFault,
    onTrouble: (_words, error) => onFault(error),
  });
  return { making, tail };
}

/** Rows a second, each durable when it is told. */
async function rateOf(database: OpenDatabase, count: number): Promise<number> {
  let left = count;
  const some = async () => {
    while (left-- > 0) await database.write((unit) => ledger.append(unit, entry));
  };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: writers }, some));
  return (count * 1000) / (performance.now() - startedMs);
}

async function fill(
  database: OpenDatabase,
  rows: number,
  checkpoint: () => Promise<void>,
): Promise<void> {
  const perUnit = 1_000;
  for (let done = 0; done < rows; done += perUnit) {
    await database.write(
      async (unit) => {
        for (let index = 0; index < perUnit; index += 1) await ledger.append(unit, entry);
      },
      { durable: 'soon' },
    );
    await checkpoint();
  }
}

type Took = {
  readonly rows: number;
  readonly checkpoints: number;
  readonly seconds: number;
  readonly bytesMax: number;
};

async function verified(dataDirectory: string, database: OpenDatabase): Promise<Took> {
  let bytesMax = 0;
  const look = setInterval(() => {
    bytesMax = Math.max(bytesMax, process.memoryUsage.rss());
  }, 100);
  const startedMs = performance.now();
  try {
    const threadsMax = Math.min(4, availableParallelism());
    const result = await verifyAside({ dataDirectory, database, threadsMax }, 'first');
    if (!result.ok) throw new Error(`the ledger does not verify: ${result.problem}`);
    const seconds = (performance.now() - startedMs) / 1_000;
    return { rows: result.rows, checkpoints: result.checkpoints, seconds, bytesMax };
  } finally {
    clearInterval(look);
  }
}

function findings(
  rates: { readonly without: readonly number[]; readonly with: readonly number[] },
  { rows, checkpoints, seconds, bytesMax }: Took,
): Findings {
  const [without, withThem] = [median(rates.without), median(rates.with)];
  const lost = 100 * (1 - withThem / without);
  const tenMillion = (seconds * 1e7) / rows;
  return {
    tables: [
      {
        title: 'Checkpoints of the ledger',
        columns: ['what', 'figure'],
        lines: [
          [`rows/s, ${writers} at a time, without checkpoints`, threeDigits(without)],
          ['the same, with one every 1,000 rows', threeDigits(withThem)],
          ['what they cost of it', `${threeDigits(lost)} %`],
          [
            'of the time of an upload of 4 KiB, which has two rows',
            `${threeDigits(rowsPerUpload * 1e6 * (1 / withThem - 1 / without))} us`,
          ],
          [
            `verify ${rows} rows and ${checkpoints} checkpoints`,
            `${threeDigits(seconds)} s (${threeDigits(tenMillion)} s for ten million)`,
          ],
          ['memory of the process meanwhile', `${threeDigits(bytesMax / 2 ** 20)} MiB`],
        ],
        notes: [
          'In the bench’s own process, without the seam; verified in threads of low priority.',
        ],
      },
    ],
    values: { 'ledger.checkpointPercent': lost, 'ledger.verifyTenMillionSeconds': tenMillion },
  };
}

export const ledgerCheckpoints: Trial = {
  name: 'checkpoints',
  about: 'what checkpoints cost an append, and how fast a ledger is verified',
  quick: false,
  run,
};
