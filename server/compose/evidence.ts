import type { Config } from '../config.ts';
import { hostKeySigner, publicKeyLine } from '../connection/host-keys.ts';
import { settleEvidenceKey } from '../evidence-key-file.ts';
import { addEvidenceKeys, evidenceKeysFile, readEvidenceKeys } from '../evidence-keys-file.ts';
import type { Logger } from '../log.ts';
import type { KeyMaterial } from '../setup.ts';
import { evidenceKeyLines, type KeyHistoryParts } from '../signing/evidence-key.ts';
import { RotatingKey } from '../signing/rotating-key.ts';
import { keysVouchingFor } from '../signing/vouched-keys.ts';

/** The key that signs, once what a rotation left is put right. */
export async function openEvidence(
  { keysDirectory }: Config,
  { evidenceKey }: KeyMaterial,
  history: KeyHistoryParts,
  log: Logger,
): Promise<RotatingKey> {
  const [last] = await evidenceKeyLines(history, 1);
  const text = settleEvidenceKey(keysDirectory, evidenceKey, last);
  const line = publicKeyLine(text.reveal());
  try {
    const isThere = readEvidenceKeys(keysDirectory) !== null;
    addEvidenceKeys(
      keysDirectory,
      isThere ? [line] : await keysVouchingFor(history.database, line),
    );
  } catch (error) {
    const words = `${evidenceKeysFile} in ${keysDirectory} cannot be written: keys that the ledger tells of are not held against it`;
    log.warn({ err: error }, words);
  }
  return RotatingKey.open(history, hostKeySigner(text.reveal()));
}
