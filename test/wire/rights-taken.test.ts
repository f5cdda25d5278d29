import t from 'tap';
import { spawn } from 'node:child_process';
import { address, needs, sshOptions } from './clients.ts';
import { makeFile, openScene } from './story.ts';

t.test('what an administrator takes away is gone from open sessions', needs('sftp'), async (t) => {
  // An open session kept the rules of its login: with the permissions down to listing /incoming it still put a file
  // into /outgoing, and another put one 2 s after its user had expired.
  const scene = await openScene(t);
  const { server, amy } = scene;
  makeFile(scene, 'a.dat', 1_000);
  const namesOf = async (path: string) =>
    (await server.all<{ path: string }>(`/v1/files?agency=alameda&path=${path}`)).map(
      (each) => each.path,
    );
  const begin = async (first: string) => {
    const child = spawn('sftp', ['-b', '-', ...sshOptions(server, amy), address(amy)], {
      cwd: scene.here,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    child.stdin.on('error', () => undefined);
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    child.stdin.write(`put a.dat ${first}\n`);
    while (!(await namesOf('/outgoing')).includes(first))
      await new Promise((resolve) => setTimeout(resolve, 20));
    return { ended, put: (path: string) => child.stdin.end(`put a.dat ${path}\n`) };
  };
  const closedFor = async () =>
    (await server.all<{ closed?: string }>('/v1/audit?event=session.closed.1'))[0];

  const changed = await begin('/outgoing/before.txt');
  await server.api('PATCH', '/v1/users/amy', {
    permissions: [{ path: '/incoming', allow: ['list'] }],
  });
  changed.put('/outgoing/after.txt');
  t.not(await changed.ended, 0);
  t.match(await closedFor(), { closed: 'administrator' });
  t.notOk((await namesOf('/outgoing')).includes('/outgoing/after.txt'));

  const expiresAt = new Date(Date.now() + 3_000).toISOString();
  await server.api('PATCH', '/v1/users/amy', { permissions: null, expiresAt });
  const expired = await begin('/outgoing/in-time.txt');
  // It is hung up although it asks for nothing; this client sees that only when it next does.
  while ((await closedFor())?.closed !== 'expired')
    await new Promise((resolve) => setTimeout(resolve, 50));
  t.ok(Date.now() >= Date.parse(expiresAt));
  expired.put('/outgoing/too-late.txt');
  t.not(await expired.ended, 0);
  t.notOk((await namesOf('/outgoing')).includes('/outgoing/too-late.txt'));
});
