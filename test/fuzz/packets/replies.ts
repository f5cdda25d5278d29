import { packet } from '../../../server/sftp/protocol.ts';
import { expect } from '../suite.ts';

export type Reply = {
  readonly type: number;
  readonly id: number;
  /** Of a STATUS. */
  readonly code: number | null;
  /** Of a HANDLE. */
  readonly handle: Buffer | null;
};

/** A decoder of replies by the draft alone. @throws Error where a reply is not well formed */
export class ReplyReader {
  #bytes: Buffer = Buffer.alloc(0);
  #greeted = false;

  push(chunk: Buffer): (Reply | 'version')[] {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    const replies: (Reply | 'version')[] = [];
    let at = 0;
    while (this.#bytes.length - at >= 4) {
      const length = this.#bytes.readUInt32BE(at);
      expect(length >= 5 && length <= 262_144, `a reply of ${length} bytes`);
      if (this.#bytes.length - at < 4 + length) break;
      replies.push(this.#one(this.#bytes.subarray(at + 4, at + 4 + length)));
      at += 4 + length;
    }
    this.#bytes = this.#bytes.subarray(at);
    return replies;
  }

  get pendingBytes(): number {
    return this.#bytes.length;
  }

  #one(message: Buffer): Reply | 'version' {
    const type = message[0]!;
    const fields = new Fields(message, 1);
    if (!this.#greeted) {
      this.#greeted = true;
      expect(type === packet.VERSION && fields.u32() === 3, 'the first reply is VERSION 3');
      while (!fields.atEnd) {
        fields.string();
        fields.string();
      }
      return 'version';
    }
    const id = fields.u32();
    const reply = { type, id, ...this.#body(type, fields) };
    expect(fields.atEnd, `bytes behind the fields of reply ${type}`);
    return reply;
  }

  #body(type: number, fields: Fields): { code: number | null; handle: Buffer | null } {
    switch (type) {
      case packet.STATUS: {
        const code = fields.u32();
        const text = fields.string().toString('utf8');
        fields.string();
        expect(code <= 8, `status ${code}`);
        expect(
          !/\/(tmp|home|work|data)\b|node:|\.[jt]s:\d|internal error/.test(text),
          `a text: ${text}`,
        );
        return { code, handle: null };
      }
      case packet.HANDLE: {
        const handle = Buffer.from(fields.string());
        expect(handle.length > 0 && handle.length <= 256, 'a handle of at most 256 bytes');
        return { code: null, handle };
      }
      case packet.DATA:
        fields.string();
        break;
      case packet.NAME:
        for (let left = fields.u32(); left > 0; left -= 1) {
          fields.string();
          fields.string();
          fields.attributes();
        }
        break;
      case packet.ATTRS:
        fields.attributes();
        break;
      case packet.EXTENDED_REPLY:
        fields.rest();
        break;
      default:
        throw new Error(`a reply of type ${type}`);
    }
    return { code: null, handle: null };
  }
}

class Fields {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  u32(): number {
    return this.#take(4).readUInt32BE(0);
  }

  string(): Buffer {
    return this.#take(this.u32());
  }

  attributes(): void {
    const flags = this.u32();
    expect(flags < 16, `flags ${flags}`);
    this.#take(
      (flags & 1 ? 8 : 0) + (flags & 2 ? 8 : 0) + (flags & 4 ? 4 : 0) + (flags & 8 ? 8 : 0),
    );
  }

  rest(): void {
    this.#at = this.#bytes.length;
  }

  #take(length: number): Buffer {
    expect(this.#at + length <= this.#bytes.length, 'a reply is shorter than its fields say');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}
