import type { Config } from '../config.ts';
import { fingerprintOfKey } from '../connection/host-keys.ts';
import { noteCryptography } from '../cryptography-row.ts';
import type { OpenDatabase } from '../database/open.ts';
import type { HostKeyRing } from '../connection/host-key-ring.ts';
import { openHostKeys } from '../host-certificates.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Logger } from '../log.ts';
import type { KeyMaterial } from '../setup.ts';

type Parts = {
  readonly config: Config;
  readonly keys: KeyMaterial;
  readonly database: OpenDatabase;
  readonly ledger: Ledger;
  readonly log: Logger;
};

/** The host keys that are shown and those to come; the ledger has a row where they, or the algorithms, are new. */
export async function openServedHostKeys({
  config,
  keys,
  database,
  ledger,
  log,
}: Parts): Promise<HostKeyRing> {
  const hostKeys = openHostKeys(config.keysDirectory, {
    inUse: [keys.hostKey.reveal(), ...keys.otherHostKeys.map((key) => key.reveal())],
    next: keys.nextHostKeys.map((key) => key.reveal()),
    warn: (words) => log.warn(words),
  });
  await noteCryptography(
    { database, ledger },
    {
      algorithms: config.algorithms,
      hostKeys: hostKeys.inUse.map(fingerprintOfKey),
      nextHostKeys: hostKeys.next.map(fingerprintOfKey),
    },
  );
  return hostKeys;
}
