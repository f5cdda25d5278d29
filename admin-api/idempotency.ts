import { createHash, createHmac } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { UnitGuard } from '../server/database/guards.ts';
import type { Database } from '../server/database/units.ts';
import { Fault } from '../server/domain/faults.ts';
import { canonicalJson } from '../server/ledger/canonical-json.ts';
import { bearerSecret } from './authenticate.ts';
import { KeptAnswers, unseal, type AnswerKey, type KeptAnswerLimits } from './kept-answers.ts';

/** Of an answer that was given before. */
export const replayedHeader = 'idempotency-replayed';
/** Printable ASCII, in quotes or not (draft-ietf-httpapi-idempotency-key-header). */
const keyForm = /^[\x20-\x7e]{1,255}$/;
const retryAfterSeconds = '1';
const fullRetryAfterSeconds = '3600';
const headersKept = ['content-type', 'location', 'etag'];
/** What stands for a body that is read as it comes. */
const headersOfStream = [
  'content-type',
  'content-length',
  'digest',
  'repr-digest',
  'content-digest',
];

export type IdempotencyParts = {
  readonly database: Database;
  readonly limits: KeptAnswerLimits & { readonly apiAnswerBytesMax: number };
  readonly onFault: (error: unknown) => void;
};

type UnderWay = { readonly key: AnswerKey; readonly slot: string; readonly secret: string };

/**
 * `Idempotency-Key` on POST: who got no answer asks the same again, and gets the answer that was lost instead of a second
 * change. That the change was made is written in its own transaction, and the answer after it. So a server that dies in
 * between never does it twice: it says that it was done, and that its answer is gone. Only what succeeded is kept; what
 * was refused changed nothing, and is judged anew.
 */
export class Idempotency {
  readonly #answers: KeptAnswers;
  readonly #parts: IdempotencyParts;
  readonly #underWay = new Map<string, Buffer>();
  readonly #requests = new WeakMap<FastifyRequest, UnderWay>();

  constructor(parts: IdempotencyParts) {
    this.#parts = parts;
    this.#answers = new KeptAnswers(parts.database, parts.limits);
  }

  /** Requests with a key that are being carried out. */
  get underWay(): number {
    return this.#underWay.size;
  }

  sweep(): Promise<number> {
    return this.#answers.sweep();
  }

  /**
   * @returns `answered` where the answer of the first time was sent; otherwise what the unit of the change is to write
   * @throws Fault `idempotency-key-reused`, `request-under-way`, `answer-lost`, `rate-exceeded`, `message-malformed`
   */
  async begin(
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<UnitGuard | 'answered' | undefined> {
    const given = request.headers['idempotency-key'];
    const { administrator } = request;
    if (request.method !== 'POST' || given === undefined || administrator === null)
      return undefined;
    if (typeof given !== 'string' || !keyForm.test(given))
      throw new Fault('message-malformed', 'an Idempotency-Key is 1 to 255 printable characters');
    const key: AnswerKey = {
      adminKeyId: administrator.id,
      keyHash: createHash('sha256').update(given).digest(),
      requestHash: requestHash(given, request),
      requestId: request.id,
    };
    const slot = `${key.adminKeyId} ${key.keyHash.toString('hex')}`;
    const other = this.#underWay.get(slot);
    if (other !== undefined) {
      refuseOther(other, key);
      void reply.header('retry-after', retryAfterSeconds);
      throw new Fault('request-under-way');
    }
    this.#underWay.set(slot, key.requestHash);
    this.#requests.set(request, { key, slot, secret: bearerSecret(request) ?? '' });
    if (await this.#answerAgain(request, reply, key)) return 'answered';
    return { after: (unit) => this.#answers.mark(unit, key) };
  }

  async #answerAgain(
    request: FastifyRequest,
    reply: FastifyReply,
    key: AnswerKey,
  ): Promise<boolean> {
    const { row, hasRoom } = await this.#answers.find(key);
    if (row === undefined) {
      if (hasRoom) return false;
      void reply.header('retry-after', fullRetryAfterSeconds);
      throw new Fault('rate-exceeded', 'this API key has used too many Idempotency-Keys in a day');
    }
    refuseOther(Buffer.from(row.request_hash), key);
    const secret = bearerSecret(request) ?? '';
    const answer = row.sealed === null ? undefined : unseal(secret, key, row.sealed);
    if (answer === undefined)
      throw new Fault(
        'answer-lost',
        `the request was carried out before, as ${row.request_id}, but its answer is gone: see what it made, or GET /v1/audit?session=${row.request_id}`,
      );
    this.end(request);
    // Nobody waits for it to be sent: who hung up is never sent it.
    void reply
      .code(answer.status)
      .headers({ ...answer.headers, [replayedHeader]: 'true' })
      .send(answer.body);
    return true;
  }

  /** Keeps the answer that is about to be sent. What cannot be kept is sent all the same: the change is marked. */
  async keep(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<void> {
    const underWay = this.#requests.get(request);
    if (underWay === undefined) return;
    const isDone = reply.statusCode >= 200 && reply.statusCode < 300;
    const body = payload ?? '';
    const isKept =
      typeof body === 'string' && Buffer.byteLength(body) <= this.#parts.limits.apiAnswerBytesMax;
    try {
      if (isDone && isKept)
        await this.#answers.keep(underWay.key, underWay.secret, {
          status: reply.statusCode,
          headers: headersOf(reply),
          body,
        });
    } catch (error) {
      this.#parts.onFault(error);
    } finally {
      this.end(request);
    }
  }

  /** Also for a request that was never answered. */
  end(request: FastifyRequest): void {
    const underWay = this.#requests.get(request);
    if (underWay === undefined) return;
    this.#requests.delete(request);
    this.#underWay.delete(underWay.slot);
  }
}

function refuseOther(requestHash: Buffer, key: AnswerKey): void {
  if (!requestHash.equals(key.requestHash)) throw new Fault('idempotency-key-reused');
}

/**
 * The same JSON in another order is the same request. A request may name a file, so it cannot be guessed from this without
 * the Idempotency-Key, of which only a hash is kept.
 */
function requestHash(given: string, { method, url, body, headers }: FastifyRequest): Buffer {
  const isStream = typeof body === 'object' && body !== null && 'pipe' in body;
  const content = isStream
    ? headersOfStream.map((name) => `${name}: ${String(headers[name])}`)
    : Buffer.isBuffer(body)
      ? createHash('sha256').update(body).digest('hex')
      : (body ?? null);
  return createHmac('sha256', given)
    .update(canonicalJson({ method, url, content, ifMatch: headers['if-match'] }))
    .digest();
}

function headersOf(reply: FastifyReply): Record<string, string> {
  return Object.fromEntries(
    headersKept.flatMap((name) => {
      const value = reply.getHeader(name);
      return value === undefined ? [] : [[name, String(value)]];
    }),
  );
}
