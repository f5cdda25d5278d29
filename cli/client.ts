import { setTimeout as sleep } from 'node:timers/promises';
import { CliFailure, exitCodes } from './parts.ts';
import type { ApiSettings } from './settings.ts';
import { printable } from './text.ts';

export type Query = Readonly<Record<string, string | number | undefined>>;

/** The admin API as the commands see it. Paths are under `/v1`; whoever builds one encodes its parts with `segment`. */
export type Client = {
  get<T>(path: string, query?: Query): Promise<T>;
  /** With its ETag, for who decides by what was shown. */
  getTagged<T>(path: string): Promise<Tagged<T>>;
  post<T>(path: string, body: object, headers?: Readonly<Record<string, string>>): Promise<T>;
  /** A POST whose body is not JSON. */
  postFile<T>(path: string, file: FileBody, query?: Query): Promise<T>;
  patch<T>(path: string, body: object): Promise<T>;
  put(path: string, body: object): Promise<void>;
  /** A PUT that is answered with more than that it was done. */
  putFor<T>(path: string, body: object): Promise<T>;
  remove(path: string): Promise<void>;
  /** Every page of a list, one after the other. */
  pages<T>(path: string, query?: Query): AsyncIterable<readonly T[]>;
  /** The answer to a GET whose body is not JSON; with `headers`, such as of a range, perhaps of a part of it. */
  download(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** A PUT whose body is bytes, of which nobody holds all. */
  upload<T>(path: string, query: Query, upload: Upload): Promise<T>;
};

export type Tagged<T> = { readonly value: T; readonly etag: string };

export type Upload = {
  readonly bytes: ReadableStream<Uint8Array>;
  readonly headers: Readonly<Record<string, string>>;
};

export type FileBody = { readonly type: string; readonly bytes: Uint8Array<ArrayBuffer> };

type Problem = {
  readonly title?: string;
  readonly detail?: string;
  readonly code?: string;
  readonly requestId?: string;
  readonly errors?: readonly { readonly pointer?: string; readonly detail?: string }[];
};

const pageItemsMax = 500;
/** How long one request is put off in all: who exports a tree would rather wait than begin again. */
const patienceSeconds = 600;

/** How much to ask for at once when `rowsMax` rows are wanted: one more tells whether there are others. */
export function pageItemsFor(rowsMax = Infinity): number {
  return Math.min(rowsMax + 1, pageItemsMax);
}

export function createClient(settings: ApiSettings, userAgent: string): Client {
  async function send(
    method: string,
    path: string,
    body?: object,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response> {
    const json = body === undefined ? undefined : JSON.stringify(body);
    return sendAs(method, path, json, 'application/json', headers);
  }

  async function sendAs(
    method: string,
    path: string,
    body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | undefined,
    type: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    const url = new URL(`/v1${path}`, settings.url);
    const response = await fetchPatiently(settings.url, url, {
      method,
      headers: {
        authorization: `Bearer ${settings.key}`,
        accept: 'application/json, application/problem+json, */*;q=0.1',
        'user-agent': userAgent,
        ...(body !== undefined && { 'content-type': type }),
        ...headers,
      },
      ...(body !== undefined && { body }),
      ...(body instanceof ReadableStream && { duplex: 'half' }),
      // A redirect would carry the key and the change somewhere else.
      redirect: 'manual',
    });
    if (!response.ok) throw await failureOf(response, settings.url);
    const pending = pendingIn(response);
    if (pending !== undefined) throw waits(pending);
    return response;
  }

  async function* pages<T>(path: string, query: Query = {}): AsyncIterable<readonly T[]> {
    let cursor: string | undefined;
    do {
      const page = await jsonOf<{ items: readonly T[]; nextCursor: string | null }>(
        await send(
          'GET',
          withQuery(path, { ...query, limit: query['limit'] ?? pageItemsMax, cursor }),
        ),
        settings.url,
      );
      yield page.items;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }

  return {
    get: async (path, query = {}) =>
      jsonOf(await send('GET', withQuery(path, query)), settings.url),
    getTagged: async (path) => {
      const response = await send('GET', path);
      const etag = response.headers.get('etag') ?? '*';
      return { value: await jsonOf(response, settings.url), etag };
    },
    post: async (path, body, headers) =>
      jsonOf(await send('POST', path, body, headers), settings.url),
    postFile: async (path, { type, bytes }, query = {}) =>
      jsonOf(await sendAs('POST', withQuery(path, query), bytes, type), settings.url),
    patch: async (path, body) => jsonOf(await send('PATCH', path, body), settings.url),
    put: async (path, body) => void (await send('PUT', path, body)),
    putFor: async (path, body) => jsonOf(await send('PUT', path, body), settings.url),
    remove: async (path) => void (await send('DELETE', path)),
    pages,
    download: (path, headers) => sendAs('GET', path, undefined, '', headers),
    upload: async (path, query, { bytes, headers }) => {
      const type = 'application/octet-stream';
      return jsonOf(
        await sendAs('PUT', withQuery(path, query), bytes, type, headers),
        settings.url,
      );
    },
  };
}

/** The id of the change that the server made of the request, where two administrators have to want it. */
function pendingIn({ status, headers }: Response): string | undefined {
  if (status !== 202) return undefined;
  return /^\/v1\/pending-changes\/([^/]+)$/.exec(headers.get('location') ?? '')?.[1];
}

function waits(id: string): CliFailure {
  return new CliFailure(exitCodes.waiting, 'that is done once a second administrator approves it', [
    `another key can: waybill change approve ${printable(id)}`,
  ]);
}

/** One part of a path, from whatever the user typed. */
export function segment(text: string): string {
  // A segment of dots would be resolved away by the URL parser and name another resource.
  if (text === '' || text === '.' || text === '..')
    throw new CliFailure(exitCodes.usage, `'${text}' is not a name`);
  return encodeURIComponent(text);
}

export function withQuery(path: string, query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) search.set(name, String(value));
  return search.size === 0 ? path : `${path}?${search.toString()}`;
}

export async function fetchOrFail(server: URL, url: URL, options: RequestInit): Promise<Response> {
  try {
    return await fetch(url, options);
  } catch (error) {
    throw unreachable(server, error);
  }
}

/** A GET that the server puts off is asked again once it says so; what changes something is the user's to repeat. */
async function fetchPatiently(server: URL, url: URL, options: RequestInit): Promise<Response> {
  for (let waitedSeconds = 0; ;) {
    const response = await fetchOrFail(server, url, options);
    const header = response.headers.get('retry-after') ?? '';
    if (response.status !== 429 || options.method !== 'GET' || !/^\d{1,6}$/.test(header))
      return response;
    // Also where it says 0, a server that is asked without a pause would only have more to refuse.
    const seconds = Math.max(1, Number(header));
    waitedSeconds += seconds;
    if (waitedSeconds > patienceSeconds) return response;
    await response.body?.cancel();
    await sleep(seconds * 1000);
  }
}

export function unreachable(server: URL, error: unknown): CliFailure {
  return new CliFailure(
    exitCodes.unreachable,
    `cannot reach the server at ${server.origin} (${reasonOf(error)})`,
    [
      'is it running? start it with `waybill serve`, or name another address with --url or WAYBILL_URL',
    ],
  );
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = (cause as { code?: unknown }).code;
  return printable(
    typeof code === 'string' ? code : cause instanceof Error ? cause.message : String(cause),
  );
}

async function jsonOf<T>(response: Response, server: URL): Promise<T> {
  let text: string;
  try {
    text = await response.text();
  } catch (error) {
    throw unreachable(server, error);
  }
  try {
    return JSON.parse(text) as T;
  } catch {
    throw notWaybill(server, response);
  }
}

function notWaybill(server: URL, response: Response): CliFailure {
  return new CliFailure(
    exitCodes.failed,
    `${server.origin} answered ${response.status} in a way that is not Waybill's admin API; is --url right?`,
  );
}

async function failureOf(response: Response, server: URL): Promise<CliFailure> {
  const problem = await problemOf(response);
  if (problem === undefined) return notWaybill(server, response);
  const about = problem.detail ?? problem.title ?? `the server answered ${response.status}`;
  const errors = problem.errors ?? [];
  const all = errors.map((error) => `${optionOf(error.pointer)}: ${error.detail ?? 'not valid'}`);
  // One field error is the detail itself, which is not told twice.
  const [only] = errors.length === 1 && about.endsWith(errors[0]?.detail ?? '') ? all : [];
  const fields = only === undefined ? all : [];
  const request =
    response.status >= 500 && problem.requestId
      ? [`the server's log has more under request ${problem.requestId}`]
      : [];
  const todo = problem.code === undefined ? undefined : todos[problem.code];
  return new CliFailure(exitCodes.failed, printable(only ?? about), [
    ...fields.map(printable),
    ...request.map(printable),
    ...(todo === undefined ? [] : [todo]),
  ]);
}

const todos: Readonly<Record<string, string>> = {
  'credentials-missing': 'give a key with --key-file, WAYBILL_API_KEY_FILE or WAYBILL_API_KEY',
  'credentials-wrong':
    "the key may have expired (the initial one lasts 24 h); on the server's own host, `waybill admin-key issue --name <name>` makes a new one",
  'scope-missing': '`waybill admin-key list` shows the scopes of each key',
  'rate-exceeded': 'wait a moment and try again',
  held: '`waybill hold list --state standing` shows the holds',
};

const options: Readonly<Record<string, string>> = {
  name: '--name',
  displayName: '--name',
  kind: '--kind',
  agency: '--agency',
  loginMethods: '--login-method',
  permissions: '--permission',
  allowedCidrs: '--cidr',
  expiresAt: '--expires',
  receivedFrom: '--received-from',
  receivedUntil: '--received-until',
  quotaBytes: '--quota',
  maxSessions: '--max-sessions',
  accountKind: '--kind',
  scopes: '--scope',
  label: '--label',
  path: '--path',
  olderThanDays: '--older-than',
  clock: '--clock',
  targets: '--target',
  keepVersions: '--keep-versions',
  schedule: '--schedule',
  timezone: '--timezone',
  reason: '--reason',
  authority: '--authority',
  file: '--file',
  until: '--until',
  needsApproval: '--approval',
  sha256: '--sha256',
  overlapDays: '--overlap',
  days: '--days',
  atomic: '--atomic',
  limit: '--limit',
  from: '--from',
  to: '--to',
};

/** What the user typed it as: `/allowedCidrs/1` -> `--cidr (number 2)`; what is no option keeps the API's name. */
export function optionOf(pointer: string | undefined): string {
  const [field = '', index, ...rest] = (pointer ?? '').split('/').slice(1);
  if (field === '') return 'request';
  const name = options[field] ?? field;
  if (index === undefined) return name;
  const place = /^\d+$/.test(index) ? `number ${Number(index) + 1}` : index;
  return `${name} (${[place, ...rest].join(', ')})`;
}

async function problemOf(response: Response): Promise<Problem | undefined> {
  try {
    const body = JSON.parse(await response.text()) as unknown;
    if (typeof body !== 'object' || body === null || !('detail' in body || 'title' in body))
      return undefined;
    return body as Problem;
  } catch {
    return undefined;
  }
}
