import t from 'tap';
import type { Test } from 'tap';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { reserveFileName } from '../../server/database/reserve.ts';
import { freePort, LiveServer, type LiveUser } from '../fixtures/live-server.ts';
import { SftpStatus } from '../fixtures/sftp-client.ts';
import { ConnectionLost, connectLive, putFast, type LiveClient } from './fixtures/live-client.ts';
import { mountSmallDisk, type SmallDisk } from './fixtures/small-disk.ts';

const READ = 1;
const diskMebibytes = 64;
const MiB = 1024 * 1024;
const there = randomBytes(300_000);

t.setTimeout(300_000);

type Scene = {
  readonly server: LiveServer;
  readonly disk: SmallDisk;
  readonly amy: LiveUser;
  readonly dora: LiveUser;
};

/** A server whose data directory is on a small disk of its own. */
async function openScene(t: Test): Promise<Scene | string> {
  const server = new LiveServer(t.testdirName, [await freePort(), await freePort()]);
  t.teardown(() => server.stop('SIGKILL'));
  t.testdir();
  const disk = mountSmallDisk(t, server.dataDirectory, diskMebibytes);
  if (typeof disk === 'string') return disk;
  // Ended before the disk goes away: tap ends what is registered last first.
  t.teardown(() => server.stop('SIGKILL'));
  await server.start();
  await server.addAgency('dcss', 'state');
  await server.addAgency('alameda');
  const dora = await server.addUser('dora', 'dcss');
  const amy = await server.addUser('amy', 'alameda');
  const client = await connectLive(server, amy);
  await putFast(client.sftp, '/outgoing/there', there);
  await client.end();
  return { server, disk, amy, dora };
}

async function ready(server: LiveServer): Promise<{ ready: boolean; reasons: string[] }> {
  const answer = await fetch(`http://127.0.0.1:${server.adminPort}/readyz`);
  return (await answer.json()) as { ready: boolean; reasons: string[] };
}

function reserveBytes(server: LiveServer): number {
  return (
    statSync(join(server.dataDirectory, reserveFileName), { throwIfNoEntry: false })?.size ?? 0
  );
}

/** What an attempt came to: null for well, or the words of the refusal. Anything else is thrown. */
async function outcome(work: () => Promise<unknown>): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof SftpStatus) return `${error.code} ${error.message}`;
    if (error instanceof ConnectionLost) return 'connection lost';
    throw error;
  }
}

async function loginAndDownload({ server, dora }: Scene): Promise<string | null> {
  return outcome(async () => {
    const state = await connectLive(server, dora);
    let got: Buffer;
    try {
      got = await state.sftp.get('/agencies/alameda/outgoing/there');
    } finally {
      await state.end();
    }
    if (!got.equals(there)) throw new Error('the download is not what was uploaded');
  });
}

async function fillInSteps(t: Test, scene: Scene, uploader: LiveClient): Promise<void> {
  const { disk } = scene;
  const refusals = new Set<string>();
  let uploads = 0;
  for (let step = 0; step < 200; step += 1) {
    const full = disk.bytesFree === 0;
    const failed = await loginAndDownload(scene);
    if (failed !== null) t.fail(`login and download with ${disk.bytesFree} bytes free: ${failed}`);
    const refused = await outcome(() =>
      putFast(uploader.sftp, `/outgoing/up-${step}`, randomBytes(300_000)),
    );
    if (refused === null) uploads += 1;
    else refusals.add(refused);
    if (full && refused === null) t.fail('an upload to a full disk was taken');
    if (full) break;
    disk.fill(disk.bytesFree > 8 * MiB ? 8 * MiB : MiB);
  }
  t.ok(uploads > 0, `${uploads} uploads while there was room`);
  t.match(
    [...refusals],
    [/^4 the server has no room left/],
    'then each is refused with the reason',
  );
}

t.test(
  'something else fills the disk: uploads are refused, the rest goes on, and all comes back',
  async (t) => {
    const scene = await openScene(t);
    if (typeof scene === 'string') {
      t.pass('a small disk', { skip: scene });
      return;
    }
    const { server, disk, amy } = scene;
    const held = reserveBytes(server);
    t.ok(held >= 3 * MiB, `the reserve is there before it is needed: ${held} bytes`);
    const uploader = await connectLive(server, amy);
    const reading = await connectLive(server, amy);
    const open = await reading.sftp.open('/outgoing/there', READ);

    await fillInSteps(t, scene, uploader);
    for (let round = 0; round < 15; round += 1) {
      disk.fill();
      const failed = await loginAndDownload(scene);
      if (failed !== null) t.fail(`login and download ${round} on a full disk: ${failed}`);
    }
    t.match(await ready(server), { ready: true, reasons: [] }, 'ready, from the reserve');
    t.match(await server.admin.get('/v1/audit/verification'), { ok: true });
    t.comment(
      `${held - reserveBytes(server)} bytes of the reserve went into 15 logins and downloads`,
    );

    await t.test('a server that is killed on a full disk starts again on it', async (t) => {
      await server.stop('SIGKILL');
      disk.fill();
      await server.start();
      t.equal(await loginAndDownload(scene), null);
    });

    await t.test('the reserve is used up: nothing happens that cannot be recorded', async (t) => {
      const client = await connectLive(server, amy);
      const handle = await client.sftp.open('/outgoing/there', READ);
      const second = await client.sftp.open('/outgoing/there', READ);
      let failed: string | null = null;
      // It lasts for some thousand rounds; the last of it is what counts here.
      truncateSync(join(server.dataDirectory, reserveFileName), 300_000);
      for (let round = 0; round < 1_000 && failed === null; round += 1) {
        disk.fill();
        failed = await loginAndDownload(scene);
      }
      t.not(failed, null);
      t.equal(reserveBytes(server), 0);
      t.equal(await outcome(() => connectLive(server, amy)), 'connection lost', 'no logins');
      t.match(
        await outcome(() => client.sftp.get('/outgoing/there')),
        /^4 the server/,
        'no downloads',
      );
      t.match(await outcome(() => client.sftp.close(second)), /^4 the server/);
      t.match(await outcome(() => client.sftp.mkdir('/outgoing/d')), /^4 the server/);
      t.ok(
        (await client.sftp.read(handle, 0, 1000))!.equals(there.subarray(0, 1000)),
        'what was begun goes on',
      );
      const state = await ready(server);
      t.match(state, { ready: false, reasons: [/^the audit ledger cannot be written: .*no room/] });

      disk.clear();
      for (let look = 0; look < 300 && !(await ready(server)).ready; look += 1) await sleep(50);
      t.match(await ready(server), { ready: true, reasons: [] }, 'it finds out by itself');
      t.equal(await loginAndDownload(scene), null);
      await putFast(client.sftp, '/outgoing/again', randomBytes(300_000));
      await client.sftp.close(handle);
      t.match(await server.admin.get('/v1/audit/verification'), { ok: true });
      const transfers = await server.all<{ state: string }>('/v1/transfers');
      t.same(
        transfers.filter(({ state }) => state === 'sending' || state === 'receiving'),
        [],
        'every transfer has an end, with its session still there',
      );
      await client.end();
    });
    await uploader.sftp.closed;
    t.notMatch(server.log(), /"msg":"internal fault".*TypeError/);
    reading.destroy();
    t.ok(open.length > 0);
  },
);
