import { openDatabase } from '../../server/database/open.ts';
import { ledger } from '../../server/ledger/ledger.ts';
import type { LedgerEntry } from '../../server/domain/events.ts';
import { median, threeDigits } from '../statistics.ts';
import type { Bench, Findings, Trial } from '../trial.ts';

const atATime = [1, 8, 64];

const entry: LedgerEntry = {
  event: { event: 'server.stopped.1' },
  origin: { actor: { kind: 'server' }, session: null, source: null },
  outcome: 'success',
  reason: null,
};

/** Rows of the ledger a second, each in a unit of its own whose commit is durable. */
async function run(bench: Bench): Promise<Findings> {
  const count = bench.quick ? 500 : 3_000;
  const database = openDatabase({ dataDirectory: bench.directory, clock: Date.now });
  const rates = new Map<number, number[]>();
  try {
    for (let round = 0; round < bench.rounds; round += 1) {
      for (const writers of atATime) {
        let left = count;
        const some = async () => {
          while (left-- > 0) await database.write((unit) => ledger.append(unit, entry));
        };
        const startedMs = performance.now();
        await Promise.all(Array.from({ length: writers }, some));
        const rate = (count * 1000) / (performance.now() - startedMs);
        rates.set(writers, (rates.get(writers) ?? []).concat(rate));
      }
    }
  } finally {
    await database.close();
  }
  return {
    tables: [
      {
        title: 'Ledger rows, each durable when it is told',
        columns: ['at a time', 'rows/s', 'us a row'],
        lines: atATime.map((writers) => {
          const rate = median(rates.get(writers)!);
          return [String(writers), threeDigits(rate), threeDigits(1e6 / rate)];
        }),
        notes: ['In the bench’s own process, without the seam. Units that wait share a commit.'],
      },
    ],
    values: { 'ledger.msAlone': 1e3 / median(rates.get(1)!) },
  };
}

export const ledgerAppends: Trial = {
  name: 'ledger',
  about: 'ledger appends a second, in process',
  quick: false,
  run,
};
