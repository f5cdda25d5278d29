import type { FastifyReply } from 'fastify';
import { Type, type Static } from 'typebox';
import {
  certificateCsvHeader,
  certificateCsvLine,
  certificateLine,
} from '../../server/retention/certificate-forms.ts';
import {
  certificateListPage,
  certificatePage,
  runPage,
  type PrintedRun,
} from '../../server/retention/certificate-pages.ts';
import type {
  Certificate,
  CertificateFilter,
  CertificatePlace,
  KeptCertificate,
} from '../../server/retention/certificates.ts';
import { retentionTargets } from '../../server/domain/retention.ts';
import { cursorAt, pageItemsDefault, placeIn } from '../cursors.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import type { RouteParameters } from '../preconditions.ts';
import {
  closed,
  pageOf,
  pageQuery,
  problems,
  reference,
  stringOrNull,
  time,
  timeOrNull,
} from '../schemas.ts';
import { sendPieces, streamedPageItems } from '../streamed-list.ts';
import { isoOf, msOf } from '../times.ts';
import { formatQuery, formTypes, sendPage, wantedForm } from '../wanted-form.ts';
import { actor } from './retention-schemas.ts';

/** As it was signed: a certificate of a later kind may say more. */
export const CertificateSchema = Type.Object(
  {
    id: Type.String(),
    type: Type.String({ examples: ['waybill-destruction.1'] }),
    agency: Type.String(),
    path: Type.String(),
    target: Type.Enum([...retentionTargets]),
    versionId: Type.String({ description: 'of the version, or of the partial upload' }),
    size: Type.Integer({ description: 'bytes' }),
    sha256: stringOrNull,
    receivedAt: time,
    receivedBy: Type.Union([Type.String(), Type.Null()], { examples: ['amy'] }),
    collectedAt: timeOrNull,
    purgedAt: time,
    rule: Type.Object(
      {},
      {
        additionalProperties: true,
        description: 'of the job, as the run found it',
        examples: [
          {
            agency: 'alameda',
            path: '/outgoing/**',
            olderThanDays: 90,
            clock: 'received',
            targets: ['file', 'previous-version'],
            keepVersions: 0,
          },
        ],
      },
    ),
    jobId: Type.String(),
    jobName: Type.String({ examples: ['reports after 90 days'] }),
    runId: Type.String({ examples: ['0197f3a1c2da'] }),
    planSha256: Type.Union([Type.String(), Type.Null()], {
      description: 'over the items of the plan, hex',
      examples: ['60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752'],
    }),
    requestedBy: actor,
    approvedBy: Type.Union([actor, Type.Null()]),
    method: Type.String({
      description: 'how it was destroyed, in words',
      examples: ['Cryptographic erase (NIST SP 800-88 Rev. 1, section 2.5)'],
    }),
    server: Type.Object(
      { name: Type.String(), version: Type.String() },
      { additionalProperties: true, examples: [{ name: 'waybill', version: '0.0.0' }] },
    ),
  },
  {
    $id: 'Certificate',
    additionalProperties: true,
    description: 'That something was destroyed, when, how, by what rule and on whose word',
  },
);
const CertificateRef = reference(CertificateSchema);

const armored = Type.String({
  description: 'an SSH signature (PROTOCOL.sshsig), namespace waybill-destruction',
  examples: ['-----BEGIN SSH SIGNATURE-----\nU1NIU0lH…\n-----END SSH SIGNATURE-----\n'],
});
const SignedCertificate = Type.Object(
  {
    certificate: CertificateRef,
    text: Type.String({
      description: 'what is signed, to the byte: the certificate as canonical JSON (RFC 8785)',
      examples: ['{"agency":"alameda","approvedBy":null}'],
    }),
    signature: armored,
  },
  { description: 'One certificate with its signature' },
);

const filters = {
  agency: Type.Optional(Type.String()),
  path: Type.Optional(Type.String({ description: 'exactly this path' })),
  sha256: Type.Optional(
    Type.String({ pattern: '^[0-9a-f]{64}$', description: '64 lower-case hex digits' }),
  ),
  runId: Type.Optional(Type.String({ examples: ['0197f3a1c2da'] })),
  jobId: Type.Optional(Type.String({ examples: ['0197f3a1c2d8'] })),
  from: Type.Optional(time),
  to: Type.Optional(time),
};
const Filters = Type.Object(filters, closed);
const ExportQuery = Type.Object(
  { ...filters, format: formatQuery(['ndjson', 'csv', 'html']) },
  closed,
);
const params = Type.Object({ id: Type.String() });
const tags = ['certificates'];
const scope = 'certificates:read';

export function certificateRoutes(app: AdminApp, parts: AdminApiParts): void {
  const { certificates } = parts.retention;
  const ofAgency = {
    of: async ({ id = '' }: RouteParameters) => (await certificates.get(id)).certificate.agency,
  };
  app.get(
    '/v1/certificates',
    {
      config: { scope, agency: { query: 'agency' } },
      schema: {
        operationId: 'searchCertificates',
        tags,
        summary:
          'Destruction certificates, the newest first. A page may have fewer than asked for though there is a next one',
        querystring: Type.Object({ ...filters, ...pageQuery }, closed),
        response: { 200: pageOf(CertificateRef), ...problems },
      },
    },
    async ({ query: { limit = pageItemsDefault, cursor, ...given } }) => {
      const place = placeIn('certificates', cursor, ['number', 'string']);
      const after = place === null ? null : { purgedAtMs: place[0], id: place[1] };
      const { items, next } = await certificates.list({ limit, after, ...filterOf(given) });
      return {
        items: items.map(({ certificate }) => shown(certificate)),
        nextCursor: cursorAt('certificates', next === null ? null : [next.purgedAtMs, next.id]),
      };
    },
  );
  exportRoute(app, parts);
  app.get(
    '/v1/certificates/:id',
    {
      config: { scope, agency: ofAgency },
      schema: {
        operationId: 'getCertificate',
        tags,
        summary: 'One certificate with its signature, or a page to print',
        params,
        querystring: Type.Object({ format: formatQuery(['json', 'html']) }, closed),
        response: {
          200: {
            description: 'The certificate',
            content: {
              'application/json': { schema: SignedCertificate },
              'text/html': { schema: Type.String() },
            },
          },
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const kept = await certificates.get(request.params.id);
      if (wantedForm(request, reply, ['json', 'html'], request.query.format) === 'html')
        return sendPage(parts, reply, certificatePage(kept, await certificates.allowedSigners()));
      const { certificate, text, signature } = kept;
      return reply.type(formTypes.json).send({ certificate: shown(certificate), text, signature });
    },
  );
  for (const { part, type, operationId, summary, example } of signedParts)
    app.get(
      `/v1/certificates/:id/${part}`,
      {
        config: { scope, agency: ofAgency },
        schema: {
          operationId,
          tags,
          summary,
          params,
          response: {
            200: {
              description: 'Its bytes',
              content: { [type]: { schema: Type.String({ examples: [example] }) } },
            },
            ...problems,
          },
        },
      },
      async (request, reply) => {
        const kept = await certificates.get(request.params.id);
        return reply.type(`${type}; charset=utf-8`).send(kept[part]);
      },
    );
  app.get(
    '/v1/allowed-signers',
    {
      // Public keys, and the same for everybody.
      config: { scope, agency: 'own' },
      schema: {
        operationId: 'getAllowedSigners',
        tags,
        summary: 'The public keys that ever signed here, as `ssh-keygen -Y verify -f` takes them',
        response: {
          200: {
            description: 'An allowed_signers file',
            content: { 'text/plain': { schema: Type.String() } },
          },
          ...problems,
        },
      },
    },
    async (_request, reply) =>
      reply.type('text/plain; charset=utf-8').send(await certificates.allowedSigners()),
  );
}

const signedParts = [
  {
    part: 'text',
    type: 'text/plain',
    operationId: 'getCertificateText',
    summary: 'What is signed, to the byte',
    example: '{"agency":"alameda","approvedBy":null}',
  },
  {
    part: 'signature',
    type: 'text/plain',
    operationId: 'getCertificateSignature',
    summary: 'The signature, as `ssh-keygen -Y verify -s` takes it',
    example: '-----BEGIN SSH SIGNATURE-----',
  },
] as const;

function exportRoute(app: AdminApp, parts: AdminApiParts): void {
  app.get(
    '/v1/certificates/export',
    {
      config: { scope, agency: { query: 'agency' } },
      schema: {
        operationId: 'exportCertificates',
        tags,
        summary:
          'All certificates that a search finds: each with its signature on a line of JSON, as CSV, or as a page to print',
        querystring: ExportQuery,
        response: {
          200: {
            description: 'All of them; a connection that is cut has not had all',
            content: {
              'application/x-ndjson': { schema: Type.String() },
              'text/csv': { schema: Type.String() },
              'text/html': { schema: Type.String() },
            },
          },
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const { format, ...given } = request.query;
      const form = wantedForm(request, reply, ['ndjson', 'csv', 'html'], format);
      return sendExport(parts, reply, form, filterOf(given));
    },
  );
}

async function sendExport(
  parts: AdminApiParts,
  reply: FastifyReply,
  form: 'ndjson' | 'csv' | 'html',
  filter: CertificateFilter,
): Promise<FastifyReply> {
  const { certificates } = parts.retention;
  // What is refused is refused before the answer begins.
  const first = await certificates.list({ limit: streamedPageItems, ...filter });
  const all = allOf(parts, filter, first);
  if (form === 'html') {
    const signers = await certificates.allowedSigners();
    const run = await printedRun(parts, filter, first);
    const page =
      run === undefined ? certificateListPage(filter, all, signers) : runPage(run, all, signers);
    return sendPage(parts, reply, page);
  }
  void reply
    .type(formTypes[form])
    .header('content-disposition', `attachment; filename="certificates.${form}"`);
  return sendPieces(parts, reply, form === 'csv' ? csvOf(all) : linesOf(all));
}

/** What a page says of a run, where a run and nothing else is asked for. */
async function printedRun(
  { retention }: AdminApiParts,
  filter: CertificateFilter,
  { items: [any] }: Found,
): Promise<PrintedRun | undefined> {
  const isOfRun = filter.runId !== undefined && Object.keys(filter).length === 1;
  if (!isOfRun || any === undefined) return undefined;
  const { jobId, rule, requestedBy, approvedBy } = any.certificate;
  const run = await retention.runs.get(jobId, filter.runId);
  return {
    id: run.id,
    jobName: run.jobName,
    rule,
    planSha256: run.planSha256,
    requestedBy,
    approvedBy,
    startedAt: isoOf(run.startedAtMs),
    endedAt: isoOf(run.endedAtMs),
    purged: run.purged,
  };
}

async function* allOf(
  { retention }: AdminApiParts,
  filter: CertificateFilter,
  first: Found,
): AsyncGenerator<KeptCertificate> {
  for (let { items, next } = first; ;) {
    yield* items;
    if (next === null) return;
    ({ items, next } = await retention.certificates.list({
      limit: streamedPageItems,
      after: next,
      ...filter,
    }));
  }
}

type Found = {
  readonly items: readonly KeptCertificate[];
  readonly next: CertificatePlace | null;
};

async function* csvOf(all: AsyncIterable<KeptCertificate>): AsyncGenerator<string> {
  yield certificateCsvHeader;
  for await (const kept of all) yield certificateCsvLine(kept);
}

async function* linesOf(all: AsyncIterable<KeptCertificate>): AsyncGenerator<string> {
  for await (const kept of all) yield certificateLine(kept);
}

function filterOf({ from, to, ...equal }: Static<typeof Filters>): CertificateFilter {
  return {
    ...equal,
    ...(from !== undefined && { fromMs: msOf(from, '/from') }),
    ...(to !== undefined && { toMs: msOf(to, '/to') }),
  };
}

function shown(certificate: Certificate): Static<typeof CertificateSchema> {
  return { ...certificate, rule: { ...certificate.rule } };
}
