import t from 'tap';
import { generateHostKey, hostKeySigner } from '../../server/connection/host-keys.ts';
import { ledger } from '../fixtures/ledger.ts';
import { searchLedger } from '../../server/ledger/search.ts';
import {
  allowedSigners,
  evidenceKeyLines,
  namespaces,
  noteEvidenceKey,
  openEvidenceKey,
} from '../../server/signing/evidence-key.ts';
import { freshDatabase } from '../fixtures/database.ts';

const makeKey = () => openEvidenceKey(hostKeySigner(generateHostKey()));

t.test('the ledger has every key that signed, each from its first start on', async (t) => {
  const database = freshDatabase(t);
  const [first, second] = [makeKey(), makeKey()];
  const parts = { database, ledger };
  t.same(await evidenceKeyLines(parts), []);
  for (const key of [first, first, second, second, first]) await noteEvidenceKey(parts, key);
  const page = { before: null, rowsMax: 10 };
  const { rows } = await searchLedger(database, { event: 'evidence-key.adopted.1' }, page);
  t.same(
    rows.map(({ publicKey }) => publicKey).toReversed(),
    [first, second, first].map((key) => key.publicKeyLine),
    'none twice in a row',
  );
  t.match(rows[0], { fingerprint: first.fingerprint, actor: { kind: 'server' } });
  t.same(await evidenceKeyLines(parts), [first.publicKeyLine, second.publicKeyLine]);
});

t.test('a line of allowed_signers binds a key to its purpose', (t) => {
  const { publicKeyLine } = makeKey();
  t.match(publicKeyLine, /^ssh-ed25519 AAAA[\w+/]+=*$/);
  const purposes = Object.values(namespaces).join(',');
  t.match(purposes, /waybill-destruction.*waybill-receipt/);
  const periods = [
    { publicKeyLine, fromMs: Date.UTC(2026, 10, 22, 10, 15, 30, 700), untilMs: null },
    { publicKeyLine, fromMs: 0, untilMs: Date.UTC(2026, 10, 22, 10, 15, 30, 700) },
  ];
  t.equal(
    allowedSigners(periods),
    `waybill namespaces="${purposes}",valid-after="20261122101530Z" ${publicKeyLine}\n` +
      `waybill namespaces="${purposes}",valid-after="19700101000000Z",valid-before="20261122101531Z" ${publicKeyLine}\n`,
    'in whole seconds that have all of the time in which it signed',
  );
  t.end();
});
