import { randomBytes } from 'node:crypto';
import { connect as connectTcp, createServer, type AddressInfo, type Socket } from 'node:net';
import { createRequire } from 'node:module';
import ssh2 from 'ssh2';
import type {
  AuthenticationReply,
  CloseReason,
  Proof,
} from '../../server/domain/authentication.ts';
import type { Notice } from '../../server/connection/connection.ts';
import { generateHostKey, hostKeySigner } from '../../server/connection/host-keys.ts';
import {
  type Reception,
  type ReceptionOptions,
  createReception,
} from '../../server/connection/reception.ts';
import type { Peer, SftpChannel } from '../../server/connection/peer.ts';
import { limits } from '../../server/domain/limits.ts';
import { ProcessMemory } from '../../server/memory/budget.ts';
import { sendMessage, type WireProtocol } from '../../server/connection/ssh2-internals.ts';
import { wireString } from '../../server/domain/wire-string.ts';

/** The part of tap's test that the harness uses. */
export type Teardown = { teardown(work: () => unknown): unknown };

export type Served = {
  readonly reception: Reception;
  readonly port: number;
  readonly peers: Peer[];
  readonly proofs: { username: string; proof: Proof }[];
  readonly channels: SftpChannel[];
  readonly closed: CloseReason[];
  /** Sockets that never became peers. */
  readonly gone: CloseReason[];
  readonly faults: unknown[];
  readonly notices: Notice[];
};

export type ServeOptions = Partial<ReceptionOptions> & {
  authenticate?: (username: string, proof: Proof) => Promise<AuthenticationReply>;
  channel?: (channel: SftpChannel) => void;
  /** Whether the addresses of the test have a grant for older algorithms. */
  legacyInterop?: boolean;
};

export const hostKey = generateHostKey();

export const accepted: AuthenticationReply = {
  kind: 'accepted',
  ticket: { sessionId: 's', username: 'alice', agencyCode: 'alameda' },
};
export const refused: AuthenticationReply = {
  kind: 'refused',
  methods: ['publickey', 'password'],
  partial: false,
};

/** The password `good` logs in; what comes on a channel goes back on it. */
export async function serve(t: Teardown, options: ServeOptions = {}): Promise<Served> {
  const served = {
    peers: [] as Peer[],
    proofs: [] as { username: string; proof: Proof }[],
    channels: [] as SftpChannel[],
    closed: [] as CloseReason[],
    gone: [] as CloseReason[],
    faults: [] as unknown[],
    notices: [] as Notice[],
  };
  const signer = hostKeySigner(hostKey);
  const reception = createReception({
    memory: new ProcessMemory({
      ...limits,
      processMemoryBytesMax: limits.processMemoryBytesMin,
    }),
    hostKeys: [signer.publicKey],
    sign: async (_connectionId, exchangeHash) => signer.sign(exchangeHash),
    proveHostKeys: () => Promise.reject(new Error('no proofs here')),
    onGone: (_connectionId, reason) => served.gone.push(reason),
    banner: 'State of California\nAuthorised use only',
    onFault: (error) => served.faults.push(error),
    onNotice: (notice) => served.notices.push(notice),
    onPeer: (peer) => {
      served.peers.push(peer);
      return {
        async authenticate(username, proof) {
          served.proofs.push({ username, proof });
          if (options.authenticate !== undefined) return options.authenticate(username, proof);
          return proof.kind === 'password' && proof.password === 'good' ? accepted : refused;
        },
        channel(channel) {
          served.channels.push(channel);
          (options.channel ?? echo)(channel);
        },
        closed: (reason) => served.closed.push(reason),
      };
    },
    ...options,
    // What a test floods is not to be slowed down.
    limits: {
      workUnitsPerSecondMax: Infinity,
      workUnitsAtOnceMax: Infinity,
      ...options.limits,
    },
  });
  const door = createServer({ noDelay: true, pauseOnConnect: true }, (socket) =>
    reception.receive(socket, {
      connectionId: randomBytes(16).toString('hex'),
      source: { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 },
      legacyInterop: options.legacyInterop ?? false,
    }),
  );
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  t.teardown(async () => {
    door.close();
    await reception.close();
  });
  return { ...served, reception, port: (door.address() as AddressInfo).port };
}

export function echo(channel: SftpChannel): void {
  const { stream } = channel;
  stream.on('data', (data: Buffer) => {
    if (!stream.write(data)) {
      stream.pause();
      stream.once('drain', () => stream.resume());
    }
  });
  stream.on('end', () => channel.finish());
}

/** ssh2's own client, logged in. */
export async function login(
  t: Teardown,
  served: Served,
  config: ssh2.ConnectConfig = {},
): Promise<ssh2.Client> {
  const client = new ssh2.Client();
  t.teardown(() => client.destroy());
  await new Promise<void>((resolve, reject) => {
    client.on('ready', resolve).on('error', reject);
    client.connect({
      host: '127.0.0.1',
      port: served.port,
      username: 'alice',
      password: 'good',
      ...config,
    });
  });
  client.on('error', () => undefined);
  return client;
}

export function openSubsystem(client: ssh2.Client, name = 'sftp'): Promise<ssh2.ClientChannel> {
  return new Promise((resolve, reject) => {
    client.subsys(name, (error, channel) => (error ? reject(error) : resolve(channel)));
  });
}

const require = createRequire(import.meta.url);
const Protocol = require('ssh2/lib/protocol/Protocol.js') as new (
  config: object,
) => WireProtocol & {
  start(): void;
  parse(chunk: Buffer, offset: number, length: number): void;
};
const cryptoReady = (require('ssh2/lib/protocol/crypto.js') as { init: Promise<void> }).init;

/** A client without manners: ssh2's transport, and any message at any time. */
export class RawClient {
  readonly received: Buffer[] = [];
  readonly closed: Promise<void>;
  readonly socket: Socket;
  readonly protocol: WireProtocol;
  #waiting: (() => void)[] = [];
  #isClosed = false;

  constructor(socket: Socket, protocol: WireProtocol) {
    this.socket = socket;
    this.protocol = protocol;
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#isClosed = true;
        this.#wake();
        resolve();
      });
    });
    const parse = protocol._onPayload;
    protocol._onPayload = (payload) => {
      this.received.push(Buffer.from(payload));
      this.#wake();
      return parse(payload);
    };
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  send(...payloads: Buffer[]): void {
    for (const payload of payloads) sendMessage(this.protocol, payload);
  }

  /** The next message of that type, taken out of what came; undefined once the server has closed. */
  async next(type: number): Promise<Buffer | undefined> {
    for (;;) {
      const index = this.received.findIndex((payload) => payload[0] === type);
      if (index >= 0) return this.received.splice(index, 1)[0];
      if (this.#isClosed) return undefined;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}

export type RawOptions = {
  ident?: string;
  offer?: object;
  /** Told of the transport before it connects. */
  onProtocol?: (protocol: WireProtocol) => void;
};

/** Connects and finishes the first key exchange. */
export async function rawClient(
  t: Teardown,
  served: { readonly port: number },
  options: RawOptions = {},
): Promise<RawClient> {
  await cryptoReady;
  const socket = connectTcp(served.port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  socket.on('error', () => undefined);
  let client: RawClient | undefined;
  await new Promise<void>((resolve, reject) => {
    const protocol = new Protocol({
      ident: options.ident ?? 'raw',
      ...(options.offer === undefined ? {} : { offer: options.offer }),
      onWrite: (data: Buffer) => socket.writable && socket.write(data),
      onError: reject,
      onHandshakeComplete: () => resolve(),
      // Without one it answers with a failure what asked for no reply.
      messageHandlers: { GLOBAL_REQUEST: () => undefined },
    });
    client = new RawClient(socket, protocol);
    options.onProtocol?.(protocol);
    socket.on('close', () => reject(new Error('closed during the handshake')));
    socket.on('connect', () => protocol.start());
    socket.on('data', (data) => {
      try {
        protocol.parse(data, 0, data.length);
      } catch {
        socket.destroy();
      }
    });
  });
  return client!;
}

export async function rawLogin(
  t: Teardown,
  served: { readonly port: number },
  options: RawOptions = {},
): Promise<RawClient> {
  const client = await rawClient(t, served, options);
  client.send(serviceRequest(), passwordRequest('alice', 'good'));
  if ((await client.next(52)) === undefined) throw new Error('the login failed');
  return client;
}

/** Opens a channel and, unless told otherwise, its sftp subsystem; gives the server's number of it. */
export async function rawChannel(
  client: RawClient,
  options: { window?: number; packetBytes?: number; sender?: number; subsystem?: boolean } = {},
): Promise<number> {
  const sender = options.sender ?? 0;
  client.send(
    channelOpen('session', sender, options.window ?? 2 ** 21, options.packetBytes ?? 32768),
  );
  const confirmation = await client.next(91);
  if (confirmation === undefined) throw new Error('no channel');
  const id = confirmation.readUInt32BE(5);
  if (options.subsystem === false) return id;
  client.send(channelRequest(id, 'subsystem', true, wireString('sftp')));
  if ((await client.next(99)) === undefined) throw new Error('no subsystem');
  return id;
}

export function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32BE(value, index * 4));
  return bytes;
}

export function serviceRequest(service = 'ssh-userauth'): Buffer {
  return Buffer.concat([Buffer.of(5), wireString(service)]);
}

export function loginRequest(username: string, method: string, ...rest: Buffer[]): Buffer {
  return Buffer.concat([
    Buffer.of(50),
    wireString(username),
    wireString('ssh-connection'),
    wireString(method),
    ...rest,
  ]);
}

export function passwordRequest(username: string, password: string): Buffer {
  return loginRequest(username, 'password', Buffer.of(0), wireString(password));
}

export function channelOpen(
  type: string,
  sender: number,
  window: number,
  packetBytes: number,
): Buffer {
  return Buffer.concat([Buffer.of(90), wireString(type), uint32(sender, window, packetBytes)]);
}

export function channelRequest(
  id: number,
  type: string,
  wantReply: boolean,
  ...rest: Buffer[]
): Buffer {
  return Buffer.concat([
    Buffer.of(98),
    uint32(id),
    wireString(type),
    Buffer.of(wantReply ? 1 : 0),
    ...rest,
  ]);
}

export function channelData(id: number, data: Buffer): Buffer {
  return Buffer.concat([Buffer.of(94), uint32(id), wireString(data)]);
}

/** Waits until it holds; tap's own time-out ends a wait in vain. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
