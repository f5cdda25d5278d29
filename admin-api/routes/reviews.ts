import { Type, type Static } from 'typebox';
import { reviewCsv, reviewPage } from '../../server/reports/review-page.ts';
import type { Review } from '../../server/reports/review-rows.ts';
import { cursorAt, pageItemsDefault, placeIn } from '../cursors.ts';
import { originOf } from '../origin.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
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
import { isoOf } from '../times.ts';
import { formatQuery, formTypes, sendPage, wantedForm } from '../wanted-form.ts';
import { actor } from './retention-schemas.ts';

const states = ['waiting', 'overdue', 'acknowledged'] as const;

export const ReviewSchema = Type.Object(
  {
    id: Type.String(),
    from: time,
    until: time,
    timezone: Type.String({ examples: ['America/Los_Angeles'] }),
    madeAt: time,
    state: Type.Enum([...states], { description: 'overdue: nobody acknowledged it in time' }),
    overdueAt: time,
    acknowledgedAt: timeOrNull,
    acknowledgedBy: Type.Union([actor, Type.Null()]),
    note: stringOrNull,
    figuresSha256: Type.String({
      description: 'of the figures as canonical JSON (RFC 8785), hex, as the ledger has it',
      examples: ['2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae'],
    }),
    figures: Type.Object(
      {},
      {
        additionalProperties: true,
        description: 'what happened in the week',
        examples: [{ version: 1, rows: 1234, logins: { accepted: 12, refused: 3 } }],
      },
    ),
  },
  { $id: 'Review', description: 'The review of a week' },
);
const ReviewRef = reference(ReviewSchema);

const params = Type.Object({ id: Type.String() });
const tags = ['reviews'];

export function reviewRoutes(app: AdminApp, parts: AdminApiParts): void {
  const { reviews } = parts;
  app.get(
    '/v1/reviews',
    {
      config: { scope: 'audit:read' },
      schema: {
        operationId: 'listReviews',
        tags,
        summary: 'The weekly reviews, the newest first',
        querystring: Type.Object(
          {
            state: Type.Optional(Type.Enum([...states], { description: 'only those' })),
            ...pageQuery,
          },
          closed,
        ),
        response: { 200: pageOf(ReviewRef), ...problems },
      },
    },
    async ({ query: { state, limit = pageItemsDefault, cursor } }) => {
      const [before] = placeIn('reviews', cursor, ['number']) ?? [null];
      const listing = { limit, before, ...(state !== undefined && { state }) };
      const { items, next } = await reviews.list(listing);
      return {
        items: items.map(shown),
        nextCursor: cursorAt('reviews', next === null ? null : [next]),
      };
    },
  );
  app.get(
    '/v1/reviews/:id',
    {
      config: { scope: 'audit:read' },
      schema: {
        operationId: 'getReview',
        tags,
        summary: 'One weekly review: JSON, its figures as CSV, or a page to print',
        params,
        querystring: Type.Object({ format: formatQuery(['json', 'csv', 'html']) }, closed),
        response: {
          200: {
            description: 'The review',
            content: {
              'application/json': { schema: ReviewRef },
              'text/csv': { schema: Type.String() },
              'text/html': { schema: Type.String() },
            },
          },
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const review = await reviews.get(request.params.id);
      const form = wantedForm(request, reply, ['json', 'csv', 'html'], request.query.format);
      if (form === 'html') return sendPage(parts, reply, reviewPage(review));
      void reply.type(formTypes[form]);
      return reply.send(form === 'csv' ? reviewCsv(review) : shown(review));
    },
  );
  app.post(
    '/v1/reviews/:id/acknowledgement',
    {
      config: { scope: 'audit:review', refusals: ['not-found', 'conflict'] },
      schema: {
        operationId: 'acknowledgeReview',
        tags,
        summary: 'Say that the review of a week was looked at; once, and when the week is over',
        params,
        body: Type.Object(
          {
            note: Type.String({
              description: 'text of 1 to 200 characters on one line',
              examples: ['looked at the refused logins of Tuesday: a scanner, banned'],
            }),
          },
          closed,
        ),
        response: { 200: ReviewRef, ...problems },
      },
    },
    async (request) =>
      shown(await reviews.acknowledge(originOf(request), request.params.id, request.body.note)),
  );
}

function shown(review: Review): Static<typeof ReviewSchema> {
  return {
    id: review.id,
    from: isoOf(review.fromMs),
    until: isoOf(review.untilMs),
    timezone: review.timezone,
    madeAt: isoOf(review.madeAtMs),
    state: review.state,
    overdueAt: isoOf(review.overdueAtMs),
    acknowledgedAt: isoOf(review.acknowledgedAtMs),
    acknowledgedBy: review.acknowledgedBy,
    note: review.note,
    figuresSha256: review.figuresSha256,
    figures: review.figures,
  };
}
