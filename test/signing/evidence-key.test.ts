import t from 'tap';
import { generateHostKey, hostKeySigner } from '../../server/connection/host-keys.ts';
import { ledger } from '../../server/ledger/ledger.ts';
import { searchLedger } from '../../server/ledger/search.ts';
import {
  allowedSigners,
  evidenceKeyLines,
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
  t.equal(
    allowedSigners([publicKeyLine, publicKeyLine]),
    `waybill namespaces="waybill-destruction" ${publicKeyLine}\n`.repeat(2),
  );
  t.end();
});
