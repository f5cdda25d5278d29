import t from 'tap';
import { join, resolve } from 'node:path';
import type { LiveUser } from '../fixtures/live-server.ts';
import { needs, start, type Running } from './clients.ts';
import {
  audit,
  collected,
  cutUpload,
  localFile,
  makeFile,
  namesIn,
  openScene,
  published,
  recorded,
  succeeded,
  unseen,
} from './story.ts';

/** In the sources: the build (`dist/test/wire`) holds no Python. */
const scripts = resolve(import.meta.dirname, '../../../test/wire/scripts');

t.test('paramiko', needs('/usr/bin/python3'), async (t) => {
  const scene = await openScene(t);
  const { server, amy } = scene;
  const big = makeFile(scene, 'big.dat', 4_000_000);

  function begin(user: LiveUser, script: string): Running {
    const environment = {
      WIRE_PORT: String(server.sftpPort),
      WIRE_USER: user.username,
      WIRE_KEY: user.keyFile,
      WIRE_KNOWN_HOSTS: server.knownHostsFile,
      PYTHONDONTWRITEBYTECODE: '1',
    };
    return start('/usr/bin/python3', [join(scripts, script)], { cwd: scene.here, environment });
  }

  t.test('put, get, prefetch, readv, putfo, utime, names', async (t) => {
    succeeded(t, await begin(amy, 'transfers.py').done);
    await published(t, server, { path: '/outgoing/big.dat', bytes: big });
    const memory = await published(t, server, {
      path: '/outgoing/memory.txt',
      bytes: Buffer.from('from memory'),
    });
    t.equal(memory?.modifiedAt, '2014-05-13T16:53:20.000Z');
    await published(t, server, { path: '/outgoing/empty', bytes: Buffer.alloc(0) });
    await published(t, server, {
      path: '/outgoing/Zuñiga – 儿童.txt',
      bytes: Buffer.from('Zuñiga – 儿童.txt'),
    });
    await published(t, server, {
      path: `/outgoing/${'n'.repeat(255)}`,
      bytes: Buffer.alloc(255, 'n'),
    });
    await collected(t, server, '/outgoing/big.dat', big, 'amy');
  });

  t.test('chdir, mkdir, listdir_attr, rename, posix_rename, remove, refusals', async (t) => {
    succeeded(t, await begin(amy, 'names.py').done);
    for (const event of ['directory.created.1', 'directory.removed.1'])
      await recorded(t, server, event, '/outgoing/d');
    await recorded(t, server, 'entry.renamed.1', '/outgoing/d/b.txt', { to: '/outgoing/d/a.txt' });
    await recorded(t, server, 'file.removed.1', '/outgoing/d/c.txt');
    t.notOk((await namesIn(server, '/outgoing')).includes('d'));
    await recorded(t, server, 'request.refused.1', '/incoming/x', {
      outcome: 'refused',
      reason: 'permission-denied',
    });
  });

  t.test('append, r+, seek, truncate, exclusive, pipelined, check-file', async (t) => {
    succeeded(t, await begin(amy, 'writes.py').done);
    await published(t, server, { path: '/outgoing/writes.dat', bytes: Buffer.from('Jell') });
    await published(t, server, { path: '/outgoing/exclusive.dat', bytes: Buffer.from('mine') });
    await published(t, server, { path: '/outgoing/pipelined.dat', bytes: big });
    await published(t, server, { path: '/outgoing/backwards.dat', bytes: big });
    const versions = await audit(server, { event: 'file.closed.1', path: '/outgoing/writes.dat' });
    t.ok(
      versions.filter((row) => row['state'] === 'published').length >= 5,
      'each change is a version with its row',
    );
  });

  t.test('a put that is cut off is nobody’s to see, and goes on where it ended', async (t) => {
    await cutUpload(t, server, begin(amy, 'slow_put.py'), '/outgoing/cut.dat');
    await unseen(t, server, '/outgoing/cut.dat');
    succeeded(t, await begin(amy, 'resume.py').done);
    await published(t, server, { path: '/outgoing/cut.dat', bytes: big });
    t.ok(localFile(scene, 'half.dat').equals(big));
  });
});
