import { createHash } from 'node:crypto';
import { faultTexts, type FaultCode } from '../server/domain/faults.ts';
import { statusOf } from './faults.ts';

const style = `
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
h2{margin-top:3rem;border-bottom:1px solid #999}h3{margin-top:2rem}code{font-family:ui-monospace,monospace}
table{border-collapse:collapse;width:100%;margin:.8rem 0}th,td{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0;border-bottom:1px solid #ddd}
th{font-weight:600}a{color:#0b57d0}@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}a{color:#8ab4f8}}
`;

/** Nothing is loaded and nothing runs: the page is text and this one style. */
export const docsPolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

type Schema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
};
type Content = Readonly<Record<string, { readonly schema?: Schema }>>;
type Parameter = {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: Schema;
};
type Operation = {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly 'x-scope'?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content?: Content };
  readonly responses?: Readonly<
    Record<string, { readonly description?: string; readonly content?: Content }>
  >;
};
type Document = {
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly description?: string;
  };
  readonly tags?: readonly { readonly name: string }[];
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
};

/** The OpenAPI document as a page that reads from top to bottom. */
export function docsPage(openApi: object): string {
  const document = openApi as Document;
  const { info, tags = [], components = {} } = document;
  const sections = tags.map(({ name }) => sectionOf(name, document)).join('');
  const schemas = Object.entries(components.schemas ?? {}).map(
    ([name, schema]) => `<h3 id="${escape(name)}">${escape(name)}</h3>${fieldsOf(schema)}`,
  );
  const menu = [...tags.map(({ name }) => name), 'objects', 'problems'].map(
    (name) => `<a href="#${escape(name)}">${escape(name)}</a>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(info.title)}</title><style>${style}</style></head>
<body><h1>${escape(info.title)} ${escape(info.version)}</h1><p>${escape(info.description ?? '')}</p>
<p>Send <code>Authorization: Bearer wb_&lt;id&gt;_&lt;secret&gt;</code> and JSON. Times are ISO 8601 in UTC. Lists are <code>{"items": [], "nextCursor": null}</code>: send a <code>nextCursor</code> back as <code>cursor</code> for the next page. The same as a document for programs: <a href="/openapi.json">/openapi.json</a>.</p>
<nav>${menu.join(' &middot; ')}</nav>${sections}
<h2 id="objects">objects</h2>${schemas.join('')}
<h2 id="problems">problems</h2><p>What is refused is answered as <code>application/problem+json</code> with one of these codes.</p>${problemTable()}
</body></html>
`;
}

function sectionOf(tag: string, { paths = {} }: Document): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => operation.tags?.includes(tag) === true)
      .map(([method, operation]) => operationOf(method, path, operation)),
  );
  return `<h2 id="${escape(tag)}">${escape(tag)}</h2>${operations.join('')}`;
}

function operationOf(method: string, path: string, operation: Operation): string {
  const { summary = '', parameters = [], requestBody, responses = {} } = operation;
  const scope = operation['x-scope'];
  const rows = parameters.map((each) => [
    each.name,
    `${each.in}${each.required === true ? ', needed' : ''}`,
    typeOf(each.schema),
    each.description ?? each.schema?.description ?? '',
  ]);
  const body = schemaIn(requestBody?.content);
  const answers = Object.entries(responses)
    .filter(([status]) => !status.endsWith('XX'))
    .map(([status, { description = '', content }]) => [
      status,
      typeOf(schemaIn(content)),
      description,
    ]);
  return [
    `<h3><code>${escape(method.toUpperCase())} ${escape(path)}</code></h3><p>${escape(summary)}.`,
    scope === undefined ? ' No key is needed.</p>' : ` Scope <code>${escape(scope)}</code>.</p>`,
    rows.length === 0 ? '' : table(['parameter', 'in', 'type', 'accepted'], rows),
    body === undefined ? '' : `<p>Body:</p>${fieldsOf(body)}`,
    table(['status', 'body', 'meaning'], answers),
  ].join('');
}

function schemaIn(content: Content | undefined): Schema | undefined {
  return Object.values(content ?? {})[0]?.schema;
}

function fieldsOf(schema: Schema): string {
  const rows = Object.entries(schema.properties ?? {}).map(([name, field]) => [
    name,
    schema.required?.includes(name) === true ? '' : 'optional',
    typeOf(field),
    field.description ?? '',
  ]);
  return table(['field', '', 'type', ''], rows);
}

function typeOf(schema: Schema | undefined): string {
  if (schema === undefined) return '';
  if (schema.$ref !== undefined) return schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' | ');
  if (schema.enum !== undefined)
    return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items)}`;
  const items = schema.properties?.['items'];
  if (items !== undefined) return `page: ${typeOf(items)}`;
  return String(schema.type ?? '');
}

function problemTable(): string {
  const codes = Object.keys(faultTexts) as FaultCode[];
  return table(
    ['code', 'status', 'meaning'],
    codes.map((code) => [code, String(statusOf[code]), faultTexts[code]]),
  );
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const cells = (row: readonly string[], tag: string) =>
    `<tr>${row.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>${cells(heads, 'th')}${rows.map((row) => cells(row, 'td')).join('')}</table>`;
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
