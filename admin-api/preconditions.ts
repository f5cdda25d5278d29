import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { UnitGuard } from '../server/database/guards.ts';
import type { Database, Reader } from '../server/database/units.ts';
import { Fault } from '../server/domain/faults.ts';
import { canonicalJson } from '../server/ledger/canonical-json.ts';

/** What is asked for by the parameters of a route's URL. */
export type RouteParameters = Readonly<Record<string, string>>;

/**
 * A resource that has an ETag. Every route of it names it (`config.resource`), and gets all of this file for that.
 *
 * The ETag is made of what the resource's GET shows: a hash of its settings and, behind a dot, one of what else it tells
 * and what time and use change by themselves (`volatile`). Whoever asks whether anything is new compares the whole;
 * `If-Match` compares the settings, so that a user who logs in every second can still be changed by somebody who looks
 * at a screen meanwhile: nothing that was seen and is then overwritten escapes it.
 */
export type Resource = {
  /**
   * As its GET shows it, out of rows as a unit finds them; `volatile` fields may be anything.
   *
   * @throws Fault `not-found`
   */
  readonly read: (reader: Reader, parameters: RouteParameters) => Promise<object>;
  readonly volatile?: readonly string[];
  /** Fields that only the answer to a POST has. */
  readonly apart?: readonly string[];
};

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route shows, changes or removes. */
    resource?: Resource;
    /** What it makes: the answer shows it. */
    makes?: Resource;
    /** It holds itself against `If-Match` and `If-None-Match`. */
    ownPreconditions?: boolean;
  }
}

const tagCharacters = 22;
const changing: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
/** One of RFC 9110 section 8.8.3, and what may come after it in a list. */
const oneTag = /^\s*(W\/)?("[\x21\x23-\x7e\x80-\xff]*")\s*(?:,|$)/;

export function etagOf(
  body: object,
  { volatile = [], apart = [] }: Partial<Resource> = {},
): string {
  const fields = Object.entries(body).filter(([name]) => !apart.includes(name));
  const settings = fields.filter(([name]) => !volatile.includes(name));
  const rest = fields.filter(([name]) => volatile.includes(name));
  return rest.length === 0 ? `"${hashOf(settings)}"` : `"${hashOf(settings)}.${hashOf(rest)}"`;
}

function hashOf(fields: readonly (readonly [string, unknown])[]): string {
  const json = canonicalJson(Object.fromEntries(fields));
  return createHash('sha256').update(json).digest('base64url').slice(0, tagCharacters);
}

/**
 * Holds a request that changes something against its `If-Match` and `If-None-Match`: at once, so that what is stale costs
 * nothing, and by the guard that is returned once more in the unit that makes the change. Of two with the same ETag one
 * wins, whatever they change and whoever else writes.
 *
 * @throws Fault `precondition-failed`, `not-found`, `message-malformed`
 */
export async function preconditionOf(
  database: Database,
  request: FastifyRequest,
): Promise<UnitGuard | undefined> {
  const { method, headers, routeOptions } = request;
  if (!changing.has(method) || routeOptions.config.ownPreconditions === true) return undefined;
  const match = headers['if-match'];
  const noneMatch = headers['if-none-match'];
  if (match === undefined && noneMatch === undefined) return undefined;
  const parameters = { ...(request.params as RouteParameters) };
  const { resource } = routeOptions.config;
  if (resource === undefined) {
    // What a POST makes is not there yet; whether something is in its way, its own unit finds out.
    if (method === 'POST' && match === undefined && noneMatch?.trim() === '*') return undefined;
    throw new Fault('precondition-failed', 'there is no ETag here that could match');
  }
  const before = async (reader: Reader) => {
    const tag = etagOf(await resource.read(reader, parameters), resource);
    if (match !== undefined && !isMatched(match, tag))
      throw new Fault('precondition-failed', 'it was changed since; get it again, and decide anew');
    if (noneMatch !== undefined && isNamed(noneMatch, tag))
      throw new Fault('precondition-failed', 'If-None-Match: it is there');
  };
  await database.read(before);
  return { before };
}

/** Whether `If-Match` names the settings; never by a weak tag (RFC 9110 section 13.1.1). */
function isMatched(header: string, tag: string): boolean {
  if (header.trim() === '*') return true;
  return tagsIn(header).some(({ isWeak, text }) => !isWeak && settingsOf(text) === settingsOf(tag));
}

/** Whether `If-None-Match` names it as it is, weakly compared (RFC 9110 section 13.1.2). */
function isNamed(header: string, tag: string): boolean {
  return header.trim() === '*' || tagsIn(header).some(({ text }) => text === tag);
}

function settingsOf(tag: string): string {
  return tag.replaceAll('"', '').split('.', 1)[0] ?? '';
}

/** @throws Fault `message-malformed` */
function tagsIn(header: string): { readonly isWeak: boolean; readonly text: string }[] {
  const tags = [];
  for (let left = header; left !== '';) {
    const found = oneTag.exec(left);
    if (found === null)
      throw new Fault('message-malformed', 'an ETag is text in double quotes, as it came');
    tags.push({ isWeak: found[1] !== undefined, text: found[2] ?? '' });
    left = left.slice(found[0].length);
  }
  return tags;
}

/** Gives the answer its ETag, where it shows one thing and not a list. */
export function tagAnswer(request: FastifyRequest, reply: FastifyReply, payload: unknown): void {
  const isShown = reply.statusCode === 200 || reply.statusCode === 201;
  const { scope, resource, makes = resource } = request.routeOptions.config;
  if (!isShown || scope === 'public' || reply.hasHeader('etag')) return;
  if (typeof payload !== 'object' || payload === null || 'items' in payload) return;
  void reply.header('etag', etagOf(payload, makes));
}

/** @returns whether the caller has it already, as its `If-None-Match` says; the answer is then 304 without a body */
export function isNotModified(request: FastifyRequest, reply: FastifyReply): boolean {
  const header = request.headers['if-none-match'];
  const tag = reply.getHeader('etag');
  if (request.method !== 'GET' || header === undefined || reply.statusCode !== 200) return false;
  if (typeof tag !== 'string' || !isNamed(header, tag)) return false;
  void reply.code(304).removeHeader('content-type').removeHeader('content-length');
  return true;
}

const inTheWay: ReadonlySet<string> = new Set(['name-used', 'already-exists']);

/** What a creation found in its way, for who asked for nothing but a creation. */
export function asPrecondition(request: FastifyRequest, error: unknown): unknown {
  const isOnlyNew = request.headers['if-none-match']?.trim() === '*';
  if (!isOnlyNew || !(error instanceof Fault) || !inTheWay.has(error.code)) return error;
  return new Fault('precondition-failed', `If-None-Match: ${error.message}`, { cause: error });
}
