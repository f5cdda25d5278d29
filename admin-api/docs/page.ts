import { createHash } from 'node:crypto';
import { faultTexts, type FaultCode } from '../../server/domain/faults.ts';
import { statusOf } from '../faults.ts';
import { operationsOf, type Document, type Place } from '../openapi/document.ts';
import { exampleOf } from '../openapi/examples.ts';
import { escape, folded, inline, json, paragraphs, table } from './html.ts';
import { operationSection } from './operation.ts';
import { fieldsOf } from './schema.ts';
import { style } from './style.ts';

/** Nothing is loaded and nothing runs: the page is text and this one style. */
export const docsPolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

type Section = { readonly name: string; readonly about: string; readonly places: Place[] };

/** The OpenAPI document as a page that reads from top to bottom. */
export function docsPage(openApi: object): string {
  const document = openApi as Document;
  const { info } = document;
  const sections = sectionsOf(document);
  const title = `${escape(info.title)} <small>version ${escape(info.version)}</small>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escape(info.title)}</title><style>${style}</style></head>
<body>${contents(sections)}
<main id="top"><h1>${title}</h1>
${paragraphs(info.description ?? '')}
<h4>Calling it</h4>
<p>The commands below read the key from a file, where the other users of a machine cannot see it, and the address of the server from the environment:</p>
<pre><code>install -m 600 /dev/null key
printf 'Authorization: Bearer %s\\n' "$(cat data/initial-admin-key)" &gt; key
export WAYBILL_URL=<i>address of the server</i></code></pre>
<p>For programs, the same as an OpenAPI 3.1 document: <a href="/openapi.json">/openapi.json</a>.</p>
${sections.map((section) => sectionHtml(document, section)).join('\n')}
<h2 id="objects">objects</h2>
${objects(document)}
<h2 id="problems">problems</h2>
<p>What is refused is answered as <code>application/problem+json</code> with one of these codes; a field that is at fault is named under <code>errors</code>.</p>
${problemTable()}
</main></body></html>
`;
}

function sectionsOf(document: Document): Section[] {
  const places = operationsOf(document);
  return (document.tags ?? []).map(({ name, description = '' }) => ({
    name,
    about: description,
    places: places.filter(({ operation }) => operation.tags?.includes(name) === true),
  }));
}

/** Beside the text where there is room; above it, and only the sections, on a phone. */
function contents(sections: readonly Section[]): string {
  const items = sections.map(({ name, places }) => {
    const inner = places.map(({ method, path, operation }) => {
      const verb = `<b class="${method}">${method.toUpperCase()}</b>`;
      return `<li><a href="#${escape(operation.operationId ?? '')}">${verb}<span>${escape(shortened(path))}</span></a></li>`;
    });
    return `<li><a href="#${escape(name)}">${escape(name)}</a><ul>${inner.join('')}</ul></li>`;
  });
  const more = ['objects', 'problems'].map((name) => `<li><a href="#${name}">${name}</a></li>`);
  return `<nav aria-label="Contents"><p><a href="#top">Waybill admin API</a></p><ul>${[...items, ...more].join('\n')}</ul></nav>`;
}

function shortened(path: string): string {
  return path.replace(/^\/v1/, '');
}

function sectionHtml(document: Document, { name, about, places }: Section): string {
  const operations = places.map((place) => operationSection(document, place));
  return `<h2 id="${escape(name)}">${escape(name)}</h2>\n<p>${inline(about)}</p>\n${operations.join('\n')}`;
}

function objects(document: Document): string {
  return Object.entries(document.components?.schemas ?? {})
    .map(
      ([name, schema]) => `<article id="object-${escape(name)}"><h3>${escape(name)}</h3>
<p>${inline(schema.description ?? '')}</p>${fieldsOf(schema)}${folded('Example', json(exampleOf(document, schema)))}</article>`,
    )
    .join('\n');
}

function problemTable(): string {
  const codes = Object.keys(faultTexts) as FaultCode[];
  return table(
    ['code', 'status', 'meaning'],
    codes.map((code) => [
      `<code id="problem-${code}">${code}</code>`,
      String(statusOf[code]),
      inline(faultTexts[code]),
    ]),
  );
}
