import { useRawKeys } from './curve25519.ts';
import { useRange } from './finite-field.ts';
import { hybridExchange, useHybrid } from './hybrid-exchange.ts';
import type { Link } from './link.ts';
import type { KeyExchange } from './ssh2-internals.ts';
import { needsLegacyInterop } from '../domain/algorithms.ts';
import { wireString } from '../domain/wire-string.ts';
import { WireReader } from './wire-reader.ts';

/** SSH_MSG_KEXINIT and what comes before its first list (RFC 4253 section 7.1). */
export const kexInit = 20;
const listsStart = 17;
const listsAfterHostKeys = 8;

/** What ssh2 believes to be doing while it does the hybrid exchange. */
const standIn = 'curve25519-sha256';

/** Which key exchange it is that ssh2 does: it knows no hybrid one. */
export interface KeyExchanges {
  /** The client's KEXINIT as ssh2 is to read it. */
  read(payload: Buffer): Buffer;
  /** The key exchange that ssh2 has made of it. */
  begun(kex: KeyExchange): void;
}

/**
 * Where the hybrid exchange is what client and server come to (the first name of the client's that the server has, RFC
 * 4253 section 7.1), ssh2 is given a KEXINIT that names X25519 in its place, and its X25519 exchange is then made the
 * hybrid one. The exchange hash gets the KEXINIT as it came.
 */
export function installKeyExchanges(link: Link, offered: readonly string[]): KeyExchanges {
  const { protocol } = link;
  const classical = offered.filter((name) => name !== hybridExchange);
  let asItCame: Buffer | undefined;
  let isHybrid = false;
  let isWrongGuess = false;
  /** What was come to first is what a grant was asked for, and what the ledger tells. */
  let mayBeOlder: boolean | undefined;

  const exchanges: KeyExchanges = {
    read(payload) {
      const lists = readLists(payload);
      // ssh2 refuses what has no lists, but takes one that ends behind them.
      if (lists === undefined) return payload.subarray(0, listsStart);
      const { kex, hostKeys, guesses } = lists;
      isHybrid = kex.find((name) => offered.includes(name)) === hybridExchange;
      protocol._offer.lists.kex.array = isHybrid ? [standIn] : classical;
      const isRight =
        kex[0] === offered[0] && hostKeys[0] === protocol._offer.lists.serverHostKey.array[0];
      isWrongGuess = guesses && !isRight;
      asItCame = payload;
      return forSsh2(payload, lists, isHybrid);
    },
    begun(kex) {
      const isOlder = needsLegacyInterop(kex.negotiated);
      mayBeOlder ??= isOlder;
      if (isOlder && !mayBeOlder) link.violate('an older key exchange than the first');
      kex._remoteKexinit = asItCame!;
      // Not before: what came is still to be taken.
      if (isWrongGuess) protocol._skipNextInboundPacket = true;
      if (!isHybrid) {
        useRawKeys(kex);
        useRange(kex);
        return;
      }
      kex.negotiated.kex = hybridExchange;
      useHybrid(kex);
    },
  };
  readFirst(link, exchanges);
  return exchanges;
}

type KexInitLists = {
  readonly kex: readonly string[];
  readonly kexEnd: number;
  readonly hostKeys: readonly string[];
  /** Whether the client has sent its half for the first of each list, without waiting for ours. */
  readonly guesses: boolean;
  readonly guessesAt: number;
};

/** Undefined for what is cut off. */
function readLists(payload: Buffer): KexInitLists | undefined {
  const reader = new WireReader(payload, listsStart);
  const kex = reader.text();
  const kexEnd = reader.offset;
  const hostKeys = reader.text();
  for (let list = 0; list < listsAfterHostKeys; list += 1) reader.string();
  const guessesAt = reader.offset;
  const guesses = reader.boolean();
  if (kex === undefined || hostKeys === undefined || guesses === undefined) return undefined;
  return { kex: kex.split(','), kexEnd, hostKeys: hostKeys.split(','), guesses, guessesAt };
}

/**
 * Without a guess: ssh2 takes one for right that names what is come to, where RFC 4253 section 7 asks for both sides'
 * first names to be the same. A client goes by that, and sends its half once more.
 */
function forSsh2(
  payload: Buffer,
  { kex, kexEnd, guesses, guessesAt }: KexInitLists,
  isHybrid: boolean,
): Buffer {
  if (!isHybrid && !guesses) return payload;
  const names = isHybrid ? kex.map((name) => (name === hybridExchange ? standIn : name)) : kex;
  return Buffer.concat([
    payload.subarray(0, listsStart),
    wireString(names.join(',')),
    payload.subarray(kexEnd, guessesAt),
    Buffer.of(0),
    payload.subarray(guessesAt + 1),
  ]);
}

/** The first key exchange does not pass the gate. Later ones do (message-gate.ts). */
function readFirst(link: Link, exchanges: KeyExchanges): void {
  const { protocol } = link;
  const decipher = protocol._decipher;
  if (decipher === undefined) throw new Error('no identification string yet');
  const take = decipher._onPayload;
  decipher._onPayload = (payload) => {
    const [type] = payload;
    // ssh2 skips it, even where strict key exchange forbids whatever is not of the exchange.
    if (type === undefined) {
      link.violate('empty packet within the first key exchange');
      return Infinity;
    }
    // ssh2 would ask an exchange that is not there.
    if (type > kexInit && type < 50 && protocol._kex === undefined) {
      link.violate(`message ${type} before KEXINIT`);
      return Infinity;
    }
    return take(type === kexInit ? exchanges.read(payload) : payload);
  };
}
