import { temporaryEndings, temporaryStart } from '../files/held.ts';

/** Of the signature that lies beside a file (docs/EVIDENCE.md). */
const signatureSuffix = '.sig';

/**
 * The names that say a name: itself, that of its signature, and those under which clients send either of them before it
 * has its own (clients.md fact 2).
 */
export function formsOf(path: string): readonly string[] {
  return [path, `${path}${signatureSuffix}`].flatMap((final) => {
    const nameAt = final.lastIndexOf('/') + 1;
    return [
      final,
      ...temporaryEndings.map((ending) => `${final}.${ending}`),
      `${final.slice(0, nameAt)}${temporaryStart}${final.slice(nameAt)}`,
    ];
  });
}
