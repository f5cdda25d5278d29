import { Type, type Static } from 'typebox';
import { checkpointsAfter, checkpointsBefore } from '../../server/ledger/checkpoints.ts';
import type { Checkpoint } from '../../server/ledger/checkpoints.ts';
import { Fault } from '../../server/domain/faults.ts';
import type { CheckResult } from '../../server/ledger/self-check.ts';
import { cursorAt, pageItemsDefault, placeIn } from '../cursors.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import {
  closed,
  integerOrNull,
  pageOf,
  pageQuery,
  problems,
  reference,
  stringOrNull,
  time,
} from '../schemas.ts';
import { isoOf } from '../times.ts';

const hash = Type.String({
  description: '64 lower-case hex digits',
  examples: ['60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752'],
});

const Verification = Type.Object(
  {
    ok: Type.Boolean(),
    scope: Type.Enum(['whole', 'new'], {
      description: 'everything, or what was new since all was well',
    }),
    at: time,
    rows: Type.Integer({ description: 'good rows from the start' }),
    checkpoints: Type.Integer({ description: 'signed checkpoints that were checked' }),
    firstBadRow: integerOrNull,
    firstBadCheckpoint: Type.Union([Type.Integer(), Type.Null()], {
      description: 'the size of the first checkpoint that is missing, altered or not signed well',
    }),
    problem: stringOrNull,
    verifiedSize: Type.Integer({ description: 'rows that a good checkpoint is of' }),
    lastHash: Type.String({
      description: 'note it elsewhere to find out later whether the ledger was cut short',
    }),
    unvouchedKeys: Type.Array(Type.Object({ seq: Type.Integer(), epoch: Type.Integer() }), {
      description:
        'checkpoint keys that the key before did not speak for, as after a restore: the rows that announce them',
    }),
    unvouchedEvidenceKeys: Type.Array(
      Type.Object({ seq: Type.Integer(), publicKey: Type.String() }),
      {
        description:
          'evidence keys that the one before did not sign, as after a loss: the rows that name them',
      },
    ),
    evidenceKey: Type.Union([Type.String(), Type.Null()], {
      description: 'the evidence key that the ledger names last',
      examples: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0'],
    }),
  },
  { description: 'What was found' },
);

export const CheckpointSchema = Type.Object(
  {
    size: Type.Integer({ description: 'it is of rows 1 to this one' }),
    at: time,
    root: hash,
    hash: Type.String({ description: 'SHA-256 of the note, hex' }),
    note: Type.String({
      description: 'the signed note (C2SP tlog-checkpoint), to the byte',
      examples: ['waybill/5f0c2b7e9d3a4c1e8b6f7a2d1c0e9f8b\n1000\n…'],
    }),
  },
  { $id: 'Checkpoint', description: 'A signed statement of what the first rows of the ledger are' },
);
const CheckpointRef = reference(CheckpointSchema);

const verificationQuery = Type.Object(
  {
    scope: Type.Optional(
      Type.Enum(['whole', 'new', 'last'], {
        description:
          'whole (the default) walks everything, new what is new since all was well; last tells what was found last, and walks nothing',
      }),
    ),
  },
  closed,
);
const checkpointQuery = Type.Object(
  {
    after: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: 'those of more rows, the smallest first; without it the largest first',
      }),
    ),
    ...pageQuery,
  },
  closed,
);
const tags = ['audit'];

export function auditVerificationRoutes(
  app: AdminApp,
  { database, operations }: AdminApiParts,
): void {
  const { check } = operations.checkpoints;

  app.get(
    '/v1/audit/verification',
    {
      config: { scope: 'audit:read' },
      schema: {
        operationId: 'verifyAudit',
        tags,
        summary: 'Walk the ledger and tell whether a row or a checkpoint is missing or altered',
        querystring: verificationQuery,
        response: { 200: Verification, ...problems },
      },
    },
    async ({ query: { scope = 'whole' } }) => {
      if (scope === 'whole') return shown(await check.whole());
      if (scope === 'new') return shown(await check.recent());
      const [last] = await check.last();
      if (last === undefined)
        throw new Fault('not-found', 'the ledger was not verified yet: ask without scope=last');
      return shown(last);
    },
  );
  app.get(
    '/v1/audit/checkpoints',
    {
      config: { scope: 'audit:read' },
      schema: {
        operationId: 'listCheckpoints',
        tags,
        summary: 'The signed checkpoints of the ledger',
        querystring: checkpointQuery,
        response: { 200: pageOf(CheckpointRef), ...problems },
      },
    },
    async ({ query: { after, limit = pageItemsDefault, cursor } }) => {
      const list = after === undefined ? 'checkpoints-newest' : 'checkpoints-oldest';
      const [place] = placeIn(list, cursor, ['number']) ?? [after ?? Number.MAX_SAFE_INTEGER];
      const found = await database.read((reader) =>
        after === undefined
          ? checkpointsBefore(reader, place, limit + 1)
          : checkpointsAfter(reader, place, limit + 1),
      );
      const items = found.slice(0, limit);
      const next = found.length > limit ? [items.at(-1)!.size] : null;
      return { items: items.map(itemOf), nextCursor: cursorAt(list, next) };
    },
  );
}

function shown({ atMs, ...result }: CheckResult): Static<typeof Verification> {
  const { evidenceKeys, ...rest } = result;
  return {
    ...rest,
    at: isoOf(atMs),
    unvouchedKeys: [...result.unvouchedKeys],
    unvouchedEvidenceKeys: evidenceKeys
      .filter(({ isVouched }) => !isVouched)
      .map(({ seq, publicKey }) => ({ seq, publicKey })),
  };
}

function itemOf({ size, atMs, root, note, hash }: Checkpoint): Static<typeof CheckpointSchema> {
  return { size, at: isoOf(atMs), root: root.toString('hex'), hash: hash.toString('hex'), note };
}
