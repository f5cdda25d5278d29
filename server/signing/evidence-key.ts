import { createHash } from 'node:crypto';
import type { Database } from '../database/units.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { searchLedger } from '../ledger/search.ts';
import { armoredSignature, type Signer } from './sshsig.ts';

/** What a signature of the evidence key may be for; it is part of what is signed. */
export const namespaces = { destruction: 'waybill-destruction' } as const;
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

/** What `ssh-keygen -Y verify -f` takes: one line for each key, bound to its purposes. */
export function allowedSigners(publicKeyLines: readonly string[]): string {
  const purposes = Object.values(namespaces).join(',');
  return publicKeyLines
    .map((line) => `${signerIdentity} namespaces="${purposes}" ${line}\n`)
    .join('');
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
      event: { event: 'evidence-key.adopted.1', publicKey: publicKeyLine, fingerprint },
    }),
  );
}

/** The public keys that ever signed here, as the ledger has them, the newest first. */
export async function evidenceKeyLines(
  { database }: Pick<KeyHistoryParts, 'database'>,
  max = keysToldMax,
): Promise<readonly string[]> {
  const page = { before: null, rowsMax: max };
  const { rows } = await searchLedger(database, { event: 'evidence-key.adopted.1' }, page);
  return [
    ...new Set(rows.flatMap(({ publicKey }) => (typeof publicKey === 'string' ? [publicKey] : []))),
  ];
}
