import { closeSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes the names from `first` down to `path` durable. A file's own fsync does not: after a power loss there could be
 * data, and no master key to read it with.
 */
export function syncNames(path: string, first: string): void {
  for (let made = path; made.length >= first.length; made = dirname(made)) {
    const descriptor = openSync(dirname(made), 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }
}
