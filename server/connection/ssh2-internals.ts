import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';

/**
 * The private parts of ssh2 that this station leans on, with the only casts to them. ssh2 is left the transport: packet
 * framing, ciphers, key exchange, and the writing of messages. Its authentication and channel layers are replaced by
 * ours (docs: reference/ssh2-hazards.md), so `_handlers` is exchanged as a whole.
 */
export const ssh2Version = '1.17.0';

export type Negotiated = {
  readonly kex: string;
  readonly serverHostKey: string;
  readonly cs: { readonly cipher: string; readonly mac: string };
  readonly sc: { readonly cipher: string; readonly mac: string };
};

export type AlgorithmOffer = {
  readonly kex: readonly string[];
  readonly serverHostKey: readonly string[];
  readonly cs: DirectionOffer;
  readonly sc: DirectionOffer;
};
type DirectionOffer = {
  readonly cipher: readonly string[];
  readonly mac: readonly string[];
  readonly compress: readonly string[];
  readonly lang: readonly string[];
};

export type ChannelOpening = {
  readonly type: string;
  readonly sender: number;
  readonly window: number;
  readonly packetSize: number;
};

/** What protocol/handlers.misc.js calls after it has parsed a message; one that is absent is ignored. */
export type MessageHandlers = {
  DISCONNECT(protocol: unknown, reason: number, text: string): void;
  SERVICE_REQUEST(protocol: unknown, service: string): void;
  /** What follows is its bytes, where ssh2 does not know the name. */
  GLOBAL_REQUEST(protocol: unknown, name: string, wantReply: boolean, data: unknown): void;
  CHANNEL_OPEN(protocol: unknown, opening: ChannelOpening): void;
  CHANNEL_WINDOW_ADJUST(protocol: unknown, id: number, bytes: number): void;
  CHANNEL_DATA(protocol: unknown, id: number, data: Buffer): void;
  CHANNEL_EOF(protocol: unknown, id: number): void;
  CHANNEL_CLOSE(protocol: unknown, id: number): void;
  CHANNEL_REQUEST(
    protocol: unknown,
    id: number,
    type: string,
    wantReply: boolean,
    data: unknown,
  ): void;
};

/** protocol/kex.js: one key exchange. */
export type KeyExchange = {
  readonly sessionID: Buffer;
  readonly negotiated: { serverHostKey: string; kex: string };
  /** `25519` for X25519, `group` for a group of a prime. */
  readonly type: string;
  remoteExtInfoEnabled: boolean;
  readonly _sentNEWKEYS?: boolean;
  _hostKey: unknown;
  _finished: boolean;
  /** The client's KEXINIT, for the exchange hash. */
  _remoteKexinit: Buffer;
  getPublicKey: () => Buffer;
  /** What the client sent, as it goes into the exchange hash. */
  convertPublicKey: (key: Buffer) => Buffer;
  /** The shared secret as the bytes of an mpint, or an error. */
  computeSecret: (otherPublicKey: Buffer) => unknown;
  /** Computes the exchange hash, signs it, sends the reply. Replaces itself by what NEWKEYS is to do. */
  finish: () => void;
};

/** protocol/Protocol.js, server side. */
export type WireProtocol = {
  _handlers: MessageHandlers;
  /** Every message outside a key exchange; `Infinity` stops the parsing of the rest of the input. */
  _onPayload: (payload: Buffer) => unknown;
  /** One turn of the loop over the input; `Infinity` ends that loop. */
  _parse: (chunk: Buffer, offset: number, length: number) => number;
  _onWrite: (data: Buffer) => void;
  _onHandshakeComplete: (negotiated: Negotiated) => void;
  /** A `KexInit`: names as they were sent, and those that are matched. */
  _offer: {
    readonly lists: {
      readonly kex: { array: readonly string[] };
      readonly serverHostKey: { readonly array: readonly string[] };
    };
  };
  /** What comes next was guessed wrong (RFC 4253 section 7). */
  _skipNextInboundPacket: boolean;
  readonly _cipher: { _onWrite: (data: Buffer) => void; encrypt(packet: Buffer): void };
  readonly _decipher:
    { readonly inSeqno: number; _onPayload: (payload: Buffer) => unknown } | undefined;
  _kex: KeyExchange | undefined;
  _hostKeys: unknown;
  /** Our KEXINIT while a key exchange runs. */
  readonly _kexinit: Buffer | undefined;
  /** What waits for the end of a key exchange. */
  readonly _queue: readonly Uint8Array[] | undefined;
  readonly _authsQueue: string[];
  readonly _packetRW: {
    readonly write: {
      readonly allocStart: number;
      readonly allocStartKEX: number;
      alloc(payloadBytes: number, force?: boolean): Buffer;
      finalize(packet: Buffer, force?: boolean): Buffer;
    };
  };
  cleanup(): void;
  rekey(): void;
  serviceAccept(service: string): void;
  authFailure(methods: readonly string[], partial: boolean): void;
  authPKOK(algorithm: string, keyBlob: Buffer): void;
  authSuccess(): void;
  channelOpenConfirm(remote: number, local: number, window: number, packetBytes: number): void;
  channelOpenFail(remote: number, reason: number, text: string): void;
  channelWindowAdjust(remote: number, bytes: number): void;
  channelEOF(remote: number): void;
  channelClose(remote: number): void;
  channelSuccess(remote: number): void;
  channelFailure(remote: number): void;
  exitStatus(remote: number, status: number): void;
};

/** What ssh2's server announces in its `connection` event. */
export type WireClient = EventEmitter & {
  readonly _sock: Socket;
  readonly _protocol: WireProtocol;
  authenticated: boolean;
};

const require = createRequire(import.meta.url);

type ProtocolClass = { new (config: object): WireProtocol; prototype: object };
const Protocol = require('ssh2/lib/protocol/Protocol.js') as ProtocolClass;
const { KexInit } = require('ssh2/lib/protocol/kex.js') as {
  KexInit: new (offer: AlgorithmOffer) => WireProtocol['_offer'];
};
const { sendPacket } = require('ssh2/lib/protocol/utils.js') as {
  sendPacket: (protocol: WireProtocol, packet: Buffer, bypassQueue?: boolean) => boolean;
};
const cryptoModule = require('ssh2/lib/protocol/crypto.js') as { bindingAvailable: boolean };
const manifest = require('ssh2/package.json') as { version: string };

/** Whether ssh2's compiled ciphers are in use; without them ciphers cost twice the time. */
export const bindingAvailable: boolean = cryptoModule.bindingAvailable;

export function asWireClient(client: unknown): WireClient {
  const wireClient = client as WireClient;
  if (!(wireClient._sock instanceof Socket)) throw missing('Client._sock');
  if (typeof wireClient._protocol?._onPayload !== 'function') throw missing('Client._protocol');
  return wireClient;
}

export function makeOffer(offer: AlgorithmOffer): WireProtocol['_offer'] {
  return new KexInit(offer);
}

/** Sends a whole message; it waits for the end of a key exchange unless told not to. */
export function sendMessage(protocol: WireProtocol, payload: Buffer, bypassQueue = false): void {
  const writer = protocol._packetRW.write;
  const start = bypassQueue ? writer.allocStartKEX : writer.allocStart;
  const packet = writer.alloc(payload.length, bypassQueue);
  packet.set(payload, start);
  sendPacket(protocol, writer.finalize(packet, bypassQueue), bypassQueue);
}

const channelDataMessage = 94;

/** CHANNEL_DATA (RFC 4254 section 5.2) of `bytes` bytes, which `fill` puts straight into the packet. */
export function sendChannelData(
  protocol: WireProtocol,
  remote: number,
  bytes: number,
  fill: (packet: Buffer, at: number) => void,
): void {
  const writer = protocol._packetRW.write;
  const start = writer.allocStart;
  const packet = writer.alloc(9 + bytes);
  packet[start] = channelDataMessage;
  packet.writeUInt32BE(remote, start + 1);
  packet.writeUInt32BE(bytes, start + 5);
  fill(packet, start + 9);
  sendPacket(protocol, writer.finalize(packet));
}

const fieldHooks = {
  _handlers: 'object',
  _onPayload: 'function',
  _parse: 'function',
  _onWrite: 'function',
  _onHandshakeComplete: 'function',
  _offer: 'object',
  _authsQueue: 'object',
  _cipher: 'object',
  _packetRW: 'object',
  _hostKeys: 'object',
  _skipNextInboundPacket: 'boolean',
} as const;

const emptyHooks = ['_kex', '_kexinit', '_queue', '_decipher'] as const;

const methodHooks = [
  'cleanup',
  'rekey',
  'serviceAccept',
  'authFailure',
  'authPKOK',
  'authSuccess',
  'channelOpenConfirm',
  'channelOpenFail',
  'channelWindowAdjust',
  'channelEOF',
  'channelClose',
  'channelSuccess',
  'channelFailure',
  'exitStatus',
] as const satisfies readonly (keyof WireProtocol)[];

/** Throws, naming the hook, when the ssh2 at hand is not the one that this folder was written for. */
export function assertHooks(
  version: string = manifest.version,
  protocol: Partial<WireProtocol> = sampleProtocol(),
): void {
  if (version !== ssh2Version) throw missing(`version ${ssh2Version}`, version);
  for (const [name, type] of Object.entries(fieldHooks)) {
    const value: unknown = protocol[name as keyof typeof fieldHooks];
    if (typeof value !== type || value === null) throw missing(`Protocol.${name}`);
  }
  for (const name of emptyHooks) {
    if (!(name in protocol)) throw missing(`Protocol.${name}`);
  }
  for (const name of methodHooks) {
    if (typeof protocol[name] !== 'function') throw missing(`Protocol.${name}`);
  }
  if (typeof protocol._cipher?._onWrite !== 'function') throw missing('Protocol._cipher._onWrite');
  if (typeof protocol._packetRW?.write.alloc !== 'function') throw missing('Protocol._packetRW');
  if (typeof KexInit !== 'function') throw missing('kex.KexInit');
  for (const list of ['kex', 'serverHostKey'] as const) {
    if (!Array.isArray(protocol._offer?.lists?.[list]?.array))
      throw missing(`KexInit.lists.${list}.array`);
  }
  if (typeof sendPacket !== 'function') throw missing('utils.sendPacket');
}

/** One that was never connected. */
export function sampleProtocol(): WireProtocol {
  const ignore = (): void => undefined;
  return new Protocol({ server: true, hostKeys: {}, onWrite: ignore, onError: ignore });
}

function missing(hook: string, version: string = manifest.version): Error {
  return new Error(`ssh2 ${version} lacks ${hook}, which server/connection relies on`);
}
