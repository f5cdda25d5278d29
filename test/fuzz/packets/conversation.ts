import { limits } from '../../../server/domain/limits.ts';
import { Fault } from '../../../server/domain/faults.ts';
import {
  ProcessMemory,
  type MemoryAccount,
  type SessionMemory,
} from '../../../server/memory/budget.ts';
import { packet } from '../../../server/sftp/protocol.ts';
import { expect } from '../suite.ts';
import type { Backing } from './backings.ts';
import { FuzzChannel } from './channel.ts';
import { init } from './grammar.ts';
import { latest, type HandleRef, type Script, type Step } from './script.ts';

/** Beyond this many turns and this long without the answers it is a hang. */
const turnsMin = 1_000;
const waitMsMax = 5_000;
/** The channel of the other agency, whose handles the rest is tempted with. */
const stranger = 2;

/** Plays a script against the server. @throws Error what does not hold */
export class Conversation {
  readonly #backing: Backing;
  readonly #slow: boolean;
  readonly #statuses: number[];
  readonly #channels: (FuzzChannel | undefined)[] = [];
  readonly #ended: FuzzChannel[] = [];
  readonly #given: Buffer[][] = [[], [], []];
  readonly #memory = new ProcessMemory({ ...limits, processMemoryBytesMax: 64 * 1024 * 1024 });
  readonly #sessions = [this.#memory.session(), this.#memory.session()];
  readonly #bare = new Set<number>();
  sent = 0;

  constructor(backing: Backing, slow: boolean, statuses: number[]) {
    this.#backing = backing;
    this.#slow = slow;
    this.#statuses = statuses;
  }

  async play(script: Script): Promise<void> {
    try {
      await this.#meetStranger();
      for (const step of script.steps) await this.#step(step);
      await this.#settle();
    } finally {
      for (const channel of this.#channels) channel?.end();
      await this.#settleEnds();
    }
    for (const channel of this.#ended) channel.checkEnd();
    expect(this.#backing.faults.length === 0, `a fault: ${describe(this.#backing.faults[0])}`);
  }

  /** The other agency's user has its file and its root open. */
  async #meetStranger(): Promise<void> {
    const path = Buffer.from('/outgoing/secret');
    const open = Buffer.alloc(4 + 1 + 4 + 4 + path.length + 8);
    open.writeUInt32BE(open.length - 4, 0);
    open[4] = packet.OPEN;
    open.writeUInt32BE(path.length, 9);
    path.copy(open, 13);
    open[open.length - 5] = 1;
    this.#channel(stranger)!.send(open);
    this.#channel(stranger)!.send(
      Buffer.from([0, 0, 0, 10, packet.OPENDIR, 0, 0, 0, 1, 0, 0, 0, 1, 0x2f]),
    );
    await this.#settle();
    expect(this.#given[stranger]!.length === 2, 'the stranger has its handles');
  }

  async #step(step: Step): Promise<void> {
    switch (step.kind) {
      case 'send':
        this.#send(step);
        return;
      case 'settle':
        await this.#settle();
        return;
      case 'bare':
        this.#bare.add(step.channel);
        return;
      case 'end':
        this.#channels[step.channel]?.end();
        return;
      case 'drop':
        this.#channels[step.channel]?.drop();
        return;
      case 'revoke': {
        const server = this.#channels[step.channel]?.server;
        for (const handle of server?.openFiles ?? []) {
          await server!.revoke(handle);
          return;
        }
      }
    }
  }

  #send({ channel: number, bytes, refs, cuts }: Extract<Step, { kind: 'send' }>): void {
    const channel = this.#channel(number);
    // As with CHANNEL_OPEN, where another channel of the session holds so much that there is no room for this one.
    if (channel === undefined) return;
    const filled = refs.length === 0 && cuts.length === 0 ? bytes : Buffer.from(bytes);
    for (const ref of refs) this.#handle(ref)?.copy(filled, ref.at);
    this.sent += 1;
    let from = 0;
    for (const cut of [...cuts, filled.length]) {
      if (cut <= from || cut > filled.length) continue;
      channel.send(filled.subarray(from, cut));
      from = cut;
    }
  }

  #handle({ channel, index }: HandleRef): Buffer | undefined {
    const given = this.#given[channel] ?? [];
    if (given.length === 0) return undefined;
    if (index < latest.directory) return given.at(-1 - (index % given.length));
    return this.#channels[channel]?.latest(index === latest.file ? 'file' : 'directory');
  }

  /** The channel of that number, opened again where it was over. */
  #channel(number: number): FuzzChannel | undefined {
    const there = this.#channels[number];
    if (there !== undefined && !there.isOver) return there;
    const memory = accountIn(this.#sessions[number === stranger ? 1 : 0]!);
    if (memory === undefined) return undefined;
    if (there !== undefined) this.#ended.push(there);
    const session = number === stranger ? this.#backing.ken : this.#backing.amy;
    const filesOpen = (): number =>
      [...this.#channels, ...this.#ended].reduce(
        (sum, each, index) =>
          sum +
          ((index === stranger) === (number === stranger) ? (each?.server.openFileCount ?? 0) : 0),
        0,
      );
    const made = new FuzzChannel(
      this.#backing,
      session,
      memory,
      filesOpen,
      this.#given[number]!,
      this.#slow,
      this.#statuses,
    );
    this.#channels[number] = made;
    if (!this.#bare.delete(number)) made.send(init().bytes);
    return made;
  }

  async #settle(): Promise<void> {
    await waitFor(() =>
      this.#channels.every((channel) => channel === undefined || channel.isQuiet),
    );
    for (const channel of this.#channels) {
      if (channel === undefined) continue;
      const kinds = [...channel.open.values()];
      const files = kinds.filter((kind) => kind === 'file').length;
      expect(files <= limits.fileHandlesMax, `${files} files open`);
      expect(kinds.length - files <= limits.directoryHandlesMax, 'too many directories open');
      expect(
        channel.isOver || channel.server.openFileCount === files,
        'handles that nobody knows of',
      );
    }
  }

  async #settleEnds(): Promise<void> {
    for (const channel of this.#channels) if (channel !== undefined) this.#ended.push(channel);
    this.#channels.length = 0;
    await waitFor(() => this.#ended.every((channel) => channel.isQuiet));
    let over = 0;
    for (const { server } of this.#ended) void server.end().then(() => (over += 1));
    await waitFor(() => over === this.#ended.length);
    for (const { server } of this.#ended)
      expect(server.openFileCount === 0, 'files stay open after the end');
  }
}

async function waitFor(holds: () => boolean): Promise<void> {
  // Most are answered within the turn's microtasks.
  const startedMs = performance.now();
  for (let turns = 0; !holds(); turns += 1) {
    await new Promise(setImmediate);
    if (turns > turnsMin && performance.now() - startedMs > waitMsMax)
      throw new Error(`a hang: no answer for ${waitMsMax} ms`);
  }
}

function describe(fault: unknown): string {
  return fault instanceof Error ? (fault.stack ?? fault.message) : JSON.stringify(fault);
}

/** The account of another channel; undefined where the session's share has no room for one. */
function accountIn(session: SessionMemory): MemoryAccount | undefined {
  try {
    return session.channel();
  } catch (error) {
    if (error instanceof Fault && error.code === 'memory-short') return undefined;
    throw error;
  }
}
