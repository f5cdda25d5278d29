import t from 'tap';
import { readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { LiveUser } from '../fixtures/live-server.ts';
import { needs, start, type Ran, type Running } from './clients.ts';
import {
  checksums,
  cutUpload,
  localFile,
  makeFile,
  namesIn,
  openScene,
  published,
  recorded,
  refused,
  sha256,
  succeeded,
  transfers,
  treeOf,
} from './story.ts';

t.test('rclone', needs('rclone'), async (t) => {
  const scene = await openScene(t);
  const { server, amy, dora } = scene;

  /** The remote `w:` is the exchange, described in the environment alone. */
  function begin(user: LiveUser, ...args: readonly string[]): Running {
    const remote = {
      TYPE: 'sftp',
      HOST: '127.0.0.1',
      PORT: String(server.sftpPort),
      USER: user.username,
      KEY_FILE: user.keyFile,
      KNOWN_HOSTS_FILE: server.knownHostsFile,
    };
    const environment = Object.fromEntries(
      Object.entries(remote).map(([name, value]) => [`RCLONE_CONFIG_W_${name}`, value]),
    );
    return start(
      'rclone',
      ['--config', '', '--retries', '1', '--low-level-retries', '1', ...args],
      { cwd: scene.here, environment },
    );
  }
  function rclone(user: LiveUser, ...args: readonly string[]): Promise<Ran> {
    return begin(user, ...args).done;
  }

  t.test('copy, lsl, check, sync', async (t) => {
    const sent = new Map<string, string>();
    for (let index = 0; index < 60; index += 1) {
      const name = `d${index % 5}/file ${index}.dat`;
      sent.set(`/outgoing/set/${name}`, sha256(makeFile(scene, `set/${name}`, 1 + index * 331)));
    }
    for (const name of ['Zuñiga – 儿童.txt', 'n'.repeat(255), 'empty']) {
      sent.set(
        `/outgoing/set/${name}`,
        sha256(makeFile(scene, `set/${name}`, name === 'empty' ? 0 : 77)),
      );
    }
    const at = new Date('2018-05-06T07:08:09Z');
    utimesSync(join(scene.here, 'set/empty'), at, at);
    succeeded(t, await rclone(amy, 'copy', 'set', 'w:/outgoing/set'));
    t.same(checksums(await treeOf(server, '/outgoing/set')), checksums(sent));
    await published(t, server, {
      path: '/outgoing/set/Zuñiga – 儿童.txt',
      bytes: localFile(scene, 'set/Zuñiga – 儿童.txt'),
    });
    await recorded(t, server, 'directory.created.1', '/outgoing/set/d3');

    const { stdout } = await rclone(amy, 'lsl', 'w:/outgoing/set');
    t.equal(stdout.trim().split('\n').length, sent.size);
    t.match(stdout, /^ +0 2018-05-06 07:08:09\.0+ empty$/m, 'times are kept');
    t.match((await rclone(amy, 'lsd', 'w:/')).stdout, /incoming[^]*outgoing[^]*receipts/);
    t.match(
      (await rclone(amy, 'size', '--json', 'w:/outgoing/set')).stdout,
      new RegExp(`"count":${sent.size},`),
    );

    succeeded(
      t,
      await rclone(amy, 'check', '--download', 'set', 'w:/outgoing/set'),
      'check of every byte',
    );
    succeeded(
      t,
      await rclone(amy, 'check', 'set', 'w:/outgoing/set'),
      'check without hashes on the far side',
    );
    const before = (await transfers(server, { agency: 'alameda', direction: 'upload' })).length;
    succeeded(t, await rclone(amy, 'copy', 'set', 'w:/outgoing/set'));
    t.equal(
      (await transfers(server, { agency: 'alameda', direction: 'upload' })).length,
      before,
      'nothing is sent again',
    );

    const changed = makeFile(scene, 'set/d1/file 1.dat', 4_321);
    succeeded(
      t,
      await rclone(
        amy,
        'sync',
        '--exclude',
        '/d4/**',
        '--delete-excluded',
        'set',
        'w:/outgoing/set',
      ),
    );
    await published(t, server, { path: '/outgoing/set/d1/file 1.dat', bytes: changed });
    t.notOk(
      [...(await treeOf(server, '/outgoing/set')).keys()].some((path) => path.includes('/d4/')),
      'sync removes what is gone',
    );
    await recorded(t, server, 'file.removed.1', '/outgoing/set/d4/file 4.dat');
  });

  t.test('DCSS copies it down, times and all', async (t) => {
    succeeded(t, await rclone(dora, 'copy', 'w:/agencies/alameda/outgoing/set', 'back'));
    const stored = await treeOf(server, '/outgoing/set');
    const files = readdirSync(join(scene.here, 'back'), {
      recursive: true,
      withFileTypes: true,
    }).filter((each) => each.isFile());
    t.equal(files.length, stored.size);
    for (const path of stored.keys()) {
      if (
        sha256(localFile(scene, `back${path.slice('/outgoing/set'.length)}`)) !== stored.get(path)
      )
        t.fail(`${path} came back changed`);
    }
    t.equal(statSync(join(scene.here, 'back/empty')).mtimeMs, Date.parse('2018-05-06T07:08:09Z'));
  });

  t.test(
    'copyto, moveto onto an old file, cat, rcat, deletefile, mkdir, rmdir, purge',
    async (t) => {
      const bytes = makeFile(scene, 'one.dat', 50_000);
      succeeded(t, await rclone(amy, 'rcat', 'w:/outgoing/one.dat'), 'an empty one first');
      succeeded(t, await rclone(amy, 'copyto', 'one.dat', 'w:/outgoing/one.dat.partial'));
      succeeded(
        t,
        await rclone(amy, 'moveto', 'w:/outgoing/one.dat.partial', 'w:/outgoing/one.dat'),
      );
      await published(t, server, {
        path: '/outgoing/one.dat',
        bytes,
        receivedAs: '/outgoing/one.dat.partial',
      });
      await recorded(t, server, 'entry.renamed.1', '/outgoing/one.dat.partial', {
        to: '/outgoing/one.dat',
      });
      const part = await rclone(amy, 'hashsum', 'sha256', '--download', 'w:/outgoing/one.dat');
      t.match(part.stdout, sha256(bytes), 'read back whole');
      t.equal(
        (await rclone(amy, 'cat', '--offset', '9', '--count', '0', 'w:/outgoing/one.dat')).status,
        0,
      );
      succeeded(t, await rclone(amy, 'deletefile', 'w:/outgoing/one.dat'));
      await recorded(t, server, 'file.removed.1', '/outgoing/one.dat');
      succeeded(t, await rclone(amy, 'mkdir', 'w:/outgoing/made/deep'));
      succeeded(t, await rclone(amy, 'rmdir', 'w:/outgoing/made/deep'));
      succeeded(t, await rclone(amy, 'purge', 'w:/outgoing/set'));
      t.same(await namesIn(server, '/outgoing'), ['made']);
    },
  );

  t.test('about tells the space, by statvfs and not by a command', async (t) => {
    const about = await rclone(amy, 'about', 'w:');
    succeeded(t, about);
    t.match(about.stdout, /Total: +[\d.]+[^]*Free: +[\d.]+/);
  });

  t.test('an upload that is cut off is sent again whole: rclone has no resume', async (t) => {
    const big = makeFile(scene, 'big.dat', 4_000_000);
    await cutUpload(
      t,
      server,
      begin(amy, 'copyto', '--bwlimit', '700k', 'big.dat', 'w:/outgoing/big.dat'),
      '/outgoing/big.dat',
    );
    t.notMatch((await rclone(dora, 'lsl', 'w:/agencies/alameda/outgoing')).stdout, /big/);
    succeeded(t, await rclone(amy, 'copyto', 'big.dat', 'w:/outgoing/big.dat'));
    await published(t, server, { path: '/outgoing/big.dat', bytes: big });
    succeeded(
      t,
      await rclone(
        dora,
        'copyto',
        '--multi-thread-streams',
        '4',
        '--multi-thread-cutoff',
        '1M',
        'w:/agencies/alameda/outgoing/big.dat',
        'parts.dat',
      ),
    );
    t.ok(localFile(scene, 'parts.dat').equals(big));
  });

  t.test('what is not allowed is refused in words', async (t) => {
    refused(t, await rclone(amy, 'copyto', 'one.dat', 'w:/incoming/one.dat'), /permission denied/);
    refused(t, await rclone(amy, 'lsl', 'w:/agencies/kern/outgoing'), /directory not found/);
    refused(t, await rclone(amy, 'rmdir', 'w:/outgoing'), /not empty|part of every tree|may not/);
    await recorded(t, server, 'request.refused.1', '/incoming/one.dat', {
      outcome: 'refused',
      reason: 'permission-denied',
    });
  });
});
