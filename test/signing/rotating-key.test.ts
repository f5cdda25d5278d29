import { spawnSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  generateHostKey,
  hostKeySigner,
  publicKeyLine,
} from '../../server/connection/host-keys.ts';
import { Secret } from '../../server/domain/secret.ts';
import {
  evidenceKeyFiles,
  nextEvidenceKeyFile,
  oldEvidenceKeyFile,
  settleEvidenceKey,
} from '../../server/evidence-key-file.ts';
import { announcementText, type Announcement } from '../../server/ledger/key-history.ts';
import { ledger } from '../../server/ledger/ledger.ts';
import { searchLedger } from '../../server/ledger/search.ts';
import { verifyLedger } from '../../server/ledger/verify.ts';
import { evidenceKeyFile } from '../../server/setup.ts';
import { evidenceKeyLines } from '../../server/signing/evidence-key.ts';
import { CheckpointKeyFiles } from '../../server/signing/checkpoint-key-files.ts';
import { CheckpointKeys } from '../../server/signing/checkpoint-keys.ts';
import { RotatingKey } from '../../server/signing/rotating-key.ts';
import { freshDatabase } from '../fixtures/database.ts';
import { verifySshsig } from './fixtures/verify-sshsig.ts';

const origin = { actor: { kind: 'host' }, session: null, source: null } as const;
const hasKeygen = spawnSync('ssh-keygen', ['-?']).error === undefined;
const unlessMissing = { skip: hasKeygen ? false : 'there is no ssh-keygen here' };

async function scene(t: Test) {
  const clock = { nowMs: Date.UTC(2026, 10, 22, 10, 15, 30, 400) };
  const database = freshDatabase(t, () => clock.nowMs);
  const keys = mkdtempSync(join(tmpdir(), 'waybill-keys-'));
  t.teardown(() => rmSync(keys, { recursive: true }));
  const current = join(keys, evidenceKeyFile);
  const text = generateHostKey();
  writeFileSync(current, text, { mode: 0o600 });
  const parts = { database, ledger };
  const key = await RotatingKey.open(parts, hostKeySigner(text));
  const next = join(keys, nextEvidenceKeyFile);
  return { clock, database, keys, current, next, text, parts, key };
}

const signersOf = async (
  key: Pick<RotatingKey, 'allowedSigners'>,
  database: Pick<ReturnType<typeof freshDatabase>, 'read'>,
): Promise<string> => (await database.read((reader) => key.allowedSigners(reader))).text;

const verifies = (
  t: Test,
  signers: string,
  signed: { readonly text: string; readonly signature: string },
  time: string | null,
): boolean => {
  const directory = t.testdir({ signers, sig: signed.signature });
  const args = ['-Y', 'verify', '-f', join(directory, 'signers'), '-I', 'waybill'];
  const more = time === null ? [] : [`-Overify-time=${time}`];
  const { status } = spawnSync(
    'ssh-keygen',
    [...args, '-n', 'waybill-receipt', '-s', join(directory, 'sig'), ...more],
    { input: signed.text },
  );
  return status === 0;
};

t.test('a rotation: another key, the old one signs it and is gone', async (t) => {
  const { database, key, keys, current, next, text, parts } = await scene(t);
  const old = { line: key.publicKeyLine, fingerprint: key.fingerprint };
  const rotated = await key.rotate(origin, evidenceKeyFiles(keys));
  t.equal(rotated.former, old.fingerprint);
  t.equal(key.fingerprint, rotated.fingerprint);
  t.not(key.publicKeyLine, old.line);
  const found = readFileSync(current, 'utf8');
  t.equal(publicKeyLine(found), key.publicKeyLine);
  t.not(found, text);
  t.equal(statSync(current).mode & 0o777, 0o600);
  t.notOk(existsSync(next));
  const { rows } = await searchLedger(database, {}, { before: null, rowsMax: 10 });
  t.match(rows, [
    { event: 'evidence-key.adopted.1', publicKey: key.publicKeyLine, actor: { kind: 'host' } },
    {
      event: 'evidence-key.rotated.1',
      fingerprint: old.fingerprint,
      replacedBy: key.fingerprint,
    },
    { event: 'evidence-key.adopted.1', publicKey: old.line },
  ]);
  const signature = String(rows[1]?.['signature']);
  t.equal(
    verifySshsig(signature, 'waybill-evidence-key', Buffer.from(key.publicKeyLine)),
    old.line,
  );
  t.same(await evidenceKeyLines(parts), [key.publicKeyLine, old.line]);

  // A start finds the same.
  const again = await RotatingKey.open(parts, hostKeySigner(found));
  const signers = await signersOf(key, database);
  t.equal(await signersOf(again, database), signers);
  t.equal(signers.trim().split('\n').length, 2);
});

t.test(
  'what each key signed verifies as of its time, and as of no other',
  unlessMissing,
  async (t) => {
    const { clock, database, key, keys } = await scene(t);
    const sign = (text: string) => ({ text, signature: key.sign('receipt', text) });
    clock.nowMs += 60_000;
    const first = sign('before');
    t.ok(verifies(t, await signersOf(key, database), first, '20261122101630Z'));
    clock.nowMs += 60_000;
    await key.rotate(origin, evidenceKeyFiles(keys));
    const second = sign('after');
    const signers = await signersOf(key, database);
    t.ok(verifies(t, signers, first, '20261122101630Z'), 'as before');
    t.ok(verifies(t, signers, first, '20261122101730Z'), 'to the second');
    t.notOk(verifies(t, signers, first, '20261122101732Z'), 'the key had ended by then');
    t.ok(verifies(t, signers, first, '20261122101529Z'), 'nobody signed before it');
    t.ok(verifies(t, signers, second, '20261122101730Z'));
    t.notOk(verifies(t, signers, second, '20261122101630Z'));
    t.notOk(verifies(t, signers, { ...second, text: 'aftes' }, '20261122101730Z'));
  },
);

t.test('a rotation that is not recorded is none', async (t) => {
  const { database, key, keys, current, next, text } = await scene(t);
  const { publicKeyLine: line } = key;
  const broken = await RotatingKey.open(
    { database, ledger: { append: () => Promise.reject(new Error('no ledger')) } },
    hostKeySigner(text),
  );
  await t.rejects(broken.rotate(origin, evidenceKeyFiles(keys)), /no ledger/);
  t.equal(broken.publicKeyLine, line);
  t.equal(verifySshsig(broken.sign('receipt', 'x'), 'waybill-receipt', Buffer.from('x')), line);
  t.equal(readFileSync(current, 'utf8'), text);
  t.notOk(existsSync(next));
  t.match(
    (await key.rotate(origin, evidenceKeyFiles(keys))).former,
    /^SHA256:/,
    'and can be tried again',
  );

  const none = evidenceKeyFiles(join(keys, 'not-there'));
  await t.rejects(key.rotate(origin, none), { code: 'key-material-unusable' });
  const two = [
    key.rotate(origin, evidenceKeyFiles(keys)),
    key.rotate(origin, evidenceKeyFiles(keys)),
  ];
  t.same(
    (await Promise.allSettled(two)).map(({ status }) => status),
    ['fulfilled', 'rejected'],
    'one at a time',
  );
});

t.test('a rotation that a crash broke off ends as the ledger says', async (t) => {
  const { key, keys, current, next, text, parts } = await scene(t);
  const files = evidenceKeyFiles(keys);
  const settle = async () => {
    const [last] = await evidenceKeyLines(parts, 1);
    return settleEvidenceKey(keys, new Secret(readFileSync(current, 'utf8')), last).reveal();
  };
  t.equal(await settle(), text, 'there was none');

  // Before its row.
  files.makeNext();
  t.equal(await settle(), text);
  t.notOk(existsSync(next));
  writeFileSync(next, 'half of a k', { mode: 0o600 });
  t.equal(await settle(), text, 'nor where it was not even written');
  t.notOk(existsSync(next));

  // After its row, and before the files are exchanged.
  const broken = {
    ...files,
    adoptNext: () => {
      throw new Error('killed');
    },
  };
  await t.rejects(key.rotate(origin, broken), /killed/);
  const before = readFileSync(current, 'utf8');
  t.equal(before, text);
  const settled = await settle();
  t.equal(publicKeyLine(settled), key.publicKeyLine);
  t.equal(readFileSync(current, 'utf8'), settled);
  t.notOk(existsSync(next));
  t.equal(await settle(), settled);
});

/*
 * A server was started by a clock that was an hour ahead, and its evidence key is adopted at 12:00 by that. Then the clock is
 * set right, and receipts are of 11:15: allowed_signers said `valid-after` 12:00, and ssh-keygen refused them for ever.
 * Rotated at 11:30, the key had a `valid-before` in front of its `valid-after`, and nothing of it verified at all.
 */
t.test(
  'of a clock that was set back all that was signed verifies, as of its time',
  unlessMissing,
  async (t) => {
    const { clock, database, key, keys } = await scene(t);
    const sign = (text: string) => ({ text, signature: key.sign('receipt', text) });
    const note = () =>
      database.write((unit) =>
        ledger.append(unit, {
          origin,
          outcome: 'success',
          reason: null,
          event: {
            event: 'agency-names.redacted.1',
            agency: 'alameda',
            transfers: 0,
            why: 'a row',
            authority: 'nobody',
          },
        }),
      );
    const ahead = sign('ahead');
    clock.nowMs -= 3_600_000;
    await note();
    const right = sign('right');
    const check = async (signed: { text: string; signature: string }, time: string) =>
      verifies(t, await signersOf(key, database), signed, time);
    t.ok(await check(right, '20261122091530Z'));
    clock.nowMs += 60_000;
    await key.rotate(origin, evidenceKeyFiles(keys));
    t.ok(await check(right, '20261122091530Z'), 'of the key that was rotated');
    t.ok(await check(ahead, '20261122101530Z'), 'also what is of the wrong time');
    t.notOk(await check(right, '20261122101632Z'), 'and of none behind');

    // The same once more, for a key that is not the first: while it signs, and when it has.
    clock.nowMs += 3_600_000;
    const second = sign('second');
    await note();
    clock.nowMs -= 2 * 3_600_000;
    await note();
    const back = sign('back');
    t.ok(await check(back, '20261122081630Z'), 'in the server that runs');
    await key.rotate(origin, evidenceKeyFiles(keys));
    t.ok(await check(back, '20261122081630Z'));
    t.ok(await check(second, '20261122101630Z'));
    t.notOk(await check(second, '20261122081529Z'), 'not before the lowest of its times');
    t.notOk(await check(second, '20261122101632Z'), 'nor behind the highest');
  },
);

/*
 * A server was killed between the rename that puts the new key in the old one's place and the overwriting of the old one:
 * its private half was on the disk for good, in a file without a name.
 */
t.test('a key that a rotation has replaced is destroyed by the next start', async (t) => {
  const { key, keys, current, text } = await scene(t);
  const old = join(keys, oldEvidenceKeyFile);
  const settle = () =>
    settleEvidenceKey(keys, new Secret(readFileSync(current, 'utf8')), key.publicKeyLine).reveal();
  // Before the rename it has two names.
  linkSync(current, old);
  t.equal(settle(), text);
  t.notOk(existsSync(old));
  // And behind it only that one, which another name here keeps the bytes of.
  linkSync(current, old);
  const bytes = join(keys, 'bytes');
  linkSync(old, bytes);
  renameSync(writtenKey(join(keys, 'new')), current);
  settle();
  t.notOk(existsSync(old));
  t.equal(readFileSync(bytes).toString().replaceAll('\0', ''), '', 'overwritten');

  // A rotation does the same, and has it under that name while it may be needed.
  const before = join(keys, 'before');
  linkSync(current, before);
  const files = evidenceKeyFiles(keys);
  files.makeNext();
  files.adoptNext();
  t.notOk(existsSync(old));
  t.equal(readFileSync(before).toString().replaceAll('\0', ''), '');
});

function writtenKey(path: string): string {
  writeFileSync(path, generateHostKey(), { mode: 0o600 });
  return path;
}

/*
 * A disk failed when the files of a rotation were exchanged, behind its row: the key that signs lay as the next one, and a
 * second rotation began by deleting that. One that then could not be recorded left nothing of the key that the ledger names.
 */
t.test('a second rotation ends what a first has left', async (t) => {
  const { key, keys, current, next, parts } = await scene(t);
  const files = evidenceKeyFiles(keys);
  const broken = {
    ...files,
    adoptNext: () => {
      throw new Error('no disk');
    },
  };
  await t.rejects(key.rotate(origin, broken), /no disk/);
  const signing = key.publicKeyLine;
  t.equal(publicKeyLine(readFileSync(next, 'utf8')), signing);
  const unrecorded = {
    ...files,
    makeNext: () => {
      files.makeNext();
      throw new Error('no room');
    },
  };
  await t.rejects(key.rotate(origin, unrecorded), /no room/);
  t.equal(publicKeyLine(readFileSync(current, 'utf8')), signing, 'the key that signs is there');
  await key.rotate(origin, files);
  t.equal(publicKeyLine(readFileSync(current, 'utf8')), key.publicKeyLine);
  t.equal((await evidenceKeyLines(parts)).length, 3);
});

t.test(
  'a checkpoint key that is announced behind a rotation is signed by the key of then',
  async (t) => {
    // It was signed before the unit that announced it: where a rotation came in between, who verified an export (and believed
    // the former key no more, as the rows say) called the whole of it bad for ever. Two in ten ledgers under a thousand kills.
    const { clock, database, keys, key, parts } = await scene(t);
    const former = key.publicKeyLine;
    const checkpointKeys = new CheckpointKeys({
      ...parts,
      database: {
        ...database,
        write: async (work, options) => {
          await key.rotate(origin, evidenceKeyFiles(keys));
          return database.write(work, options);
        },
      },
      evidenceKey: key,
      masterKey: Buffer.alloc(32, 7),
      files: new CheckpointKeyFiles(t.testdir()),
      epochMs: 1_000,
      clock: () => clock.nowMs,
    });
    await checkpointKeys.open();
    t.not(key.publicKeyLine, former);
    const { rows } = await searchLedger(
      database,
      { event: 'checkpoint-key.announced.1' },
      { before: null, rowsMax: 10 },
    );
    const [announced] = rows;
    const text = Buffer.from(announcementText(announced as unknown as Announcement));
    const signature = String(announced?.['signature']);
    t.equal(verifySshsig(signature, 'waybill-checkpoint-key', text), key.publicKeyLine);
    t.match(await verifyLedger(database), { ok: true });
  },
);
