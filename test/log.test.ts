import { spawn } from 'node:child_process';
import { once } from 'node:events';
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
