import t from 'tap';
import { statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { LiveUser } from '../fixtures/live-server.ts';
import { address, needs, run, sshOptions, start, type Ran } from './clients.ts';
import {
  cutUpload,
  localFile,
  makeFile,
  namesIn,
  openScene,
  published,
  recorded,
  refused,
  succeeded,
} from './story.ts';

t.test('scp of OpenSSH, over SFTP', needs('scp', 'ssh'), async (t) => {
  const scene = await openScene(t);
  const { server, amy, dora } = scene;
  const options = { cwd: scene.here };

  /** Remote names start with a colon. */
  function scp(user: LiveUser, ...args: readonly string[]): Promise<Ran> {
    return run('scp', argumentsOf(user, args), options);
  }
  function argumentsOf(user: LiveUser, args: readonly string[]): string[] {
    return [
      ...sshOptions(server, user),
      ...args.map((each) => (each.startsWith(':') ? `${address(user)}${each}` : each)),
    ];
  }

  t.test('there and back, times kept', async (t) => {
    const bytes = makeFile(scene, 'a.dat', 200_000);
    const at = new Date('2020-01-02T03:04:05Z');
    utimesSync(join(scene.here, 'a.dat'), at, at);
    succeeded(t, await scp(amy, '-p', 'a.dat', ':/outgoing/'));
    const entry = await published(t, server, { path: '/outgoing/a.dat', bytes });
    t.equal(entry?.modifiedAt, at.toISOString());
    succeeded(t, await scp(amy, '-p', ':/outgoing/a.dat', 'back.dat'));
    t.ok(localFile(scene, 'back.dat').equals(bytes));
    t.equal(statSync(join(scene.here, 'back.dat')).mtimeMs, at.getTime());
    succeeded(
      t,
      await scp(amy, ':outgoing/a.dat', ':~/outgoing/a.dat', '.'),
      'a relative name and ~ start at the root',
    );
  });

  t.test(
    'over a longer file: scp does not truncate, yet what stays is the new one alone',
    async (t) => {
      makeFile(scene, 'f.dat', 500_000);
      succeeded(t, await scp(amy, 'f.dat', ':/outgoing/f.dat'));
      for (const size of [123_456, 0, 300_000]) {
        const bytes = makeFile(scene, 'f.dat', size);
        succeeded(t, await scp(amy, 'f.dat', ':/outgoing/f.dat'));
        await published(t, server, { path: '/outgoing/f.dat', bytes });
      }
    },
  );

  t.test('a directory and what is in it', async (t) => {
    const one = makeFile(scene, 'tree/one.txt', 10);
    const two = makeFile(scene, 'tree/deeper/Zuñiga – 儿童.txt', 70_000);
    makeFile(scene, 'tree/deeper/empty', 0);
    succeeded(t, await scp(amy, '-r', 'tree', ':/outgoing/'));
    await published(t, server, { path: '/outgoing/tree/one.txt', bytes: one });
    await published(t, server, { path: '/outgoing/tree/deeper/Zuñiga – 儿童.txt', bytes: two });
    await published(t, server, { path: '/outgoing/tree/deeper/empty', bytes: Buffer.alloc(0) });
    await recorded(t, server, 'directory.created.1', '/outgoing/tree/deeper');
    succeeded(t, await scp(dora, '-r', ':/agencies/alameda/outgoing/tree', 'tree-back'));
    t.ok(localFile(scene, 'tree-back/deeper/Zuñiga – 儿童.txt').equals(two));
    succeeded(t, await scp(amy, '-r', 'tree', ':/outgoing/'), 'and again over itself');
    t.same(await namesIn(server, '/outgoing/tree'), ['deeper', 'one.txt']);
  });

  t.test('cut off, it leaves nothing to see; scp has no resume and sends it again', async (t) => {
    const big = makeFile(scene, 'big.dat', 6_000_000);
    const client = start(
      'scp',
      argumentsOf(amy, ['-l', '6000', 'big.dat', ':/outgoing/big.dat']),
      options,
    );
    await cutUpload(t, server, client, '/outgoing/big.dat');
    refused(t, await scp(dora, ':/agencies/alameda/outgoing/big.dat', 'stolen'), /No such file/);
    succeeded(t, await scp(amy, 'big.dat', ':/outgoing/big.dat'));
    await published(t, server, { path: '/outgoing/big.dat', bytes: big });
  });

  t.test('what is not allowed is refused in words', async (t) => {
    refused(
      t,
      await scp(amy, 'a.dat', ':/incoming/a.dat'),
      /\/incoming\/a\.dat.*Permission denied/,
    );
    refused(t, await scp(amy, 'a.dat', ':/outgoing/nowhere/a.dat'), /No such file/);
    refused(t, await scp(amy, ':/outgoing/none', 'none'), /No such file/);
    refused(
      t,
      await scp(amy, '-O', 'a.dat', ':/outgoing/legacy.dat'),
      /exec request failed|lost connection|closed/i,
    );
    await recorded(t, server, 'request.refused.1', '/incoming/a.dat', {
      outcome: 'refused',
      reason: 'permission-denied',
    });
  });
});
