import { bodyOf, type Operation } from '../openapi/document.ts';

/**
 * A command that calls an operation with the values of its examples. The key is in a file: what is on a command line can
 * be seen by the other users of a machine.
 */
export function curlOf(method: string, path: string, operation: Operation): string {
  const { parameters = [], requestBody } = operation;
  const given = new Map(
    parameters.map(({ name, example }) => [name, encodeURIComponent(String(example))]),
  );
  const search = parameters
    .filter((each) => each.in === 'query' && each.required === true)
    .map(({ name }) => `${name}=${given.get(name)}`)
    .join('&');
  const url = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => given.get(name) ?? name);
  const body = bodyOf(requestBody?.content);
  const lines = [
    [
      'curl',
      ...(flags[method] ?? ['-X', method.toUpperCase()]),
      ...(operation['x-scope'] === undefined ? [] : ['-H', '@key']),
      `"$WAYBILL_URL${url}${search === '' ? '' : `?${search}`}"`,
    ].join(' '),
    ...parameters
      .filter((each) => each.in === 'header' && each.required === true)
      .map(({ name, example }) => `-H ${quoted(`${name}: ${String(example)}`)}`),
    ...(body === undefined ? [] : [`-H 'Content-Type: ${body.type}'`, dataOf(body.media.example)]),
  ];
  return lines.join(' \\\n  ');
}

const flags: Readonly<Record<string, readonly string[]>> = { get: [], head: ['-I'] };

function dataOf(example: unknown): string {
  if (typeof example === 'object' && example !== null) return `-d ${quoted(linesOf(example))}`;
  return typeof example === 'string' ? `--data-binary ${quoted(example)}` : '--data-binary @file';
}

/** JSON with a line for each field, and no more. */
function linesOf(example: object): string {
  const fields = Object.entries(example).map(
    ([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`,
  );
  return Array.isArray(example) ? JSON.stringify(example) : `{\n${fields.join(',\n')}\n}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
