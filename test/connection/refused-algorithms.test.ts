import { createRequire } from 'node:module';
import t from 'tap';
import { algorithmSets } from '../../server/connection/algorithms.ts';
import { generateEcdsaHostKey, hostKeySigner } from '../../server/connection/host-keys.ts';
import { rawClient, serve, until, type ServeOptions } from './harness.ts';

const require = createRequire(import.meta.url);
const known = require('ssh2/lib/protocol/constants.js') as Readonly<
  Record<'SUPPORTED_KEX' | 'SUPPORTED_CIPHER' | 'SUPPORTED_MAC' | 'SUPPORTED_COMPRESSION', string[]>
>;

type Offer = {
  kex: string[];
  serverHostKey: string[];
  cipher: string[];
  mac: string[];
  compress: string[];
};
const good: Offer = {
  kex: ['curve25519-sha256'],
  serverHostKey: ['ssh-ed25519'],
  cipher: ['aes256-ctr'],
  mac: ['hmac-sha2-256-etm@openssh.com'],
  compress: ['none'],
};

function offerOf({ kex, serverHostKey, cipher, mac, compress }: Offer): object {
  const direction = { cipher, mac, compress, lang: [] };
  return { kex, serverHostKey, cs: direction, sc: direction };
}

/** Why a client that can do nothing else does not come in; undefined if it does. */
async function refusal(
  t: Parameters<typeof serve>[0],
  offer: Offer,
  options: ServeOptions = {},
): Promise<string | undefined> {
  const served = await serve(t, options);
  const connected = await rawClient(t, served, { offer: offerOf(offer) }).then(
    () => true,
    () => false,
  );
  if (connected) return undefined;
  await until(() => served.notices.length > 0);
  return served.notices[0]!.text;
}

/** What ssh2's client can speak, and what servers of the last twenty years were ever told to. */
const everything = {
  kex: [
    ...known.SUPPORTED_KEX,
    'sntrup761x25519-sha512',
    'sntrup761x25519-sha512@openssh.com',
    'rsa2048-sha256',
    'gss-group14-sha256-toWM5Slw5Ew8Mqkay+al2g==',
  ],
  serverHostKey: ['ssh-rsa', 'ssh-dss', 'rsa-sha2-256', 'rsa-sha2-512', 'ecdsa-sha2-nistp256'],
  cipher: [...known.SUPPORTED_CIPHER, 'none', 'aes256-gcm', 'rijndael-cbc@lysator.liu.se'],
  mac: [...known.SUPPORTED_MAC, 'none', 'umac-64@openssh.com', 'hmac-ripemd160'],
  compress: known.SUPPORTED_COMPRESSION,
} satisfies Readonly<Record<keyof Offer, readonly string[]>>;

const { modern } = algorithmSets;
const taken: Readonly<Record<keyof Offer, readonly string[]>> = {
  kex: modern.kex,
  serverHostKey: ['ssh-ed25519'],
  cipher: modern.ciphers,
  mac: modern.macs,
  compress: ['none'],
};

for (const kind of Object.keys(everything) as (keyof Offer)[]) {
  for (const name of everything[kind]) {
    if (taken[kind].includes(name)) continue;
    t.test(`${kind} ${name} alone`, async (t) => {
      const text = await refusal(t, { ...good, [kind]: [name] });
      t.match(text, /no matching/i);
    });
  }
}

t.test('the same client comes in with what is taken', async (t) => {
  t.equal(await refusal(t, good), undefined);
});

const ecdsa = hostKeySigner(generateEcdsaHostKey());
const both: ServeOptions = {
  hostKeys: [ecdsa.publicKey],
  sign: async (_connectionId, exchangeHash) => ecdsa.sign(exchangeHash),
};

t.test('fips takes no curve of another kind', async (t) => {
  const options: ServeOptions = { ...both, algorithms: 'fips' };
  const nist = { ...good, serverHostKey: ['ecdsa-sha2-nistp384'], kex: ['ecdh-sha2-nistp384'] };
  for (const kex of ['ecdh-sha2-nistp256', 'ecdh-sha2-nistp384', 'ecdh-sha2-nistp521'])
    t.equal(await refusal(t, { ...nist, kex: [kex] }, options), undefined, kex);
  for (const kex of ['curve25519-sha256', 'diffie-hellman-group14-sha256'])
    t.match(await refusal(t, { ...nist, kex: [kex] }, options), /no matching key exchange/, kex);
  for (const cipher of ['chacha20-poly1305@openssh.com', 'aes128-cbc'])
    t.match(await refusal(t, { ...nist, cipher: [cipher] }, options), /no matching/, cipher);
  t.match(
    await refusal(t, { ...nist, serverHostKey: ['ssh-ed25519'] }, { algorithms: 'fips' }),
    /no matching host key/i,
    'though the server has such a key',
  );
});

t.test('older clients come in where their address has a grant, and there only', async (t) => {
  for (const kex of [
    'diffie-hellman-group14-sha256',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
  ]) {
    t.match(await refusal(t, { ...good, kex: [kex] }), /no matching key exchange/, kex);
    t.equal(await refusal(t, { ...good, kex: [kex] }, { legacyInterop: true }), undefined, kex);
  }
  for (const kex of ['diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'])
    t.match(await refusal(t, { ...good, kex: [kex] }, { legacyInterop: true }), /no matching/, kex);
});
