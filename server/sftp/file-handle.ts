import { ContentReader } from '../blobs/content-reader.ts';
import { ContentWriter } from '../blobs/content-writer.ts';
import { partialOf } from '../blobs/inline-content.ts';
import { Intervals } from '../blobs/intervals.ts';
import type { BlobStore } from '../blobs/store.ts';
import type { AttributeChange, Attributes } from '../domain/attributes.ts';
import { Fault } from '../domain/faults.ts';
import type { FileGrant } from '../domain/grants.ts';
import { limits } from '../domain/limits.ts';
import type { CloseReport, OpenReply, PartialReport } from '../domain/requests.ts';
import type { VirtualPath } from '../domain/virtual-path.ts';
import type { MemoryUse } from '../memory/budget.ts';
import { BlocksAhead } from '../pace/pace.ts';
import { UploadRow, type Keep } from './upload-row.ts';

/** One open file of a channel: the bytes of a `FileGrant`, counted, and what is to be said of them at CLOSE. */
export class FileHandle {
  readonly path: VirtualPath;
  readonly grant: FileGrant;
  readonly #attributes: Attributes;
  readonly #reader: ContentReader | null;
  readonly #writer: ContentWriter | null;
  readonly #row: UploadRow;
  readonly #sent = new Intervals();
  #change: AttributeChange = {};
  /** What a WRITE or a copy failed of. */
  #failure: { readonly error: unknown } | undefined;
  #revoked = false;
  /** Set once the handle is being settled without a CLOSE. */
  settled: Promise<void> | undefined;
  bytesRead = 0;
  bytesWritten = 0;
  readonly blocksAhead = new BlocksAhead();

  static async open(
    store: BlobStore,
    path: VirtualPath,
    { grant, attributes }: OpenReply,
    memory: MemoryUse,
    keep: Keep,
  ): Promise<FileHandle> {
    const row = new UploadRow(store, grant.blob, keep);
    const [reader, writer] = grant.write
      ? [null, await openWriter(store, grant, memory, row)]
      : [await ContentReader.open(store, grant.blob, memory), null];
    return new FileHandle(path, grant, attributes, reader, writer, row);
  }

  private constructor(
    path: VirtualPath,
    grant: FileGrant,
    attributes: Attributes,
    reader: ContentReader | null,
    writer: ContentWriter | null,
    row: UploadRow,
  ) {
    this.path = path;
    this.grant = grant;
    this.#attributes = attributes;
    this.#reader = reader;
    this.#writer = writer;
    this.#row = row;
  }

  get openId(): string {
    return this.grant.openId;
  }

  get isWriting(): boolean {
    return this.#writer !== null;
  }

  /** Bytes of plaintext, of an upload as far as it has come. */
  get size(): number {
    return this.#writer?.size ?? this.grant.blob.size;
  }

  /** Blocks that its writes have begun so far. */
  get blocksBegun(): number {
    return this.#writer?.blocksBegun ?? 0;
  }

  /** As FSTAT shows it: what was there at OPEN, the size of now and what FSETSTAT asked since. */
  attributes(): Attributes {
    return { ...this.#attributes, ...this.#change, size: this.size };
  }

  /** Fewer than `length` bytes only at the end; none there. */
  read(offset: number, length: number): Buffer | Promise<Buffer> {
    this.#check(this.grant.read, 'the file is not open for reading');
    const read =
      this.#writer === null
        ? this.#reader!.read(offset, length)
        : this.#writer.read(offset, length);
    return read instanceof Promise
      ? read.then((data) => this.#count(offset, data))
      : this.#count(offset, read);
  }

  #count(offset: number, data: Buffer): Buffer {
    this.bytesRead += data.length;
    // Scattered reads are bounded in what they may cost; a download that is whole comes in few runs.
    if (this.#sent.count < limits.readRangesMax) this.#sent.add(offset, offset + data.length);
    return data;
  }

  /** Takes `data`, which may be used again at once; a promise asks to wait before the next write. */
  write(offset: number, data: Buffer): void | Promise<void> {
    this.#check(this.grant.write, 'the file is not open for writing');
    // O_APPEND: every write goes to the end, whatever its offset says (clients.md fact 3).
    const at = this.grant.append ? this.size : offset;
    try {
      this.#checkSize(at + data.length);
      this.bytesWritten += data.length;
      return this.#writer!.write(at, data)?.catch((error: unknown) => this.spoil(error));
    } catch (error) {
      return this.spoil(error);
    }
  }

  /** Bytes of the upload are missing now: it can't become whole, whatever the client does next. */
  spoil(error: unknown): never {
    this.#failure ??= { error };
    throw error;
  }

  /** Everything taken so far is durable, and the monitor has recorded where it is. */
  async flush(): Promise<void> {
    this.#check(this.grant.write, 'the file is not open for writing');
    await this.#writer!.flush();
    await this.#row.keep(this.#writer!.content);
  }

  /** Holds nothing in memory until it is used again. */
  async rest(): Promise<void> {
    this.#reader?.rest();
    await this.#writer?.rest();
  }

  /** FSETSTAT: the size at once, the rest when the file is published. */
  async change(change: AttributeChange): Promise<void> {
    this.#check(this.grant.write, 'the file is not open for writing');
    const { size, ...rest } = change;
    if (size !== undefined) {
      this.#checkSize(size);
      await this.#writer!.truncate(size);
    }
    this.#change = { ...this.#change, ...rest };
  }

  /** Another session took the upload over: every further request on the handle fails. */
  revoke(): void {
    this.#revoked = true;
  }

  get isRevoked(): boolean {
    return this.#revoked;
  }

  /** Makes the content durable and final. When it throws, `settle` is still to be called. */
  async finish(): Promise<CloseReport> {
    const { bytesRead, bytesWritten } = this;
    if (this.#writer === null) {
      await this.#reader!.close();
      return { kind: 'read', bytesRead, whole: this.#sent.covers(0, this.size) };
    }
    // Clients close after a failed WRITE as after a good one; CLOSE must not pass the rest off as the file.
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.grant.base !== null && !this.#writer.changed) {
      await this.#writer.discard();
      return { kind: 'unchanged', bytesRead, change: this.#change };
    }
    const finished = await this.#writer.finish();
    const { content } = this.#writer;
    return {
      kind: 'received',
      ...finished,
      content,
      bytesRead,
      bytesWritten,
      change: this.#change,
    };
  }

  /** The handle ends without a CLOSE: what came in stays for a resume. */
  async settle(): Promise<CloseReport> {
    const { bytesRead, bytesWritten } = this;
    if (this.#writer === null) return this.finish();
    if (this.grant.base !== null && !this.#writer.changed) {
      if (this.#failure === undefined) return this.finish();
      await this.#writer.discard();
      return { kind: 'partial', size: 0, content: null, bytesRead, bytesWritten };
    }
    return { kind: 'partial', ...(await this.#abandon()), bytesRead, bytesWritten };
  }

  async #abandon(): Promise<Pick<PartialReport, 'size' | 'content'>> {
    const writer = this.#writer!;
    const kept = await this.#row.kept();
    let size: number;
    try {
      size = await writer.abandon();
    } catch (error) {
      if (kept === null) throw error;
      return kept;
    }
    // What is durable in the row is more than what a disk that fails has left.
    if (writer.salvaged && kept !== null && size < kept.size) return kept;
    const stored = writer.content;
    return { size, content: stored === null ? null : partialOf(stored, size) };
  }

  #check(right: boolean, reason: string): void {
    if (this.#revoked) throw new Fault('upload-superseded');
    if (!right) throw new Fault('permission-denied', reason);
  }

  #checkSize(size: number): void {
    if (size > this.grant.sizeMax)
      throw new Fault(this.grant.sizeMaxFault, this.grant.sizeMaxReason);
  }
}

async function openWriter(
  store: BlobStore,
  grant: FileGrant,
  memory: MemoryUse,
  row: UploadRow,
): Promise<ContentWriter> {
  const onFile = (makeDurable: () => Promise<number>) => row.onFile(makeDurable);
  const options = { memory, inlineBytesMax: limits.inlineBytesMax, onFile };
  if (grant.resumed) return ContentWriter.reopen(store, grant.blob, options);
  const base = grant.base === null ? null : await ContentReader.open(store, grant.base, memory);
  return ContentWriter.create(store, grant.blob, base, options);
}
