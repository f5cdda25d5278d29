import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { complete } from './complete.ts';
import type { Document } from './document.ts';

/** What the sections of the API are about, in the order in which they are read. */
const tags: Readonly<Record<string, string>> = {
  agencies: 'Counties, the State and partners; each has a tree of files of its own.',
  users: 'Who may log in over SFTP, from where, and what they may do.',
  keys: 'The public keys of users.',
  passwords: 'The passwords of users.',
  'second-factors': 'One-time codes of users, and who has none.',
  locks: 'Users who are locked after too many failed logins.',
  'legacy-interop':
    'Agencies that may use older SSH algorithms for a while, and who of them still does.',
  bans: 'Addresses that are kept out for a while.',
  sessions: 'Logins that are up.',
  files: 'What is stored, and its bytes.',
  holds: 'What is kept, whatever a job or a client wants.',
  retention: 'What is destroyed when it is old enough, and the runs that do it.',
  'user-cas': 'The keys with which an agency certifies keys of its users.',
  'certificate-revocations': 'What no certificate of an agency lets in any more.',
  certificates: 'That something was destroyed: signed, and for good.',
  reports: 'What the ledger tells of a time, in lines, sums and charts.',
  reviews: 'What happened in each week, and who has looked at it.',
  receipts: 'That a file was received whole, or collected: signed, for who sent it.',
  transfers: 'Each upload and download, running or done.',
  events: 'Sessions and transfers as they happen.',
  audit: 'The ledger: every event that a reviewer would ask about.',
  'admin-keys': 'Keys to this API.',
  'pending-changes': 'Changes that wait for a second administrator, where two are asked for.',
  server: 'Whether the server is well, and this description.',
};

const description = `Provision agencies, users and keys; see sessions, files, transfers and the audit ledger.

Send \`Authorization: Bearer wb_<id>_<secret>\`, and JSON. Times are ISO 8601 in UTC. A list is \`{"items": [], "nextCursor": null}\`: send a \`nextCursor\` back as \`cursor\` for the next page. A field that is not known is refused. What is refused is answered as \`application/problem+json\` (RFC 9457) with a code that stays. What is not even HTTP is answered with 400, and the connection is closed.`;

export function openApiOptions(version: string): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Waybill admin API',
        version,
        description,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/', description: 'the server that gave this document' }],
      tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
      components: {
        securitySchemes: {
          apiKey: {
            type: 'http' as const,
            scheme: 'bearer',
            bearerFormat: 'wb_<id>_<secret>',
            description: 'An admin key',
          },
        },
      },
    },
    refResolver: { buildLocalReference: (json: { $id?: unknown }) => String(json.$id) },
    transformObject: (given): object =>
      complete((given as { openapiObject: Document }).openapiObject),
  };
}
