import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import t from 'tap';

const log = new URL('../server/log.js', import.meta.url).href;
const rows = 100_000;
const logger = `
  import { createLog } from '${log}';
  const log = createLog('info', false);
  for (let seq = 0; seq < ${rows}; seq += 100)
    log.together(() => {
      for (let row = 0; row < 100; row += 1) log.info({ seq: seq + row }, 'x'.repeat(100));
    });
  log.info('its own');
  process.stderr.write('alive');
`;

function run(script: string) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const exit = once(child, 'exit');
  return { child, exit };
}

// A collector of logs stood still. Its pipe was full after 64 KiB, and the next line held the monitor's process for ever:
// no login, no transfer, and no stop.
t.test('a pipe that nobody reads holds nobody up, and what it cost is told', async (t) => {
  const { child, exit } = run(logger);
  await once(child.stderr, 'data');
  const lines = (await text(child.stdout)).trimEnd().split('\n');
  await exit;
  const read = lines.map((line) => JSON.parse(line) as { seq?: number; dropped?: number });
  const told = read.filter(({ seq }) => seq !== undefined);
  const dropped = read.reduce((sum, line) => sum + (line.dropped ?? 0), 0);
  t.ok(dropped > 0, `${dropped} lines were dropped`);
  t.equal(told.length + dropped, rows, 'each line came, or was counted');
  t.ok(told.length * 100 < 6 * 1024 * 1024, 'what waits is bounded');
  t.match(read, { [told.length]: { msg: 'its own' } }, 'the few of its own come all the same');
});

t.test('an exit does not wait for it either', async (t) => {
  const { exit } = run(`${logger}; setTimeout(() => process.exit(3), 100);`);
  t.same(await exit, [3, null]);
});

t.test('nor does one whom nobody reads any more', async (t) => {
  const { child, exit } = run(`${logger}; process.stdin.resume().on('end', () => log.info('x'));`);
  await once(child.stderr, 'data');
  child.stdout.destroy();
  child.stdin.end();
  t.same(await exit, [0, null]);
});

// A log file on a full disk: every line was kept for when there would be room, and the monitor grew until the kernel
// killed it.
t.test('on a full disk what waits is bounded, and what it cost is told', async (t) => {
  const file = join(t.testdir({ log: '' }), 'log');
  const output = openSync(file, 'a');
  // The largest file that it may write stands for the disk: the shell counts in 512 or 1,024 bytes.
  const child = spawn(
    '/bin/sh',
    [
      '-c',
      // What tap has its children load ends them with SIGXFSZ, which Node ignores.
      'unset NODE_OPTIONS; ulimit -f 11000; exec "$0" --input-type=module -e "$1"',
      process.execPath,
      `${logger}; process.stdin.resume().on('end', () => log.info('its last'));`,
    ],
    { stdio: ['pipe', output, 'pipe'] },
  );
  closeSync(output);
  const exit = once(child, 'exit');
  await once(child.stderr!, 'data');
  const before = readFileSync(file, 'utf8');
  truncateSync(file);
  child.stdin!.end();
  t.same(await exit, [0, null]);
  const after = readFileSync(file, 'utf8');
  const read = `${before}${after}`
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { seq?: number; dropped?: number; msg: string });
  const told = read.filter(({ seq }) => seq !== undefined);
  const dropped = read.reduce((sum, line) => sum + (line.dropped ?? 0), 0);
  t.ok(dropped > 0, `${dropped} lines were dropped`);
  t.equal(told.length + dropped, rows, 'each line came whole, or was counted');
  t.ok(after.length < 6 * 1024 * 1024, 'what waits is bounded');
  t.same(
    read.filter(({ seq }) => seq === undefined).map(({ msg }) => msg),
    ['its own', read.find((line) => line.dropped !== undefined)?.msg, 'its last'],
    'the few of its own come all the same',
  );
});

t.test('a disk that stays full costs no more than that', async (t) => {
  const full = openSync('/dev/full', 'w');
  const script = `${logger};
    for (let seq = 0; seq < ${rows}; seq += 1) log.info('x'.repeat(100));
    globalThis.gc();
    process.stderr.write(String(process.memoryUsage().heapUsed));`;
  const child = spawn(
    process.execPath,
    [
      '--expose-gc',
      '--input-type=module',
      '-e',
      script.replace("process.stderr.write('alive')", ''),
    ],
    { stdio: ['ignore', full, 'pipe'] },
  );
  closeSync(full);
  const heapBytes = Number(await text(child.stderr!));
  t.ok(heapBytes > 0 && heapBytes < 30 * 1024 * 1024, `${heapBytes} bytes`);
});
