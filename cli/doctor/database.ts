import { openDatabase } from '../../server/database/open.ts';
import type { OpenDatabase } from '../../server/database/open.ts';

export type Opened = {
  readonly database: OpenDatabase;
  readonly applied: number;
  readonly pending: readonly string[];
};

/**
 * Opens the database as it is: a doctor changes nothing.
 *
 * @throws Fault `database-unusable`
 */
export function openUnmigrated(dataDirectory: string, clock: () => number): Opened {
  const database = openDatabase({ dataDirectory, clock, migrations: 'leave' });
  const { applied, pending } = database.migrations;
  return { database, applied: applied.length, pending };
}
