import t from 'tap';
import type { Test } from 'tap';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBackupLeases, type BackupReport } from '../server/backup-lease.ts';
import { askForKey, askForLease, listenControl } from '../server/control.ts';
import type { Control, ControlVerbs, WantedKey } from '../server/control.ts';
import { Fault } from '../server/domain/faults.ts';
import { LiveOpens } from '../server/files/opens.ts';
import { ledger } from './fixtures/ledger.ts';
import { openDatabase } from '../server/database/open.ts';

const wanted: WantedKey = { name: 'rescue', scopes: ['*'], expiresAtMs: null };
const unused = () => Promise.reject(new Error('must not be reached'));

/** With a path that is short enough for a plain client. */
function shortDirectory(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'waybill-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  return directory;
}

async function listen(
  t: Test,
  directory: string,
  issueAdminKey: ControlVerbs['issueAdminKey'] = async () => ({ key: 'wb_1' }),
  beginBackup: ControlVerbs['beginBackup'] = unused,
  rotateEvidenceKey: ControlVerbs['rotateEvidenceKey'] = unused,
): Promise<Control> {
  const onFault = (error: unknown) => t.fail(String(error));
  const verbs = { issueAdminKey, beginBackup, rotateEvidenceKey };
  const control = await listenControl(directory, verbs, onFault);
  t.teardown(() => control.close());
  return control;
}

/** What the socket answers to these bytes. */
function say(directory: string, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = createConnection(join(directory, 'control.sock'));
    let received = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
    socket.on('close', () => resolve(received));
    socket.on('error', () => undefined);
    socket.write(bytes);
  });
}

t.test("who may open the socket gets a key; the socket is its owner's alone", async (t) => {
  const directory = shortDirectory(t);
  const asked: WantedKey[] = [];
  await listen(t, directory, async (one) => {
    asked.push(one);
    return { key: 'wb_key' };
  });
  t.equal(statSync(join(directory, 'control.sock')).mode & 0o777, 0o600);
  t.equal(await askForKey(directory, wanted), 'wb_key');
  t.match(asked, [wanted]);
});

t.test('no server, or only what one left behind', async (t) => {
  const directory = shortDirectory(t);
  t.equal(await askForKey(directory, wanted), undefined);
  writeFileSync(join(directory, 'control.sock'), 'left over');
  t.equal(await askForKey(directory, wanted), undefined);
  await listen(t, directory);
  t.equal(await askForKey(directory, wanted), 'wb_1', 'a leftover is replaced');
});

t.test('a refusal comes back as one, a defect says nothing of itself', async (t) => {
  const directory = shortDirectory(t);
  let error: unknown = new Fault('field-invalid', 'no such scope');
  await listen(t, directory, () => Promise.reject(error));
  await t.rejects(askForKey(directory, wanted), {
    code: 'field-invalid',
    message: 'no such scope',
  });
  error = new Error('SECRET detail');
  await t.rejects(askForKey(directory, wanted), { code: 'internal', message: 'internal error' });
});

t.test('anything else is refused and harms nothing', async (t) => {
  const directory = shortDirectory(t);
  await listen(t, directory, unused);
  for (const line of [
    '{}',
    'null',
    '[]',
    '7',
    '"x"',
    'not json',
    '{"verb":"stop"}',
    '{"verb":"issue-admin-key"}',
    '{"verb":"issue-admin-key","name":7,"scopes":[]}',
    '{"verb":"__proto__","name":"x","scopes":[]}',
    '{"verb":"begin-backup","backup":7,"to":""}',
    '{"verb":"alive"}',
    '{"verb":"end-backup","files":1,"bytes":1,"manifest":""}',
  ]) {
    t.match(JSON.parse(await say(directory, `${line}\n`)), { ok: false }, line);
  }
  t.equal(await say(directory, 'x'.repeat(64 * 1024)), '', 'a line that does not end is cut');
  await t.rejects(askForKey(directory, wanted), { code: 'internal' }, 'and it serves on');
});

t.test('who hangs up before the answer costs nobody else anything', async (t) => {
  // The answer went to a connection that was gone, and the error of it was nobody's: it ended the monitor, and every
  // session and transfer with it.
  const directory = shortDirectory(t);
  let asked = () => {};
  const isAsked = new Promise<void>((resolve) => (asked = resolve));
  let answer = () => {};
  const mayAnswer = new Promise<void>((resolve) => (answer = resolve));
  await listen(t, directory, async ({ name }) => {
    if (name === 'hasty') {
      asked();
      await mayAnswer;
    }
    return { key: 'wb_1' };
  });
  const socket = createConnection(join(directory, 'control.sock'));
  const isGone = new Promise((resolve) => socket.once('close', resolve));
  socket.write(`${JSON.stringify({ ...wanted, verb: 'issue-admin-key', name: 'hasty' })}\n`);
  await isAsked;
  socket.destroy();
  await isGone;
  answer();
  for (let turns = 0; turns < 20; turns += 1) await new Promise(setImmediate);
  t.equal(await askForKey(directory, wanted), 'wb_1');
});

t.test(
  'a data directory with a long path',
  { skip: process.platform === 'linux' ? false : 'only Linux has a way round' },
  async (t) => {
    // The address of a socket has room for 107 bytes, and the rest of the path was cut off without a word: the server
    // listened on another name than the one it then gave rights to, and did not start.
    const directory = join(t.testdir(), 'd'.repeat(200));
    mkdirSync(directory);
    const control = await listen(t, directory);
    t.same(readdirSync(directory), ['control.sock']);
    t.equal(statSync(join(directory, 'control.sock')).mode & 0o777, 0o600);
    t.equal(await askForKey(directory, wanted), 'wb_1');
    await control.close();
    t.equal(await askForKey(directory, wanted), undefined);
    t.notOk(existsSync(join(directory, 'control.sock')));
  },
);

/** A server's side of backups on a real ledger, and which blobs it let go of. */
async function backupHost(t: Test) {
  const directory = shortDirectory(t);
  const database = openDatabase({ dataDirectory: directory, clock: Date.now });
  const removed: string[] = [];
  const opens = new LiveOpens(async (blobId) => removed.push(blobId) > 0);
  let fails = false;
  const failing: typeof ledger = Object.assign(Object.create(ledger) as typeof ledger, {
    append: async (...row: Parameters<typeof ledger.append>) => {
      if (fails) {
        fails = false;
        throw new Error('no ledger');
      }
      return ledger.append(...row);
    },
  });
  const failNext = () => void (fails = true);
  const backups = createBackupLeases({ database, ledger: failing, hold: () => opens.hold() });
  const control = await listen(t, directory, unused, (backup, to) => backups.begin(backup, to));
  t.teardown(async () => {
    await control.close();
    await database.close();
  });
  const rows = async () =>
    (
      await database.read(({ query }) =>
        query.selectFrom('ledger').select(['event', 'outcome']).orderBy('seq').execute(),
      )
    ).map(({ event, outcome }) => `${event} ${outcome}`);
  return { directory, opens, removed, control, rows, backups, failNext };
}

const report: BackupReport = { files: 2, bytes: 5, manifest: 'ab' };

t.test('while a backup is taken no bytes go, and both its ends are in the ledger', async (t) => {
  const { directory, opens, removed, rows } = await backupHost(t);
  const lease = await askForLease(directory, 'b1', '/backups');
  void opens.discardBytes('blob');
  lease!.alive();
  t.same(removed, []);
  t.ok(opens.isInUse('any'), 'a sweep leaves everything alone');
  await t.rejects(askForLease(directory, 'b2', '/backups'), { code: 'conflict' }, 'one at a time');
  await lease!.end(report);
  t.same(removed, ['blob']);
  t.same(await rows(), ['backup.began.1 success', 'backup.ended.1 success']);
  const next = await askForLease(directory, 'b3', '/backups');
  await next!.breakOff();
});

t.test('a backup whose process dies lets go, and the ledger says that it broke off', async (t) => {
  const { directory, opens, removed, rows } = await backupHost(t);
  const lease = await askForLease(directory, 'b1', '/backups');
  void opens.discardBytes('blob');
  await lease!.breakOff();
  for (let tries = 0; tries < 200 && removed.length === 0; tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
  t.same(removed, ['blob']);
  t.same(await rows(), ['backup.began.1 success', 'backup.ended.1 failed']);
});

t.test('a server that stops ends the backup, which is told', async (t) => {
  const { directory, control, rows } = await backupHost(t);
  const lease = await askForLease(directory, 'b1', '/backups');
  await control.close();
  t.same(await rows(), ['backup.began.1 success', 'backup.ended.1 failed']);
  if (!lease!.lost.aborted)
    await new Promise((resolve) => lease!.lost.addEventListener('abort', resolve));
  await t.rejects(lease!.end(report), { code: 'unavailable' });
});

t.test('the bytes stay until the end is recorded, and go also where it cannot be', async (t) => {
  // The hold ended first: what a backup speaks for went while the ledger did not know yet that it had ended. And the
  // failure of that row must not keep every byte for as long as the server runs.
  const { opens, removed, backups, failNext } = await backupHost(t);
  for (const how of ['end', 'breakOff'] as const) {
    const lease = await backups.begin(`b-${how}`, '/backups');
    void opens.discardBytes(how);
    failNext();
    const ending = how === 'end' ? lease.end(report) : lease.breakOff();
    t.notOk(removed.includes(how));
    await t.rejects(ending, /no ledger/);
    t.ok(removed.includes(how));
  }
  await (await backups.begin('next', '/backups')).end(report);
});

t.test('a blob that is being read goes with its last reader and the last backup', async (t) => {
  const removed: string[] = [];
  const opens = new LiveOpens(async (blobId) => removed.push(blobId) > 0);
  const first = opens.hold();
  const second = opens.hold();
  void opens.discardBytes('blob');
  first();
  first();
  t.same(removed, []);
  second();
  t.same(removed, ['blob']);
  void opens.discardBytes('other');
  t.same(removed, ['blob', 'other']);
});
