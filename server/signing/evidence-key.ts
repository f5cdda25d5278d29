import { createHash } from 'node:crypto';
import { prepare } from '../database/prepared.ts';
import type { Database, Reader, Unit } from '../database/units.ts';
import type { LedgerEvent } from '../domain/events.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { armoredSignature, type Signer } from './sshsig.ts';

/** What a signature of the evidence key may be for; it is part of what is signed. */
export const namespaces = {
  destruction: 'waybill-destruction',
  receipt: 'waybill-receipt',
  evidenceKey: 'waybill-evidence-key',
  checkpointKey: 'waybill-checkpoint-key',
  archive: 'waybill-archive',
} as const;
export type Namespace = keyof typeof namespaces;

/** Who signs, in the words of an `allowed_signers` file. */
export const signerIdentity = 'waybill';

/** The key that speaks for what the server records. It is not the host key: that one signs what clients send. */
export type EvidenceKey = {
  /** As in `.pub` files: type and base64, no comment. */
  readonly publicKeyLine: string;
  /** `SHA256:` and unpadded base64, as OpenSSH prints it. */
  readonly fingerprint: string;
  /** An armored SSH signature (sshsig.ts). */
  sign(namespace: Namespace, text: string): string;
};

const keyType = 'ssh-ed25519';
/** Keys of the past that are told of; a server has one. */
const keysToldMax = 100;

/** @throws Error for a key of another type: its signature would have another form */
export function openEvidenceKey(signer: Signer): EvidenceKey {
  const { type, blob } = signer.publicKey;
  if (type !== keyType) throw new Error(`an evidence key of type ${type} is not taken`);
  const digest = createHash('sha256').update(blob).digest('base64');
  return {
    publicKeyLine: `${type} ${Buffer.from(blob).toString('base64')}`,
    fingerprint: `SHA256:${digest.replace(/=+$/, '')}`,
    sign: (namespace, text) =>
      armoredSignature(signer, namespaces[namespace], Buffer.from(text, 'utf8')),
  };
}

/** When a key signed here. */
export type KeyPeriod = {
  /** As in `.pub` files. */
  readonly publicKeyLine: string;
  /** The earliest time at which it signed, milliseconds since the epoch; null for the first, which had nobody before it. */
  readonly fromMs: number | null;
  /** The latest one; null for the one that signs now. */
  readonly untilMs: number | null;
};

/**
 * What `ssh-keygen -Y verify -f` takes: one line for each key, bound to its purposes and to the time in which it signed,
 * in whole seconds that have all of it.
 */
export function allowedSigners(periods: readonly KeyPeriod[]): string {
  const purposes = Object.values(namespaces).join(',');
  return periods
    .map(({ publicKeyLine, fromMs, untilMs }) => {
      const options = [
        `namespaces="${purposes}"`,
        ...(fromMs === null ? [] : [`valid-after="${signerTime(Math.floor(fromMs / 1_000))}"`]),
        ...(untilMs === null ? [] : [`valid-before="${signerTime(Math.ceil(untilMs / 1_000))}"`]),
      ];
      return `${signerIdentity} ${options.join(',')} ${publicKeyLine}\n`;
    })
    .join('');
}

/** A time as ssh-keygen(1) takes it: YYYYMMDDHHMMSSZ. */
function signerTime(seconds: number): string {
  return `${new Date(seconds * 1_000).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
}

export type KeyHistoryParts = { readonly database: Database; readonly ledger: Ledger };

/**
 * Has the ledger know the key that signs from now on: who keeps a hash of a later row elsewhere has the key with it, and
 * signatures of a key that was lost can still be told from forged ones.
 */
export async function noteEvidenceKey(
  { database, ledger }: KeyHistoryParts,
  { publicKeyLine, fingerprint }: EvidenceKey,
): Promise<void> {
  const [last] = await evidenceKeyLines({ database }, 1);
  if (last === publicKeyLine) return;
  await database.write((unit) =>
    ledger.append(unit, {
      origin: { actor: { kind: 'server' }, session: null, source: null },
      outcome: 'success',
      reason: null,
      event: adoptionOf({ publicKeyLine, fingerprint }),
    }),
  );
}

/** What the ledger says of a key that signs from there on. */
export function adoptionOf({
  publicKeyLine: publicKey,
  fingerprint,
}: Pick<EvidenceKey, 'publicKeyLine' | 'fingerprint'>): LedgerEvent {
  return { event: 'evidence-key.adopted.1', publicKey, fingerprint };
}

/** The public keys that ever signed here, as the ledger has them, the newest first. */
export async function evidenceKeyLines(
  { database }: Pick<KeyHistoryParts, 'database'>,
  max = keysToldMax,
): Promise<readonly string[]> {
  const adopted = await database.read((reader) => adoptions.all(reader, { max }));
  return [...new Set(adopted.map(({ body }) => keyIn(body)))];
}

const adoptions = prepare((query, given: { max: number }) =>
  query
    .selectFrom('ledger')
    .select(['seq', 'at', 'body'])
    .where('event', '=', 'evidence-key.adopted.1')
    .orderBy('seq', 'desc')
    .limit(given.max),
);

function keyIn(body: string): string {
  return String((JSON.parse(body) as { readonly publicKey?: unknown }).publicKey);
}

/** The times between which the clock was set back, among so many rows. */
const stepsAmong = prepare((query, given: { from: number; to: number }) =>
  query
    .selectFrom('clock_steps')
    .innerJoin('ledger as after', 'after.seq', 'clock_steps.seq')
    .innerJoin('ledger as before', (join) =>
      join.on((on) => on('before.seq', '=', on('clock_steps.seq', '-', 1))),
    )
    .select(({ fn }) => [
      fn.min<number | null>('after.at').as('earliest'),
      fn.max<number | null>('before.at').as('latest'),
    ])
    .where('clock_steps.seq', '>', given.from)
    .where('clock_steps.seq', '<=', given.to),
);

/**
 * The same with the times between which each signed; a key that came back is there once more. Which one signed goes by the
 * order of rows: a clock that was set back has a key sign at times before it was there, and they are of its time, too.
 */
export async function evidenceKeyPeriods(
  reader: Reader | Unit,
): Promise<readonly (KeyPeriod & { readonly adoptedAtMs: number })[]> {
  const adopted = await adoptions.all(reader, { max: keysToldMax });
  const periods = adopted.map(async ({ seq, at, body }, index) => {
    const next = adopted[index - 1];
    const range = { from: seq, to: next?.seq ?? Number.MAX_SAFE_INTEGER };
    const steps = await stepsAmong.first(reader, range);
    const isFirst = index === adopted.length - 1;
    return {
      publicKeyLine: keyIn(body),
      adoptedAtMs: at,
      fromMs: isFirst ? null : Math.min(at, steps?.earliest ?? at),
      untilMs: next === undefined ? null : Math.max(next.at, steps?.latest ?? next.at),
    };
  });
  return Promise.all(periods);
}
