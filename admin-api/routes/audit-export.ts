import { Type } from 'typebox';
import { Fault } from '../../server/domain/faults.ts';
import type { ExportPlace, WantedRange } from '../../server/ledger/export.ts';
import { ndjsonLine, type ExportLine } from '../../server/ledger/export-lines.ts';
import { LedgerCsv, ledgerCsvHeader } from '../ledger-csv.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import { closed, problems, time } from '../schemas.ts';
import { sendPieces } from '../streamed-list.ts';
import { msOf } from '../times.ts';
import { formatQuery, formTypes, wantedForm } from '../wanted-form.ts';

const seq = Type.Integer({ minimum: 1, description: 'the number of a row' });
const hash = Type.String({
  pattern: '^[0-9a-f]{64}$',
  description: '64 lower-case hex digits',
  examples: ['60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752'],
});
const base64url = Type.String({ examples: ['G0UqxkAvCyJ0uYyUqS1bC6kZ0oN1rQe3m0cW5Qm2b7E'] });

const ExportQuery = Type.Object(
  {
    from: Type.Optional(time),
    to: Type.Optional(time),
    firstSeq: Type.Optional(seq),
    lastSeq: Type.Optional(seq),
    after: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'the last row that an export that was cut off has: only what is behind it',
      }),
    ),
    afterHash: Type.Optional(hash),
    format: formatQuery(['ndjson', 'csv']),
  },
  closed,
);

const announcement = {
  seq: Type.Integer(),
  previousHash: hash,
  hash,
  body: Type.String({
    description: 'the row as it was hashed, to the byte',
    examples: ['{"actor":{"kind":"server"},"seq":12}'],
  }),
  path: Type.Array(hash, { description: 'from its sibling upwards' }),
};

const Proof = Type.Object(
  {
    type: Type.Enum(['inclusion']),
    version: Type.Enum([1]),
    origin: Type.String({ examples: ['waybill/5f0c2b7e9d3a4c1e8b6f7a2d1c0e9f8b'] }),
    ...announcement,
    checkpoint: Type.String({
      description: 'the signed note of the first checkpoint that has the row',
      examples: ['waybill/5f0c2b7e9d3a4c1e8b6f7a2d1c0e9f8b\n1000\n…'],
    }),
    keyAnnouncement: Type.Object(announcement, {
      description: 'the row that announced the key of the checkpoint, in the same tree',
    }),
    names: Type.Array(Type.Object({ commitment: base64url, path: Type.String(), key: base64url }), {
      description: 'what opens the names in the row',
    }),
  },
  { description: 'What proves, without the server, that the row is in the ledger' },
);

const tags = ['audit'];
const scope = 'audit:read';

/** The ledger for who verifies it elsewhere (docs/EVIDENCE.md). */
export function auditExportRoutes(app: AdminApp, parts: AdminApiParts): void {
  const { ledgerExports } = parts;
  app.get(
    '/v1/audit/export',
    {
      config: { scope, refusals: ['conflict', 'not-found'] },
      schema: {
        operationId: 'exportAudit',
        tags,
        summary:
          'Rows of the ledger, the oldest first, with the checkpoints that sign them; as many as it takes to end with one',
        querystring: ExportQuery,
        response: {
          200: {
            description: 'All of them; what has no end was cut off, and goes on with `after`',
            content: {
              'application/x-ndjson': { schema: Type.String() },
              'text/csv': { schema: Type.String() },
            },
          },
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const { query } = request;
      const form = wantedForm(request, reply, ['ndjson', 'csv'], query.format);
      const after = placeOf(query);
      const range = await ledgerExports.range(wantedOf(query));
      const pages = ledgerExports.lines(range, after);
      // What is refused is refused before the answer begins.
      const first = await pages.next();
      const all = before(first.done === true ? [] : first.value, pages);
      const pieces = form === 'csv' ? csvOf(all, after === undefined) : ndjsonOf(all);
      return sendPieces(parts, reply.type(formTypes[form]), pieces);
    },
  );
  app.get(
    '/v1/audit/proofs/:seq',
    {
      config: { scope, refusals: ['conflict'] },
      schema: {
        operationId: 'proveAuditRow',
        tags,
        summary: 'What proves that one row is in the ledger, in a file that stands alone',
        params: Type.Object({ seq: Type.Integer({ minimum: 1 }) }),
        response: { 200: Proof, ...problems },
      },
    },
    async ({ params }) => {
      const proof = await ledgerExports.proof(params.seq);
      const { keyAnnouncement } = proof;
      return {
        ...proof,
        path: [...proof.path],
        keyAnnouncement: { ...keyAnnouncement, path: [...keyAnnouncement.path] },
        names: [...proof.names],
      };
    },
  );
}

type Query = {
  readonly from?: string;
  readonly to?: string;
  readonly firstSeq?: number;
  readonly lastSeq?: number;
  readonly after?: number;
  readonly afterHash?: string;
};

function wantedOf({ from, to, firstSeq, lastSeq }: Query): WantedRange {
  return {
    firstSeq,
    lastSeq,
    fromMs: from === undefined ? undefined : msOf(from, '/from'),
    toMs: to === undefined ? undefined : msOf(to, '/to'),
  };
}

/** @throws Fault `field-invalid` */
function placeOf({ firstSeq, lastSeq, after, afterHash }: Query): ExportPlace | undefined {
  if (after === undefined) return undefined;
  if (firstSeq === undefined || lastSeq === undefined || after < firstSeq || after > lastSeq)
    throw new Fault('field-invalid', 'a row of the export that firstSeq and lastSeq tell of', {
      pointer: '/after',
    });
  if (afterHash === undefined)
    throw new Fault('field-invalid', 'the hash of the row in after', { pointer: '/afterHash' });
  return { seq: after, hash: afterHash };
}

type Pages = AsyncIterable<readonly ExportLine[]>;

async function* before(
  first: readonly ExportLine[],
  rest: Pages,
): AsyncGenerator<readonly ExportLine[]> {
  yield first;
  yield* rest;
}

async function* ndjsonOf(pages: Pages): AsyncGenerator<string> {
  for await (const lines of pages) yield lines.map(ndjsonLine).join('');
}

async function* csvOf(pages: Pages, withHeader: boolean): AsyncGenerator<string> {
  const csv = new LedgerCsv();
  if (withHeader) yield ledgerCsvHeader;
  for await (const lines of pages) yield lines.map((line) => csv.line(line)).join('');
}
