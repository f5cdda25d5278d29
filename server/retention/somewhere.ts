import { fieldInvalid } from '../accounts/fields.ts';
import type { Unit } from '../database/units.ts';
import type { Glob } from '../domain/glob.ts';
import { followWay } from '../files/ways.ts';

/** What a rule or a hold is on: an agency's code, null for all. */
type Where = { readonly agency: string | null; readonly path: Glob };

/**
 * A pattern whose fixed beginning is no directory matches nothing, nor does a path without a pattern that is no file's. Its
 * mistake would show years later, when what was to go is there still, or what was to stay has gone.
 *
 * @throws Fault `field-invalid` at `/path`
 */
export async function refuseNowhere(unit: Unit, { agency, path }: Where): Promise<void> {
  const segments = path.slice(1).split('/');
  const wild = segments.findIndex((segment) => /[*?]/.test(segment));
  // Of a pattern the last segment is of a file, too.
  const fixed = wild < 0 ? segments : segments.slice(0, wild);
  if (fixed.length === 0) return;
  const kind = wild < 0 ? 'file' : 'directory';
  let select = unit.query
    .selectFrom('agencies')
    .select('root_entry_id')
    .where('removed_at', 'is', null);
  if (agency !== null) select = select.where('code', '=', agency);
  for (const each of await select.execute()) {
    const entry = await followWay(unit, each.root_entry_id, fixed);
    if (entry?.kind === kind) return;
  }
  const where = agency === null ? 'in any tree' : `in the tree of ${agency}`;
  throw fieldInvalid(
    '/path',
    kind === 'file'
      ? `the path of a file that is there, or a pattern with *, ? or **: ${path} is no file ${where}`
      : `a pattern below a directory that is there: /${fixed.join('/')} is none ${where}`,
  );
}
