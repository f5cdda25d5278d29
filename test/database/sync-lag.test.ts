import t, { type Test } from 'tap';
import BetterSqlite3 from 'better-sqlite3';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { GroupedCommits } from '../../server/database/grouped-commits.ts';
import { databaseFileName, openDatabase } from '../../server/database/open.ts';
import { TrustedTime } from '../../server/database/trusted-time.ts';
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
    trusted: new TrustedTime(() => performance.now()),
    writability: new Writability({ probe: async () => undefined, onChange: () => undefined }),
    makeRoom: () => false,
    onCommit: () => undefined,
  });
  t.teardown(async () => {
    await commits.close();
    sqlite.close();
  });
  return {
    commits,
    level: () => sqlite.pragma('synchronous', { simple: true }),
    /** The levels and transactions since the last call. */
    said: () =>
      said
        .splice(0)
        .filter((sql) => /^(PRAGMA (synchronous|wal_autocheckpoint) =|BEGIN|COMMIT)/.test(sql)),
  };
}

const nothing = async () => undefined;
const begin = 'BEGIN IMMEDIATE';

t.test('a group waits for the disk unless all of it may be durable soon', async (t) => {
  const { commits, level, said } = await spied(t);
  said();
  await commits.write(nothing, { durable: 'soon' });
  const soon = [
    'PRAGMA synchronous = NORMAL;',
    'PRAGMA wal_autocheckpoint = 0',
    begin,
    'COMMIT',
    'PRAGMA synchronous = FULL;',
    'PRAGMA wal_autocheckpoint = 1000',
  ];
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
  t.same(
    said(),
    soon.filter((sql) => sql !== 'COMMIT'),
    'one that was alone and threw is undone with its transaction',
  );
  t.equal(level(), 2);
});

const straceOptions = ['-f', '-e', 'trace=fsync,write', '-s', '64'];

/** What each deed of `fixtures/soon.ts` printed, with the syncs before it. */
function watched(
  t: Test,
  deeds: readonly string[],
  inject: readonly string[] = [],
  start: 'first' | 'untouched' = 'first',
) {
  const script = join(import.meta.dirname, 'fixtures/soon.js');
  const { stdout, stderr } = spawnSync(
    'strace',
    [...straceOptions, ...inject, plainNode, ...plainNodeArguments, script, t.testdir(), ...deeds],
    { encoding: 'utf8', env: { ...process.env, START: start } },
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

// The story: commits that were to be durable soon grew the log past a thousand pages, and the checkpoint that SQLite then
// made by itself met a failing disk at its sync of the log. Nobody was told. The commits that followed synced well, and
// were acknowledged, behind a hole that a power cut would have cut all of them at.
t.test('no checkpoint is made where nobody would hear of its failed sync', needsStrace(), (t) => {
  const syncs = syncsUntilBegin(t);
  const grown = watched(t, ['grow', 'now']);
  t.equal(grown[0], 'grow: 0', 'a log of any length waits for who syncs it');
  t.match(grown[1], /^now: [2-9]/, 'and is folded then');
  const inject = ['-e', `inject=fsync:error=EIO:when=${syncs + 1}`];
  const [grow, checkpoint, now] = watched(t, ['grow', 'checkpoint', 'now'], inject);
  t.equal(grow, 'grow: 0');
  t.match(checkpoint, /^checkpoint failed/);
  t.match(now, /^now: [3-9]/, 'the log is folded before the next is acknowledged');
  t.end();
});

t.test('a checkpoint that fails itself is a failed sync', needsStrace(), (t) => {
  const syncs = syncsUntilBegin(t);
  const [, plain] = watched(t, ['now', 'checkpoint']);
  t.match(plain, /^checkpoint: [2-9]/);
  // The commit before it, the page that makes all durable, then the checkpoint's own.
  const inject = ['-e', `inject=fsync:error=EIO:when=${syncs + 3}`];
  const [, checkpoint, now] = watched(t, ['now', 'checkpoint', 'now'], inject);
  t.match(checkpoint, /^checkpoint failed/);
  t.match(now, /^now: [3-9]/);
  t.end();
});

// The story: a process that was killed left commits that no disk had, and the next one took them for durable. What it
// did because of them, as removing the file of a blob that they say is gone, a power cut then left without a cause.
t.test('what a killed process left is made durable by the first who asks', needsStrace(), (t) => {
  t.same(watched(t, ['nothing'], [], 'untouched'), ['nothing: 1']);
  t.end();
});
