// Live logins by certificates are held against what their agency says now.
import t from 'tap';
import type { CertificateStanding } from '../../server/accounts/certificate-standing.ts';
import { parseKeyBlob } from '../../server/accounts/key-blob.ts';
import { certifiedOf, refusedCertificates } from '../../server/authentication/live-certificates.ts';
import type { LiveCertificateParts } from '../../server/authentication/live-certificates.ts';
import type { LiveSession } from '../../server/authentication/live-sessions.ts';
import type { CertifiedProof } from '../../server/authentication/proofs.ts';
import { testKey } from '../accounts/fixtures/keys.ts';

const nowMs = Date.UTC(2030, 0, 1);

/** A proof by the certificate of that serial. */
function proofOf(serial: string, change: Partial<CertifiedProof['certificate']> = {}) {
  const certificate = {
    key: parseKeyBlob(testKey('ed25519').blob),
    authority: parseKeyBlob(testKey('ed25519', 4).blob),
    isSigned: true,
    serial,
    keyId: '',
    principals: ['ann'],
    validAfterMs: 0,
    validBeforeMs: null,
    sourceCidrs: null,
    verifyRequired: false,
    ...change,
  };
  return { method: 'publickey', keyId: null, hardware: null, certificate } as CertifiedProof;
}

function sessionOf(
  sessionId: string,
  certified: readonly CertifiedProof[],
  agencyCode = 'alpine',
): LiveSession {
  const source = '[2001:db8::1]:50000';
  return { sessionId, username: 'ann', agencyCode, source, certified } as unknown as LiveSession;
}

const authority = { fingerprint: '', principals: [], verifyRequired: false, expiresAtMs: null };
const good: CertificateStanding = { authority, isRevoked: false };
const revoked: CertificateStanding = { authority, isRevoked: true };

async function hold(
  sessions: readonly LiveSession[],
  standings: Readonly<Record<string, CertificateStanding>>,
) {
  const ends: [string, number][] = [];
  const asked: string[] = [];
  let reads = 0;
  const parts = {
    accounts: {
      getAgency: async (code: string) => ({ id: `id of ${code}` }),
      certificateStanding: async (_: unknown, agencyId: string, { serial }: { serial: string }) => {
        asked.push(`${agencyId} ${serial}`);
        return standings[serial] ?? good;
      },
    },
    authentication: {
      expireBy: (sessionId: string, endMs: number) => ends.push([sessionId, endMs]),
    },
    database: {
      read: async (work: (reader: unknown) => unknown) => {
        reads += 1;
        return work({ nowMs });
      },
    },
  } as unknown as LiveCertificateParts;
  const refused = await refusedCertificates(parts, 'alpine', certifiedOf(sessions, 'alpine'));
  return {
    ends,
    asked,
    reads,
    refused: refused.map(({ session, reason }) => [session.sessionId, reason]),
  };
}

t.test('those of the agency that came by one, and no others', async (t) => {
  const held = await hold(
    [
      sessionOf('plain', []),
      sessionOf('foreign', [proofOf('1')], 'butte'),
      sessionOf('lost', [proofOf('1')]),
      sessionOf('kept', [proofOf('2')]),
    ],
    { 1: revoked },
  );
  t.same(held.refused, [['lost', 'certificate-revoked']]);
  t.same(held.asked, ['id of alpine 1', 'id of alpine 2']);
  t.equal(held.reads, 2, 'the database is asked for nobody else');
  t.same(held.ends, [], 'what ends never is not given an end');
});

t.test(
  'one of several certificates is enough to end it, and the first reason counts',
  async (t) => {
    const unknown = { authority: undefined, isRevoked: false };
    const both = [proofOf('1'), proofOf('2')];
    t.same((await hold([sessionOf('s', both)], { 2: revoked })).refused, [
      ['s', 'certificate-revoked'],
    ]);
    t.same((await hold([sessionOf('s', both)], { 1: unknown, 2: revoked })).refused, [
      ['s', 'certificate-authority-unknown'],
    ]);
  },
);

t.test(
  'it would have to come from there, by then, with that device, as if it logged in now',
  async (t) => {
    const from = (cidr: string) => sessionOf(cidr, [proofOf('1', { sourceCidrs: [cidr] })]);
    t.same((await hold([from('2001:db8::/32'), from('2001:db9::/32')], {})).refused, [
      ['2001:db9::/32', 'certificate-address-not-allowed'],
    ]);
    const until = (validBeforeMs: number) => sessionOf('s', [proofOf('1', { validBeforeMs })]);
    t.same((await hold([until(nowMs)], {})).refused, [['s', 'certificate-expired']]);
    t.same((await hold([until(nowMs + 1)], {})).refused, []);
    const asked = { authority: { ...authority, verifyRequired: true }, isRevoked: false };
    t.same((await hold([sessionOf('s', [proofOf('1')])], { 1: asked })).refused, [
      ['s', 'verification-missing'],
    ]);
  },
);

t.test('the others end with the first of their certificates and authorities', async (t) => {
  const until = (endMs: number) => ({
    authority: { ...authority, expiresAtMs: endMs },
    isRevoked: false,
  });
  const first = proofOf('1', { validBeforeMs: nowMs + 50 });
  const second = proofOf('2');
  const third = proofOf('3');
  const held = await hold(
    [
      sessionOf('a', [first, second, third]),
      sessionOf('b', [second, third]),
      sessionOf('c', [third]),
      sessionOf('d', [proofOf('4', { validBeforeMs: nowMs + 1 })]),
    ],
    { 2: until(nowMs + 70), 4: revoked },
  );
  t.same(held.ends, [
    ['a', nowMs + 50],
    ['b', nowMs + 70],
  ]);
  t.same(held.refused, [['d', 'certificate-revoked']]);
});
