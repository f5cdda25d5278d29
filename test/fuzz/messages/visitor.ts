import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import type { WireProtocol } from '../../../server/connection/ssh2-internals.ts';
import {
  channelOpen,
  channelRequest,
  passwordRequest,
  rawChannel,
  rawClient,
  rawLogin,
  serviceRequest,
  uint32,
  type RawClient,
  type Served,
} from '../../connection/harness.ts';
import { wireString } from '../../../server/domain/wire-string.ts';
import { expect } from '../suite.ts';
import { framed } from './grammar.ts';
import { MemorySocket } from './memory-socket.ts';
import { OutputReader } from './output-reader.ts';
import { sessionId } from './sequence.ts';
import { states, type State } from './states.ts';

const require = createRequire(import.meta.url);
const { NullDecipher } = require('ssh2/lib/protocol/crypto.js') as {
  NullDecipher: new (sequence: number, onPayload: (payload: Buffer) => unknown) => unknown;
};
const { prototype } = require('ssh2/lib/protocol/Protocol.js') as {
  prototype: { parse: (this: WireProtocol, ...parts: unknown[]) => unknown };
};
/** The server's side of the connection that was heard of last; ssh2 shows it to nobody else. */
let parsing: WireProtocol | undefined;
const note = (protocol: WireProtocol): void => {
  parsing = protocol;
};
const { parse } = prototype;
prototype.parse = function (...parts) {
  if ((this as { _server?: boolean })._server === true) note(this);
  return parse.apply(this, parts);
};

/** A client on its way through one connection, and what it was told. */
export interface Visitor {
  readonly heard: number[];
  readonly isClosed: boolean;
  send(payload: Buffer): void;
  raw(bytes: Buffer): void;
  rekey(): void;
  leave(): void;
}

export const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** In memory. From the state `keys` on the ciphers are left out: what is before them is as it would be. */
export class MemoryVisitor implements Visitor {
  readonly heard: number[] = [];
  readonly #socket: MemorySocket;
  readonly #reader = new OutputReader();
  #protocol: WireProtocol | undefined;
  isClosed = false;
  #wrong: unknown;

  private constructor(served: Served) {
    this.#socket = new MemorySocket((bytes) => this.#hear(bytes));
    this.#socket.on('close', () => (this.isClosed = true));
    served.reception.receive(this.#socket, {
      connectionId: randomBytes(16).toString('hex'),
      source: { address: '192.0.2.1', port: 50_000 },
    });
  }

  static async arrive(served: Served, state: State): Promise<MemoryVisitor> {
    const visitor = new MemoryVisitor(served);
    await visitor.#goTo(state);
    return visitor;
  }

  /** @throws what was wrong with the server's output */
  check(): void {
    if (this.#wrong !== undefined) throw this.#wrong;
  }

  #hear(bytes: Buffer): void {
    try {
      for (const payload of this.#reader.push(Buffer.from(bytes))) this.heard.push(payload[0]!);
    } catch (error) {
      this.#wrong ??= error;
    }
  }

  send(payload: Buffer): void {
    this.raw(framed(payload));
  }

  raw(bytes: Buffer): void {
    if (!this.isClosed && !this.#socket.destroyed) this.#socket.push(bytes);
  }

  rekey(): void {
    if (!this.isClosed && this.#protocol?._kex !== undefined) this.#protocol.rekey();
  }

  leave(): void {
    this.#socket.destroy();
  }

  async #goTo(state: State): Promise<void> {
    const far = states.indexOf(state);
    const reaches = (name: State): boolean => far >= states.indexOf(name);
    // ssh2 loads its ciphers first.
    while (!this.#reader.hasIdentified) await turn();
    if (!reaches('key exchange')) return;
    this.raw(Buffer.from('SSH-2.0-fuzz\r\n'));
    this.#protocol = parsing;
    expect(this.#protocol !== undefined, 'the server reads at once');
    if (state === 'key exchange begun' || state === 'key exchange answered') {
      this.send(kexInit(true));
      if (state === 'key exchange answered')
        this.send(Buffer.concat([Buffer.of(30), wireString(curvePoint)]));
      await turn();
      await turn();
      return;
    }
    if (!reaches('keys')) return;
    this.#skipKeyExchange();
    if (!reaches('service')) return;
    this.send(serviceRequest());
    if (state === 'proof in flight') this.send(passwordRequest('alice', 'wrong'));
    if (reaches('session')) this.send(passwordRequest('alice', 'good'));
    await turn();
    if (state === 'channel') {
      this.send(channelOpen('session', 0, 2 ** 21, 32_768));
      this.send(channelRequest(0, 'subsystem', true, wireString('sftp')));
    }
    if (state === 'server rekeys') this.rekey();
    if (state === 'client rekeys') this.send(kexInit(false));
    await turn();
  }

  /** As if the first key exchange were done, with the null cipher for its keys. */
  #skipKeyExchange(): void {
    const protocol = this.#protocol!;
    const fields = protocol as unknown as Record<string, unknown>;
    fields['_kexinit'] = undefined;
    // While a key exchange runs, messages are made without their frame.
    (protocol._packetRW.write as { allocStart: number }).allocStart =
      protocol._packetRW.write.allocStartKEX;
    fields['_kex'] = {
      sessionID: sessionId,
      remoteExtInfoEnabled: false,
      negotiated: {
        serverHostKey: 'ssh-ed25519',
        cs: { compress: 'none' },
        sc: { compress: 'none' },
      },
      computeSecret: () => undefined,
      finish: () => undefined,
    };
    fields['_decipher'] = new NullDecipher(3, (payload) => protocol._onPayload(payload));
    const direction = { cipher: 'aes128-gcm@openssh.com', mac: '' };
    protocol._onHandshakeComplete({
      kex: 'curve25519-sha256',
      serverHostKey: 'ssh-ed25519',
      cs: direction,
      sc: direction,
    });
  }
}

/** With real keys, over loopback. */
export class RealVisitor implements Visitor {
  readonly #client: RawClient;

  private constructor(client: RawClient) {
    this.#client = client;
  }

  static async arrive(served: Served, state: State): Promise<RealVisitor> {
    const t = { teardown: () => undefined };
    if (state === 'keys') return new RealVisitor(await rawClient(t, served));
    if (state === 'service') {
      const client = await rawClient(t, served);
      client.send(serviceRequest());
      await client.next(6);
      return new RealVisitor(client);
    }
    const client = await rawLogin(t, served);
    // Taken out of what was heard.
    client.received.push(Buffer.of(52));
    if (state === 'channel') await rawChannel(client);
    return new RealVisitor(client);
  }

  get heard(): number[] {
    return this.#client.received.map((payload) => payload[0]!);
  }

  get isClosed(): boolean {
    return this.#client.isClosed;
  }

  send(payload: Buffer): void {
    if (!this.isClosed && this.#client.socket.writable) this.#client.send(payload);
  }

  raw(bytes: Buffer): void {
    if (this.#client.socket.writable) this.#client.socket.write(bytes);
  }

  rekey(): void {
    // The server's own affair; from outside the client's is the same.
    if (this.#client.socket.writable) this.#client.protocol.rekey();
  }

  leave(): void {
    this.#client.socket.destroy();
  }
}

const curvePoint = Buffer.alloc(32, 9);

function kexInit(strict: boolean): Buffer {
  const lists = [
    `curve25519-sha256,ext-info-c${strict ? ',kex-strict-c-v00@openssh.com' : ''}`,
    'ssh-ed25519',
    'aes128-gcm@openssh.com',
    'aes128-gcm@openssh.com',
    'hmac-sha2-256',
    'hmac-sha2-256',
    'none',
    'none',
    '',
    '',
  ].map(wireString);
  return Buffer.concat([Buffer.of(20), Buffer.alloc(16, 5), ...lists, Buffer.of(0), uint32(0)]);
}

expect(typeof parse === 'function', 'ssh2 lacks Protocol.parse');
