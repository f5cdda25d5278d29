import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Document } from '../../../admin-api/openapi/document.ts';
import { freePort, LiveServer } from '../../fixtures/live-server.ts';
import { generatedFrom, root } from './generated.ts';

/** `npm run openapi`: asks a real server for its description, and writes what follows from it. */
const directory = mkdtempSync(join(tmpdir(), 'waybill-openapi-'));
const server = new LiveServer(directory, [await freePort(), await freePort()]);
try {
  await server.start();
  const answer = await fetch(`http://127.0.0.1:${server.adminPort}/openapi.json`);
  const files = await generatedFrom((await answer.json()) as Document);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    process.stdout.write(`${path}\n`);
  }
} finally {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
}
