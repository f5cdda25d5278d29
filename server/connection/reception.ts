import type { Socket } from 'node:net';
import ssh2 from 'ssh2';
import type { Arrival, CloseReason } from '../domain/authentication.ts';
import type { ServerAlgorithmProfile } from '../domain/algorithms.ts';
import { algorithmSets, serverAlgorithms } from './algorithms.ts';
import { Connection, type ConnectionParts, type Notice } from './connection.ts';
import type { ProcessMemory } from '../memory/budget.ts';
import { type ConnectionLimits, connectionLimits } from './own-limits.ts';
import type { Peer, PeerHandlers } from './peer.ts';
import type { PublicHostKey } from './signing.ts';
import { asWireClient, assertHooks } from './ssh2-internals.ts';

export { assertHooks, bindingAvailable } from './ssh2-internals.ts';

export type ReceptionOptions = {
  /** What all connections together may hold. */
  readonly memory: ProcessMemory;
  readonly hostKeys: readonly PublicHostKey[];
  /** Host keys to come, which clients learn before they are used. */
  readonly nextHostKeys?: readonly PublicHostKey[];
  /** `modern` if not given. */
  readonly algorithms?: ServerAlgorithmProfile;
  /** Signs with the private half of one of them. A rejection ends the connection. */
  sign(connectionId: string, exchangeHash: Uint8Array, type: string): Promise<Uint8Array>;
  /** Signatures over the connection with some of the keys, those to come among them (OpenSSH's PROTOCOL section 2.5). */
  proveHostKeys(connectionId: string, blobs: readonly Uint8Array[]): Promise<readonly Uint8Array[]>;
  /** Shown before the login; '' for none. */
  readonly banner: string;
  /** Replaces some of the limits. */
  readonly limits?: Partial<ConnectionLimits>;
  /** The software name in the identification string. */
  readonly ident?: string;
  /** Called as soon as a first key exchange is done. */
  onPeer(peer: Peer): PeerHandlers;
  /** A socket is gone that never came so far. */
  onGone(connectionId: string, reason: CloseReason): void;
  /** An error of Waybill's own, to be logged. */
  onFault(error: unknown): void;
  /** Why a connection ended, to be logged at a low level. */
  onNotice?(notice: Notice): void;
};

export interface Reception {
  /** Takes a socket that was admitted and not read from. It is `onPeer`'s or `onGone`'s from here. */
  receive(socket: Socket, arrival: Arrival): void;
  /** Connections that are open, logged in or not. */
  readonly connections: number;
  /** Tells every client why, and ends it. */
  endAll(reason: CloseReason): void;
  /** Those that have not logged in. */
  endStrangers(reason: CloseReason): void;
  /** Destroys what is left; resolves when the last socket is closed. */
  close(): Promise<void>;
}

/** The SSH face of a worker: ssh2 gets the sockets that were admitted, with hooks where it is to be trusted less. */
export function createReception(options: ReceptionOptions): Reception {
  assertHooks();
  const limits: ConnectionLimits = { ...connectionLimits, ...options.limits };
  const parts: ConnectionParts = {
    limits,
    memory: options.memory,
    hostKeys: options.hostKeys,
    nextHostKeys: options.nextHostKeys ?? [],
    algorithms: algorithmSets[options.algorithms ?? 'modern'],
    proveHostKeys: (connectionId, blobs) => options.proveHostKeys(connectionId, blobs),
    sign: (connectionId, exchangeHash, type) => options.sign(connectionId, exchangeHash, type),
    onPeer: (peer) => options.onPeer(peer),
    onGone: (connectionId, reason) => options.onGone(connectionId, reason),
    onFault: (error) => options.onFault(error),
    onNotice: (notice) => options.onNotice?.(notice),
  };
  const connections = new Map<Socket, Connection>();
  const ssh = createSshServer(options, limits, connections);
  let emptied = (): void => undefined;

  function receive(socket: Socket, arrival: Arrival): void {
    // Without a listener a reset would end the process.
    socket.on('error', () => undefined);
    const connection = new Connection(socket, arrival, parts, () => {
      connections.delete(socket);
      if (connections.size === 0) emptied();
    });
    connections.set(socket, connection);
    ssh.injectSocket(socket);
    connection.watchIdent();
  }

  return {
    receive,
    get connections() {
      return connections.size;
    },
    endAll(reason) {
      for (const connection of connections.values()) connection.end(reason);
    },
    endStrangers(reason) {
      for (const connection of connections.values()) {
        if (!connection.loggedInAlready) connection.end(reason);
      }
    },
    async close() {
      for (const socket of connections.keys()) socket.destroy();
      if (connections.size > 0) await new Promise<void>((resolve) => (emptied = resolve));
    },
  };
}

function createSshServer(
  options: ReceptionOptions,
  limits: ConnectionLimits,
  connections: ReadonlyMap<Socket, Connection>,
): ssh2.Server {
  const ssh = new ssh2.Server({
    // None: `signing.ts` puts their public halves in.
    hostKeys: [],
    algorithms: serverAlgorithms,
    ident: options.ident ?? 'Waybill',
    // ssh2 sends it right after it has accepted the service `ssh-userauth`, before any answer to a login.
    banner: options.banner.replace(/\r?\n/g, '\r\n'),
    keepaliveInterval: limits.keepaliveMs,
    keepaliveCountMax: limits.keepalivesMissedMax,
  });
  ssh.on('connection', (client, info) => {
    let connection: Connection | undefined;
    // First of all: a connection that fails without a listener ends the process.
    client.on('error', (error: Error) => connection?.clientFailed(error));
    try {
      const wire = asWireClient(client);
      connection = connections.get(wire._sock);
      connection?.identified(wire, info.header.identRaw);
    } catch (error) {
      options.onFault(error);
      client.end();
    }
  });
  return ssh;
}
