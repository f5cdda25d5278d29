import t from 'tap';
import { readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { LiveUser } from '../fixtures/live-server.ts';
import { address, needs, run, start, type Ran, type Running } from './clients.ts';
import { openDeadLine } from './line.ts';
import {
  cutDownload,
  cutUpload,
  localFile,
  makeFile,
  namesIn,
  openScene,
  published,
  recorded,
  refused,
  succeeded,
  transfers,
} from './story.ts';

t.test('putty', needs('psftp', 'pscp', 'puttygen'), async (t) => {
  const scene = await openScene(t);
  const { server, amy, dora } = scene;
  for (const user of [amy, dora]) {
    succeeded(
      t,
      await run('puttygen', [user.keyFile, '-O', 'private', '-o', `${user.keyFile}.ppk`], {
        cwd: scene.here,
      }),
    );
  }
  const hostKey = Buffer.from(
    readFileSync(server.knownHostsFile, 'utf8').trim().split(' ')[2]!,
    'base64',
  );
  const fingerprint = `SHA256:${createHash('sha256').update(hostKey).digest('base64').replace(/=+$/, '')}`;

  function login(user: LiveUser, port = server.sftpPort): readonly string[] {
    return [
      '-batch',
      '-noagent',
      '-P',
      String(port),
      '-i',
      `${user.keyFile}.ppk`,
      '-hostkey',
      fingerprint,
    ];
  }
  function begin(user: LiveUser, commands: readonly string[], port?: number): Running {
    writeFileSync(join(scene.here, 'commands'), `${commands.join('\n')}\n`);
    return start('psftp', [...login(user, port), '-b', 'commands', address(user)], {
      cwd: scene.here,
    });
  }
  function psftp(user: LiveUser, ...commands: readonly string[]): Promise<Ran> {
    return begin(user, commands).done;
  }
  /** Remote names start with a colon. */
  function pscp(user: LiveUser, ...args: readonly string[]): Promise<Ran> {
    const named = args.map((each) => (each.startsWith(':') ? `${address(user)}${each}` : each));
    return run('pscp', ['-sftp', ...login(user), ...named], { cwd: scene.here });
  }

  t.test('another host key is refused', async (t) => {
    const args = [
      '-batch',
      '-noagent',
      '-P',
      String(server.sftpPort),
      '-i',
      `${amy.keyFile}.ppk`,
      '-hostkey',
      `SHA256:${'A'.repeat(43)}`,
    ];
    refused(t, await run('psftp', [...args, address(amy)], { cwd: scene.here }), /Host key/);
  });

  t.test('psftp: put, ls, get, mv, chmod, del, mkdir, rmdir', async (t) => {
    const bytes = makeFile(scene, 'a.dat', 300_000);
    const ran = await psftp(
      amy,
      'put a.dat /outgoing/a.dat',
      'cd /outgoing',
      'pwd',
      'ls',
      'get a.dat back.dat',
    );
    succeeded(t, ran);
    t.match(ran.stdout, /Remote directory is \/outgoing/);
    t.match(ran.stdout, /^-rw-r--r-- +1 amy +alameda +300000 .* a\.dat\r?$/m);
    await published(t, server, { path: '/outgoing/a.dat', bytes });
    t.ok(localFile(scene, 'back.dat').equals(bytes));
    const shorter = makeFile(scene, 'a.dat', 100);
    succeeded(
      t,
      await psftp(
        amy,
        'put a.dat /outgoing/a.dat',
        'mkdir /outgoing/d',
        'chmod 600 /outgoing/a.dat',
        'mv /outgoing/a.dat /outgoing/d/b.dat',
      ),
    );
    await published(t, server, {
      path: '/outgoing/d/b.dat',
      bytes: shorter,
      receivedAs: '/outgoing/a.dat',
    });
    await recorded(t, server, 'attributes.changed.1', '/outgoing/a.dat');
    succeeded(t, await psftp(amy, 'del /outgoing/d/b.dat', 'rmdir /outgoing/d'));
    await recorded(t, server, 'file.removed.1', '/outgoing/d/b.dat');
    t.same(await namesIn(server, '/outgoing'), []);
  });

  t.test('psftp: a directory there and back, names, the empty file', async (t) => {
    const names = ['Zuñiga – 儿童.txt', 'n'.repeat(255), 'empty', 'deeper/x'];
    const contents = new Map(
      names.map((name) => [name, makeFile(scene, `set/${name}`, name === 'empty' ? 0 : 50)]),
    );
    succeeded(t, await psftp(amy, 'cd /outgoing', 'put -r set', 'get -r set set-back', 'ls set'));
    for (const [name, bytes] of contents) {
      await published(t, server, { path: `/outgoing/set/${name}`, bytes });
      t.ok(localFile(scene, `set-back/${name}`).equals(bytes));
    }
    succeeded(t, await psftp(amy, 'cd /outgoing/set', 'mput a.dat commands', 'rm *.dat'));
  });

  t.test('psftp: a put that is cut off goes on with reput', async (t) => {
    const big = makeFile(scene, 'big.dat', 4_000_000);
    const dying = await openDeadLine(t, server, { upBytes: 2_500_000 });
    await cutUpload(
      t,
      server,
      begin(amy, ['put big.dat /outgoing/big.dat'], dying),
      '/outgoing/big.dat',
    );
    t.notMatch((await psftp(dora, 'ls /agencies/alameda/outgoing')).stdout, /big/);
    succeeded(t, await psftp(amy, 'reput big.dat /outgoing/big.dat'));
    await published(t, server, { path: '/outgoing/big.dat', bytes: big });
    const [last] = await transfers(server, { path: '/outgoing/big.dat', direction: 'upload' });
    t.ok(
      last !== undefined && last.bytes < big.length,
      `only ${last?.bytes} bytes went over the line again`,
    );
  });

  t.test('psftp: a get that is cut off goes on with reget', async (t) => {
    const big = localFile(scene, 'big.dat');
    const dying = await openDeadLine(t, server, { downBytes: 2_500_000 });
    const client = begin(dora, ['get /agencies/alameda/outgoing/big.dat half.dat'], dying);
    await cutDownload(t, scene, client, 'half.dat', big);
    succeeded(t, await psftp(dora, 'reget /agencies/alameda/outgoing/big.dat half.dat'));
    t.ok(localFile(scene, 'half.dat').equals(big));
  });

  t.test('pscp: there and back, times kept, a directory, over a longer file', async (t) => {
    const bytes = makeFile(scene, 'p.dat', 150_000);
    succeeded(t, await pscp(amy, '-p', 'p.dat', ':/outgoing/p.dat'));
    await published(t, server, { path: '/outgoing/p.dat', bytes });
    succeeded(t, await pscp(amy, '-p', ':/outgoing/p.dat', 'p-back.dat'));
    t.ok(localFile(scene, 'p-back.dat').equals(bytes));
    const shorter = makeFile(scene, 'p.dat', 15);
    succeeded(t, await pscp(amy, 'p.dat', ':/outgoing/p.dat'));
    await published(t, server, { path: '/outgoing/p.dat', bytes: shorter });
    // pscp -r wants its target to be there: it would open a directory that it has just made as a file.
    succeeded(t, await psftp(amy, 'mkdir /outgoing/copy'));
    succeeded(t, await pscp(amy, '-r', 'set', ':/outgoing/copy'));
    await published(t, server, {
      path: '/outgoing/copy/set/deeper/x',
      bytes: localFile(scene, 'set/deeper/x'),
    });
    t.match((await pscp(amy, '-ls', ':/outgoing')).stdout, / p\.dat/);
  });

  t.test('what is not allowed is refused in words', async (t) => {
    refused(t, await psftp(amy, 'put p.dat /incoming/p.dat'), /permission denied/i);
    refused(t, await pscp(amy, 'p.dat', ':/incoming/p.dat'), /permission denied/i);
    refused(t, await psftp(amy, 'get /outgoing/none'), /no such file/i);
    refused(
      t,
      await run('pscp', ['-scp', ...login(amy), 'p.dat', `${address(amy)}:/outgoing/legacy`], {
        cwd: scene.here,
      }),
      /refused|closed|FATAL/i,
    );
    await recorded(t, server, 'request.refused.1', '/incoming/p.dat', {
      outcome: 'refused',
      reason: 'permission-denied',
    });
  });
});
