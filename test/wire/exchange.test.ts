import t from 'tap';
import type { LiveUser } from '../fixtures/live-server.ts';
import { address, needs, run, sshOptions, type Ran } from './clients.ts';
import {
  audit,
  collected,
  localFile,
  makeFile,
  openScene,
  published,
  refused,
  sha256,
  succeeded,
  transfers,
} from './story.ts';

// A county sends, DCSS collects and answers, the county collects.
t.test('exchange', needs('sftp', 'ssh'), async (t) => {
  const scene = await openScene(t);
  const { server, amy, dora, ken } = scene;
  function sftp(user: LiveUser, ...commands: readonly string[]): Promise<Ran> {
    const args = ['-b', '-', ...sshOptions(server, user), address(user)];
    return run('sftp', args, { cwd: scene.here, input: `${commands.join('\n')}\n` });
  }

  t.test('county to DCSS', async (t) => {
    const cases = makeFile(scene, 'cases.dat', 2_000_000);
    succeeded(t, await sftp(amy, 'put cases.dat /outgoing/cases.dat'));
    await published(t, server, { path: '/outgoing/cases.dat', bytes: cases });

    const { stdout } = await sftp(
      dora,
      'ls -1 /',
      'ls -1 /agencies',
      'ls -l /agencies/alameda/outgoing',
    );
    t.match(stdout, /^\/agencies$/m);
    t.match(stdout, /^\/agencies\/alameda$/m);
    t.match(stdout, /^\/agencies\/kern$/m);
    t.match(stdout, /amy +alameda +2000000 .*cases\.dat$/m);
    succeeded(t, await sftp(dora, 'get /agencies/alameda/outgoing/cases.dat collected.dat'));
    t.ok(localFile(scene, 'collected.dat').equals(cases));
    await collected(t, server, '/outgoing/cases.dat', cases, 'dora');
  });

  t.test('DCSS to county', async (t) => {
    const answer = makeFile(scene, 'answer.dat', 1_000_000);
    succeeded(t, await sftp(dora, 'put answer.dat /agencies/alameda/incoming/answer.dat'));
    await published(t, server, { path: '/incoming/answer.dat', bytes: answer, by: 'dora' });
    succeeded(t, await sftp(amy, 'get /incoming/answer.dat collected-answer.dat'));
    t.ok(localFile(scene, 'collected-answer.dat').equals(answer));
    await collected(t, server, '/incoming/answer.dat', answer, 'amy');
  });

  t.test('another county sees none of it, nor may anyone go round the rules', async (t) => {
    t.notMatch(
      (await sftp(ken, 'ls -1 /', 'ls -1 /outgoing', 'ls -1 /incoming')).stdout,
      /cases|answer|agencies/,
    );
    refused(t, await sftp(ken, 'ls /agencies/alameda/outgoing'), /not found|No such file/);
    refused(t, await sftp(ken, 'get /../alameda/outgoing/cases.dat'), /not found/);
    refused(t, await sftp(dora, 'rm /agencies/alameda/outgoing/cases.dat'), /Permission denied/);
    refused(
      t,
      await sftp(dora, 'put answer.dat /agencies/alameda/outgoing/planted.dat'),
      /Permission denied/,
    );
    refused(
      t,
      await sftp(
        dora,
        'rename /agencies/alameda/incoming/answer.dat /agencies/kern/incoming/answer.dat',
      ),
      /unsupported/i,
    );
  });

  t.test(
    'the API lists the four transfers with their hashes, and the ledger verifies',
    async (t) => {
      const sent = sha256(localFile(scene, 'cases.dat'));
      const answered = sha256(localFile(scene, 'answer.dat'));
      const people = (await transfers(server, { agency: 'alameda' })).filter(
        (each) => !each.username.startsWith('admin:'),
      );
      t.match(people.toReversed(), [
        {
          direction: 'upload',
          username: 'amy',
          path: '/outgoing/cases.dat',
          state: 'published',
          sha256: sent,
          client: /OpenSSH/,
        },
        {
          direction: 'download',
          username: 'dora',
          path: '/outgoing/cases.dat',
          state: 'completed',
          sha256: sent,
        },
        {
          direction: 'upload',
          username: 'dora',
          path: '/incoming/answer.dat',
          state: 'published',
          sha256: answered,
        },
        {
          direction: 'download',
          username: 'amy',
          path: '/incoming/answer.dat',
          state: 'completed',
          sha256: answered,
        },
      ]);
      const logins = await audit(server, { event: 'login.accepted.2', actor: 'amy' });
      t.match(logins[0], {
        username: 'amy',
        agency: 'alameda',
        proofs: [/^publickey SHA256:/],
        client: /OpenSSH/,
      });
      t.match(await server.admin.get('/v1/audit/verification'), { ok: true, firstBadRow: null });
    },
  );
});
