import t, { type Test } from 'tap';
import BetterSqlite3 from 'better-sqlite3';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { GroupedCommits } from '../../server/database/grouped-commits.ts';
import { databaseFileName, openDatabase } from '../../server/database/open.ts';
import { Writability } from '../../server/database/writability.ts';
import { needsStrace } from '../fault/fixtures/system-calls.ts';
import { plainNode, plainNodeArguments } from '../fixtures/plain-node.ts';

/** Grouped commits over a connection that tells which statements it ran. */
async function spied(t: Test) {
  const dataDirectory = t.testdir();
  await openDatabase({ dataDirectory, clock: Date.now }).close();
  const said: string[] = [];
  const sqlite = new BetterSqlite3(join(dataDirectory, databaseFileName), {
    verbose: (sql) => said.push(String(sql)),
  });
  sqlite.pragma('synchronous = FULL');
  const commits = new GroupedCommits({
    sqlite,
    clock: Date.now,
    writability: new Writability({ probe: async () => undefined, onChange: () => undefined }),
    makeRoom: () => false,
  });
  t.teardown(async () => {
    await commits.close();
    sqlite.close();
  });
  return {
    commits,
    level: () => sqlite.pragma('synchronous', { simple: true }),
    /** The levels and transactions since the last call. */
    said: () => said.splice(0).filter((sql) => /^(PRAGMA synchronous =|BEGIN|COMMIT)/.test(sql)),
  };
}

const nothing = async () => undefined;
const begin = 'BEGIN IMMEDIATE';

t.test('a group waits for the disk unless all of it may be durable soon', async (t) => {
  const { commits, level, said } = await spied(t);
  said();
  await commits.write(nothing, { durable: 'soon' });
  const soon = ['PRAGMA synchronous = NORMAL', begin, 'COMMIT', 'PRAGMA synchronous = FULL'];
  t.same(said(), soon);
  t.equal(level(), 2, 'and the connection is back at FULL');
  await Promise.all([commits.write(nothing, { durable: 'soon' }), commits.write(nothing)]);
  t.same(said(), [begin, 'COMMIT'], 'with one that is durable all are');
  await commits.write(nothing, { durable: 'now' });
  t.same(said(), [begin, 'COMMIT']);
  const failing = async () => {
    throw new Error('changed its mind');
  };
  await t.rejects(commits.write(failing, { durable: 'soon' }));
  t.same(said(), soon);
  t.equal(level(), 2);
});

const straceOptions = ['-f', '-e', 'trace=fsync,write', '-s', '64'];

/** What each deed of `fixtures/soon.ts` printed, with the syncs before it. */
function watched(t: Test, deeds: readonly string[], inject: readonly string[] = []) {
  const script = join(import.meta.dirname, 'fixtures/soon.js');
  const { stdout, stderr } = spawnSync(
    'strace',
    [...straceOptions, ...inject, plainNode, ...plainNodeArguments, script, t.testdir(), ...deeds],
    { encoding: 'utf8' },
  );
  const said = stdout.trim().split('\n');
  const since = stderr.slice(stderr.indexOf('"begin'));
  let at = 0;
  return said.slice(1).map((line) => {
    const end = since.indexOf(`"${line}\\n"`, at);
    const syncs = since.slice(at, end).match(/\bfsync\(/g)?.length ?? 0;
    at = end + 1;
    return `${line}: ${syncs}`;
  });
}

t.test('the disk is asked when it was promised, and once the time is over', needsStrace(), (t) => {
  t.same(watched(t, ['soon', 'soon', 'now', 'soon', 'nothing', 'nothing', 'soon', 'pause']), [
    'soon: 0',
    'soon: 0',
    'now: 1',
    'soon: 0',
    // It changes nothing itself, but may have read what was only durable soon.
    'nothing: 1',
    'nothing: 0',
    'soon: 0',
    'pause: 1',
  ]);
  const [soon, close] = watched(t, ['soon', 'close']);
  t.equal(soon, 'soon: 0');
  t.match(close, /^close: [1-9]/, 'a database that is closed is durable');
  t.end();
});

t.test('a sync that fails afterwards is a failed commit', needsStrace(), (t) => {
  const syncs = syncsUntilBegin(t);
  const inject = ['-e', `inject=fsync:error=EIO:when=${syncs + 1}`];
  const [soon, pause, ...rest] = watched(t, ['soon', 'pause', 'pause', 'now'], inject);
  t.equal(soon, 'soon: 0');
  t.match(pause, /^pause, problem: 1/, 'the operator is told');
  t.match(rest[0], /^pause: [2-9]/, 'the log is folded into the database before it goes on');
  t.match(rest[1], /^now: 1/);
  t.end();
});

function syncsUntilBegin(t: Test): number {
  const script = join(import.meta.dirname, 'fixtures/soon.js');
  const { stderr } = spawnSync(
    'strace',
    [...straceOptions, plainNode, ...plainNodeArguments, script, t.testdir()],
    { encoding: 'utf8' },
  );
  return stderr.slice(0, stderr.indexOf('"begin')).match(/\bfsync\(/g)?.length ?? 0;
}
