// What counts as a failed login of a user, and what speaks against a source: every reason with every kind of proof.
import t from 'tap';
import { openConnectionState } from '../../server/authentication/connection-state.ts';
import { countsForSource, countsForUser } from '../../server/authentication/failures.ts';
import type { Proof } from '../../server/domain/authentication.ts';
import { faultTexts } from '../../server/domain/faults.ts';
import type { FaultCode } from '../../server/domain/faults.ts';

const reasons = Object.keys(faultTexts) as FaultCode[];
const kinds = [
  'none',
  'offer',
  'signature',
  'password',
  'password-change',
  'interactive',
  'answers',
  'unusable',
] as const satisfies readonly Proof['kind'][];
const proofOf = (kind: Proof['kind']) => ({ kind }) as Proof;
const connection = () =>
  openConnectionState(
    { connectionId: 'c1', source: { address: '192.0.2.1', port: 1 }, client: '', algorithms: {} },
    1,
  );

const ofPasswords = ['password-wrong', 'code-wrong'];
/** Of a key or certificate that is not the user's, or not any more. */
const ofForeignKeys = [
  'key-unknown',
  'key-expired',
  'certificate-authority-unknown',
  'certificate-authority-expired',
  'certificate-forged',
  'certificate-revoked',
  'certificate-early',
  'certificate-expired',
  'certificate-principal-missing',
];
const countedFor: Readonly<Record<string, readonly string[]>> = {
  password: ofPasswords,
  'password-change': ofPasswords,
  answers: ofPasswords,
  signature: ['signature-invalid', ...ofForeignKeys],
};

t.test('a failed login is what was held against what the user has', (t) => {
  for (const kind of kinds) {
    const counted = reasons.filter((reason) => countsForUser(connection(), proofOf(kind), reason));
    t.same(counted.toSorted(), [...(countedFor[kind] ?? [])].toSorted(), kind);
  }
  for (const nothing of [null, undefined])
    t.notOk(reasons.some((reason) => countsForUser(connection(), nothing, reason)));
  t.end();
});

t.test('strange keys count once for a connection, all of them together', (t) => {
  const signature = proofOf('signature');
  for (const first of ofForeignKeys as FaultCode[]) {
    const one = connection();
    t.notOk(countsForUser(one, proofOf('offer'), first), 'an offer uses nothing up');
    t.notOk(countsForUser(one, signature, 'user-disabled'));
    t.ok(countsForUser(one, signature, first), first);
    t.notOk(ofForeignKeys.some((next) => countsForUser(one, signature, next as FaultCode)));
    t.ok(countsForUser(one, signature, 'signature-invalid'), 'a forgery counts each time');
    t.ok(countsForUser(one, signature, 'signature-invalid'));
  }
  t.end();
});

/** The server's doing, or a limit that a client with the right proof meets. */
const notTheSources = [
  'sessions-exceeded',
  'password-temporary',
  'password-expired',
  'password-unacceptable',
  'algorithm-not-allowed',
  'session-ended',
  'hashing-busy',
  'ledger-unavailable',
  'database-unusable',
  'storage-full',
  'storage-failed',
  'unavailable',
  'internal',
];

t.test('what speaks against a source', (t) => {
  const against = reasons.filter((reason) => !notTheSources.includes(reason));
  for (const kind of kinds) {
    const isProof = kind !== 'none' && kind !== 'offer' && kind !== 'interactive';
    const counted = reasons.filter((reason) => countsForSource(proofOf(kind), reason));
    t.same(counted, isProof ? against : [], kind);
  }
  for (const nothing of [null, undefined])
    t.same(
      reasons.filter((reason) => countsForSource(nothing, reason)),
      against,
    );
  t.end();
});
