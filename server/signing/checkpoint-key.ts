import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from 'node:crypto';
import { seal, unseal } from '../database/sealing.ts';
import type { CheckpointSigner } from '../ledger/checkpoint-making.ts';
import { parseVerifierKey, rawPublicKey, verifierKey } from '../ledger/signed-note.ts';

/** A key of one epoch. */
export type CheckpointKey = CheckpointSigner & {
  /** Counts from 1. */
  readonly epoch: number;
  /** For a file: JSON with the private part sealed under the master key, one line. */
  sealed(masterKey: Uint8Array): string;
};

const fileVersion = 1;

/** @param origin the name that notes are signed with */
export function generateCheckpointKey(origin: string, epoch: number): CheckpointKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return checkpointKey(verifierKey(origin, rawPublicKey(publicKey)), epoch, privateKey);
}

/** @returns null for what is not such a key, whole and ours: as of a write that a power cut took */
export function openCheckpointKey(text: string, masterKey: Uint8Array): CheckpointKey | null {
  try {
    const read = JSON.parse(text) as Partial<Record<string, unknown>>;
    const { v, publicKey: keyLine, epoch, sealed } = read;
    if (v !== fileVersion || typeof keyLine !== 'string' || typeof sealed !== 'string') return null;
    if (typeof epoch !== 'number' || !Number.isSafeInteger(epoch) || epoch < 1) return null;
    const key = unseal(masterKey, Buffer.from(sealed, 'base64'), purposeOf(keyLine, epoch));
    const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
    key.fill(0);
    const verifier = parseVerifierKey(keyLine);
    const isPair = verifier?.publicKey.equals(createPublicKey(privateKey)) ?? false;
    return isPair ? checkpointKey(keyLine, epoch, privateKey) : null;
  } catch {
    return null;
  }
}

function checkpointKey(keyLine: string, epoch: number, privateKey: KeyObject): CheckpointKey {
  return {
    keyLine,
    epoch,
    sign: (text) => sign(null, Buffer.from(text, 'utf8'), privateKey),
    sealed: (masterKey) => {
      const key = privateKey.export({ format: 'der', type: 'pkcs8' });
      const sealed = seal(masterKey, key, purposeOf(keyLine, epoch)).toString('base64');
      key.fill(0);
      return `${JSON.stringify({ v: fileVersion, publicKey: keyLine, epoch, sealed })}\n`;
    },
  };
}

function purposeOf(keyLine: string, epoch: number): string {
  return `checkpoint key ${epoch} ${keyLine}`;
}
