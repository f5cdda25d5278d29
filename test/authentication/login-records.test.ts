// How what a stranger wrote is told in the ledger.
import t from 'tap';
import {
  cleanClaim,
  describeProof,
  recordAcceptance,
  recordClose,
  recordRefusal,
} from '../../server/authentication/login-records.ts';
import { fingerprintOf } from '../../server/accounts/key-blob.ts';
import type { LiveSession } from '../../server/authentication/live-sessions.ts';
import type { Unit } from '../../server/database/units.ts';
import type { Identity } from '../../server/domain/identity.ts';
import type { Ledger } from '../../server/ledger/ledger.ts';
import type { Proof } from '../../server/domain/authentication.ts';
import { testKey } from '../accounts/fixtures/keys.ts';

t.test('a claim is text, well-formed and short', (t) => {
  for (const nothing of [undefined, null, 7, {}, ['ann'], Buffer.from('ann')])
    t.equal(cleanClaim(nothing), '');
  t.equal(cleanClaim(''), '');
  t.equal(cleanClaim('ann'), 'ann');
  t.equal(cleanClaim('a'.repeat(255)), 'a'.repeat(255));
  t.equal(cleanClaim('a'.repeat(256)), 'a'.repeat(255));
  t.equal(cleanClaim('a\ud800b\udc00c'), 'a\ufffdb\ufffdc', 'every half of a pair');
  t.equal(cleanClaim('😀'), '😀');
  t.equal(
    cleanClaim(`${'a'.repeat(254)}😀`),
    `${'a'.repeat(254)}\ufffd`,
    'one that was cut in two',
  );
  t.end();
});

t.test('a proof by its kind, and keys by their fingerprint', (t) => {
  const { blob: keyBlob } = testKey('ed25519');
  const fingerprint = fingerprintOf(keyBlob);
  for (const [proof, text] of [
    [{ kind: 'none' }, 'none'],
    [{ kind: 'password', password: 'secret' }, 'password'],
    [{ kind: 'password-change', password: 'secret', newPassword: 'secret' }, 'password-change'],
    [{ kind: 'interactive' }, 'keyboard-interactive'],
    [{ kind: 'answers', answers: ['secret'] }, 'keyboard-interactive'],
    [{ kind: 'offer', keyBlob }, `offer ${fingerprint}`],
    [{ kind: 'offer', keyBlob: 'no bytes' }, 'offer'],
    [{ kind: 'offer', keyBlob, algorithm: Object.create(null) as unknown }, `offer ${fingerprint}`],
    [{ kind: 'signature', keyBlob }, `publickey ${fingerprint}`],
    [{ kind: 'signature', keyBlob: undefined }, 'publickey'],
    [{ kind: 'unusable', method: 'hostbased' }, 'unusable hostbased'],
    [{ kind: 'unusable', method: 'a'.repeat(300) }, `unusable ${'a'.repeat(255)}`],
    [{ kind: 'unusable', method: 7 }, 'unusable'],
    [{ kind: 'something else' }, 'unusable'],
  ] as const)
    t.equal(describeProof(proof as unknown as Proof), text);
  t.end();
});

t.test('who did it and how it went: refused, accepted, closed', async (t) => {
  const entries: unknown[] = [];
  const ledger = {
    append: async (_: unknown, entry: unknown) => void entries.push(entry),
  } as unknown as Ledger;
  const unit = {} as Unit;
  const source = '192.0.2.1:4000';
  const refused = { username: 'ann', proof: 'none', client: 'SSH', connection: 'c1', count: 2 };
  await recordRefusal(ledger, unit, { ...refused, source, reason: 'key-unknown' });
  const login = { sessionId: 's1', username: 'ann', agencyCode: 'alpine', source };
  const shown = { proofs: ['password'], certificates: [], client: 'SSH' };
  await recordAcceptance(ledger, unit, { ...login, ...shown } as unknown as Identity, { kex: 'x' });
  const closing = { operations: { open: 1 }, bytesRead: 2, bytesWritten: 3 };
  const session = { ...login, ...shown } as unknown as LiveSession;
  await recordClose(ledger, unit, session, {
    ...closing,
    connectionId: 'c1',
    reason: 'client-left',
  });
  const origin = { actor: { kind: 'user', username: 'ann' }, session: 's1', source };
  t.match(entries, [
    {
      origin: { actor: { kind: 'nobody' }, session: null, source },
      outcome: 'refused',
      reason: 'key-unknown',
      event: { event: 'login.refused.1', ...refused },
    },
    {
      origin,
      outcome: 'success',
      reason: null,
      event: { event: 'login.accepted.2', agency: 'alpine', ...shown, algorithms: { kex: 'x' } },
    },
    {
      origin,
      outcome: 'success',
      reason: null,
      event: { event: 'session.closed.1', agency: 'alpine', closed: 'client-left', ...closing },
    },
  ]);
});
