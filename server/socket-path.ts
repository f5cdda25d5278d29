import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from './domain/faults.ts';

/** What fits into the address of a socket everywhere; a longer one is cut without a word, and names something else. */
const socketPathBytesMax = 103;

/** A path of a socket in a directory that is short enough; `close` once it is no longer used. */
export function socketPath(
  directory: string,
  name: string,
): { readonly path: string; readonly close: () => void } {
  const path = join(directory, name);
  if (Buffer.byteLength(path) <= socketPathBytesMax) return { path, close: () => undefined };
  if (process.platform !== 'linux') {
    const most = socketPathBytesMax - name.length - 1;
    throw new Fault(
      'data-directory-unusable',
      `the path of the data directory ${directory} is longer than ${most} bytes; set WAYBILL_DATA_DIR to a shorter one`,
    );
  }
  const descriptor = openSync(directory, 'r');
  return { path: `/proc/self/fd/${descriptor}/${name}`, close: () => closeSync(descriptor) };
}
