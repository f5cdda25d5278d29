import { extensions } from '../../../server/sftp/operations.ts';
import { packet } from '../../../server/sftp/protocol.ts';

/**
 * The fields of every request (draft-ietf-secsh-filexfer-02 sections 6 and 8, OpenSSH PROTOCOL, the drafts of the
 * extensions): `h` handle, `p` path, `s` other string, `i` string of 32-bit numbers, `u` 32 bits, `q` 64 bits, `a` ATTRS.
 */
export const fieldsOf: Readonly<Record<number, string>> = {
  [packet.OPEN]: 'pua',
  [packet.CLOSE]: 'h',
  [packet.READ]: 'hqu',
  [packet.WRITE]: 'hqs',
  [packet.LSTAT]: 'p',
  [packet.FSTAT]: 'h',
  [packet.SETSTAT]: 'pa',
  [packet.FSETSTAT]: 'ha',
  [packet.OPENDIR]: 'p',
  [packet.READDIR]: 'h',
  [packet.REMOVE]: 'p',
  [packet.MKDIR]: 'pa',
  [packet.RMDIR]: 'p',
  [packet.REALPATH]: 'p',
  [packet.STAT]: 'p',
  [packet.RENAME]: 'pp',
  [packet.READLINK]: 'p',
  [packet.SYMLINK]: 'pp',
};

export const extensionFieldsOf: Readonly<Record<string, string>> = {
  'posix-rename@openssh.com': 'pp',
  'statvfs@openssh.com': 'p',
  'fstatvfs@openssh.com': 'h',
  'fsync@openssh.com': 'h',
  'lsetstat@openssh.com': 'pa',
  'limits@openssh.com': '',
  'expand-path@openssh.com': 'p',
  'copy-data': 'hqqhq',
  'home-directory': 's',
  'users-groups-by-id@openssh.com': 'ii',
  'check-file-name': 'psqqu',
  'check-file-handle': 'hsqqu',
  'check-file': 'hsqqu',
  'hardlink@openssh.com': 'pp',
  'unknown@example.org': 's',
};

for (const name of Object.keys(extensions))
  if (!(name in extensionFieldsOf)) throw new Error(`the fuzzer knows no fields of ${name}`);

/** What may come back beside a STATUS. */
const answers: Readonly<Record<number, number>> = {
  [packet.OPEN]: packet.HANDLE,
  [packet.READ]: packet.DATA,
  [packet.LSTAT]: packet.ATTRS,
  [packet.FSTAT]: packet.ATTRS,
  [packet.STAT]: packet.ATTRS,
  [packet.OPENDIR]: packet.HANDLE,
  [packet.READDIR]: packet.NAME,
  [packet.REALPATH]: packet.NAME,
};

/** One request as the server should see it. */
export type Request = {
  readonly id: number;
  readonly type: number;
  readonly extension: string | null;
  /** All fields are there: then BAD_MESSAGE is a wrong answer. */
  readonly wellFormed: boolean;
  /** Handles that it names, hex, as far as they could be read. */
  readonly handles: readonly string[];
};

/** What a client's bytes on one channel mean, by a reader of its own. */
export class RequestReader {
  #bytes: Buffer = Buffer.alloc(0);
  #greeted = false;
  /** The bytes broke the protocol: nothing behind them is answered. */
  broken = false;

  /** VERSION is expected for `greeting`. */
  push(chunk: Buffer): (Request | 'greeting')[] {
    const requests: (Request | 'greeting')[] = [];
    if (this.broken) return requests;
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    let at = 0;
    while (!this.broken && this.#bytes.length - at >= 4) {
      const length = this.#bytes.readUInt32BE(at);
      if (length === 0 || length > 262_144) {
        this.broken = true;
        break;
      }
      if (this.#bytes.length - at < 4 + length) break;
      const request = this.#one(this.#bytes.subarray(at + 4, at + 4 + length));
      if (request === undefined) this.broken = true;
      else requests.push(request);
      at += 4 + length;
    }
    this.#bytes = this.#bytes.subarray(at);
    return requests;
  }

  #one(message: Buffer): Request | 'greeting' | undefined {
    const type = message[0]!;
    if (!this.#greeted) {
      this.#greeted = true;
      return type === packet.INIT ? 'greeting' : undefined;
    }
    if (message.length < 5 || type === packet.INIT) return undefined;
    const id = message.readUInt32BE(1);
    const fields = new Fields(message.subarray(5));
    let extension: string | null = null;
    let shape: string | undefined = fieldsOf[type] ?? '';
    if (type === packet.EXTENDED) {
      extension = fields.take('s')?.toString('latin1') ?? null;
      shape = extension === null ? undefined : (extensionFieldsOf[extension] ?? '');
    }
    const wellFormed = shape !== undefined && fields.takeAll(shape);
    return { id, type, extension, wellFormed, handles: fields.handles };
  }
}

class Fields {
  readonly #bytes: Buffer;
  #at = 0;
  readonly handles: string[] = [];

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  takeAll(shape: string): boolean {
    for (const field of shape) if (this.take(field) === undefined) return false;
    return true;
  }

  take(field: string): Buffer | undefined {
    if (field === 'u') return this.#bytesOf(4);
    if (field === 'q') return this.#bytesOf(8);
    if (field === 'a') return this.#attributes();
    const length = this.#bytesOf(4)?.readUInt32BE(0);
    const value = length === undefined ? undefined : this.#bytesOf(length);
    if (field === 'h' && value !== undefined) this.handles.push(value.toString('hex'));
    return field === 'i' && (value?.length ?? 0) % 4 !== 0 ? undefined : value;
  }

  #attributes(): Buffer | undefined {
    const flags = this.#bytesOf(4)?.readUInt32BE(0);
    if (flags === undefined) return undefined;
    const fixed =
      (flags & 1 ? 8 : 0) + (flags & 2 ? 8 : 0) + (flags & 4 ? 4 : 0) + (flags & 8 ? 8 : 0);
    const read = this.#bytesOf(fixed);
    if (read === undefined || flags < 0x8000_0000) return read;
    const count = this.#bytesOf(4)?.readUInt32BE(0);
    if (count === undefined) return undefined;
    for (let left = 2 * count; left > 0; left -= 1)
      if (this.take('s') === undefined) return undefined;
    return read;
  }

  #bytesOf(length: number): Buffer | undefined {
    if (this.#at + length > this.#bytes.length) return undefined;
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

export function mayAnswer({ type, extension }: Request, answer: number): boolean {
  if (answer === packet.STATUS) return true;
  if (type !== packet.EXTENDED) return answers[type] === answer;
  if (extension === 'expand-path@openssh.com' || extension === 'home-directory')
    return answer === packet.NAME;
  return answer === packet.EXTENDED_REPLY;
}
