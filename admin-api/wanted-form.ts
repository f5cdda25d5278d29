import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { pagePolicy } from '../server/retention/page.ts';
import type { AdminApiParts } from './parts.ts';
import { sendPieces } from './streamed-list.ts';

/** The forms that some answers come in, by the word for them in `?format=`. */
export const formTypes = {
  json: 'application/json; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
  html: 'text/html; charset=utf-8',
} as const;
export type Form = keyof typeof formTypes;

/** The `format` of a query. */
export function formatQuery<const Forms extends readonly Form[]>(forms: Forms) {
  return Type.Optional(
    Type.Enum([...forms] as Forms[number][], {
      description: `${forms.join(', ')}; without it Accept decides, and ${forms[0]} where that names none of them`,
    }),
  );
}

/** What `?format=` says, or else which of the forms the `Accept` of the request likes best (RFC 9110 section 12.5.1). */
export function wantedForm<F extends Form>(
  request: FastifyRequest,
  reply: FastifyReply,
  forms: readonly [F, ...F[]],
  format: F | undefined,
): F {
  void reply.header('vary', 'accept');
  if (format !== undefined) return format;
  const liked = forms.map((form) => ({ form, weight: weightOf(request.headers.accept, form) }));
  // Of those that are liked as well, the first of the route's own.
  return liked.toSorted((one, other) => other.weight - one.weight)[0]?.form ?? forms[0];
}

/** A page to print, which loads nothing and runs nothing. */
export function sendPage(
  parts: Pick<AdminApiParts, 'onFault'>,
  reply: FastifyReply,
  page: string | AsyncIterable<string>,
): FastifyReply {
  void reply.type(formTypes.html).header('content-security-policy', pagePolicy);
  return typeof page === 'string' ? reply.send(page) : sendPieces(parts, reply, page);
}

function weightOf(accept = '*/*', form: Form): number {
  const [type = ''] = formTypes[form].split(';');
  const ranges = accept.split(',').map((range) => {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    return { name, weight: weight === undefined ? 1 : Number(weight) || 0 };
  });
  const wildcards = [type, `${type.split('/')[0]}/*`, '*/*'];
  // The most special range that there is counts.
  for (const name of wildcards) {
    const found = ranges.find((range) => range.name === name);
    if (found !== undefined) return found.weight;
  }
  return 0;
}
