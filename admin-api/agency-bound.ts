import type { FastifyRequest } from 'fastify';
import type { Accounts } from '../server/accounts/accounts.ts';
import { Fault } from '../server/domain/faults.ts';
import type { RouteParameters } from './preconditions.ts';

/** How a route keeps to one agency, for a key that is bound to one. */
export type AgencyRule =
  /** It does so by itself, and asks `boundAgencyOf`. */
  | 'own'
  /** A list that this parameter of the query narrows. */
  | { readonly query: string }
  /** The body says for which agency something is made. */
  | { readonly body: string }
  /** What its URL names belongs to an agency: its code, or null. May throw `not-found`. */
  | { readonly of: (parameters: RouteParameters) => Promise<string | null> };

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A route without it is not for keys that are bound to an agency. */
    agency?: AgencyRule;
  }
}

/** The agency that the caller's key is bound to; undefined for all of them. */
export function boundAgencyOf({ administrator }: FastifyRequest): string | undefined {
  return administrator?.agency ?? undefined;
}

/**
 * Keeps a bound key to its agency. Absence means refusal: what does not say how it keeps to one is not for such a key.
 * What belongs to another agency is not there, in the same words as what does not exist.
 *
 * @throws Fault `agency-not-allowed`, `not-found`
 */
export async function keepToAgency(request: FastifyRequest): Promise<void> {
  const bound = boundAgencyOf(request);
  if (bound === undefined) return;
  const rule = request.routeOptions.config.agency;
  if (rule === undefined)
    throw new Fault(
      'agency-not-allowed',
      `the API key is bound to ${bound}; this is for all agencies`,
    );
  if (rule === 'own') return;
  if ('of' in rule) return refuseOther(rule, bound, request.params as RouteParameters);
  const [part, name] = 'query' in rule ? [request.query, rule.query] : [request.body, rule.body];
  const fields = part as Record<string, unknown>;
  if (fields[name] !== undefined && fields[name] !== bound)
    throw new Fault('agency-not-allowed', `the API key is bound to ${bound}`, {
      pointer: `/${name}`,
    });
  fields[name] = bound;
}

async function refuseOther(
  { of }: Extract<AgencyRule, { of: unknown }>,
  bound: string,
  parameters: RouteParameters,
): Promise<void> {
  let agency: string | null = null;
  try {
    agency = await of(parameters);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'not-found') throw error;
  }
  if (agency !== bound) throw new Fault('not-found', `no such thing in ${bound}`);
}

/** Of the routes of one user. */
export function agencyOfUser(accounts: Pick<Accounts, 'getUser'>): AgencyRule {
  return { of: async ({ username = '' }) => (await accounts.getUser(username)).agency };
}
