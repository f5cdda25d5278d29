import t, { type Test } from 'tap';
import { setTimeout as sleep } from 'node:timers/promises';
import { latestCheckpoint } from '../../server/ledger/checkpoints.ts';
import { LedgerTail } from '../../server/ledger/tail.ts';
import { verifyLedger } from '../../server/ledger/verify.ts';
import type { Witness } from '../../server/ledger/witness-directory.ts';
import { Checkpointing } from '../../server/signing/checkpointing.ts';
import { signedLedger } from '../fixtures/signed-ledger.ts';

async function making(t: Test, more: { rowsMax?: number; witness?: Witness } = {}) {
  const signed = await signedLedger(t);
  const { database, ledger, names, clock, keys } = signed;
  const troubles: string[] = [];
  const tampering: string[] = [];
  const onFault = (error: unknown) => t.fail(String(error));
  const tail = new LedgerTail({ database, names, onFault });
  await tail.start();
  t.teardown(() => tail.stop());
  let ofLog: () => string | null = () => null;
  const checkpointing = new Checkpointing({
    database,
    ledger,
    tail,
    keys,
    clock: () => clock.nowMs,
    log: { catchUp: async () => ofLog() },
    witnesses: more.witness === undefined ? [] : [more.witness],
    onTampering: (problem) => tampering.push(problem),
    onTrouble: (words) => troubles.push(words),
    everyMs: 1_000_000,
    ...(more.rowsMax !== undefined && { rowsMax: more.rowsMax }),
  });
  await checkpointing.start();
  return {
    ...signed,
    checkpointing,
    troubles,
    tampering,
    setLog: (log: () => string | null) => void (ofLog = log),
  };
}

t.test('one is made of what is new, and none of itself alone', async (t) => {
  const { checkpointing, database, append } = await making(t);
  await append(4);
  await checkpointing.now();
  const first = await database.read(latestCheckpoint);
  t.equal(checkpointing.size, first?.size);
  await checkpointing.now();
  await checkpointing.now();
  t.equal((await database.read(latestCheckpoint))?.size, first?.size);
  await append(1);
  await Promise.all([checkpointing.now(), checkpointing.now(), checkpointing.stop()]);
  t.equal((await database.read(latestCheckpoint))?.size, first!.size + 2);
  t.match(await verifyLedger(database), { ok: true, checkpoints: 2 });
});

t.test('many rows do not wait for the minute', async (t) => {
  const { checkpointing, append } = await making(t, { rowsMax: 50 });
  await append(60);
  for (let looks = 0; looks < 200 && checkpointing.made === 0; looks += 1) await sleep(20);
  t.equal(checkpointing.made, 1);
  await checkpointing.stop();
});

t.test(
  'what does not work is told, tried again, and keeps nothing else from working',
  async (t) => {
    let isAway = true;
    const witness: Witness = {
      name: 'directory',
      catchUp: async () => {
        if (isAway) throw new Error('not mounted');
      },
    };
    const { checkpointing, troubles, tampering, append, setLog } = await making(t, { witness });
    setLog(() => {
      throw new Error('EIO');
    });
    await append(3);
    await checkpointing.now();
    t.equal(checkpointing.made, 1);
    t.equal(checkpointing.troubles.length, 2);
    t.ok(troubles.length >= 2);
    isAway = false;
    setLog(() => 'another note');
    await checkpointing.now();
    t.same(checkpointing.troubles, []);
    t.same(tampering, ['another note']);
    await checkpointing.stop();
  },
);

// Rows of the past were altered, with their hashes: a checkpoint over them would have covered it up.
t.test('nothing is signed that contradicts the checkpoint before', async (t) => {
  const { checkpointing, directory, append } = await making(t);
  await append(10);
  await checkpointing.now();
  const { default: BetterSqlite3 } = await import('better-sqlite3');
  const raw = new BetterSqlite3(`${directory}/waybill.db`);
  raw.exec('DROP TRIGGER ledger_no_update; UPDATE ledger SET hash = zeroblob(32) WHERE seq = 3');
  raw.close();
  await append(3);
  await checkpointing.now();
  t.equal(checkpointing.made, 1);
  t.match(checkpointing.troubles, [{ words: /no checkpoint/ }]);
  await checkpointing.stop();
});
