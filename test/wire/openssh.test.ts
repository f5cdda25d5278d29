import t from 'tap';
import { statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { LiveUser } from '../fixtures/live-server.ts';
import { address, needs, run, sshOptions, start, type Ran, type Running } from './clients.ts';
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
  unseen,
} from './story.ts';

t.test('sftp of OpenSSH', needs('sftp', 'ssh'), async (t) => {
  const scene = await openScene(t);
  const { server, amy, dora } = scene;

  /** `sftp -b`: one command a line; it stops at the first that fails. */
  function begin(
    user: LiveUser,
    commands: readonly string[],
    options: readonly string[] = [],
  ): Running {
    const args = ['-b', '-', ...sshOptions(server, user), ...options, address(user)];
    return start('sftp', args, { cwd: scene.here, input: `${commands.join('\n')}\n` });
  }
  function sftp(user: LiveUser, ...commands: readonly string[]): Promise<Ran> {
    return begin(user, commands).done;
  }

  t.test('put, list, get, rename, overwrite, remove', async (t) => {
    const report = makeFile(scene, 'report.dat', 300_000);
    succeeded(t, await sftp(amy, 'put report.dat /outgoing/', 'get /outgoing/report.dat copy.dat'));
    await published(t, server, { path: '/outgoing/report.dat', bytes: report });
    t.ok(localFile(scene, 'copy.dat').equals(report));

    const { stdout } = await sftp(amy, 'cd /outgoing', 'pwd', 'ls -la', 'ls -1');
    t.match(stdout, /Remote working directory: \/outgoing\n/);
    t.match(stdout, /^-rw-r--r-- +\S+ amy +alameda +300000 \w{3} [ \d]\d \d\d:\d\d report\.dat$/m);
    t.match(stdout, /^report\.dat$/m);

    const longer = makeFile(scene, 'report.dat', 400_000);
    const shorter = makeFile(scene, 'short.dat', 10);
    succeeded(t, await sftp(amy, 'put report.dat /outgoing/report.dat'));
    await published(t, server, { path: '/outgoing/report.dat', bytes: longer });
    succeeded(t, await sftp(amy, 'put short.dat /outgoing/report.dat'));
    await published(t, server, { path: '/outgoing/report.dat', bytes: shorter });

    succeeded(
      t,
      await sftp(
        amy,
        'put copy.dat /outgoing/other.dat',
        'rename /outgoing/report.dat /outgoing/other.dat',
      ),
    );
    await published(t, server, {
      path: '/outgoing/other.dat',
      bytes: shorter,
      receivedAs: '/outgoing/report.dat',
    });
    await recorded(t, server, 'entry.renamed.1', '/outgoing/report.dat', {
      to: '/outgoing/other.dat',
    });
    succeeded(t, await sftp(amy, 'rm /outgoing/other.dat'));
    await recorded(t, server, 'file.removed.1', '/outgoing/other.dat');
    t.same(await namesIn(server, '/outgoing'), []);
  });

  t.test('mkdir, put -R, get -R, rmdir', async (t) => {
    const inner = makeFile(scene, 'batch/2026/july/cases.csv', 5_000);
    makeFile(scene, 'batch/2026/readme', 10);
    succeeded(
      t,
      await sftp(
        amy,
        'mkdir /outgoing/batch',
        'put -R batch/2026 /outgoing/batch/',
        'get -R /outgoing/batch back',
      ),
    );
    await published(t, server, { path: '/outgoing/batch/2026/july/cases.csv', bytes: inner });
    t.ok(localFile(scene, 'back/2026/july/cases.csv').equals(inner));
    await recorded(t, server, 'directory.created.1', '/outgoing/batch/2026/july');
    refused(
      t,
      await sftp(amy, 'rmdir /outgoing/batch'),
      /remote rmdir "\/outgoing\/batch": Failure/,
    );
    succeeded(
      t,
      await sftp(
        amy,
        'cd /outgoing/batch/2026',
        'rm july/*',
        'rmdir july',
        'rm readme',
        'cd /',
        'rmdir /outgoing/batch/2026',
        'rmdir /outgoing/batch',
      ),
    );
    await recorded(t, server, 'directory.removed.1', '/outgoing/batch');
    t.same(await namesIn(server, '/outgoing'), []);
  });

  t.test('put -p keeps the times and permissions, get -p brings them back', async (t) => {
    const old = makeFile(scene, 'old.txt', 1_000);
    const at = new Date('2019-02-03T04:05:06Z');
    utimesSync(join(scene.here, 'old.txt'), at, at);
    succeeded(
      t,
      await sftp(
        amy,
        'put -p old.txt /outgoing/',
        'chmod 604 /outgoing/old.txt',
        'get -p /outgoing/old.txt old-again.txt',
      ),
    );
    const entry = await published(t, server, { path: '/outgoing/old.txt', bytes: old });
    t.equal(entry?.modifiedAt, at.toISOString());
    const again = statSync(join(scene.here, 'old-again.txt'));
    t.equal(again.mtimeMs, at.getTime());
    t.equal(again.mode & 0o777, 0o604);
    t.match((await sftp(amy, 'ls -l /outgoing/old.txt')).stdout, /-rw----r-- .* Feb {2}3 {2}2019 /);
    await recorded(t, server, 'attributes.changed.1', '/outgoing/old.txt');
    succeeded(t, await sftp(amy, 'rm /outgoing/old.txt'));
  });

  t.test('names of every kind, as long as they may be, and nothing at all', async (t) => {
    const names = [
      'Zuñiga – 儿童.txt',
      'with space & (parens) #1.txt',
      'ü'.repeat(125) + '.dat ',
      'n'.repeat(255),
      '-rf',
      'empty',
    ];
    for (const name of names) {
      const bytes = makeFile(scene, `names/${name}`, name === 'empty' ? 0 : 100 + name.length);
      succeeded(
        t,
        await sftp(
          amy,
          `put "names/${name}" "/outgoing/${name}"`,
          `get "/outgoing/${name}" "names/back"`,
        ),
        name,
      );
      await published(t, server, { path: `/outgoing/${name}`, bytes });
      t.ok(localFile(scene, 'names/back').equals(bytes));
    }
    const { stdout } = await sftp(amy, 'ls -1 /outgoing');
    t.same(
      new Set(stdout.split('\n').slice(1, -1)),
      new Set(names.map((name) => `/outgoing/${name}`)),
    );
    refused(t, await sftp(amy, `put short.dat "/outgoing/${'n'.repeat(256)}"`), /No such file/);
    succeeded(t, await sftp(amy, ...names.map((name) => `rm "/outgoing/${name}"`)));
    t.same(await namesIn(server, '/outgoing'), []);
  });

  t.test('a put that is cut off is nobody else’s to see, and reput ends it', async (t) => {
    const big = makeFile(scene, 'big.dat', 6_000_000);
    await cutUpload(
      t,
      server,
      begin(amy, ['put big.dat /outgoing/big.dat'], ['-l', '6000']),
      '/outgoing/big.dat',
    );
    t.notMatch(
      (await sftp(dora, 'ls /agencies/alameda/outgoing')).stdout,
      /big\.dat/,
      'DCSS does not see it',
    );
    refused(t, await sftp(dora, 'get /agencies/alameda/outgoing/big.dat stolen'), /not found/);
    t.match((await sftp(amy, 'ls /outgoing')).stdout, /big\.dat/, 'its uploader does');
    refused(t, await sftp(amy, 'rename /outgoing/big.dat /outgoing/whole.dat'), /Failure/);
    succeeded(t, await sftp(amy, 'reput big.dat /outgoing/big.dat'));
    await published(t, server, { path: '/outgoing/big.dat', bytes: big });
    await recorded(t, server, 'file.opened.1', '/outgoing/big.dat', { resumed: true });
    succeeded(t, await sftp(dora, 'get /agencies/alameda/outgoing/big.dat collected'));
    t.ok(localFile(scene, 'collected').equals(big));
  });

  t.test('a get that is cut off is ended by reget', async (t) => {
    const big = localFile(scene, 'big.dat');
    const client = begin(amy, ['get /outgoing/big.dat half.dat'], ['-l', '6000']);
    await cutDownload(t, scene, client, 'half.dat', big);
    succeeded(t, await sftp(amy, 'reget /outgoing/big.dat half.dat', 'rm /outgoing/big.dat'));
    t.ok(localFile(scene, 'half.dat').equals(big));
  });

  t.test('put -f, df, cp', async (t) => {
    const bytes = makeFile(scene, 'synced.dat', 100_000);
    const ran = await sftp(
      amy,
      'put -f synced.dat /outgoing/synced.dat',
      'df /outgoing',
      'df -hi',
      'cp /outgoing/synced.dat /outgoing/twin.dat',
    );
    succeeded(t, ran);
    t.match(ran.stdout, /Size +Used +Avail +\(root\) +%Capacity/);
    t.match(ran.stdout, /Inodes +Used/);
    await published(t, server, { path: '/outgoing/synced.dat', bytes });
    await published(t, server, { path: '/outgoing/twin.dat', bytes });
    succeeded(t, await sftp(amy, 'rm /outgoing/synced.dat', 'rm /outgoing/twin.dat'));
  });

  t.test('what is not allowed is refused in words', async (t) => {
    makeFile(scene, 'x', 10);
    refused(t, await sftp(amy, 'put x /incoming/x'), /\/incoming\/x.*Permission denied/);
    refused(t, await sftp(amy, 'rmdir /outgoing'), /Permission denied/);
    refused(t, await sftp(amy, 'rename /incoming /elsewhere'), /Permission denied/);
    refused(t, await sftp(amy, 'get /agencies/kern/outgoing/x'), /not found/);
    refused(t, await sftp(amy, 'put x /outgoing/nowhere/x'), /No such file/);
    refused(t, await sftp(amy, 'ln -s /outgoing/x /outgoing/link'), /Operation unsupported/);
    refused(
      t,
      await sftp(amy, 'ln /outgoing/x /outgoing/link'),
      /not support|Operation unsupported/,
    );
    await recorded(t, server, 'request.refused.1', '/incoming/x', {
      outcome: 'refused',
      reason: 'permission-denied',
    });
    await unseen(t, server, '/incoming/x');
  });

  t.test('over the quota: nothing is published of a put that failed', async (t) => {
    const small = await server.addUser('small', 'alameda', { quotaBytes: 1_000_000 });
    makeFile(scene, 'much.dat', 3_000_000);
    refused(t, await sftp(small, 'put much.dat /outgoing/much.dat'), /write.*Failure/);
    await unseen(t, server, '/outgoing/much.dat');
    t.notMatch((await sftp(dora, 'ls /agencies/alameda/outgoing')).stdout, /much\.dat/);
    const bytes = makeFile(scene, 'much.dat', 900_000);
    succeeded(t, await sftp(small, 'put much.dat /outgoing/much.dat'));
    await published(t, server, { path: '/outgoing/much.dat', bytes, by: 'small' });
  });

  t.test('a shell, a command and a forwarding are refused without a hang', async (t) => {
    const ssh = (...args: readonly string[]) =>
      run('ssh', [...sshOptions(server, amy), ...args], { cwd: scene.here });
    refused(t, await ssh(address(amy), 'md5sum', '/outgoing/x'), /exec request failed/);
    refused(t, await ssh(address(amy)), /shell request failed/);
    refused(t, await ssh('-W', '127.0.0.1:22', address(amy)), /administratively prohibited/);
  });
});
