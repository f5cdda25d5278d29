/** What a small file takes beside its bytes, about: the header, a nonce and a tag (docs/BLOCK-FORMAT.md). */
const blockBytes = 60;

/**
 * The statements that make the rows of all files at once, from the directories (`leaf`) and the numbers of a file in
 * its directory (`n`). A file's number among all is in each of its ids, so that its rows find one another.
 *
 * @param inlineBytes the size of each file, whose bytes are then in its row; null: they are all sizes, and have none
 */
export function fillStatements(
  ids: 'time-ordered' | 'random',
  inlineBytes: number | null,
): readonly (readonly [name: string, sql: string])[] {
  const number = '(leaf.first + k)';
  const at = '(leaf.at + k * leaf.step)';
  const id = (kind: string) =>
    ids === 'random'
      ? `random_id('${kind}', ${number})`
      : `printf('%012x${kind}%019x', ${at}, ${number})`;
  const blobId =
    ids === 'random'
      ? `random_id('b', ${number})`
      : `printf('%02x%012x%018x', ${number} * 167 % 256, ${at}, ${number})`;
  const files = 'temp.leaf CROSS JOIN temp.n ON k < leaf.count';
  const size = inlineBytes === null ? `(${number} * 7919 % 65536)` : String(inlineBytes);
  const content = inlineBytes === null ? 'NULL' : `randomblob(${inlineBytes + blockBytes})`;
  const path = "leaf.path || printf('/case-%06d.csv', k)";
  const sha256 = `printf('%016x', ${number} * 2654435761 % 4294967296 * 4294967295) || printf('%048x', ${number})`;
  const source = "'198.51.100.7:50022'";
  const transfer = (direction: string, transferId: string, state: string) =>
    `SELECT ${transferId}, '${direction}', leaf.user_id, leaf.username, leaf.agency_id, leaf.code, ${path}, ${id('e')},
      ${blobId}, leaf.session, ${source}, 'SSH-2.0-OpenSSH_9.6', ${state}, ${size}, ${size}, ${sha256}, ${at}, ${at} + 50
      FROM ${files}`;
  const actor = `'{"actor":{"agency":"' || leaf.code || '","kind":"user","userId":"' || leaf.user_id || '","username":"' ||
    leaf.username || '"},"agency":"' || leaf.code || '","at":"' || strftime('%Y-%m-%dT%H:%M:%fZ', ${at} / 1000.0, 'unixepoch')`;
  const rest = `'"outcome":"success","path":"' || ${path} || '","reason":null,`;
  const end = (seq: string) =>
    `'"seq":' || ${seq} || ',"session":"' || leaf.session || '","source":"' || ${source} || '",'`;
  const opened = `${actor} || '","event":"file.opened.1","mode":"write",' || ${rest}"resumed":false,' || ${end(`(2 * ${number} + 1)`)} ||
    '"transfer":"' || ${id('t')} || '"}'`;
  const closed = `${actor} || '","bytesRead":0,"bytesWritten":' || ${size} || ',"event":"file.closed.1",' || ${rest}"replaced":null,' ||
    ${end(`(2 * ${number} + 2)`)} || '"sha256":"' || ${sha256} || '","size":' || ${size} || ',"state":"published","transfer":"' ||
    ${id('t')} || '"}'`;
  return [
    [
      'entries',
      `INSERT INTO entries (id, agency_id, parent_id, name, kind, version_id, size, mode, accessed_at, modified_at, fixed,
        created_at, created_by) SELECT ${id('e')}, leaf.agency_id, leaf.id, printf('case-%06d.csv', k), 'file', ${id('a')},
        ${size}, 416, ${at}, ${at}, 0, ${at}, leaf.username FROM ${files}`,
    ],
    [
      'versions',
      `INSERT INTO versions (id, entry_id, blob_id, size, sha256, received_at, received_by, transfer_id) SELECT ${id('a')}, ${id('e')}, ${blobId}, ${size}, ${sha256}, ${at}, leaf.user_id,
        ${id('t')} FROM ${files}`,
    ],
    [
      'blobs',
      `INSERT INTO blobs (id, agency_id, wrapped_key, size, sha256, root, state, created_at, content) SELECT ${blobId}, leaf.agency_id, randomblob(61), ${size}, ${sha256}, randomblob(32),
        'published', ${at}, ${content} FROM ${files}`,
    ],
    ['uploads', `INSERT INTO transfers ${transfer('upload', id('t'), "'published'")}`],
    [
      'downloads',
      `INSERT INTO transfers ${transfer('download', id('f'), `iif(${number} % 1000 = 0, 'incomplete', 'completed')`)}
        WHERE ${number} % 20 = 0`,
    ],
    [
      'ledger',
      `INSERT INTO ledger SELECT 2 * ${number} + 1 + part, ${at}, iif(part, 'file.closed.1', 'file.opened.1'), 'success', NULL,
        leaf.username, leaf.code, leaf.session, ${source}, ${path}, iif(part, ${closed}, ${opened}), randomblob(32),
        randomblob(32) FROM ${files} CROSS JOIN (SELECT 0 AS part UNION ALL SELECT 1)`,
    ],
    [
      'usage',
      'INSERT INTO user_usage (user_id, bytes) SELECT received_by, sum(size) FROM versions GROUP BY received_by',
    ],
  ];
}
