import { Type, type Static } from 'typebox';
import {
  findRevocation,
  type CertificateRevocation,
} from '../../server/accounts/certificate-revocations.ts';
import { revocationKinds } from '../../server/accounts/certificate-standing.ts';
import { cursorAt, pageItemsDefault, placeIn } from '../cursors.ts';
import { originOf } from '../origin.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import type { Resource, RouteParameters } from '../preconditions.ts';
import {
  closed,
  created,
  noContent,
  pageOf,
  pageQuery,
  problems,
  reference,
  time,
} from '../schemas.ts';
import { isoOf } from '../times.ts';

const words = {
  kind: Type.Enum([...revocationKinds], {
    description: 'what a certificate is known by: its serial, its key id, or the certified key',
  }),
  value: Type.String({
    maxLength: 255,
    description:
      'a serial in decimal, a key id as it is, or the fingerprint of the certified key, SHA256:...',
    examples: ['1042'],
  }),
  reason: Type.String({
    description: 'text of 1 to 200 characters on one line',
    examples: ['laptop lost on 3 March'],
  }),
};
const authority = Type.Union([Type.String({ maxLength: 100 }), Type.Null()], {
  description:
    'fingerprint of the one authority that it is about, SHA256:...; a serial takes it; null is any',
});

export const CertificateRevocationSchema = Type.Object(
  { id: Type.String(), agency: Type.String(), ...words, authority, createdAt: time },
  {
    $id: 'CertificateRevocation',
    description: 'What no certificate of an agency lets in any more',
  },
);
const RevocationRef = reference(CertificateRevocationSchema);

const NewRevocation = Type.Object({ ...words, authority: Type.Optional(authority) }, closed);
const params = Type.Object({ code: Type.String() });
const oneParams = Type.Object({ code: Type.String(), id: Type.String() });
const tags = ['certificate-revocations'];
const ofAgency = { of: async ({ code = '' }: RouteParameters) => code };
const resource: Resource = {
  read: async (reader, { code = '', id = '' }) => shown(await findRevocation(reader, code, id)),
};

export function certificateRevocationRoutes(app: AdminApp, { accounts }: AdminApiParts): void {
  app.get(
    '/v1/agencies/:code/certificate-revocations',
    {
      config: { scope: 'keys:read', agency: ofAgency },
      schema: {
        operationId: 'listCertificateRevocations',
        tags,
        summary: 'What is revoked, the oldest first',
        params,
        querystring: Type.Object(pageQuery, closed),
        response: { 200: pageOf(RevocationRef), ...problems },
      },
    },
    async ({ params, query: { limit = pageItemsDefault, cursor } }) => {
      const [after] = placeIn('certificate-revocations', cursor, ['string']) ?? [null];
      const { items, next } = await accounts.listRevocations(params.code, { limit, after });
      return {
        items: items.map(shown),
        nextCursor: cursorAt('certificate-revocations', next === null ? null : [next]),
      };
    },
  );
  app.get(
    '/v1/agencies/:code/certificate-revocations/:id',
    {
      config: { scope: 'keys:read', agency: ofAgency, resource },
      schema: {
        operationId: 'getCertificateRevocation',
        tags,
        summary: 'One revocation',
        params: oneParams,
        response: { 200: RevocationRef, ...problems },
      },
    },
    async ({ params: { code, id } }) => shown(await accounts.getRevocation(code, id)),
  );
  app.post(
    '/v1/agencies/:code/certificate-revocations',
    {
      config: { scope: 'keys:write', agency: ofAgency, makes: resource, refusals: ['conflict'] },
      schema: {
        operationId: 'revokeCertificate',
        tags,
        summary: 'Revoke a certificate or a certified key, and end the logins by it',
        params,
        body: NewRevocation,
        response: { ...created(RevocationRef), ...problems },
      },
    },
    async (request, reply) => {
      const { code } = request.params;
      const wanted = { authority: null, ...request.body };
      const revocation = await accounts.revokeCertificate(originOf(request), code, wanted);
      return reply
        .code(201)
        .header('location', `/v1/agencies/${code}/certificate-revocations/${revocation.id}`)
        .send(shown(revocation));
    },
  );
  app.delete(
    '/v1/agencies/:code/certificate-revocations/:id',
    {
      config: { scope: 'keys:write', agency: ofAgency, resource },
      schema: {
        operationId: 'removeCertificateRevocation',
        tags,
        summary: 'Take a revocation back',
        params: oneParams,
        response: { ...noContent, ...problems },
      },
    },
    async (request, reply) => {
      const { code, id } = request.params;
      await accounts.removeRevocation(originOf(request), code, id);
      return reply.code(204).send(null);
    },
  );
}

function shown({
  createdAtMs,
  ...revocation
}: CertificateRevocation): Static<typeof CertificateRevocationSchema> {
  return { ...revocation, createdAt: isoOf(createdAtMs) };
}
