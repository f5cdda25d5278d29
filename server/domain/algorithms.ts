/**
 * The named sets of algorithms. A server has one of the first three; `legacy-interop` is what addresses of agencies with a
 * grant are offered for as long as it lasts (docs/decisions/0020).
 */
export const serverAlgorithmProfiles = ['modern', 'pq-only', 'fips'] as const;
export type ServerAlgorithmProfile = (typeof serverAlgorithmProfiles)[number];
export type AlgorithmProfile = ServerAlgorithmProfile | 'legacy-interop';

/** What only `legacy-interop` has beyond `modern`: a connection that came to one of these needed the grant. */
export const legacyAlgorithms: readonly string[] = [
  'ecdh-sha2-nistp256',
  'ecdh-sha2-nistp384',
  'ecdh-sha2-nistp521',
  'diffie-hellman-group14-sha256',
];

/** Whether what was negotiated takes a grant. Host keys are chosen by the client, which may have the old one stored. */
export function needsLegacyInterop({ kex = '' }: { readonly kex?: string }): boolean {
  return legacyAlgorithms.includes(kex);
}
