import { sealStream, unsealStream } from '../../server/archive/sealed-stream.ts';

/**
 * A part of a backup that is read in the clear by nobody: the database, the keys, the list of blobs. Each is sealed under
 * its own name, so that none can be taken for another.
 */
type Bytes = AsyncIterable<Uint8Array>;

/** @param key 32 bytes, those of the backup */
export function seal(key: Buffer, name: string, plain: Bytes): AsyncIterable<Buffer> {
  return sealStream(key, { name, purpose: purposeOf(name) }, plain);
}

/** @throws Error where a byte of it is not what was sealed under this name with this key */
export function unseal(key: Buffer, name: string, sealed: Bytes): AsyncIterable<Buffer> {
  return unsealStream(key, { name, purpose: purposeOf(name) }, sealed);
}

function purposeOf(name: string): string {
  return `waybill backup part 1 ${name}`;
}
