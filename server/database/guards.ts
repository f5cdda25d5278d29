import type { Origin } from '../domain/events.ts';
import type { Database, Unit, WriteOptions } from './units.ts';

/** What a request wants to hold in the unit that makes its change; what it throws undoes the unit. */
export type UnitGuard = {
  /** On the rows as the unit finds them. */
  readonly before?: (unit: Unit) => Promise<void>;
  /** On the rows as it leaves them. */
  readonly after?: (unit: Unit) => Promise<void>;
};

type Held = { readonly guards: readonly UnitGuard[]; state: 'waiting' | 'running' | 'done' };

/**
 * Lets a request say what has to be true of the rows that it changes, and what is to be written with its change, without
 * any part in between knowing of it: whoever changes something writes `by` the origin of the request, and the first such
 * unit of a request is guarded. So an ETag is compared and an answer marked as given in the very transaction of the
 * change. A later unit of the same request is its own follow-up, and is not guarded again.
 */
export class UnitGuards {
  readonly #held = new Map<string, Held>();

  /** @param session the id of the request, as its origin has it */
  hold(session: string, guards: readonly UnitGuard[]): void {
    this.#held.set(session, { guards, state: 'waiting' });
  }

  /** @returns whether a unit was committed with the guards */
  release(session: string): boolean {
    const held = this.#held.get(session);
    this.#held.delete(session);
    return held?.state === 'done';
  }

  /** The same database, but guarded. */
  over(database: Database): Database {
    return {
      read: (work) => database.read(work),
      whenWritable: (work) => database.whenWritable(work),
      retry: (work) => database.retry(work),
      write: (work, options) => this.#write(database, work, options),
    };
  }

  /** Where nothing is held that is the very promise of the database: who awaits it goes on before the next unit does. */
  #write<T>(
    database: Database,
    work: (unit: Unit) => Promise<T>,
    options: WriteOptions = {},
  ): Promise<T> {
    const held = this.#heldFor(options.by);
    return held === undefined
      ? database.write(work, options)
      : writeGuarded(database, work, options, held);
  }

  #heldFor(by: Origin | undefined): Held | undefined {
    const held = by?.session === null || by === undefined ? undefined : this.#held.get(by.session);
    return held?.state === 'waiting' ? held : undefined;
  }
}

async function writeGuarded<T>(
  database: Database,
  work: (unit: Unit) => Promise<T>,
  options: WriteOptions,
  held: Held,
): Promise<T> {
  held.state = 'running';
  try {
    const value = await database.write(async (unit) => {
      for (const guard of held.guards) await guard.before?.(unit);
      const done = await work(unit);
      for (const guard of held.guards) await guard.after?.(unit);
      return done;
    }, options);
    held.state = 'done';
    return value;
  } catch (error) {
    // Nothing remains of it, so another unit of the request would be the first.
    held.state = 'waiting';
    throw error;
  }
}
