import { createCipheriv, createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import { startExchange, type LiveServer } from '../fixtures/live-server.ts';
import type { Ran, Running } from './clients.ts';

/** The exchange with a directory where the clients run. */
export type Scene = Awaited<ReturnType<typeof startExchange>> & { readonly here: string };

export async function openScene(t: Test, environment: Record<string, string> = {}): Promise<Scene> {
  const exchange = await startExchange(t, environment);
  return { ...exchange, here: mkdtempSync(join(exchange.server.directory, 'here-')) };
}

/** The same bytes each time for the same name: any mix-up of files or offsets shows. */
export function bytesOf(name: string, length: number): Buffer {
  const key = createHash('sha256').update(name).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

/** Makes a local file of such bytes, or of those given. */
export function makeFile(scene: Scene, name: string, content: number | Buffer): Buffer {
  const bytes = typeof content === 'number' ? bytesOf(name, content) : content;
  const path = join(scene.here, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return bytes;
}

export function localFile(scene: Scene, name: string): Buffer {
  return readFileSync(join(scene.here, name));
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function succeeded(t: Test, ran: Ran, message = 'the client is content'): void {
  if (!t.equal(ran.status, 0, message)) t.comment(ran.output);
}

/** The client failed, and its user reads why. */
export function refused(t: Test, ran: Ran, reason: RegExp): void {
  t.ok(ran.status !== null && ran.status > 0, `it ends by itself and says so: ${ran.status}`);
  t.match(ran.output, reason);
}

type Row = Record<string, unknown>;
export type FileEntry = {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly size: number;
  readonly sha256: string | null;
  readonly modifiedAt: string;
};
export type Transfer = {
  readonly id: string;
  readonly username: string;
  readonly path: string;
  readonly bytes: number;
  readonly state: string;
  readonly sha256: string | null;
};

const query = (fields: Readonly<Record<string, string>>) => new URLSearchParams(fields).toString();

/** Names in a directory of an agency's tree, as the API tells them. */
export async function namesIn(
  server: LiveServer,
  path: string,
  agency = 'alameda',
): Promise<readonly string[]> {
  return (await server.all<FileEntry>(`/v1/files?${query({ agency, path })}`)).map(
    ({ name }) => name,
  );
}

export function audit(
  server: LiveServer,
  fields: Readonly<Record<string, string>>,
): Promise<Row[]> {
  return server.all(`/v1/audit?${query(fields)}`);
}

export function transfers(
  server: LiveServer,
  fields: Readonly<Record<string, string>>,
): Promise<Transfer[]> {
  return server.all(`/v1/transfers?${query(fields)}`);
}

export type Expected = {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly agency?: string;
  readonly by?: string;
  /** The name that the upload had before it was renamed. */
  readonly receivedAs?: string;
};

/** The file is there as the API tells it, its bytes are those of the client, and the ledger holds OPEN and CLOSE. */
export async function published(
  t: Test,
  server: LiveServer,
  expected: Expected,
): Promise<FileEntry | undefined> {
  const { path, bytes, agency = 'alameda', by = 'amy', receivedAs = path } = expected;
  const hash = sha256(bytes);
  const found = await server.all<FileEntry>(`/v1/files?${query({ agency, path })}`).catch(() => []);
  const [entry] = found;
  t.match(
    entry,
    { path, kind: 'file', size: bytes.length, sha256: hash, receivedFrom: by },
    `${path} is published`,
  );
  if (entry === undefined) return undefined;
  t.equal(sha256(await server.content(entry.id)), hash, `${path} holds the bytes that were sent`);
  const closes = await audit(server, {
    agency,
    path: receivedAs,
    event: 'file.closed.1',
    actor: by,
  });
  const close = closes.find((row) => row['state'] === 'published' && row['sha256'] === hash);
  t.match(
    close,
    { outcome: 'success', size: bytes.length, actor: { username: by } },
    `${path} has its CLOSE in the ledger`,
  );
  const opens = await audit(server, {
    agency,
    path: receivedAs,
    event: 'file.opened.1',
    actor: by,
  });
  t.ok(
    opens.some((row) => row['transfer'] === close?.['transfer']),
    `${path} has its OPEN in the ledger`,
  );
  return entry;
}

/** Nobody but its uploader may know of it. */
export async function unseen(
  t: Test,
  server: LiveServer,
  path: string,
  agency = 'alameda',
): Promise<void> {
  const [directory, name] = [dirname(path), path.slice(path.lastIndexOf('/') + 1)];
  t.notOk(
    (await namesIn(server, directory, agency)).includes(name),
    `${path} is not there for the API`,
  );
}

/** The ledger has a row of that event for the path with these fields. */
export async function recorded(
  t: Test,
  server: LiveServer,
  event: string,
  path: string,
  like: Row = {},
): Promise<void> {
  const rows = await audit(server, { event, path });
  const wanted: Row = { outcome: 'success', ...like };
  const row = rows.find((each) =>
    Object.entries(wanted).every(([name, value]) => each[name] === value),
  );
  t.match(row ?? rows[0], wanted, `the ledger has ${event} of ${path}`);
}

/** Path and SHA-256 of every file below a directory, as the API tells them. */
export async function treeOf(
  server: LiveServer,
  path: string,
  agency = 'alameda',
): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await server.all<FileEntry>(`/v1/files?${query({ agency, path })}`)) {
    const below = `${path}/${entry.name}`;
    if (entry.sha256 !== null) files.set(below, entry.sha256);
    else for (const [name, hash] of await treeOf(server, below, agency)) files.set(name, hash);
  }
  return files;
}

/** As `sha256sum` would list them, in an order of its own. */
export function checksums(files: ReadonlyMap<string, string>): readonly string[] {
  return [...files].map(([path, hash]) => `${hash}  ${path}`).toSorted();
}

/** Asks until the answer is there. No test says how long that takes; the runner's time-out is the bound. */
export async function eventually<T>(ask: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await sleep(50);
  }
}

const cutAfterBytes = 200_000;

/** Kills a client in the middle of an upload; resolves when the server has settled what came. */
export async function cutUpload(
  t: Test,
  server: LiveServer,
  client: Running,
  path: string,
): Promise<Transfer> {
  const going = await eventually(async () => {
    const [transfer] = await transfers(server, { path, direction: 'upload' });
    return transfer?.state === 'receiving' && transfer.bytes >= cutAfterBytes
      ? transfer
      : undefined;
  });
  await unseen(t, server, path);
  client.kill();
  await client.done;
  const ended = await eventually(async () => {
    const transfer = await server.api<Transfer>('GET', `/v1/transfers/${going.id}`);
    return transfer.state === 'receiving' ? undefined : transfer;
  });
  t.match(
    ended,
    { state: 'partial', sha256: null },
    'what came before the cut is kept as a partial',
  );
  await unseen(t, server, path);
  return ended;
}

/** Kills a client in the middle of a download into `name`; resolves with the bytes that it has. */
export async function cutDownload(
  t: Test,
  scene: Scene,
  client: Running,
  name: string,
  whole: Uint8Array,
): Promise<number> {
  const local = join(scene.here, name);
  await eventually(() =>
    existsSync(local) && statSync(local).size >= cutAfterBytes ? true : undefined,
  );
  client.kill();
  await client.done;
  const { size } = statSync(local);
  t.ok(size < whole.length, `the client has ${size} of ${whole.length} bytes`);
  return size;
}

/** The whole file went out to that user, and both lists say so. */
export async function collected(
  t: Test,
  server: LiveServer,
  path: string,
  content: Uint8Array | { readonly sha256: string; readonly size: number },
  by: string,
): Promise<void> {
  const { sha256: hash, size } =
    content instanceof Uint8Array ? { sha256: sha256(content), size: content.length } : content;
  const fields = { agency: 'alameda', path };
  const sent = await transfers(server, {
    ...fields,
    direction: 'download',
    username: by,
    state: 'completed',
  });
  t.match(sent[0], { sha256: hash, bytes: size }, `${by}'s transfer of ${path} is complete`);
  const rows = await audit(server, { ...fields, event: 'file.closed.1', actor: by });
  t.ok(
    rows.some((row) => row['state'] === 'completed' && row['sha256'] === hash),
    `${by}'s CLOSE of ${path} is in the ledger`,
  );
}
