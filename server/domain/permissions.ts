/** What a user may do below a path. `list` also covers STAT. */
export const permissions = [
  'list',
  'read',
  'write',
  'overwrite',
  'delete',
  'rename',
  'mkdir',
] as const;

export type Permission = (typeof permissions)[number];

/**
 * One line of a user's permissions. `path` is in the user's own view, whole segments; a segment `*` stands for any one
 * segment. Of the rules that match, the one with the most segments counts, and of those the one with fewer `*`.
 */
export type PathRule = { readonly path: string; readonly allow: readonly Permission[] };

const everything = permissions;
const ownTree: readonly PathRule[] = [
  { path: '/', allow: ['list'] },
  { path: '/outgoing', allow: everything },
  // Collected files may be tidied away by the batch job that fetched them; retention does it otherwise.
  { path: '/incoming', allow: ['list', 'read', 'delete'] },
  { path: '/receipts', allow: ['list', 'read'] },
];

/** What a user may do who has no rules of its own (DESIGN.md D1). */
export const defaultRules: Readonly<Record<'lcsa' | 'state' | 'partner', readonly PathRule[]>> = {
  lcsa: ownTree,
  partner: ownTree,
  state: [
    ...ownTree,
    // What the State may do in its own root says nothing about other agencies' trees.
    { path: '/agencies', allow: [] },
    { path: '/agencies/*/outgoing', allow: ['list', 'read'] },
    { path: '/agencies/*/incoming', allow: everything },
  ],
};
