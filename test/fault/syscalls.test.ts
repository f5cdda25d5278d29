import t from 'tap';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startExchange, type LiveServer } from '../fixtures/live-server.ts';
import type { SftpClient } from '../fixtures/sftp-client.ts';
import { Auditor, checkAfterKill } from './fixtures/after-kill.ts';
import { runDoctor } from './fixtures/doctor.ts';
import { Hand } from './fixtures/hand.ts';
import { ConnectionLost, connectLive } from './fixtures/live-client.ts';
import { seededRandom, type Random } from './fixtures/random.ts';
import {
  killAt,
  killCommandAt,
  needsStrace,
  pointsOf,
  pointsOfCommand,
  type Point,
} from './fixtures/system-calls.ts';

/** Points of each script; `EVERY=1` takes all of them. */
const pointsMax = process.env['EVERY'] === '1' ? Infinity : Number(process.env['POINTS'] ?? 6);
const old = Buffer.alloc(150_000, 'the old version ');
const content = Buffer.alloc(260_000, 'what is sent now ');
const name = 'a.dat';
const temporary = `${name}.filepart`;

t.setTimeout(pointsMax === Infinity ? 7_200_000 : 600_000);

type Script = {
  readonly title: string;
  /** Published before it begins. */
  readonly there: ReadonlyMap<string, Buffer>;
  run(hand: Hand, sftp: SftpClient): Promise<void>;
};

const scripts: readonly Script[] = [
  {
    title: 'upload',
    there: new Map(),
    run: (hand, sftp) => hand.put(sftp, name, content),
  },
  {
    title: 'replace',
    there: new Map([[name, old]]),
    run: (hand, sftp) => hand.put(sftp, name, content),
  },
  {
    title: 'rename over a file',
    there: new Map([
      [name, old],
      [temporary, content],
    ]),
    run: (hand, sftp) => hand.rename(sftp, temporary, name),
  },
  {
    title: 'remove',
    there: new Map([[name, old]]),
    run: (hand, sftp) => hand.remove(sftp, name),
  },
];

/** Brings the hand's names to where the script begins. */
async function prepare(script: Script, hand: Hand, server: LiveServer): Promise<void> {
  const client = await connectLive(server, hand.user);
  const { sftp } = client;
  for (const { name: listed } of await sftp.list('/outgoing')) {
    await sftp.remove(`/outgoing/${listed}`);
    // A partial lay in front of a file.
    if (hand.files.has(listed)) await sftp.remove(`/outgoing/${listed}`).catch(() => undefined);
  }
  hand.files.clear();
  hand.unfinished.clear();
  for (const [there, bytes] of script.there) await hand.put(sftp, there, bytes);
  await client.end();
}

/** Whether the connection lived to the end of the script. */
async function run(script: Script, hand: Hand, sftp: SftpClient): Promise<boolean> {
  try {
    await script.run(hand, sftp);
    return true;
  } catch (error) {
    if (!(error instanceof ConnectionLost)) throw error;
    return false;
  }
}

/** So that nearly every run makes the directory of its blob anew. */
function removeEmptyShards(server: LiveServer): void {
  const blobs = join(server.dataDirectory, 'blobs');
  for (const shard of readdirSync(blobs))
    if (readdirSync(join(blobs, shard)).length === 0) rmdirSync(join(blobs, shard));
}

function sampleOf(points: readonly Point[], random: Random): readonly Point[] {
  const rest = [...points];
  const sample: Point[] = [];
  while (sample.length < pointsMax && rest.length > 0)
    sample.push(...rest.splice(random.int(rest.length), 1));
  return pointsMax === Infinity ? points : sample;
}

t.test(
  'kill -9 at system calls of `waybill init`: the next one makes what is missing',
  needsStrace(),
  async (t) => {
    // The master key was written under its own name, so a kill left an empty one that no start could get over; and its name
    // was never synced, so a power loss could take the key and leave the data.
    const random = seededRandom();
    t.comment(`seed ${random.seed}`);
    const command = [resolve(import.meta.dirname, '../../cli/main.js'), 'init'];
    const directory = t.testdir();
    const environment = (name: string) => ({
      PATH: process.env['PATH'],
      WAYBILL_DATA_DIR: join(directory, name, 'data'),
      WAYBILL_KEYS_DIR: join(directory, name, 'keys'),
    });
    const points = pointsOfCommand(command, environment('counted'), {
      logFile: join(directory, 'strace.log'),
      directory: join(directory, 'counted'),
    });
    t.ok(existsSync(join(directory, 'counted/keys/master.key')));
    let cutShort = 0;
    for (const [index, point] of sampleOf(points, random).entries()) {
      const env = environment(`run-${index}`);
      const key = join(env.WAYBILL_KEYS_DIR, 'master.key');
      killCommandAt(point, command, env);
      const before = existsSync(key) ? readFileSync(key, 'utf8') : undefined;
      if (!existsSync(join(env.WAYBILL_DATA_DIR, 'waybill.db'))) cutShort += 1;
      const { status, stderr } = spawnSync(process.execPath, command, { env, encoding: 'utf8' });
      t.equal(status, 0, `${point.call} ${point.nth}: ${stderr}`);
      if (before !== undefined) t.equal(readFileSync(key, 'utf8'), before, 'the master key stays');
    }
    t.comment(`${points.length} calls; ${cutShort} kills came before the database`);
  },
);

t.test('kill -9 at system calls of the server', needsStrace(), async (t) => {
  const random = seededRandom();
  t.comment(`seed ${random.seed}`);
  const { server, dora, amy } = await startExchange(t, {
    // One thread of the pool makes the calls for the blobs, and the main thread those for the database.
    UV_THREADPOOL_SIZE: '1',
    WAYBILL_WORKERS: '0',
  });
  const ann = await server.addUser('ann', 'alameda');
  const auditor = new Auditor(server.dataDirectory);
  for (const script of scripts) {
    await t.test(script.title, async (t) => {
      const hand = new Hand({ connection: 0, user: amy, agency: 'alameda', prefix: 'a' });
      await prepare(script, hand, server);
      const counted = await connectLive(server, amy);
      const log = join(server.directory, 'strace.log');
      const points = await pointsOf(server.pid, log, () => script.run(hand, counted.sftp));
      await counted.end();
      const totals = { killed: 0, done: 0, undone: 0, notReached: 0 };
      for (const point of sampleOf(points, random)) {
        await prepare(script, hand, server);
        const client = await connectLive(server, amy);
        const tracer = await killAt(server.pid, point);
        const finished = await run(script, hand, client.sftp);
        await tracer.detach();
        client.destroy();
        if (finished) totals.notReached += 1;
        else {
          totals.killed += 1;
          await server.stop('SIGKILL');
          removeEmptyShards(server);
          await server.start();
        }
        const found = await checkAfterKill(server, [hand], { dora, ann, auditor });
        totals.done += found.done;
        totals.undone += found.undone;
        if (found.problems.length > 0)
          t.same(found.problems, [], `thread ${point.thread} ${point.call} ${point.nth}`);
      }
      t.comment(
        `${points.length} calls that change the disk: killed at ${totals.killed} of them (${totals.done} wholly done, ${totals.undone} wholly not), ${totals.notReached} not reached`,
      );
      t.ok(totals.killed > 0);
    });
  }
  t.same(await runDoctor(server), [], 'waybill doctor finds nothing');
});
