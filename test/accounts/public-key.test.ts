import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import t, { type Test } from 'tap';
import { isSoundEd25519Point } from '../../server/accounts/ed25519-point.ts';
import { fingerprintOf, parseKeyBlob } from '../../server/accounts/key-blob.ts';
import { parsePublicKey } from '../../server/accounts/public-key.ts';
import { Fault } from '../../server/domain/faults.ts';
import { mpint, rsaKey, testKey, wireStrings, type KeyName } from './fixtures/keys.ts';

const names: readonly KeyName[] = ['ed25519', 'p256', 'p384', 'p521', 'rsa3072'];

function has(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}

function rfc4716(blob: Buffer, headers: readonly string[] = ['Comment: "my key"']): string {
  const body = blob.toString('base64').replace(/.{70}(?=.)/g, '$&\n');
  return [
    '---- BEGIN SSH2 PUBLIC KEY ----',
    ...headers,
    body,
    '---- END SSH2 PUBLIC KEY ----',
  ].join('\n');
}

function refused(t: Test, text: string, code: string, words: RegExp): void {
  t.throws(() => parsePublicKey(text), {
    name: 'Fault',
    code,
    pointer: '/publicKey',
    message: words,
  });
}

for (const name of names) {
  t.test(`${name} in every form`, async (t) => {
    const { line, blob, type, bits, publicKey } = testKey(name);
    const expected = { type, bits, fingerprint: fingerprintOf(blob) };
    const forms: Record<string, readonly [text: string, comment: string]> = {
      line: [line, ''],
      'line with comment': [`${line} ann@example.org on "laptop"`, 'ann@example.org on "laptop"'],
      'line with a BOM and CRLF': [`\ufeff${line} x\r\n\r\n`, 'x'],
      'RFC 4716': [rfc4716(blob), 'my key'],
      'RFC 4716 with CRLF': [rfc4716(blob).replaceAll('\n', '\r\n'), 'my key'],
      'RFC 4716 without headers': [rfc4716(blob, []), ''],
      'RFC 4716 with a header on two lines': [
        rfc4716(blob, ['x-a: b', 'COMMENT: two \\', 'lines']),
        'two lines',
      ],
      SPKI: [publicKey.export({ format: 'pem', type: 'spki' }).toString(), ''],
    };
    if (name === 'rsa3072')
      forms['PKCS#1'] = [publicKey.export({ format: 'pem', type: 'pkcs1' }).toString(), ''];
    for (const [form, [text, comment]] of Object.entries(forms)) {
      const key = parsePublicKey(text);
      t.match(key, { ...expected, comment }, form);
      t.ok(Buffer.from(key.blob).equals(blob), `${form}: the same blob`);
      t.ok(key.keyObject.equals(publicKey), `${form}: the same key`);
    }
  });

  t.test(`${name} cut or extended at every length`, async (t) => {
    const { blob } = testKey(name);
    let accepted = 0;
    const attempt = (bytes: Buffer): void => {
      try {
        parseKeyBlob(bytes);
        accepted += 1;
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
      }
    };
    for (let length = 0; length < blob.length; length += 1) attempt(blob.subarray(0, length));
    for (let extra = 1; extra <= 70; extra += 1)
      attempt(Buffer.concat([blob, Buffer.alloc(extra, extra)]));
    t.equal(accepted, 0);
  });
}

t.test(
  'as ssh-keygen writes them',
  { skip: !has('ssh-keygen', '-?') && 'no ssh-keygen' },
  async (t) => {
    const directory = t.testdir();
    for (const [type, bits] of [
      ['ed25519', '256'],
      ['ecdsa', '521'],
      ['rsa', '3072'],
    ] as const) {
      const file = join(directory, type);
      execFileSync('ssh-keygen', [
        '-q',
        '-t',
        type,
        '-b',
        bits,
        '-N',
        '',
        '-C',
        'made here',
        '-f',
        file,
      ]);
      const key = parsePublicKey(readFileSync(`${file}.pub`, 'utf8'));
      const shown = execFileSync('ssh-keygen', ['-l', '-f', file]).toString();
      t.equal(
        shown.startsWith(`${key.bits} ${key.fingerprint} made here`),
        true,
        `${type}: fingerprint and bits agree`,
      );
      for (const form of ['RFC4716', 'PKCS8', 'PEM']) {
        // ssh-keygen 9.2 writes Ed25519 in RFC 4716 form only.
        if (type === 'ed25519' && form !== 'RFC4716') continue;
        const text = execFileSync('ssh-keygen', ['-e', '-m', form, '-f', `${file}.pub`]).toString();
        // ssh-keygen's PEM of an EC key is SPKI as well.
        t.equal(parsePublicKey(text).fingerprint, key.fingerprint, `${type} ${form}`);
      }
      refused(t, readFileSync(file, 'utf8'), 'key-private', /an OpenSSH private key/);
      execFileSync('ssh-keygen', ['-q', '-p', '-m', 'PEM', '-N', '', '-f', file]);
      refused(t, readFileSync(file, 'utf8'), 'key-private', /private key/);
    }
  },
);

t.test(
  'as puttygen writes them',
  { skip: !has('puttygen', '--version') && 'no puttygen' },
  async (t) => {
    const file = join(t.testdir({ empty: '' }), 'key.ppk');
    execFileSync('puttygen', [
      '-q',
      '-t',
      'ed25519',
      '-o',
      file,
      '--new-passphrase',
      join(file, '..', 'empty'),
    ]);
    refused(t, readFileSync(file, 'utf8'), 'key-private', /a PuTTY private key/);
    const line = execFileSync('puttygen', [file, '-L']).toString();
    const exported = execFileSync('puttygen', [file, '-p']).toString();
    t.equal(parsePublicKey(exported).fingerprint, parsePublicKey(line).fingerprint);
  },
);

t.test('private keys are refused by name and never repeated', async (t) => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const cases: readonly (readonly [string, RegExp])[] = [
    [rsa.export({ format: 'pem', type: 'pkcs8' }).toString(), /PKCS#8/],
    [
      rsa
        .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' })
        .toString(),
      /PKCS#8/,
    ],
    [rsa.export({ format: 'pem', type: 'pkcs1' }).toString(), /PEM private key/],
    [ec.export({ format: 'pem', type: 'sec1' }).toString(), /PEM private key/],
    [JSON.stringify(ec.export({ format: 'jwk' })), /JWK/],
    ['PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\n', /PuTTY private key/],
    [`${testKey('ed25519').line}\nPuTTY-User-Key-File-3: ssh-ed25519`, /PuTTY private key/],
    ['---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nP2/56wAAA', /ssh\.com private key/],
    ['SSH PRIVATE KEY FILE FORMAT 1.1\n', /SSH version 1/],
    ['b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ', /OpenSSH private key/],
  ];
  for (const [text, words] of cases) {
    refused(t, text, 'key-private', words);
    if (text.length < 200) continue;
    try {
      parsePublicKey(text);
    } catch (error) {
      t.notOk(String(error).includes(text.slice(-40, -30)), 'the reason shows nothing of the key');
    }
  }
});

t.test('weak and foreign keys are refused in their own words', async (t) => {
  const { line, blob } = testKey('ed25519');
  const encoded = (...fields: readonly (string | Uint8Array)[]) =>
    wireStrings(...fields).toString('base64');
  const dsa = generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).publicKey;
  const pem = (name: string) =>
    generateKeyPairSync('ec', { namedCurve: name })
      .publicKey.export({ format: 'pem', type: 'spki' })
      .toString();
  const cases: readonly (readonly [string, string, RegExp])[] = [
    [rsaKey(2048).line, 'key-weak', /2048 bits; 3072/],
    [rsaKey(3064).line, 'key-weak', /3064 bits/],
    [rsaKey(2048).publicKey.export({ format: 'pem', type: 'spki' }).toString(), 'key-weak', /2048/],
    [`ssh-dss ${encoded('ssh-dss', Buffer.alloc(20, 1))}`, 'key-weak', /DSA/],
    [dsa.export({ format: 'pem', type: 'spki' }).toString(), 'key-weak', /DSA/],
    ['1024 65537 12345678901234567890 me', 'key-weak', /version 1/],
    [
      `sk-ssh-ed25519@openssh.com ${encoded('sk-ssh-ed25519@openssh.com')}`,
      'field-invalid',
      /cut short/,
    ],
    [`ssh-ed25519-cert-v01@openssh.com ${encoded('x')}`, 'field-invalid', /certificates/],
    [`ssh-ed448 ${encoded('ssh-ed448', Buffer.alloc(57))}`, 'field-invalid', /must be one of/],
    [pem('secp256k1'), 'field-invalid', /P-256, P-384 or P-521/],
    [pem('brainpoolP256r1'), 'field-invalid', /P-256, P-384 or P-521/],
    [
      generateKeyPairSync('ed448').publicKey.export({ format: 'pem', type: 'spki' }).toString(),
      'field-invalid',
      /must be one of/,
    ],
    [`no-pty ${line}`, 'field-invalid', /options/],
    [`command="rm -rf /",from="10.0.0.1" ${line}`, 'field-invalid', /options/],
    [`${line}\n${line}`, 'field-invalid', /one key/],
    [`ssh-rsa ${blob.toString('base64')}`, 'field-invalid', /says ssh-rsa but/],
    ['', 'field-invalid', /empty/],
    [' \n ', 'field-invalid', /empty/],
    ['\\\\server\\share\\key', 'field-invalid', /send a public key/],
    ['/etc/ssh/ssh_host_rsa_key.pub', 'field-invalid', /send a public key/],
    ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', 'field-invalid', /X\.509/],
    ['-----BEGIN PGP PUBLIC KEY BLOCK-----', 'field-invalid', /OpenPGP/],
    ['-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----', 'field-invalid', /damaged/],
    [`${rfc4716(blob)}\ntrailing`, 'field-invalid', /nothing after it/],
    [rfc4716(blob, ['Comment: never ends\\']), 'field-invalid', /./],
    [rfc4716(blob, ['Com ment: x']), 'field-invalid', /wrong form/],
    [rfc4716(blob, [`Comment: ${'x'.repeat(1025)}`]), 'field-invalid', /wrong form/],
    ['-----BEGIN PUBLIC KEY-----\nAAAA', 'field-invalid', /nothing after it/],
    ['-----BEGIN NOTHING-----', 'field-invalid', /send a public key/],
    [
      '---- BEGIN SSH2 PUBLIC KEY ----\nComment: x\\\n---- END SSH2 PUBLIC KEY ----',
      'field-invalid',
      /goes on past its end/,
    ],
    [`ssh-ed25519 ${blob.toString('base64')}=`, 'field-invalid', /base64/],
    [`ssh-ed25519 ${blob.toString('base64').replace('A', '-')}`, 'field-invalid', /base64/],
    ['x'.repeat(20_000), 'field-invalid', /too long/],
  ];
  for (const [text, code, words] of cases) refused(t, text, code, words);
  for (const value of [undefined, null, 7, {}, [line]])
    refused(t, value as string, 'field-invalid', /text/);
});

t.test('PEM with bytes after its end, and with a compressed point', async (t) => {
  const der = testKey('p256').publicKey.export({ format: 'der', type: 'spki' });
  const pem = (bytes: Buffer) =>
    `-----BEGIN PUBLIC KEY-----\n${bytes.toString('base64')}\n-----END PUBLIC KEY-----`;
  t.equal(parsePublicKey(pem(der)).type, 'ecdsa-sha2-nistp256');
  refused(t, pem(Buffer.concat([der, Buffer.of(0)])), 'field-invalid', /canonical|damaged/);
  const compressed = Buffer.concat([
    Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex'),
    Buffer.of(2 + ((der.at(-1) ?? 0) & 1)),
    der.subarray(-64, -32),
  ]);
  t.equal(
    parsePublicKey(pem(compressed)).fingerprint,
    fingerprintOf(testKey('p256').blob),
    'the same key',
  );
});

t.test('numbers and points that are not what they should be', async (t) => {
  const jwk = testKey('rsa3072').publicKey.export({ format: 'jwk' });
  const [e, n] = [mpint(jwk.e), mpint(jwk.n)];
  const zero = Buffer.alloc(1);
  const even = Buffer.concat([n.subarray(0, -1), Buffer.of(n[n.length - 1]! & 0xfe)]);
  const { blob } = testKey('p256');
  const offCurve = Buffer.from(blob);
  offCurve[offCurve.length - 1]! ^= 1;
  const ed = (hex: string) => wireStrings('ssh-ed25519', Buffer.from(hex, 'hex'));
  const cases: Record<string, Buffer> = {
    'modulus with a needless zero': wireStrings('ssh-rsa', e, Buffer.concat([zero, n])),
    'exponent with a needless zero': wireStrings('ssh-rsa', Buffer.concat([zero, e]), n),
    'negative modulus': wireStrings('ssh-rsa', e, n.subarray(1)),
    'zero exponent': wireStrings('ssh-rsa', Buffer.alloc(0), n),
    'zero exponent as a byte': wireStrings('ssh-rsa', zero, n),
    'exponent one': wireStrings('ssh-rsa', Buffer.of(1), n),
    'even exponent': wireStrings('ssh-rsa', Buffer.of(2), n),
    'huge exponent': wireStrings('ssh-rsa', n, n),
    'even modulus': wireStrings('ssh-rsa', e, even),
    'modulus beyond 16384 bits': wireStrings(
      'ssh-rsa',
      e,
      Buffer.concat([Buffer.of(1), Buffer.alloc(2048, 255)]),
    ),
    'point off the curve': offCurve,
    'point of another curve': wireStrings(
      'ecdsa-sha2-nistp384',
      'nistp256',
      Buffer.from(blob.subarray(-65)),
    ),
    'compressed point': wireStrings(
      'ecdsa-sha2-nistp256',
      'nistp256',
      Buffer.concat([Buffer.of(2), blob.subarray(-64, -32)]),
    ),
    'point at infinity': wireStrings('ecdsa-sha2-nistp256', 'nistp256', zero),
    'Ed25519 of 31 bytes': ed('02'.repeat(31)),
    'Ed25519 neutral point': ed(`01${'00'.repeat(31)}`),
    'Ed25519 order 2': ed(`ec${'ff'.repeat(30)}7f`),
    'Ed25519 order 4': ed('00'.repeat(32)),
    'Ed25519 order 8': ed('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'),
    'Ed25519 y beyond the field': ed(`ee${'ff'.repeat(30)}7f`),
    'Ed25519 off the curve': ed(`02${'00'.repeat(31)}`),
    'a length of 4 GiB': Buffer.from('ffffffff00', 'hex'),
    'a type only': wireStrings('ssh-ed25519'),
  };
  for (const [name, bytes] of Object.entries(cases)) {
    t.throws(() => parseKeyBlob(bytes), { name: 'Fault', code: 'field-invalid' }, name);
  }
});

t.test('a parsed blob is a copy', async (t) => {
  const { blob } = testKey('ed25519');
  const given = Buffer.from(blob);
  const key = parseKeyBlob(new Uint8Array(given.buffer, given.byteOffset, given.length));
  given.fill(0);
  t.ok(Buffer.from(key.blob).equals(blob));
});

t.test('whatever the bytes or text, a key or a Fault', async () => {
  const onlyFaults = (work: () => unknown): boolean => {
    try {
      work();
      return true;
    } catch (error) {
      return error instanceof Fault;
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) =>
      onlyFaults(() => parseKeyBlob(bytes)),
    ),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) =>
      onlyFaults(() => parsePublicKey(text)),
    ),
  );
  const mutated = fc.tuple(fc.constantFrom(...names), fc.nat(), fc.nat(255));
  fc.assert(
    fc.property(mutated, ([name, at, value]) => {
      const bytes = Buffer.from(testKey(name).blob);
      bytes[at % bytes.length] = value;
      // Other bits can make another good key, but it is that key: nothing is normalised away.
      return onlyFaults(() => {
        if (!Buffer.from(parseKeyBlob(bytes).blob).equals(bytes)) throw new Error('another key');
      });
    }),
  );
});

t.test('what is no point', async (t) => {
  t.equal(isSoundEd25519Point(new Uint8Array(31)), false);
  t.equal(isSoundEd25519Point(new Uint8Array(33)), false);
});

t.test('every Ed25519 key that is made is sound', async (t) => {
  for (let count = 0; count < 50; count += 1) {
    const { x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
    t.doesNotThrow(() =>
      parseKeyBlob(wireStrings('ssh-ed25519', Buffer.from(x ?? '', 'base64url'))),
    );
  }
});
