import type { LedgerEvent } from '../domain/events.ts';
import { isoOf } from './lines.ts';
import { whoOf, type SeenRow } from './rows.ts';

/** Something that an administrator did, with what it was done to, and no name of a file. */
export type AdminChange = {
  /** Of the ledger. */
  readonly row: number;
  readonly at: string;
  /** `admin:<name of the key>`, or `host`. */
  readonly by: string;
  readonly event: string;
  /** Such as `username=amy agency=alameda`. */
  readonly about: string;
};

/** What is looked at, and transfers, are no changes. */
const reads: readonly LedgerEvent['event'][] = [
  'api.read.1',
  'api.refused.1',
  'file.opened.1',
  'file.closed.1',
];

/** Members that say what something was done to: codes, ids and names of users, never of files. */
const aboutMembers = [
  'username',
  'agency',
  'fingerprint',
  'keyId',
  'hold',
  'job',
  'run',
  'review',
  'forwarder',
  'banned',
  'change',
  'backup',
] as const;

/** @returns null for a row that tells of no such thing */
export function adminChangeOf({ seq, atMs, body }: SeenRow): AdminChange | null {
  const { kind } = body.actor;
  if ((kind !== 'admin' && kind !== 'host') || reads.includes(body.event)) return null;
  const members = body as Readonly<Record<string, unknown>>;
  const about = aboutMembers.flatMap((name) => {
    const value = members[name];
    return typeof value === 'string' && value !== '' ? [`${name}=${value}`] : [];
  });
  return {
    row: seq,
    at: isoOf(atMs),
    by: whoOf(body.actor).name,
    event: body.event,
    about: about.join(' '),
  };
}
