import { readFileSync } from 'node:fs';
import t from 'tap';
import type { Document, Operation, Schema } from '../../admin-api/openapi/document.ts';
import { breaksBetween } from './openapi/compatibility.ts';
import { documentFile, releasedFile, root } from './openapi/generated.ts';

t.test('nothing that was released is broken', (t) => {
  const [released, now] = [releasedFile, documentFile].map(
    (path) => JSON.parse(readFileSync(`${root}/${path}`, 'utf8')) as Document,
  );
  t.strictSame(breaksBetween(released!, now!), []);
  t.end();
});

const name: Schema = { type: 'string', maxLength: 200 };
const kind: Schema = { enum: ['lcsa', 'state'] };
const thing: Schema = {
  type: 'object',
  properties: {
    name,
    kind,
    until: { anyOf: [{ type: 'string', format: 'date-time' }, { type: 'null' }] },
    parts: { type: 'array', items: { $ref: '#/components/schemas/Thing' } },
  },
  required: ['name', 'kind', 'until'],
};
const operation: Operation = {
  'x-scope': 'things:write',
  parameters: [
    { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
    { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 500 } },
  ],
  requestBody: {
    content: {
      'application/json': {
        schema: {
          type: 'object',
          properties: { name, kind },
          required: ['name'],
          additionalProperties: false,
        },
      },
    },
  },
  responses: {
    200: {
      headers: { ETag: { schema: { type: 'string' } } },
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } },
    },
    404: { $ref: '#/components/responses/NotFound' },
    '5XX': { description: 'a problem' },
  },
};
const released: Document = {
  openapi: '3.1.0',
  info: { title: 'Things', version: '1' },
  paths: { '/things/{id}': { put: operation, get: { responses: {} } } },
  components: {
    schemas: { Thing: thing },
    responses: { NotFound: { content: { 'application/problem+json': {} } } },
  },
};

type Change = (document: Released) => void;
// A copy to be changed at will.
// oxlint-disable-next-line typescript/no-explicit-any
type Released = any;

const put = (document: Released) => document.paths['/things/{id}'].put;
const body = (document: Released) => put(document).requestBody.content['application/json'].schema;
const answered = (document: Released) => document.components.schemas.Thing;

const breaking: Readonly<Record<string, Change>> = {
  'is gone': (d) => delete d.paths['/things/{id}'],
  'GET /things/{id}: is gone': (d) => delete d.paths['/things/{id}'].get,
  'needs the scope things:all in place of things:write': (d) => (put(d)['x-scope'] = 'things:all'),
  'GET /things/{id}: needs a key now': (d) => (d.paths['/things/{id}'].get['x-scope'] = 'x'),
  'query parameter limit: is gone': (d) => put(d).parameters.pop(),
  'query parameter limit: is needed now': (d) => (put(d).parameters[1].required = true),
  'query parameter limit: maximum is 100 now': (d) => (put(d).parameters[1].schema.maximum = 100),
  'query parameter limit: minimum is 2 now': (d) => (put(d).parameters[1].schema.minimum = 2),
  'path parameter id: pattern is ^a now': (d) => (put(d).parameters[0].schema.pattern = '^a'),
  'header parameter If-Match: is new and needed': (d) =>
    put(d).parameters.push({ name: 'If-Match', in: 'header', required: true }),
  'a body is needed now': (d) => (put(d).requestBody.required = true),
  'takes no body now': (d) => delete put(d).requestBody,
  'body: application/json is gone': (d) => (put(d).requestBody.content = { 'text/csv': {} }),
  'body.kind: is needed now': (d) => body(d).required.push('kind'),
  'body.colour: is needed now': (d) => {
    body(d).properties.colour = name;
    body(d).required.push('colour');
  },
  'body.kind: is no longer taken': (d) => delete body(d).properties.kind,
  'body.kind: "state" is no longer taken': (d) => body(d).properties.kind.enum.pop(),
  'body.name: string is no longer taken': (d) => (body(d).properties.name = { type: 'integer' }),
  'body.name: "any" is no longer taken': (d) => (body(d).properties.name.enum = ['a']),
  'body.name: maxLength is 100 now': (d) => (body(d).properties.name.maxLength = 100),
  'status 200: is gone': (d) => delete put(d).responses[200],
  'status 404: is gone': (d) => delete put(d).responses[404],
  'status 5XX: is gone': (d) => delete put(d).responses['5XX'],
  'status 200: header ETag is gone': (d) => delete put(d).responses[200].headers.ETag,
  'status 200: application/json is gone': (d) => (put(d).responses[200].content = {}),
  'status 404: application/problem+json is gone': (d) =>
    (d.components.responses.NotFound.content = {}),
  'status 200.name: is gone': (d) => delete answered(d).properties.name,
  'status 200.name: may be missing now': (d) => answered(d).required.shift(),
  'status 200.name: integer is new': (d) => (answered(d).properties.name = { type: 'integer' }),
  'status 200.name: null is new': (d) =>
    (answered(d).properties.name = { anyOf: [name, { type: 'null' }] }),
  'status 200.until: is no longer date-time': (d) =>
    delete answered(d).properties.until.anyOf[0].format,
  'status 200.parts[]: string is new': (d) => (answered(d).properties.parts.items = name),
};

const harmless: Readonly<Record<string, Change>> = {
  'nothing changes': () => undefined,
  'a new path': (d) => (d.paths['/others'] = { get: operation }),
  'a new verb': (d) => (d.paths['/things/{id}'].delete = operation),
  'a new status': (d) => (put(d).responses[412] = { description: 'stale' }),
  'a status in place of a wildcard': (d) => {
    put(d).responses[503] = put(d).responses['5XX'];
    delete put(d).responses['5XX'];
  },
  'a new optional parameter': (d) => put(d).parameters.push({ name: 'sort', in: 'query' }),
  'a wider range': (d) => (put(d).parameters[1].schema.maximum = 1000),
  'a new optional field': (d) => (body(d).properties.colour = name),
  'a field that is needed no more': (d) => (body(d).required = []),
  'a new value to send': (d) => body(d).properties.kind.enum.push('partner'),
  'null to send, too': (d) => (body(d).properties.name = { anyOf: [name, { type: 'null' }] }),
  'a new media type': (d) => (put(d).requestBody.content['text/csv'] = {}),
  'a new field in an answer': (d) => (answered(d).properties.colour = name),
  'a new value in an answer': (d) => answered(d).properties.kind.enum.push('partner'),
  'null in an answer no more': (d) => answered(d).properties.until.anyOf.pop(),
  'a field that is always there now': (d) => answered(d).required.push('parts'),
  'no key needed': (d) => delete put(d)['x-scope'],
  'other words': (d) => (put(d).summary = 'Put'),
};

for (const [expected, change] of Object.entries(breaking)) {
  t.test(`break: ${expected}`, (t) => {
    const now: Released = JSON.parse(JSON.stringify(released));
    change(now);
    const found = breaksBetween(released, now as Document);
    t.ok(
      found.some((each) => each.includes(expected)),
      found.join('\n') || 'nothing found',
    );
    t.end();
  });
}
for (const [what, change] of Object.entries(harmless)) {
  t.test(`no break: ${what}`, (t) => {
    const now: Released = JSON.parse(JSON.stringify(released));
    change(now);
    t.strictSame(breaksBetween(released, now as Document), []);
    t.end();
  });
}
