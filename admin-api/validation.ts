import type { FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Value } from 'typebox/value';

const problemsMax = 20;
const pointerCharactersMax = 200;

type Finding = {
  readonly keyword: string;
  readonly schemaPath: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: object;
};

/**
 * Holds requests against their schemas. What is in a body keeps its type; only what came as text in the URL is read as
 * a number. Nothing is filled in and nothing is taken away: an unknown field is refused.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const compiled = Compile(schema);
  return (given: unknown) => {
    const value = httpPart === 'body' ? given : Value.Convert(schema, given);
    return compiled.Check(value) ? { value } : { error: explain(schema, compiled.Errors(value)) };
  };
};

/** The same for what is not a body of its own, such as a line of a file: what is wrong with it, nothing if it is good. */
export function fieldCheck(
  schema: TSchema,
): (given: unknown) => readonly { readonly pointer: string; readonly detail: string }[] {
  const compiled = Compile(schema);
  return (given) =>
    compiled.Check(given)
      ? []
      : explain(schema, compiled.Errors(given)).map(({ instancePath, message = '' }) => ({
          pointer: instancePath,
          detail: message,
        }));
}

/** One problem for each field, in words that say what is accepted. */
function explain(schema: TSchema, findings: readonly Finding[]): FastifySchemaValidationError[] {
  const problems = new Map<string, string>();
  for (const finding of findings) {
    for (const [pointer, detail] of problemsOf(schema, finding)) {
      if (problems.size < problemsMax && !problems.has(pointer)) problems.set(pointer, detail);
    }
  }
  return [...problems].map(([pointer, message]) => ({
    keyword: 'field',
    instancePath: pointer.slice(0, pointerCharactersMax),
    schemaPath: '',
    params: {},
    message,
  }));
}

function problemsOf(
  schema: TSchema,
  finding: Finding,
): (readonly [pointer: string, detail: string])[] {
  const { keyword, instancePath, schemaPath, message } = finding;
  if (keyword === 'required') {
    const { requiredProperties = [] } = finding.params as {
      requiredProperties?: readonly string[];
    };
    return requiredProperties.map((name) => [
      `${instancePath}/${escapePointer(name)}`,
      'is needed',
    ]);
  }
  // The keyword comes once more for each unknown field, as a schema that is `false`.
  if (keyword === 'additionalProperties') return [];
  if (keyword === 'boolean') {
    const fields = Object.keys(
      (nodesAlong(schema, schemaPath).at(-1) as { properties?: object }).properties ?? {},
    );
    return [
      [
        instancePath,
        fields.length === 0
          ? 'nothing is accepted here'
          : `no such field; there are ${fields.join(', ')}`,
      ],
    ];
  }
  return [[instancePath, descriptionAt(schema, schemaPath) ?? message]];
}

/** The description of the innermost schema on the way to what failed that has one. */
function descriptionAt(schema: TSchema, schemaPath: string): string | undefined {
  const described = nodesAlong(schema, schemaPath).findLast(
    (node) => typeof node.description === 'string' && node !== schema,
  );
  return described?.description;
}

type Node = { readonly description?: string; readonly [key: string]: unknown };

/** The schemas from the outermost one to the one that a schema path leads to. */
function nodesAlong(schema: TSchema, schemaPath: string): Node[] {
  let node: unknown = schema;
  const nodes: Node[] = [node as Node];
  for (const part of schemaPath.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, key)) break;
    node = (node as Record<string, unknown>)[key];
    if (typeof node === 'object' && node !== null) nodes.push(node as Node);
  }
  return nodes;
}

function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
