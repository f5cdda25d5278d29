import { SerializerSelector } from '@fastify/fast-json-stringify-compiler';

type Serialization = ReturnType<typeof SerializerSelector>;
type Serializer = ReturnType<ReturnType<Serialization>>;

/**
 * Fastify's own way to write answers, so that only what a schema declares leaves, but made once for each shape and when it
 * is first wanted: 130 operations have 459 answers of few shapes, which cost every start 2 s. All shared schemas are there
 * before the first route, so a reference means the same in each of them.
 */
export function serializationWhenWanted(): Serialization {
  const build = SerializerSelector();
  const known = new Map<string, Serializer>();
  return (shared, options) => (route) => {
    const shape = JSON.stringify(route.schema);
    return (document) => {
      let serialize = known.get(shape);
      if (serialize === undefined) {
        serialize = build(shared, options)(route);
        known.set(shape, serialize);
      }
      return serialize(document);
    };
  };
}
