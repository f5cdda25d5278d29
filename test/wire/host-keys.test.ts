// A host key follows another without a client that sees a changed key: OpenSSH learns the next one while the present one
// speaks for it (UpdateHostKeys), and forgets the old one once it is gone.
import t from 'tap';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addHostKey, listHostKeys, useNextHostKey } from '../../server/host-key-files.ts';
import { address, needs, run, sshOptions } from './clients.ts';
import { audit, openScene, refused, succeeded } from './story.ts';

t.test('OpenSSH learns the next host key and forgets the old one', needs('sftp'), async (t) => {
  const scene = await openScene(t);
  const { server, amy } = scene;
  const keysDirectory = join(server.directory, 'keys');
  const known = join(scene.here, 'known_hosts');
  const name = `[127.0.0.1]:${server.sftpPort}`;
  const keyOf = (role: string) =>
    listHostKeys(keysDirectory).find((key) => key.role === role && key.kind === 'ed25519')!;
  const knownKeys = () =>
    readFileSync(known, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(' ').slice(1, 3).join(' '))
      .toSorted();
  const visit = (update = 'yes') => {
    // The first value that OpenSSH is told of an option counts.
    const own = ['-o', `UserKnownHostsFile=${known}`, '-o', `UpdateHostKeys=${update}`];
    return run('sftp', ['-b', '-', ...own, ...sshOptions(server, amy), address(amy)], {
      cwd: scene.here,
      input: 'pwd\n',
    });
  };

  const first = keyOf('in-use').publicKey;
  writeFileSync(known, `${name} ${first}\n`);
  succeeded(t, await visit());
  t.same(knownKeys(), [first]);

  await server.stop();
  const next = addHostKey(keysDirectory, 'ed25519').publicKey;
  const ecdsa = addHostKey(keysDirectory, 'ecdsa').publicKey;
  await server.start();
  succeeded(t, await visit());
  t.same(knownKeys(), [ecdsa, first, next].toSorted(), 'it has them all, each proven');
  t.match((await audit(server, { event: 'cryptography.adopted.1' }))[0], {
    algorithms: 'modern',
    hostKeys: [keyOf('in-use').fingerprint, /^SHA256:/],
    nextHostKeys: [keyOf('next').fingerprint],
  });

  await server.stop();
  useNextHostKey(keysDirectory, 'ed25519', new Date());
  await server.start();
  succeeded(t, await visit(), 'no changed key is seen');
  t.same(knownKeys(), [ecdsa, next].toSorted(), 'and the old one is gone');

  writeFileSync(known, `${name} ${first}\n`);
  refused(t, await visit('no'), /host key|verification failed/i);
});
