/** The figures to reach (issue 4): Waybill's as a multiple of sshd's, medians of paired rounds. */
export const goals = {
  'put-aes128-gcm.speed': { what: 'put 1 GiB, aes128-gcm: speed', atLeast: 1.25 },
  'put-aes128-gcm.cpu': { what: 'put 1 GiB, aes128-gcm: server CPU', atMost: 1 },
  'get-aes128-gcm.speed': { what: 'get 1 GiB, aes128-gcm: speed', atLeast: 1.1 },
  'get-aes128-gcm.cpu': { what: 'get 1 GiB, aes128-gcm: server CPU', atMost: 1.2 },
  'put-default.speed': { what: "put, the client's default negotiation: speed", atLeast: 1.25 },
  'get-default.speed': { what: "get, the client's default negotiation: speed", atLeast: 1.1 },
  rekeys: {
    what: 'put and get of a large file with new keys every 64 MiB: speed against without',
    atLeast: 0.9,
  },
  'put-small': { what: 'put small files, both durable: files a second', atLeast: 1.5 },
  'get-small': { what: 'get small files: files a second', atLeast: 1.5 },
  'logins-key': { what: 'logins a second by key, 8 at a time, curve25519 on both', atLeast: 3.5 },
  'logins-key-default': {
    what: "logins a second by key, 8 at a time, the client's default negotiation",
    atLeast: 3.5,
  },
  'memory-idle': { what: 'memory per idle session', atMost: 0.05 },
  'put-parallel': { what: 'put, 8 clients at once: speed in sum', atLeast: 1.1 },
  'get-parallel': { what: 'get, 8 clients at once: speed in sum', atLeast: 1.1 },
  'list-10000': { what: 'list 10,000 entries: speed', atLeast: 2 },
  growth: { what: 'anything, 10 million entries against 10 thousand: cost', atMost: 1.3 },
} as const satisfies Readonly<Record<string, Goal>>;

export type Goal = { readonly what: string } & (
  { readonly atLeast: number } | { readonly atMost: number }
);

export type GoalId = keyof typeof goals;

/** Whether a figure reaches its goal; what could not be measured reaches nothing. */
export function isReached(goal: Goal, figure: number): boolean {
  return 'atLeast' in goal ? figure >= goal.atLeast : figure <= goal.atMost;
}

export function goalText(goal: Goal): string {
  return 'atLeast' in goal ? `>= ${goal.atLeast}x` : `<= ${goal.atMost}x`;
}
