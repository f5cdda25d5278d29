import { createCipheriv, createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { finished, pipeline } from 'node:stream/promises';

const chunkBytes = 1024 * 1024;

/** Bytes that do not compress, the same in every run. */
export async function fill(file: string, bytes: number): Promise<void> {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16));
  const zeros = Buffer.alloc(chunkBytes);
  const out = createWriteStream(file);
  for (let left = bytes; left > 0; left -= chunkBytes) {
    const chunk = cipher.update(left < chunkBytes ? zeros.subarray(0, left) : zeros);
    if (!out.write(chunk)) await once(out, 'drain');
  }
  out.end();
  await finished(out);
}

/** @throws Error where what came back is not what was sent: its speed would mean nothing */
export async function checkEqual(sent: string, received: string): Promise<void> {
  const [one, other] = await Promise.all([hashOf(sent), hashOf(received)]);
  if (one !== other) throw new Error(`${received} differs from ${sent}`);
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: chunkBytes }), hash);
  return hash.digest('hex');
}
