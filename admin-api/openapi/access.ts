import { Type, type TSchema } from 'typebox';
import type { FaultCode } from '../../server/domain/faults.ts';
import { actionOf } from '../two-person.ts';

/** What a route is, as far as what holds for every request depends on it. */
export type DescribedRoute = {
  readonly method: string;
  readonly url: string;
  readonly isPublic: boolean;
  /** Whether what it shows, makes or changes has an ETag. */
  readonly hasResource: boolean;
  /** Whether it shows one thing, which is then tagged, and not a list or a stream. */
  readonly showsOne: boolean;
};

export type DescribedAccess = {
  readonly refusals: readonly FaultCode[];
  readonly headers: Readonly<Record<string, TSchema>>;
  readonly responses: Readonly<Record<number, unknown>>;
};

const header = (description: string) => Type.Optional(Type.String({ description }));

const idempotencyKey = header(
  'up to 255 characters of your own for this request: with the same ones it is never carried out twice, and answered the same for a day',
);
const ifMatch = header('only if the ETag is still this one (its part before a dot); * for any');
const ifNoneMatch = header('only if the ETag is another one');
const ifNew = header('*: 412, and not 409, where it exists');

const notModified = { 304: Type.Null({ description: 'It is as its If-None-Match says' }) };
const pending = {
  202: {
    description: 'It waits for a second administrator (WAYBILL_TWO_PERSON_ACTIONS)',
    headers: { Location: { type: 'string' } },
    content: {
      'application/json': {
        schema: Type.Object({
          id: Type.String(),
          action: Type.String(),
          state: Type.String(),
          location: Type.String(),
        }),
      },
    },
  },
};

/** What `access.ts` adds to a route: refusals, headers and answers that no route has to tell of by itself. */
export function describeAccess({
  method,
  url,
  isPublic,
  hasResource,
  showsOne,
}: DescribedRoute): DescribedAccess {
  if (isPublic) return { refusals: [], headers: {}, responses: {} };
  const every: FaultCode[] = ['rate-exceeded', 'agency-not-allowed'];
  const isPost = method === 'POST';
  if (method === 'GET' || method === 'HEAD') {
    return {
      refusals: [...every, ...(showsOne ? (['message-malformed'] as const) : [])],
      headers: showsOne ? { 'if-none-match': ifNoneMatch } : {},
      responses: showsOne ? notModified : {},
    };
  }
  return {
    refusals: [
      ...every,
      'precondition-failed',
      ...(isPost ? (['idempotency-key-reused', 'request-under-way', 'answer-lost'] as const) : []),
    ],
    headers: {
      ...(isPost ? { 'idempotency-key': idempotencyKey, 'if-none-match': ifNew } : {}),
      ...(hasResource && { 'if-match': ifMatch }),
    },
    responses: actionOf(method, url) === undefined ? {} : pending,
  };
}
