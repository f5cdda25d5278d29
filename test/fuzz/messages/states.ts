/** How far a connection has come when the fuzzer begins. */
export const states = [
  'ident',
  'key exchange',
  'key exchange begun',
  'key exchange answered',
  'keys',
  'service',
  'proof in flight',
  'session',
  'channel',
  'server rekeys',
  'client rekeys',
] as const;
export type State = (typeof states)[number];

export function isBeforeLogin(state: State): boolean {
  return states.indexOf(state) < states.indexOf('session');
}

/** Whether messages are read one by one in the open, outside a key exchange. */
export function isOpen(state: State): boolean {
  return states.indexOf(state) >= states.indexOf('keys') && state !== 'client rekeys';
}

/**
 * What RFC 4250 to 4254 ask of a server that gets a well-formed message of that number, or one with nothing in it where
 * it knows none: whether the connection ends. `undefined` where that depends on what is in it.
 */
export function ends(state: State, type: number): boolean | undefined {
  if (state === 'ident') return undefined;
  if (type === 1) return true;
  if (state === 'key exchange') return !(type >= 2 && type <= 4);
  // Strict key exchange (OpenSSH PROTOCOL section 1.10): nothing else may come.
  if (state === 'key exchange begun') return true;
  if (state === 'key exchange answered') return type !== 21;
  if (state === 'client rekeys') return !(type >= 2 && type <= 4);
  if ((type >= 2 && type <= 4) || type === 7) return false;
  // An empty KEXINIT, messages of a key exchange that does not run, and what only a server says.
  if (type === 6 || type === 20 || type === 21 || (type >= 30 && type <= 49)) return true;
  if (type >= 51 && type <= 79) return true;
  if (type === 91 || type === 92) return true;
  // RFC 4252 section 6: what is above the login before it MUST end the connection.
  // A ping (OpenSSH PROTOCOL section 1.9) without its data, and an answer to one that nobody sent.
  if (type === 192 || type === 193) return true;
  if (type >= 80) return isBeforeLogin(state);
  if (type === 5) return state !== 'keys';
  if (type === 50) return state === 'keys';
  return false;
}
