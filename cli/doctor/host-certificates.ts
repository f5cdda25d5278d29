import { readFileSync } from 'node:fs';
import type { Config } from '../../server/config.ts';
import { hostKeySigner } from '../../server/connection/host-keys.ts';
import { readHostCertificates } from '../../server/host-certificates.ts';
import { listHostKeys } from '../../server/host-key-files.ts';
import { finding, reasonOf } from './finding.ts';
import type { Finding } from './finding.ts';

/** Certificates of the host keys, which the server reads at its start; nothing is said where there are none. */
export function* examineHostCertificates(config: Config, nowMs: number): Iterable<Finding> {
  const { keysDirectory } = config;
  try {
    const inUse = listHostKeys(keysDirectory)
      .filter(({ role }) => role === 'in-use')
      .map(({ path }) => hostKeySigner(readFileSync(path, 'utf8')).publicKey);
    const { offered, warnings } = readHostCertificates(keysDirectory, inUse, nowMs);
    for (const words of warnings)
      yield finding(
        'warn',
        'host-cert',
        words,
        'make it anew with `ssh-keygen -h -s`, and restart the server',
      );
    if (offered.length > 0 && warnings.length === 0)
      yield finding('ok', 'host-cert', `${offered.length} offered, none ends soon`);
  } catch (error) {
    yield finding('fail', 'host-cert', reasonOf(error), 'the server does not start with it');
  }
}
