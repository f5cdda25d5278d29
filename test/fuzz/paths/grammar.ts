import type { Random } from '../../fault/fixtures/random.ts';

const names = [
  'a',
  'outgoing',
  'incoming',
  'agencies',
  'Report 2026.csv',
  '...',
  '. ',
  ' ..',
  '..;',
  '~',
  'CON',
  '%2e%2e',
  '%2f',
  '%00',
  '．．',
  '／',
  '∕',
  'é',
  'e\u0301',
  '\u1e9b\u0323',
  '\u212b',
  '\uac00',
  '\u1100\u1161',
  '\u0344',
  '\ud834\udd5e',
  '\u0958',
  '\u{1f600}',
  'ﬁ',
  'İ',
  '\u200d',
  '\u00ad',
  '\u{e0001}',
  '\u{10ffff}',
  '\uffff',
];
const dots = ['..', '.', '', '..', '.'];
/** Each is refused, or nearly so. */
const marks = [
  0x00, 0x09, 0x0a, 0x1f, 0x20, 0x5b, 0x5c, 0x5d, 0x7e, 0x7f, 0x80, 0x85, 0x9f, 0xa0, 0x61b, 0x61c,
  0x61d, 0x200c, 0x200d, 0x200e, 0x200f, 0x2010, 0x2027, 0x2028, 0x2029, 0x202a, 0x202e, 0x202f,
  0x2060, 0x2065, 0x2066, 0x2069, 0x206a, 0xfefe, 0xfeff, 0xff00, 0xfffc, 0xfffd, 0xfffe, 0xd7ff,
  0xe000,
].map((point) => String.fromCodePoint(point));
/** No UTF-8: overlong forms of `/` and `.`, surrogates, beyond the last point, cut and lone bytes. */
const junk = [
  [0xc0, 0xaf],
  [0xc0, 0xae],
  [0xe0, 0x80, 0xaf],
  [0xf0, 0x80, 0x80, 0xae],
  [0xc1, 0x9c],
  [0xed, 0xa0, 0x80],
  [0xed, 0xbf, 0xbf],
  [0xed, 0xa0, 0x80, 0xed, 0xb0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf8, 0x88, 0x80, 0x80, 0x80],
  [0xff],
  [0xfe],
  [0x80],
  [0xe2, 0x80],
  [0xc3],
  [0xef, 0xbb, 0xbf],
].map((bytes) => Buffer.from(bytes));

/** Lengths around the limits of a name, of the depth and of a path. */
const lengths = [1, 2, 84, 85, 127, 128, 254, 255, 256, 257];
const depths = [29, 30, 31, 32, 33, 34, 64];

/** The bytes of one path. */
export function hostileBytes(random: Random): Buffer {
  const kind = random.int(16);
  if (kind === 0) return Buffer.from(Array.from({ length: random.int(40) }, () => random.int(256)));
  if (kind === 1) return long(random);
  if (kind === 2) return Buffer.from(deep(random));
  let text = random.int(4) === 0 ? '' : '/';
  const segments = random.int(7);
  for (let at = 0; at < segments; at += 1) {
    text += segment(random);
    text += random.int(12) === 0 ? '//' : '/';
  }
  const bytes = Buffer.from(random.int(2) === 0 ? text.slice(0, -1) : text);
  if (kind > 5 || bytes.length === 0) return bytes;
  const at = random.int(bytes.length);
  const middle = kind === 3 ? random.pick(junk) : Buffer.from([random.int(256)]);
  return Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(kind === 5 ? at + 1 : at)]);
}

function segment(random: Random): string {
  const kind = random.int(12);
  if (kind < 4) return random.pick(dots);
  if (kind < 9) return random.pick(names);
  if (kind === 9) return random.pick(names) + random.pick(names);
  if (kind === 10) return `${random.pick(names)}${random.pick(marks)}`;
  // Any point of the basic plane, lone surrogates among them: Buffer.from makes U+FFFD of those.
  return String.fromCharCode(random.int(0x10000), random.int(0x300));
}

function long(random: Random): Buffer {
  const unit = random.pick([
    'n',
    'é',
    '\u2603',
    '\u{1f600}',
    'e\u0301',
    '\u0344',
    '\u0958',
    '\ud834\udd5e',
  ]);
  const name = () => unit.repeat(Math.ceil(random.pick(lengths) / Buffer.byteLength(unit)));
  const text = Array.from({ length: random.pick([1, 1, 2, 3, 16, 17, 33]) }, name).join('/');
  const bytes = Buffer.from(`/${text}`);
  if (random.int(2) === 0) return bytes;
  // Just around the limit of the whole.
  const whole = Buffer.from(`/${`${'x'.repeat(random.pick([100, 127, 255]))}/`.repeat(60)}`);
  return whole.subarray(0, 4096 + random.between(-2, 3));
}

function deep(random: Random): string {
  const parts = Array.from({ length: random.pick(depths) }, () =>
    random.int(24) === 0 ? random.pick(dots) : 'd',
  );
  return `/${parts.join('/')}`;
}
