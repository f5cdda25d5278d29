import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import type { Destination, ForwarderName } from './destination.ts';
import {
  Forwarder,
  forwarderTimes,
  type ForwarderParts,
  type ForwarderState,
  type ForwarderStatus,
} from './forwarder.ts';

/** The forwarders of the configuration, as the admin API, the metrics and the server's life see them. */
export interface Forwarders {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Those that fail or are paused. */
  troubled(): readonly { readonly name: ForwarderName; readonly state: ForwarderState }[];
  list(): Promise<readonly ForwarderStatus[]>;
  /** @throws Fault `not-found` */
  get(name: string): Promise<ForwarderStatus>;
  /** @throws Fault `not-found`, `field-invalid` */
  change(
    origin: Origin,
    name: string,
    wanted: { paused?: boolean; lastSeq?: number },
  ): Promise<ForwarderStatus>;
}

export type ForwardersParts = Omit<ForwarderParts, 'destination' | 'times'> & {
  readonly destinations: readonly Destination[];
  readonly times?: ForwarderParts['times'];
};

export function createForwarders(parts: ForwardersParts): Forwarders {
  const { destinations, times = forwarderTimes } = parts;
  const forwarders = destinations.map(
    (destination) => new Forwarder({ ...parts, times, destination }),
  );
  const find = (name: string): Forwarder => {
    const found = forwarders.find((each) => each.name === name);
    if (found === undefined) throw new Fault('not-found', 'no such forwarder');
    return found;
  };
  return {
    start: async () => {
      for (const forwarder of forwarders) await forwarder.start();
    },
    stop: async () => {
      await Promise.all(forwarders.map((forwarder) => forwarder.stop()));
    },
    troubled: () =>
      forwarders
        .map(({ name, state }) => ({ name, state }))
        .filter(({ state }) => state === 'failing' || state === 'paused'),
    list: () => Promise.all(forwarders.map((forwarder) => forwarder.status())),
    get: async (name) => find(name).status(),
    change: async (origin, name, wanted) => {
      const forwarder = find(name);
      await forwarder.change(origin, wanted);
      return forwarder.status();
    },
  };
}
