import t, { type Test } from 'tap';
import { UnitGuards, type UnitGuard } from '../../server/database/guards.ts';
import type { Origin } from '../../server/domain/events.ts';
import { freshDatabase } from '../fixtures/database.ts';

const by: Origin = { actor: { kind: 'host' }, session: 'request', source: null };

function openGuarded(t: Test) {
  const guards = new UnitGuards();
  const database = guards.over(freshDatabase(t));
  const count = () =>
    database.read(
      async ({ query }) => (await query.selectFrom('clock_steps').select('seq').execute()).length,
    );
  const add =
    (seq: number): UnitGuard['after'] =>
    async ({ query }) => {
      await query.insertInto('clock_steps').values({ seq }).execute();
    };
  return { guards, database, count, add };
}

t.test('what is held of a request is part of its first unit', async (t) => {
  const { guards, database, count, add } = openGuarded(t);
  const order: string[] = [];
  const note = (word: string) => async () => void order.push(word);
  guards.hold('request', [{ before: note('before'), after: note('after') }, { after: add(1)! }]);
  await database.write(async () => void order.push('another'), {});
  await database.write(async () => void order.push('work'), { by });
  await database.write(async () => void order.push('again'), { by });
  t.strictSame(order, ['another', 'before', 'work', 'after', 'again']);
  t.equal(await count(), 1);
  t.equal(guards.release('request'), true);
  t.equal(guards.release('request'), false);
});

t.test('what a guard refuses undoes the unit, and the next one is guarded again', async (t) => {
  const { guards, database, count, add } = openGuarded(t);
  let isStale = true;
  guards.hold('request', [
    {
      after: async () => {
        if (isStale) throw new Error('stale');
      },
    },
  ]);
  const change = () => database.write((unit) => add(1)!(unit), { by });
  await t.rejects(change(), /stale/);
  t.equal(await count(), 0);
  isStale = false;
  await change();
  t.equal(await count(), 1);
  t.equal(guards.release('request'), true);
});

t.test('of two units of a request at once one is guarded', async (t) => {
  const { guards, database } = openGuarded(t);
  let guarded = 0;
  guards.hold('request', [{ before: async () => void (guarded += 1) }]);
  await Promise.all([1, 2].map(() => database.write(async () => undefined, { by })));
  t.equal(guarded, 1);
});

t.test('where nothing is held, a write is that of the database itself', async (t) => {
  // A promise around it let the next unit begin first: an upload was replaced before its open was known to be there.
  const guards = new UnitGuards();
  const opened = freshDatabase(t);
  const made: Promise<unknown>[] = [];
  const database = guards.over({
    ...opened,
    write: (work, options) => {
      const writing = opened.write(work, options);
      made.push(writing);
      return writing;
    },
  });
  const writing = database.write(async () => 1, { by });
  t.equal(made[0], writing);
  t.equal(await writing, 1);
});
