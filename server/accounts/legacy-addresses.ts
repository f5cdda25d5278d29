import { addressesIn } from '../domain/addresses.ts';

type Granted = {
  /** Code. */
  readonly agency: string;
  readonly allowedCidrs: readonly string[];
  readonly expiresAtMs: number;
};

/** From where older algorithms are offered: asked for each connection, before anything is known but its address. */
export class LegacyAddresses {
  readonly #grants = new Map<
    string,
    { readonly includes: (address: string) => boolean; readonly expiresAtMs: number }
  >();

  /** In place of the one that the agency had. */
  set({ agency, allowedCidrs, expiresAtMs }: Granted): void {
    this.#grants.set(agency, { includes: addressesIn(allowedCidrs), expiresAtMs });
  }

  /** The agency, by its code, has none any more. */
  delete(agency: string): void {
    this.#grants.delete(agency);
  }

  includes(address: string, nowMs: number): boolean {
    return [...this.#grants.values()].some(
      ({ includes, expiresAtMs }) => expiresAtMs > nowMs && includes(address),
    );
  }
}
