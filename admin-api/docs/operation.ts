import {
  bodyOf,
  resolvedResponse,
  type Document,
  type Parameter,
  type Place,
  type Response,
} from '../openapi/document.ts';
import { curlOf } from './curl.ts';
import { escape, folded, inline, json, table } from './html.ts';
import { fieldsOf, typeOf } from './schema.ts';

/** One operation: what it takes, how it is called and what it answers. */
export function operationSection(document: Document, { method, path, operation }: Place): string {
  const { operationId = '', summary = '', parameters = [], requestBody } = operation;
  const scope = operation['x-scope'];
  const needs = scope === undefined ? 'No key is needed.' : `Scope <code>${escape(scope)}</code>.`;
  const body = bodyOf(requestBody?.content)?.media.schema;
  const title = `${method.toUpperCase()} ${path}`;
  return `<article id="${escape(operationId)}" class="${method}">
<h3 class="${method}"><a href="#${escape(operationId)}"><code>${escape(title)}</code></a></h3>
<p>${inline(summary)}.</p>
<p class="scope">${needs}</p>
${parameters.length === 0 ? '' : `<h4>Parameters</h4>${parameterTable(parameters)}`}
${body === undefined ? '' : `<h4>Body</h4>${body.properties === undefined ? `<p>${typeOf(body)}</p>` : fieldsOf(body)}`}
<h4>Call</h4><pre><code>${escape(curlOf(method, path, operation))}</code></pre>
<h4>Answers</h4>${answers(document, operation.responses ?? {})}
</article>`;
}

function parameterTable(parameters: readonly Parameter[]): string {
  const rows = parameters.map(({ name, in: place, required, description, schema }) => [
    `<code>${escape(name)}</code>${required === true ? '' : ' <i>optional</i>'}`,
    `${typeOf(schema)} <br>in the ${place}`,
    inline(description ?? schema?.description ?? ''),
  ]);
  return table(['name', 'type', 'meaning'], rows);
}

function answers(document: Document, responses: Readonly<Record<string, Response>>): string {
  const found = Object.entries(responses).map(
    ([status, response]) => [status, resolvedResponse(document, response)] as const,
  );
  const isGood = (status: string) => status < '400';
  const good = found.filter(([status]) => isGood(status));
  const rows = good.map(([status, { description = '', content }]) => [
    `<code>${status}</code>`,
    typeOf(bodyOf(content)?.media.schema),
    inline(description),
  ]);
  const examples = good.flatMap(([status, { content }]) => {
    const media = bodyOf(content)?.media;
    return media?.example === undefined
      ? []
      : [folded(`Example of ${status}`, json(media.example))];
  });
  const refused = found.filter(([status]) => !isGood(status));
  return [
    table(['status', 'body', 'meaning'], rows),
    examples.join(''),
    refused.length === 0
      ? ''
      : `<details><summary>Refusals: ${refused.map(([status]) => status).join(', ')}</summary>${refusals(refused)}</details>`,
  ].join('');
}

/** The codes of the problems, each with a link to what it means. */
function refusals(found: readonly (readonly [string, Response])[]): string {
  const rows = found.map(([status, { description = '', content }]) => {
    const codes = Object.keys(bodyOf(content)?.media.examples ?? {});
    return [
      `<code>${status}</code>`,
      codes.map((code) => `<a href="#problem-${code}">${code}</a>`).join('<br>'),
      inline(description),
    ];
  });
  return table(['status', 'code', 'meaning'], rows);
}
