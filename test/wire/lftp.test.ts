import t from 'tap';
import { readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { LiveUser } from '../fixtures/live-server.ts';
import { needs, sshOptions, start, type Ran, type Running } from './clients.ts';
import {
  bytesOf,
  checksums,
  cutDownload,
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
  unseen,
} from './story.ts';

t.test('lftp', needs('lftp', 'ssh'), async (t) => {
  const scene = await openScene(t);
  const { server, amy, dora } = scene;

  function begin(user: LiveUser, commands: readonly string[]): Running {
    const script = [
      `set sftp:connect-program "ssh -a -x ${sshOptions(server, user).join(' ')}"`,
      'set cmd:fail-exit yes',
      'set net:max-retries 1',
      'set net:timeout 30',
      `open -u ${user.username},none sftp://127.0.0.1:${server.sftpPort}`,
      ...commands,
    ];
    return start('lftp', ['--norc', '-c', script.join('\n')], { cwd: scene.here });
  }
  function lftp(user: LiveUser, ...commands: readonly string[]): Promise<Ran> {
    return begin(user, commands).done;
  }

  t.test('put, cls, get, mv, rm, mkdir, rmdir', async (t) => {
    const bytes = makeFile(scene, 'a.dat', 300_000);
    const at = new Date('2021-03-04T05:06:07Z');
    utimesSync(join(scene.here, 'a.dat'), at, at);
    const listed = await lftp(
      amy,
      'put a.dat -o /outgoing/a.dat',
      'cd /outgoing',
      'ls',
      'cls -l --time-style=%Y',
      'get a.dat -o back.dat',
    );
    succeeded(t, listed);
    t.match(listed.stdout, /^-rw-r----- +1 amy +alameda +300000 .* a\.dat$/m);
    const entry = await published(t, server, { path: '/outgoing/a.dat', bytes });
    t.equal(entry?.modifiedAt, at.toISOString(), 'put keeps the time');
    t.ok(localFile(scene, 'back.dat').equals(bytes));
    t.equal(statSync(join(scene.here, 'back.dat')).mtimeMs, at.getTime(), 'so does get');

    const second = makeFile(scene, 'a.dat', 1_000);
    succeeded(
      t,
      await lftp(
        amy,
        'mkdir -p /outgoing/x/y/z',
        'put a.dat -o /outgoing/a.dat',
        'mv /outgoing/a.dat /outgoing/x/y/b.dat',
      ),
    );
    await published(t, server, {
      path: '/outgoing/x/y/b.dat',
      bytes: second,
      receivedAs: '/outgoing/a.dat',
    });
    await recorded(t, server, 'entry.renamed.1', '/outgoing/a.dat', { to: '/outgoing/x/y/b.dat' });
    succeeded(
      t,
      await lftp(
        amy,
        'cd /outgoing/x/y',
        'chmod 600 b.dat',
        'rm b.dat',
        'rmdir z',
        'rm -r /outgoing/x',
      ),
    );
    await recorded(t, server, 'file.removed.1', '/outgoing/x/y/b.dat');
    await recorded(t, server, 'directory.removed.1', '/outgoing/x');
    t.same(await namesIn(server, '/outgoing'), []);
  });

  t.test('names and the empty file', async (t) => {
    for (const name of ['Zuñiga – 儿童.txt', 'ü'.repeat(127), 'empty']) {
      const bytes = makeFile(scene, name, name === 'empty' ? 0 : 500);
      const ran = await lftp(
        amy,
        `put "${name}" -o "/outgoing/${name}"`,
        'cls -1 /outgoing/',
        `get "/outgoing/${name}" -o back`,
        `rm "/outgoing/${name}"`,
      );
      succeeded(t, ran);
      t.match(ran.stdout.split('\n'), [`/outgoing/${name}`]);
      t.ok(localFile(scene, 'back').equals(bytes));
      await recorded(t, server, 'file.removed.1', `/outgoing/${name}`, { sha256: sha256(bytes) });
      succeeded(t, await lftp(amy, '!rm back'));
    }
  });

  t.test('a put that is cut off goes on with put -c', async (t) => {
    const big = makeFile(scene, 'big.dat', 4_000_000);
    const client = begin(amy, [
      'set net:limit-rate 700k:700k',
      'set xfer:clobber yes',
      'put big.dat -o /outgoing/big.dat',
    ]);
    const cut = await cutUpload(t, server, client, '/outgoing/big.dat');
    t.notMatch((await lftp(dora, 'cls -1 /agencies/alameda/outgoing/')).stdout, /big/);
    succeeded(t, await lftp(amy, 'put -c big.dat -o /outgoing/big.dat'));
    await published(t, server, { path: '/outgoing/big.dat', bytes: big });
    const [last] = await transfers(server, { path: '/outgoing/big.dat', direction: 'upload' });
    t.ok(
      last !== undefined && last.bytes < big.length,
      `${last?.bytes} bytes went over the line after ${cut.bytes}`,
    );
  });

  t.test('a get that is cut off goes on with get -c; pget takes it in four parts', async (t) => {
    const big = localFile(scene, 'big.dat');
    const client = begin(dora, [
      'set net:limit-rate 700k:700k',
      'get /agencies/alameda/outgoing/big.dat -o half.dat',
    ]);
    await cutDownload(t, scene, client, 'half.dat', big);
    succeeded(
      t,
      await lftp(
        dora,
        'cd /agencies/alameda/outgoing',
        'get -c big.dat -o half.dat',
        'pget -n 4 big.dat -o parts.dat',
      ),
    );
    t.ok(localFile(scene, 'half.dat').equals(big));
    t.ok(localFile(scene, 'parts.dat').equals(big));
    succeeded(t, await lftp(amy, 'rm /outgoing/big.dat'));
  });

  t.test('xfer:use-temp-file: the rename of the temporary name is the commit', async (t) => {
    const bytes = makeFile(scene, 'whole.dat', 100_000);
    succeeded(
      t,
      await lftp(
        amy,
        'set xfer:use-temp-file yes',
        'set xfer:temp-file-name *.part',
        'put whole.dat -o /outgoing/whole.dat',
        'put whole.dat -o /outgoing/whole.dat',
      ),
    );
    await published(t, server, {
      path: '/outgoing/whole.dat',
      bytes,
      receivedAs: '/outgoing/whole.dat.part',
    });
    t.same(await namesIn(server, '/outgoing'), ['whole.dat']);
    succeeded(t, await lftp(amy, 'rm /outgoing/whole.dat'));
  });

  t.test('mirror -R, mirror, and both again with nothing to do', async (t) => {
    const sent = new Map<string, string>();
    for (let index = 0; index < 300; index += 1) {
      const name = `d${index % 7}/e${index % 3}/file ${index}.dat`;
      const bytes = makeFile(scene, `many/${name}`, bytesOf(name, 1 + ((index * 997) % 9_000)));
      sent.set(`/outgoing/many/${name}`, sha256(bytes));
    }
    succeeded(t, await lftp(amy, 'mirror -R --parallel=4 many /outgoing/many'));
    const stored = await treeOf(server, '/outgoing/many');
    t.same(checksums(stored), checksums(sent), 'every file is there with its bytes');
    const closes = await transfers(server, {
      agency: 'alameda',
      direction: 'upload',
      state: 'published',
    });
    t.equal(closes.filter((each) => each.path.startsWith('/outgoing/many/')).length, sent.size);

    succeeded(t, await lftp(dora, 'mirror --parallel=4 /agencies/alameda/outgoing/many back-many'));
    const files = readdirSync(join(scene.here, 'back-many'), {
      recursive: true,
      withFileTypes: true,
    }).filter((each) => each.isFile());
    t.equal(files.length, sent.size);
    for (const file of files) {
      const name = join(file.parentPath, file.name).slice(join(scene.here, 'back-many/').length);
      if (sha256(localFile(scene, `back-many/${name}`)) !== sent.get(`/outgoing/many/${name}`))
        t.fail(`${name} came back changed`);
    }

    const before = await transfers(server, { agency: 'alameda' });
    succeeded(t, await lftp(amy, 'mirror -R --parallel=4 many /outgoing/many'));
    succeeded(t, await lftp(dora, 'mirror --parallel=4 /agencies/alameda/outgoing/many back-many'));
    t.equal(
      (await transfers(server, { agency: 'alameda' })).length,
      before.length,
      'nothing is transferred again',
    );
    succeeded(t, await lftp(amy, 'rm -r /outgoing/many'));
    t.same(await namesIn(server, '/outgoing'), []);
  });

  t.test('what is not allowed is refused in words', async (t) => {
    refused(t, await lftp(amy, 'put a.dat -o /incoming/a.dat'), /you may not put files here/);
    refused(t, await lftp(amy, 'rmdir /outgoing'), /part of every tree|may not/);
    refused(t, await lftp(amy, 'get /outgoing/none -o none'), /no such file or directory/i);
    const small = await server.addUser('small', 'alameda', { quotaBytes: 100_000 });
    makeFile(scene, 'too-much.dat', 100_001);
    refused(
      t,
      await lftp(small, 'put too-much.dat -o /outgoing/too-much.dat'),
      /quota of 100 kB reached/,
    );
    await unseen(t, server, '/outgoing/too-much.dat');
    await recorded(t, server, 'request.refused.1', '/incoming/a.dat', {
      outcome: 'refused',
      reason: 'permission-denied',
    });
  });
});
