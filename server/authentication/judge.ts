import type { Accounts } from '../accounts/accounts.ts';
import type { LoginFacts, LoginKey } from '../accounts/logins.ts';
import type { Database } from '../database/units.ts';
import type { Proof, ProofMethod } from '../domain/authentication.ts';
import { Fault } from '../domain/faults.ts';
import type { FaultCode } from '../domain/faults.ts';
import type { ConnectionState } from './connection-state.ts';
import { stepAfter } from './login-methods.ts';
import { isExpired, matchKey, methodsOf, readPresentedKey, verifySignature } from './proofs.ts';
import type { VerifiedProof } from './proofs.ts';
import type { UsedKeys } from './used-keys.ts';
import { userRefusal } from './user-gate.ts';

type JudgeParts = {
  readonly database: Database;
  readonly accounts: Pick<Accounts, 'findForLogin' | 'verifyPassword'>;
  readonly sshSessionIdOf?: (connectionId: string) => Uint8Array | undefined;
  readonly usedKeys: UsedKeys;
};

/** What a proof came to. Only `complete` leads to a login. */
export type Verdict =
  | { readonly kind: 'methods' }
  | { readonly kind: 'offer-accepted' }
  | {
      readonly kind: 'partial';
      readonly verified: readonly VerifiedProof[];
      readonly methods: readonly ProofMethod[];
    }
  | {
      readonly kind: 'complete';
      readonly verified: readonly VerifiedProof[];
      readonly login: LoginFacts;
    };

/**
 * Judges one proof. Nothing of the connection changes here.
 *
 * @throws Fault with the reason of the refusal
 */
export async function judge(
  parts: JudgeParts,
  connection: ConnectionState,
  proof: Proof,
): Promise<Verdict> {
  if (proof.kind === 'none') return { kind: 'methods' };
  const { login, nowMs } = await parts.database.read(async (reader) => ({
    login: await parts.accounts.findForLogin(reader, connection.username ?? ''),
    nowMs: reader.nowMs,
  }));
  switch (proof.kind) {
    case 'offer':
      return judgeOffer(parts, connection, proof, { login, nowMs });
    case 'signature':
      assertMayProve(connection, login, 'publickey', nowMs);
      return nextVerdict(
        connection,
        login,
        verifySignature(proof, {
          login,
          nowMs,
          sshSessionId: sshSessionIdOf(parts, connection),
          usedKeys: parts.usedKeys,
        }),
      );
    case 'password': {
      const hash = login?.passwordHash ?? null;
      // First of all, so that the cost is the same for every name.
      const fits = await parts.accounts.verifyPassword(hash, proof.password);
      assertMayProve(connection, login, 'password', nowMs);
      if (!fits || hash === null) throw new Fault('password-wrong');
      return nextVerdict(connection, login, { method: 'password', passwordHash: hash });
    }
    case 'unusable':
      throw new Fault('method-not-allowed');
    default:
      // The seam's other side may be wrong about the shape.
      throw new Fault('proof-malformed');
  }
}

/**
 * Null where nobody tells the identifiers. Who is told them has one of every connection that can prove anything, so a
 * connection without one has nothing that fits.
 */
function sshSessionIdOf(
  { sshSessionIdOf: find }: JudgeParts,
  { opening }: ConnectionState,
): Uint8Array | null {
  return find === undefined ? null : (find(opening.connectionId) ?? new Uint8Array());
}

/**
 * Answers to offers are not delayed, so an unknown user costs the same work as a known one: the shorter way is for a key
 * that is accepted, which the answer tells anyway.
 */
function judgeOffer(
  { usedKeys }: JudgeParts,
  connection: ConnectionState,
  { algorithm, keyBlob }: Extract<Proof, { kind: 'offer' }>,
  { login, nowMs }: { readonly login: LoginFacts | undefined; readonly nowMs: number },
): Verdict {
  const refusal = refusalToProve(connection, login, 'publickey', nowMs);
  const accepted = login === undefined || refusal !== null ? [] : login.keys.filter(isGood);
  const presented = readPresentedKey(algorithm, keyBlob, (blob) => usedKeys.parse(blob, accepted));
  if (refusal !== null) throw new Fault(refusal);
  matchKey(login?.keys ?? [], presented, nowMs);
  return { kind: 'offer-accepted' };

  function isGood(key: LoginKey): boolean {
    return !isExpired(key, nowMs);
  }
}

/** @throws Fault with the reason why no proof of this method can help this user now */
function assertMayProve(
  connection: ConnectionState,
  login: LoginFacts | undefined,
  method: ProofMethod,
  nowMs: number,
): asserts login is LoginFacts {
  const refusal = refusalToProve(connection, login, method, nowMs);
  if (refusal !== null) throw new Fault(refusal);
}

/** Why no proof of this method can help this user now; null if one may. */
function refusalToProve(
  { opening, verified }: ConnectionState,
  login: LoginFacts | undefined,
  method: ProofMethod,
  nowMs: number,
): FaultCode | null {
  if (login === undefined) return 'user-unknown';
  const refusal = userRefusal(login, opening.source.address, nowMs);
  if (refusal !== null) return refusal;
  const step = stepAfter(login.loginMethods, [...methodsOf(verified), method]);
  if (step.kind === 'not-allowed') return 'method-not-allowed';
  return login.lockedMethods.includes(method) ? 'account-locked' : null;
}

function nextVerdict(
  connection: ConnectionState,
  login: LoginFacts,
  proof: VerifiedProof,
): Verdict {
  const verified = [...connection.verified, proof];
  const step = stepAfter(login.loginMethods, methodsOf(verified));
  if (step.kind === 'not-allowed') throw new Fault('method-not-allowed');
  return step.kind === 'partial'
    ? { kind: 'partial', verified, methods: step.methods }
    : { kind: 'complete', verified, login };
}
