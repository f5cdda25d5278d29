/** A JSON schema (2020-12), as far as the API uses it. */
export type Schema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
};

export type Example = { readonly summary?: string; readonly value: unknown };
export type Media = {
  readonly schema?: Schema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, Example>>;
};
export type Content = Readonly<Record<string, Media>>;

export type Parameter = {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: Schema;
  readonly example?: unknown;
};

export type Header = { readonly description?: string; readonly schema?: Schema };
export type Response = {
  readonly $ref?: string;
  readonly description?: string;
  readonly headers?: Readonly<Record<string, Header & { readonly $ref?: string }>>;
  readonly content?: Content;
};

export type Operation = {
  readonly operationId?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly object[];
  readonly deprecated?: boolean;
  readonly 'x-scope'?: string;
  /** Only until the document is complete: see `complete.ts`. */
  readonly 'x-refusals'?: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content?: Content };
  readonly responses?: Readonly<Record<string, Response>>;
};

export type Components = {
  readonly schemas?: Readonly<Record<string, Schema>>;
  readonly responses?: Readonly<Record<string, Response>>;
  readonly headers?: Readonly<Record<string, Header>>;
};

/** An OpenAPI 3.1 document, as far as the API uses it. */
export type Document = {
  readonly openapi: string;
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly description?: string;
  };
  readonly tags?: readonly { readonly name: string; readonly description?: string }[];
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: Components;
};

export type Place = {
  /** In lower case, as the document has it. */
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
};

/** Every operation, in the order of the document. */
export function operationsOf({ paths = {} }: Document): Place[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
}

/** What a reference leads to, or the thing itself. @throws Error when the document does not hold it */
export function resolved(document: Document, schema: Schema): Schema {
  let found = schema;
  while (found.$ref !== undefined) {
    const next = document.components?.schemas?.[nameOf(found.$ref)];
    if (next === undefined) throw new Error(`the document does not hold ${found.$ref}`);
    found = next;
  }
  return found;
}

/** The same for an answer. @throws Error when the document does not hold it */
export function resolvedResponse(document: Document, response: Response): Response {
  if (response.$ref === undefined) return response;
  const found = document.components?.responses?.[nameOf(response.$ref)];
  if (found === undefined) throw new Error(`the document does not hold ${response.$ref}`);
  return found;
}

/** `User` of `#/components/schemas/User`. */
export function nameOf(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1);
}

/** The media type and schema of a body; the first where there are several. */
export function bodyOf(
  content: Content | undefined,
): { readonly type: string; readonly media: Media } | undefined {
  const [first] = Object.entries(content ?? {});
  return first === undefined ? undefined : { type: first[0], media: first[1] };
}
