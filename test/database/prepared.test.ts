import t from 'tap';
import { prepare } from '../../server/database/prepared.ts';
import { freshDatabase } from '../fixtures/database.ts';

let compiled = 0;
const insert = prepare((query, given: { userId: string; locked: number | null }) => {
  compiled += 1;
  return query.insertInto('login_failures').values({
    user_id: given.userId,
    failed_at: '[]',
    locked_at: given.locked,
    locked_until: given.locked,
  });
});
const find = prepare((query, given: { userId: string; max: number }) =>
  query
    .selectFrom('login_failures')
    .select(['user_id', 'failed_at', 'locked_at'])
    .where('failed_at', '=', '[]')
    .where('user_id', '>=', given.userId)
    .orderBy('user_id')
    .limit(given.max),
);

t.test('a prepared query takes its values at each use, and is built once', async (t) => {
  const database = freshDatabase(t);
  compiled = 0;
  await database.write(async (unit) => {
    for (const [index, userId] of ['', 'b', 'c'].entries())
      await insert.run(unit, { userId, locked: index === 0 ? null : index });
  });
  t.equal(compiled, 1);
  const rows = await database.read((reader) => find.all(reader, { userId: 'b', max: 5 }));
  t.same(rows, [
    { user_id: 'b', failed_at: '[]', locked_at: 1 },
    { user_id: 'c', failed_at: '[]', locked_at: 2 },
  ]);
  t.equal((await database.read((reader) => find.all(reader, { userId: '', max: 2 }))).length, 2);
  t.equal(await database.read((reader) => find.first(reader, { userId: 'x', max: 1 })), undefined);
});

t.test('a prepared query is as dead as any other after its unit', async (t) => {
  const database = freshDatabase(t);
  const leaked = await database.read(async (reader) => reader);
  await t.rejects(find.all(leaked, { userId: '', max: 1 }), { message: /outside its unit/ });
});

t.test('a value that is looked at while the query is built is none yet', async (t) => {
  const database = freshDatabase(t);
  const wrong = prepare((query, given: { max: number }) =>
    query
      .selectFrom('login_failures')
      .selectAll()
      .limit(given.max + 1),
  );
  await t.rejects(
    database.read((reader) => wrong.all(reader, { max: 1 })),
    { message: /can only be placed/ },
  );
});

t.test('what is known of rows is forgotten when anything is undone', async (t) => {
  const database = freshDatabase(t);
  const key = {};
  const known = () => database.write(async (unit) => unit.known.get(key));
  await database.write(async (unit) => unit.known.set(key, 'kept'));
  t.equal(await known(), 'kept');
  await t.rejects(
    database.write(async (unit) => {
      unit.known.set(key, 'undone');
      throw new Error('changed its mind');
    }),
  );
  t.equal(await known(), undefined);
});
