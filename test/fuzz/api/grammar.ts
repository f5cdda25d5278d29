import fc, { type Arbitrary } from 'fast-check';
import {
  bodyOf,
  resolved,
  type Document,
  type Media,
  type Parameter,
  type Place,
  type Schema,
} from '../../../admin-api/openapi/document.ts';
import { exampleOf } from '../../../admin-api/openapi/examples.ts';
import { hostileTexts } from '../../admin-api/fixtures/hostile.ts';

/** One request, as text wherever HTTP has text. */
export type Call = {
  readonly operationId: string;
  readonly names: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly contentType: string | null;
  readonly body: string | null;
};

/** Stands for a name that the server knows: which one is found out when the call is made. */
export const knownName = '$known';

const texts = hostileTexts();
const namesMade = 20;

/** Calls of one operation: some that it takes, and mostly such as its schemas allow with what nobody expects among it. */
export function callsOf(document: Document, place: Place): Arbitrary<Call> {
  return fc.oneof(
    { weight: 1, arbitrary: plainCall(document, place) },
    { weight: 2, arbitrary: wildCall(document, place) },
  );
}

/** As the examples of the description are; what it makes has a name of its own. */
function plainCall(document: Document, { method, operation }: Place): Arbitrary<Call> {
  const { operationId = '', parameters = [], requestBody } = operation;
  const required = (place: string) =>
    parameters.filter((each) => each.in === place && each.required === true);
  const shown = (place: string) =>
    Object.fromEntries(required(place).map(({ name, example }) => [name, textOf(example)]));
  const body = bodyOf(requestBody?.content);
  const example = body && (body.media.example ?? exampleOf(document, body.media.schema ?? {}));
  return fc.tuple(madeName(), lastName(method)).map(([made, last]) => ({
    operationId,
    names: Object.fromEntries(
      required('path').map(({ name }, index, all) => [
        name,
        index < all.length - 1 ? knownName : last,
      ]),
    ),
    query: shown('query'),
    headers: shown('header'),
    contentType: body?.type ?? null,
    body: body === undefined ? null : textOf(renamed(example, made)),
  }));
}

function renamed(example: unknown, made: string): unknown {
  if (typeof example !== 'object' || example === null) return example ?? 'text';
  const names = ['code', 'username', 'name'].filter((name) => name in example);
  return { ...example, ...Object.fromEntries(names.map((name) => [name, made])) };
}

function wildCall(document: Document, { method, operation }: Place): Arbitrary<Call> {
  const { operationId = '', parameters = [], requestBody } = operation;
  const among = (place: string) => parameters.filter((each) => each.in === place);
  const body = bodyOf(requestBody?.content);
  return fc.record({
    operationId: fc.constant(operationId),
    names: record(among('path'), () => nameText(method)),
    query: fc.oneof(
      { weight: 9, arbitrary: record(among('query'), (each) => parameterText(document, each)) },
      { weight: 1, arbitrary: fc.dictionary(anyText(), anyText(), { maxKeys: 3 }) },
    ),
    headers: record(among('header'), (each) => parameterText(document, each).map(headerText)),
    contentType: fc.oneof(
      { weight: 12, arbitrary: fc.constant(body?.type ?? null) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          'application/json',
          'text/csv',
          'text/plain',
          'application/xml',
          null,
        ),
      },
    ),
    body:
      body === undefined
        ? fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.json() })
        : bodyText(document, body.type, body.media),
  });
}

/** Those that are required, and the others now and then. */
function record(
  parameters: readonly Parameter[],
  valueOf: (parameter: Parameter) => Arbitrary<string>,
): Arbitrary<Record<string, string>> {
  const fields = parameters.map((each) => [each.name, valueOf(each)] as const);
  const requiredKeys = parameters.filter((each) => each.required === true).map(({ name }) => name);
  const all = fc.record(Object.fromEntries(fields), { requiredKeys });
  const few = fc.record(Object.fromEntries(fields.filter(([name]) => requiredKeys.includes(name))));
  return fc.oneof(all, few);
}

/** What is removed is mostly not what the others need. */
function lastName(method: string): Arbitrary<string> {
  const known = fc.constant(knownName);
  if (method !== 'delete') return known;
  return fc.oneof({ weight: 4, arbitrary: madeName() }, { weight: 1, arbitrary: known });
}

function nameText(method: string): Arbitrary<string> {
  return fc.oneof(
    { weight: 6, arbitrary: lastName(method) },
    { weight: 2, arbitrary: madeName() },
    { weight: 2, arbitrary: anyText().filter((text) => !['', '.', '..'].includes(text)) },
  );
}

function madeName(): Arbitrary<string> {
  return fc.integer({ min: 1, max: namesMade }).map((number) => `made-${number}`);
}

function parameterText(
  document: Document,
  { name, schema = {}, example }: Parameter,
): Arbitrary<string> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant(textOf(example)) },
    { weight: 4, arbitrary: valuesOf(document, schema, name).map(textOf) },
    { weight: 1, arbitrary: anyText() },
  );
}

function bodyText(document: Document, type: string, media: Media): Arbitrary<string> {
  const { schema = {}, example } = media;
  const shown = example ?? exampleOf(document, schema);
  if (!/[/+]json$/.test(type))
    return fc.oneof(
      fc.constant(textOf(shown ?? 'a,b\n1,2\n')),
      anyText(),
      fc.string({ maxLength: 2000 }),
    );
  return fc.oneof(
    { weight: 12, arbitrary: valuesOf(document, schema, '').map((value) => JSON.stringify(value)) },
    { weight: 2, arbitrary: fc.constant(JSON.stringify(shown)) },
    { weight: 1, arbitrary: fc.json({ maxDepth: 5 }) },
    { weight: 1, arbitrary: anyText() },
  );
}

/** Values of a schema; one in ten is of another kind altogether. */
function valuesOf(document: Document, given: Schema, name: string): Arbitrary<unknown> {
  const schema = resolved(document, given);
  const shown = exampleOf(document, given, name);
  return fc.oneof(
    { weight: 5, arbitrary: fitting(document, schema, name) },
    {
      weight: 4,
      arbitrary: shown === undefined ? fitting(document, schema, name) : fc.constant(shown),
    },
    { weight: 1, arbitrary: fc.oneof(fc.jsonValue({ maxDepth: 2 }), anyText(), fc.constant(null)) },
  );
}

function fitting(document: Document, schema: Schema, name: string): Arbitrary<unknown> {
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined)
    return fc.oneof(...schema.anyOf.map((each) => valuesOf(document, each, name)));
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'object':
      return objectOf(document, schema);
    case 'array':
      return fc.array(valuesOf(document, schema.items ?? {}, name), { maxLength: 4 });
    case 'integer':
    case 'number':
      return fc.oneof(
        fc.integer({ min: schema.minimum ?? -5, max: schema.maximum ?? 1_000_000 }),
        fc.constantFrom(0, -1, schema.maximum ?? 2 ** 53, (schema.maximum ?? 1e21) + 1, 0.5),
      );
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return stringOf(schema, name);
  }
}

function objectOf(
  document: Document,
  { properties = {}, required = [] }: Schema,
): Arbitrary<object> {
  const fields = Object.entries(properties).map(
    ([name, schema]) => [name, valuesOf(document, schema, name)] as const,
  );
  const record = fc.record(Object.fromEntries(fields), { requiredKeys: [...required] });
  const odd = fc.tuple(record, anyText(), fc.jsonValue({ maxDepth: 1 }));
  return fc.oneof(
    { weight: 15, arbitrary: record },
    { weight: 1, arbitrary: odd.map(([object, name, value]) => ({ ...object, [name]: value })) },
    { weight: 1, arbitrary: fc.record(Object.fromEntries(fields), { requiredKeys: [] }) },
  );
}

function stringOf({ format }: Schema, name: string): Arbitrary<string> {
  if (format === 'date-time')
    return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  const names = ['code', 'username', 'agency'].includes(name) ? [madeName()] : [];
  return fc.oneof(...names, ...names, fc.string({ maxLength: 40 }), anyText());
}

function anyText(): Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom(...texts),
    fc.string({ unit: 'grapheme', maxLength: 30 }),
    fc.string({ unit: 'binary', maxLength: 30 }),
  );
}

/** What Node's client sends at all. */
function headerText(text: string): string {
  return Buffer.from(text.slice(0, 4_000))
    .toString('latin1')
    .replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '')
    .trim();
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
