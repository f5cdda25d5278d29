import { Fault } from './faults.ts';

declare const parsed: unique symbol;

/**
 * An absolute path in an account's tree: `/` or `/a/b`, NFC, without `.`, `..`, empty segments or a trailing slash.
 * `parseVirtualPath` is the only maker (DESIGN.md D1); a tidy test holds that.
 */
export type VirtualPath = string & { readonly [parsed]: true };

export const segmentBytesMax = 255;
export const pathDepthMax = 32;
export const pathBytesMax = 4096;
/** Inside one agency's tree: what is left when the State sees `/agencies/<code>` (32 bytes at most) in front of it. */
export const treeDepthMax = pathDepthMax - 2;
export const treeBytesMax = pathBytesMax - '/agencies/'.length - 32;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * C0 and C1 controls, DEL, bidirectional controls, line and paragraph separators, U+FFFD, BOM, lone surrogates and the
 * backslash (compliance.md C31; Serv-U CVE-2024-28995 was a separator normalised too late).
 */
const forbidden =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffd\ud800-\udfff\\]/u;

/**
 * The one way from wire bytes to a path. A relative path starts at the root, which is every account's home; an empty
 * path is the root itself (JSch sends it for home). `.` and `..` are resolved as text: nothing on the host is asked,
 * and `..` at the root stays there.
 *
 * @throws Fault `name-invalid` or `path-too-long`
 */
export function parseVirtualPath(bytes: Uint8Array): VirtualPath {
  if (bytes.byteLength > pathBytesMax)
    throw new Fault('path-too-long', `a path may have ${pathBytesMax} bytes`);
  const text = decode(bytes);
  if (forbidden.test(text)) {
    throw new Fault(
      'name-invalid',
      'names may not hold control characters, backslashes or direction marks',
    );
  }
  const segments: string[] = [];
  for (const segment of text.normalize('NFC').split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') {
      segments.pop();
      continue;
    }
    if (Buffer.byteLength(segment) > segmentBytesMax) {
      throw new Fault('name-invalid', `a name may have ${segmentBytesMax} bytes`);
    }
    segments.push(segment);
    if (segments.length > pathDepthMax) {
      throw new Fault('path-too-long', `a path may be ${pathDepthMax} directories deep`);
    }
  }
  const path = `/${segments.join('/')}`;
  // NFC can lengthen text, so the bound is checked again on the result.
  if (Buffer.byteLength(path) > pathBytesMax) {
    throw new Fault('path-too-long', `a path may have ${pathBytesMax} bytes`);
  }
  return path as VirtualPath;
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Fault('name-invalid', 'names must be UTF-8');
  }
}

/** For text that came over REST, the CLI, the database or the seam: the same parser, so the same rules. */
export function parseVirtualPathText(text: string): VirtualPath {
  return parseVirtualPath(Buffer.from(text, 'utf8'));
}

export const rootPath: VirtualPath = parseVirtualPathText('/');

/** The segments of a path; none for the root. */
export function segmentsOf(path: VirtualPath): readonly string[] {
  return path === '/' ? [] : path.slice(1).split('/');
}

/** The last segment, or the empty string for the root. */
export function nameOf(path: VirtualPath): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The path without its last segment; the root is its own parent. */
export function parentOf(path: VirtualPath): VirtualPath {
  // A prefix of a checked path that ends before a separator is a checked path.
  return (path.slice(0, path.lastIndexOf('/')) || '/') as VirtualPath;
}

/** The path one segment further down, checked like any other. */
export function childOf(path: VirtualPath, name: string): VirtualPath {
  return parseVirtualPathText(`${path}/${name}`);
}
