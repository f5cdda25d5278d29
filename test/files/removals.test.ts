import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { Removals } from '../../server/files/removals.ts';

/** A disk that refuses to let go of some blobs, so often each. */
function openDisk(refusals: Readonly<Record<string, number>>) {
  const left = new Map(Object.entries(refusals));
  const tries: string[] = [];
  const faults: unknown[] = [];
  const store = {
    remove: async (blobId: string) => {
      tries.push(blobId);
      const count = left.get(blobId) ?? 0;
      left.set(blobId, count - 1);
      if (count > 0) throw new Error(`EIO: ${blobId}`);
    },
  };
  const removals = new Removals({ store, onFault: (error) => faults.push(error) });
  return { removals, tries, faults };
}

async function untilNone(removals: Removals): Promise<void> {
  for (let look = 0; look < 1_000 && removals.refused > 0; look += 1) await sleep(20);
}

// The bytes of a purged file lay on the disk until the next start of the server, where one unlink had failed.
t.test('what the disk refuses is tried again until it goes', async (t) => {
  const { removals, tries, faults } = openDisk({ b: 2 });
  t.equal(await removals.remove('a'), true);
  t.equal(removals.refused, 0);
  t.equal(await removals.remove('b'), false);
  t.equal(removals.refused, 1);
  await untilNone(removals);
  t.same(tries, ['a', 'b', 'b', 'b']);
  t.equal(faults.length, 1, 'it is told once');
});

t.test('one that is refused for ever holds up none of the others', async (t) => {
  const { removals, tries } = openDisk({ a: Infinity, b: 1, c: 1 });
  for (const blobId of ['a', 'b', 'c']) await removals.remove(blobId);
  for (let look = 0; look < 1_000 && removals.refused > 1; look += 1) await sleep(20);
  t.equal(removals.refused, 1);
  t.ok(tries.filter((blobId) => blobId === 'a').length < 6, 'and is not tried all the time');
  await removals.stop();
});

t.test('a stop waits for what is under way, and tries once more what was refused', async (t) => {
  const { removals, tries } = openDisk({ a: 1 });
  const [first, second] = [removals.remove('a'), removals.remove('b')];
  await removals.stop();
  t.same(tries, ['a', 'b', 'a']);
  t.same(await Promise.all([first, second]), [false, true]);
  t.equal(removals.refused, 0);
});

t.test('many that are stuck hold up no other for long', async (t) => {
  const stuck = Array.from({ length: 40 }, (_, index) => `stuck-${index}`);
  const refusals = Object.fromEntries(stuck.map((blobId) => [blobId, Infinity]));
  const { removals, tries, faults } = openDisk({ ...refusals, good: 1 });
  for (const blobId of [...stuck, 'good']) await removals.remove(blobId);
  for (let look = 0; look < 1_000 && removals.refused > stuck.length; look += 1) await sleep(20);
  t.equal(removals.refused, stuck.length, 'the third round takes it');
  t.ok(tries.length <= 41 + 3 * 17, `${tries.length} tries`);
  t.equal(faults.length, 1, 'one line tells of all of them');
  await removals.stop();
});

t.test('a stop on a disk that refuses everything does not go through it all', async (t) => {
  const all = Array.from({ length: 40 }, (_, index) => `b${index}`);
  const { removals, tries } = openDisk(Object.fromEntries(all.map((each) => [each, Infinity])));
  for (const blobId of all) await removals.remove(blobId);
  await removals.stop();
  const tried = tries.length;
  t.ok(tried > 40 && tried < 60, `${tried} tries`);
  t.equal(await removals.remove('late'), false, 'what comes behind it is left to the next start');
  await sleep(1_200);
  t.equal(tries.length, tried, 'nor does it go on behind it');
});

t.test('a stop does not wait for a disk that hangs', async (t) => {
  const store = { remove: () => new Promise<void>(() => undefined) };
  const removals = new Removals({ store, onFault: () => undefined });
  void removals.remove('a');
  const awake = setInterval(() => undefined, 1_000);
  await removals.stop();
  clearInterval(awake);
  t.pass('it ends');
});
