import { getFips } from 'node:crypto';
import type { ServerAlgorithmProfile } from './domain/algorithms.ts';
import { Fault } from './domain/faults.ts';

type Wanted = { readonly algorithms: ServerAlgorithmProfile };

/**
 * A server that was told to use validated algorithms alone does not start where nothing validated is there. Each process
 * asks for itself: the mode is not inherited.
 *
 * @param mode 1 where OpenSSL uses its FIPS provider and no other
 * @throws Fault `configuration-invalid`
 */
export function checkFips({ algorithms }: Wanted, mode = getFips()): void {
  if (algorithms !== 'fips' || mode === 1) return;
  throw new Fault(
    'configuration-invalid',
    'WAYBILL_ALGORITHMS is fips, and OpenSSL is not in FIPS mode: configure its FIPS provider (OPENSSL_CONF) and start node with --force-fips, or set WAYBILL_ALGORITHMS to another value',
  );
}

/** What has OpenSSL of a worker process, which does all of SSH, come up in FIPS mode too. */
export function fipsProgram(
  { algorithms }: Wanted,
  ownOptions: readonly string[] = process.execArgv,
): { readonly nodeOptions: readonly string[]; readonly environment: readonly string[] } {
  if (algorithms !== 'fips') return { nodeOptions: [], environment: [] };
  return {
    nodeOptions: [
      '--force-fips',
      ...ownOptions.filter((option) => option.startsWith('--openssl-')),
    ],
    // Where it finds the provider.
    environment: ['OPENSSL_CONF', 'OPENSSL_MODULES'],
  };
}
