import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Config } from './config.ts';
import { generateEcdsaHostKey, generateHostKey, publicKeyLine } from './connection/host-keys.ts';
import { databaseFileName } from './database/open.ts';
import { Fault } from './domain/faults.ts';
import {
  hostKeyFiles,
  hostKeyKindsOf,
  hostKeyPaths,
  listHostKeys,
  neededHostKeyFile,
  readHostKeyFile,
} from './host-key-files.ts';
import { Secret } from './domain/secret.ts';
import { syncNames } from './sync-names.ts';

export type KeyMaterial = {
  /** 32 bytes that wrap every agency's key. */
  readonly masterKey: Secret<Buffer>;
  /** Private key text as the next ones: the key that every client of the profile can be shown. */
  readonly hostKey: Secret<string>;
  /** Of other types, for clients that take no other. */
  readonly otherHostKeys: readonly Secret<string>[];
  /** Those that clients are told of before they are used. */
  readonly nextHostKeys: readonly Secret<string>[];
  /** Signs what the server records for others to verify. */
  readonly evidenceKey: Secret<string>;
};

export type Setup = {
  readonly keys: KeyMaterial;
  /** Files and directories that did not exist before. */ readonly made: readonly string[];
};

export const masterKeyFile = 'master.key';
export const evidenceKeyFile = 'evidence_ed25519';
const masterKeyBytes = 32;
/** Lies in a data directory while `waybill restore` fills it. */
export const unfinishedRestoreFile = 'restore-unfinished';

/**
 * Makes what an empty installation lacks: directories (0700), the master key, the host key and the evidence key
 * (0600). Everything is checked before anything is made, so a refusal leaves the disk as it was.
 *
 * @throws Fault `data-directory-unusable` or `key-material-unusable`
 */
export function prepare(config: Config): Setup {
  const { dataDirectory, keysDirectory } = config;
  const masterKeyPath = join(keysDirectory, masterKeyFile);
  const hostKeyName = neededHostKeyFile(config.algorithms);
  const hostKeyPath = join(keysDirectory, hostKeyName);
  const evidenceKeyPath = join(keysDirectory, evidenceKeyFile);
  checkWritable(dataDirectory, 'WAYBILL_DATA_DIR');
  // Keys that are there may lie on a file system that is read-only.
  if (!existsSync(masterKeyPath) || !existsSync(hostKeyPath))
    checkWritable(keysDirectory, 'WAYBILL_KEYS_DIR');
  else if (!existsSync(evidenceKeyPath)) checkEvidenceKeyToBe(keysDirectory, evidenceKeyPath);
  for (const file of [masterKeyPath, evidenceKeyPath, ...hostKeyPaths(keysDirectory)])
    checkPrivate(file);
  if (existsSync(join(dataDirectory, unfinishedRestoreFile))) {
    throw new Fault(
      'data-directory-unusable',
      `a restore into ${dataDirectory} did not end: run \`waybill restore\` again, or set WAYBILL_DATA_DIR to another directory`,
    );
  }
  const hasData = existsSync(join(dataDirectory, databaseFileName));
  if (hasData && !existsSync(masterKeyPath)) {
    throw new Fault(
      'key-material-unusable',
      `the master key ${masterKeyPath} is missing, and the files in ${dataDirectory} cannot be read without it: restore it from your backup, or set WAYBILL_KEYS_DIR to where it is`,
    );
  }

  const made: string[] = [];
  for (const directory of [dataDirectory, keysDirectory]) {
    if (!existsSync(directory)) {
      const first = mkdirSync(directory, { recursive: true, mode: 0o700 }) ?? directory;
      syncNames(directory, first);
      made.push(directory);
    }
  }
  const create = (file: string, content: string) => {
    if (existsSync(file)) return;
    // Under another name at first, so that a start that is killed here leaves no half of a key.
    const unfinished = `${file}.new`;
    rmSync(unfinished, { force: true });
    writeFileSync(unfinished, content, { mode: 0o600, flag: 'wx', flush: true });
    renameSync(unfinished, file);
    syncNames(file, file);
    made.push(file);
  };
  // A checkout's own `keys/` is open to others until it holds something.
  if (!existsSync(masterKeyPath)) chmodSync(keysDirectory, 0o700);
  create(masterKeyPath, `${randomBytes(masterKeyBytes).toString('base64')}\n`);
  create(
    hostKeyPath,
    hostKeyName === hostKeyFiles.ecdsa ? generateEcdsaHostKey() : generateHostKey(),
  );
  create(evidenceKeyPath, generateHostKey());
  const keys = readKeys(config, masterKeyPath, hostKeyPath);
  return { keys: { ...keys, evidenceKey: readEvidenceKey(evidenceKeyPath) }, made };
}

/** An installation of a version that had no such key. @throws Fault `key-material-unusable` */
function checkEvidenceKeyToBe(keysDirectory: string, path: string): void {
  try {
    checkWritable(keysDirectory, 'WAYBILL_KEYS_DIR');
  } catch (cause) {
    throw new Fault(
      'key-material-unusable',
      `${path} is missing, which signs what this version destroys, and it cannot be made there: let the server write to ${keysDirectory} for one start, or run ssh-keygen -q -t ed25519 -N '' -f ${path}`,
      { cause },
    );
  }
}

/** The key material that is there; the evidence key may still be to be made. @throws Fault `key-material-unusable` */
export function readKeyMaterial(config: Config): Omit<KeyMaterial, 'evidenceKey'> {
  const masterKeyPath = join(config.keysDirectory, masterKeyFile);
  const hostKeyPath = join(config.keysDirectory, neededHostKeyFile(config.algorithms));
  for (const file of [masterKeyPath, hostKeyPath]) {
    if (!existsSync(file))
      throw new Fault(
        'key-material-unusable',
        `${file} is missing; \`waybill init\` makes it on an empty data directory`,
      );
    checkPrivate(file);
  }
  for (const file of hostKeyPaths(config.keysDirectory)) checkPrivate(file);
  const evidenceKeyPath = join(config.keysDirectory, evidenceKeyFile);
  checkPrivate(evidenceKeyPath);
  if (existsSync(evidenceKeyPath)) readEvidenceKey(evidenceKeyPath);
  return readKeys(config, masterKeyPath, hostKeyPath);
}

function readEvidenceKey(path: string): Secret<string> {
  const text = readFileSync(path, 'utf8');
  try {
    if (!publicKeyLine(text).startsWith('ssh-ed25519 ')) throw new Error('it is of another type');
  } catch (cause) {
    throw new Fault(
      'key-material-unusable',
      `${path} is not an Ed25519 key: restore it from your backup; what a new one signs is not signed by the one that others know`,
      { cause },
    );
  }
  return new Secret(text);
}

function readKeys(
  { keysDirectory, algorithms }: Config,
  masterKeyPath: string,
  hostKeyPath: string,
): Omit<KeyMaterial, 'evidenceKey'> {
  const masterKey = Buffer.from(readFileSync(masterKeyPath, 'utf8').trim(), 'base64');
  if (masterKey.length !== masterKeyBytes) {
    throw new Fault(
      'key-material-unusable',
      `${masterKeyPath} must hold ${masterKeyBytes} bytes in base64, and has ${masterKey.length}`,
    );
  }
  const hostKey = new Secret(readHostKeyFile(hostKeyPath));
  const kinds = hostKeyKindsOf(algorithms);
  const others = listHostKeys(keysDirectory).filter(
    ({ path, kind }) => path !== hostKeyPath && kinds.includes(kind),
  );
  const ofRole = (wanted: string) =>
    others
      .filter(({ role }) => role === wanted)
      .map(({ path }) => new Secret(readHostKeyFile(path)));
  return {
    masterKey: new Secret(masterKey),
    hostKey,
    otherHostKeys: ofRole('in-use'),
    nextHostKeys: ofRole('next'),
  };
}

function checkPrivate(file: string): void {
  if (!existsSync(file)) return;
  const mode = statSync(file).mode & 0o777;
  if ((mode & 0o077) !== 0) {
    throw new Fault(
      'key-material-unusable',
      `${file} can be read by others (mode ${mode.toString(8).padStart(4, '0')}): run chmod 600 ${file}`,
    );
  }
}

/** The directory, or the nearest one above it that exists, must be one that this process may write to. */
function checkWritable(directory: string, variable: string): void {
  let nearest = resolve(directory);
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  if (!statSync(nearest).isDirectory()) {
    throw new Fault(
      'data-directory-unusable',
      `${nearest} is not a directory; set ${variable} to one`,
    );
  }
  try {
    accessSync(nearest, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new Fault(
      'data-directory-unusable',
      `${nearest} cannot be written by user ${process.getuid?.() ?? '?'}; change its owner, or set ${variable} to another directory`,
      { cause },
    );
  }
}
