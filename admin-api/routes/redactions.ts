import { Type } from 'typebox';
import { originOf } from '../origin.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import { closed, problems } from '../schemas.ts';
import { stayingParts } from '../../server/retention/redactions.ts';

const words = {
  description: 'text of 1 to 200 characters on one line, without the name: it stays in the ledger',
};

const NewRedaction = Type.Object(
  {
    agency: Type.String({ description: 'the code of the agency in whose tree the name was' }),
    path: Type.Union([Type.String(), Type.Null()], {
      description:
        'the path as the ledger has it, such as /outgoing/name; null for every name of the agency up to now',
      examples: ['/outgoing/2029/ana-ortiz.pdf'],
    }),
    reason: Type.String({ ...words, examples: ['a name that should not have been sent'] }),
    authority: Type.String({ ...words, examples: ['privacy office 24-17'] }),
  },
  closed,
);

const Redaction = Type.Object(
  {
    agency: Type.String(),
    commitments: Type.Array(Type.String(), {
      description:
        'what rows of the ledger have in place of the name; none where all names of the agency went',
    }),
    transfers: Type.Integer({ description: 'records of transfers that are told without it' }),
    receipts: Type.Integer({
      description: 'receipts of it that are gone: the sender has its copy, and the server has none',
    }),
    erased: Type.Boolean({
      description:
        'whether nothing of it is left in the log of the database by now; otherwise as soon as nobody reads from it',
    }),
    stays: Type.Array(Type.Enum([...stayingParts]), {
      description:
        'what has such names still, and keeps them: rows of the ledger from before names could be redacted, and what is signed',
    }),
  },
  { description: 'What was redacted' },
);

export function redactionRoutes(app: AdminApp, { retention: { redactions } }: AdminApiParts): void {
  app.post(
    '/v1/audit/redactions',
    {
      config: { scope: 'audit:redact', refusals: ['held', 'conflict', 'not-found'] },
      schema: {
        operationId: 'redactName',
        tags: ['audit'],
        summary: 'Take the name of a file that is gone out of the ledger, for good',
        description:
          'The rows stay, and so do their hashes: in place of the name there is a commitment, and what opened it is destroyed.',
        body: NewRedaction,
        response: { 201: Redaction, ...problems },
      },
    },
    async (request, reply) => {
      const redaction = await redactions.redact(originOf(request), request.body);
      return reply.code(201).send({
        ...redaction,
        commitments: [...redaction.commitments],
        stays: [...redaction.stays],
      });
    },
  );
}
