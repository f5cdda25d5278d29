import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type, type Static, type TSchema } from 'typebox';
import { reportForms, reportText } from '../../server/reports/forms.ts';
import { reportNames, type ReportName, type ReportQuery } from '../../server/reports/report.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import { Places } from '../places.ts';
import { closed, integerOrNull, problems, stringOrNull, time, timeOrNull } from '../schemas.ts';
import { sendPieces } from '../streamed-list.ts';
import { msOf } from '../times.ts';
import { formatQuery, formTypes, sendPage, wantedForm } from '../wanted-form.ts';

const counted = Type.Array(Type.Object({ name: Type.String(), value: Type.Integer() }));
const count = Type.Integer({ examples: [12] });
const agencyOrNull = Type.Union([Type.String(), Type.Null()], { examples: ['alameda'] });
/** For people to fill in: the server knows nothing of it. */
const unknown = Type.Null({ description: 'not known to the server' });
const sha256OrNull = Type.Union([Type.String(), Type.Null()], {
  examples: ['60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752'],
});

type Described = { readonly summary: string; readonly item: Record<string, TSchema> };

const described: Readonly<Record<ReportName, Described>> = {
  access: {
    summary:
      'Logins, and files sent and collected, by agency and user. Of one agency: what its users did, and what others did in its tree',
    item: {
      agency: agencyOrNull,
      user: Type.String({ description: 'a user name, or admin:<key name>', examples: ['amy'] }),
      logins: count,
      filesSent: count,
      bytesSent: Type.Integer(),
      filesCollected: count,
      bytesCollected: Type.Integer(),
      brokenOff: Type.Integer({ description: 'transfers that did not come to their end' }),
      firstAt: timeOrNull,
      lastAt: timeOrNull,
    },
  },
  'refused-logins': {
    summary:
      'Refused logins by the claimed user, the reason and the address. Of one agency: those that claimed one of its users',
    item: {
      username: Type.String({ description: 'as claimed; evidence of nothing' }),
      agency: Type.Union([Type.String(), Type.Null()], {
        description: 'of the user of that name; null where there is none',
      }),
      reason: Type.Union([Type.String(), Type.Null()], { examples: ['password-wrong'] }),
      source: Type.Union([Type.String(), Type.Null()], {
        description: 'an address, or an IPv6 /64',
        examples: ['192.0.2.7'],
      }),
      logins: count,
      firstAt: timeOrNull,
      lastAt: timeOrNull,
    },
  },
  readers: {
    summary: 'Who read which file: by path, by content (SHA-256), or by file through its renames',
    item: {
      at: time,
      agency: Type.String({ description: 'in whose tree the file was' }),
      path: Type.String(),
      sha256: sha256OrNull,
      fileId: stringOrNull,
      user: Type.String({ examples: ['amy'] }),
      userAgency: agencyOrNull,
      source: Type.Union([Type.String(), Type.Null()], { examples: ['192.0.2.7'] }),
      client: stringOrNull,
      bytes: Type.Integer(),
      whole: Type.Boolean({ description: 'every byte was read, and the file was closed' }),
      transfer: Type.String({ examples: ['0197f3a1c2d3'] }),
      ledgerRow: Type.Integer(),
    },
  },
  'bulk-transfers': {
    summary:
      'What was received, moved on and disposed of, in the columns of IRS Publication 1075 section 2.A.2. Of one agency: what came into its tree',
    item: {
      dateReceived: time,
      controlNumber: Type.String({
        description: 'the id of the transfer',
        examples: ['0197f3a1c2d3'],
      }),
      fileName: Type.String({ examples: ['alameda/outgoing/report.csv'] }),
      sha256: sha256OrNull,
      bytes: integerOrNull,
      content: unknown,
      sender: Type.String({ examples: ['amy'] }),
      senderAgency: agencyOrNull,
      recipient: Type.String({
        description: 'the agency in whose tree it was put',
        examples: ['alameda'],
      }),
      recipientTitle: unknown,
      recipientLocation: Type.String({ description: 'the directory', examples: ['/outgoing'] }),
      numberOfRecords: unknown,
      movementDate: timeOrNull,
      movedTo: Type.Union([Type.String(), Type.Null()], { examples: ['dora'] }),
      movedToAgency: agencyOrNull,
      movedToTitle: unknown,
      movedToLocation: Type.Union([Type.String(), Type.Null()], {
        description: 'the address that it was collected from',
      }),
      dispositionDate: timeOrNull,
      dispositionMethod: Type.Union([Type.String(), Type.Null()], {
        description: 'null while it is there',
      }),
      certificate: Type.Union([Type.String(), Type.Null()], {
        description: 'of its destruction by a retention job',
      }),
      ledgerRow: Type.Integer(),
    },
  },
  disclosures: {
    summary:
      'What users of one agency read of what another one sent: to whom, what, why and when. Of one agency: what it disclosed, and what was disclosed to it',
    item: {
      at: time,
      from: Type.String({ description: 'the agency that sent it' }),
      sender: Type.Union([Type.String(), Type.Null()], { examples: ['amy'] }),
      to: Type.String(),
      recipient: Type.String({ examples: ['dora'] }),
      recipientName: stringOrNull,
      recipientTitle: unknown,
      recipientLocation: Type.Union([Type.String(), Type.Null()], { examples: ['192.0.2.7'] }),
      fileName: Type.String({
        description: 'an agency and the path in its tree',
        examples: ['alameda/outgoing/report.csv'],
      }),
      sha256: sha256OrNull,
      bytes: Type.Integer({ description: 'that went out' }),
      whole: Type.Boolean(),
      content: unknown,
      numberOfRecords: unknown,
      why: Type.String({
        description: 'what the place of the file says of it',
        examples: ['sent to the State'],
      }),
      authority: unknown,
      controlNumber: Type.String({
        description: 'the id of the transfer',
        examples: ['0197f3a1c2d3'],
      }),
      ledgerRow: Type.Integer(),
    },
  },
  clients: {
    summary: 'Clients and algorithms that logins were made with, by agency',
    item: {
      agency: Type.String(),
      kind: Type.String({
        description: 'client, or a kind of algorithm: kex, hostKey, cipher, mac',
        examples: ['client'],
      }),
      name: Type.String({ examples: ['OpenSSH_9.9'] }),
      logins: count,
      firstAt: timeOrNull,
      lastAt: timeOrNull,
      lastUser: stringOrNull,
    },
  },
};

const wanted = {
  from: time,
  to: time,
  agency: Type.Optional(Type.String()),
  format: formatQuery(reportForms),
};
const WantedQuery = Type.Object(wanted, closed);
const ReadersQuery = Type.Object(
  {
    ...wanted,
    path: Type.Optional(Type.String({ description: 'exactly this path' })),
    sha256: Type.Optional(
      Type.String({ pattern: '^[0-9a-f]{64}$', description: '64 lower-case hex digits' }),
    ),
    file: Type.Optional(
      Type.String({ description: 'the id of a file', examples: ['0197f3a1c2d3'] }),
    ),
  },
  closed,
);
type Query = Static<typeof ReadersQuery>;

export function reportRoutes(app: AdminApp, parts: AdminApiParts): void {
  const { reportsAtOnceMax: max, reportsPerKeyMax: perKeyMax } = parts.limits;
  const places = new Places({ max, perKeyMax, full: 'rate-exceeded', what: 'reports' });
  for (const name of reportNames)
    app.get(
      `/v1/reports/${name}`,
      {
        config: {
          scope: 'audit:read',
          agency: { query: 'agency' },
          refusals: ['rate-exceeded'],
        },
        schema: {
          operationId: operationIdOf(name),
          tags: ['reports'],
          summary: described[name].summary,
          querystring: name === 'readers' ? ReadersQuery : WantedQuery,
          response: { 200: answerOf(described[name].item), ...problems },
        },
      },
      async (request, reply) => {
        const release = places.take(request.administrator?.id ?? '');
        return send(parts, { name, request, reply, release });
      },
    );
}

type Asked = {
  readonly name: ReportName;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Gives the place back. */
  readonly release: () => void;
};

async function send(
  parts: AdminApiParts,
  { name, request, reply, release }: Asked,
): Promise<FastifyReply> {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    release();
    gone.abort();
  });
  try {
    const { format, ...query } = request.query as Query;
    const form = wantedForm(request, reply, reportForms, format);
    const made = await parts.reports.make(name, queryOf(query), gone.signal);
    const pieces = reportText(made, form);
    if (form === 'html') return sendPage(parts, reply, pieces);
    void reply.type(formTypes[form]);
    if (form === 'csv')
      void reply.header('content-disposition', `attachment; filename="${name}.csv"`);
    return sendPieces(parts, reply, pieces);
  } catch (error) {
    release();
    throw error;
  }
}

function queryOf({ from, to, ...equal }: Omit<Query, 'format'>): ReportQuery {
  return { ...equal, fromMs: msOf(from, '/from'), toMs: msOf(to, '/to') };
}

/** `bulk-transfers` as `getBulkTransfersReport`. */
function operationIdOf(name: ReportName): string {
  const words = name.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `get${words.join('')}Report`;
}

type Answer = {
  readonly description: string;
  readonly content: Readonly<Record<string, { readonly schema: TSchema }>>;
};

function answerOf(item: Record<string, TSchema>): Answer {
  const report = Type.Object({
    report: Type.String({ examples: ['access'] }),
    from: time,
    to: time,
    agency: agencyOrNull,
    madeAt: time,
    items: Type.Array(Type.Object(item)),
    rowsLookedAt: Type.Integer({ description: 'of the ledger' }),
    totals: Type.Object(
      {},
      {
        additionalProperties: Type.Integer(),
        description: 'toldTogether: how many lines with few logins are in the one named (others)',
        examples: [{ logins: 12 }],
      },
    ),
    sums: Type.Object(
      {},
      { additionalProperties: counted, examples: [{ byDay: [{ name: '2030-01-31', value: 3 }] }] },
    ),
  });
  return {
    description: 'All of it; a connection that is cut has not had all',
    content: {
      'application/json': { schema: report },
      'text/csv': { schema: Type.String() },
      'text/html': { schema: Type.String() },
    },
  };
}
