import t from 'tap';
import fc from 'fast-check';
import { BytesBeside, pack, unpack } from '../../server/monitor/packing.ts';

const bytes = fc.uint8Array({ maxLength: 64 });
const leaf = fc.oneof(fc.string(), fc.maxSafeInteger(), fc.boolean(), fc.constant(null), bytes);
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.string().filter((key) => !key.startsWith('$') && key !== '__proto__'),
      tie('value'),
      {
        maxKeys: 4,
      },
    ),
  ),
})).value;

/** Buffers count as the bytes they are. */
function plain(given: unknown): unknown {
  if (given instanceof Uint8Array) return Uint8Array.from(given);
  if (Array.isArray(given)) return given.map(plain);
  if (typeof given !== 'object' || given === null) return given;
  return Object.fromEntries(Object.entries(given).map(([key, item]) => [key, plain(item)]));
}

function through(given: unknown): unknown {
  const bytes: Uint8Array[] = [];
  const json = JSON.stringify(pack(given, bytes));
  const beside = new BytesBeside(Buffer.concat(bytes));
  const taken = unpack(JSON.parse(json), beside);
  t.ok(beside.isEmpty);
  return taken;
}

t.test('a value of the seam comes through JSON as it was, bytes included', async (t) => {
  fc.assert(
    fc.property(value, (given) => {
      const before = plain(given);
      t.strictSame(plain(through(given)), before);
      t.strictSame(plain(given), before, 'and is not changed by it');
    }),
    { numRuns: 300 },
  );
});

t.test('bytes go as they are seen, not as the buffer behind them, and as they were', async (t) => {
  const whole = Buffer.from('secret-shown-secret');
  const bytes: Uint8Array[] = [];
  const packed = pack({ a: [whole.subarray(7, 12)] }, bytes);
  whole.fill(0);
  t.same(packed, { a: [{ $bytes: 5 }] });
  t.equal(Buffer.concat(bytes).toString(), 'shown');
});

t.test('bytes that did not come are none', async (t) => {
  for (const length of [2, -1, 0.5, NaN, 1e300]) {
    const beside = new BytesBeside(Buffer.of(7));
    t.throws(() => unpack([{ $bytes: length }], beside), RangeError, String(length));
  }
});
