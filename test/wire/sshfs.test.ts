import t from 'tap';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import type { LiveUser } from '../fixtures/live-server.ts';
import { address, needs, sshOptions, start, type Running } from './clients.ts';
import {
  bytesOf,
  eventually,
  namesIn,
  openScene,
  published,
  recorded,
  sha256,
  transfers,
  treeOf,
  unseen,
} from './story.ts';

/** Why nothing can be mounted here. Not even `WAYBILL_TEST_CLIENTS=required` asks a kernel for what it has not. */
function whyNoMount(): { skip?: string } {
  try {
    fs.closeSync(fs.openSync('/dev/fuse', 'r+'));
    return {};
  } catch (error) {
    return { skip: `the kernel has no FUSE for this user: ${(error as Error).message}` };
  }
}

t.test('sshfs', { ...needs('sshfs', 'ssh'), ...whyNoMount() }, async (t) => {
  const scene = await openScene(t);
  const { server, amy, dora } = scene;

  /** Mounts the user's tree; the answer is the mounted program, or why it could not. */
  async function mount(
    user: LiveUser,
    name: string,
  ): Promise<{ readonly at: string; readonly client: Running } | string> {
    const at = join(scene.here, name);
    fs.mkdirSync(at);
    const args = [
      '-f',
      `${address(user)}:/`,
      at,
      ...sshOptions(server, user).filter((each) => each !== '-F' && each !== '/dev/null'),
      '-F',
      '/dev/null',
    ];
    const client = start('sshfs', args, { cwd: scene.here });
    let over: string | undefined;
    void client.done.then(
      ({ status, output }) =>
        (over = `sshfs ended with ${status}: ${output.trim().split('\n').at(-1)}`),
    );
    t.teardown(async () => {
      spawnSync('fusermount3', ['-u', '-z', at]);
      await client.done;
    });
    const outside = fs.statSync(scene.here).dev;
    return eventually(() => over ?? (fs.statSync(at).dev === outside ? undefined : { at, client }));
  }

  const mounted = await mount(amy, 'amy');
  if (typeof mounted === 'string') {
    t.test('mount', { skip: `the kernel does not let us mount: ${mounted}` }, () => undefined);
    return;
  }
  const at = (name: string) => join(mounted.at, name);

  /** sshfs answers close(2) before it has sent CLOSE. */
  function stored(path: string, bytes: Uint8Array): Promise<true> {
    return eventually(async () =>
      (await treeOf(server, '/outgoing')).get(path) === sha256(bytes) ? true : undefined,
    );
  }

  t.test('write, read, list, times, permissions, statfs', async (t) => {
    const bytes = bytesOf('a', 1_000_000);
    fs.writeFileSync(at('outgoing/a.dat'), bytes);
    await stored('/outgoing/a.dat', bytes);
    await published(t, server, { path: '/outgoing/a.dat', bytes });
    t.ok(fs.readFileSync(at('outgoing/a.dat')).equals(bytes));
    fs.utimesSync(at('outgoing/a.dat'), 1_500_000_000, 1_400_000_000);
    fs.chmodSync(at('outgoing/a.dat'), 0o600);
    t.match(fs.statSync(at('outgoing/a.dat')), {
      size: 1_000_000,
      mtimeMs: 1_400_000_000_000,
      mode: 0o100600,
    });
    t.same(fs.readdirSync(at('')).toSorted(), ['incoming', 'outgoing', 'receipts']);
    t.ok(fs.statfsSync(at('')).bavail > 0);
    await recorded(t, server, 'attributes.changed.1', '/outgoing/a.dat');
  });

  t.test('cp -p, and over a longer file', async (t) => {
    const bytes = bytesOf('shorter', 1_234);
    const local = join(scene.here, 'shorter');
    fs.writeFileSync(local, bytes);
    fs.utimesSync(local, 1_300_000_000, 1_300_000_000);
    t.equal(spawnSync('cp', ['-p', local, at('outgoing/a.dat')]).status, 0);
    await stored('/outgoing/a.dat', bytes);
    const entry = await published(t, server, { path: '/outgoing/a.dat', bytes });
    t.equal(
      entry?.modifiedAt,
      new Date(1_300_000_000_000).toISOString(),
      'the time set before CLOSE is kept',
    );
  });

  t.test('append, writes in the middle, truncate, fsync', async (t) => {
    const path = at('outgoing/edited');
    fs.writeFileSync(path, 'hello');
    await stored('/outgoing/edited', Buffer.from('hello'));
    fs.appendFileSync(path, ' world');
    await stored('/outgoing/edited', Buffer.from('hello world'));
    const file = fs.openSync(path, 'r+');
    fs.writeSync(file, 'J', 0);
    fs.fsyncSync(file);
    fs.writeSync(file, '!', 20);
    fs.closeSync(file);
    const gap = Buffer.concat([Buffer.from('Jello world'), Buffer.alloc(9), Buffer.from('!')]);
    await stored('/outgoing/edited', gap);
    fs.truncateSync(path, 5);
    await stored('/outgoing/edited', Buffer.from('Jello'));
    await published(t, server, { path: '/outgoing/edited', bytes: Buffer.from('Jello') });
  });

  t.test('mkdir, rename over an old file, names, the empty file, rm -r', async (t) => {
    fs.mkdirSync(at('outgoing/d/e'), { recursive: true });
    for (const name of ['Zuñiga – 儿童.txt', 'n'.repeat(255), 'empty']) {
      const bytes = Buffer.from(name === 'empty' ? '' : name);
      fs.writeFileSync(at(`outgoing/d/${name}`), bytes);
      await stored(`/outgoing/d/${name}`, bytes);
    }
    t.same(
      new Set(fs.readdirSync(at('outgoing/d'))),
      new Set(['e', 'Zuñiga – 儿童.txt', 'n'.repeat(255), 'empty']),
    );
    fs.renameSync(at('outgoing/d/Zuñiga – 儿童.txt'), at('outgoing/d/empty'));
    await published(t, server, {
      path: '/outgoing/d/empty',
      bytes: Buffer.from('Zuñiga – 儿童.txt'),
      receivedAs: '/outgoing/d/Zuñiga – 儿童.txt',
    });
    fs.rmSync(at('outgoing/d'), { recursive: true });
    await recorded(t, server, 'directory.removed.1', '/outgoing/d');
    t.notOk((await namesIn(server, '/outgoing')).includes('d'));
  });

  t.test('what is not allowed is refused as a system says it', async (t) => {
    t.throws(() => fs.writeFileSync(at('incoming/x'), 'x'), { code: 'EACCES' });
    t.throws(() => fs.rmdirSync(at('outgoing')), { code: /EACCES|EPERM/ });
    t.throws(() => fs.symlinkSync('a.dat', at('outgoing/link')), Error);
    t.throws(() => fs.linkSync(at('outgoing/a.dat'), at('outgoing/link')), Error);
    t.throws(() => fs.readFileSync(at('agencies/kern/outgoing/x')), { code: 'ENOENT' });
    await recorded(t, server, 'request.refused.1', '/incoming/x', {
      outcome: 'refused',
      reason: 'permission-denied',
    });
  });

  t.test('DCSS reads what the county wrote; what is cut off it does not see', async (t) => {
    const state = await mount(dora, 'dora');
    if (typeof state === 'string') return void t.fail(state);
    t.equal(fs.readFileSync(join(state.at, 'agencies/alameda/outgoing/edited'), 'utf8'), 'Jello');
    const county = await mount(amy, 'again');
    if (typeof county === 'string') return void t.fail(county);
    const file = fs.openSync(join(county.at, 'outgoing/cut'), 'w');
    fs.writeSync(file, bytesOf('cut', 300_000));
    county.client.kill();
    await county.client.done;
    const ended = await eventually(
      async () => (await transfers(server, { path: '/outgoing/cut', state: 'partial' }))[0],
    );
    t.match(ended, { sha256: null });
    await unseen(t, server, '/outgoing/cut');
    t.throws(() => fs.statSync(join(state.at, 'agencies/alameda/outgoing/cut')), {
      code: 'ENOENT',
    });
    t.throws(() => fs.closeSync(file), Error);
  });
});
