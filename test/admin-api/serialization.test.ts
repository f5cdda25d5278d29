import { SerializerSelector } from '@fastify/fast-json-stringify-compiler';
import t from 'tap';
import { serializationWhenWanted } from '../../admin-api/serialization.ts';
import { createAdminApp } from '../../admin-api/app.ts';
import { openApi } from './fixtures/api.ts';

const shared = {
  Inner: { $id: 'Inner', type: 'object', properties: { kept: { type: 'string' } } },
};
const route = (schema: object) => ({ method: 'GET', url: '/', httpStatus: '200', schema });

t.test('what a schema does not declare does not leave', async (t) => {
  const serializer = serializationWhenWanted()(shared, {});
  const write = serializer(
    route({
      type: 'object',
      properties: { inner: { $ref: 'Inner#' }, count: { type: 'integer' } },
    }),
  );
  const document = { inner: { kept: 'yes', secret: 'no' }, count: 2, secret: 'no' };
  t.equal(write(document), '{"inner":{"kept":"yes"},"count":2}');
  t.equal(write({ count: 3 }), '{"count":3}', 'and again');
});

t.test('two shapes are two, whatever was written before', async (t) => {
  const serializer = serializationWhenWanted();
  const one = serializer(shared, {})(route({ type: 'object', properties: { a: {} } }));
  const other = serializer(shared, {})(route({ type: 'object', properties: { b: {} } }));
  const same = serializer(shared, {})(route({ type: 'object', properties: { a: {} } }));
  for (let times = 0; times < 2; times += 1) {
    t.equal(one({ a: 1, b: 2 }), '{"a":1}');
    t.equal(other({ a: 1, b: 2 }), '{"b":2}');
    t.equal(same({ a: 3 }), '{"a":3}');
  }
});

t.test(
  'every answer of the API can be written: nothing else would tell before its first one',
  async (t) => {
    const { parts } = await openApi(t);
    const { app } = createAdminApp(parts);
    const answers: { url: string; httpStatus: string; schema: unknown }[] = [];
    app.addHook('onRoute', ({ url, schema }) => {
      const response = (schema?.response ?? {}) as Readonly<Record<string, unknown>>;
      for (const [httpStatus, each] of Object.entries(response))
        answers.push({ url, httpStatus, schema: each });
    });
    await app.ready();
    t.teardown(() => app.close());
    t.ok(answers.length > 400, `${answers.length} answers`);
    const compile = SerializerSelector()(app.getSchemas(), {});
    const shapes = new Map(answers.map((each) => [JSON.stringify(each.schema), each]));
    for (const { url, httpStatus, schema } of shapes.values())
      t.doesNotThrow(
        () => compile({ method: 'GET', url, httpStatus, schema }),
        `${url} ${httpStatus}`,
      );
  },
);
