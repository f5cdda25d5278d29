const p = 2n ** 255n - 19n;
const d = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
const squareRootOfMinusOne = power(2n, (p - 1n) / 4n);

/** `x` over `z` and `y` over `z`; RFC 8032 section 5.1.4 without its fourth coordinate. */
type Point = { readonly x: bigint; readonly y: bigint; readonly z: bigint };

/**
 * Whether 32 bytes are the canonical form of a point on the curve (RFC 8032 section 5.1.3) whose order is not small.
 * Slow and not in constant time: for public keys only.
 */
export function isSoundEd25519Point(bytes: Uint8Array): boolean {
  const point = decode(bytes);
  if (point === undefined) return false;
  // Times the cofactor 8, a point of small order is the neutral element (0, 1).
  const multiple = double(double(double(point)));
  return !(multiple.x === 0n && multiple.y === multiple.z);
}

function decode(bytes: Uint8Array): Point | undefined {
  if (bytes.length !== 32) return undefined;
  const number = BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
  const sign = number >> 255n;
  const y = number & (2n ** 255n - 1n);
  if (y >= p) return undefined;
  const x = squareRootOfRatio(modulo(y * y - 1n), modulo(d * y * y + 1n));
  if (x === undefined || (x === 0n && sign === 1n)) return undefined;
  return { x: (x & 1n) === sign ? x : p - x, y, z: 1n };
}

/** A root of u / v, if there is one. */
function squareRootOfRatio(u: bigint, v: bigint): bigint | undefined {
  const v3 = modulo(v * v * v);
  const root = modulo(u * v3 * power(modulo(u * v3 * v3 * v), (p - 5n) / 8n));
  const square = modulo(v * root * root);
  if (square === u) return root;
  if (square === modulo(-u)) return modulo(root * squareRootOfMinusOne);
  return undefined;
}

/** Doubling on -x^2 + y^2 = 1 + d x^2 y^2 in projective coordinates (Bernstein and others 2008, "dbl-2008-bbjlp"). */
function double({ x, y, z }: Point): Point {
  const b = modulo((x + y) * (x + y));
  const c = modulo(x * x);
  const dd = modulo(y * y);
  const e = modulo(-c);
  const f = modulo(e + dd);
  const j = modulo(f - 2n * z * z);
  return { x: modulo((b - c - dd) * j), y: modulo(f * (e - dd)), z: modulo(f * j) };
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = modulo(result * square);
    square = modulo(square * square);
  }
  return result;
}

function modulo(value: bigint): bigint {
  const rest = value % p;
  return rest < 0n ? rest + p : rest;
}
