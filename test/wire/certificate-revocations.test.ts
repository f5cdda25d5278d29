// What is taken back of a certificate ends the upload that it let in, within 5 s, and lets nobody in again.
import t from 'tap';
import { setTimeout as sleep } from 'node:timers/promises';
import { certify, fingerprintOf, holderOf, openAgency, path, sftp } from './certifying.ts';
import { needs } from './clients.ts';
import { audit, makeFile, refused, transfers, type Scene } from './story.ts';

const endedMsMax = 5_000;

const revocations: Readonly<Record<string, (scene: Scene, caId: string) => Promise<unknown>>> = {
  'its serial': (scene) =>
    scene.server.api('POST', `${path}/certificate-revocations`, {
      kind: 'serial',
      value: '1042',
      authority: fingerprintOf(scene, 'ca.pub'),
      reason: 'lost',
    }),
  'its key id': (scene) =>
    scene.server.api('POST', `${path}/certificate-revocations`, {
      kind: 'key-id',
      value: 'amy, night job',
      reason: 'lost',
    }),
  'its key': (scene) =>
    scene.server.api('POST', `${path}/certificate-revocations`, {
      kind: 'key',
      value: fingerprintOf(scene, 'amy-ed25519.pub'),
      reason: 'lost',
    }),
  'its authority': (scene, caId) => scene.server.api('DELETE', `${path}/user-cas/${caId}`),
};

for (const [name, revoke] of Object.entries(revocations))
  t.test(`an upload ends when ${name} is revoked`, needs('sftp', 'ssh-keygen'), async (t) => {
    const { scene, caId } = await openAgency(t);
    const { server } = scene;
    const amy = await holderOf(scene, scene.amy, 'ed25519');
    await certify(scene, amy, '-n', 'amy', '-z', '1042');
    makeFile(scene, 'big', 40_000_000);
    const client = sftp(scene, amy, 'put big /outgoing/big', '-l', '16000');
    const transfer = async () => (await transfers(server, { username: 'amy' }))[0];
    while (((await transfer())?.bytes ?? 0) === 0) await sleep(20);
    const sinceMs = Date.now();
    await revoke(scene, caId);
    const closed = async () => (await audit(server, { event: 'session.closed.1' }))[0];
    let row = await closed();
    while (row === undefined) {
      await sleep(20);
      row = await closed();
    }
    const tookMs = Date.parse(String(row['at'])) - sinceMs;
    t.ok(tookMs < endedMsMax, `${tookMs} ms`);
    t.not((await client.done).status, 0);
    t.match(row, {
      closed: 'administrator',
      actor: { kind: 'user', username: 'amy', certificate: 'amy, night job' },
    });
    t.match(await audit(server, { event: 'session.ended.1' }), [
      {
        reason: name === 'its authority' ? 'certificate-authority-unknown' : 'certificate-revoked',
      },
    ]);
    refused(t, await sftp(scene, amy).done, /Permission denied/);
    const opened = (await audit(server, { event: 'file.opened.1' }))[0];
    const [login] = await audit(server, { event: 'login.accepted.2' });
    t.match(login, {
      session: opened?.['session'],
      certificates: [{ keyId: 'amy, night job', serial: '1042', principals: ['amy'] }],
    });
    t.match(opened, { actor: { certificate: 'amy, night job' } });
  });
