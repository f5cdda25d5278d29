import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { masterKeyFile } from '../../server/setup.ts';
import { CliFailure, exitCodes } from '../parts.ts';

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** What a backup is sealed with: the installation's master key, or a key that is kept for backups alone. */
export type SealingKey = {
  readonly kind: 'master-key' | 'backup-key';
  /** 32 bytes. */
  readonly secret: Buffer;
};

/** How a backup's own key lies in its manifest. */
export type WrappedKey = {
  readonly kind: SealingKey['kind'];
  /** Which key opens it, without telling of it: 16 hex digits. */
  readonly id: string;
  /** Nonce, AES-256-GCM ciphertext and tag, base64. */
  readonly wrapped: string;
};

/** The same key has the same id in every backup. */
export function keyId({ kind, secret }: SealingKey): string {
  const bytes = hkdfSync('sha256', secret, '', `waybill backup key id 1 ${kind}`, 8);
  return Buffer.from(bytes).toString('hex');
}

/** A new key of a backup, and its wrapped form. */
export function makeBackupKey(
  sealing: SealingKey,
  backup: string,
): { readonly key: Buffer; readonly wrapped: WrappedKey } {
  const key = randomBytes(keyBytes);
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', wrappingKey(sealing, backup), nonce);
  const sealed = Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
  const wrapped = sealed.toString('base64');
  return { key, wrapped: { kind: sealing.kind, id: keyId(sealing), wrapped } };
}

/** @throws CliFailure where it is another key that opens the backup */
export function openBackupKey(sealing: SealingKey, backup: string, given: WrappedKey): Buffer {
  try {
    const sealed = Buffer.from(given.wrapped, 'base64');
    const wrapping = wrappingKey(sealing, backup);
    const nonce = sealed.subarray(0, nonceBytes);
    const decipher = createDecipheriv('aes-256-gcm', wrapping, nonce, { authTagLength: tagBytes });
    decipher.setAuthTag(sealed.subarray(-tagBytes));
    return Buffer.concat([
      decipher.update(sealed.subarray(nonceBytes, -tagBytes)),
      decipher.final(),
    ]);
  } catch {
    const isOther = given.id !== keyId(sealing);
    throw new CliFailure(
      exitCodes.failed,
      isOther
        ? `the backup ${backup} is sealed with the ${kindText(given.kind)} ${given.id}, and this one is ${keyId(sealing)}`
        : `the manifest of backup ${backup} is damaged: its key does not open`,
      isOther ? [`give that key: ${whereToGive[given.kind]}`] : ['restore an earlier backup'],
    );
  }
}

function wrappingKey({ kind, secret }: SealingKey, backup: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, backup, `waybill backup wrap 1 ${kind}`, 32));
}

export function kindText(kind: SealingKey['kind']): string {
  return kind === 'master-key' ? 'master key' : 'backup key';
}

const whereToGive = {
  'master-key': `--master-key <file>, or ${masterKeyFile} in the keys directory`,
  'backup-key': '--backup-key <file>, or WAYBILL_BACKUP_KEY_FILE',
} as const;

/** @throws CliFailure unless it is 32 bytes in base64 that only their owner can read */
export function readSealingKey(kind: SealingKey['kind'], file: string): SealingKey {
  let text: string;
  try {
    if ((statSync(file).mode & 0o077) !== 0)
      throw new CliFailure(exitCodes.failed, `${file} can be read by others`, [
        `chmod 600 ${file}`,
      ]);
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof CliFailure) throw error;
    throw new CliFailure(
      exitCodes.failed,
      `cannot read the ${kindText(kind)}: ${(error as Error).message}`,
      [`give it with ${whereToGive[kind]}`],
    );
  }
  const secret = Buffer.from(text.trim(), 'base64');
  if (secret.length !== keyBytes)
    throw new CliFailure(
      exitCodes.failed,
      `${file} must hold ${keyBytes} bytes in base64, and has ${secret.length}`,
    );
  return { kind, secret };
}
