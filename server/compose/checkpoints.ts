import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { Database } from '../database/units.ts';
import type { Degradation } from '../domain/degradation.ts';
import { readEvidenceKeys } from '../evidence-keys-file.ts';
import { CheckpointLog } from '../ledger/checkpoint-log.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { LedgerHeadFile } from '../ledger-head-file.ts';
import { problemOfHead } from '../ledger/head-check.ts';
import { problemOfMissingNames } from '../ledger/missing-names.ts';
import { problemOfNames } from '../ledger/name-check.ts';
import { createSelfCheck, type SelfCheck } from '../ledger/self-check.ts';
import type { LedgerTail } from '../ledger/tail.ts';
import { verifyAside } from '../ledger/verify-aside.ts';
import { WitnessDirectory } from '../ledger/witness-directory.ts';
import type { Logger } from '../log.ts';
import { CheckpointKeyFiles } from '../signing/checkpoint-key-files.ts';
import { CheckpointKeys } from '../signing/checkpoint-keys.ts';
import { Checkpointing } from '../signing/checkpointing.ts';
import type { RotatingKey } from '../signing/rotating-key.ts';

/** They make way for whoever has work, and each has a connection to the database. */
const verifyThreadsMax = 4;
/** In the data directory. */
export const checkpointLogName = 'checkpoints.log';

export type CheckpointsParts = {
  readonly config: Pick<Config, 'dataDirectory' | 'keysDirectory' | 'witnessDirectory' | 'limits'>;
  readonly log: Logger;
  readonly masterKey: Uint8Array;
  readonly database: Database;
  readonly ledger: Ledger;
  readonly tail: LedgerTail;
  readonly evidenceKey: RotatingKey;
  readonly onFault: (error: unknown) => void;
};

/** Checkpoints of the ledger, and the checks that they are held against. */
export type Checkpoints = {
  /** Opens the key that signs. A check of what is new goes on beside the start. */
  start(): Promise<void>;
  readonly making: Checkpointing;
  readonly check: SelfCheck;
  /** What of it is not as it should be. It throws nothing. */
  degraded(): readonly Degradation[];
  /** Makes the last one, and breaks off a check that is under way. */
  stop(): Promise<void>;
};

export function createCheckpoints(parts: CheckpointsParts): Checkpoints {
  const { config, log, masterKey, database, ledger, tail, evidenceKey, onFault } = parts;
  const { dataDirectory, witnessDirectory } = config;
  const file = new CheckpointLog(join(dataDirectory, checkpointLogName), database);
  const head = new LedgerHeadFile(config.keysDirectory);
  const headProblem = async () => problemOfHead(database, await head.read());
  const stopped = new AbortController();
  const knownEvidenceKeys = () => readEvidenceKeys(config.keysDirectory);
  const threadsMax = Math.min(availableParallelism(), verifyThreadsMax);
  const check = createSelfCheck({
    database,
    ledger,
    verify: (from) =>
      verifyAside(
        { dataDirectory, database, threadsMax, knownEvidenceKeys, stopped: stopped.signal },
        from,
      ),
    verifyLog: async () => (await headProblem()) ?? (await file.verify()),
    verifyNames: async () =>
      (await problemOfNames(database, masterKey)) ?? (await problemOfMissingNames(database)),
    masterKey,
    evidenceKeys: () => evidenceKey.publicKeyLines,
    onFailure: (problem) => log.error({ problem }, 'the ledger does not verify'),
    onFault: (error) => {
      if (!stopped.signal.aborted) onFault(error);
    },
    isStopping: () => stopped.signal.aborted,
  });
  const keys = new CheckpointKeys({
    database,
    ledger,
    evidenceKey,
    masterKey,
    files: new CheckpointKeyFiles(dataDirectory),
    epochMs: config.limits.checkpointKeyMsMax,
    clock: Date.now,
  });
  const making = new Checkpointing({
    database,
    ledger,
    tail,
    keys,
    clock: Date.now,
    log: file,
    head: { read: () => head.read(), problem: headProblem, keep: (note) => head.write(note) },
    witnesses: witnessDirectory === null ? [] : [new WitnessDirectory(witnessDirectory, database)],
    onTampering: (problem) => check.found(problem),
    onTrouble: (words, error) => log.warn({ err: error }, words),
  });
  return {
    start: async () => {
      await making.start();
      void check.start();
    },
    making,
    check,
    degraded: () =>
      [...check.words(), ...making.troubles.map(({ words }) => words)].map((words) => ({
        part: 'ledger',
        words,
      })),
    stop: async () => {
      stopped.abort();
      await making.stop();
    },
  };
}
