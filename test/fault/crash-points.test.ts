import t from 'tap';
import { record, recoverOn, type CrashDisk, type Recovered } from './fixtures/crash-recording.ts';
import { crashScripts, type CrashScript, type Names } from './fixtures/crash-scripts.ts';
import { seededRandom, type Random } from './fixtures/random.ts';
import type { DataFate } from './fixtures/torn-writes.ts';

/** Rounds are added until so many schedules were tried; one round takes every crash point and every set of names. */
const schedulesMin = Number(process.env['SCHEDULES'] ?? 1);
const fates: readonly DataFate[] = ['none', 'all', 'beginning', 'pages', 'sectors'];

t.setTimeout(schedulesMin > 1 ? 7_200_000 : 600_000);

function sameNames(found: Names, expected: Names): boolean {
  return (
    found.size === expected.size &&
    [...expected].every(([name, content]) => found.get(name)?.equals(content) === true)
  );
}

/** What is wrong with what came up after a crash, seen from what amy had been told. */
function wrongWith(
  script: CrashScript,
  disk: CrashDisk,
  crash: number,
  { published, partials, problems }: Recovered,
): readonly string[] {
  const wrong = [...problems];
  const marks = disk.marksBefore(crash);
  const states = [script.before, ...script.steps.map(({ after }) => after)];
  const acknowledged = marks.filter(({ kind }) => kind === 'acknowledged').length;
  const allowed = states.slice(acknowledged, acknowledged + 2);
  if (!allowed.some((state) => sameNames(published, state)))
    wrong.push(`${acknowledged} steps acknowledged, published: ${[...published.keys()].join()}`);
  for (const [name, content] of partials) {
    const sent = script.sent.get(name) ?? [];
    if (!sent.some((whole) => whole.subarray(0, content.length).equals(content)))
      wrong.push(`${name}: a partial of ${content.length} bytes that were never sent`);
  }
  // Once the step is acknowledged, what is published has been looked at already.
  const since = marks.slice(marks.findLastIndex(({ kind }) => kind === 'acknowledged') + 1);
  for (const mark of since) {
    if (mark.kind !== 'durable') continue;
    const isPublished = script.steps.some(
      ({ after }) => after.has(mark.name) && sameNames(published, after),
    );
    const there = partials.get(mark.name)?.length ?? 0;
    if (!isPublished && there < mark.bytes)
      wrong.push(`${mark.name}: ${mark.bytes} bytes were durable, ${there} are there`);
  }
  return wrong;
}

function imageAt(disk: CrashDisk, crash: number): Buffer {
  const commit = disk.marksBefore(crash).findLast(({ kind }) => kind === 'commit');
  if (commit?.kind !== 'commit') throw new Error('no commit before the crash');
  return commit.image;
}

type Tried = { points: number; schedules: number };
type Run = { readonly script: CrashScript; readonly disk: CrashDisk; readonly random: Random };

/**
 * Recovers on what a crash after `crash` things left, and again after a power loss somewhere in the middle of that: what
 * was certain stays so. What is wrong then.
 */
async function tryCrash(run: Run, crash: number, left: CrashDisk): Promise<readonly string[]> {
  const { script, disk, random } = run;
  const image = imageAt(disk, crash);
  left.mark({ kind: 'commit', image });
  const began = left.length;
  const wrong = wrongWith(script, disk, crash, await recoverOn(left, image));
  if (wrong.length > 0) return wrong;
  // As often as not when it is done: nothing that it relies on may be lost then.
  const second = random.int(2) === 0 ? left.length : random.between(began, left.length + 1);
  const names = random.pick(left.namesAfter(second));
  const fate = random.pick(fates);
  const again: CrashDisk = left.survivor(second, names, fate, random);
  const still = await recoverOn(again, imageAt(left, second));
  return wrongWith(script, disk, crash, still).map(
    (what) => `${what} (power loss ${second - began} things into the recovery, data ${fate})`,
  );
}

/** Every crash point of one run: kill -9, and power loss with every set of names and each fate of the data. */
async function tryEvery(run: Run, first: number, tried: Tried): Promise<readonly string[]> {
  const { disk, random } = run;
  for (let crash = first; crash <= disk.length; crash += 1) {
    tried.points += 1;
    const where = `crash after ${crash} of ${disk.length}`;
    const killed = await tryCrash(run, crash, disk.afterKill(crash));
    if (killed.length > 0) return [`${where}, kill -9`, ...killed];
    tried.schedules += 2;
    for (const names of disk.namesAfter(crash)) {
      for (const fate of fates) {
        const wrong = await tryCrash(run, crash, disk.survivor(crash, names, fate, random));
        if (wrong.length > 0) return [`${where}, ${JSON.stringify(names)}, data ${fate}`, ...wrong];
        tried.schedules += 2;
      }
    }
  }
  return [];
}

for (const script of crashScripts) {
  t.test(`power loss at every point: ${script.title}`, async (t) => {
    const random = seededRandom();
    t.comment(`seed ${random.seed}`);
    const tried: Tried = { points: 0, schedules: 0 };
    for (let round = 0; round === 0 || tried.schedules < schedulesMin / crashScripts.length;) {
      round += 1;
      await t.test(`round ${round}`, async (t) => {
        const { disk, first } = await record(t, script, random);
        t.same(await tryEvery({ script, disk, random }, first, tried), []);
      });
    }
    t.comment(
      `${tried.points} crash points, ${tried.schedules} recoveries, every second one of a crash in the recovery before`,
    );
  });
}
