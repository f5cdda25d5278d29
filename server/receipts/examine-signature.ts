import { createHash } from 'node:crypto';
import { ContentReader } from '../blobs/content-reader.ts';
import type { BlobStore } from '../blobs/store.ts';
import type { FaultCode } from '../domain/faults.ts';
import type { BlobGrant } from '../domain/grants.ts';
import { limits } from '../domain/limits.ts';
import { isSignatureOf, readSignature, type ReadSignature } from '../signing/verify-sshsig.ts';
import type { ContentDigests } from './content-digests.ts';
import type { SignedUpload } from './receipt.ts';

/** As `ssh-keygen -Y sign -n file` says what it signs for. */
const namespace = 'file';
/** One of an RSA key of 16,384 bits has 6 KiB. */
const signatureBytesMax = 16 * 1024;

/** A key that the sender of the file has registered. */
export type SenderKey = {
  /** The SSH wire form. */
  readonly blob: Uint8Array;
  readonly fingerprint: string;
  readonly expiresAtMs: number | null;
};

export type Examined = {
  readonly file: BlobGrant;
  readonly signature: BlobGrant;
  /** When the signature came. */
  readonly signedAtMs: number;
  /** None for what came over the API. */
  readonly keys: readonly SenderKey[];
};

/** What was found of a signature. */
export type Verdict = SignedUpload & {
  readonly reason: FaultCode | null;
  /** Whether another content could make it good: it fits none that was here. */
  readonly mayStillFit: boolean;
};

/** What a verdict is made with. */
export type Examiner = { readonly store: BlobStore; readonly digests: ContentDigests };

/**
 * Whether a signature is one of the sender's over the content beside it.
 *
 * @throws Fault `storage-failed`
 */
export async function examine(
  { store, digests }: Examiner,
  examined: Examined,
  signal: AbortSignal,
): Promise<Verdict> {
  const { signature: stored } = examined;
  const nothing = { keyFingerprint: null, hash: null, signatureSha256: stored.sha256 ?? '' };
  const refused = (known: Told, reason: FaultCode, problem: string, mayStillFit = false) => ({
    ...known,
    result: 'refused' as const,
    reason,
    problem,
    mayStillFit,
  });
  if (stored.size > signatureBytesMax)
    return refused(nothing, 'signature-invalid', 'it is too long for an SSH signature');
  const read = readSignature((await bytesIn(store, stored)).toString('latin1'));
  if (read === undefined)
    return refused(nothing, 'signature-invalid', 'it is no SSH signature (PROTOCOL.sshsig)');
  const known = { ...nothing, keyFingerprint: fingerprintOf(read), hash: read.hash };
  if (read.namespace !== namespace)
    return refused(known, 'signature-invalid', `its namespace is not ${namespace}`);
  const key = examined.keys.find(({ blob }) => read.keyBlob.equals(blob));
  if (key === undefined)
    return refused(known, 'key-unknown', 'the key is not one of the sender of the file');
  if (key.expiresAtMs !== null && key.expiresAtMs <= examined.signedAtMs)
    return refused(known, 'key-expired', 'the key had expired when it came');
  if (read.hash === 'sha512' && examined.file.size > limits.signedContentBytesMax)
    return refused(
      known,
      'signature-invalid',
      'the file is too long for SHA-512 here: sign it with ssh-keygen -O hashalg=sha256',
    );
  const digest = await digests.of(examined.file, read.hash, signal);
  if (!isSignatureOf(read, digest))
    return refused(known, 'signature-invalid', 'it is not of this content', true);
  return { ...known, result: 'verified', reason: null, problem: null, mayStillFit: false };
}

/** Of a file or a signature that was not to be read, for as long as it was tried. */
export function unreadable(signatureSha256: string): Verdict {
  return {
    result: 'refused',
    keyFingerprint: null,
    hash: null,
    signatureSha256,
    reason: 'storage-failed',
    problem: 'the server could not read the file or the signature',
    mayStillFit: false,
  };
}

type Told = Pick<SignedUpload, 'keyFingerprint' | 'hash' | 'signatureSha256'>;

function fingerprintOf({ keyBlob }: ReadSignature): string {
  const digest = createHash('sha256').update(keyBlob).digest('base64');
  return `SHA256:${digest.replace(/=+$/, '')}`;
}

async function bytesIn(store: BlobStore, blob: BlobGrant): Promise<Buffer> {
  const reader = await ContentReader.open(store, blob);
  try {
    return await reader.read(0, blob.size);
  } finally {
    await reader.close();
  }
}
