import t from 'tap';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { generateHostKey, hostKeySigner } from '../../server/connection/host-keys.ts';
import { openDatabase } from '../../server/database/open.ts';
import { makeCheckpoint } from '../../server/ledger/checkpoint-making.ts';
import { ledgerOrigin } from '../../server/ledger/checkpoints.ts';
import { verifyLedger } from '../../server/ledger/verify.ts';
import { generateCheckpointKey } from '../../server/signing/checkpoint-key.ts';
import { adoptionOf, noteEvidenceKey, openEvidenceKey } from '../../server/signing/evidence-key.ts';
import { keysVouchingFor } from '../../server/signing/vouched-keys.ts';
import { ledger } from '../fixtures/ledger.ts';
import { signedLedger, type SignedLedger } from '../fixtures/signed-ledger.ts';

const origin = { actor: { kind: 'server' }, session: null, source: null } as const;
const newKey = () => openEvidenceKey(hostKeySigner(generateHostKey()));

type Event = Parameters<SignedLedger['ledger']['append']>[1]['event'];
const tell = ({ database, ledger }: SignedLedger, event: Event) =>
  database.write((unit) =>
    ledger.append(unit, { origin, outcome: 'success', reason: null, event }),
  );

const rotation = (former: ReturnType<typeof newKey>, next: ReturnType<typeof newKey>): Event => ({
  event: 'evidence-key.rotated.1',
  fingerprint: former.fingerprint,
  replacedBy: next.fingerprint,
  publicKey: next.publicKeyLine,
  signature: former.sign('evidenceKey', next.publicKeyLine),
});

async function verified(signed: SignedLedger, known: readonly string[] | null) {
  await signed.append(20);
  await signed.checkpoint();
  return verifyLedger(signed.database, { knownEvidenceKeys: () => known });
}

t.test('a ledger that somebody made anew with a key of his own is found', async (t) => {
  // A forger made all rows anew under a key of his own, announced the checkpoint key of the server with it, and had a row at
  // the end name the server's evidence key: only the last key was held against the server's own, and all was well.
  const forged = await signedLedger(t);
  const server = newKey();
  await forged.append(30);
  await forged.checkpoint();
  await tell(forged, adoptionOf(server));
  const found = await verified(forged, [server.publicKeyLine]);
  t.match(found, { ok: false, firstBadRow: 1, problem: /evidence_keys/ });
  // A rotation that the forger's key signed vouches for nothing that was before it.
  const directory = join(forged.directory, 'other');
  mkdirSync(directory);
  const other = await signedLedger(t, { directory });
  await tell(other, rotation(other.evidenceKey, server));
  await tell(other, adoptionOf(server));
  t.match(await verified(other, [server.publicKeyLine]), { ok: false, firstBadRow: 1 });
});

// A bad signature was nobody's, and so was the evidence key before the first one: a checkpoint key that "nobody" had signed
// was good, and with it a ledger that was made anew by who could write to the database and had no key at all.
t.test('before the first evidence key nobody speaks for a checkpoint key', async (t) => {
  const directory = join(t.testdir(), 'bare');
  mkdirSync(directory);
  const database = openDatabase({ dataDirectory: directory, clock: Date.now });
  t.teardown(() => database.close());
  const forger = generateCheckpointKey(await database.read(ledgerOrigin), 1);
  const tellBare = (event: Event) =>
    database.write((unit) =>
      ledger.append(unit, { origin, outcome: 'success', reason: null, event }),
    );
  await tellBare({
    event: 'checkpoint-key.announced.1',
    publicKey: forger.keyLine,
    epoch: 1,
    signature: 'no signature at all',
    follows: null,
    cause: 'first',
  });
  await makeCheckpoint({ database, ledger, clock: Date.now }, forger);
  t.match(await verifyLedger(database), { ok: false, firstBadRow: 1, problem: /not signed/ });
});

t.test('nor for an evidence key', async (t) => {
  const directory = join(t.testdir(), 'bare');
  mkdirSync(directory);
  const database = openDatabase({ dataDirectory: directory, clock: Date.now });
  t.teardown(() => database.close());
  const [former, next] = [newKey(), newKey()];
  const event = { ...rotation(former, next), signature: 'none' } as Event;
  await database.write((unit) =>
    ledger.append(unit, { origin, outcome: 'success', reason: null, event }),
  );
  t.match(await verifyLedger(database), { ok: false, firstBadRow: 1, problem: /not signed/ });
});

t.test('a rotation has to be signed by the key before it', async (t) => {
  const signed = await signedLedger(t);
  const next = newKey();
  await tell(signed, { ...rotation(newKey(), next), fingerprint: 'x' } as Event);
  t.match(await verified(signed, null), { ok: false, firstBadRow: Number, problem: /not signed/ });
});

t.test('keys that were rotated are vouched for, and one after a loss is not', async (t) => {
  const signed = await signedLedger(t);
  const { evidenceKey, database, ledger } = signed;
  const [second, third] = [newKey(), newKey()];
  await tell(signed, rotation(evidenceKey, second));
  await tell(signed, adoptionOf(second));
  const lines = [evidenceKey, second, third].map(({ publicKeyLine }) => publicKeyLine);
  t.same(await keysVouchingFor(database, second.publicKeyLine), lines.slice(0, 2));
  // The key was lost, and the next start made another.
  await noteEvidenceKey({ database, ledger }, third);
  t.same(await keysVouchingFor(database, third.publicKeyLine), lines.slice(2));
  const found = await verified(signed, lines);
  t.match(found, { ok: true, problem: null });
  t.same(
    found.evidenceKeys.map(({ isVouched }) => isVouched),
    [true, true, false],
  );
  const unknown = await verified(signed, lines.slice(2));
  t.match(unknown, { ok: false, firstBadRow: 1 });
});

t.test('a key that another has followed speaks for no checkpoint key any more', async (t) => {
  const signed = await signedLedger(t);
  const { evidenceKey } = signed;
  const next = newKey();
  await tell(signed, rotation(evidenceKey, next));
  await tell(signed, adoptionOf(next));
  t.match(await verified(signed, null), { ok: true });
  const { verifiedSize } = await verifyLedger(signed.database);
  const { keyLine: publicKey } = generateCheckpointKey(
    await signed.database.read(ledgerOrigin),
    99,
  );
  await tell(signed, {
    event: 'checkpoint-key.announced.1',
    publicKey,
    epoch: 99,
    signature: evidenceKey.sign('checkpointKey', `${publicKey}\n`),
    follows: null,
    cause: 'epoch',
  });
  const bad = { ok: false, problem: /not signed by the evidence key/ };
  t.match(await verifyLedger(signed.database), bad);
  t.match(await verifyLedger(signed.database, { from: { verifiedSize } }), bad);
});
