import type { Random } from '../../fault/fixtures/random.ts';
import { framed, hostileMessage, plainMessage } from './grammar.ts';
import { ends, states, type State } from './states.ts';

export type Step =
  | { readonly kind: 'message'; readonly payload: Buffer }
  /** Bytes that need not be a packet. */
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  /** Lets the server work before the next step. */
  | { readonly kind: 'turn' }
  /** The answer to the proofs that are held back. */
  | { readonly kind: 'answer' }
  /** The server starts a key exchange. */
  | { readonly kind: 'rekey' }
  /** The client goes away. */
  | { readonly kind: 'leave' };

export type Sequence = {
  readonly state: State;
  /** Over loopback with real keys, and not in memory with the ciphers left out. */
  readonly real: boolean;
  /** Answers to proofs wait for an `answer`. */
  readonly holds: boolean;
  readonly steps: readonly Step[];
  /** Whether the connection is to end, where that is known. */
  readonly ends?: boolean | undefined;
};

/** The session identifier of every connection in memory. */
export const sessionId = Buffer.alloc(32, 0x53);

const realEvery = 250;
const realStates: readonly State[] = ['keys', 'service', 'session', 'channel'];

/** First every number in every state, then whatever comes. */
export function makeSequence(random: Random, index: number): Sequence {
  if (index < 256 * states.length) {
    const state = states[index >> 8]!;
    const type = index & 255;
    return {
      state,
      real: false,
      holds: state === 'proof in flight',
      steps: [{ kind: 'message', payload: plainMessage(type) }],
      ends: ends(state, type),
    };
  }
  const real = index % realEvery === 3;
  const state = random.pick(real ? realStates : states);
  const steps: Step[] = [];
  for (let left = 1 + random.int(10); left > 0; left -= 1) steps.push(step(random, state));
  return { state, real, holds: random.int(3) === 0, steps };
}

function step(random: Random, state: State): Step {
  const kind = random.int(40);
  if (kind < 6) return { kind: 'turn' };
  if (kind === 6) return { kind: 'answer' };
  if (kind === 7) return { kind: 'rekey' };
  if (kind === 8 && random.int(4) === 0) return { kind: 'leave' };
  if (kind === 9 || state === 'ident') return { kind: 'bytes', bytes: oddBytes(random, state) };
  return { kind: 'message', payload: hostileMessage(random, state, sessionId) };
}

function oddBytes(random: Random, state: State): Buffer {
  if (state === 'ident' && random.int(3) > 0)
    return Buffer.from(
      random.pick([
        'SSH-2.0-x\r\n',
        'SSH-2.0-OpenSSH_9.2 comment\r\n',
        'SSH-1.99-x\n',
        'SSH-1.5-x\r\n',
        'SSH-',
        '2.0-x\r',
        '\n',
        'GET / HTTP/1.1\r\n',
        'hello\r\nSSH-2.0-x\r\n',
        `SSH-2.0-${'x'.repeat(300)}\r\n`,
        'SSH-2.0-\u0000\u001b[2J\r\n',
        '\r\r\n',
      ]),
      'latin1',
    );
  const packet = framed(hostileMessage(random, state, sessionId));
  const at = random.int(packet.length);
  switch (random.int(4)) {
    case 0:
      packet.writeUInt32BE(
        random.pick([0, 1, 8, 12, 20, 35_000, 262_144, 2 ** 31, 2 ** 32 - 1]),
        0,
      );
      return packet;
    case 1:
      packet[4] = random.int(256);
      return packet;
    case 2:
      return packet.subarray(0, at);
    default:
      packet[at]! ^= 1 << random.int(8);
      return packet;
  }
}

export function textOf({ state, real, holds, steps, ends }: Sequence): string {
  const lines = steps.map((step) => {
    if (step.kind === 'message') return `message ${step.payload.toString('hex')}`;
    return step.kind === 'bytes' ? `bytes ${step.bytes.toString('hex')}` : step.kind;
  });
  return [
    `${state}, ${real ? 'real' : 'memory'}, ${holds ? 'held' : 'answered'}, ${ends ?? 'unknown'}`,
    ...lines,
  ].join('\n');
}

export function sequenceOf(text: string): Sequence {
  const [head = '', ...rest] = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const [state, real, holds, known] = head.split(', ');
  const steps = rest.map((line): Step => {
    const [kind = '', hex = ''] = line.split(' ');
    if (kind === 'message') return { kind, payload: Buffer.from(hex, 'hex') };
    if (kind === 'bytes') return { kind, bytes: Buffer.from(hex, 'hex') };
    return { kind } as Step;
  });
  return {
    state: state as State,
    real: real === 'real',
    holds: holds === 'held',
    steps,
    ends: known === 'unknown' ? undefined : known === 'true',
  };
}
