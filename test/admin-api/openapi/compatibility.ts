import {
  operationsOf,
  resolved,
  resolvedResponse,
  type Content,
  type Document,
  type Operation,
  type Parameter,
  type Response,
  type Schema,
} from '../../../admin-api/openapi/document.ts';

type Release = { readonly released: Document; readonly now: Document };

/**
 * What a program written against the released description may trip over now, one line each. A new path, verb, status,
 * optional parameter or field is no break, nor is one more value of an enum in an answer: programs have to pass over
 * what they do not know. A field that is gone from a request is one, as unknown fields are refused.
 */
export function breaksBetween(released: Document, now: Document): string[] {
  const documents = { released, now };
  return operationsOf(released).flatMap(({ method, path, operation: before }) => {
    const where = `${method.toUpperCase()} ${path}`;
    const after = now.paths?.[path]?.[method];
    if (after === undefined) return [`${where}: is gone`];
    return [
      ...keyBreaks(before, after),
      ...parameterBreaks(documents, before.parameters ?? [], after.parameters ?? []),
      ...bodyBreaks(documents, before.requestBody, after.requestBody),
      ...statusBreaks(documents, before.responses ?? {}, after.responses ?? {}),
    ].map((each) => `${where}: ${each}`);
  });
}

function keyBreaks(before: Operation, after: Operation): string[] {
  const [was, is] = [before['x-scope'], after['x-scope']];
  if (was === is || is === undefined) return [];
  return [was === undefined ? 'needs a key now' : `needs the scope ${is} in place of ${was}`];
}

function parameterBreaks(
  documents: Release,
  before: readonly Parameter[],
  after: readonly Parameter[],
): string[] {
  const same = (one: Parameter) => (other: Parameter) =>
    one.name === other.name && one.in === other.in;
  const changed = before.flatMap((old) => {
    const at = `${old.in} parameter ${old.name}`;
    const found = after.find(same(old));
    if (found === undefined) return [`${at}: is gone`];
    const needed = found.required === true && old.required !== true ? [`${at}: is needed now`] : [];
    const taken = new Comparison(documents, 'request').breaks(old.schema, found.schema, at);
    return [...needed, ...taken];
  });
  const added = after.filter((each) => each.required === true && !before.some(same(each)));
  return [
    ...changed,
    ...added.map((each) => `${each.in} parameter ${each.name}: is new and needed`),
  ];
}

function bodyBreaks(
  documents: Release,
  before: Operation['requestBody'],
  after: Operation['requestBody'],
): string[] {
  if (before === undefined) return after?.required === true ? ['a body is needed now'] : [];
  if (after === undefined) return ['takes no body now'];
  const needed = after.required === true && before.required !== true;
  return [
    ...(needed ? ['a body is needed now'] : []),
    ...contentBreaks(new Comparison(documents, 'request'), before.content, after.content, 'body'),
  ];
}

function statusBreaks(
  documents: Release,
  before: Readonly<Record<string, Response>>,
  after: Readonly<Record<string, Response>>,
): string[] {
  const comparison = new Comparison(documents, 'answer');
  return Object.entries(before).flatMap(([status, response]) => {
    // `4XX` promised no status, only what its body is like.
    const found = status.endsWith('XX')
      ? Object.entries(after).filter(([each]) => each.startsWith(status[0]!))
      : Object.entries(after).filter(([each]) => each === status);
    if (found.length === 0) return [`status ${status}: is gone`];
    const old = resolvedResponse(documents.released, response);
    return found.flatMap(([each, response]) => {
      const at = `status ${each}`;
      const current = resolvedResponse(documents.now, response);
      const lost = Object.keys(old.headers ?? {}).filter(
        (name) => !(name in (current.headers ?? {})),
      );
      return [
        ...lost.map((name) => `${at}: header ${name} is gone`),
        ...contentBreaks(comparison, old.content, current.content, at),
      ];
    });
  });
}

function contentBreaks(
  comparison: Comparison,
  before: Content = {},
  after: Content = {},
  at: string,
): string[] {
  return Object.entries(before).flatMap(([type, { schema }]) => {
    const found = after[type];
    if (found === undefined) return [`${at}: ${type} is gone`];
    return comparison.breaks(schema, found.schema, at);
  });
}

/**
 * Schemas before and after. In a request, whatever was taken has to be taken still; in an answer, whatever is told has
 * to be what was told before.
 */
class Comparison {
  readonly #documents: Release;
  readonly #side: 'request' | 'answer';
  /** Pairs that are being compared, for schemas that hold themselves. */
  readonly #open = new Set<string>();

  constructor(documents: Release, side: 'request' | 'answer') {
    this.#documents = documents;
    this.#side = side;
  }

  breaks(before: Schema = {}, after: Schema = {}, at: string): string[] {
    const pair = `${before.$ref} ${after.$ref}`;
    const named = before.$ref !== undefined && after.$ref !== undefined;
    if (named && this.#open.has(pair)) return [];
    if (named) this.#open.add(pair);
    const old = alternativesOf(this.#documents.released, before);
    const current = alternativesOf(this.#documents.now, after);
    // What comes has to fit into what is expected.
    const [come, expected] = this.#side === 'request' ? [old, current] : [current, old];
    const found = come.flatMap((each) => {
      const tries = expected
        .filter((other) => sameKind(each, other))
        .map((other) =>
          this.#side === 'request'
            ? this.#narrowed(each, other, at)
            : this.#widened(other, each, at),
        );
      if (tries.length === 0)
        return [
          `${at}: ${kindOf(each)} is ${this.#side === 'request' ? 'no longer taken' : 'new'}`,
        ];
      return tries.toSorted((one, other) => one.length - other.length)[0]!;
    });
    if (named) this.#open.delete(pair);
    return found;
  }

  /** A request that was fine, and is refused now. */
  #narrowed(before: Schema, after: Schema, at: string): string[] {
    const required = (after.required ?? []).filter((name) => !before.required?.includes(name));
    const values = valuesOf(after);
    const lost =
      values === undefined
        ? []
        : (valuesOf(before) ?? ['any']).filter((each) => !values.includes(each));
    return [
      ...required.map((name) => `${at}.${name}: is needed now`),
      ...lost.map((value) => `${at}: ${JSON.stringify(value)} is no longer taken`),
      ...limitBreaks(before, after, at),
      ...this.#within(before, after, at),
      ...Object.keys(before.properties ?? {})
        .filter(
          (name) => after.additionalProperties === false && !(name in (after.properties ?? {})),
        )
        .map((name) => `${at}.${name}: is no longer taken`),
    ];
  }

  /** An answer that is not what it was. */
  #widened(before: Schema, after: Schema, at: string): string[] {
    const gone = Object.keys(before.properties ?? {}).filter(
      (name) => !(name in (after.properties ?? {})),
    );
    const loose = (before.required ?? []).filter(
      (name) => !gone.includes(name) && !after.required?.includes(name),
    );
    const format = before.format !== undefined && before.format !== after.format;
    return [
      ...gone.map((name) => `${at}.${name}: is gone`),
      ...loose.map((name) => `${at}.${name}: may be missing now`),
      ...(format ? [`${at}: is no longer ${before.format}`] : []),
      ...this.#within(before, after, at),
    ];
  }

  #within(before: Schema, after: Schema, at: string): string[] {
    const fields = Object.entries(before.properties ?? {}).flatMap(([name, schema]) => {
      const found = after.properties?.[name];
      return found === undefined ? [] : this.breaks(schema, found, `${at}.${name}`);
    });
    const items =
      before.items === undefined ? [] : this.breaks(before.items, after.items, `${at}[]`);
    return [...fields, ...items];
  }
}

function alternativesOf(document: Document, schema: Schema): Schema[] {
  const found = resolved(document, schema);
  if (found.anyOf !== undefined)
    return found.anyOf.flatMap((each) => alternativesOf(document, each));
  if (Array.isArray(found.type))
    return (found.type as string[]).map((type) => ({ ...found, type }));
  return [found];
}

function sameKind(come: Schema, expected: Schema): boolean {
  const [one, other] = [kindOf(come), kindOf(expected)];
  return one === other || other === 'anything' || (one === 'integer' && other === 'number');
}

function kindOf(schema: Schema): string {
  if (typeof schema.type === 'string') return schema.type;
  const [value] = valuesOf(schema) ?? [];
  if (value === null) return 'null';
  if (value !== undefined) return Number.isInteger(value) ? 'integer' : typeof value;
  return schema.properties === undefined ? 'anything' : 'object';
}

function valuesOf(schema: Schema): readonly unknown[] | undefined {
  return 'const' in schema ? [schema.const] : schema.enum;
}

const lower = ['minimum', 'minLength', 'minItems'] as const;
const upper = ['maximum', 'maxLength', 'maxItems'] as const;

function limitBreaks(before: Schema, after: Schema, at: string): string[] {
  const raised = lower.filter((name) => (after[name] ?? -Infinity) > (before[name] ?? -Infinity));
  const lowered = upper.filter((name) => (after[name] ?? Infinity) < (before[name] ?? Infinity));
  const forms = (['pattern', 'format'] as const).filter(
    (name) => after[name] !== undefined && after[name] !== before[name],
  );
  return [...raised, ...lowered, ...forms].map((name) => `${at}: ${name} is ${after[name]} now`);
}
