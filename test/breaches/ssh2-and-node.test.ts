import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { startLiveServer } from '../fixtures/live-server.ts';
import { processesOf } from './fixtures/processes.ts';
import { productSources } from './fixtures/sources.ts';

const run = promisify(execFile);
const build = join(import.meta.dirname, '../..');

// ssh2 CVE-2020-26301: the client's way to Pageant put a command line together. The rule: the server is no client; what
// belongs to one is not used, and nothing that it could start would be started.
t.test('ssh2 CVE-2020-26301: nothing of an SSH client is used by the server', async (t) => {
  const client =
    /\b(Client|createAgent|BaseAgent|OpenSSHAgent|PageantAgent|CygwinAgent|HTTPAgent|HTTPSAgent)\b/;
  for (const { file, text } of productSources()) {
    const fromSsh2 =
      text.match(/import [^;]*from 'ssh2[^']*'|require\('ssh2[^']*'\)|\bssh2\.\w+/g) ?? [];
    t.same(
      fromSsh2.filter((use) => client.test(use) || /pageant|agent|client\.js/i.test(use)),
      [],
      file,
    );
  }
});

/** The spelling of this Node. */
const model = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';

// Node's permission model: "Symbolic links will be followed even to locations outside of the set of paths that access
// has been granted to". The rule: it is a second lock, not the first; names of clients make no links, files are opened
// without following them, and the wall is the container or the service unit.
t.test('Node permission model: what it keeps, and that a link passes it', async (t) => {
  const directory = t.testdir();
  const blobs = join(directory, 'blobs');
  mkdirSync(blobs);
  const secret = join(directory, 'secret');
  writeFileSync(secret, 'secret');
  symlinkSync(secret, join(blobs, 'link'));
  symlinkSync(directory, join(blobs, 'ab'));
  writeFileSync(join(directory, 'ab'.repeat(16)), 'outside');
  symlinkSync(secret, join(blobs, `cd`));
  const script = `
    import fs from 'node:fs';
    import { openLocalDisk } from ${JSON.stringify(join(build, 'server/blobs/local-disk.js'))};
    const [blobs, secret] = process.argv.slice(2);
    const outcome = async (work) => { try { await work(); return 'done'; } catch (error) { return error.code ?? error.name; } };
    console.log(JSON.stringify({
      outside: await outcome(() => fs.readFileSync(secret)),
      through: await outcome(() => fs.readFileSync(blobs + '/link')),
      write: await outcome(() => fs.writeFileSync(secret, 'x')),
      beside: await outcome(() => fs.writeFileSync(blobs + '-more', 'x')),
      link: await outcome(() => fs.symlinkSync(secret, blobs + '/new')),
      program: await outcome(async () => (await import('node:child_process')).spawnSync('true').error ?? 0).catch(() => 'x'),
      thread: await outcome(async () => new (await import('node:worker_threads')).Worker('0', { eval: true })),
      addon: await outcome(async () => (await import(${JSON.stringify(join(build, '../node_modules/better-sqlite3/lib/index.js'))})).default(':memory:')),
      code: await outcome(() => (0, eval)('1')),
      blob: await outcome(async () => (await openLocalDisk(blobs)).create('ef'.repeat(16))),
      followed: await outcome(async () => (await openLocalDisk(blobs)).open('cd' + '0'.repeat(30), { write: false })),
    }));`;
  const file = join(directory, 'script.mjs');
  writeFileSync(file, script);
  // `env -i`: tap puts a loader of its own into NODE_OPTIONS.
  const { stdout } = await run(
    'env',
    [
      '-i',
      process.execPath,
      model,
      '--no-warnings',
      '--disallow-code-generation-from-strings',
      `--allow-fs-read=${build}`,
      `--allow-fs-read=${join(build, '../node_modules')}`,
      `--allow-fs-read=${join(build, '../package.json')}`,
      `--allow-fs-read=${blobs}`,
      `--allow-fs-write=${blobs}`,
      `--allow-fs-read=${file}`,
      file,
      blobs,
      secret,
    ],
    { cwd: build },
  );
  const found = JSON.parse(stdout) as Record<string, string>;
  t.match(found, {
    outside: 'ERR_ACCESS_DENIED',
    through: 'done',
    write: 'ERR_ACCESS_DENIED',
    beside: 'ERR_ACCESS_DENIED',
    link: 'ERR_ACCESS_DENIED',
    thread: 'ERR_ACCESS_DENIED',
    addon: /ERR_/,
    code: 'EvalError',
    blob: 'done',
  });
  t.not(found['program'], 'done');
  t.not(found['followed'], 'done', 'a file of a blob is opened without following a link');
});

// The whole directory of the application was granted, and `./data` and `./keys` are in it by default.
const hasProc = { skip: existsSync('/proc/self/cmdline') ? false : 'there is no /proc here' };
t.test(
  'Node permission model: no worker is granted the keys or the database',
  hasProc,
  async (t) => {
    const server = await startLiveServer(t, { WAYBILL_WORKERS: '1' });
    const workers = processesOf(server.pid).filter((pid) => pid !== server.pid);
    const lines = workers.map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0'));
    const held = lines.filter((words) => words.includes(model));
    t.ok(held.length > 0, 'a worker runs under the model');
    const blobs = join(server.dataDirectory, 'blobs');
    const application = ['', 'node_modules', 'package.json'].map((name) =>
      name === '' ? build : join(build, '..', name),
    );
    for (const words of held) {
      const of = (flag: string) =>
        words.filter((word) => word.startsWith(flag)).map((word) => word.slice(flag.length));
      t.same(of('--allow-fs-read=').toSorted(), [...application, blobs].toSorted());
      t.same(of('--allow-fs-write='), [blobs]);
      // One thread hashes; that no other can be started is test/blobs/hash-lane.test.ts.
      t.notOk(words.some((word) => /^--allow-(child-process|wasi|inspector)/.test(word)));
    }
  },
);
