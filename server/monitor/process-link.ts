import type { Socket } from 'node:net';
import type { Arrival, CloseReason } from '../domain/authentication.ts';
import type { FileRequest } from '../domain/requests.ts';
import { Calls, type Message } from './calls.ts';
import type { Monitor, Worker } from './verbs.ts';

type FromMonitor = Message | { readonly kind: 'arrival'; readonly arrival: Arrival };

export type ProcessLink<Settings> = {
  /** What the monitor's process told this one first. */
  readonly settings: Promise<Settings>;
  readonly monitor: Monitor;
  /** From here on sockets are taken; `gone` hears of one that closed on its way here. */
  begin(
    side: Worker & { receive(socket: Socket, arrival: Arrival): void },
    gone: (arrival: Arrival) => void,
  ): void;
};

/** The worker's end of the channel between the processes. */
export function linkToMonitor<Settings>(onFault: (error: unknown) => void): ProcessLink<Settings> {
  let side: Parameters<ProcessLink<Settings>['begin']>[0] | undefined;
  let gone: (arrival: Arrival) => void = () => undefined;

  const calls = new Calls({
    send: (message) => void process.send?.(message, undefined, undefined, () => undefined),
    serve: async (verb, args) => {
      if (verb === 'ping') return null;
      if (side === undefined) throw new Error(`${verb} before the worker was ready`);
      return serveMonitor(side, verb, args);
    },
    onFault,
  });
  process.on('message', (message: FromMonitor, handle: unknown) => {
    if (message.kind !== 'arrival') calls.received(message);
    else if (handle === undefined || side === undefined) gone(message.arrival);
    else side.receive(handle as Socket, message.arrival);
  });
  return {
    settings: calls.call('settings') as Promise<Settings>,
    monitor: monitorOver(calls),
    begin: (given, hearOfGone) => {
      side = given;
      gone = hearOfGone;
      calls.note('ready');
    },
  };
}

function serveMonitor(side: Worker, verb: string, args: readonly unknown[]): Promise<void> {
  switch (verb) {
    case 'endConnection':
      return side.endConnection(args[0] as string, args[1] as CloseReason);
    case 'revokeOpen':
      return side.revokeOpen(args[0] as string, args[1] as string);
    case 'drain':
      return side.drain(args[0] as number);
    default:
      throw new Error(`the monitor asked for ${verb}`);
  }
}

/** What the monitor answers is taken at its word. */
function monitorOver(calls: Calls): Monitor {
  const ask = <T>(verb: keyof Monitor, ...args: readonly unknown[]): Promise<T> =>
    calls.call(verb, ...args) as Promise<T>;
  return {
    signExchange: (connectionId, exchangeHash) => ask('signExchange', connectionId, exchangeHash),
    connectionOpened: (opening) => ask('connectionOpened', opening),
    authenticate: (attempt) => ask('authenticate', attempt),
    connectionClosed: (closing) => ask('connectionClosed', closing),
    request: (sessionId, request: FileRequest) => ask('request', sessionId, request),
    refused: (sessionId, refused) => ask('refused', sessionId, refused),
    progress: (sessionId, bytes) => calls.note('progress', sessionId, bytes),
  };
}
