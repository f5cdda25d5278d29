import { resolve } from 'node:path';
import openapiTypescript, { astToString } from 'openapi-typescript';
import { format, resolveConfig } from 'prettier';
import type { Document } from '../../../admin-api/openapi/document.ts';

/** The repository, seen from the build (`dist/test/admin-api/openapi`). */
export const root = resolve(import.meta.dirname, '../../../..');

export const documentFile = 'docs/openapi.json';
export const typesFile = 'admin-api/client/api.gen.ts';
/** What the last release promised; `npm run openapi` leaves it alone. */
export const releasedFile = 'docs/openapi-released.json';

/** The files that follow from the description of the API: path in the repository -> content. */
export async function generatedFrom(document: Document): Promise<Record<string, string>> {
  const text = `${JSON.stringify(document, null, 2)}\n`;
  const types = astToString(await openapiTypescript(text));
  const options = await resolveConfig(`${root}/${typesFile}`);
  const head = '// Written by `npm run openapi` from docs/openapi.json; not edited by hand.\n\n';
  return {
    [documentFile]: text,
    [typesFile]: await format(head + types, { ...options, parser: 'typescript' }),
  };
}
