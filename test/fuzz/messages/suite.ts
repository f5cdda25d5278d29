import type { AuthenticationReply, Proof } from '../../../server/domain/authentication.ts';
import { echo, serve, type Served } from '../../connection/harness.ts';
import { expect, withoutSome, type Suite } from '../suite.ts';
import { isCredential, replyTo } from './credentials.ts';
import { makeSequence, sequenceOf, sessionId, textOf, type Sequence } from './sequence.ts';
import { isOpen } from './states.ts';
import { MemoryVisitor, RealVisitor, turn, type Visitor } from './visitor.ts';

const userauthSuccess = 52;
const channelMessagesFrom = 91;
const waitMsMax = 5_000;
const servedKeptMax = 100;

type Answer = (user: string, proof: Proof, session: Buffer | null) => AuthenticationReply;

/** SSH messages in every state of a connection; `answer` is another desk, to see that a wrong login is noticed. */
export function messagesOf(answer: Answer = replyTo): Suite<Sequence> {
  return {
    name: 'messages',
    unit: 'sequences',
    open: () => MessageBench.open(answer),
  };
}

export const messages = messagesOf();

class MessageBench {
  readonly #served: Served;
  readonly #last: (() => unknown)[];
  readonly #answer: Answer;
  readonly #timersBefore: number;
  /** Of the connection at hand. */
  #held: (() => void)[] = [];
  #holds = false;
  #isReal = false;
  #credentials = 0;
  #accepted = 0;
  #channels = 0;
  readonly #met = { sequences: 0, real: 0, logins: 0, ended: 0 };

  static async open(answer: Answer): Promise<MessageBench> {
    const timers = timerCount();
    const last: (() => unknown)[] = [];
    const made: MessageBench[] = [];
    const served = await serve(
      { teardown: (work) => last.push(work) },
      {
        authenticate: (user, proof) => made[0]!.#authenticate(user, proof),
        channel: (channel) => {
          made[0]!.#channels += 1;
          echo(channel);
        },
      },
    );
    const bench = new MessageBench(answer, served, last, timers);
    made.push(bench);
    return bench;
  }

  private constructor(answer: Answer, served: Served, last: (() => unknown)[], timers: number) {
    this.#answer = answer;
    this.#served = served;
    this.#last = last;
    this.#timersBefore = timers;
  }

  readonly make = makeSequence;
  readonly text = textOf;
  readonly parse = sequenceOf;

  *smaller(sequence: Sequence): Iterable<Sequence> {
    if (sequence.ends === undefined)
      for (const steps of withoutSome(sequence.steps)) yield { ...sequence, steps };
  }

  async #authenticate(user: string, proof: Proof): Promise<AuthenticationReply> {
    // Over loopback the session identifier is the connection's own: a signature of ours is never over it.
    const session = this.#isReal ? null : sessionId;
    if (this.#holds) await new Promise<void>((resolve) => this.#held.push(resolve));
    if (isCredential(user, proof, session)) this.#credentials += 1;
    const reply = this.#answer(user, proof, session);
    if (reply.kind === 'accepted') this.#accepted += 1;
    return reply;
  }

  async run(sequence: Sequence): Promise<number> {
    const { served } = this;
    this.#credentials = 0;
    this.#accepted = 0;
    this.#channels = 0;
    this.#isReal = sequence.real;
    this.#holds = sequence.state === 'proof in flight';
    const visitor = sequence.real
      ? await RealVisitor.arrive(served, sequence.state)
      : await MemoryVisitor.arrive(served, sequence.state);
    this.#holds ||= sequence.holds;
    try {
      await this.#play(visitor, sequence);
      await this.#checkLife(visitor, sequence);
    } finally {
      this.#release();
      visitor.leave();
      await this.#until(
        () => visitor.isClosed && served.reception.connections === 0,
        'the connection to be gone',
      );
    }
    if (visitor instanceof MemoryVisitor) visitor.check();
    this.#checkLogin(visitor);
    expect(served.faults.length === 0, `a fault: ${describe(served.faults[0])}`);
    this.#met.sequences += 1;
    if (sequence.real) this.#met.real += 1;
    if (served.peers.length > servedKeptMax)
      for (const list of [
        served.peers,
        served.proofs,
        served.channels,
        served.closed,
        served.gone,
        served.notices,
      ])
        list.length = 0;
    return 1;
  }

  get served(): Served {
    return this.#served;
  }

  async #play(visitor: Visitor, { steps }: Sequence): Promise<void> {
    for (const step of steps) {
      if (step.kind === 'message') visitor.send(step.payload);
      else if (step.kind === 'bytes') visitor.raw(step.bytes);
      else if (step.kind === 'turn') await turn();
      else if (step.kind === 'answer') this.#release();
      else if (step.kind === 'rekey') visitor.rekey();
      else visitor.leave();
    }
    await turn();
    await turn();
  }

  #release(): void {
    for (const resolve of this.#held.splice(0)) resolve();
    this.#holds = false;
  }

  /** It has ended, or it answers a message that nobody knows. */
  async #checkLife(visitor: Visitor, { state, ends, real }: Sequence): Promise<void> {
    if (ends === true) await this.#until(() => visitor.isClosed, 'the connection to end');
    if (visitor.isClosed) {
      this.#met.ended += 1;
      expect(ends !== false, 'the connection has ended');
      return;
    }
    if (ends !== false || real || !isOpen(state)) return;
    const before = visitor.heard.filter((type) => type === 3).length;
    // In a rekeying it waits for the end of that.
    if (state === 'server rekeys') return;
    visitor.send(Buffer.of(8));
    await this.#until(
      () => visitor.heard.filter((type) => type === 3).length > before,
      'an answer',
    );
  }

  /** Nobody is logged in without a credential, nor told so, nor given a channel. */
  #checkLogin({ heard }: Visitor): void {
    const successes = heard.filter((type) => type === userauthSuccess).length;
    this.#met.logins += successes;
    expect(this.#accepted <= this.#credentials, 'somebody logged in without a credential');
    expect(successes <= Math.min(1, this.#accepted), `${successes} USERAUTH_SUCCESS`);
    if (this.#accepted > 0) return;
    expect(this.#channels === 0, 'a channel before the login');
    expect(
      !heard.some((type) => type >= channelMessagesFrom),
      'a channel message before the login',
    );
  }

  async #until(holds: () => boolean, what: string): Promise<void> {
    const startedMs = performance.now();
    while (!holds()) {
      await turn();
      expect(performance.now() - startedMs < waitMsMax, `a hang: waited for ${what}`);
    }
  }

  figures(): string {
    const { sequences, real, logins, ended } = this.#met;
    return `${real} of ${sequences} with real keys, ${logins} logins, ${ended} ended by the server`;
  }

  async close(): Promise<void> {
    for (const work of this.#last) await work();
    await turn();
    const left = timerCount() - this.#timersBefore;
    expect(left <= 0, `${left} timers are left behind`);
  }
}

function timerCount(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}

function describe(fault: unknown): string {
  return fault instanceof Error ? (fault.stack ?? fault.message) : JSON.stringify(fault);
}
