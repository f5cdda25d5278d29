import { type AddressInfo, type Socket, createServer } from 'node:net';
import ssh2 from 'ssh2';
import type { CloseReason } from '../domain/authentication.ts';
import { createAdmission, plainAddress } from './admission.ts';
import { serverAlgorithms } from './algorithms.ts';
import { Connection, type ConnectionParts, type Notice } from './connection.ts';
import { hostKeyTypes } from './host-keys.ts';
import { type ConnectionLimits, connectionLimits } from './own-limits.ts';
import type { Peer, PeerHandlers } from './peer.ts';
import { asWireClient, assertHooks } from './ssh2-internals.ts';

export { generateHostKey, hostKeyFingerprint, publicKeyLine } from './host-keys.ts';
export { assertHooks, bindingAvailable } from './ssh2-internals.ts';

export type ListenerOptions = {
  /** Texts of unencrypted private keys, PEM or OpenSSH; Ed25519, or ECDSA. */
  readonly hostKeys: readonly string[];
  /** Shown before the login; '' for none. */
  readonly banner: string;
  /** Replaces some of the limits. */
  readonly limits?: Partial<ConnectionLimits>;
  /** The software name in the identification string. */
  readonly ident?: string;
  /** For the random early drop; between 0 and 1. */
  readonly random?: () => number;
  /** Called as soon as a first key exchange is done. */
  onPeer(peer: Peer): PeerHandlers;
  /** An error of Waybill's own, to be logged. */
  onFault(error: unknown): void;
  /** Why a connection ended, refused ones included, to be logged at a low level. */
  onNotice?(notice: Notice): void;
};

export interface Listener {
  /** Rejects with the error of the socket, such as EADDRINUSE. */
  listen(host: string, port: number): Promise<{ address: string; port: number }>;
  /** Takes no more connections; those that are there go on. */
  stopAccepting(): Promise<void>;
  /** Connections that are open, logged in or not. */
  readonly connections: number;
  /** Tells every client why, and ends it. */
  endAll(reason: CloseReason): void;
  /** Stops accepting and destroys what is left; resolves when the last socket is closed. */
  close(): Promise<void>;
}

/** The SSH face: owns the TCP listener and its limits; ssh2 gets only the sockets that were admitted. */
export function createListener(options: ListenerOptions): Listener {
  assertHooks();
  const limits: ConnectionLimits = { ...connectionLimits, ...options.limits };
  const parts: ConnectionParts = {
    limits,
    hostKeyTypes: hostKeyTypes(options.hostKeys),
    onPeer: (peer) => options.onPeer(peer),
    onFault: (error) => options.onFault(error),
    onNotice: (notice) => options.onNotice?.(notice),
  };
  const admission = createAdmission(limits, options.random ?? Math.random);
  const connections = new Map<Socket, Connection>();
  const ssh = createSshServer(options, limits, connections);
  const tcp = createServer({ noDelay: true }, accept);
  tcp.on('error', (error) => {
    if (tcp.listening) options.onFault(error);
  });

  function accept(socket: Socket): void {
    // Without a listener a reset of a refused socket would end the process.
    socket.on('error', () => undefined);
    const { remoteAddress, remotePort } = socket;
    const address = remoteAddress === undefined ? undefined : plainAddress(remoteAddress);
    const place = address === undefined ? undefined : admission.admit(address);
    if (address === undefined || place === undefined) {
      socket.destroy();
      return;
    }
    const source = { address, port: remotePort ?? 0 };
    const connection = new Connection(socket, source, place, parts, () =>
      connections.delete(socket),
    );
    connections.set(socket, connection);
    ssh.injectSocket(socket);
    connection.watchIdent();
  }

  async function stopAccepting(): Promise<void> {
    if (tcp.listening) tcp.close();
  }

  async function close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      if (!tcp.listening && connections.size === 0) resolve();
      else tcp.once('close', resolve);
    });
    await stopAccepting();
    for (const socket of connections.keys()) socket.destroy();
    await closed;
  }

  return {
    listen: (host, port) => listenOn(tcp, host, port),
    stopAccepting,
    get connections() {
      return admission.count;
    },
    endAll(reason) {
      for (const connection of connections.values()) connection.end(reason);
    },
    close,
  };
}

function listenOn(
  tcp: ReturnType<typeof createServer>,
  host: string,
  port: number,
): Promise<{ address: string; port: number }> {
  return new Promise((resolve, reject) => {
    tcp.once('error', reject);
    tcp.listen(port, host, () => {
      tcp.off('error', reject);
      const { address, port: bound } = tcp.address() as AddressInfo;
      resolve({ address, port: bound });
    });
  });
}

function createSshServer(
  options: ListenerOptions,
  limits: ConnectionLimits,
  connections: ReadonlyMap<Socket, Connection>,
): ssh2.Server {
  const ssh = new ssh2.Server({
    hostKeys: [...options.hostKeys],
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
