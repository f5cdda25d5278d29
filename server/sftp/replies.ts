import type { Attributes } from '../domain/attributes.ts';
import type { Refusal } from '../domain/faults.ts';
import { writeAttributes } from './attributes.ts';
import { longname } from './longname.ts';
import type { OwnerIds } from './owner-ids.ts';
import { packet, status, type StatusCode } from './protocol.ts';
import { statusFor } from './status.ts';
import { WireWriter } from './wire.ts';

/** The answer to one request, still without its id: a handler returns exactly one. */
export type Reply =
  | { readonly kind: 'status'; readonly code: StatusCode; readonly text: string }
  | { readonly kind: 'handle'; readonly handle: Buffer }
  /** `data` belongs to the reply: nobody changes it any more. */
  | { readonly kind: 'data'; readonly data: Buffer }
  | { readonly kind: 'attributes'; readonly attributes: Attributes }
  | { readonly kind: 'path'; readonly path: string }
  /** Already encoded by `NameBatch`, with room for the id. */
  | { readonly kind: 'names'; readonly batch: NameBatch }
  | { readonly kind: 'extended'; readonly payload: Uint8Array };

export const ok: Reply = { kind: 'status', code: status.OK, text: 'OK' };
export const endOfFile: Reply = { kind: 'status', code: status.EOF, text: 'end of file' };

/** Length word, type, id, and the length of the data. */
const dataHeadBytes = 13;

export function refusalReply(refusal: Refusal): Reply {
  return { kind: 'status', ...statusFor(refusal) };
}

/**
 * One message in one or more pieces. The data of a READ is not copied, but follows its head; where it is a small part of the
 * memory that it lies in, a client that asks for a byte of each block and takes no reply would keep all of them.
 */
export function encodeReply(id: number, reply: Reply, owners: OwnerIds): readonly Buffer[] {
  if (reply.kind !== 'data') return [encoded(id, reply, owners)];
  const { data } = reply;
  const head = dataHead(id, data);
  return data.buffer.byteLength > 2 * data.length ? [Buffer.concat([head, data])] : [head, data];
}

function dataHead(id: number, { byteLength }: Uint8Array): Buffer {
  const head = Buffer.allocUnsafe(dataHeadBytes);
  head.writeUInt32BE(dataHeadBytes - 4 + byteLength, 0);
  head[4] = packet.DATA;
  head.writeUInt32BE(id, 5);
  head.writeUInt32BE(byteLength, 9);
  return head;
}

function encoded(id: number, reply: Exclude<Reply, { kind: 'data' }>, owners: OwnerIds): Buffer {
  switch (reply.kind) {
    case 'status':
      return new WireWriter(packet.STATUS)
        .u32(id)
        .u32(reply.code)
        .string(reply.text)
        .string('en')
        .finish();
    case 'handle':
      return new WireWriter(packet.HANDLE).u32(id).string(reply.handle).finish();
    case 'attributes': {
      const writer = new WireWriter(packet.ATTRS).u32(id);
      writeAttributes(writer, reply.attributes, owners);
      return writer.finish();
    }
    case 'path':
      // REALPATH's one name has attributes with no field set.
      return new WireWriter(packet.NAME)
        .u32(id)
        .u32(1)
        .string(reply.path)
        .string(reply.path)
        .u32(0)
        .finish();
    case 'names':
      return reply.batch.finish(id);
    case 'extended':
      return new WireWriter(packet.EXTENDED_REPLY).u32(id).raw(reply.payload).finish();
  }
}

const idAt = 5;
const countAt = 9;

/** A NAME reply that takes entries until it is full. Never sent empty: WinSCP takes that for an error. */
export class NameBatch {
  readonly #writer = new WireWriter(packet.NAME, 8 * 1024).u32(0).u32(0);
  readonly #bytesMax: number;
  readonly #owners: OwnerIds;
  readonly #nowMs: number;
  #count = 0;

  constructor(bytesMax: number, owners: OwnerIds, nowMs: number) {
    this.#bytesMax = bytesMax;
    this.#owners = owners;
    this.#nowMs = nowMs;
  }

  /** False when another entry might not fit. */
  get hasRoom(): boolean {
    // A name twice, its owner and group, and the fixed fields.
    const entryBytesMax = 2 * 255 + 200;
    return this.#writer.length + entryBytesMax <= this.#bytesMax;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  add(name: string, attributes: Attributes): void {
    this.#writer.string(name).string(longname(name, attributes, this.#nowMs));
    writeAttributes(this.#writer, attributes, this.#owners);
    this.#count += 1;
  }

  finish(id: number): Buffer {
    this.#writer.patchU32(idAt, id);
    this.#writer.patchU32(countAt, this.#count);
    return this.#writer.finish();
  }
}
