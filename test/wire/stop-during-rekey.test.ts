import t from 'tap';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { address, needs, sshOptions, start } from './clients.ts';
import { makeFile, openScene, succeeded } from './story.ts';

// The story: a server that stopped while a client with RekeyLimit=1M was downloading told it so under keys that the
// client had left already. One stop in three then read "message authentication code incorrect", which is what an attack
// looks like; it has to be a plain end, whatever moment it meets.
const stops = 6;

t.test('a stop in the middle of rekeys never looks like corruption', needs('sftp'), async (t) => {
  for (let round = 0; round < stops; round += 1) {
    await t.test(`stop ${round}`, async (t) => {
      const scene = await openScene(t);
      const { server, amy } = scene;
      makeFile(scene, 'big', 60_000_000);
      const sftp = (command: string, ...options: string[]) =>
        start('sftp', ['-b', '-', ...sshOptions(server, amy), ...options, address(amy)], {
          cwd: scene.here,
          input: `${command}\n`,
        });
      succeeded(t, await sftp('put big /outgoing/big').done);
      const client = sftp('get /outgoing/big back', '-o', 'RekeyLimit=1M');
      const back = join(scene.here, 'back');
      while (!existsSync(back) || statSync(back).size < 10_000_000 + round * 2_000_000)
        await sleep(1);
      await server.stop();
      const ran = await client.done;
      t.notMatch(ran.output, /authentication code|corrupt/i);
    });
  }
});
