import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import type { AuthenticationReply, Proof } from '../../../server/domain/authentication.ts';
import { wireString } from '../../../server/domain/wire-string.ts';
import { accepted, loginRequest, refused } from '../../connection/harness.ts';

/** The one key of `alice`, the same in every run. */
const privateKey = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 9)]),
  format: 'der',
  type: 'pkcs8',
});
const publicKey = createPublicKey(privateKey);
const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
export const clientKey = { blob: Buffer.concat([wireString('ssh-ed25519'), wireString(raw)]) };

/** Ed25519 gives the same signature each time. */
const made = new Map<string, Buffer>();

/** A login by key: the signature is over that session and that user, which need not be those of the request. */
export function signedRequest(user: string, sessionId: Buffer, signedUser: string): Buffer {
  const name = `${user} ${sessionId.toString('hex')} ${signedUser}`;
  const request = made.get(name) ?? makeSigned(user, sessionId, signedUser);
  made.set(name, request);
  return Buffer.from(request);
}

function makeSigned(user: string, sessionId: Buffer, signedUser: string): Buffer {
  const asked = (name: string) =>
    loginRequest(
      name,
      'publickey',
      Buffer.of(1),
      wireString('ssh-ed25519'),
      wireString(clientKey.blob),
    );
  const signature = sign(
    null,
    Buffer.concat([wireString(sessionId), asked(signedUser)]),
    privateKey,
  );
  const wrapped = Buffer.concat([wireString('ssh-ed25519'), wireString(signature)]);
  return Buffer.concat([asked(user), wireString(wrapped)]);
}

/** Exactly two things log in: alice with her password, and alice with her key over this session and this request. */
export function isCredential(user: string, proof: Proof, sessionId: Buffer | null): boolean {
  if (user !== 'alice') return false;
  if (proof.kind === 'password') return proof.password === 'good';
  if (proof.kind !== 'signature' || sessionId === null) return false;
  const prefix = Buffer.concat([wireString(sessionId), Buffer.of(50), wireString(user)]);
  const signed = Buffer.from(proof.signed);
  return (
    clientKey.blob.equals(proof.keyBlob) &&
    signed.subarray(0, prefix.length).equals(prefix) &&
    verify(null, signed, publicKey, proof.signature)
  );
}

export function replyTo(user: string, proof: Proof, sessionId: Buffer | null): AuthenticationReply {
  if (isCredential(user, proof, sessionId)) return accepted;
  if (proof.kind === 'offer' && user === 'alice' && clientKey.blob.equals(proof.keyBlob))
    return { kind: 'offer-accepted' };
  if (proof.kind === 'none' && user === '') return { kind: 'disconnect' };
  return { ...refused, partial: user === 'bob' } as AuthenticationReply;
}
