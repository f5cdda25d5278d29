import type { AuthenticationReply, Prompt, Proof, ProofMethod } from '../domain/authentication.ts';
import { Fault } from '../domain/faults.ts';

/** What keyboard-interactive (RFC 4256) has asked a client for and waits for. */
export type Asked =
  | { readonly kind: 'password' }
  | { readonly kind: 'totp' }
  /** This password was right, and has to be changed. */
  | { readonly kind: 'new-password'; readonly passwordId: string };

/** A proof as it is judged: answers stand for what they answer. */
export type JudgedProof =
  | Exclude<Proof, { kind: 'answers' }>
  | { readonly kind: 'code'; readonly code: string }
  | {
      readonly kind: 'replacement';
      readonly passwordId: string;
      readonly newPassword: string;
    };

/**
 * What is asked next. Before a proof was good it is the password, whoever the user is: another question would tell of it.
 *
 * @param methods those that may come next
 * @throws Fault `method-not-allowed` where neither a password nor a code can come next
 */
export function questionFor(methods: readonly ProofMethod[], isFirst: boolean): Asked {
  if (!isFirst && methods.includes('totp')) return { kind: 'totp' };
  if (!methods.includes('password')) throw new Fault('method-not-allowed');
  return { kind: 'password' };
}

/** @throws Fault `proof-malformed` for answers to nothing, or not as many as questions; `password-unacceptable` for two that differ */
export function answeredProof(asked: Asked | null, proof: Proof): JudgedProof {
  if (proof.kind !== 'answers') return proof;
  const { answers } = proof;
  if (asked === null || answers.length !== promptsOf(asked).length)
    throw new Fault('proof-malformed');
  const first = answers[0]!;
  switch (asked.kind) {
    case 'password':
      return { kind: 'password', password: first };
    case 'totp':
      return { kind: 'code', code: first };
    case 'new-password':
      if (first !== answers[1])
        throw new Fault('password-unacceptable', 'the two new passwords are not the same');
      return { kind: 'replacement', passwordId: asked.passwordId, newPassword: first };
  }
}

export function promptReply(asked: Asked, instruction = ''): AuthenticationReply {
  return { kind: 'prompt', instruction, prompts: promptsOf(asked) };
}

function promptsOf({ kind }: Asked): readonly Prompt[] {
  switch (kind) {
    case 'password':
      return [hidden('Password: ')];
    case 'totp':
      return [hidden('One-time code: ')];
    case 'new-password':
      return [hidden('New password: '), hidden('New password once more: ')];
  }
}

function hidden(text: string): Prompt {
  return { text, echo: false };
}
