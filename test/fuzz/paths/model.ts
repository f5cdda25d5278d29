/**
 * What DESIGN.md D1, compliance.md C31 and docs/PROTOCOL.md say of a path, put down again without a look at how the
 * server does it: from bytes to the path as text, or null where it is refused.
 */
export function modelOf(bytes: Uint8Array): string | null {
  if (bytes.length > 4096) return null;
  const text = Buffer.from(bytes).toString('utf8');
  // Only what is UTF-8 comes back as it was.
  if (Buffer.compare(Buffer.from(text, 'utf8'), bytes) !== 0) return null;
  for (const character of text) if (isRefused(character.codePointAt(0)!)) return null;
  let directories: string[] = [];
  for (const name of text.normalize('NFC').split('/')) {
    if (name === '..') directories = directories.slice(0, -1);
    else if (name !== '' && name !== '.') directories = [...directories, name];
    if (directories.length > 32) return null;
    if (name !== '..' && Buffer.byteLength(name) > 255) return null;
  }
  const path = directories.map((name) => `/${name}`).join('') || '/';
  return Buffer.byteLength(path) > 4096 ? null : path;
}

/** Controls, backslash, direction marks and separators, the replacement character and the byte order mark. */
function isRefused(point: number): boolean {
  return (
    point < 0x20 ||
    point === 0x5c ||
    (point >= 0x7f && point <= 0x9f) ||
    [0x61c, 0x200e, 0x200f, 0xfeff, 0xfffd].includes(point) ||
    (point >= 0x2028 && point <= 0x202e) ||
    (point >= 0x2066 && point <= 0x2069)
  );
}
