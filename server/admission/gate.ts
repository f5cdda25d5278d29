import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { plainAddress } from '../domain/addresses.ts';
import type { Arrival, CloseReason } from '../domain/authentication.ts';
import type { FaultCode } from '../domain/faults.ts';
import type { Penalties } from '../domain/penalties.ts';
import type { LimitRows } from '../ledger/limit-rows.ts';
import { Admission, type AdmissionParts } from './admission.ts';

export type GateOptions = Omit<AdmissionParts, 'limitRows'> & {
  readonly limitRows: Pick<LimitRows, 'reached' | 'tell' | 'settle'>;
  readonly randomBytes: (size: number) => Uint8Array;
  /** Whether older algorithms are offered to an address. */
  readonly isLegacy?: (address: string) => boolean;
  /** Takes a socket of which no byte was read; `left` tells of its end. */
  readonly handOver: (socket: Socket, arrival: Arrival) => void;
  readonly onFault: (error: unknown) => void;
};

export interface Gate {
  /** Rejects with the error of the socket, such as EADDRINUSE. */
  listen(host: string, port: number): Promise<{ address: string; port: number }>;
  /** Takes no more connections; those that are there go on. */
  stopAccepting(): Promise<void>;
  /** `stopAccepting` was called: the server is on its way down. */
  readonly hasStopped: boolean;
  /** Leaves the places of strangers, and ends a penalty of its source. Idempotent. */
  loggedIn(connectionId: string): void;
  /** A proof was refused, and that speaks against the source (server/authentication/failures.ts). */
  loginRefused(connectionId: string, reason: FaultCode): void;
  /** The socket is gone: gives the place back, once. */
  left(connectionId: string, reason: CloseReason): void;
  readonly penalties: Penalties;
  /** Connections that hold a place, and those of them that have not logged in. */
  readonly connections: number;
  readonly strangers: number;
  /** Writes the counted rows that are due. */
  settle(): Promise<void>;
}

/** Owns the TCP listener: what is admitted is handed over, and what is not is reset without a word. */
export function createGate(options: GateOptions): Gate {
  const { limitRows, onFault } = options;
  const admission = new Admission(options);
  let hasStopped = false;
  // A worker of another process may get the socket, so nothing of it may be read here.
  const tcp = createServer({ noDelay: true, pauseOnConnect: true }, accept);
  tcp.on('error', (error) => {
    if (tcp.listening) onFault(error);
  });

  function accept(socket: Socket): void {
    // Without a listener a reset would end the process.
    socket.on('error', () => undefined);
    const { remoteAddress, remotePort } = socket;
    if (remoteAddress === undefined) {
      // It was reset before we got to it.
      socket.destroy();
      return;
    }
    const address = plainAddress(remoteAddress);
    const connectionId = Buffer.from(options.randomBytes(16)).toString('hex');
    if (admission.arrive(address, connectionId) !== null) {
      // A reset, so that a flood leaves no closed connections behind in the kernel (TIME_WAIT).
      socket.resetAndDestroy();
      return;
    }
    try {
      options.handOver(socket, {
        connectionId,
        source: { address, port: remotePort ?? 0 },
        ...(options.isLegacy?.(address) === true && { legacyInterop: true }),
      });
    } catch (error) {
      socket.destroy();
      admission.left(connectionId, 'worker-lost');
      onFault(error);
    }
  }

  return {
    listen: (host, port) => listenOn(tcp, host, port),
    get hasStopped() {
      return hasStopped;
    },
    stopAccepting: async () => {
      hasStopped = true;
      if (tcp.listening) tcp.close();
    },
    loggedIn: (connectionId) => admission.loggedIn(connectionId),
    loginRefused: (connectionId, reason) => admission.loginRefused(connectionId, reason),
    left: (connectionId, reason) => admission.left(connectionId, reason),
    penalties: admission.penalties,
    get connections() {
      return admission.connections;
    },
    get strangers() {
      return admission.strangers;
    },
    settle: () => limitRows.settle(),
  };
}

function listenOn(
  tcp: Server,
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
