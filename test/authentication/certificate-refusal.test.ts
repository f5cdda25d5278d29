// Which certificates let nobody in, each at the edge, and which reason comes first where there are several.
import t from 'tap';
import type { CertificateStanding } from '../../server/accounts/certificate-standing.ts';
import {
  certificateEndMs,
  certificateRefusal,
} from '../../server/authentication/certificate-refusal.ts';
import type { Certificate } from '../../server/authentication/certificate.ts';
import type { FaultCode } from '../../server/domain/faults.ts';
import { parseKeyBlob } from '../../server/accounts/key-blob.ts';
import { testKey } from '../accounts/fixtures/keys.ts';

const nowMs = Date.UTC(2030, 0, 1);
const login = { username: 'ann', address: '192.0.2.10', nowMs };
const certificate: Certificate = {
  key: parseKeyBlob(testKey('ed25519').blob),
  authority: parseKeyBlob(testKey('ed25519', 4).blob),
  isSigned: true,
  signedWith: 'ssh-ed25519',
  serial: '5',
  keyId: 'ann@laptop',
  principals: ['bob', 'ann'],
  validAfterMs: nowMs,
  validBeforeMs: nowMs + 1,
  sourceCidrs: null,
  verifyRequired: false,
};
const authority = {
  fingerprint: 'SHA256:a',
  principals: [],
  verifyRequired: false,
  expiresAtMs: null,
};
const standing: CertificateStanding = { authority, isRevoked: false };

/** From what is asked first to what is asked last. */
const refused: readonly [FaultCode, Partial<Certificate>, Partial<CertificateStanding>][] = [
  ['certificate-authority-unknown', {}, { authority: undefined }],
  ['certificate-forged', { isSigned: false }, {}],
  ['certificate-authority-expired', {}, { authority: { ...authority, expiresAtMs: nowMs } }],
  ['certificate-revoked', {}, { isRevoked: true }],
  ['certificate-early', { validAfterMs: nowMs + 1 }, {}],
  ['certificate-expired', { validBeforeMs: nowMs }, {}],
  ['certificate-principal-missing', { principals: ['bob'] }, {}],
  ['certificate-principal-missing', {}, { authority: { ...authority, principals: ['bob'] } }],
  ['certificate-address-not-allowed', { sourceCidrs: ['192.0.2.11/32', '2001:db8::/32'] }, {}],
];

t.test('each at the edge, and the one that is asked first', (t) => {
  t.equal(certificateRefusal(certificate, standing, login), null);
  for (const [index, [reason, of, by]] of refused.entries()) {
    t.equal(certificateRefusal({ ...certificate, ...of }, { ...standing, ...by }, login), reason);
    for (const [later, moreOf, moreBy] of refused.slice(index + 1)) {
      const both = { ...standing, ...moreBy, ...by };
      t.equal(certificateRefusal({ ...certificate, ...moreOf, ...of }, both, login), reason, later);
    }
  }
  t.end();
});

t.test('what is still good at the edge', (t) => {
  for (const [of, by] of [
    [{ validBeforeMs: null }, {}],
    [{ sourceCidrs: ['198.51.100.0/24', '192.0.2.0/24'] }, {}],
    [{ principals: ['ann'] }, { authority: { ...authority, principals: ['bob', 'ann'] } }],
    [{}, { authority: { ...authority, expiresAtMs: nowMs + 1 } }],
  ] as const)
    t.equal(certificateRefusal({ ...certificate, ...of }, { ...standing, ...by }, login), null);
  const nobodys = { ...certificate, principals: [], sourceCidrs: [] };
  t.equal(certificateRefusal(nobodys, standing, login), 'certificate-principal-missing');
  const nowhere = { ...certificate, sourceCidrs: [] };
  t.equal(certificateRefusal(nowhere, standing, login), 'certificate-address-not-allowed');
  t.end();
});

t.test('a login ends with its certificate or its authority, whichever is first', (t) => {
  const endOf = (validBeforeMs: number | null, expiresAtMs: number | null) =>
    certificateEndMs(
      { ...certificate, validBeforeMs },
      {
        ...standing,
        authority: { ...authority, expiresAtMs },
      },
    );
  t.equal(endOf(5, 7), 5);
  t.equal(endOf(7, 5), 5);
  t.equal(endOf(5, null), 5);
  t.equal(endOf(null, 5), 5);
  t.equal(endOf(null, null), null);
  const unknown = { authority: undefined, isRevoked: false };
  t.equal(certificateEndMs(certificate, unknown), nowMs + 1);
  t.equal(certificateEndMs({ ...certificate, validBeforeMs: null }, unknown), null);
  t.end();
});
