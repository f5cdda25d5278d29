import { Type, type Static, type TSchema } from 'typebox';
import { faultTexts, type FaultCode } from '../server/domain/faults.ts';
import { problemType } from './faults.ts';

/** A reference to a schema that `app.ts` registers under its `$id`. */
export function reference<T extends TSchema>(schema: T) {
  return Type.Unsafe<Static<T>>({ $ref: `${(schema as { $id?: string }).$id}#` });
}

/** An object of exactly these fields. */
export const closed = { additionalProperties: false } as const;

export const time = Type.String({
  format: 'date-time',
  description: 'a time such as 2030-01-31T00:00:00Z',
});
export const timeOrNull = Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
  description: 'a time such as 2030-01-31T00:00:00Z, or null',
});
export const stringOrNull = Type.Union([Type.String(), Type.Null()]);
export const integerOrNull = Type.Union([Type.Integer(), Type.Null()]);
export const cidrs = Type.Array(Type.String(), {
  description: 'a list of IPv4 or IPv6 addresses or CIDR blocks; an empty one is everywhere',
});

export const pageQuery = {
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 500,
      default: 100,
      description: 'a whole number from 1 to 500',
    }),
  ),
  cursor: Type.Optional(
    Type.String({ maxLength: 2048, description: 'the nextCursor of the page before, as it came' }),
  ),
};

export function pageOf<T extends TSchema>(item: T) {
  return Type.Object(
    {
      items: Type.Array(item),
      nextCursor: Type.Union([Type.String(), Type.Null()], {
        description: 'null on the last page',
      }),
    },
    { description: 'A page' },
  );
}

export const ProblemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.Enum(Object.keys(faultTexts) as FaultCode[]),
    errors: Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() })),
    requestId: Type.String(),
  },
  { $id: 'Problem', description: 'Why a request was refused (RFC 9457)' },
);

const problem = {
  description: 'A problem (RFC 9457)',
  content: { [problemType]: { schema: reference(ProblemSchema) } },
};
/**
 * How a problem is written. Which ones there are is told by the description: those that a route may meet by its form
 * (`openapi/complete.ts`), and the `refusals` that its `config` names.
 */
export const problems = { '4xx': problem, '5xx': problem };
export const noContent = { 204: Type.Null({ description: 'Done' }) };

/** `Location` of what was made. */
export function created<T extends TSchema>(schema: T) {
  return {
    201: {
      description: 'Made',
      headers: { Location: { type: 'string' } },
      content: { 'application/json': { schema } },
    },
  };
}
