import { Duplex } from 'node:stream';
import type { MemoryAccount } from '../../../server/memory/budget.ts';
import { packet } from '../../../server/sftp/protocol.ts';
import { unhurried } from '../../../server/pace/pace.ts';
import { SftpServer } from '../../../server/sftp/server.ts';
import { expect } from '../suite.ts';
import { secret, type Backing, type Session } from './backings.ts';
import { mayAnswer, RequestReader, type Request } from './messages.ts';
import { ReplyReader, type Reply } from './replies.ts';

const needle = Buffer.from(secret);
const badMessage = 5;

/** One SFTP channel seen from its client: every byte that comes back is held against what was asked. */
export class FuzzChannel {
  readonly server: SftpServer;
  readonly #stream: Duplex;
  readonly #memory: MemoryAccount;
  readonly #mayKnowSecret: boolean;
  readonly #requests = new RequestReader();
  readonly #replies = new ReplyReader();
  readonly #waiting: (Request | 'greeting')[] = [];
  /** Handles that were given and not closed: hex to what they are of. */
  readonly open = new Map<string, 'file' | 'directory'>();
  /** All that were given, in order. */
  readonly given: Buffer[];
  /** The server has said that nothing more comes. */
  finished = false;
  #inputEnded = false;
  #dropped = false;
  #wrong: unknown;
  answered = 0;
  readonly statuses: number[];

  constructor(
    { monitor, store, ken, faults }: Backing,
    session: Session,
    memory: MemoryAccount,
    filesOpen: () => number,
    given: Buffer[],
    slow: boolean,
    statuses: number[],
  ) {
    this.#memory = memory;
    this.given = given;
    this.statuses = statuses;
    this.#mayKnowSecret = session === ken;
    this.#stream = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        this.#received(chunk);
        if (slow) setImmediate(done);
        else done();
      },
    });
    const finish = (): void => {
      this.finished = true;
      this.#stream.end();
    };
    this.server = new SftpServer(
      { stream: this.#stream, memory, pace: unhurried(), bytesTaken: () => 0, finish },
      {
        monitor,
        sessionId: session.sessionId,
        username: session.username,
        store,
        clock: () => 1_790_000_000_000,
        filesOpen,
        onBytes: () => undefined,
        onRequest: () => undefined,
        onRefused: (operation, path, refusal) =>
          monitor.refused(session.sessionId, { operation, path, code: refusal.code }),
        onFault: (error) => faults.push(error),
        onUnsettled: (_openId, refusal) => faults.push(refusal),
        onEnd: () => undefined,
      },
    );
  }

  get isOver(): boolean {
    return this.finished || this.#dropped || this.#inputEnded;
  }

  latest(kind: 'file' | 'directory'): Buffer | undefined {
    const found = [...this.open].findLast(([, each]) => each === kind);
    return found === undefined ? undefined : Buffer.from(found[0], 'hex');
  }

  send(bytes: Buffer): number {
    if (this.isOver) return 0;
    const requests = this.#requests.push(Buffer.from(bytes));
    this.#waiting.push(...requests);
    this.#stream.push(bytes);
    return requests.length;
  }

  end(): void {
    if (this.isOver) return;
    this.#inputEnded = true;
    this.#stream.push(null);
  }

  drop(): void {
    this.#dropped = true;
    this.#stream.destroy();
  }

  /** Everything that has to be answered is. @throws what was wrong with an answer */
  get isQuiet(): boolean {
    if (this.#wrong !== undefined) throw this.#wrong;
    if (this.#dropped) return true;
    // The last replies may still be on their way.
    if (this.finished) return this.#stream.writableFinished || this.#stream.destroyed;
    return this.#waiting.length === 0 && !this.#requests.broken && !this.#inputEnded;
  }

  /** The channel is to have ended for a reason, with whole replies to everything before it. */
  checkEnd(): void {
    if (this.#wrong !== undefined) throw this.#wrong;
    expect(this.#memory.bytes === 0, `${this.#memory.bytes} bytes stay on its account`);
    if (this.#dropped) return;
    expect(this.#replies.pendingBytes === 0, 'a reply is cut off');
    expect(this.#waiting.length === 0, `${this.#waiting.length} requests have no reply`);
  }

  #received(chunk: Buffer): void {
    try {
      expect(this.#mayKnowSecret || !chunk.includes(needle), "another agency's content came back");
      for (const reply of this.#replies.push(Buffer.from(chunk))) this.#check(reply);
    } catch (error) {
      this.#wrong ??= error;
    }
  }

  #check(reply: Reply | 'version'): void {
    const request = this.#waiting.shift();
    expect(request !== undefined, 'a reply to nothing');
    if (reply === 'version' || request === 'greeting') {
      expect(
        reply === 'version' && request === 'greeting',
        'VERSION answers INIT, and nothing else',
      );
      return;
    }
    this.answered += 1;
    const what = `${request.type} ${request.extension ?? ''}`;
    expect(reply.id === request.id, `reply ${reply.id} to request ${request.id}`);
    expect(mayAnswer(request, reply.type), `reply of type ${reply.type} to ${what}`);
    if (reply.code !== null) this.statuses[reply.code] = (this.statuses[reply.code] ?? 0) + 1;
    if (reply.code === badMessage) {
      expect(!request.wellFormed, `BAD_MESSAGE to a well-formed ${what}`);
      // It ends the channel: what was sent behind it is not looked at.
      this.#waiting.length = 0;
    }
    const refused = reply.type === packet.STATUS && reply.code !== 0;
    if (!refused) {
      for (const handle of request.handles)
        expect(this.open.has(handle), `${what} with a handle that is not of this channel`);
    }
    if (request.type === packet.CLOSE) this.open.delete(request.handles[0] ?? '');
    if (reply.handle !== null) this.#note(reply.handle, request.type === packet.OPEN);
  }

  #note(handle: Buffer, isFile: boolean): void {
    const name = handle.toString('hex');
    expect(!this.open.has(name), 'a handle is given twice');
    this.open.set(name, isFile ? 'file' : 'directory');
    this.given.push(handle);
  }
}
