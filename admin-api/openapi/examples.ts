import type { Document, Schema } from './document.ts';
import { resolved } from './document.ts';
import { fits } from './fit.ts';

/**
 * What a field of each name is shown as, all of one story: Amy of Alameda sends a report to the State. A schema with
 * `examples` of its own goes first, as where one name means several things.
 */
const valueOf: Readonly<Record<string, unknown>> = {
  action: 'agencies.delete',
  actor: 'amy',
  address: '203.0.113.9',
  agency: 'alameda',
  algorithms: { kex: 'curve25519-sha256', hostKey: 'ssh-ed25519', cipher: 'aes256-gcm' },
  allow: ['list', 'read'],
  allowedCidrs: ['203.0.113.0/24'],
  at: '2030-01-31T09:15:00.000Z',
  bits: 256,
  body: null,
  bytes: 48_213,
  clock: 'received',
  clockAt: '2029-10-31T09:15:02.000Z',
  client: 'OpenSSH_9.6',
  code: 'alameda',
  createdAt: '2030-01-02T08:00:00.000Z',
  createdBy: null,
  cursor: 'WyJhZ2VuY2llcyIsImFsYW1lZGEiXQ',
  decidedBy: null,
  detail: 'no such user',
  displayName: 'Amy Lee',
  effectivePermissions: [{ path: '/outgoing', allow: ['list', 'read', 'write'] }],
  endedAt: '2030-01-31T09:15:02.000Z',
  event: 'file.closed.1',
  expiresAt: '2031-01-31T00:00:00.000Z',
  failedLogins: 0,
  failures: 12,
  cutoff: '2029-11-02T10:30:00.000Z',
  fileId: '0197f3a1c2d4',
  fingerprint: 'SHA256:mqfD97FRQ5zpWsmvh6g4wEJXBQFyG85pPy3WbhT21aU',
  firstBadRow: null,
  from: '2030-01-31T00:00:00Z',
  hash: '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae',
  id: '0197f3a1c2d4',
  'idempotency-key': '4bd1f2c0-6a0e-4f0e-9c55-0d6f1a7e2b90',
  'if-match': '"mF3xJ0q1bTq0v6mK9cYb2w"',
  'if-none-match': '"mF3xJ0q1bTq0v6mK9cYb2w"',
  'if-range': '"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"',
  ifMatch: null,
  jobId: '0197f3a1c2d8',
  kind: 'user',
  label: 'laptop',
  'last-event-id': '18204',
  lastError: null,
  lastHash: '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae',
  lastLoginAt: '2030-01-31T09:14:58.000Z',
  lastUsedAt: '2030-01-31T09:14:00.000Z',
  lastUsedFrom: '203.0.113.9',
  limit: 100,
  location: '/v1/pending-changes/0197f3a1c2d6',
  lockedAt: '2030-01-31T09:00:00.000Z',
  lockedUntil: '2030-01-31T09:15:00.000Z',
  loginMethods: [['publickey']],
  maxSessions: 8,
  method: 'DELETE',
  modifiedAt: '2030-01-31T09:15:02.000Z',
  name: 'report.csv',
  nextCursor: null,
  password: 'violet anchor tundra saddle',
  passwordSetAt: '2030-01-02T08:05:00.000Z',
  path: '/outgoing/report.csv',
  pathPrefix: '/outgoing',
  permissions: [{ path: '/outgoing', allow: ['list', 'read', 'write'] }],
  pointer: '/displayName',
  prefix: 'a',
  problem: null,
  proofs: ['publickey SHA256:mqfD97FRQ5zpWsmvh6g4wEJXBQFyG85pPy3WbhT21aU'],
  publicKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEG7KWUUHN6FClp7fUWMWqKrPesJddSB6PNf7C1e0Irr amy',
  quotaBytes: 10_737_418_240,
  range: 'bytes=0-1023',
  ready: true,
  reason: null,
  reasons: [],
  receivedAt: '2030-01-31T09:15:02.000Z',
  receivedFrom: 'amy',
  refusedConnections: 41,
  replacedBy: null,
  'repr-digest': 'sha-256=:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=:',
  requestId: '5f0c2b7e9d3a4c1e8b6f7a2d1c0e9f8b',
  rows: 18_204,
  runId: '0197f3a1c2da',
  scopes: ['users:read', 'users:write', 'keys:write'],
  secret: 'wb_0197f3a1_kJ8sYw2tQ4nB7vX1cZ5mL9pR3dF6hG0a',
  seq: 18_204,
  session: '8d1f6c0b2a7e4935',
  sessionId: '8d1f6c0b2a7e4935',
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  since: '2030-01-31T09:00:00.000Z',
  size: 48_213,
  source: '203.0.113.9:50122',
  startedAt: '2030-01-31T09:15:00.000Z',
  state: 'pending',
  status: 'active',
  title: 'no such file or directory',
  to: '2030-02-01T00:00:00Z',
  transferId: '0197f3a1c2d5',
  type: 'ssh-ed25519',
  until: '2030-01-31T10:00:00.000Z',
  updatedAt: '2030-01-30T16:20:00.000Z',
  url: '/v1/agencies/alameda',
  username: 'amy',
  version: '1',
  versionId: '0197f3a1c2d7',
};

/**
 * A value that fits a schema of the document; `undefined` where the schema takes text and nobody has said which, which
 * test/admin-api/openapi.test.ts refuses.
 */
export function exampleOf(document: Document, schema: Schema, name = ''): unknown {
  const { examples, default: usual } = schema;
  if (examples !== undefined) return examples[0];
  const known = valueOf[name];
  if (known !== undefined && fits(document, schema, known)) return known;
  return usual ?? madeUp(document, resolved(document, schema), name);
}

function madeUp(document: Document, schema: Schema, name: string): unknown {
  if ('const' in schema) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.anyOf !== undefined) {
    const made = schema.anyOf.map((each) => exampleOf(document, each, name));
    const told = made.find((each) => each !== undefined && each !== null);
    return told ?? (made.includes(null) ? null : undefined);
  }
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'object':
      return objectOf(document, schema);
    case 'array':
      return listOf(document, schema, name);
    case 'integer':
    case 'number':
      return schema.minimum ?? 0;
    case 'boolean':
      return false;
    case 'null':
      return null;
    default:
      return schema.format === 'date-time' ? '2030-01-31T09:15:00.000Z' : undefined;
  }
}

function objectOf(document: Document, { properties = {} }: Schema): object {
  const fields = Object.entries(properties).map(([field, schema]) => [
    field,
    exampleOf(document, schema, field),
  ]);
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
}

function listOf(document: Document, { items }: Schema, name: string): unknown[] {
  const item = items === undefined ? undefined : exampleOf(document, items, name);
  return item === undefined ? [] : [item];
}
