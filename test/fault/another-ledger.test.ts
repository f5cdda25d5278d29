// Whoever can write to the data directory, and has no keys, puts another ledger there: the server signs nothing of it.
import t from 'tap';
import { cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { databaseFileName } from '../../server/database/open.ts';
import { ledgerHeadFile } from '../../server/ledger-head-file.ts';
import { startLiveServer, type LiveServer } from '../fixtures/live-server.ts';
import { runDoctor } from './fixtures/doctor.ts';

t.setTimeout(120_000);

function checkpointsIn({ dataDirectory }: LiveServer): number {
  const database = new BetterSqlite3(join(dataDirectory, databaseFileName), { readonly: true });
  const { count } = database.prepare('SELECT count(*) AS count FROM checkpoints').get() as {
    count: number;
  };
  database.close();
  return count;
}

type Verification = { readonly ok: boolean; readonly problem: string | null };
const verify = (server: LiveServer) => server.api<Verification>('GET', '/v1/audit/verification');

async function degradedParts({ adminPort }: LiveServer): Promise<unknown> {
  const answer = await fetch(`http://127.0.0.1:${adminPort}/readyz`);
  return ((await answer.json()) as { degraded: unknown }).degraded;
}

t.test('an older copy of the whole data directory', async (t) => {
  const server = await startLiveServer(t, { WAYBILL_WORKERS: '0' });
  const head = join(server.directory, 'keys', ledgerHeadFile);
  await server.addAgency('alameda');
  await server.stop();
  t.ok(existsSync(head), 'the last checkpoint of a stop is beside the keys');
  const older = `${server.dataDirectory}-older`;
  cpSync(server.dataDirectory, older, { recursive: true });
  await server.start();
  await server.addAgency('kern');
  t.match(await verify(server), { ok: true });
  await server.stop();

  rmSync(server.dataDirectory, { recursive: true });
  renameSync(older, server.dataDirectory);
  const before = checkpointsIn(server);
  await server.start();
  t.same(await degradedParts(server), ['ledger']);
  t.match(await verify(server), { ok: false, problem: /another ledger is in its place/ });
  await server.addAgency('kern');
  t.match(await runDoctor(server), [/^fail ledger: the checkpoint of \d+ rows/]);
  await server.stop();
  t.equal(checkpointsIn(server), before, 'nothing of it was signed');

  // It was the administrator who put it there.
  rmSync(head);
  await server.start();
  await server.stop();
  t.ok(checkpointsIn(server) > before);
  await server.start();
  t.match(await verify(server), { ok: true });
  t.same(await degradedParts(server), []);
  t.same(await runDoctor(server), []);
});

t.test('a ledger that is begun anew', async (t) => {
  const server = await startLiveServer(t, { WAYBILL_WORKERS: '0' });
  await server.addAgency('alameda');
  await server.stop();
  rmSync(server.dataDirectory, { recursive: true });
  await server.start();
  await server.stop();
  t.equal(checkpointsIn(server), 0);
});
