import { nameOf, type Schema } from '../openapi/document.ts';
import { escape, inline, table } from './html.ts';

/** The fields of an object, those of objects within it after it as `permissions[].path`. */
export function fieldsOf(schema: Schema): string {
  return table(['field', 'type', 'meaning'], rowsOf(schema, ''));
}

function rowsOf(schema: Schema, prefix: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const needed = schema.required?.includes(name) === true ? '' : ' <i>optional</i>';
    const row = [
      `<code>${escape(prefix + name)}</code>${needed}`,
      typeOf(field),
      inline(field.description ?? ''),
    ];
    return [row, ...innerRowsOf(field, prefix + name)];
  });
}

function innerRowsOf(field: Schema, at: string): string[][] {
  if (field.properties !== undefined) return rowsOf(field, `${at}.`);
  if (field.items !== undefined) return innerRowsOf(field.items, `${at}[]`);
  return (field.anyOf ?? []).flatMap((each) => innerRowsOf(each, at));
}

/** The type of a schema in words, as HTML; a schema of the document with a link to it. */
export function typeOf(schema: Schema | undefined): string {
  if (schema === undefined) return '';
  const { $ref, anyOf, enum: values, properties } = schema;
  if ($ref !== undefined) return linkTo(nameOf($ref));
  if (anyOf !== undefined) return anyOf.map(typeOf).join(' or ');
  if ('const' in schema) return `<code>${escape(JSON.stringify(schema.const))}</code>`;
  if (values !== undefined)
    return values.map((value) => `<code>${escape(String(value))}</code>`).join(' ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items)}`;
  const items = properties?.['items']?.items;
  if (items?.$ref !== undefined && properties?.['nextCursor'] !== undefined)
    return `page of ${linkTo(nameOf(items.$ref))}`;
  const words = { 'date-time': 'time', binary: 'bytes' }[schema.format ?? ''];
  return escape([words ?? schema.type ?? 'anything', limitsOf(schema)].join(' ').trim());
}

function limitsOf({ minimum, maximum, maxLength }: Schema): string {
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`;
  if (minimum !== undefined) return `from ${minimum}`;
  return maxLength === undefined ? '' : `up to ${maxLength}`;
}

function linkTo(name: string): string {
  return `<a href="#object-${escape(name)}">${escape(name)}</a>`;
}
