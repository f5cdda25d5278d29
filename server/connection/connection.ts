import type { Socket } from 'node:net';
import type {
  Arrival,
  AuthenticationReply,
  CloseReason,
  Proof,
  Source,
} from '../domain/authentication.ts';
import type { ProcessMemory, SessionMemory } from '../memory/budget.ts';
import { Pace, workUnits } from '../pace/pace.ts';
import { isCertified } from '../domain/signature-algorithms.ts';
import { algorithmSets, type AlgorithmSet, describeNegotiated, offerFor } from './algorithms.ts';
import { type AuthenticationQueue, createAuthenticationQueue } from './authentication-queue.ts';
import type { ChannelLink } from './channel.ts';
import { type Channels, createChannels } from './channels.ts';
import { type Deadlines, type Stage, startDeadlines } from './deadlines.ts';
import { canSayGoodbye, farewellOf, sendDisconnect } from './farewell.ts';
import { sendExtInfo } from './ext-info.ts';
import { createGlobalRequests } from './global-requests.ts';
import { createHostKeyProofs, type HostKeyLink, type HostKeyProofs } from './host-key-proofs.ts';
import { installKeyExchanges } from './key-exchanges.ts';
import type { LoginLink } from './authentication-queue.ts';
import { installGate } from './message-gate.ts';
import { type Output, takeOutput } from './output.ts';
import type { ConnectionLimits } from './own-limits.ts';
import type { Peer, PeerHandlers } from './peer.ts';
import { Reading } from './reading.ts';
import { type Rekeying, createRekeying } from './rekeying.ts';
import { type PublicHostKey, installSigning } from './signing.ts';
import type { Negotiated, WireClient, WireProtocol } from './ssh2-internals.ts';
import { makeOffer } from './ssh2-internals.ts';

/** Something that an operator may want to see when a client complains. */
export type Notice = {
  readonly connectionId: string;
  readonly source: Source;
  readonly text: string;
};

/** What every connection of a listener shares. */
export type ConnectionParts = {
  readonly limits: ConnectionLimits;
  readonly memory: ProcessMemory;
  readonly hostKeys: readonly PublicHostKey[];
  /** Not in use yet: clients are told of them. */
  readonly nextHostKeys: readonly PublicHostKey[];
  /** What the server agrees to, but for who has a grant. */
  readonly algorithms: AlgorithmSet;
  sign(connectionId: string, exchangeHash: Uint8Array, type: string): Promise<Uint8Array>;
  proveHostKeys(connectionId: string, blobs: readonly Uint8Array[]): Promise<readonly Uint8Array[]>;
  onPeer(peer: Peer): PeerHandlers;
  /** The socket is gone, and was never a peer. */
  onGone(connectionId: string, reason: CloseReason): void;
  onFault(error: unknown): void;
  onNotice(notice: Notice): void;
};

/** The parts that exist once the client has told its identification string. */
type Wire = {
  readonly client: WireClient;
  readonly ident: string;
  readonly output: Output;
  readonly rekeying: Rekeying;
  readonly logins: AuthenticationQueue;
  readonly channels: Channels;
  readonly hostKeyProofs: HostKeyProofs;
};

/** One socket, from its arrival to its close. */
export class Connection implements LoginLink, ChannelLink, HostKeyLink {
  readonly id: string;
  readonly memory: SessionMemory;
  /** Its own until it has logged in, then its user's. */
  pace: Pace;
  readonly #reading: Reading;
  readonly #socket: Socket;
  readonly #source: Source;
  readonly #parts: ConnectionParts;
  readonly #algorithms: AlgorithmSet;
  readonly #deadlines: Deadlines;
  readonly #gone: () => void;
  #protocol: WireProtocol | undefined;
  #wire: Wire | undefined;
  #handlers: PeerHandlers | undefined;
  #state: 'key-exchange' | 'login' | 'session' = 'key-exchange';
  #rekeysBeforeLogin = 0;
  #ended = false;
  #reason: CloseReason | undefined;
  #farewellTimer: NodeJS.Timeout | undefined;
  #paceTimer: NodeJS.Timeout | undefined;

  constructor(
    socket: Socket,
    { connectionId, source, legacyInterop }: Arrival,
    parts: ConnectionParts,
    gone: () => void,
  ) {
    this.id = connectionId;
    this.memory = parts.memory.session();
    this.pace = new Pace(parts.limits);
    this.#reading = new Reading(socket);
    this.#socket = socket;
    this.#source = source;
    this.#parts = parts;
    this.#algorithms = legacyInterop === true ? algorithmSets['legacy-interop'] : parts.algorithms;
    this.#gone = gone;
    this.#deadlines = startDeadlines(parts.limits, (stage) => this.#tooLate(stage));
    socket.on('error', (error) => this.#destroy('connection-lost', error.message));
    socket.on('end', () => this.#destroy('client-left', 'the client closed the socket'));
    // ssh2 only half-closes after a fatal error; what came next would be read on (and could allocate 2 GiB).
    socket.on('finish', () => this.#destroy('protocol-error', 'ended'));
    socket.once('close', () => this.#closed());
  }

  get limits(): ConnectionLimits {
    return this.#parts.limits;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get protocol(): WireProtocol {
    if (this.#protocol === undefined) throw new Error('no identification string yet');
    return this.#protocol;
  }

  get output(): Output {
    if (this.#wire === undefined) throw new Error('no identification string yet');
    return this.#wire.output;
  }

  get signatureAlgorithms(): readonly string[] {
    return this.#algorithms.signatures;
  }

  get announcedHostKeys(): readonly PublicHostKey[] {
    const inUse = this.#parts.hostKeys.filter(({ type }) => !isCertified(type));
    return [...inUse, ...this.#parts.nextHostKeys];
  }

  proveHostKeys(blobs: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
    return this.#parts.proveHostKeys(this.id, blobs);
  }

  get loggedInAlready(): boolean {
    return this.#state === 'session';
  }

  /** Counts what comes before the identification string's newline: ssh2 would take 8 KiB. */
  watchIdent(): void {
    let bytes = 0;
    const count = (chunk: Buffer): void => {
      const newline = chunk.indexOf(0x0a);
      bytes += newline === -1 ? chunk.length : newline + 1;
      if (bytes > this.limits.identBytesMax)
        this.#destroy('protocol-error', 'identification string too long');
      if (newline !== -1 || this.#ended) this.#socket.off('data', count);
    };
    this.#socket.on('data', count);
  }

  /** The identification string has come, and ssh2's KEXINIT is about to leave. */
  identified(client: WireClient, ident: string): void {
    const protocol = client._protocol;
    this.#protocol = protocol;
    if (this.#ended) {
      silence(protocol);
      return;
    }
    this.#deadlines.reached('ident');
    const printable = ident.replace(/[^\x20-\x7e]/g, '?');
    protocol._offer = makeOffer(
      offerFor(
        printable.replace(/^SSH-[\d.]+-/, ''),
        this.#parts.hostKeys.map(({ type }) => type),
        this.#algorithms,
      ),
    );
    this.#wire = this.#takeOver(client, printable);
  }

  #takeOver(client: WireClient, ident: string): Wire {
    const protocol = client._protocol;
    const output = takeOutput(
      this.#socket,
      protocol,
      this.#reading,
      this.limits,
      this.memory.overhead(),
      {
        room: () => channels.wake(),
        written: () => rekeying.check(this.#bytes()),
      },
    );
    const rekeying = createRekeying(this);
    const logins = createAuthenticationQueue(this);
    const hostKeyProofs = createHostKeyProofs(this);
    const channels = createChannels(this, createGlobalRequests(this, hostKeyProofs), (channel) =>
      this.guard(() => this.#handlers?.channel(channel)),
    );
    const exchanges = installKeyExchanges(this, this.#algorithms.kex);
    protocol._handlers = {
      ...channels.handlers,
      DISCONNECT: () => this.#destroy('client-left', 'the client disconnected'),
      SERVICE_REQUEST: (_protocol, service) => logins.serviceRequested(service),
    };
    installGate(this, {
      loginRequest: (payload) => this.guard(() => logins.requested(payload)),
      keyExchange: (payload) => exchanges.read(payload),
      message: () => {
        rekeying.observe();
        this.#keepPace();
      },
    });
    installSigning(
      this,
      this.#parts.hostKeys,
      (exchangeHash, type) => this.#parts.sign(this.id, exchangeHash, type),
      (kex) => exchanges.begun(kex),
    );
    this.#watchKeyExchanges(protocol);
    return { client, ident, output, rekeying, logins, channels, hostKeyProofs };
  }

  #watchKeyExchanges(protocol: WireProtocol): void {
    const complete = protocol._onHandshakeComplete;
    protocol._onHandshakeComplete = (negotiated) => {
      const first = this.#state === 'key-exchange';
      if (first) sendExtInfo(protocol, this.#algorithms.signatures);
      complete(negotiated);
      this.pace.spend(workUnits.keyExchange);
      this.#wire?.rekeying.completed(this.#bytes());
      if (first) this.#announce(negotiated);
      else if (this.#state === 'login') this.#countEarlyRekey();
      else this.#wire?.channels.wake();
    };
  }

  #keepPace(): void {
    this.pace.spend(workUnits.packet);
    const { waitMs } = this.pace;
    if (waitMs === 0 || this.#paceTimer !== undefined || this.#ended) return;
    this.#reading.hold('pace');
    this.pace.waits(waitMs);
    this.#paceTimer = setTimeout(() => {
      this.#paceTimer = undefined;
      this.#reading.release('pace');
    }, waitMs);
  }

  #countEarlyRekey(): void {
    this.#rekeysBeforeLogin += 1;
    if (this.#rekeysBeforeLogin > this.limits.rekeysBeforeLoginMax)
      this.violate('too many key exchanges before the login');
  }

  #announce(negotiated: Negotiated): void {
    this.#deadlines.reached('handshake');
    this.#state = 'login';
    const peer: Peer = {
      connectionId: this.id,
      source: this.#source,
      client: this.#wire?.ident ?? '',
      algorithms: describeNegotiated(negotiated),
      end: (reason) => this.end(reason),
      keepPace: (pace) => {
        this.pace = pace;
      },
    };
    this.guard(() => {
      this.#handlers = this.#parts.onPeer(peer);
    });
  }

  async authenticate(username: string, proof: Proof): Promise<AuthenticationReply> {
    if (this.#handlers === undefined) throw new Error('a login without a peer');
    return this.#handlers.authenticate(username, proof);
  }

  loggedIn(): void {
    const client = this.#wire?.client;
    this.#state = 'session';
    this.#deadlines.reached('login');
    this.#wire?.rekeying.loggedIn();
    this.#wire?.hostKeyProofs.announce();
    if (client === undefined) return;
    client.authenticated = true;
    // Starts ssh2's keepalives.
    client.emit('ready');
  }

  /** Runs our own code within ssh2's parser, which would take what it throws for the client's fault. */
  guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.fault(error);
    }
  }

  notice(what: string): void {
    this.#parts.onNotice({ connectionId: this.id, source: this.#source, text: what });
  }

  violate(what: string): void {
    this.#destroy('protocol-error', what);
  }

  fault(error: unknown): void {
    this.#parts.onFault(error);
    this.#destroy('connection-lost', 'internal error');
  }

  /** ssh2 gave up on the client: unparseable input, a bad key exchange, no answer to keepalives. */
  clientFailed(error: Error & { level?: string }): void {
    // RFC 10042 section 2.3 asks for the disconnect that ssh2 has written.
    if (error.level === 'handshake' && !this.#ended) {
      this.#conclude('protocol-error', error.message);
      this.#leave();
      return;
    }
    const lost = error.level === 'client-timeout' || error.level === 'socket';
    this.#destroy(lost ? 'connection-lost' : 'protocol-error', error.message);
  }

  end(reason: CloseReason): void {
    const { code, text } = farewellOf(reason);
    this.disconnect(code, text, reason);
  }

  disconnect(code: number, text: string, reason: CloseReason): void {
    if (this.#ended) return;
    const protocol = this.#protocol;
    if (protocol === undefined || !this.#socket.writable) {
      this.#destroy(reason, text);
      return;
    }
    this.#conclude(reason, text);
    if (canSayGoodbye(protocol)) sendDisconnect(protocol, code, text);
    this.#leave();
  }

  /** What was written goes out, for as long as it may take. */
  #leave(): void {
    if (this.#protocol !== undefined) silence(this.#protocol);
    this.#farewellTimer = setTimeout(() => this.#socket.destroy(), this.limits.disconnectMsMax);
    this.#socket.once('finish', () => this.#socket.destroy());
    this.#socket.end();
  }

  #destroy(reason: CloseReason, what: string): void {
    if (!this.#ended) this.#conclude(reason, what);
    if (this.#protocol !== undefined) silence(this.#protocol);
    this.#socket.destroy();
  }

  #conclude(reason: CloseReason, what: string): void {
    this.#ended = true;
    this.#reason = reason;
    this.notice(what);
  }

  #tooLate(stage: Stage): void {
    this.#destroy('login-timeout', `no ${stage} in time`);
  }

  #bytes(): number {
    return this.#socket.bytesRead + this.#socket.bytesWritten;
  }

  #closed(): void {
    if (!this.#ended) this.#conclude('connection-lost', 'the socket closed');
    clearTimeout(this.#farewellTimer);
    clearTimeout(this.#paceTimer);
    this.#deadlines.stop();
    this.#wire?.rekeying.stop();
    this.#wire?.channels.cut();
    this.#gone();
    const reason = this.#reason ?? 'connection-lost';
    try {
      if (this.#handlers === undefined) this.#parts.onGone(this.id, reason);
      else this.#handlers.closed(reason);
    } catch (error) {
      this.#parts.onFault(error);
    }
  }
}

/** Nothing more is parsed, not even what was read already, and nothing more is sent. */
function silence(protocol: WireProtocol): void {
  protocol._parse = () => Infinity;
  protocol.cleanup();
}
