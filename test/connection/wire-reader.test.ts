// Reading past the end is undefined, and stays so.
import t from 'tap';
import { WireReader } from '../../server/connection/wire-reader.ts';

const text = (value: string) => Buffer.concat([length(value.length), Buffer.from(value)]);

function length(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

t.test('each type, up to the last byte', (t) => {
  const bytes = Buffer.concat([Buffer.of(0, 1, 2), length(0xffff_fffe), text(''), text('añ')]);
  const reader = new WireReader(bytes);
  t.notOk(reader.atEnd);
  t.equal(reader.offset, 0);
  t.same([reader.boolean(), reader.boolean(), reader.boolean()], [false, true, true]);
  t.equal(reader.offset, 3);
  t.equal(reader.uint32(), 0xffff_fffe);
  t.equal(reader.offset, 7);
  t.equal(reader.string()?.length, 0);
  t.equal(reader.offset, 11);
  t.notOk(reader.atEnd);
  t.equal(reader.text(), Buffer.from('añ').subarray(0, 2).toString('utf8'));
  t.equal(reader.offset, 17);
  t.end();
});

t.test('from anywhere, and what is not UTF-8 replaced', (t) => {
  const reader = new WireReader(
    Buffer.concat([Buffer.of(9, 9), length(2), Buffer.of(0x61, 0xff)]),
    2,
  );
  t.equal(reader.offset, 2);
  t.equal(reader.text(), 'a\ufffd');
  t.ok(reader.atEnd);
  const bytes = Buffer.concat([text('view'), Buffer.of(1)]);
  const view = new WireReader(bytes).string()!;
  t.equal(view.buffer, bytes.buffer, 'no copy');
  t.equal(view.toString(), 'view');
  t.end();
});

for (const [name, bytes, read] of [
  ['a boolean of nothing', Buffer.alloc(0), (reader: WireReader) => reader.boolean()],
  ['three bytes of a number', Buffer.alloc(3), (reader: WireReader) => reader.uint32()],
  ['three bytes of a length', Buffer.alloc(3), (reader: WireReader) => reader.string()],
  [
    'a string that lacks a byte',
    Buffer.concat([length(3), Buffer.alloc(2)]),
    (reader: WireReader) => reader.string(),
  ],
  [
    'a text that lacks a byte',
    Buffer.concat([length(1), Buffer.alloc(0)]),
    (reader: WireReader) => reader.text(),
  ],
] as const)
  t.test(`${name} is none, and nothing comes after it`, (t) => {
    const reader = new WireReader(bytes);
    t.equal(read(reader), undefined);
    t.notOk(reader.atEnd, 'what went wrong is not the end');
    t.equal(reader.boolean(), undefined);
    t.equal(reader.uint32(), undefined);
    t.equal(reader.string(), undefined);
    t.equal(reader.text(), undefined);
    t.equal(reader.offset, bytes.length + 1);
    t.end();
  });

t.test('exactly enough is enough', (t) => {
  for (const [bytes, read] of [
    [Buffer.of(1), (reader: WireReader) => reader.boolean()],
    [Buffer.alloc(4), (reader: WireReader) => reader.uint32()],
    [Buffer.alloc(4), (reader: WireReader) => reader.string()],
    [text('abc'), (reader: WireReader) => reader.string()],
  ] as const) {
    const reader = new WireReader(bytes);
    t.not(read(reader), undefined);
    t.ok(reader.atEnd);
  }
  t.end();
});
