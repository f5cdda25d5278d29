// The stand-alone verifier against the server's own exports: one has none of the other's code.
import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import BetterSqlite3 from 'better-sqlite3';
import { generateHostKey, hostKeySigner } from '../../server/connection/host-keys.ts';
import type { LedgerEvent } from '../../server/domain/events.ts';
import { makeCheckpoint } from '../../server/ledger/checkpoint-making.ts';
import { checkpointUpTo, latestCheckpoint } from '../../server/ledger/checkpoints.ts';
import { rowHash } from '../../server/ledger/chain.ts';
import { announcementLine, ndjsonLine } from '../../server/ledger/export-lines.ts';
import { announcementsUpTo, rowsForExport } from '../../server/ledger/export-rows.ts';
import { generateCheckpointKey } from '../../server/signing/checkpoint-key.ts';
import {
  adoptionOf,
  openEvidenceKey,
  type EvidenceKey,
} from '../../server/signing/evidence-key.ts';
import { openDatabase } from '../../server/database/open.ts';
import { ledger as plainLedger } from '../fixtures/ledger.ts';
import { plainNode, plainNodeArguments } from '../fixtures/plain-node.ts';
import { signedLedger, type SignedLedger } from '../fixtures/signed-ledger.ts';
import { verifier, verifierFile, type Bad } from '../fixtures/verifier.ts';

t.setTimeout(300_000);
const server = { actor: { kind: 'server' }, session: null, source: null } as const;
const dayMs = 24 * 60 * 60_000;

/** Some days with a checkpoint key each. */
async function someDays(t: Test): Promise<SignedLedger> {
  const signed = await signedLedger(t);
  for (const rows of [40, 300, 5, 90, 130]) {
    await signed.append(rows);
    await signed.checkpoint();
    await signed.append(3);
    await signed.checkpoint();
    signed.clock.nowMs += dayMs;
  }
  return signed;
}

const trusting = ({ evidenceKey }: SignedLedger) => verifier.readTrust(evidenceKey.publicKeyLine);

function verified(signed: SignedLedger, lines: readonly string[], notes: readonly string[] = []) {
  return verifier.verifyExports([withoutBreaks(lines)], { trust: trusting(signed), notes });
}

const withoutBreaks = (lines: readonly string[]) => lines.map((line) => line.replace(/\n$/, ''));

function problemOf(work: () => unknown): Bad {
  try {
    work();
  } catch (error) {
    return error as Bad;
  }
  throw new Error('it was taken as good');
}

t.test('is one file, of less than 400 lines, and with nothing but what Node.js has', (t) => {
  const text = readFileSync(verifierFile, 'utf8');
  t.ok(text.trimEnd().split('\n').length < 400);
  for (const [, from] of text.matchAll(/from '([^']+)'/g)) t.match(from, /^node:/);
  t.end();
});

t.test('every range of a ledger verifies by itself', async (t) => {
  const signed = await someDays(t);
  const whole = await signed.exported();
  const { seq, checkpoints } = verified(signed, whole);
  t.equal(checkpoints, 11, 'the last one for the export');
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: seq }),
      fc.integer({ min: 0, max: 400 }),
      async (first, more) => {
        const lines = await signed.exported({
          firstSeq: first,
          lastSeq: Math.min(seq, first + more),
        });
        const found = verified(signed, lines);
        return found.seq >= Math.min(seq, first + more);
      },
    ),
    { numRuns: 40 },
  );
});

t.test('exports that follow one another verify together, and no others', async (t) => {
  const signed = await someDays(t);
  const first = withoutBreaks(await signed.exported({ firstSeq: 1, lastSeq: 200 }));
  const { lastSeq } = JSON.parse(first[0]!) as { lastSeq: number };
  const second = withoutBreaks(await signed.exported({ firstSeq: lastSeq + 1 }));
  const later = withoutBreaks(await signed.exported({ firstSeq: lastSeq + 2 }));
  const trust = trusting(signed);
  t.equal(verifier.verifyExports([first, second], { trust }).checkpoints, 11);
  for (const wrong of [
    [first, later],
    [second, first],
    [first, first],
  ])
    t.match(problemOf(() => verifier.verifyExports(wrong, { trust })).message, /does not follow/);
});

t.test('a checkpoint that was kept elsewhere tells a rewritten or an older ledger', async (t) => {
  const signed = await someDays(t);
  const older = await signed.exported();
  const early = (await signed.checkpoint())?.note;
  await signed.append(10);
  const late = (await signed.checkpoint())!.note;
  const newer = await signed.exported();
  const notes = [late, ...(early === undefined ? [] : [early])];
  t.ok(verified(signed, newer, notes));
  const missing = problemOf(() => verified(signed, older, notes));
  t.match(missing.message, /not in the export/);
  const other = await someDays(t);
  for (let more = 0; more < 3; more += 1) {
    await other.append(10);
    await other.checkpoint();
  }
  const foreign = await other.exported();
  const rewritten = problemOf(() => verified(other, foreign, [late]));
  t.match(rewritten.message, /checkpoint that you hold/);
});

t.test('what another key has signed is not good', async (t) => {
  const signed = await someDays(t);
  const stranger = openEvidenceKey(hostKeySigner(generateHostKey()));
  const trust = verifier.readTrust(stranger.publicKeyLine);
  const lines = withoutBreaks(await signed.exported());
  const bad = problemOf(() => verifier.verifyExports([lines], { trust }));
  t.equal(bad.row, 2, 'the row that announces the first key');
  t.match(bad.message, /not signed by an evidence key that you trust/);
});

t.test('an export that was cut off anywhere is told from a whole one', async (t) => {
  const signed = await someDays(t);
  const lines = await signed.exported({ firstSeq: 300, lastSeq: 310 });
  for (let length = 0; length < lines.length; length += 1)
    t.ok(
      problemOf(() => verified(signed, lines.slice(0, length))),
      `${length} lines`,
    );
});

// A kill cut a note off in the file of a witness, and the whole one came behind it: that was called no checkpoint.
t.test('half a note in the file of a witness is none', async (t) => {
  const signed = await someDays(t);
  const lines = await signed.exported();
  const { note } = await latest(signed);
  const here = t.testdir({ 'ledger.ndjson': lines.join('') });
  const [ledger, held] = [join(here, 'ledger.ndjson'), join(here, 'held.notes')];
  const argv = [verifierFile, ledger, '--trust', signed.evidenceKey.publicKeyLine, '--note', held];
  for (let length = 1; length < note.length; length += 23) {
    writeFileSync(held, `\n${note.slice(0, length)}\n${note}\n`);
    const { status, stderr } = spawnSync(plainNode, [...plainNodeArguments, ...argv]);
    t.equal(status, 0, `${length} characters: ${String(stderr)}`);
  }
});

// The first checkpoint of a part has nobody behind whom it comes: what tells of it is its row.
t.test('a checkpoint that was taken out of a part is missed, the first one as well', async (t) => {
  const signed = await someDays(t);
  const lines = await signed.exported({ firstSeq: 50, lastSeq: 500 });
  const at = lines.flatMap((line, index) => (line.startsWith('{"type":"checkpoint"') ? index : []));
  t.ok(at.length > 3);
  for (const index of at) {
    const note = (JSON.parse(lines[index]!) as { note: string }).note;
    const bad = problemOf(() => verified(signed, lines.toSpliced(index, 1)));
    if (index !== at.at(-1)) t.equal(bad.row, Number(note.split('\n')[1]), bad.message);
  }
});

t.test('a row is proved by a file that stands alone', async (t) => {
  const signed = await someDays(t);
  const trust = trusting(signed);
  for (const seq of [1, 2, 256, 257, 400]) {
    const proof = await signed.exports.proof(seq);
    t.equal(verifier.verifyInclusion(JSON.stringify(proof), { trust }).facts['seq'], seq);
    for (const wrong of [
      { ...proof, seq: seq + 1 },
      { ...proof, body: proof.body.replace('success', 'refused') },
      { ...proof, path: proof.path.slice(1) },
      { ...proof, checkpoint: proof.checkpoint.replace(/\d/, '9') },
      { ...proof, keyAnnouncement: { ...proof.keyAnnouncement, body: proof.body } },
      { ...proof, names: proof.names.map((name) => ({ ...name, path: '/other' })) },
    ]) {
      if (JSON.stringify(wrong) === JSON.stringify(proof)) continue;
      t.ok(problemOf(() => verifier.verifyInclusion(JSON.stringify(wrong), { trust })));
    }
  }
});

/** A name that no row has, with all that proves it. */
const foreignName = {
  commitment: createHmac('sha256', Buffer.alloc(32))
    .update('/never/recorded.pdf')
    .digest('base64url'),
  path: '/never/recorded.pdf',
  key: Buffer.alloc(32).toString('base64url'),
};
const line = (value: object) => JSON.stringify(value);

// Rows 300 to the end were taken as from row 1: a second header, whose type was a list of one word, counted as the first.
t.test('a part does not pass as the whole', async (t) => {
  const signed = await someDays(t);
  const [head, ...rest] = withoutBreaks(await signed.exported({ firstSeq: 300 })) as [string];
  const told = JSON.parse(head) as Readonly<Record<string, unknown>>;
  const first = line({ ...told, firstSeq: 1, frontier: [], previousHash: '0'.repeat(64) });
  t.match(
    problemOf(() => verified(signed, [first, head, ...rest])),
    { line: 2 },
  );
  const listed = head.replace('"export"', '["export"]');
  t.match(
    problemOf(() => verified(signed, [first, listed, ...rest])),
    { line: 2 },
  );
  for (const firstSeq of ['300', ' \n3e2', 300.5, -1, null])
    t.match(
      problemOf(() => verified(signed, [line({ ...told, firstSeq }), ...rest])),
      { line: 1 },
    );
});

// A line had its body twice, first a forged one: the verifier took the last, and who searched the file saw the first.
t.test('a line has one form', async (t) => {
  const signed = await someDays(t);
  const lines = withoutBreaks(await signed.exported());
  const at = lines.findIndex((each) => each.startsWith('{"type":"row"'));
  const row = lines[at]!;
  const { hash, body } = JSON.parse(row) as { hash: string; body: string };
  for (const other of [
    `{"type":"row","hash":"${hash}","body":"forged","body":${line(body as never)}}`,
    line({ type: 'row', hash, body, actor: 'mallory' }),
    line({ type: 'row', body, hash }),
    ` ${row}`,
    `${row} `,
    row.replace('row', '\\u0072ow'),
    '[]',
    'null',
    '"row"',
    line({ type: 'constructor' }),
    line({ type: '__proto__' }),
  ])
    t.match(
      problemOf(() => verified(signed, lines.with(at, other))),
      { line: at + 1 },
      other,
    );
});

// A name with its own proof was put into an export, and beside a proof of a row, where no row had it.
t.test('a name is one that a row has', async (t) => {
  const signed = await someDays(t);
  const lines = withoutBreaks(await signed.exported());
  const name = line({ type: 'name', ...foreignName });
  t.match(problemOf(() => verified(signed, lines.toSpliced(1, 0, name))).message, /no row behind/);
  const trust = trusting(signed);
  const proof = await signed.exports.proof(77);
  const other = line({ ...proof, names: [foreignName] });
  t.match(problemOf(() => verifier.verifyInclusion(other, { trust })).message, /does not have/);
  const twice = line(proof).replace('"body"', '"body":"forged","body"');
  t.match(problemOf(() => verifier.verifyInclusion(twice, { trust })).message, /not written/);
});

t.test('a checkpoint of another ledger is none to hold against this one', async (t) => {
  const signed = await someDays(t);
  const lines = await signed.exported();
  const directory = join(signed.directory, 'other');
  mkdirSync(directory);
  const other = await signedLedger(t, { directory });
  await other.append(40);
  const note = (await other.checkpoint())!.note;
  t.match(problemOf(() => verified(signed, lines, [note])).message, /of another ledger/);
});

// A line break in a row's body began a line of its own on the terminal: "good: waybill/...".
t.test('what is told of a bad line is one line', async (t) => {
  const signed = await someDays(t);
  const here = t.testdir();
  const [head] = await signed.exported();
  const file = join(here, 'bad.ndjson');
  for (const text of [
    line({ type: 'row', hash: 'x', body: '\ngood: waybill/1' }),
    '\u2028good: waybill/1',
  ]) {
    writeFileSync(file, `${head}${text}\n`);
    const words = [verifierFile, file, '--trust', signed.evidenceKey.publicKeyLine];
    const { status, stderr } = spawnSync(plainNode, [...plainNodeArguments, ...words], {
      encoding: 'utf8',
    });
    t.equal(status, 1);
    t.match(stderr, /^BAD: [^\n\u2028]*\n$/);
  }
});

t.test('a line that never ends is not read to its end', (t) => {
  const file = join(t.testdir(), 'endless');
  writeFileSync(file, Buffer.alloc(40 * 1024 * 1024, 'x'));
  t.same([...verifier.linesOf(file)], ['']);
  t.end();
});

t.test('as a command it says 0, 1 or 2', async (t) => {
  const signed = await someDays(t);
  const here = t.testdir();
  const file = (name: string, text: string) => {
    writeFileSync(join(here, name), text);
    return join(here, name);
  };
  const run = (...words: string[]) =>
    spawnSync(plainNode, [...plainNodeArguments, verifierFile, ...words], { encoding: 'utf8' });
  const lines = await signed.exported();
  const whole = file('whole.ndjson', lines.join(''));
  const key = file('key.pub', `${signed.evidenceKey.publicKeyLine} waybill\n`);
  const signers = file(
    'signers',
    `# keys\nwaybill namespaces="waybill-receipt,waybill-checkpoint-key",valid-after="20260101Z" ${signed.evidenceKey.publicKeyLine}\n`,
  );
  for (const trust of [key, signers, signed.evidenceKey.publicKeyLine]) {
    const good = run(whole, '--trust', trust);
    t.equal(good.status, 0, good.stderr);
    t.match(
      good.stdout,
      /^good: waybill\/[0-9a-f]{32} from row 1 \(2026-01-01T\S+Z\) up to row \d+ \(2026-\S+Z\), 11 checkpoints/,
    );
  }
  const at = lines.findIndex((line) => line.includes('"type":"row"') && line.includes('seq\\":77'));
  const changed = lines.with(at, lines[at]!.replace('amy', 'eve'));
  const bad = run(file('changed.ndjson', changed.join('')), '--trust', key);
  t.equal(bad.status, 1);
  t.match(
    bad.stderr,
    new RegExp(`^BAD: row 77: line ${at + 1}: the row is missing, or was altered`),
  );
  const proof = file('proof.json', JSON.stringify(await signed.exports.proof(77)));
  t.match(run('inclusion', proof, '--trust', key), { status: 0, stdout: /good: row 77 is in/ });
  for (const wrong of [
    [],
    [whole],
    ['--trust', key],
    [join(here, 'none'), '--trust', key],
    ['--bad'],
    ['inclusion', proof, proof, '--trust', key],
    ['inclusion', proof, '--trust', key, '--note', whole],
  ])
    t.equal(run(...wrong).status, 2, wrong.join(' '));
  t.equal(run('--help').status, 0);
});

const later = async (signed: SignedLedger) => {
  signed.clock.nowMs += dayMs;
  await signed.append(20);
  await signed.checkpoint();
};

const someKey = () => openEvidenceKey(hostKeySigner(generateHostKey()));

// A line of allowed signers said that the key signed receipts from 2030 on, and it was taken for checkpoints of 2026.
t.test('an allowed signer is trusted for what its line says, and when', async (t) => {
  const signed = await someDays(t);
  const lines = withoutBreaks(await signed.exported());
  const proof = JSON.stringify(await signed.exports.proof(77));
  const told = (options: string) =>
    verifier.readTrust(`waybill ${options} ${signed.evidenceKey.publicKeyLine}`);
  const signs = 'namespaces="waybill-receipt,waybill-checkpoint-key"';
  for (const options of [
    signs,
    'valid-after="20251231"',
    `${signs},valid-after="20260101000000Z",valid-before="20270101Z"`,
  ]) {
    t.ok(verifier.verifyExports([lines], { trust: told(options) }), options);
    t.ok(verifier.verifyInclusion(proof, { trust: told(options) }), options);
  }
  for (const options of [
    'namespaces="waybill-receipt"',
    `${signs},valid-after="20300101000000Z"`,
    `${signs},valid-before="20251231235959Z"`,
  ]) {
    const trust = told(options);
    const bad = problemOf(() => verifier.verifyExports([lines], { trust }));
    t.match(bad.message, /you do not trust its evidence key for waybill-checkpoint-key/, options);
    t.equal(bad.row, 2, 'the row that announces the first key');
    t.ok(problemOf(() => verifier.verifyInclusion(proof, { trust })));
  }
});

// K1 was rotated to K2, K2 was lost, K3 adopted; the auditor trusts all three. The rotation had the verifier forget K3.
t.test('a rotation replaces the key that signed it, and no other that is trusted', async (t) => {
  const signed = await signedLedger(t);
  const { database, ledger, evidenceKey: former, keys, clock } = signed;
  const [second, third] = [someKey(), someKey()];
  const add = (event: LedgerEvent) =>
    database.write((unit) =>
      ledger.append(unit, { origin: server, outcome: 'success', reason: null, event }),
    );
  const announce = async (by: EvidenceKey) => {
    const { keyLine, epoch } = keys.signer;
    const next = generateCheckpointKey(keyLine.split('+')[0]!, epoch + 1);
    await add({
      event: 'checkpoint-key.announced.1',
      publicKey: next.keyLine,
      epoch: next.epoch,
      signature: by.sign('checkpointKey', `${next.keyLine}\n`),
      follows: keyLine,
      cause: 'epoch',
    });
    await signed.checkpoint();
    await signed.append(5);
    await makeCheckpoint({ database, ledger, clock: () => clock.nowMs }, next);
  };
  await signed.append(20);
  await signed.checkpoint();
  await add({
    event: 'evidence-key.rotated.1',
    fingerprint: former.fingerprint,
    replacedBy: second.fingerprint,
    publicKey: second.publicKeyLine,
    signature: former.sign('evidenceKey', second.publicKeyLine),
  });
  await add(adoptionOf(second));
  await signed.checkpoint();
  await add(adoptionOf(third));
  await announce(third);
  const lastSeq = await database.read(async (reader) => (await latestCheckpoint(reader))!.size);
  const lines: string[] = [];
  for await (const page of signed.exports.lines({ firstSeq: 1, lastSeq }))
    lines.push(...withoutBreaks(page.map(ndjsonLine)));
  const trusted = (...of: EvidenceKey[]) => ({
    trust: verifier.readTrust(of.map(({ publicKeyLine }) => publicKeyLine).join('\n')),
  });
  t.equal(verifier.verifyExports([lines], trusted(former, second, third)).seq, lastSeq);
  t.equal(verifier.verifyExports([lines], trusted(former, third)).seq, lastSeq);
  const untold = problemOf(() => verifier.verifyExports([lines], trusted(former, second)));
  t.match(untold.message, /not signed by an evidence key that you trust/);
});

// The key that announced today's checkpoint key was rotated in the first part, and the second part, which shows that
// announcement, was bad: each of them alone was good.
t.test('parts verify together, with a rotation in one of them', async (t) => {
  const signed = await signedLedger(t);
  const { database, ledger, evidenceKey: former } = signed;
  const next = someKey();
  await signed.append(20);
  await signed.checkpoint();
  const add = (event: LedgerEvent) =>
    database.write((unit) =>
      ledger.append(unit, { origin: server, outcome: 'success', reason: null, event }),
    );
  await add({
    event: 'evidence-key.rotated.1',
    fingerprint: former.fingerprint,
    replacedBy: next.fingerprint,
    publicKey: next.publicKeyLine,
    signature: former.sign('evidenceKey', next.publicKeyLine),
  });
  await add(adoptionOf(next));
  await signed.append(20);
  const { size } = (await signed.checkpoint())!;
  await signed.append(20);
  const lastSeq = (await signed.checkpoint())!.size;
  const part = async (range: { firstSeq: number; lastSeq: number }) => {
    const lines: string[] = [];
    for await (const page of signed.exports.lines(range))
      lines.push(...withoutBreaks(page.map(ndjsonLine)));
    return lines;
  };
  const parts = [
    await part({ firstSeq: 1, lastSeq: size }),
    await part({ firstSeq: size + 1, lastSeq }),
  ];
  for (const of of [[former], [former, next]]) {
    const trust = verifier.readTrust(of.map(({ publicKeyLine }) => publicKeyLine).join('\n'));
    t.equal(verifier.verifyExports(parts, { trust }).seq, lastSeq);
  }
});

t.test('what a proof says of its row, and how a note is written, is held to', async (t) => {
  const signed = await someDays(t);
  const trust = trusting(signed);
  const lines = withoutBreaks(await signed.exported());
  const at = lines.findIndex((each) => each.startsWith('{"type":"checkpoint"'));
  const { note } = JSON.parse(lines[at]!) as { note: string };
  const listed = lines.with(at, line({ type: 'checkpoint', note: [note] }));
  t.match(
    problemOf(() => verified(signed, listed)),
    { line: at + 1 },
  );
  // A row of which the body says another number, at its place in the tree.
  const { database, ledger, keys, clock } = signed;
  const last = (await database.read(latestCheckpoint))!.size;
  await signed.append(1);
  const raw = new BetterSqlite3(join(signed.directory, 'waybill.db'));
  const row = raw.prepare('SELECT * FROM ledger ORDER BY seq DESC LIMIT 1').get() as {
    seq: number;
    prev: Buffer;
    body: string;
  };
  raw.exec('DROP TRIGGER ledger_no_update');
  const body = row.body.replace(`"seq":${row.seq}`, `"seq":${row.seq + 7}`);
  t.not(body, row.body);
  raw
    .prepare('UPDATE ledger SET body = ?, hash = ? WHERE seq = ?')
    .run(body, rowHash(row.prev, row.seq, body), row.seq);
  raw.close();
  const made = await makeCheckpoint({ database, ledger, clock: () => clock.nowMs }, keys.signer);
  t.ok(made!.size > last);
  const proof = line(await signed.exports.proof(row.seq));
  t.match(problemOf(() => verifier.verifyInclusion(proof, { trust })).message, /altered/);
});

// Who had the private key of one day, and the signature by which it was announced, which every export has, made a ledger of
// three years ago with it as the first: the evidence key had signed the line of the key, and not where it belongs.
t.test('a key of one day is the first of no other ledger', async (t) => {
  const genuine = await someDays(t);
  const rows = (await genuine.exported())
    .filter((each) => each.includes('checkpoint-key.announced.1'))
    .map((each) => JSON.parse(JSON.parse(each).body) as Announced);
  const [first, second] = rows as [Announced, Announced];
  type Announced = Extract<LedgerEvent, { event: 'checkpoint-key.announced.1' }>;
  const tellOf = async (directory: string, told: Announced) => {
    mkdirSync(directory);
    const database = openDatabase({ dataDirectory: directory, clock: Date.now });
    t.teardown(() => database.close());
    const { publicKey, epoch, signature, follows, cause, previous } = told;
    await database.write((unit) =>
      plainLedger.append(unit, {
        origin: server,
        outcome: 'success',
        reason: null,
        event: {
          event: 'checkpoint-key.announced.1',
          publicKey,
          epoch,
          signature,
          follows,
          cause,
          ...(previous !== undefined && { previous }),
        },
      }),
    );
    const page = await database.read((reader) => rowsForExport(reader, 0, 1));
    const head = JSON.parse((await genuine.exported())[0]!) as object;
    const lines = [line({ ...head, lastSeq: 1 }), ndjsonLine({ type: 'row', row: page[0]! })];
    return problemOf(() => verified(genuine, lines));
  };
  const at = (name: string) => join(genuine.directory, name);
  const { previous: _, ...bare } = second;
  t.match(
    await tellOf(at('1'), { ...second, epoch: 1, cause: 'first', follows: null }),
    /not signed/,
  );
  t.match(await tellOf(at('2'), bare), /not signed/);
  t.match(await tellOf(at('3'), second), /behind another checkpoint/);
  t.match(await tellOf(at('4'), first), /breaks off/, 'what is genuine is at its place');
});

// Whoever found the private key of a day that was over told of it once more in the middle of an export, and went on with it.
t.test('a key that another has followed does not come back', async (t) => {
  const signed = await signedLedger(t);
  const { database, ledger, keys, clock } = signed;
  await signed.append(20);
  await signed.checkpoint();
  const found = keys.signer;
  for (let day = 0; day < 3; day += 1) await later(signed);
  t.not(keys.signer.keyLine, found.keyLine);
  const { size } = (await database.read(latestCheckpoint))!;
  const [announced] = (await database.read((reader) => announcementsUpTo(reader, size, 100))).slice(
    -1,
  );
  const line = ndjsonLine(
    await database.read((reader) => announcementLine(reader, announced!, size)),
  ).trimEnd();
  await signed.append(5);
  await makeCheckpoint({ database, ledger, clock: () => clock.nowMs }, found);
  const { size: lastSeq } = (await database.read(latestCheckpoint))!;
  const linesOf = async (firstSeq: number) => {
    const lines: string[] = [];
    for await (const page of signed.exports.lines({ firstSeq, lastSeq }))
      lines.push(...withoutBreaks(page.map(ndjsonLine)));
    return lines;
  };
  const lines = await linesOf(1);
  const trust = trusting(signed);
  const behind =
    lines.findIndex(
      (each) => each.startsWith('{"type":"checkpoint"') && each.includes(`\\n${size}\\n`),
    ) + 1;
  t.ok(behind > 0);
  for (const forged of [lines, lines.toSpliced(behind, 0, line)]) {
    const bad = problemOf(() => verifier.verifyExports([forged], { trust }));
    t.match(bad.message, /another has followed it|announced behind the first row/);
  }
  const first = withoutBreaks(await signed.exported({ firstSeq: 1, lastSeq: size }));
  const part = await linesOf(size + 1);
  const parts = [first, part[1]!.startsWith('{"type":"key') ? part : part.toSpliced(1, 0, line)];
  t.match(problemOf(() => verifier.verifyExports(parts, { trust })).message, /followed/);
});

// A part of an export that lacked the first rows was called good in the same words as a whole one.
t.test('the first and the last row are told, with their times', async (t) => {
  const signed = await someDays(t);
  const file = join(t.testdir(), 'part.ndjson');
  writeFileSync(file, (await signed.exported({ firstSeq: 300 })).join(''));
  const { stdout } = spawnSync(
    plainNode,
    [...plainNodeArguments, verifierFile, file, '--trust', signed.evidenceKey.publicKeyLine],
    { encoding: 'utf8' },
  );
  t.match(stdout, /from row 300 \(2026-01-02T\S+Z\) up to row \d+ \(2026-01-0\d\S+Z\)/);
});

// Two notes of one size with two roots were both given with --note: the second one hid the first, and all was good.
t.test('two checkpoints of one size have to be the same to the byte', async (t) => {
  const signed = await someDays(t);
  const held = (await latest(signed)).note;
  const lines = await signed.exported();
  t.ok(verified(signed, lines, [held, held]));
  const fork = held.replace(/^(.*\n.*\n).{43}=/, `$1${Buffer.alloc(32, 9).toString('base64')}`);
  t.not(fork, held);
  for (const notes of [
    [fork, held],
    [held, fork],
  ])
    t.match(
      problemOf(() => verified(signed, lines, notes)).message,
      /of the same rows that differ/,
    );
});

const latest = async ({ database }: SignedLedger) => (await database.read(latestCheckpoint))!;

// A checkpoint of all that is before an export was called bad, as were those of fewer rows.
t.test(
  'a checkpoint from before a part is compared where it can be, or said to be none of it',
  async (t) => {
    const signed = await someDays(t);
    const { note, size } = await latest(signed);
    const smaller = (await signed.database.read((reader) => checkpointUpTo(reader, size - 1)))!;
    await later(signed);
    const part = await signed.exported({ firstSeq: size + 1 });
    t.same(verified(signed, part, [note]).remarks, []);
    t.match(verified(signed, part, [note, smaller.note]).remarks, [
      new RegExp(`checkpoint of ${smaller.size} rows that you hold is of rows before these`),
    ]);
    const none = problemOf(() => verified(signed, part, [smaller.note]));
    t.match(none.message, /export more/);
    t.equal(none.row, undefined, 'a wrong use, which says nothing of the ledger');
    const fork = note.replace(/^(.*\n.*\n).{43}=/, `$1${Buffer.alloc(32, 9).toString('base64')}`);
    const bad = problemOf(() => verified(signed, part, [fork]));
    t.match(bad.message, /not those of the checkpoint that you hold/);
  },
);
