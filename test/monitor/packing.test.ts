import t from 'tap';
import fc from 'fast-check';
import { pack, unpack } from '../../server/monitor/packing.ts';

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

t.test('a value of the seam comes through JSON as it was, bytes included', async (t) => {
  fc.assert(
    fc.property(value, (given) => {
      const through = unpack(JSON.parse(JSON.stringify(pack(given))) as unknown);
      t.strictSame(plain(through), plain(given));
    }),
    { numRuns: 300 },
  );
});

t.test('bytes are packed as they are seen, not as the buffer behind them', async (t) => {
  const whole = Buffer.from('secret-shown-secret');
  const packed = JSON.stringify(pack(whole.subarray(7, 12)));
  t.notMatch(packed, whole.toString('base64').slice(0, 8));
  t.equal(Buffer.from(unpack(JSON.parse(packed) as unknown) as Uint8Array).toString(), 'shown');
});
