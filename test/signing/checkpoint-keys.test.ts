import t, { type Test } from 'tap';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateHostKey, hostKeySigner } from '../../server/connection/host-keys.ts';
import { openDatabase } from '../../server/database/open.ts';
import { makeCheckpoint } from '../../server/ledger/checkpoint-making.ts';
import { latestCheckpoint } from '../../server/ledger/checkpoints.ts';
import { parseNote, parseVerifierKey } from '../../server/ledger/signed-note.ts';
import { verifyLedger } from '../../server/ledger/verify.ts';
import { CheckpointKeyFiles } from '../../server/signing/checkpoint-key-files.ts';
import { signedLedger } from '../fixtures/signed-ledger.ts';
import { openCheckpointKey } from '../../server/signing/checkpoint-key.ts';
import { CheckpointKeys } from '../../server/signing/checkpoint-keys.ts';
import { noteEvidenceKey, openEvidenceKey } from '../../server/signing/evidence-key.ts';
import { ledger } from '../fixtures/ledger.ts';

const day = 24 * 60 * 60_000;
const masterKey = Buffer.alloc(32, 7);
const evidenceKey = openEvidenceKey(hostKeySigner(generateHostKey()));

/** Killed: everything that would have been done from then on is not. */
class Killed extends Error {
  override readonly name = 'Killed';
}

/** A data directory, and processes that live in it one after another. */
function home(t: Test) {
  const directory = t.testdir();
  const clock = { nowMs: Date.UTC(2026, 0, 1) };

  /** One process: the key is opened, and a checkpoint made. It is killed before the step with this number. */
  async function live(killAt = Infinity): Promise<number> {
    let steps = 0;
    const step = () => {
      steps += 1;
      if (steps >= killAt) throw new Killed('killed');
    };
    const opened = openDatabase({ dataDirectory: directory, clock: () => clock.nowMs });
    const database = {
      ...opened,
      write: async <T>(...given: Parameters<typeof opened.write<T>>) => {
        step();
        return opened.write(...given);
      },
    };
    const real = new CheckpointKeyFiles(directory);
    const files: Pick<CheckpointKeyFiles, 'read' | 'write' | 'handOver' | 'removeNext'> = {
      read: (place) => real.read(place),
      write: (place, text) => {
        step();
        real.write(place, text);
        step();
      },
      handOver: () => {
        step();
        // Killed between the overwriting and the renaming.
        if (steps + 1 >= killAt) writeFileSync(join(directory, 'checkpoint-key'), 'overwritten');
        step();
        real.handOver();
        step();
      },
      removeNext: () => {
        step();
        real.removeNext();
      },
    };
    try {
      await noteEvidenceKey({ database, ledger }, evidenceKey);
      const keys = new CheckpointKeys({
        database,
        ledger,
        evidenceKey,
        masterKey,
        files,
        epochMs: day,
        clock: () => clock.nowMs,
      });
      await keys.open();
      await keys.prepareNext();
      const parts = { database, ledger, clock: () => clock.nowMs };
      const made = await makeCheckpoint(parts, keys.signer);
      if (made !== null) keys.settle(made);
      await append();
      await makeCheckpoint(parts, keys.signer);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    } finally {
      await opened.close();
    }
    return steps;

    async function append(): Promise<void> {
      await database.write((unit) =>
        ledger.append(unit, {
          origin: { actor: { kind: 'server' }, session: null, source: null },
          outcome: 'success',
          reason: null,
          event: { event: 'server.stopped.1' },
        }),
      );
    }
  }

  async function look() {
    const database = openDatabase({ dataDirectory: directory, clock: () => clock.nowMs });
    try {
      const result = await verifyLedger(database);
      const last = await database.read(latestCheckpoint);
      const signer = parseNote(last?.note ?? '')?.signatures[0]?.keyId;
      return { result, signer, size: last?.size ?? 0 };
    } finally {
      await database.close();
    }
  }

  return { directory, clock, live, look };
}

t.test(
  'a key signs for a day; the next one is announced, vouched for, and then the only one',
  async (t) => {
    const { directory, clock, live, look } = home(t);
    const signers = new Set<string | undefined>();
    let former = '';
    for (let count = 0; count < 4; count += 1) {
      await live();
      signers.add((await look()).signer);
      const file = readFileSync(join(directory, 'checkpoint-key'), 'utf8');
      t.not(file, former);
      t.notOk(existsSync(join(directory, 'checkpoint-key.next')));
      const key = openCheckpointKey(file, masterKey);
      t.equal(key?.epoch, count + 1);
      t.equal((await look()).signer, parseVerifierKey(key!.keyLine)?.keyId);
      former = file;
      clock.nowMs += day;
    }
    t.equal(signers.size, 4);
    t.match((await look()).result, { ok: true, unvouchedKeys: [] });
  },
);

// A start by a clock that was 400 days ahead announced a key as of then, and when the clock was right again that key signed
// for 400 days: it was never a day old.
t.test('a key that a clock announced that was ahead does not sign until then', async (t) => {
  const { clock, live, look } = home(t);
  await live();
  clock.nowMs += 400 * day;
  await live();
  const { signer: ahead } = await look();
  clock.nowMs -= 399 * day;
  await live();
  const { signer, result } = await look();
  t.not(signer, ahead);
  t.match(result, { ok: true, unvouchedKeys: [] });
  // By so little a clock goes back that is slewed.
  clock.nowMs -= 60_000;
  await live();
  t.equal((await look()).signer, signer);
  clock.nowMs += 60_000 + day;
  await live();
  t.not((await look()).signer, signer, 'and ends with its day');
});

t.test(
  'killed before any step, at the first start or while the key changes, nothing is wrong after',
  async (t) => {
    const steps = await home(t).live();
    t.ok(steps > 6);
    for (const before of [0, 1]) {
      for (let killAt = 1; killAt < 16; killAt += 1) {
        const { clock, live, look } = home(t);
        for (let count = 0; count < before; count += 1) await live();
        clock.nowMs += day;
        await live(killAt);
        t.match((await look()).result, { ok: true }, `${before} ${killAt}: as it was left`);
        clock.nowMs += 1_000;
        await live();
        const { result } = await look();
        t.match(
          result,
          { ok: true, unvouchedKeys: [] },
          `${before} ${killAt}: after the next start`,
        );
        clock.nowMs += 2 * day;
        await live();
        t.match(
          (await look()).result,
          { ok: true, unvouchedKeys: [] },
          `${before} ${killAt}: later`,
        );
      }
    }
  },
);

t.test(
  'a key that is lost is replaced by one that only the evidence key speaks for, and that is told',
  async (t) => {
    const { directory, clock, live, look } = home(t);
    await live();
    writeFileSync(join(directory, 'checkpoint-key'), 'not a key');
    await live();
    t.match((await look()).result, { ok: true, unvouchedKeys: [{ epoch: 2 }] });
    clock.nowMs += day;
    await live();
    const { result } = await look();
    t.equal(result.ok, true);
    t.equal(result.unvouchedKeys.length, 1);
  },
);

t.test('a key of the past does not sign again', async (t) => {
  const { directory, clock, live, look } = home(t);
  await live();
  const kept = join(mkdtempSync(join(directory, 'kept-')), 'key');
  copyFileSync(join(directory, 'checkpoint-key'), kept);
  clock.nowMs += day;
  await live();
  // Somebody puts the old key back: the server does not take it.
  copyFileSync(kept, join(directory, 'checkpoint-key'));
  await live();
  const { result, signer } = await look();
  t.match(result, { ok: true, unvouchedKeys: [{ epoch: 3 }] });
  const old = openCheckpointKey(readFileSync(kept, 'utf8'), masterKey)!;
  t.not(signer, parseVerifierKey(old.keyLine)?.keyId);
  // And what it signs by hand is no checkpoint of this ledger.
  const database = openDatabase({ dataDirectory: directory, clock: () => clock.nowMs });
  await database.write((unit) =>
    ledger.append(unit, {
      origin: { actor: { kind: 'server' }, session: null, source: null },
      outcome: 'success',
      reason: null,
      event: { event: 'server.stopped.1' },
    }),
  );
  const forged = await makeCheckpoint({ database, ledger, clock: () => clock.nowMs }, old);
  await database.close();
  t.match((await look()).result, {
    ok: false,
    firstBadCheckpoint: forged!.size,
    problem: /replaced/,
  });
});

t.test('a sealed key opens with its master key alone, and as the file that it is', async (t) => {
  const { directory, live } = home(t);
  await live();
  const text = readFileSync(join(directory, 'checkpoint-key'), 'utf8');
  t.ok(openCheckpointKey(text, masterKey));
  t.equal(openCheckpointKey(text, Buffer.alloc(32, 8)), null);
  for (let at = 0; at < text.length - 1; at += 5) {
    const other = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
    t.equal(openCheckpointKey(other, masterKey), null, `character ${at}`);
  }
});

// Who had kept the sealed file of an earlier day put it in the place of the key to come: it took over at the next start,
// today's key was overwritten, and the ledger verified no more.
t.test('a key that was followed does not come back as the next one', async (t) => {
  const { directory, clock, live, look } = home(t);
  await live();
  const kept = readFileSync(join(directory, 'checkpoint-key'));
  for (let days = 0; days < 3; days += 1) {
    clock.nowMs += day;
    await live();
  }
  const { signer } = await look();
  writeFileSync(join(directory, 'checkpoint-key.next'), kept);
  await live();
  t.equal((await look()).signer, signer);
  t.notOk(existsSync(join(directory, 'checkpoint-key.next')));
  clock.nowMs += day;
  await live();
  await live();
  t.match(await look(), { result: { ok: true } });
});

// A read failed behind the row that announced the next key; a minute later another key of that number was announced, and the
// ledger verified no more.
t.test('a key that was announced is the next one, whatever failed behind it', async (t) => {
  const signed = await signedLedger(t);
  const { clock, append, checkpoint, keys, database } = signed;
  await append(3);
  await checkpoint();
  clock.nowMs += 2 * day;
  const read = database.read.bind(database);
  let reads = 0;
  Object.assign(database, {
    read: (work: Parameters<typeof read>[0]) => {
      reads += 1;
      return reads === 3 ? Promise.reject(new Error('EIO')) : read(work);
    },
  });
  await t.rejects(keys.prepareNext(), /EIO/);
  Object.assign(database, { read });
  await append(3);
  await checkpoint();
  await append(3);
  await checkpoint();
  const announced = await read(({ query }) =>
    query
      .selectFrom('ledger')
      .select('seq')
      .where('event', '=', 'checkpoint-key.announced.1')
      .execute(),
  );
  t.equal(announced.length, 2);
  t.match(await verifyLedger(database), { ok: true });
});
