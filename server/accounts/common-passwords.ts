import { dictionary } from '@zxcvbn-ts/language-common';

/** In small letters. Some 49 000 that were found most often where passwords became known. */
const common: ReadonlySet<string> = new Set(dictionary['passwords-common']);

/** Shorter pieces make up good passwords, too. */
const pieceCharactersMin = 4;

/** What is put in the place of a letter. */
const replaced = [
  ['0', 'o'],
  ['1', 'i'],
  ['3', 'e'],
  ['4', 'a'],
  ['5', 's'],
  ['7', 't'],
  ['@', 'a'],
  ['$', 's'],
] as const;

/**
 * Whether a password is one that guessers have in their lists, with nothing but the usual around it: signs and digits before,
 * behind or between, digits for letters, the same over again, or two of them in a row (SP 800-63B-4 section 3.1.1.2).
 *
 * @param lower in small letters
 */
export function isCommonPassword(lower: string): boolean {
  return spellingsOf(lower).some((text) => isMadeOfCommon(text));
}

function spellingsOf(lower: string): readonly string[] {
  const letters = replaced.reduce((text, [sign, letter]) => text.replaceAll(sign, letter), lower);
  const bare = [lower, letters].map((text) => text.replace(/[^\p{L}\p{N}]/gu, ''));
  const cores = bare.map((text) => text.replace(/^\P{L}+|\P{L}+$/gu, ''));
  return [...new Set([lower, ...bare, ...cores])];
}

/** One of the list, over and over, or two of them. */
function isMadeOfCommon(text: string): boolean {
  if (common.has(text)) return true;
  for (let length = pieceCharactersMin; length <= text.length - pieceCharactersMin; length += 1) {
    const piece = text.slice(0, length);
    if (!common.has(piece)) continue;
    if (common.has(text.slice(length)) || isRepeated(text, piece)) return true;
  }
  return false;
}

function isRepeated(text: string, piece: string): boolean {
  return text.replaceAll(piece, '') === '';
}
