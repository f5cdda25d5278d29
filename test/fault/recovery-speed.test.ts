import t from 'tap';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startExchange } from '../fixtures/live-server.ts';
import { connectLive, writeFrom, type LiveClient } from './fixtures/live-client.ts';
import { contentOfFile, isReal, nameOfFile, publishMany } from './fixtures/many-files.ts';

/** Published files; `ENTRIES=1000` for a quick look. */
const entries = Number(process.env['ENTRIES'] ?? 100_000);
const uploads = 64;
const uploadsPerConnection = 16;
const uploadBytes = 2_000_000;
const orphans = 100;
const WRITE = 2;
const CREAT = 8;
const TRUNC = 16;

t.setTimeout(600_000);

async function startUploads(client: LiveClient, first: number, content: Buffer): Promise<void> {
  for (let index = first; index < first + uploadsPerConnection; index += 1) {
    const handle = await client.sftp.open(`/outgoing/unfinished-${index}`, WRITE | CREAT | TRUNC);
    await writeFrom(client.sftp, handle, content, 0);
  }
}

function blobFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((found) => found.isFile())
    .map((found) => found.name);
}

const realOnes = [0, 1000, 50_000, 99_000].filter((index) => index < entries);

t.test(`start after kill -9 with ${entries} files and ${uploads} unfinished uploads`, async (t) => {
  const { server, dora, amy } = await startExchange(t, {
    WAYBILL_WORKERS: process.env['WORKERS'] ?? '0',
  });
  await server.stop();
  const building = performance.now();
  await publishMany(server.directory, entries);
  t.comment(`${entries} files made in ${Math.round((performance.now() - building) / 1000)} s`);
  await server.start();
  const content = randomBytes(uploadBytes);
  const clients: LiveClient[] = [];
  for (let first = 0; first < uploads; first += uploadsPerConnection) {
    const client = await connectLive(server, amy);
    clients.push(client);
    await startUploads(client, first, content);
  }
  const blobs = join(server.dataDirectory, 'blobs');
  const before = entries + uploads;
  // An answered WRITE may still be on its way to the file that it makes.
  for (let look = 0; look < 100 && blobFiles(blobs).length < before; look += 1) await sleep(100);
  t.equal(blobFiles(blobs).length, before);
  t.ok(realOnes.every(isReal));
  await server.stop('SIGKILL');
  for (const client of clients) client.destroy();
  for (let index = 0; index < orphans; index += 1) {
    const id = randomBytes(16).toString('hex');
    mkdirSync(join(blobs, id.slice(0, 2)), { recursive: true });
    writeFileSync(join(blobs, id.slice(0, 2), id), 'no row speaks for this');
  }

  const started = performance.now();
  await server.start();
  t.comment(`start to ready: ${Math.round(performance.now() - started)} ms`);

  const state = await connectLive(server, dora);
  for (const index of realOnes) {
    const found = await state.sftp.get(`/agencies/alameda/outgoing/${nameOfFile(index)}`);
    t.ok(found.equals(contentOfFile(index)), nameOfFile(index));
  }
  await state.end();
  const again = await connectLive(server, amy);
  let kept = 0;
  for (let index = 0; index < uploads; index += 1) {
    const name = `/outgoing/unfinished-${index}`;
    const seen = await again.sftp.get(name).catch(() => Buffer.alloc(0));
    t.ok(content.subarray(0, seen.length).equals(seen), `${name} is a prefix of what was sent`);
    if (seen.length > 0) kept += 1;
  }
  await again.end();
  t.comment(`${kept} of ${uploads} uploads are partials now`);
  t.equal(kept, uploads);
  // So many files are looked through while it serves.
  for (let look = 0; look < 600 && blobFiles(blobs).length > before; look += 1) await sleep(100);
  t.equal(blobFiles(blobs).length, before, 'the bytes that no row speaks for are gone');
  t.comment(`swept: ${Math.round(performance.now() - started)} ms after the start`);
});
