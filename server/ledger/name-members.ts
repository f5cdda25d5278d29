import type { LedgerEvent } from '../domain/events.ts';

/** What a member of an event holds, as far as names of files go. */
export type Holding =
  /** None. */
  | 'plain'
  /** A path, or a pattern of paths, in the tree of the row's agency. */
  | 'path'
  /** The same in the tree of the event's `toAgency`. */
  | 'path-there'
  /** A URL of the API, of which the query may name files. */
  | 'url'
  /** What was changed: where that has a member `path`, as holds and retention jobs do, it is one. */
  | 'change';

type MemberOf<Event> = Event extends unknown ? keyof Event : never;

/**
 * Every member that an event of the ledger has, and what it holds. The list is closed: an event with a member that is not
 * here does not compile, so whoever adds one says whether it names a file.
 *
 * Not names of files: paths on the host (`directory`), what an administrator says in words, and the rules of a user's
 * permissions inside of a change, which have to be readable for as long as somebody may ask who was allowed what.
 */
export const holdings: Readonly<Record<MemberOf<LedgerEvent>, Holding>> = {
  path: 'path',
  to: 'path-there',
  url: 'url',
  before: 'change',
  after: 'change',
  action: 'plain',
  agency: 'plain',
  algorithms: 'plain',
  atomic: 'plain',
  authority: 'plain',
  backup: 'plain',
  banned: 'plain',
  by: 'plain',
  bytes: 'plain',
  bytesRead: 'plain',
  bytesWritten: 'plain',
  cause: 'plain',
  certificate: 'plain',
  certificates: 'plain',
  change: 'plain',
  checkpoints: 'plain',
  client: 'plain',
  closed: 'plain',
  commitments: 'plain',
  connection: 'plain',
  content: 'plain',
  contentsLost: 'plain',
  count: 'plain',
  created: 'plain',
  cutoff: 'plain',
  destination: 'plain',
  digest: 'plain',
  directory: 'plain',
  dryRun: 'plain',
  ended: 'plain',
  epoch: 'plain',
  error: 'plain',
  event: 'plain',
  expiresAt: 'plain',
  explanation: 'plain',
  failed: 'plain',
  failures: 'plain',
  file: 'plain',
  files: 'plain',
  fingerprint: 'plain',
  firstAt: 'plain',
  firstBadRow: 'plain',
  firstSeq: 'plain',
  follows: 'plain',
  formerUntil: 'plain',
  forwarder: 'plain',
  from: 'plain',
  goneTo: 'plain',
  held: 'plain',
  hold: 'plain',
  hostKeys: 'plain',
  job: 'plain',
  keyFingerprint: 'plain',
  keyId: 'plain',
  lastSeq: 'plain',
  left: 'plain',
  lifted: 'plain',
  limit: 'plain',
  manifest: 'plain',
  method: 'plain',
  methods: 'plain',
  mode: 'plain',
  nextHostKeys: 'plain',
  node: 'plain',
  note: 'plain',
  operation: 'plain',
  operations: 'plain',
  planSha256: 'plain',
  previous: 'plain',
  problem: 'plain',
  profile: 'plain',
  proof: 'plain',
  proofs: 'plain',
  publicKey: 'plain',
  receipts: 'plain',
  refused: 'plain',
  replaced: 'plain',
  replacedBy: 'plain',
  requestedBy: 'plain',
  resumed: 'plain',
  review: 'plain',
  rows: 'plain',
  run: 'plain',
  scope: 'plain',
  settled: 'plain',
  sha256: 'plain',
  signature: 'plain',
  signatureSha256: 'plain',
  since: 'plain',
  size: 'plain',
  skipped: 'plain',
  state: 'plain',
  status: 'plain',
  stub: 'plain',
  takenAt: 'plain',
  toAgency: 'plain',
  temporary: 'plain',
  transfer: 'plain',
  transfers: 'plain',
  unchanged: 'plain',
  until: 'plain',
  uploadsDiscarded: 'plain',
  username: 'plain',
  version: 'plain',
  waitsFor: 'plain',
  was: 'plain',
  why: 'plain',
};

/** What it is where a row was written by a version that knows another member. */
export function holdingOf(member: string): Holding {
  return Object.hasOwn(holdings, member) ? holdings[member as keyof typeof holdings] : 'plain';
}

/** Parameters of the API's queries that name a file, or say of one how its name begins. */
export const namingParameters: ReadonlySet<string> = new Set([
  'path',
  'pathPrefix',
  'prefix',
  // That of a listing holds the name at which it goes on.
  'cursor',
]);
