import t from 'tap';
import { createCipheriv, createHash } from 'node:crypto';
import { createReadStream, createWriteStream, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { address, needs, run, sshOptions } from './clients.ts';
import { collected, openScene, recorded, succeeded, transfers } from './story.ts';

/** `LARGE_GIB=4` for what issue 8 asks for. */
const largeBytes = Number(process.env['LARGE_GIB'] ?? 1) * 1024 ** 3;

const chunkBytes = 1024 ** 2;

/** A file of pseudo-random bytes, the same each time; resolves with its SHA-256. */
async function makeLargeFile(path: string): Promise<string> {
  const zeros = Buffer.alloc(chunkBytes);
  const cipher = createCipheriv('aes-256-ctr', Buffer.alloc(32, 1), Buffer.alloc(16));
  const hash = createHash('sha256');
  const chunks = function* () {
    for (let made = 0; made < largeBytes; made += chunkBytes) {
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
t.test('a large file', { timeout: 600_000, ...needs('sftp', 'ssh') }, async (t) => {
  const scene = await openScene(t);
  const { server, amy, dora } = scene;
  const sha256 = await makeLargeFile(join(scene.here, 'large.dat'));
  for (const [name, options] of [
    ['in one piece', []],
    ['with new keys every MiB', ['-o', 'RekeyLimit=1M']],
    ['with new keys every 64 MiB', ['-o', 'RekeyLimit=64M']],
  ] as const) {
    t.test(name, { timeout: 300_000 }, async (t) => {
      const sftp = (user: typeof amy, command: string) =>
        run('sftp', ['-b', '-', ...sshOptions(server, user), ...options, address(user)], {
          cwd: scene.here,
          input: `${command}\n`,
        });
      succeeded(t, await sftp(amy, 'put large.dat /outgoing/large.dat'));
      const [file] = await server.all('/v1/files?agency=alameda&path=/outgoing/large.dat');
      t.match(file, { size: largeBytes, sha256 });
      const [upload] = await transfers(server, {
        path: '/outgoing/large.dat',
        direction: 'upload',
      });
      t.match(upload, { state: 'published', bytes: largeBytes, sha256 });
      await recorded(t, server, 'file.closed.1', '/outgoing/large.dat', {
        state: 'published',
        sha256,
      });

      succeeded(t, await sftp(dora, 'get /agencies/alameda/outgoing/large.dat back.dat'));
      t.equal(await hashOf(join(scene.here, 'back.dat')), sha256, 'it comes back as it was sent');
      await collected(t, server, '/outgoing/large.dat', { sha256, size: largeBytes }, 'dora');
      rmSync(join(scene.here, 'back.dat'));
      succeeded(t, await sftp(amy, 'rm /outgoing/large.dat'));
    });
  }
});
