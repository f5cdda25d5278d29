// Certificates in the hands of clients other than OpenSSH's: each sends them in its own way.
import t from 'tap';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { certify, holderOf, openAgency } from './certifying.ts';
import { address, needs, run } from './clients.ts';
import { refused, succeeded } from './story.ts';

/** In the sources: the build (`dist/test/wire`) holds no Python. */
const scripts = resolve(import.meta.dirname, '../../../test/wire/scripts');
const types = ['ed25519', 'ecdsa', 'rsa'];

t.test('PuTTY', needs('psftp', 'puttygen', 'ssh-keygen'), async (t) => {
  const { scene } = await openAgency(t);
  const { server, here: cwd } = scene;
  const [, , base64 = ''] = readFileSync(server.knownHostsFile, 'utf8').trim().split(' ');
  const digest = createHash('sha256').update(Buffer.from(base64, 'base64')).digest('base64');
  const hostKey = `SHA256:${digest.replace(/=+$/, '')}`;
  for (const type of types) {
    const amy = await holderOf(scene, scene.amy, type);
    const visit = async (name: string) => {
      await certify(scene, amy, '-n', name);
      const { keyFile } = amy;
      const ppk = `${keyFile}.ppk`;
      const made = ['-O', 'private', '-o', ppk, '--certificate', `${keyFile}-cert.pub`];
      succeeded(t, await run('puttygen', [keyFile, ...made], { cwd }));
      const login = ['-batch', '-noagent', '-P', String(server.sftpPort), '-hostkey', hostKey];
      return run('psftp', [...login, '-i', ppk, address(amy)], { cwd, input: 'pwd\n' });
    };
    succeeded(t, await visit('amy'), type);
    refused(t, await visit('ken'), /refused|No supported authentication|disconnected/i);
  }
});

t.test('paramiko', needs('/usr/bin/python3', 'ssh-keygen'), async (t) => {
  const { scene } = await openAgency(t);
  const { server, here: cwd } = scene;
  for (const type of types) {
    const amy = await holderOf(scene, scene.amy, type);
    const visit = async (name: string) => {
      await certify(scene, amy, '-n', name);
      const environment = {
        WIRE_PORT: String(server.sftpPort),
        WIRE_USER: 'amy',
        WIRE_KEY: amy.keyFile,
        WIRE_KNOWN_HOSTS: server.knownHostsFile,
        PYTHONDONTWRITEBYTECODE: '1',
      };
      return run('/usr/bin/python3', [join(scripts, 'certified.py')], { cwd, environment });
    };
    succeeded(t, await visit('amy'), type);
    refused(t, await visit('ken'), /AuthenticationException/);
  }
});
