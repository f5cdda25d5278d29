import { createHash } from 'node:crypto';
import { isSignatureOf, readSignature } from '../signing/verify-sshsig.ts';
import { isSignedBy, parseVerifierKey, type NoteVerifier, type ParsedNote } from './signed-note.ts';

/** As `signing/evidence-key.ts` has them: what a signature of the evidence key is for. */
const keyNamespace = 'waybill-checkpoint-key';
const evidenceNamespace = 'waybill-evidence-key';
const causes = ['first', 'epoch', 'lost'] as const;
/** Kept of keys that are long gone: who signed last and who may sign next are among the newest. */
const announcedKept = 16;

type Announced = {
  readonly seq: number;
  readonly keyLine: string;
  readonly epoch: number;
  readonly follows: string | null;
  readonly cause: (typeof causes)[number];
  readonly verifier: NoteVerifier;
};

/** A key that nobody but the evidence key speaks for: the one before it was lost. */
export type UnvouchedKey = { readonly seq: number; readonly epoch: number };

/** An evidence key that the ledger tells of. */
export type AdoptedKey = {
  readonly seq: number;
  /** As in `.pub` files. */
  readonly publicKey: string;
  /** Whether the key before it signed it, or there was none: after a loss nobody does. */
  readonly isVouched: boolean;
};

type Told = Readonly<Record<string, unknown>>;

/** The rows that tell of keys. */
export const keyEvents = [
  'evidence-key.adopted.1',
  'evidence-key.rotated.1',
  'checkpoint-key.announced.1',
] as const;

/** What is announced of a checkpoint key. */
export type Announcement = {
  readonly publicKey: string;
  readonly epoch: number;
  readonly cause: string;
  readonly follows: string | null;
  readonly previous?: string;
};

/**
 * What the evidence key signs of it: all that makes it the key of one place, so that whoever gets hold of one cannot put it
 * at another. Rows of old, which have no `previous`, signed the line of the key alone.
 */
export function announcementText(announced: Announcement): string {
  const { publicKey, epoch, cause, follows, previous } = announced;
  if (previous === undefined) return `${publicKey}\n`;
  const lines = [
    `epoch ${epoch}`,
    `cause ${cause}`,
    `follows ${follows ?? '-'}`,
    `previous ${previous}`,
  ];
  return [publicKey, ...lines, ''].join('\n');
}

/** Which keys may sign which checkpoint, as the rows tell it one after another. */
export class KeyHistory {
  /** The newest last. */
  readonly #announced: Announced[] = [];
  readonly #evidenceKeys = new Set<string>();
  readonly #adopted: AdoptedKey[] = [];
  readonly #unvouched: UnvouchedKey[] = [];
  #lastEvidenceKey: string | null = null;
  /** Signed by the last one, to be adopted next. */
  #nextEvidenceKey: string | null = null;
  #active: Announced | undefined;

  get unvouched(): readonly UnvouchedKey[] {
    return this.#unvouched;
  }

  /** The evidence key that signs now, as in `.pub` files; null before the first. */
  get evidenceKey(): string | null {
    return this.#lastEvidenceKey;
  }

  /** Every adoption in order. Whether these are keys of this server only who has a list of them can tell. */
  get evidenceKeys(): readonly AdoptedKey[] {
    return this.#adopted;
  }

  /** Whatever a row tells of keys. @returns what is wrong with it; null for nothing, and for what tells of none */
  heed(seq: number, event: unknown, told: Told): string | null {
    switch (event) {
      case 'evidence-key.adopted.1':
        return this.#takeAdopted(seq, told);
      case 'evidence-key.rotated.1':
        return this.#takeRotated(told);
      case 'checkpoint-key.announced.1':
        return this.#takeAnnounced(seq, told);
      default:
        return null;
    }
  }

  #takeRotated({ publicKey, signature }: Told): string | null {
    if (typeof publicKey !== 'string' || typeof signature !== 'string')
      return 'the row announces no key';
    if (!this.#isOfLastEvidenceKey(evidenceNamespace, publicKey, signature))
      return 'the evidence key in the row is not signed by the one before it';
    this.#nextEvidenceKey = publicKey;
    return null;
  }

  #takeAdopted(seq: number, { publicKey }: Told): string | null {
    if (typeof publicKey !== 'string') return 'the row announces no key';
    const isVouched = this.#lastEvidenceKey === null || publicKey === this.#nextEvidenceKey;
    this.#adopted.push({ seq, publicKey, isVouched });
    this.#nextEvidenceKey = null;
    this.#evidenceKeys.add(publicKey);
    this.#lastEvidenceKey = publicKey;
    return null;
  }

  /** Whether one of the evidence keys so far signed a text. */
  isEvidence(namespace: string, text: string, armored: string): boolean {
    const signer = signerOf(namespace, text, armored);
    return signer !== null && this.#evidenceKeys.has(signer);
  }

  /** Never by nobody: a signature that is none, before there is a key, speaks for nothing. */
  #isOfLastEvidenceKey(namespace: string, text: string, armored: string): boolean {
    const signer = signerOf(namespace, text, armored);
    return signer !== null && signer === this.#lastEvidenceKey;
  }

  #takeAnnounced(seq: number, body: Told): string | null {
    const { publicKey, epoch, signature, cause, previous } = body;
    const known = causes.find((each) => each === cause);
    if (typeof publicKey !== 'string' || typeof signature !== 'string' || known === undefined)
      return 'the row announces no key';
    const verifier = parseVerifierKey(publicKey);
    if (verifier === null || typeof epoch !== 'number') return 'the row announces no key';
    const follows = typeof body['follows'] === 'string' ? body['follows'] : null;
    const place = typeof previous === 'string' ? { previous } : {};
    const text = announcementText({ publicKey, epoch, cause: known, follows, ...place });
    // Not by one that it has followed: whoever keeps that one speaks for nothing more.
    if (!this.#isOfLastEvidenceKey(keyNamespace, text, signature))
      return 'the checkpoint key in the row is not signed by the evidence key';
    const last = this.#announced.at(-1);
    if (last !== undefined && (known === 'first' || epoch <= last.epoch))
      return 'the row announces a checkpoint key out of turn';
    if (known === 'lost') this.#unvouched.push({ seq, epoch });
    this.#announced.push({
      seq,
      keyLine: publicKey,
      epoch,
      follows,
      cause: known,
      verifier,
    });
    if (this.#announced.length > announcedKept) this.#announced.shift();
    return null;
  }

  /** Takes it as true that this note is good, as one that was verified before: its key signs from there on. */
  goOnFrom(note: ParsedNote): void {
    this.#active = this.#signerOf(note) ?? this.#active;
  }

  /**
   * Whether the key of a note was the one to sign it.
   *
   * @param size of the checkpoint, and of the one before it (0 for none)
   * @returns what is wrong; null for nothing
   */
  problemOf(note: ParsedNote, size: number, previousSize: number): string | null {
    const signer = this.#signerOf(note);
    if (signer === undefined || signer.seq > size)
      return 'it is signed by a key that no row before it announces';
    if (!isSignedBy(note, signer.verifier)) return 'its signature is not good';
    const restart = this.#announced.findLast(({ seq, cause }) => cause !== 'epoch' && seq <= size);
    if (restart !== undefined && signer.seq < restart.seq)
      return 'it is signed by a key that had been replaced';
    if (signer === this.#active || signer === restart) {
      if (this.#active !== undefined && signer.epoch < this.#active.epoch)
        return 'it is signed by a key that had been replaced';
      this.#active = signer;
      return null;
    }
    if (signer.follows !== this.#active?.keyLine || signer.seq > previousSize)
      return 'it is signed by a key that no checkpoint of the key before it vouches for';
    this.#active = signer;
    return null;
  }

  #signerOf({ signatures }: ParsedNote): Announced | undefined {
    return this.#announced.findLast(({ verifier }) =>
      signatures.some(({ name, keyId }) => name === verifier.name && keyId === verifier.keyId),
    );
  }
}

/** Who signed a text for a purpose, as in `.pub` files; null where the signature is not good. */
export function signerOf(namespace: string, text: string, armored: string): string | null {
  const read = readSignature(armored);
  if (read === undefined || read.namespace !== namespace) return null;
  const digest = createHash(read.hash).update(text).digest();
  return isSignatureOf(read, digest) ? `ssh-ed25519 ${read.keyBlob.toString('base64')}` : null;
}
