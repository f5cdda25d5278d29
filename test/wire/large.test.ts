import t from 'tap';
import { createCipheriv, createHash } from 'node:crypto';
import { createReadStream, createWriteStream, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { address, needs, run, sshOptions } from './clients.ts';
import { collected, openScene, recorded, succeeded, transfers } from './story.ts';

const gibibyte = 1024 ** 3;

const chunkBytes = 1024 ** 2;

/** A file of pseudo-random bytes, the same each time; resolves with its SHA-256. */
async function makeLargeFile(path: string): Promise<string> {
  const zeros = Buffer.alloc(chunkBytes);
  const cipher = createCipheriv('aes-256-ctr', Buffer.alloc(32, 1), Buffer.alloc(16));
  const hash = createHash('sha256');
  const chunks = function* () {
    for (let made = 0; made < gibibyte; made += chunkBytes) {
      const chunk = cipher.update(zeros);
      hash.update(chunk);
      yield chunk;
    }
  };
  await pipeline(Readable.from(chunks()), createWriteStream(path));
  return hash.digest('hex');
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: chunkBytes }), hash);
  return hash.digest('hex');
}

t.setTimeout(600_000);
t.test('1 GiB', { timeout: 600_000, ...needs('sftp', 'ssh') }, async (t) => {
  const scene = await openScene(t);
  const { server, amy, dora } = scene;
  const sha256 = await makeLargeFile(join(scene.here, 'large.dat'));
  for (const [name, options] of [
    ['in one piece', []],
    ['with new keys every MiB', ['-o', 'RekeyLimit=1M']],
  ] as const) {
    t.test(name, { timeout: 300_000 }, async (t) => {
      const sftp = (user: typeof amy, command: string) =>
        run('sftp', ['-b', '-', ...sshOptions(server, user), ...options, address(user)], {
          cwd: scene.here,
          input: `${command}\n`,
        });
      succeeded(t, await sftp(amy, 'put large.dat /outgoing/large.dat'));
      const [file] = await server.all('/v1/files?agency=alameda&path=/outgoing/large.dat');
      t.match(file, { size: gibibyte, sha256 });
      const [upload] = await transfers(server, {
        path: '/outgoing/large.dat',
        direction: 'upload',
      });
      t.match(upload, { state: 'published', bytes: gibibyte, sha256 });
      await recorded(t, server, 'file.closed.1', '/outgoing/large.dat', {
        state: 'published',
        sha256,
      });

      succeeded(t, await sftp(dora, 'get /agencies/alameda/outgoing/large.dat back.dat'));
      t.equal(await hashOf(join(scene.here, 'back.dat')), sha256, 'it comes back as it was sent');
      await collected(t, server, '/outgoing/large.dat', { sha256, size: gibibyte }, 'dora');
      rmSync(join(scene.here, 'back.dat'));
      succeeded(t, await sftp(amy, 'rm /outgoing/large.dat'));
    });
  }
});
