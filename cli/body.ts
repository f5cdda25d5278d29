/** The bytes of an answer, as they come. Throws what `fetch` throws where they break off. */
export async function* bodyOf(response: Response): AsyncIterable<Uint8Array> {
  // Node's streams are iterable; the types of the web's are not.
  if (response.body !== null) yield* response.body as unknown as AsyncIterable<Uint8Array>;
}
