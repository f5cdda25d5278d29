import type { Link } from './link.ts';
import { kexInit } from './key-exchanges.ts';
import { sendMessage } from './ssh2-internals.ts';
import { WireReader } from './wire-reader.ts';

type When = 'always' | 'before-login' | 'after-login';

/**
 * When a client may send which message once the first key exchange is done: the state machine as data. What stands here
 * at no time, or at another, ends the connection (RFC 4252 section 6 asks that for 80 and above; libssh CVE-2018-10933
 * and Erlang CVE-2025-32433 are what happens otherwise).
 */
const messages: ReadonlyMap<number, When | 'never'> = new Map([
  [1, 'always'], // DISCONNECT
  [2, 'always'], // IGNORE
  [3, 'always'], // UNIMPLEMENTED
  [4, 'always'], // DEBUG
  [5, 'before-login'], // SERVICE_REQUEST
  [6, 'never'], // SERVICE_ACCEPT
  [7, 'always'], // EXT_INFO
  [20, 'always'], // KEXINIT
  [21, 'never'], // NEWKEYS: within a key exchange they do not come this way
  ...numbers(30, 49, 'never'), // key exchange methods
  [50, 'always'], // USERAUTH_REQUEST: after the login ignored, RFC 4252 section 5.1
  ...numbers(51, 60, 'never'), // what only a server says
  [61, 'before-login'], // USERAUTH_INFO_RESPONSE
  ...numbers(62, 79, 'never'), // methods that are not offered
  [80, 'after-login'], // GLOBAL_REQUEST
  [81, 'after-login'], // REQUEST_SUCCESS and REQUEST_FAILURE answer our keepalives
  [82, 'after-login'],
  [90, 'after-login'], // CHANNEL_OPEN
  [91, 'never'], // CHANNEL_OPEN_CONFIRMATION and CHANNEL_OPEN_FAILURE: the server opens none
  [92, 'never'],
  ...numbers(93, 100, 'after-login'), // the rest of the channel messages
  [192, 'after-login'], // OpenSSH's PING
  [193, 'never'], // PONG: the server asks for none
]);

const userauthRequest = 50;
const userauthInfoResponse = 61;
const unimplemented = 3;
const ping = 192;
const pong = 193;

/** The connection, as far as the gate looks at it. */
export interface GateLink extends Link {
  readonly loggedInAlready: boolean;
}

/**
 * Puts itself between ssh2's packets and ssh2's parsers. Once the connection has ended nothing more is parsed, not even
 * the rest of what was read from the socket: `Infinity` makes ssh2 stop there.
 */
export function installGate(
  link: GateLink,
  after: {
    loginRequest(payload: Buffer): void;
    /** A KEXINIT as ssh2 is to read it. */
    keyExchange(payload: Buffer): Buffer;
    message(): void;
  },
): void {
  const { protocol } = link;
  const parse = protocol._onPayload;

  function take(payload: Buffer): unknown {
    const type = payload[0];
    // An empty payload is ssh2's to skip.
    if (type === undefined) return parse(payload);
    const when = messages.get(type);
    if (when === undefined) {
      if (type >= 80 && !link.loggedInAlready)
        return link.violate(`message ${type} before the login`);
      return answerUnimplemented();
    }
    if (when === 'never') return link.violate(`message ${type} is not for a client to send`);
    if (when !== 'always' && (when === 'after-login') !== link.loggedInAlready)
      return link.violate(`message ${type} out of place`);
    if (type === userauthRequest || type === userauthInfoResponse)
      return after.loginRequest(payload);
    if (type === ping) return answerPing(payload);
    return parse(type === kexInit ? after.keyExchange(payload) : payload);
  }

  /** OpenSSH's PROTOCOL section 1.9: what came goes back. */
  function answerPing(payload: Buffer): void {
    const reader = new WireReader(payload, 1);
    if (reader.string() === undefined || !reader.atEnd) return link.violate('malformed ping');
    sendMessage(protocol, Buffer.concat([Buffer.of(pong), payload.subarray(1)]));
  }

  /** RFC 4253 section 11.4. */
  function answerUnimplemented(): void {
    const message = Buffer.alloc(5);
    message[0] = unimplemented;
    // ssh2 counts the packet before it hands the payload on.
    message.writeUInt32BE((protocol._decipher!.inSeqno - 1) >>> 0, 1);
    sendMessage(protocol, message);
  }

  protocol._onPayload = (payload) => {
    if (link.ended) return Infinity;
    const result = take(payload);
    if (!link.ended) after.message();
    return link.ended ? Infinity : result;
  };
}

function numbers(first: number, last: number, when: When | 'never'): [number, When | 'never'][] {
  return Array.from({ length: last - first + 1 }, (_, index) => [first + index, when]);
}
