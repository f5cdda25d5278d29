import {
  DynamicModule,
  type Expression,
  type ExpressionBuilder,
  type SqlBool,
  type StringReference,
} from 'kysely';

/** The order of a list, by one of its fields. */
export type PageOrder<Field extends string> = {
  readonly field: Field;
  readonly direction: 'asc' | 'desc';
};

/** @param sort a field; with `-` before it, from the end */
export function pageOrderOf<Field extends string>(sort: Field | `-${Field}`): PageOrder<Field> {
  return sort.startsWith('-')
    ? { field: sort.slice(1) as Field, direction: 'desc' }
    : { field: sort as Field, direction: 'asc' };
}

/** Which columns a list is ordered by; `tie` is unique, and orders those that are equal by the other. */
export type OrderColumns<DB, TB extends keyof DB> = {
  readonly column: StringReference<DB, TB>;
  readonly tie: StringReference<DB, TB>;
  readonly direction: 'asc' | 'desc';
};

const dynamic = new DynamicModule();

/** What comes behind the last row of the page before, which had these values: a page costs its rows, not those before it. */
export function isBehind<DB, TB extends keyof DB>(
  where: ExpressionBuilder<DB, TB>,
  [value, tieValue]: readonly [value: string | number, tie: string],
  { column, tie, direction }: OrderColumns<DB, TB>,
): Expression<SqlBool> {
  const [beyond, beyondOrAt] =
    direction === 'asc' ? (['>', '>='] as const) : (['<', '<='] as const);
  const [by, last] = [dynamic.ref(column), dynamic.ref(tie)];
  return where.and([
    // Said twice: it is the plain comparison that starts the walk through the index there.
    where(by, beyondOrAt, value),
    where.or([
      where(by, beyond, value),
      where.and([where(by, '=', value), where(last, beyond, tieValue)]),
    ]),
  ]);
}
