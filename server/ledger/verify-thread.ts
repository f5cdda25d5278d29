import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { openForReading } from '../database/open.ts';
import { verifyLedger } from './verify.ts';
import type { AsideAnswer, AsideQuestion } from './verify-aside.ts';

/** What runs in a thread of `verifyAside`. It only reads, holds no key, and makes way for whoever else has work. */
const niceness = 19;
const told = 250_000;

async function answer({ dataDirectory, segment }: AsideQuestion): Promise<void> {
  try {
    // Of this thread alone: 0 is who asks.
    setPriority(0, niceness);
  } catch {
    // Then it competes.
  }
  const database = openForReading(dataDirectory, Date.now);
  let next = told;
  try {
    const result = await verifyLedger(database, {
      ...segment,
      onProgress: (rows) => {
        if (rows < next) return;
        next = rows + told;
        tell({ kind: 'progress', rows });
      },
    });
    tell({ kind: 'result', result });
  } finally {
    await database.close();
  }
}

function tell(said: AsideAnswer): void {
  parentPort?.postMessage(said);
}

void answer(workerData as AsideQuestion);
