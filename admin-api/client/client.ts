import createOpenApiClient, {
  defaultPathSerializer,
  type Client as OpenApiClient,
  type ClientPathsWithMethod,
  type FetchResponse,
  type MaybeOptionalInit,
} from 'openapi-fetch';
import type { components, paths } from './api.gen.ts';
import { ApiProblem, ChangePending } from './problem.ts';

/** What the API speaks of, by name: `Schemas['User']`. */
export type Schemas = components['schemas'];

export type ClientSettings = {
  /** Where the admin API listens, such as `https://files.example.gov:8022`. */
  readonly baseUrl: string;
  /** `wb_<id>_<secret>`; without one, only what is public answers. */
  readonly key?: string;
  readonly userAgent?: string;
  /** In place of the global one, as for a server certificate of one's own. */
  readonly fetch?: (request: Request) => Promise<Response>;
};

const pendingPath = '/v1/pending-changes/';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type PathWith<M extends Method> = ClientPathsWithMethod<OpenApiClient<paths>, M>;
type Init<P extends keyof paths, M extends Method> = MaybeOptionalInit<paths[P], M>;
/** The JSON that an operation takes. */
export type Body<P extends keyof paths, M extends Method> = paths[P][M] extends {
  requestBody?: { content: { 'application/json': infer B } };
}
  ? B
  : never;
type InitArguments<I> = undefined extends I ? [init?: I] : [init: I];
/** What an operation answers when it is carried out; 202 is thrown where it only says that it waits. */
type Carried<O> = O extends { responses: infer R }
  ? Extract<keyof R, 200 | 201 | 204> extends never
    ? R
    : Omit<R, 202>
  : never;
/** What an operation gives when it is not refused. */
type Data<P extends keyof paths, M extends Method, I> = Extract<
  FetchResponse<{ responses: Carried<paths[P][M]> }, I, `${string}/${string}`>,
  { error?: never }
>['data'];

type Call<M extends Method> = <P extends PathWith<M>, I extends Init<P, M>>(
  path: P,
  ...init: InitArguments<I>
) => Promise<Data<P, M, I>>;

type Page = { readonly items: readonly unknown[]; readonly nextCursor: string | null };
type ListPath = {
  [P in PathWith<'get'>]: Data<P, 'get', unknown> extends Page ? P : never;
}[PathWith<'get'>];
type Item<P extends ListPath> =
  Data<P, 'get', unknown> extends { readonly items: readonly (infer T)[] } ? T : never;
type Query<P extends keyof paths> = paths[P] extends { get: { parameters: { query?: infer Q } } }
  ? Q
  : never;

/**
 * The admin API with the types of its description. A call gives the body of the answer, or throws `ApiProblem`, or
 * `ChangePending` where a second administrator has to approve it first; one that got no answer throws what `fetch` throws.
 */
export type Client = {
  readonly get: Call<'get'>;
  readonly post: Call<'post'>;
  readonly put: Call<'put'>;
  readonly patch: Call<'patch'>;
  readonly delete: Call<'delete'>;
  /** Every item of a list, asked for page by page as they are taken. */
  items<P extends ListPath>(path: P, query?: Query<P>): AsyncGenerator<Item<P>, void, undefined>;
};

export function createClient({ baseUrl, key, userAgent, fetch }: ClientSettings): Client {
  const client = createOpenApiClient<paths>({
    baseUrl,
    pathSerializer: safePath,
    // A redirect would carry the key and the change somewhere else.
    redirect: 'manual',
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(userAgent !== undefined && { 'user-agent': userAgent }),
    },
    ...(fetch !== undefined && { fetch }),
  });
  client.use({
    onResponse: async ({ request, response }) => {
      if (!response.ok) throw await ApiProblem.of(request, response);
      const location = response.headers.get('location');
      if (response.status === 202 && location?.startsWith(pendingPath) === true)
        throw new ChangePending(request, location);
    },
  });
  // The types of `Call` are those of the library, less the refusals, which are thrown.
  const request = client.request as (
    method: Method,
    path: string,
    init: object,
  ) => Promise<{ readonly data: unknown }>;
  const call =
    (method: Method) =>
    async (
      path: string,
      init: { readonly parseAs?: string; readonly params?: object } = {},
    ): Promise<unknown> =>
      (await request(method, path, init)).data ?? nothingAs(init.parseAs);
  const get = call('get');
  return {
    get: get as Call<'get'>,
    post: call('post') as Call<'post'>,
    put: call('put') as Call<'put'>,
    patch: call('patch') as Call<'patch'>,
    delete: call('delete') as Call<'delete'>,
    items: <P extends ListPath>(path: P, query?: Query<P>) =>
      itemsOf<Item<P>>(async (cursor) =>
        get(path, { params: { query: Object.assign({}, query, { cursor }) } }),
      ),
  };
}

/** The library gives no body at all for one of no bytes, whatever it was asked to make of it. */
function nothingAs(parseAs: string | undefined): unknown {
  if (parseAs === 'arrayBuffer') return new ArrayBuffer(0);
  if (parseAs === 'blob') return new Blob([]);
  return parseAs === 'text' ? '' : undefined;
}

async function* itemsOf<T>(
  pageAt: (cursor: string | undefined) => Promise<unknown>,
): AsyncGenerator<T, void, undefined> {
  let cursor: string | undefined;
  do {
    const page = (await pageAt(cursor)) as { readonly items: readonly T[] } & Page;
    yield* page.items;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}

/** @throws TypeError for a name that a URL would resolve away, so that another resource would be called */
function safePath(path: string, names: Record<string, unknown>): string {
  for (const [name, value] of Object.entries(names))
    if (value === '' || value === '.' || value === '..')
      throw new TypeError(`'${value}' is no ${name}`);
  return defaultPathSerializer(path, names);
}
