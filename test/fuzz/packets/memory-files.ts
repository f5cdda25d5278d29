import { randomBytes } from 'node:crypto';
import type { Attributes } from '../../../server/domain/attributes.ts';
import { mayBeFinished, mayBePartial } from '../../../server/blobs/inline-content.ts';
import { Fault, refusalOf, type Outcome } from '../../../server/domain/faults.ts';
import type { BlobGrant } from '../../../server/domain/grants.ts';
import { listingText } from '../../../server/domain/listing.ts';
import type {
  CloseReport,
  FileRequest,
  ListReply,
  OpenReply,
} from '../../../server/domain/requests.ts';
import type { MemoryStore } from '../memory-store.ts';
import { expect } from '../suite.ts';

type Entry = { readonly attributes: Attributes; readonly blob: BlobGrant | null };
type Open = {
  readonly sessionId: string;
  readonly path: string;
  readonly write: boolean;
  readonly blob: BlobGrant;
  readonly sizeMax: number;
};

const sizeMax = 80 * 1024;

/** No writing here, as `/incoming` is for an agency. */
const readOnly = /^\/(incoming|receipts)?(\/|$)/;

/**
 * One agency's files in memory, after the contract of the seam: replies and refusals as the real ones, and it holds the
 * worker to its side of it. Fast, so that millions of packets meet it.
 */
export class MemoryFiles {
  readonly #store: MemoryStore;
  readonly #entries = new Map<string, Entry>();
  readonly #partials = new Map<string, BlobGrant>();
  readonly #opens = new Map<string, Open>();
  /** Asked to let go of an upload that another session takes over. */
  readonly #agency: string;

  constructor(store: MemoryStore, agency: string) {
    this.#store = store;
    this.#agency = agency;
    for (const path of ['/', '/outgoing', '/incoming', '/receipts', '/outgoing/dir'])
      this.#entries.set(path, { attributes: this.#attributes('directory', 0), blob: null });
  }

  get openCount(): number {
    return this.#opens.size;
  }

  plant(path: string, blob: BlobGrant): void {
    this.#entries.set(path, { attributes: this.#attributes('file', blob.size), blob });
  }

  /** Names, sizes and hashes, to see that nothing changed. */
  snapshot(): string {
    return JSON.stringify(
      [...this.#entries].map(([path, { blob, attributes }]) => [path, blob?.sha256, attributes]),
    );
  }

  async request(sessionId: string, request: FileRequest): Promise<Outcome<never>> {
    try {
      return { ok: true, value: this.#answer(sessionId, request) as never };
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return { ok: false, refusal: refusalOf(error) };
    }
  }

  #answer(sessionId: string, request: FileRequest): unknown {
    for (const path of pathsOf(request)) checkCanonical(path);
    switch (request.kind) {
      case 'open':
        return this.#open(sessionId, request);
      case 'close':
        return this.#close(sessionId, request.openId, request.report);
      case 'keep':
        expect(this.#opens.get(request.openId)?.write === true, 'keep of what is no upload');
        return null;
      case 'stat':
        return this.#existing(request.path).attributes;
      case 'setstat':
        this.#writable(request.path);
        return this.#setstat(request.path, this.#existing(request.path), request.change);
      case 'list':
        return this.#list(request.path, request.after, request.entriesMax);
      case 'remove':
        return this.#remove(request.path, 'file');
      case 'rmdir':
        return this.#remove(request.path, 'directory');
      case 'mkdir':
        return this.#mkdir(request.path);
      case 'rename':
        return this.#rename(request);
      case 'space':
        this.#existing(request.path);
        return { bytesTotal: 2 ** 40, bytesFree: 2 ** 39, entriesTotal: 1e6, entriesFree: 1e6 };
    }
  }

  #open(sessionId: string, { path, flags }: Extract<FileRequest, { kind: 'open' }>): OpenReply {
    const entry = this.#entries.get(path);
    if (entry?.attributes.kind === 'directory') throw new Fault('is-a-directory');
    const partial = this.#partials.get(path);
    if ([...this.#opens.values()].some((open) => open.write && open.path === path))
      throw new Fault('file-busy');
    if (!flags.write)
      return this.#openToRead(sessionId, path, partial ?? this.#existing(path).blob!);
    this.#writable(path);
    if (flags.exclusive && entry !== undefined) throw new Fault('already-exists');
    if (!flags.create && entry === undefined && partial === undefined) throw new Fault('not-found');
    if (this.#entries.get(parentOf(path))?.attributes.kind !== 'directory')
      throw new Fault('parent-not-found');
    const resumed = partial !== undefined && !flags.truncate;
    if (partial !== undefined && !resumed) void this.#store.remove(partial.blobId);
    this.#partials.delete(path);
    const blob = resumed ? partial : newBlob();
    const base = resumed || flags.truncate ? null : (entry?.blob ?? null);
    const openId = randomBytes(16).toString('hex');
    this.#opens.set(openId, { sessionId, path, write: true, blob, sizeMax });
    const { read, write, append } = flags;
    const grant = {
      openId,
      read,
      write,
      append,
      resumed,
      blob,
      base,
      sizeMax,
      sizeMaxFault: 'quota-exceeded' as const,
      sizeMaxReason: 'the quota is used up',
    };
    return { grant, attributes: entry?.attributes ?? this.#attributes('file', blob.size) };
  }

  #openToRead(sessionId: string, path: string, blob: BlobGrant): OpenReply {
    const openId = randomBytes(16).toString('hex');
    this.#opens.set(openId, { sessionId, path, write: false, blob, sizeMax: blob.size });
    const rights = { read: true, write: false, append: false, resumed: false, base: null };
    return {
      grant: {
        openId,
        ...rights,
        blob,
        sizeMax: blob.size,
        sizeMaxFault: 'quota-exceeded',
        sizeMaxReason: '',
      },
      attributes: this.#attributes('file', blob.size),
    };
  }

  #close(sessionId: string, openId: string, report: CloseReport): null {
    const open = this.#opens.get(openId);
    expect(open !== undefined, 'an open is closed twice, or never was');
    expect(open.sessionId === sessionId, 'an open is closed by another session');
    this.#opens.delete(openId);
    expect(report.bytesRead >= 0, 'bytes read');
    if (report.kind === 'read') return null;
    expect(open.write, `${report.kind} of an open that only reads`);
    if (report.kind === 'unchanged') {
      void this.#store.remove(open.blob.blobId);
    } else if (report.kind === 'partial') {
      expect(report.size <= open.sizeMax, 'a partial beyond the quota');
      if (report.size === 0) void this.#store.remove(open.blob.blobId);
      else {
        const { size, content } = report;
        expect(content === null || mayBePartial(content, size), 'stored bytes of a partial');
        this.#partials.set(open.path, { ...open.blob, size, content });
      }
    } else {
      const { size, sha256, root, content } = report;
      expect(content === null || mayBeFinished(content, size), 'stored bytes');
      expect(size <= open.sizeMax, 'a file beyond the quota');
      expect(/^[0-9a-f]{64}$/.test(sha256) && root.length === 32, 'hash and root');
      const old = this.#entries.get(open.path)?.blob;
      if (this.#entries.get(open.path)?.attributes.kind === 'directory')
        throw new Fault('is-a-directory');
      if (!this.#entries.has(parentOf(open.path))) throw new Fault('parent-not-found');
      this.plant(open.path, { ...open.blob, size, sha256, root, content });
      if (old) void this.#store.remove(old.blobId);
    }
    return null;
  }

  #setstat(path: string, entry: Entry, change: object): null {
    const times = Object.fromEntries(Object.entries(change).filter(([key]) => key !== 'size'));
    this.#entries.set(path, { ...entry, attributes: { ...entry.attributes, ...times } });
    return null;
  }

  #list(path: string, after: string | null, entriesMax: number): ListReply {
    if (this.#existing(path).attributes.kind !== 'directory') throw new Fault('not-a-directory');
    const inside = [...this.#entries.keys()]
      .filter((each) => each !== '/' && parentOf(each) === path)
      .map((each) => each.slice(each.lastIndexOf('/') + 1))
      .toSorted()
      .filter((name) => after === null || name > after);
    // Small batches, so that the next one is asked for.
    const batch = inside.slice(0, Math.min(entriesMax, 2));
    const entries = batch.map((name) => ({
      name,
      attributes: this.#entries.get(`${path === '/' ? '' : path}/${name}`)!.attributes,
    }));
    const next = inside.length > batch.length ? batch.at(-1)! : null;
    return { text: listingText(entries), next };
  }

  #remove(path: string, kind: Attributes['kind']): null {
    const entry = this.#existing(path);
    this.#writable(path);
    if (entry.attributes.kind !== kind)
      throw new Fault(kind === 'file' ? 'is-a-directory' : 'not-a-directory');
    if (path === '/outgoing') throw new Fault('permission-denied');
    if ([...this.#entries.keys()].some((each) => each.startsWith(`${path}/`)))
      throw new Fault('directory-not-empty');
    this.#entries.delete(path);
    if (entry.blob !== null) void this.#store.remove(entry.blob.blobId);
    return null;
  }

  #mkdir(path: string): null {
    this.#writable(path);
    if (this.#entries.has(path)) throw new Fault('already-exists');
    if (this.#entries.get(parentOf(path))?.attributes.kind !== 'directory')
      throw new Fault('parent-not-found');
    this.#entries.set(path, { attributes: this.#attributes('directory', 0), blob: null });
    return null;
  }

  #rename({ from, to, replace }: Extract<FileRequest, { kind: 'rename' }>): null {
    const entry = this.#existing(from);
    this.#writable(from);
    this.#writable(to);
    if (entry.attributes.kind === 'directory') throw new Fault('permission-denied');
    const target = this.#entries.get(to);
    if (target !== undefined && (!replace || target.attributes.kind === 'directory'))
      throw new Fault('already-exists');
    if (this.#entries.get(parentOf(to))?.attributes.kind !== 'directory')
      throw new Fault('parent-not-found');
    this.#entries.delete(from);
    this.#entries.set(to, entry);
    if (target?.blob && from !== to) void this.#store.remove(target.blob.blobId);
    return null;
  }

  #existing(path: string): Entry {
    const entry = this.#entries.get(path);
    if (entry === undefined) throw new Fault('not-found');
    return entry;
  }

  #writable(path: string): void {
    if (readOnly.test(path)) throw new Fault('permission-denied');
  }

  #attributes(kind: Attributes['kind'], size: number): Attributes {
    const times = { accessedAtMs: 1_790_000_000_000, modifiedAtMs: 1_790_000_000_000 };
    return { kind, size, mode: 0o640, ...times, owner: 'amy', group: this.#agency };
  }
}

function newBlob(): BlobGrant {
  return {
    blobId: randomBytes(16).toString('hex'),
    dataKey: randomBytes(32),
    size: 0,
    root: null,
    sha256: null,
    content: null,
  };
}

function pathsOf(request: FileRequest): string[] {
  if (request.kind === 'rename') return [request.from, request.to];
  return request.kind === 'close' || request.kind === 'keep' ? [] : [request.path];
}

/** What crosses the seam was parsed. */
function checkCanonical(path: string): void {
  const names = path === '/' ? [] : path.slice(1).split('/');
  const good =
    path.startsWith('/') &&
    !/[\0-\x1f\x7f\\]/.test(path) &&
    names.every((name) => name !== '' && name !== '.' && name !== '..');
  expect(good, `a path crossed the seam: ${JSON.stringify(path)}`);
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}
