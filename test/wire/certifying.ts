import type { Test } from 'tap';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LiveUser } from '../fixtures/live-server.ts';
import { address, run, sshOptions, start, type Running } from './clients.ts';
import { openScene, type Scene } from './story.ts';

export const path = '/v1/agencies/alameda';

export async function keygen(scene: Scene, ...args: readonly string[]): Promise<string> {
  const ran = await run('ssh-keygen', args, { cwd: scene.here });
  if (ran.status !== 0) throw new Error(ran.output);
  return ran.stdout;
}

export function fingerprintOf(scene: Scene, file: string): string {
  const [, base64 = ''] = readFileSync(join(scene.here, file), 'utf8').split(' ');
  const digest = createHash('sha256').update(Buffer.from(base64, 'base64')).digest('base64');
  return `SHA256:${digest.replace(/=+$/, '')}`;
}

/** A key of the user that nobody but its certificate speaks for. */
export async function holderOf(scene: Scene, user: LiveUser, type: string): Promise<LiveUser> {
  const keyFile = join(scene.here, `${user.username}-${type}`);
  const bits = type === 'rsa' ? ['-b', '3072'] : [];
  await keygen(scene, '-q', '-t', type, ...bits, '-N', '', '-f', keyFile);
  return { ...user, keyFile };
}

/** Certifies it with `ca`; ssh finds the certificate beside the key. */
export async function certify(
  scene: Scene,
  { keyFile }: LiveUser,
  ...args: string[]
): Promise<void> {
  await keygen(
    scene,
    '-q',
    ...(args.includes('-s') ? [] : ['-s', 'ca']),
    '-I',
    'amy, night job',
    ...args,
    `${keyFile}.pub`,
  );
}

export function sftp(scene: Scene, user: LiveUser, input = 'pwd', ...options: string[]): Running {
  const args = ['-b', '-', ...options, ...sshOptions(scene.server, user), address(user)];
  return start('sftp', args, { cwd: scene.here, input: `${input}\n` });
}

/** Makes a key of an authority, in `<name>` and `<name>.pub`, and lets it certify users of Alameda. @returns its id */
export async function addAuthority(scene: Scene, name = 'ca', type = 'ed25519'): Promise<string> {
  const bits = type === 'rsa' ? ['-b', '3072'] : [];
  await keygen(scene, '-q', '-t', type, ...bits, '-N', '', '-f', join(scene.here, name));
  const publicKey = readFileSync(join(scene.here, `${name}.pub`), 'utf8').trim();
  const ca = (await scene.server.api('POST', `${path}/user-cas`, { publicKey })) as { id: string };
  return ca.id;
}

export async function openAgency(t: Test): Promise<{ scene: Scene; caId: string }> {
  const scene = await openScene(t);
  return { scene, caId: await addAuthority(scene) };
}
