import t, { type Test } from 'tap';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeCheckpoint } from '../../server/ledger/checkpoint-making.ts';
import { latestCheckpoint } from '../../server/ledger/checkpoints.ts';
import { LedgerHeadFile, ledgerHeadFile } from '../../server/ledger-head-file.ts';
import { problemOfHead } from '../../server/ledger/head-check.ts';
import { LedgerTail } from '../../server/ledger/tail.ts';
import { verifyLedger } from '../../server/ledger/verify.ts';
import type { Witness } from '../../server/ledger/witness-directory.ts';
import { Checkpointing } from '../../server/signing/checkpointing.ts';
import { signedLedger, type SignedLedger } from '../fixtures/signed-ledger.ts';

type Head = ConstructorParameters<typeof Checkpointing>[0]['head'];

async function making(
  t: Test,
  more: {
    rowsMax?: number;
    witness?: Witness;
    head?: Partial<Head>;
    signed?: SignedLedger;
  } = {},
) {
  const head = {
    read: async () => null,
    problem: async () => null,
    keep: async () => undefined,
    ...more.head,
  };
  const signed = more.signed ?? (await signedLedger(t));
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
    head,
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

// Whoever could write to the data directory made all rows anew with the server's own public keys, and the server signed
// them at its next start: an export of it was good with the key that the county trusts.
t.test('nothing is signed of a ledger that is another than the one that was signed', async (t) => {
  let problem: string | null = 'another ledger is in its place';
  const kept: string[] = [];
  const head = {
    problem: async () => problem,
    keep: async (note: string) => void kept.push(note),
  };
  const { checkpointing, database, tampering, append } = await making(t, { head });
  await append(5);
  await checkpointing.now();
  t.equal(checkpointing.made, 0);
  t.same(tampering.slice(0, 1), [problem]);
  t.match(checkpointing.troubles, [{ words: /of a ledger that is another/ }]);
  // An administrator says that it is as it should be.
  problem = null;
  await checkpointing.now();
  t.equal(checkpointing.made, 1);
  t.same(checkpointing.troubles, []);
  t.same(kept, [(await database.read(latestCheckpoint))?.note]);
  t.match(await verifyLedger(database), { ok: true });
  await checkpointing.stop();
});

t.test('a keys directory that cannot be written is told of once', async (t) => {
  const keep = () => Promise.reject(new Error('EROFS'));
  const { checkpointing, troubles, append } = await making(t, { head: { keep } });
  for (let count = 0; count < 3; count += 1) {
    await append(3);
    await checkpointing.now();
  }
  t.equal(checkpointing.made, 3);
  t.match(troubles, [/ledger_head cannot be written/]);
  t.same(checkpointing.troubles, []);
  await checkpointing.stop();
});

t.test('the newest checkpoint beside the keys is held against the ledger', async (t) => {
  const signed = await signedLedger(t);
  const { database, append, checkpoint } = signed;
  const file = new LedgerHeadFile(signed.directory);
  t.equal(await problemOfHead(database, await file.read()), null, 'a server that is new');
  await append(5);
  const first = (await checkpoint())!.note;
  await append(5);
  const second = (await checkpoint())!.note;
  for (const note of [first, second]) {
    await file.write(note);
    t.equal(await problemOfHead(database, await file.read()), null);
  }
  t.equal(statSync(join(signed.directory, ledgerHeadFile)).mode & 0o777, 0o600);
  const directory = join(signed.directory, 'other');
  mkdirSync(directory);
  const other = await signedLedger(t, { directory });
  t.match(await problemOfHead(other.database, second), /checkpoint of \d+ rows .* another ledger/);
  t.match(await problemOfHead(database, 'scribble'), /no checkpoint/);
  t.match(await problemOfHead(database, second.replace(/^.*\n/, '$&0')), /./);
});

// The kill of a ledger came between a checkpoint and the note of it beside the keys, and the checkpoint had vouched for the
// next key: that one took over at the start, and what the one before had signed was taken for somebody else's.
t.test('after a stop between a checkpoint and its head it goes on, by whatever key', async (t) => {
  const signed = await signedLedger(t);
  const { clock, append, checkpoint, keys, database } = signed;
  const file = new LedgerHeadFile(signed.directory);
  await append(5);
  await file.write((await checkpoint())!.note);
  clock.nowMs += 2 * 24 * 60 * 60_000;
  await append(5);
  const before = keys.signer.keyLine;
  // With the row of the next key, which takes over when the process begins anew.
  await keys.prepareNext();
  const parts = { database, ledger: signed.ledger, clock: () => clock.nowMs };
  const { note } = (await makeCheckpoint(parts, keys.signer))!;
  t.not(await file.read(), note);
  const head = {
    read: () => file.read(),
    problem: async () => problemOfHead(database, await file.read()),
    keep: (kept: string) => file.write(kept),
  };
  const { checkpointing, tampering } = await making(t, { head, signed });
  t.equal(await file.read(), note, 'the head is settled first');
  t.not(keys.signer.keyLine, before);
  await append(5);
  await checkpointing.now();
  t.equal(checkpointing.made, 1);
  t.same(checkpointing.troubles, []);
  t.same(tampering, []);
  t.match(await verifyLedger(database), { ok: true });
  await checkpointing.stop();
});

t.test('a key is not handed over while an older head cannot be replaced', async (t) => {
  let isFull = false;
  let kept: string | null = null;
  const head = {
    read: async () => kept,
    keep: async (note: string) => {
      if (isFull) throw new Error('ENOSPC');
      kept = note;
    },
  };
  const { checkpointing, append, clock, keys } = await making(t, { head });
  await append(3);
  await checkpointing.now();
  const before = keys.signer.keyLine;
  isFull = true;
  clock.nowMs += 2 * 24 * 60 * 60_000;
  for (let count = 0; count < 2; count += 1) {
    await append(3);
    await checkpointing.now();
  }
  t.equal(keys.signer.keyLine, before);
  isFull = false;
  await append(3);
  await checkpointing.now();
  t.not(keys.signer.keyLine, before);
  t.equal(checkpointing.made, 4);
  await checkpointing.stop();
});

// A checkpoint that nobody had signed, with the announcement of the next key under it, had that key take over at a start.
t.test('no key is opened or handed over by a checkpoint that nobody signed', async (t) => {
  const signed = await signedLedger(t);
  const { database, append, checkpoint } = signed;
  const file = new LedgerHeadFile(signed.directory);
  await append(5);
  const { note } = (await checkpoint())!;
  await file.write(note);
  const { default: BetterSqlite3 } = await import('better-sqlite3');
  const raw = new BetterSqlite3(`${signed.directory}/waybill.db`);
  raw
    .prepare('INSERT INTO checkpoints SELECT 1000000000, at, root, ?, hash FROM checkpoints')
    .run(note.replace(/\n\d+\n/, '\n1000000000\n'));
  let opened = 0;
  signed.keys.open = async () => void (opened += 1);
  const head = {
    read: () => file.read(),
    problem: async () => problemOfHead(database, await file.read()),
    keep: (kept: string) => file.write(kept),
  };
  const { checkpointing, tampering } = await making(t, { head, signed });
  await append(5);
  await checkpointing.now();
  t.equal(opened, 0);
  t.match(tampering, [/1000000000 rows is none that this server signed/, /./]);
  raw.exec('DROP TRIGGER checkpoints_no_delete; DELETE FROM checkpoints WHERE size = 1000000000');
  raw.close();
  await checkpointing.now();
  t.equal(opened, 1);
  t.equal(checkpointing.made, 1);
  await checkpointing.stop();
});
