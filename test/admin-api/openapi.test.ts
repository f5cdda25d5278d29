import { readFileSync } from 'node:fs';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import t from 'tap';
import {
  bodyOf,
  operationsOf,
  resolvedResponse,
  type Document,
  type Media,
  type Schema,
} from '../../admin-api/openapi/document.ts';
import { misfitsOf } from '../../admin-api/openapi/fit.ts';
import { version } from '../../server/version.ts';
import { openApi } from './fixtures/api.ts';
import { documentFile, generatedFrom, root } from './openapi/generated.ts';

async function described(t: Parameters<typeof openApi>[0]): Promise<Document> {
  const { call } = await openApi(t, { version });
  return (await call('GET', '/openapi.json')).body as Document;
}

t.test('the committed description and client types are what the code says', async (t) => {
  for (const [path, text] of Object.entries(await generatedFrom(await described(t)))) {
    const committed = readFileSync(`${root}/${path}`, 'utf8');
    t.ok(committed === text, `${path} is current; if not: npm run openapi`);
  }
});

// A build that failed went unnoticed, and the description was made of the code of the day before.
t.test('no script goes on over a step that failed', (t) => {
  const { scripts } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as {
    scripts: Readonly<Record<string, string>>;
  };
  for (const [name, script] of Object.entries(scripts)) t.notMatch(script, /\|\||;/, name);
  t.end();
});

t.test('a linter finds nothing', async (t) => {
  // Every recommended rule, and those that are off there but say what we want.
  const config = await createConfig({
    extends: ['recommended'],
    rules: {
      'operation-4xx-problem-details-rfc7807': 'error',
      'operation-singular-tag': 'error',
      'operation-tag-defined': 'error',
      'paths-kebab-case': 'error',
    },
  });
  const source = readFileSync(`${root}/${documentFile}`, 'utf8');
  const problems = await lintFromString({ source, absoluteRef: documentFile, config });
  t.strictSame(
    problems.map(
      ({ ruleId, message, location }) => `${ruleId} ${location[0]?.pointer ?? ''}: ${message}`,
    ),
    [],
  );
});

t.test('every operation says exactly what it answers, with examples that fit', async (t) => {
  const document = await described(t);
  for (const { method, path, operation } of operationsOf(document)) {
    const where = `${method.toUpperCase()} ${path}`;
    const { operationId, summary, tags = [], responses = {}, parameters = [] } = operation;
    t.ok(operationId !== undefined && summary !== undefined && tags.length === 1, where);
    const statuses = Object.keys(responses);
    t.strictSame(
      statuses.filter((status) => !/^[2-5]\d\d$/.test(status)),
      [],
      where,
    );
    t.equal(statuses.filter((status) => status.startsWith('2')).length > 0, true, where);
    if (operation['x-scope'] !== undefined)
      t.strictSame(
        ['401', '403', '500', '503'].filter((each) => !statuses.includes(each)),
        [],
      );
    for (const { name, schema = {}, example } of parameters) {
      t.strictSame(misfitsOf(document, schema, example), [], `${where} ${name}`);
    }
    const request = bodyOf(operation.requestBody?.content);
    if (request !== undefined) checkMedia(t, document, request.type, request.media, where);
    for (const [status, response] of Object.entries(responses)) {
      const { content = {}, description } = resolvedResponse(document, response);
      t.ok(description, `${where} ${status} is described`);
      for (const [type, media] of Object.entries(content))
        checkMedia(t, document, type, media, `${where} ${status}`);
    }
  }
});

function checkMedia(
  t: Parameters<typeof openApi>[0],
  document: Document,
  type: string,
  { schema = {}, example, examples = {} }: Media,
  where: string,
): void {
  if (!/[/+]json$/.test(type)) return;
  const shown = Object.values(examples).map(({ value }) => value);
  const values = example === undefined ? shown : [example, ...shown];
  t.ok(values.length > 0, `${where} has an example`);
  for (const value of values) t.strictSame(misfitsOf(document, schema, value), [], where);
}

t.test('every field that the examples show has a value that somebody chose', async (t) => {
  const document = await described(t);
  const missing = new Set<string>();
  const look = (schema: Schema, example: unknown, where: string): void => {
    if (example === null || typeof example !== 'object') return;
    for (const [field, inner] of Object.entries(schema.properties ?? {})) {
      const value = (example as Record<string, unknown>)[field];
      if (value === undefined) missing.add(`${where}.${field}`);
      else look(inner, value, `${where}.${field}`);
    }
    const [item] = Array.isArray(example) ? (example as unknown[]) : [];
    if (schema.items !== undefined) look(schema.items, item, where);
  };
  for (const [name, schema] of Object.entries(document.components?.schemas ?? {})) {
    const { exampleOf } = await import('../../admin-api/openapi/examples.ts');
    look(schema, exampleOf(document, schema), name);
  }
  for (const { method, operation } of operationsOf(document)) {
    const { media } = bodyOf(operation.requestBody?.content) ?? {};
    // A patch shows a few fields on purpose.
    if (media?.schema !== undefined && method !== 'patch')
      look(media.schema, media.example, operation.operationId ?? '');
  }
  t.strictSame([...missing], [], 'see admin-api/openapi/examples.ts');
});

t.test('the description holds nothing of this machine or of today', async (t) => {
  const one = JSON.stringify(await described(t));
  t.equal(JSON.stringify(await described(t)), one);
  t.notMatch(one, new RegExp(`127\\.0\\.0\\.1|localhost|${process.env['HOME'] ?? '/root'}/`));
  t.notMatch(one, new Date().toISOString().slice(0, 10));
});
