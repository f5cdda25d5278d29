import type { Reader, Unit } from '../database/units.ts';
import type { LedgerEvent, Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import {
  adoptionOf,
  allowedSigners,
  evidenceKeyPeriods,
  noteEvidenceKey,
  openEvidenceKey,
  type EvidenceKey,
  type KeyHistoryParts,
  type Namespace,
} from './evidence-key.ts';
import type { Signer } from './sshsig.ts';

/** Where the private key lies. Each of these is durable when it returns, and is either done or not. */
export type KeyFiles = {
  /** Ends what a rotation has left that was broken off; `signing` is the key that signs, as in `.pub` files. */
  settle(signing: string): void;
  /** Makes the key to come, beside the one that signs. */
  makeNext(): Signer;
  /** The key to come takes the place of the other, whose file is overwritten. */
  adoptNext(): void;
  dropNext(): void;
};

export type RotatedKey = {
  readonly fingerprint: string;
  /** Of the key that is no more. */
  readonly former: string;
};

/** The evidence key of a server that runs: what signs now, and who may be believed for when. */
export class RotatingKey implements EvidenceKey {
  readonly #parts: KeyHistoryParts;
  #key: EvidenceKey;
  #publicKeyLines: readonly string[];
  #isRotating = false;

  /** Has the ledger know the key before it signs anything. */
  static async open(parts: KeyHistoryParts, signer: Signer): Promise<RotatingKey> {
    const key = openEvidenceKey(signer);
    await noteEvidenceKey(parts, key);
    return new RotatingKey(parts, key);
  }

  private constructor(parts: KeyHistoryParts, key: EvidenceKey) {
    this.#parts = parts;
    this.#key = key;
    this.#publicKeyLines = [key.publicKeyLine];
  }

  get publicKeyLine(): string {
    return this.#key.publicKeyLine;
  }

  get fingerprint(): string {
    return this.#key.fingerprint;
  }

  /** Of all that signed since this process began: who looks the ledger through may be a rotation behind, or two. */
  get publicKeyLines(): readonly string[] {
    return this.#publicKeyLines;
  }

  sign(namespace: Namespace, text: string): string {
    return this.#key.sign(namespace, text);
  }

  /** The `allowed_signers` file, and since when it says so. */
  async allowedSigners(
    reader: Reader | Unit,
  ): Promise<{ readonly text: string; readonly atMs: number }> {
    const periods = await evidenceKeyPeriods(reader);
    return { text: allowedSigners(periods), atMs: periods[0]?.adoptedAtMs ?? 0 };
  }

  /**
   * Puts another key in the place of this one, whose private part is destroyed. The old one signs the new one, in the unit
   * from which on the new one signs; a process that dies at any point of it is put right by the next start.
   *
   * @throws Fault `conflict` where it goes on already, and whatever the files throw
   */
  async rotate(origin: Origin, files: KeyFiles): Promise<RotatedKey> {
    if (this.#isRotating) throw new Fault('conflict', 'the evidence key is being rotated already');
    this.#isRotating = true;
    const [former, lines] = [this.#key, this.#publicKeyLines];
    try {
      files.settle(former.publicKeyLine);
      const next = openEvidenceKey(files.makeNext());
      try {
        await this.#parts.database.write(async (unit) => {
          const append = (event: LedgerEvent) =>
            this.#parts.ledger.append(unit, { origin, outcome: 'success', reason: null, event });
          await append({
            event: 'evidence-key.rotated.1',
            fingerprint: former.fingerprint,
            replacedBy: next.fingerprint,
            publicKey: next.publicKeyLine,
            signature: former.sign('evidenceKey', next.publicKeyLine),
          });
          await append(adoptionOf(next));
          // Here and not when it is durable: what a later unit of the same commit signs is of its time.
          this.#key = next;
          this.#publicKeyLines = [...lines, next.publicKeyLine];
        });
      } catch (error) {
        [this.#key, this.#publicKeyLines] = [former, lines];
        files.dropNext();
        throw error;
      }
      files.adoptNext();
      return { fingerprint: next.fingerprint, former: former.fingerprint };
    } finally {
      this.#isRotating = false;
    }
  }
}
