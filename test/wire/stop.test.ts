import t from 'tap';
import { address, needs, sshOptions, start } from './clients.ts';
import { makeFile, openScene, succeeded } from './story.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
t.setTimeout(600_000);
for (let i = 0; i < 25; i += 1) {
  t.test(`stop${i}`, needs('sftp'), async (t) => {
    const scene = await openScene(t);
    const { server, amy } = scene;
    makeFile(scene, 'big', 120_000_000);
    const sftp = (c: string, ...o: string[]) => start('sftp', ['-b', '-', ...sshOptions(server, amy), ...o, address(amy)], { cwd: scene.here, input: `${c}\n` });
    succeeded(t, await sftp('put big /outgoing/big').done);
    const client = sftp('get /outgoing/big back', '-o', 'RekeyLimit=1M');
    while (!existsSync(join(scene.here, 'back')) || statSync(join(scene.here, 'back')).size < 30_000_000 + i * 1_000_000) await sleep(1);
    await server.stop();
    const ran = await client.done;
    t.comment(i, ran.status, ran.output.split('\n').slice(-5).join('\n'));
  });
}
