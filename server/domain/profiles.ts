/** The sets of rules that an operator may run the server by (compliance.md). */
export const profiles = ['baseline', 'pub1075'] as const;
export type Profile = (typeof profiles)[number];
