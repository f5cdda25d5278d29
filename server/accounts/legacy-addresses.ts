import { addressesIn } from '../domain/addresses.ts';

/** From where older algorithms are offered: asked for each connection, before anything is known but its address. */
export class LegacyAddresses {
  #grants: readonly {
    readonly includes: (address: string) => boolean;
    readonly expiresAtMs: number;
  }[] = [];

  /** All grants there are, in place of those before. */
  replace(
    grants: readonly { readonly allowedCidrs: readonly string[]; readonly expiresAtMs: number }[],
  ): void {
    this.#grants = grants.map(({ allowedCidrs, expiresAtMs }) => ({
      includes: addressesIn(allowedCidrs),
      expiresAtMs,
    }));
  }

  includes(address: string, nowMs: number): boolean {
    return this.#grants.some(
      ({ includes, expiresAtMs }) => expiresAtMs > nowMs && includes(address),
    );
  }
}
