import { parseKeyBlob } from '../accounts/key-blob.ts';
import type { PublicKey } from '../accounts/key-blob.ts';
import type { LoginKey } from '../accounts/logins.ts';

const keysMax = 1_024;

/**
 * Keys that users have and log in with, parsed: the checks of a key's point take 0.36 ms, and a login asks for them
 * twice. A key that the user at hand does not have is always parsed anew and never remembered, so neither its cost nor
 * the memory says anything to a stranger or grows by one.
 */
export class UsedKeys {
  readonly #keysMax: number;
  /** By their wire form; the one that was used last stands last. */
  readonly #keys = new Map<string, PublicKey>();

  constructor(keysMaxGiven = keysMax) {
    this.#keysMax = keysMaxGiven;
  }

  /**
   * As `parseKeyBlob`, and no less strict.
   *
   * @param own the keys of the user who is to log in
   */
  parse(blob: Uint8Array, own: readonly LoginKey[]): PublicKey {
    if (!own.some((key) => isSame(key.blob, blob))) return parseKeyBlob(blob);
    const name = Buffer.from(blob).toString('latin1');
    const key = this.#keys.get(name) ?? parseKeyBlob(blob);
    this.#keys.delete(name);
    this.#keys.set(name, key);
    for (const oldest of this.#keys.keys()) {
      if (this.#keys.size <= this.#keysMax) break;
      this.#keys.delete(oldest);
    }
    return key;
  }

  get size(): number {
    return this.#keys.size;
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
