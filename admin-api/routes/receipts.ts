import { Type, type Static } from 'typebox';
import { receiptKinds, type KeptReceipt } from '../../server/receipts/receipt.ts';
import type { ReceiptFilter } from '../../server/receipts/search.ts';
import { cursorAt, pageItemsDefault, placeIn } from '../cursors.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import type { RouteParameters } from '../preconditions.ts';
import { closed, pageOf, pageQuery, problems, reference, stringOrNull, time } from '../schemas.ts';
import { msOf } from '../times.ts';

/** Of the example: what ssh-keygen prints of a key. */
const fingerprint = 'SHA256:M1Uf5mVb4nEyPSzXJc9a6oTgD2hLq0wRk7BvxYtIuAs';
const fingerprintOrNull = Type.Union([Type.String(), Type.Null()], { examples: [fingerprint] });
const sha256 = Type.String({
  description: '64 lower-case hex digits',
  examples: ['60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752'],
});

/** As it was signed: a receipt of a later kind may say more. */
export const ReceiptSchema = Type.Object(
  {
    v: Type.Integer({ examples: [1] }),
    type: Type.String({ examples: ['waybill-receipt.1'] }),
    receiptId: Type.String({ examples: ['0197f3a1c2e0'] }),
    kind: Type.Enum([...receiptKinds]),
    agency: Type.Union([Type.String(), Type.Null()], {
      description: "the sender's; null for an API key that is bound to none",
      examples: ['alameda'],
    }),
    user: Type.String({
      description: 'who sent it: a user name, or admin:<name of the API key>',
      examples: ['amy'],
    }),
    keyFingerprint: fingerprintOrNull,
    tree: Type.String({ description: 'the agency in whose tree it lies', examples: ['alameda'] }),
    path: Type.String(),
    size: Type.Integer({ description: 'bytes' }),
    sha256,
    receivedAt: time,
    collectedAt: Type.Optional(time),
    collectedBy: Type.Optional(
      Type.Object(
        { user: Type.String({ examples: ['dana'] }), agency: stringOrNull },
        { additionalProperties: true, description: 'who read the whole of it' },
      ),
    ),
    issuedAt: time,
    ledgerRow: Type.Object(
      { seq: Type.Integer(), hash: sha256 },
      { additionalProperties: true, description: 'the row of the ledger that says the same' },
    ),
    checkpoint: Type.Union(
      [
        Type.Object({ size: Type.Integer(), hash: sha256 }, { additionalProperties: true }),
        Type.Null(),
      ],
      { description: 'the latest one before that row' },
    ),
    signedUpload: Type.Optional(
      Type.Object(
        {
          result: Type.Enum(['verified', 'refused']),
          keyFingerprint: fingerprintOrNull,
          hash: Type.Union([Type.String(), Type.Null()], { examples: ['sha512'] }),
          signatureSha256: sha256,
          problem: Type.Union([Type.String(), Type.Null()], {
            examples: ['it is not of this content'],
          }),
        },
        {
          additionalProperties: true,
          description: 'what became of the signature that the sender put beside it',
        },
      ),
    ),
    server: Type.Object(
      { name: Type.String(), version: Type.String() },
      { additionalProperties: true, examples: [{ name: 'waybill', version: '0.0.0' }] },
    ),
  },
  {
    $id: 'Receipt',
    additionalProperties: true,
    description: 'That a file was received whole, or that somebody else has read the whole of it',
  },
);
const ReceiptRef = reference(ReceiptSchema);

const SignedReceipt = Type.Object(
  {
    receipt: ReceiptRef,
    text: Type.String({
      description: 'what is signed, to the byte: the receipt as canonical JSON (RFC 8785)',
      examples: ['{"agency":"alameda","kind":"received"}'],
    }),
    signature: Type.String({
      description: 'an SSH signature (PROTOCOL.sshsig), namespace waybill-receipt',
      examples: ['-----BEGIN SSH SIGNATURE-----\nU1NIU0lH…\n-----END SSH SIGNATURE-----\n'],
    }),
  },
  { description: 'One receipt with its signature' },
);

const filters = {
  agency: Type.Optional(Type.String({ description: "the sender's", examples: ['alameda'] })),
  user: Type.Optional(Type.String({ description: 'who sent it', examples: ['amy'] })),
  path: Type.Optional(Type.String({ description: 'exactly this path' })),
  sha256: Type.Optional(
    Type.String({ pattern: '^[0-9a-f]{64}$', description: '64 lower-case hex digits' }),
  ),
  kind: Type.Optional(Type.Enum([...receiptKinds])),
  from: Type.Optional(time),
  to: Type.Optional(time),
};
const Filters = Type.Object(filters, closed);
const params = Type.Object({ id: Type.String() });
const tags = ['receipts'];
const scope = 'receipts:read';

export function receiptRoutes(app: AdminApp, { receipts }: AdminApiParts): void {
  const agency = {
    of: async ({ id = '' }: RouteParameters) => (await receipts.get(id)).receipt.agency,
  };
  app.get(
    '/v1/receipts',
    {
      config: { scope, agency: { query: 'agency' } },
      schema: {
        operationId: 'searchReceipts',
        tags,
        summary:
          'Receipts of senders, the newest first; from and to are when they were issued. A page may have fewer than asked for though there is a next one',
        querystring: Type.Object({ ...filters, ...pageQuery }, closed),
        response: { 200: pageOf(ReceiptRef), ...problems },
      },
    },
    async ({ query: { limit = pageItemsDefault, cursor, ...given } }) => {
      const place = placeIn('receipts', cursor, ['string']);
      const after = place === null ? null : place[0];
      const { items, next } = await receipts.list({ limit, after, ...filterOf(given) });
      return {
        items: items.map(shown),
        nextCursor: cursorAt('receipts', next === null ? null : [next]),
      };
    },
  );
  app.get(
    '/v1/receipts/:id',
    {
      config: { scope, agency },
      schema: {
        operationId: 'getReceipt',
        tags,
        summary: 'One receipt with its signature',
        params,
        response: { 200: SignedReceipt, ...problems },
      },
    },
    async ({ params: { id } }) => {
      const kept = await receipts.get(id);
      return { receipt: shown(kept), text: kept.text, signature: kept.signature };
    },
  );
  for (const { part, operationId, summary, example } of signedParts)
    app.get(
      `/v1/receipts/:id/${part}`,
      {
        config: { scope, agency },
        schema: {
          operationId,
          tags,
          summary,
          params,
          response: {
            200: {
              description: 'Its bytes',
              content: { 'text/plain': { schema: Type.String({ examples: [example] }) } },
            },
            ...problems,
          },
        },
      },
      async (request, reply) => {
        const kept = await receipts.get(request.params.id);
        return reply.type('text/plain; charset=utf-8').send(kept[part]);
      },
    );
}

const signedParts = [
  {
    part: 'text',
    operationId: 'getReceiptText',
    summary: 'What is signed, to the byte',
    example: '{"agency":"alameda","kind":"received"}',
  },
  {
    part: 'signature',
    operationId: 'getReceiptSignature',
    summary: 'The signature, as `ssh-keygen -Y verify -s` takes it',
    example: '-----BEGIN SSH SIGNATURE-----',
  },
] as const;

function filterOf({ from, to, ...equal }: Static<typeof Filters>): ReceiptFilter {
  return {
    ...equal,
    ...(from !== undefined && { fromMs: msOf(from, '/from') }),
    ...(to !== undefined && { toMs: msOf(to, '/to') }),
  };
}

function shown({ receipt }: KeptReceipt): Static<typeof ReceiptSchema> {
  return { ...receipt, ledgerRow: { ...receipt.ledgerRow } };
}
