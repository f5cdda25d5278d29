import t from 'tap';
import fc from 'fast-check';
import {
  nameOf,
  parseVirtualPath,
  parseVirtualPathText,
  segmentsOf,
} from '../../server/domain/virtual-path.ts';

t.test('how text becomes a path', (t) => {
  const table: readonly (readonly [string, string])[] = [
    ['', '/'],
    ['.', '/'],
    ['/', '/'],
    ['a', '/a'],
    ['//a///b/', '/a/b'],
    ['/a/./b/../c', '/a/c'],
    ['../../..', '/'],
    ['/../../etc/passwd', '/etc/passwd'],
    ['/a/...', '/a/...'],
    ['/e\u0301', '/\u00e9'],
    ["/JOB.CNTL('X')#$@", "/JOB.CNTL('X')#$@"],
    ['/%2e%2e/%00', '/%2e%2e/%00'],
    ['/${jndi:x}/{{7*7}}/$(id)', '/${jndi:x}/{{7*7}}/$(id)'],
    [`/${'n'.repeat(255)}`, `/${'n'.repeat(255)}`],
  ];
  for (const [text, expected] of table)
    t.equal(parseVirtualPathText(text), expected, JSON.stringify(text));
  t.end();
});

t.test('what is refused, and why', (t) => {
  const table: readonly (readonly [Uint8Array | string, string])[] = [
    ['/a\0b', 'name-invalid'],
    ['/a\nb', 'name-invalid'],
    ['/a\u007f', 'name-invalid'],
    ['/a\u0085', 'name-invalid'],
    ['/a\\b', 'name-invalid'],
    ['\\..\\..\\x', 'name-invalid'],
    ['/invoice\u202efdp.exe', 'name-invalid'],
    ['/\ufffd', 'name-invalid'],
    ['/\ufeffa', 'name-invalid'],
    [Buffer.from([0x2f, 0xff, 0xfe]), 'name-invalid'],
    [Buffer.from([0x2f, 0xc0, 0xae]), 'name-invalid'],
    [Buffer.from([0x2f, 0xed, 0xa0, 0x80]), 'name-invalid'],
    [`/${'n'.repeat(256)}`, 'name-invalid'],
    [`/${'d/'.repeat(33)}`, 'path-too-long'],
    [`/${'x'.repeat(5000)}`, 'path-too-long'],
  ];
  for (const [input, code] of table) {
    const bytes = typeof input === 'string' ? Buffer.from(input) : input;
    t.throws(() => parseVirtualPath(bytes), { code }, JSON.stringify(input).slice(0, 40));
  }
  t.end();
});

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        '..',
        '.',
        '',
        'a',
        'é',
        'e\u0301',
        '\\',
        '\0',
        '~',
        '/',
        'agencies',
        '\u202e',
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('/')),
);

t.test('properties of whatever is let through', (t) => {
  fc.assert(
    fc.property(hostile, (text) => {
      let path;
      try {
        path = parseVirtualPathText(text);
      } catch (error) {
        return (error as { name: string }).name === 'Fault';
      }
      const segments = segmentsOf(path);
      return (
        path.startsWith('/') &&
        parseVirtualPathText(path) === path &&
        path.normalize('NFC') === path &&
        nameOf(path) === (segments.at(-1) ?? '') &&
        segments.every(
          (segment) =>
            segment !== '' && segment !== '.' && segment !== '..' && !/[\0/\\]/.test(segment),
        )
      );
    }),
    { numRuns: 5_000 },
  );
  t.end();
});
