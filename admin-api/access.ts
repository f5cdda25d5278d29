import type { FastifyReply, FastifyRequest } from 'fastify';
import { sourceGroup } from '../server/domain/addresses.ts';
import type { UnitGuard } from '../server/database/guards.ts';
import { Fault } from '../server/domain/faults.ts';
import { keepToAgency } from './agency-bound.ts';
import { authenticate, isRefusedKey, requireScope } from './authenticate.ts';
import { Idempotency } from './idempotency.ts';
import { addressOf } from './origin.ts';
import type { AdminApiParts, AdminApp } from './parts.ts';
import { isNotModified, preconditionOf, tagAnswer } from './preconditions.ts';
import { RateLimit } from './rate-limit.ts';
import { actionOf, refuseOtherAction, TwoPersonRule, type Execution } from './two-person.ts';

export type Access = {
  readonly twoPerson: TwoPersonRule;
  /** Forgets what was kept for long enough. */
  readonly sweep: () => Promise<void>;
};

/**
 * What holds for every request, whatever its route does, in this order: who calls, how often, with which scope, for which
 * agency; whether it was answered before; whether the resource is still what the caller has seen; whether it takes two.
 */
export function addAccess(app: AdminApp, parts: AdminApiParts): Access {
  const twoPerson = new TwoPersonRule(parts);
  const idempotency = new Idempotency(parts);
  const rates = createRates(parts);
  const executions = new WeakMap<FastifyRequest, Execution>();
  app.decorateRequest('administrator', null);
  app.decorateRequest('approvedBy', null);

  app.addHook('onRequest', async (request, reply) => {
    const execution = twoPerson.take(request);
    if (execution === undefined) await rates.identify(request, reply);
    else {
      executions.set(request, execution);
      request.administrator = execution.requester;
      request.approvedBy = execution.approver;
      refuseOtherAction(request, execution);
    }
    requireScope(request);
  });
  /** @returns whether it is for its route; otherwise it is answered */
  const admit = async (request: FastifyRequest, reply: FastifyReply): Promise<boolean> => {
    if (request.is404 || request.administrator === null) return true;
    await keepToAgency(request);
    const answered = await idempotency.begin(request, reply);
    if (answered === 'answered') return false;
    const precondition = await preconditionOf(parts.database, request);
    const wanted = [precondition, executions.get(request)?.guard, answered];
    const guards = wanted.filter((guard): guard is UnitGuard => guard !== undefined);
    if (guards.length > 0) parts.guards.hold(request.id, guards);
    return !(await twoPerson.begin(request, reply));
  };
  // Not a promise that Fastify goes on after: of a client that hung up a reply counts as sent while its hooks still wait,
  // and as not sent when Fastify asks, so the route would do what only a second administrator may have done.
  app.addHook('preHandler', (request, reply, done) => {
    const settle = async () => {
      let isForRoute = false;
      try {
        isForRoute = await admit(request, reply);
      } catch (error) {
        return done(error as Error);
      }
      if (isForRoute) done();
    };
    void settle();
  });
  app.addHook('preSerialization', async (request, reply, payload) => {
    tagAnswer(request, reply, payload);
    return payload;
  });
  app.addHook('onSend', async (request, reply, payload) => {
    parts.guards.release(request.id);
    await idempotency.keep(request, reply, payload);
    return typeof payload === 'string' && isNotModified(request, reply) ? '' : payload;
  });
  checkActions(app, twoPerson);
  return {
    twoPerson,
    sweep: async () => {
      await idempotency.sweep();
      await parts.pendingChanges.sweep();
    },
  };
}

/** How often a key may ask, and a source without one. */
function createRates({ adminKeys, limits, steadyNow: now }: AdminApiParts) {
  const rememberedMax = limits.apiRatesRememberedMax;
  const ofKeys = new RateLimit({
    perSecondMax: limits.apiRequestsPerSecondMax,
    atOnceMax: limits.apiRequestsAtOnceMax,
    rememberedMax,
    now,
  });
  const ofStrangers = new RateLimit({
    perSecondMax: limits.apiFailuresPerMinuteMax / 60,
    atOnceMax: limits.apiFailuresAtOnceMax,
    rememberedMax,
    now,
  });
  return {
    /**
     * A key that is right gets through from wherever others guess: 256 random bits are not guessed, and who shares its
     * address is not to keep it out.
     */
    identify: async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      const source = sourceGroup(addressOf(request));
      if (request.routeOptions.config.isRated === true)
        refuseIfLate(reply, ofStrangers.take(source));
      try {
        await authenticate(adminKeys, request);
      } catch (error) {
        if (isRefusedKey(error)) refuseIfLate(reply, ofStrangers.take(source));
        throw error;
      }
      if (request.administrator !== null)
        refuseIfLate(reply, ofKeys.take(request.administrator.id));
    },
  };
}

/** @throws Fault `rate-exceeded` */
function refuseIfLate(reply: FastifyReply, waitMs: number): void {
  if (waitMs === 0) return;
  void reply.header('retry-after', String(Math.ceil(waitMs / 1_000)));
  throw new Fault('rate-exceeded');
}

/** Once all routes are there; a name that is none of theirs would protect nothing. */
function checkActions(app: AdminApp, twoPerson: TwoPersonRule): void {
  const routes: { action: string; canWait: boolean }[] = [];
  app.addHook('onRoute', ({ method, url, config }) => {
    for (const each of [method].flat()) {
      const action = actionOf(each, url);
      const canWait = config?.takesSecret !== true && config?.streams !== true;
      if (action !== undefined) routes.push({ action, canWait });
    }
  });
  app.addHook('onReady', async () => twoPerson.check(routes));
}
