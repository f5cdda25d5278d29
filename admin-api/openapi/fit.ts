import { Check, Errors } from 'typebox/schema';
import type { Document, Schema } from './document.ts';

/** Whether a value is what a schema of the document asks for. */
export function fits(document: Document, schema: Schema, value: unknown): boolean {
  return Check(within(document, schema), value);
}

/** What is wrong with a value, one line each, such as `/items/0/kind must be equal to ...`. */
export function misfitsOf(document: Document, schema: Schema, value: unknown): string[] {
  const [, errors] = Errors(within(document, schema), value);
  return errors.map(({ instancePath, message }) => `${instancePath || '/'} ${message}`);
}

/** References lead into `#/components`, which has to be in the same document as the schema. */
function within({ components = {} }: Document, schema: Schema): Record<string, unknown> {
  return { ...schema, components };
}
