import { Type, type Static } from 'typebox';
import type { ListedArchive } from '../../server/archive/archive.ts';
import type { SignedStub } from '../../server/ledger/archive-stubs.ts';
import { originOf } from '../origin.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import { closed, pageOf, problems, reference, time } from '../schemas.ts';
import { msOf } from '../times.ts';

export const LedgerArchiveSchema = Type.Object(
  {
    firstSeq: Type.Integer({ description: 'of the rows in the file' }),
    lastSeq: Type.Integer(),
    from: time,
    to: time,
    goneTo: Type.Integer({ description: 'up to here, rows are in the archives alone' }),
    root: Type.String({
      description: 'of the tree of rows 1 to lastSeq, hex',
      examples: ['5c1f1d0a6a0f4c5f8a3b8a94d7b6a0a6f1f1a3a6b2f84a15c7f0e2b3d4c5a697'],
    }),
    file: Type.String({ examples: ['ledger-000000000001-000000001000.sealed'] }),
    bytes: Type.Integer(),
    sha256: Type.String({
      description: 'of the sealed file',
      examples: ['60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752'],
    }),
    archivedAt: time,
    isFileThere: Type.Boolean({ description: 'in the archive directory of the server' }),
    text: Type.String({
      description: 'the stub as it was signed, to the byte: canonical JSON (RFC 8785)',
      examples: ['{"archivedAt":"2034-01-31T00:00:00.000Z","bytes":1048576}'],
    }),
    signature: Type.String({
      description: 'an SSH signature (PROTOCOL.sshsig) over it, namespace waybill-archive',
      examples: ['-----BEGIN SSH SIGNATURE-----\nU1NIU0lH…\n-----END SSH SIGNATURE-----\n'],
    }),
  },
  { $id: 'LedgerArchive', description: 'Rows of the ledger that were sealed into a file' },
);
const LedgerArchiveRef = reference(LedgerArchiveSchema);

const Wanted = Type.Object({ before: Type.Optional(time) }, closed);
const tags = ['audit'];

/** Rows that are older than they have to be kept at hand. */
export function auditArchiveRoutes(app: AdminApp, { ledgerArchive }: AdminApiParts): void {
  app.get(
    '/v1/audit/archives',
    {
      config: { scope: 'audit:read' },
      schema: {
        operationId: 'listAuditArchives',
        tags,
        summary: 'Ranges of the ledger that were sealed into files, the newest first',
        response: { 200: pageOf(LedgerArchiveRef), ...problems },
      },
    },
    async () => ({ items: (await ledgerArchive.list()).map(shown), nextCursor: null }),
  );
  app.post(
    '/v1/audit/archives',
    {
      config: { scope: 'audit:archive', refusals: ['conflict'] },
      schema: {
        operationId: 'archiveAudit',
        tags,
        summary:
          'Seal the rows of before a time, at least seven years ago, into a file, and delete them: a signed stub stays',
        body: Wanted,
        response: { 200: LedgerArchiveRef, ...problems },
      },
    },
    async (request) => {
      const { before } = request.body;
      const beforeMs = before === undefined ? undefined : msOf(before, '/before');
      const sealed = await ledgerArchive.seal(originOf(request), beforeMs);
      return shown({ ...sealed, isFileThere: true });
    },
  );
}

function shown({
  stub,
  text,
  signature,
  isFileThere,
}: SignedStub & Pick<ListedArchive, 'isFileThere'>): Static<typeof LedgerArchiveSchema> {
  const { firstSeq, lastSeq, from, to, goneTo, root, file, bytes, sha256, archivedAt } = stub;
  return {
    firstSeq,
    lastSeq,
    from,
    to,
    goneTo,
    root,
    file,
    bytes,
    sha256,
    archivedAt,
    isFileThere,
    text,
    signature,
  };
}
