import t from 'tap';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import type { LiveUser } from '../fixtures/live-server.ts';
import { needs, start, type Ran, type Running } from './clients.ts';
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

t.test('curl', needs('curl'), async (t) => {
  const scene = await openScene(t);
  const { server, amy, dora } = scene;
  const hostKey = Buffer.from(
    readFileSync(server.knownHostsFile, 'utf8').trim().split(' ')[2]!,
    'base64',
  );
  const fingerprint = createHash('sha256').update(hostKey).digest('base64').replace(/=+$/, '');

  /** `remote` is a path, sent as it is but for what a URL can't hold. */
  function begin(user: LiveUser, remote: string, ...args: readonly string[]): Running {
    const url = `sftp://127.0.0.1:${server.sftpPort}${encodeURI(remote)}`;
    const login = [
      '-u',
      `${user.username}:`,
      '--key',
      user.keyFile,
      '--pubkey',
      `${user.keyFile}.pub`,
    ];
    return start('curl', ['-q', '-sS', ...login, '--hostpubsha256', fingerprint, ...args, url], {
      cwd: scene.here,
    });
  }
  function curl(user: LiveUser, remote: string, ...args: readonly string[]): Promise<Ran> {
    return begin(user, remote, ...args).done;
  }

  t.test('another host key is refused', async (t) => {
    refused(t, await curl(amy, '/', '--hostpubsha256', 'A'.repeat(43)), /fingerprint/);
  });

  t.test('upload, list, download, a range, overwrite', async (t) => {
    const bytes = makeFile(scene, 'a.dat', 300_000);
    succeeded(t, await curl(amy, '/outgoing/', '-T', 'a.dat'));
    await published(t, server, { path: '/outgoing/a.dat', bytes });
    const listed = await curl(amy, '/outgoing/');
    t.match(listed.stdout, /^-rw-r--r-- +1 amy +alameda +300000 .* a\.dat$/m);
    t.equal((await curl(amy, '/outgoing/', '-l')).stdout, 'a.dat\n');
    succeeded(t, await curl(amy, '/outgoing/a.dat', '-R', '-o', 'back.dat'));
    t.ok(localFile(scene, 'back.dat').equals(bytes));
    const [file] = await server.all<{ modifiedAt: string }>(
      '/v1/files?agency=alameda&path=/outgoing/a.dat',
    );
    t.equal(
      Math.floor(statSync(join(scene.here, 'back.dat')).mtimeMs / 1000),
      Math.floor(Date.parse(file!.modifiedAt) / 1000),
      '-R brings the time',
    );
    succeeded(t, await curl(amy, '/outgoing/a.dat', '-r', '1000-1999', '-o', 'range.dat'));
    t.ok(localFile(scene, 'range.dat').equals(bytes.subarray(1000, 2000)));
    succeeded(t, await curl(amy, '/outgoing/a.dat', '-r', '-100', '-o', 'tail.dat'));
    t.ok(localFile(scene, 'tail.dat').equals(bytes.subarray(-100)));
    const shorter = makeFile(scene, 'a.dat', 20);
    succeeded(t, await curl(amy, '/outgoing/a.dat', '-T', 'a.dat'));
    await published(t, server, { path: '/outgoing/a.dat', bytes: shorter });
    const more = makeFile(scene, 'more.dat', 30);
    succeeded(t, await curl(amy, '/outgoing/a.dat', '-a', '-T', 'more.dat'), '-a appends');
    await published(t, server, { path: '/outgoing/a.dat', bytes: Buffer.concat([shorter, more]) });
    succeeded(t, await curl(amy, '/outgoing/a.dat', '-I'));
  });

  t.test('--ftp-create-dirs, names, the empty file', async (t) => {
    for (const [path, size] of [
      ['/outgoing/x/y/z/deep.dat', 100],
      ['/outgoing/Zuñiga – 儿童.txt', 50],
      [`/outgoing/${'n'.repeat(255)}`, 5],
      ['/outgoing/empty', 0],
    ] as const) {
      const bytes = makeFile(scene, 'local', size);
      succeeded(t, await curl(amy, path, '--ftp-create-dirs', '-T', 'local'), path);
      await published(t, server, { path, bytes });
      succeeded(t, await curl(amy, path, '-o', 'back'));
      t.ok(localFile(scene, size === 0 ? 'local' : 'back').equals(bytes));
    }
    await recorded(t, server, 'directory.created.1', '/outgoing/x/y/z');
    refused(
      t,
      await curl(amy, '/outgoing/no/parent', '-T', 'local'),
      /no such file|parent|code 78|Could not open/i,
    );
  });

  t.test('an upload that is cut off goes on with -C -', async (t) => {
    const big = makeFile(scene, 'big.dat', 4_000_000);
    const client = begin(amy, '/outgoing/big.dat', '--limit-rate', '700k', '-T', 'big.dat');
    await cutUpload(t, server, client, '/outgoing/big.dat');
    refused(
      t,
      await curl(dora, '/agencies/alameda/outgoing/big.dat', '-o', 'stolen'),
      /no such file|Could not open/i,
    );
    t.notMatch((await curl(dora, '/agencies/alameda/outgoing/')).stdout, /big/);
    succeeded(t, await curl(amy, '/outgoing/big.dat', '-C', '-', '-T', 'big.dat'));
    await published(t, server, { path: '/outgoing/big.dat', bytes: big });
    const [last] = await transfers(server, { path: '/outgoing/big.dat', direction: 'upload' });
    t.ok(
      last !== undefined && last.bytes < big.length,
      `only ${last?.bytes} bytes went over the line again`,
    );
  });

  t.test('a download that is cut off goes on with -C -', async (t) => {
    const big = localFile(scene, 'big.dat');
    const path = '/agencies/alameda/outgoing/big.dat';
    await cutDownload(
      t,
      scene,
      begin(dora, path, '--limit-rate', '700k', '-o', 'half.dat'),
      'half.dat',
      big,
    );
    succeeded(t, await curl(dora, path, '-C', '-', '-o', 'half.dat'));
    t.ok(localFile(scene, 'half.dat').equals(big));
  });

  t.test('-Q: rename, chmod, mkdir, rmdir, rm', async (t) => {
    const bytes = makeFile(scene, 'q.dat', 1_000);
    succeeded(
      t,
      await curl(
        amy,
        '/outgoing/q.tmp',
        '-T',
        'q.dat',
        '-Q',
        '-rename /outgoing/q.tmp /outgoing/q.dat',
      ),
    );
    await published(t, server, { path: '/outgoing/q.dat', bytes, receivedAs: '/outgoing/q.tmp' });
    await recorded(t, server, 'entry.renamed.1', '/outgoing/q.tmp', { to: '/outgoing/q.dat' });
    succeeded(
      t,
      await curl(
        amy,
        '/outgoing/',
        '-Q',
        'chmod 600 /outgoing/q.dat',
        '-Q',
        'mkdir /outgoing/made',
        '-Q',
        'rmdir /outgoing/made',
      ),
    );
    await recorded(t, server, 'attributes.changed.1', '/outgoing/q.dat');
    await recorded(t, server, 'directory.removed.1', '/outgoing/made');
    succeeded(
      t,
      await curl(amy, '/outgoing/', '-Q', 'rm /outgoing/q.dat', '-Q', '*rm /outgoing/none'),
    );
    await recorded(t, server, 'file.removed.1', '/outgoing/q.dat');
    t.notOk((await namesIn(server, '/outgoing')).includes('q.dat'));
    refused(
      t,
      await curl(amy, '/', '-Q', 'ln -s /outgoing/a.dat /outgoing/link'),
      /unsupported|symlink|ln/i,
    );
    refused(t, await curl(amy, '/', '-Q', 'rm /incoming/none'), /no such file/i);
  });

  t.test('what is not allowed is refused in words', async (t) => {
    refused(t, await curl(amy, '/incoming/a.dat', '-T', 'a.dat'), /permission denied/i);
    refused(t, await curl(amy, '/agencies/kern/outgoing/', '-l'), /no such file|Could not open/i);
    await recorded(t, server, 'request.refused.1', '/incoming/a.dat', {
      outcome: 'refused',
      reason: 'permission-denied',
    });
  });
});
