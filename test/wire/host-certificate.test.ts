// Host certificates: whoever trusts their authority asks nobody about a host key (`@cert-authority` in known_hosts).
import t from 'tap';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keygen } from './certifying.ts';
import { address, needs, run, sshOptions } from './clients.ts';
import { audit, makeFile, openScene, refused, succeeded } from './story.ts';

t.test(
  'a client that trusts the authority of hosts takes the host certificate',
  needs('sftp', 'ssh-keygen'),
  async (t) => {
    const scene = await openScene(t);
    const { server, amy } = scene;
    const keys = join(server.directory, 'keys');
    await keygen(scene, '-q', '-t', 'ed25519', '-N', '', '-f', join(scene.here, 'hosts'));
    const shown = await run('ssh-keygen', ['-y', '-f', join(keys, 'host_ed25519')], {
      cwd: scene.here,
    });
    const hostPublic = join(scene.here, 'host_ed25519.pub');
    writeFileSync(hostPublic, shown.stdout);
    const known = join(scene.here, 'known_hosts');
    const authority = readFileSync(join(scene.here, 'hosts.pub'), 'utf8');
    writeFileSync(known, `@cert-authority [127.0.0.1]:${server.sftpPort} ${authority}`);
    // A rekey in the midst of it, too.
    makeFile(scene, 'big', 3_000_000);
    const visit = () => {
      const own = ['-v', '-o', `UserKnownHostsFile=${known}`, '-o', 'RekeyLimit=1M'];
      const args = ['-b', '-', ...own, ...sshOptions(server, amy), address(amy)];
      return run('sftp', args, { cwd: scene.here, input: 'put big /outgoing/big\n' });
    };
    refused(t, await visit(), /host key|verification failed/i);
    await server.stop();
    const certify = (...args: string[]) =>
      keygen(scene, '-q', '-s', 'hosts', '-h', '-I', 'files', ...args, hostPublic);
    await certify('-n', '127.0.0.1', '-V', '-5m:+1h');
    copyFileSync(join(scene.here, 'host_ed25519-cert.pub'), join(keys, 'host_ed25519-cert.pub'));
    await server.start();
    const ran = await visit();
    succeeded(t, ran);
    t.match(ran.output, /Server host certificate: ssh-ed25519-cert-v01@openssh\.com/);
    const [login] = await audit(server, { event: 'login.accepted.2' });
    t.match(login, { algorithms: { hostKey: 'ssh-ed25519-cert-v01@openssh.com' } });
    writeFileSync(known, `[127.0.0.1]:${server.sftpPort} ${shown.stdout}`);
    succeeded(t, await visit(), 'whoever knows the plain key goes on with it');
    await server.stop();
    await certify('-n', 'elsewhere');
    copyFileSync(join(scene.here, 'host_ed25519-cert.pub'), join(keys, 'host_ed25519-cert.pub'));
    await server.start();
    writeFileSync(known, `@cert-authority [127.0.0.1]:${server.sftpPort} ${authority}`);
    refused(t, await visit(), /host key|verification failed/i);
  },
);
