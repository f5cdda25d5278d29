import { faultTexts, type FaultCode } from '../../server/domain/faults.ts';
import { problemExample, problemType, statusOf } from '../faults.ts';
import type { Document, Header, Media, Operation, Parameter, Response } from './document.ts';
import { exampleOf } from './examples.ts';

/** What any call may meet. */
const anyCall: readonly FaultCode[] = ['media-type-unsupported', 'internal'];
/** What a call with a key may meet. */
const keyedCall: readonly FaultCode[] = [
  'credentials-missing',
  'credentials-wrong',
  'key-expired',
  'scope-missing',
  'address-not-allowed',
  'ledger-unavailable',
  'unavailable',
  // Each of them is recorded, reads as well.
  'storage-full',
  'storage-failed',
];
/** What a path with names in it may meet. */
const namedCall: readonly FaultCode[] = ['message-malformed', 'route-unknown', 'not-found'];
const queriedCall: readonly FaultCode[] = ['field-invalid'];
const bodiedCall: readonly FaultCode[] = ['message-malformed', 'body-too-large'];
/** A body is read on these, also where none is needed. */
const bodiedMethods: ReadonlySet<string> = new Set(['post', 'put', 'patch', 'delete']);

const patchFieldsShown = 2;

const phrases: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  412: 'PreconditionFailed',
  413: 'ContentTooLarge',
  415: 'UnsupportedMediaType',
  416: 'RangeNotSatisfiable',
  422: 'UnprocessableContent',
  428: 'PreconditionRequired',
  429: 'TooManyRequests',
  500: 'InternalServerError',
  501: 'NotImplemented',
  503: 'ServiceUnavailable',
  507: 'InsufficientStorage',
};

const texts: Readonly<Record<number, string>> = {
  408: 'the request did not come in time; the connection is closed',
  431: 'the headers are too large; the connection is closed',
};

const headers: Readonly<Record<string, Header>> = {
  RequestId: {
    description: 'names this request in the log and in the ledger',
    schema: { type: 'string' },
  },
  RetryAfter: {
    description: 'seconds to wait before trying again',
    schema: { type: 'integer', minimum: 0 },
  },
};

/** What is answered before there is a request: its problem has no id of one. */
const connectionAnswers: Readonly<Record<string, Response>> = Object.fromEntries(
  Object.entries({ RequestTimeout: 408, RequestHeaderFieldsTooLarge: 431 }).map(
    ([name, status]) => {
      const example = { ...problemExample('message-malformed'), status, requestId: '' };
      const schema = { $ref: '#/components/schemas/Problem' };
      return [
        name,
        { description: texts[status]!, content: { [problemType]: { schema, example } } },
      ];
    },
  ),
);
const connectionProblems = {
  408: { $ref: '#/components/responses/RequestTimeout' },
  431: { $ref: '#/components/responses/RequestHeaderFieldsTooLarge' },
};

/**
 * Makes the document whole: each operation gets the statuses that it can answer, with the codes of their problems, and
 * examples. What a route says of a status itself stays.
 */
export function complete(document: Document): Document {
  const shared: Record<string, Response> = {};
  const paths = Object.fromEntries(
    Object.entries(document.paths ?? {}).map(([path, methods]) => [
      path,
      Object.fromEntries(
        Object.entries(methods).map(([method, operation]) => [
          method,
          completed(document, method, operation, shared),
        ]),
      ),
    ]),
  );
  const { components = {} } = document;
  return {
    ...document,
    components: { ...components, responses: sorted({ ...shared, ...connectionAnswers }), headers },
    paths,
  };
}

function completed(
  document: Document,
  method: string,
  { 'x-refusals': refusals = [], ...operation }: Operation,
  shared: Record<string, Response>,
): Operation {
  const { parameters = [], requestBody, responses = {} } = operation;
  const own = Object.entries(responses).filter(([status]) => !status.endsWith('XX'));
  const codes = [...codesOf(method, operation), ...(refusals as readonly FaultCode[])];
  return {
    ...operation,
    ...(parameters.length > 0 && {
      parameters: parameters.map((each) => withParameterExample(document, each)),
    }),
    ...(requestBody?.content !== undefined && {
      requestBody: {
        ...requestBody,
        content: requestContent(document, method, requestBody.content),
      },
    }),
    responses: {
      ...connectionProblems,
      ...problemsOf(codes, shared),
      ...Object.fromEntries(
        own.map(([status, response]) => [status, answered(document, response)]),
      ),
    },
  };
}

/** What may be refused on the grounds of what the operation takes alone. */
function codesOf(method: string, operation: Operation): FaultCode[] {
  const { parameters = [], requestBody } = operation;
  const among = (place: string) => parameters.some((each) => each.in === place);
  return [
    ...anyCall,
    ...(operation['x-scope'] === undefined ? [] : keyedCall),
    ...(among('path') ? namedCall : []),
    ...(among('query') || among('header') || requestBody !== undefined ? queriedCall : []),
    ...(bodiedMethods.has(method) ? bodiedCall : []),
  ];
}

/** One answer for each status; those that say the same are said once, under `components`. */
function problemsOf(
  codes: readonly FaultCode[],
  shared: Record<string, Response>,
): Record<string, Response> {
  const statuses = new Set(codes.map((code) => statusOf[code]));
  return Object.fromEntries(
    [...statuses].map((status) => {
      const same = new Set(codes.filter((code) => statusOf[code] === status).toSorted());
      const name = [phrases[status] ?? `Status${status}`, ...same].join('.');
      shared[name] ??= problemResponse(status, [...same]);
      return [String(status), { $ref: `#/components/responses/${name}` }];
    }),
  );
}

function problemResponse(status: number, codes: readonly FaultCode[]): Response {
  const examples = codes.map((code) => [
    code,
    { summary: faultTexts[code], value: problemExample(code) },
  ]);
  return {
    description: codes.map((code) => faultTexts[code]).join('; '),
    headers: {
      'X-Request-Id': { $ref: '#/components/headers/RequestId' },
      ...([429, 503].includes(status) && {
        'Retry-After': { $ref: '#/components/headers/RetryAfter' },
      }),
    },
    content: {
      [problemType]: {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: Object.fromEntries(examples),
      },
    },
  };
}

function answered(document: Document, response: Response): Response {
  const content = response.content ?? {};
  return {
    ...response,
    headers: {
      'X-Request-Id': { $ref: '#/components/headers/RequestId' },
      ...response.headers,
    },
    ...(response.content !== undefined && {
      content: Object.fromEntries(
        Object.entries(content).map(([type, media]) => [type, withExample(document, type, media)]),
      ),
    }),
  };
}

/** RFC 7396 has a media type of its own, and many programs that send JSON do not know it. */
function requestContent(
  document: Document,
  method: string,
  content: Readonly<Record<string, Media>>,
): Record<string, Media> {
  const given = Object.entries(content).map(
    ([type, media]) => [type, withExample(document, type, media)] as const,
  );
  const json = given.find(([type]) => type === 'application/json')?.[1];
  if (method !== 'patch' || json === undefined) return Object.fromEntries(given);
  // A patch is shown with the few fields that somebody would change.
  const fields = Object.entries(json.example ?? {}).slice(0, patchFieldsShown);
  const patch = { ...json, example: Object.fromEntries(fields) };
  return { 'application/json': patch, 'application/merge-patch+json': patch };
}

function withExample(document: Document, type: string, media: Media): Media {
  if (media.example !== undefined || media.examples !== undefined) return media;
  if (media.schema === undefined || !/[/+]json$/.test(type)) return media;
  const example = exampleOf(document, media.schema);
  return example === undefined ? media : { ...media, example };
}

function withParameterExample(document: Document, parameter: Parameter): Parameter {
  const { name, schema = {} } = parameter;
  const example = parameter.example ?? exampleOf(document, schema, name);
  return example === undefined ? parameter : { ...parameter, example };
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(record).toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );
}
