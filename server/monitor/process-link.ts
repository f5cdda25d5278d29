import { Socket } from 'node:net';
import type { Arrival, CloseReason } from '../domain/authentication.ts';
import type { Outcome } from '../domain/faults.ts';
import type { FileReplies, FileRequestKind, FileRequestOf } from '../domain/requests.ts';
import { Calls, type Message } from './calls.ts';
import { MessagePipe } from './message-pipe.ts';
import { pipeDescriptor } from './pipe-descriptor.ts';
import type { Monitor, Worker } from './verbs.ts';
import { LoopWatch, vitalsOf, type PaceWaits } from './vitals.ts';

/** What comes over Node's channel: sockets, and what concerns them, in the order in which it was said. */
type Order = Message | { readonly kind: 'arrival'; readonly arrival: Arrival };

export type ProcessLink<Settings> = {
  /** What the monitor's process told this one first. */
  readonly settings: Promise<Settings>;
  readonly monitor: Monitor;
  /** From here on sockets are taken; `gone` hears of one that closed on its way here. */
  begin(
    side: Worker & {
      receive(socket: Socket, arrival: Arrival): void;
      readonly paceWaits: PaceWaits;
    },
    gone: (arrival: Arrival) => void,
  ): void;
};

/** The worker's ends of what is between the processes: its questions go through the pipe. */
export function linkToMonitor<Settings>(onFault: (error: unknown) => void): ProcessLink<Settings> {
  let side: Parameters<ProcessLink<Settings>['begin']>[0] | undefined;
  let gone: (arrival: Arrival) => void = () => undefined;
  const loop = new LoopWatch();

  const pipe = new MessagePipe({
    socket: new Socket({ fd: pipeDescriptor, readable: true, writable: true }),
    waitsForReader: false,
    received: (message) => calls.received(message as Message),
    onBroken: (what) => {
      onFault(new Error(`the monitor sent ${what}`));
      process.exit(1);
    },
  });
  const calls = new Calls({
    send: (message) => pipe.send(message),
    serve: (verb) => Promise.reject(new Error(`${verb} through the pipe`)),
    onFault,
  });
  const orders = new Calls({
    send: (message) => void process.send?.(message, undefined, undefined, () => undefined),
    serve: async (verb, args) => {
      if (verb === 'ping') return side === undefined ? null : vitalsOf(loop, side.paceWaits);
      if (side === undefined) throw new Error(`${verb} before the worker was ready`);
      await serveMonitor(side, verb, args);
      // The pipe and the channel know nothing of each other: what was said of the last connections is to come first.
      if (verb === 'drain') await calls.settled();
      return null;
    },
    onFault,
  });
  process.on('message', (message: Order, handle: unknown) => {
    if (message.kind !== 'arrival') orders.received(message);
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
    signExchange: (connectionId, exchangeHash, type) =>
      ask('signExchange', connectionId, exchangeHash, type),
    proveHostKeys: (connectionId, blobs) => ask('proveHostKeys', connectionId, blobs),
    connectionOpened: (opening) => ask('connectionOpened', opening),
    authenticate: (attempt) => ask('authenticate', attempt),
    connectionClosed: (closing) => ask('connectionClosed', closing),
    request: <K extends FileRequestKind>(sessionId: string, request: FileRequestOf<K>) =>
      ask<Outcome<FileReplies[K]>>('request', sessionId, request),
    refused: (sessionId, refused) => ask('refused', sessionId, refused),
    progress: (sessionId, bytes) => calls.note('progress', sessionId, bytes),
  };
}
