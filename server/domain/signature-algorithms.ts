/** What a plain key may sign a login with. SHA-1 and DSA are not among them. */
export const plainSignatureAlgorithms = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const;

/** What a key in a FIDO security device signs with (OpenSSH's PROTOCOL.u2f). */
export const hardwareSignatureAlgorithms = [
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
] as const;

/** All that a signature may be named with. A certified key signs as it would without its certificate. */
export const signatureAlgorithms: readonly string[] = [
  ...plainSignatureAlgorithms,
  ...hardwareSignatureAlgorithms,
];

const certified = /^([a-z0-9-]{1,64})-cert-v01@openssh\.com$/;

/** Whether the name is that of a certified key or of what one signs with (OpenSSH's PROTOCOL.certkeys). */
export function isCertified(name: string): boolean {
  return certified.test(name);
}

/** `ssh-ed25519-cert-v01@openssh.com` is `ssh-ed25519`; a name without a certificate is itself. */
export function plainNameOf(name: string): string {
  const base = certified.exec(name)?.[1];
  if (base === undefined) return name;
  return base.startsWith('sk-') ? `${base}@openssh.com` : base;
}

/** The other way round. */
export function certifiedNameOf(name: string): string {
  return `${name.replace(/@openssh\.com$/, '')}-cert-v01@openssh.com`;
}

export function isHardware(name: string): boolean {
  return (hardwareSignatureAlgorithms as readonly string[]).includes(plainNameOf(name));
}

/** The type that a key has which is asked to sign with that: RSA has several algorithms for one type (RFC 8332). */
export function keyTypeFor(algorithm: string): string {
  return algorithm.replace(/^rsa-sha2-(?:256|512)(?=$|-cert-)/, 'ssh-rsa');
}
