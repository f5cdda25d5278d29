import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { Database, Unit } from '../server/database/units.ts';

/** What of an answer a client needs again. */
export type KeptAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** Whose answer it is, to what: SHA-256 of the Idempotency-Key, and HMAC-SHA256 of the request under it. */
export type AnswerKey = {
  readonly adminKeyId: string;
  readonly keyHash: Buffer;
  readonly requestHash: Buffer;
  readonly requestId: string;
};

/** As it lies in the database; without its status only the change is certain. */
export type KeptRow = {
  readonly request_hash: Uint8Array;
  readonly request_id: string;
  readonly status: number | null;
  readonly sealed: Uint8Array | null;
};

export type KeptAnswerLimits = {
  readonly apiAnswersKeptMs: number;
  readonly apiAnswersPerKeyMax: number;
  readonly apiAnswersPerKeyBytesMax: number;
};

const nonceBytes = 12;
const tagBytes = 16;
/** A row without its answer. */
const rowBytes = 200;
const rowsPerSweep = 1_000;

/**
 * Answers that are kept for who repeats an Idempotency-Key. They lie encrypted under a key that only the secret gives
 * with which the request came: an answer may hold a secret that is shown once, and a copy of the database is to tell
 * nobody what even the server cannot find out.
 */
export class KeptAnswers {
  readonly #database: Database;
  readonly #limits: KeptAnswerLimits;

  constructor(database: Database, limits: KeptAnswerLimits) {
    this.#database = database;
    this.#limits = limits;
  }

  /** Undefined where nothing is kept, or not any more; otherwise also whether this API key has room for another. */
  find({ adminKeyId, keyHash }: AnswerKey): Promise<{
    readonly row: KeptRow | undefined;
    readonly hasRoom: boolean;
  }> {
    return this.#database.read(async ({ query, nowMs }) => {
      const sinceMs = nowMs - this.#limits.apiAnswersKeptMs;
      const row = await query
        .selectFrom('kept_answers')
        .select(['request_hash', 'request_id', 'status', 'sealed'])
        .where('admin_key_id', '=', adminKeyId)
        .where('key_hash', '=', keyHash)
        .where('created_at', '>', sinceMs)
        .executeTakeFirst();
      const { count, bytes } = await query
        .selectFrom('kept_answers')
        .select(({ fn }) => [
          fn.countAll<number>().as('count'),
          fn.sum<number | null>('bytes').as('bytes'),
        ])
        .where('admin_key_id', '=', adminKeyId)
        .where('created_at', '>', sinceMs)
        .executeTakeFirstOrThrow();
      const hasRoom =
        count < this.#limits.apiAnswersPerKeyMax &&
        (bytes ?? 0) < this.#limits.apiAnswersPerKeyBytesMax;
      return { row, hasRoom };
    });
  }

  /** In the unit of the change: that it was made is certain from then on, whatever becomes of its answer. */
  async mark(unit: Unit, key: AnswerKey): Promise<void> {
    await put(unit, key, { status: null, sealed: null });
  }

  /** Soon durable: of a power cut just after it, the mark is left. */
  async keep(key: AnswerKey, secret: string, answer: KeptAnswer): Promise<void> {
    const sealed = seal(secret, key, answer);
    await this.#database.write((unit) => put(unit, key, { status: answer.status, sealed }), {
      durable: 'soon',
    });
  }

  /** Removes what is past its time, in batches that hold nobody up. @returns how many answers */
  async sweep(): Promise<number> {
    for (let swept = 0; ;) {
      const batch = await this.#database.write(async ({ query, nowMs }) => {
        const old = await query
          .selectFrom('kept_answers')
          .select(['admin_key_id', 'key_hash'])
          .where('created_at', '<=', nowMs - this.#limits.apiAnswersKeptMs)
          .orderBy('created_at')
          .limit(rowsPerSweep)
          .execute();
        for (const { admin_key_id, key_hash } of old)
          await query
            .deleteFrom('kept_answers')
            .where('admin_key_id', '=', admin_key_id)
            .where('key_hash', '=', key_hash)
            .execute();
        return old.length;
      });
      swept += batch;
      if (batch < rowsPerSweep) return swept;
    }
  }
}

async function put(
  unit: Unit,
  { adminKeyId, keyHash, requestHash, requestId }: AnswerKey,
  answer: Pick<KeptRow, 'status' | 'sealed'>,
): Promise<void> {
  const set = {
    request_hash: requestHash,
    request_id: requestId,
    bytes: rowBytes + (answer.sealed?.length ?? 0),
    created_at: unit.nowMs,
    ...answer,
  };
  await unit.query
    .insertInto('kept_answers')
    .values({ admin_key_id: adminKeyId, key_hash: keyHash, ...set })
    .onConflict((conflict) => conflict.columns(['admin_key_id', 'key_hash']).doUpdateSet(set))
    .execute();
}

/** nonce, tag, ciphertext */
function seal(secret: string, key: AnswerKey, answer: KeptAnswer): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', sealingKey(secret, key.keyHash), nonce);
  cipher.setAAD(bindingOf(key));
  const sealed = Buffer.concat([cipher.update(JSON.stringify(answer), 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

/** @returns undefined where the secret is another one than the request came with: the API key was rotated meanwhile */
export function unseal(secret: string, key: AnswerKey, sealed: Uint8Array): KeptAnswer | undefined {
  const bytes = Buffer.from(sealed);
  const decipher = createDecipheriv(
    'aes-256-gcm',
    sealingKey(secret, key.keyHash),
    bytes.subarray(0, nonceBytes),
    { authTagLength: tagBytes },
  );
  decipher.setAAD(bindingOf(key));
  decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
  try {
    const text = Buffer.concat([
      decipher.update(bytes.subarray(nonceBytes + tagBytes)),
      decipher.final(),
    ]);
    return JSON.parse(text.toString('utf8')) as KeptAnswer;
  } catch {
    return undefined;
  }
}

function sealingKey(secret: string, salt: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, 'waybill kept answer', 32));
}

function bindingOf({ adminKeyId, requestHash }: AnswerKey): Buffer {
  return Buffer.concat([Buffer.from(adminKeyId), requestHash]);
}
