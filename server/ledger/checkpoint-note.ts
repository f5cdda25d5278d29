import { hash } from 'node:crypto';
import { parseNote, type ParsedNote } from './signed-note.ts';

/** What a checkpoint says, in the text of C2SP's tlog-checkpoint with two lines of our own. */
export type CheckpointText = {
  /** `waybill/<instance id>` */
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  readonly atMs: number;
  /** SHA-256 of the whole note before this one; null for the first. */
  readonly previous: Uint8Array | null;
};

const noPrevious = Buffer.alloc(32);
const hashBytes = 32;

export function originOf(instance: string): string {
  return `waybill/${instance}`;
}

export function checkpointText({ origin, size, root, atMs, previous }: CheckpointText): string {
  return [
    origin,
    String(size),
    Buffer.from(root).toString('base64'),
    `time ${new Date(atMs).toISOString()}`,
    `previous ${Buffer.from(previous ?? noPrevious).toString('base64')}`,
    '',
  ].join('\n');
}

/** @returns null for anything but what `checkpointText` writes, signed by whomever */
export function parseCheckpoint(
  note: string,
): { readonly note: ParsedNote; readonly checkpoint: CheckpointText } | null {
  const parsed = parseNote(note);
  if (parsed === null) return null;
  const lines = parsed.text.split('\n');
  const [origin = '', sizeText = '', rootText = '', timeLine = '', previousLine = ''] = lines;
  const [, time] = /^time (\S+)$/.exec(timeLine) ?? [];
  const [, previousText] = /^previous (\S+)$/.exec(previousLine) ?? [];
  const root = Buffer.from(rootText, 'base64');
  const previous = Buffer.from(previousText ?? '', 'base64');
  const atMs = Date.parse(time ?? '');
  const size = Number(sizeText);
  if (root.length !== hashBytes || previous.length !== hashBytes) return null;
  if (!Number.isSafeInteger(size) || size < 1 || Number.isNaN(atMs)) return null;
  const checkpoint = {
    origin,
    size,
    root,
    atMs,
    previous: previous.equals(noPrevious) ? null : previous,
  };
  // One text for one meaning: whatever is written in another way is not ours.
  return checkpointText(checkpoint) === parsed.text ? { note: parsed, checkpoint } : null;
}

/** SHA-256 of a note with its signatures: what the next one calls the one before it. */
export function noteHash(note: string): Buffer {
  return hash('sha256', note, 'buffer');
}
