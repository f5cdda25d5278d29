// A stock client with keys in security devices, alone and certified; the device is an agent of this test.
import t from 'tap';
import { deviceKey } from '../authentication/fixtures/certificates.ts';
import { certify, openAgency, path, sftp } from './certifying.ts';
import { needs } from './clients.ts';
import { holdDevice } from './software-device.ts';
import { audit, refused, succeeded } from './story.ts';

const present = 1;
const presentAndVerified = 5;

for (const name of ['ed25519', 'p256'] as const)
  t.test(`a device with a key of ${name}`, needs('sftp', 'ssh-keygen'), async (t) => {
    const { scene, caId } = await openAgency(t);
    const { server } = scene;
    const key = deviceKey(name);
    const amy = await holdDevice(t, scene, scene.amy, key);
    const visit = () => sftp(scene, amy, 'pwd', ...amy.options).done;
    const reasons = async () =>
      (await audit(server, { event: 'login.refused.1' })).map((row) => row['reason']);
    refused(t, await visit(), /Permission denied/);

    const { id } = (await server.api('POST', '/v1/users/amy/keys', { publicKey: key.line })) as {
      id: string;
    };
    succeeded(t, await visit(), 'touched');
    amy.marks = { flags: 0, counter: 2 };
    refused(t, await visit(), /Permission denied/);
    t.ok((await reasons()).includes('touch-missing'));
    const verifying = { verifyRequired: true };
    await server.api('PATCH', `/v1/users/amy/keys/${id}`, verifying);
    amy.marks = { flags: present, counter: 3 };
    refused(t, await visit(), /Permission denied/);
    t.ok((await reasons()).includes('verification-missing'));
    amy.marks = { flags: presentAndVerified, counter: 4 };
    succeeded(t, await visit(), 'touched, and its user verified');
    succeeded(t, await visit(), 'let in though its counter stands still');
    const [fell] = await audit(server, { event: 'device-counter.not-risen.1' });
    t.match(fell, { username: 'amy', before: 4, after: 4 });

    await server.api('DELETE', `/v1/users/amy/keys/${id}`);
    await certify(scene, amy, '-n', 'amy', '-z', '7');
    amy.marks = { flags: present, counter: 5 };
    succeeded(t, await visit(), 'certified');
    await server.api('PATCH', `${path}/user-cas/${caId}`, verifying);
    refused(t, await visit(), /Permission denied/);
    amy.marks = { flags: presentAndVerified, counter: 6 };
    succeeded(t, await visit(), 'certified, and its user verified');
    const [login] = await audit(server, { event: 'login.accepted.2' });
    t.match(login, { actor: { certificate: 'amy, night job' }, certificates: [{ serial: '7' }] });
  });
