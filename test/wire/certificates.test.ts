// A stock client with a certificate that ssh-keygen made: let in, and refused for each reason that ends it.
import t from 'tap';
import { setTimeout as sleep } from 'node:timers/promises';
import { addAuthority, certify, holderOf, openAgency, path, sftp } from './certifying.ts';
import { needs } from './clients.ts';
import { audit, makeFile, openScene, refused, succeeded } from './story.ts';

t.test('every kind of key and authority logs in', needs('sftp', 'ssh-keygen'), async (t) => {
  const scene = await openScene(t);
  const types = ['ed25519', 'ecdsa', 'rsa'];
  for (const type of types) await addAuthority(scene, `ca-${type}`, type);
  for (const type of types) {
    const amy = await holderOf(scene, scene.amy, type);
    refused(t, await sftp(scene, amy).done, /Permission denied/);
    for (const authority of types) {
      await certify(scene, amy, '-s', `ca-${authority}`, '-n', 'amy', '-V', '-5m:+1h');
      succeeded(t, await sftp(scene, amy).done, `${type} by ${authority}`);
    }
  }
});

t.test(
  'it is refused for each reason, and the row says which',
  needs('sftp', 'ssh-keygen'),
  async (t) => {
    const { scene, caId } = await openAgency(t);
    const { server } = scene;
    const amy = await holderOf(scene, scene.amy, 'ed25519');
    const cases: Readonly<Record<string, readonly string[]>> = {
      'certificate-expired': ['-n', 'amy', '-V', '-2h:-1h'],
      'certificate-early': ['-n', 'amy', '-V', '+1h:+2h'],
      'certificate-principal-missing': ['-n', 'ken', '-V', '-5m:+1h'],
      'certificate-address-not-allowed': [
        '-n',
        'amy',
        '-O',
        'source-address=192.0.2.0/24,2001:db8::/32',
      ],
      'certificate-option-unknown': ['-n', 'amy', '-O', 'force-command=internal-sftp'],
    };
    for (const [reason, args] of Object.entries(cases)) {
      await certify(scene, amy, ...args);
      refused(t, await sftp(scene, amy).done, /Permission denied/);
      const rows = await audit(server, { event: 'login.refused.1' });
      t.ok(
        rows.some((row) => row['reason'] === reason),
        `${reason} among ${rows.map((row) => String(row['reason'])).join()}`,
      );
    }
    await certify(scene, amy, '-n', 'amy', '-O', 'source-address=127.0.0.0/8,::1/128');
    succeeded(t, await sftp(scene, amy).done, 'from its own address');
    await server.api('PATCH', `${path}/user-cas/${caId}`, { principals: ['another'] });
    refused(t, await sftp(scene, amy).done, /Permission denied/);
    await server.api('PATCH', `${path}/user-cas/${caId}`, { principals: ['amy'] });
    succeeded(t, await sftp(scene, amy).done);
    const ken = { ...scene.ken, keyFile: amy.keyFile };
    await certify(scene, amy, '-n', 'amy,ken');
    refused(t, await sftp(scene, ken).done, /Permission denied/);
  },
);

t.test('a login ends with its certificate', needs('sftp', 'ssh-keygen'), async (t) => {
  const { scene } = await openAgency(t);
  const amy = await holderOf(scene, scene.amy, 'ed25519');
  await certify(scene, amy, '-n', 'amy', '-V', '-1m:+4s');
  makeFile(scene, 'big', 40_000_000);
  const client = sftp(scene, amy, 'put big /outgoing/big', '-l', '16000');
  t.not((await client.done).status, 0);
  const closed = async () => (await audit(scene.server, { event: 'session.closed.1' }))[0];
  while ((await closed()) === undefined) await sleep(20);
  t.match(await closed(), { closed: 'expired' });
  refused(t, await sftp(scene, amy).done, /Permission denied/);
});
