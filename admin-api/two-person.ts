import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest, InjectOptions } from 'fastify';
import type { AdminKey, AdminKeys } from '../server/accounts/admin-keys.ts';
import { hasScope, type AdminScope } from '../server/accounts/admin-scopes.ts';
import type { PendingChange, PendingChanges } from '../server/accounts/pending-changes.ts';
import type { UnitGuard } from '../server/database/guards.ts';
import { Fault } from '../server/domain/faults.ts';
import { addressOf, originOf } from './origin.ts';
import type { AdminApp } from './parts.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its body holds a secret, which must not wait in the database for anybody. */
    takesSecret?: boolean;
    /** What its query has to say for it to wait: it is carried out as one, or not at all. */
    waitsOnlyWith?: Readonly<Record<string, boolean>>;
  }
}

/** A request that a second administrator has approved, while it is carried out. */
export type Execution = {
  /** What was approved, such as `agencies.delete`. */
  readonly action: string;
  readonly requester: AdminKey;
  readonly approver: AdminKey;
  readonly guard: UnitGuard;
};

/** What carrying it out answered. */
export type ExecutionAnswer = {
  readonly status: number;
  readonly location: string | null;
  readonly body: unknown;
};

export type TwoPersonParts = {
  readonly adminKeys: AdminKeys;
  readonly pendingChanges: PendingChanges;
  /** Such as `agencies.delete`. */
  readonly twoPersonActions: readonly string[];
};

const ticketHeader = 'x-waybill-execution';
const bodyBytesMax = 1024 * 1024;
const verbs: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'set',
  PATCH: 'change',
  DELETE: 'delete',
};

/** Other ways to what an action makes. */
const waysRound: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ...['users.create', 'users.keys.create'].map(
    (action) =>
      [
        action,
        [
          'users.imports.create',
          'users.keys.rotations.create',
          // One that has ended is as good as another once it ends later.
          'users.keys.change',
          // Who signs certificates needs no other key.
          'agencies.user-cas.create',
          'agencies.user-cas.change',
          'agencies.certificate-revocations.delete',
        ],
      ] as const,
  ),
  // One authority can become the other: it may certify others then, or for longer.
  ['agencies.user-cas.create', ['agencies.user-cas.change']],
  ['agencies.user-cas.change', ['agencies.user-cas.create']],
  // A plan that was only to be looked at can be approved, and a schedule starts runs by itself.
  [
    'retention-jobs.runs.create',
    ['retention-jobs.runs.approval.create', 'retention-jobs.create', 'retention-jobs.change'],
  ],
  // What needs no approval any more is started.
  [
    'retention-jobs.runs.approval.create',
    ['retention-jobs.runs.create', 'retention-jobs.create', 'retention-jobs.change'],
  ],
  // Of two jobs one can become the other.
  ['retention-jobs.create', ['retention-jobs.change']],
  ['retention-jobs.change', ['retention-jobs.create']],
  // A job takes away whatever its pattern says.
  ['files.delete', ['files.versions.delete', 'retention-jobs.create', 'retention-jobs.change']],
  ['files.versions.delete', ['files.delete', 'retention-jobs.create', 'retention-jobs.change']],
]);
/** Who makes admin keys alone, takes others' over, or gives rights to one of them, is two administrators. */
const waysRoundAll = ['admin-keys.create', 'admin-keys.change', 'admin-keys.rotations.create'];

/** The actions that are named, and those without which they would protect nothing. */
export function protectedActions(named: readonly string[]): ReadonlySet<string> {
  if (named.length === 0) return new Set();
  return new Set([
    ...named,
    ...named.flatMap((action) => waysRound.get(action) ?? []),
    ...waysRoundAll,
  ]);
}

/** The name of what a route does: its resources and a verb, as `users.keys.create`; undefined where it changes nothing. */
export function actionOf(method: string, url: string): string | undefined {
  const verb = verbs[method];
  const names = url
    .split('/')
    .slice(2)
    .filter((name) => !name.startsWith(':'));
  const isChange = verb !== undefined && url.startsWith('/v1/') && names[0] !== 'pending-changes';
  return isChange ? [...names, verb].join('.') : undefined;
}

/**
 * Named actions take two administrators. The request of the first is checked as far as it goes and kept as it came; the
 * second one's approval carries it out by the very route that it was sent to, in the name of the first: with the rights
 * that its key has then, with its `If-Match`, and with both names in each row of the ledger.
 */
export class TwoPersonRule {
  readonly #parts: TwoPersonParts;
  readonly #actions: ReadonlySet<string>;
  /** What a request that carries a change out shows, once. */
  readonly #executions = new Map<string, Execution>();

  constructor(parts: TwoPersonParts) {
    this.#parts = parts;
    this.#actions = protectedActions(parts.twoPersonActions);
  }

  /** @throws Fault `configuration-invalid` for an action that is none, or whose body may not wait */
  check(routes: readonly { readonly action: string; readonly canWait: boolean }[]): void {
    const known = routes.filter(({ canWait }) => canWait).map(({ action }) => action);
    const wrong = [...this.#actions].filter((action) => !known.includes(action));
    if (wrong.length === 0) return;
    throw new Fault(
      'configuration-invalid',
      `WAYBILL_TWO_PERSON_ACTIONS names ${wrong.join(', ')}; expected some of ${[...new Set(known)].sort().join(', ')}`,
    );
  }

  /** The approved request that this one carries out. */
  take(request: FastifyRequest): Execution | undefined {
    const ticket = request.headers[ticketHeader];
    if (typeof ticket !== 'string') return undefined;
    const execution = this.#executions.get(ticket);
    this.#executions.delete(ticket);
    return execution;
  }

  /** @returns whether the request was put by for a second administrator, and is answered */
  async begin(request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    const { url: pattern = '', config } = request.routeOptions;
    const action = actionOf(request.method, pattern);
    if (action === undefined || !this.#actions.has(action)) return false;
    if (request.approvedBy !== null || config.isRead?.(request) === true) return false;
    refuseInParts(request);
    refuseRewritten(request.url);
    const change = await this.#parts.pendingChanges.request(originOf(request), {
      action,
      scope: config.scope ?? '',
      method: request.method,
      url: request.url,
      ifMatch: request.headers['if-match'] ?? null,
      contentType: request.headers['content-type'] ?? null,
      body: bodyOf(request),
    });
    const location = `/v1/pending-changes/${change.id}`;
    // Nobody waits for it to be sent: who hung up is never sent it.
    void reply
      .code(202)
      .header('location', location)
      .type('application/json')
      .send(JSON.stringify({ id: change.id, action, state: change.state, location }));
    return true;
  }

  /**
   * Carries a change out.
   *
   * @throws Fault `not-found`, `conflict`, `approval-not-allowed`, `scope-missing`, `key-expired`
   */
  async approve(
    app: AdminApp,
    request: FastifyRequest,
    id: string,
  ): Promise<{ readonly change: PendingChange; readonly answer: ExecutionAnswer }> {
    const { adminKeys, pendingChanges } = this.#parts;
    const origin = originOf(request);
    const approver = request.administrator;
    const change = await pendingChanges.checkApproval(origin, id);
    if (approver === null || !hasScope(approver, change.scope as AdminScope))
      throw new Fault('scope-missing', `who approves it needs the scope ${change.scope}, too`);
    const requester = await liveRequester(adminKeys, change);
    const guard: UnitGuard = { before: (unit) => pendingChanges.approve(unit, origin, id) };
    const ticket = randomBytes(32).toString('base64url');
    this.#executions.set(ticket, { action: change.action, requester, approver, guard });
    try {
      const response = await app.inject(requestOf(change, ticket, addressOf(request)));
      const { statusCode: status, headers } = response;
      const settled = await pendingChanges.settle(origin, id, status);
      const location = headers.location ?? null;
      const isJson = String(headers['content-type']).includes('json');
      const body: unknown = isJson && response.body !== '' ? JSON.parse(response.body) : null;
      return { change: settled, answer: { status, location, body } };
    } finally {
      this.#executions.delete(ticket);
    }
  }
}

/** @throws Fault `field-invalid` for what one approval might carry out in part */
function refuseInParts({ query, routeOptions }: FastifyRequest): void {
  const said = query as Readonly<Record<string, unknown>>;
  for (const [name, value] of Object.entries(routeOptions.config.waitsOnlyWith ?? {}))
    if (said[name] !== value)
      throw new Fault('field-invalid', `${value}, as this takes two administrators here`, {
        pointer: `/${name}`,
      });
}

/**
 * What carries a change out reads its URL as `URL` does, which makes `/v1/users/ann` of `/v1/agencies/..\users\ann`: what
 * was shown to who approves it would not be what is done.
 *
 * @throws Fault `message-malformed`
 */
function refuseRewritten(url: string): void {
  const base = 'http://localhost';
  const { pathname, search } = new URL(URL.canParse(url, base) ? url : '', base);
  if (`${pathname}${search}` !== url)
    throw new Fault('message-malformed', 'send the path and the query percent-encoded');
}

/**
 * The same at the other end: a change goes by a route of the action that was approved, or by none.
 *
 * @throws Fault `approval-not-allowed`
 */
export function refuseOtherAction(
  { method, routeOptions }: FastifyRequest,
  { action }: Execution,
): void {
  if (actionOf(method, routeOptions.url ?? '') !== action)
    throw new Fault('approval-not-allowed', `what was approved is ${action}, and this is not`);
}

async function liveRequester(adminKeys: AdminKeys, change: PendingChange): Promise<AdminKey> {
  try {
    return await adminKeys.liveAdminKey(change.requestedBy);
  } catch (cause) {
    if (!(cause instanceof Fault)) throw cause;
    throw new Fault(
      'approval-not-allowed',
      'the key that asked for it was removed or has expired',
      {
        cause,
      },
    );
  }
}

function requestOf(change: PendingChange, ticket: string, remoteAddress: string): InjectOptions {
  return {
    method: change.method as 'POST',
    url: change.url,
    remoteAddress,
    headers: {
      [ticketHeader]: ticket,
      ...(change.contentType !== null && { 'content-type': change.contentType }),
      ...(change.ifMatch !== null && { 'if-match': change.ifMatch }),
    },
    ...(change.body !== null && { payload: change.body }),
  };
}

function bodyOf({ body }: FastifyRequest): string | null {
  if (body === undefined || body === null) return null;
  const isStream = typeof body === 'object' && 'pipe' in body;
  const whole = Buffer.isBuffer(body) ? textIn(body) : body;
  const text = typeof whole === 'string' ? whole : isStream ? undefined : JSON.stringify(whole);
  if (text === undefined || Buffer.byteLength(text) > bodyBytesMax)
    throw new Fault('body-too-large', 'too large to wait for a second administrator');
  return text;
}

/** Kept as text, other bytes would be carried out as something else than was sent. @throws Fault `message-malformed` */
function textIn(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new Fault('message-malformed', 'the body is not UTF-8', { cause });
  }
}
