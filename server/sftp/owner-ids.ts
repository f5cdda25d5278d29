const firstId = 1000;

/**
 * Numbers for the names of owners, since version 3 has only numbers; users-groups-by-id@openssh.com turns them back.
 * Given out per channel in the order names are shown, so that they say nothing about accounts that were not.
 */
export class OwnerIds {
  readonly #ids = new Map<string, number>();
  readonly #names: string[] = [];

  idOf(name: string): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const id = firstId + this.#names.length;
    this.#ids.set(name, id);
    this.#names.push(name);
    return id;
  }

  /** Empty for a number that was never shown, as the extension asks. */
  nameOf(id: number): string {
    return this.#names[id - firstId] ?? '';
  }
}
