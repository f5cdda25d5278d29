import type { Accounts } from '../accounts/accounts.ts';
import type { LoginFacts, LoginKey } from '../accounts/logins.ts';
import type { Database } from '../database/units.ts';
import type { Proof, ProofMethod } from '../domain/authentication.ts';
import { Fault } from '../domain/faults.ts';
import type { FaultCode } from '../domain/faults.ts';
import { signatureAlgorithms } from '../domain/signature-algorithms.ts';
import type { ConnectionState, NamedConnection } from './connection-state.ts';
import { answeredProof, questionFor } from './interaction.ts';
import type { Asked } from './interaction.ts';
import { freshenHash, judgePassword } from './password-proofs.ts';
import { stepAfter } from './login-methods.ts';
import { certificateRefusal } from './certificate-refusal.ts';
import { presentedIn, readPresented, withStanding } from './presented-certificate.ts';
import type { PresentedCertificate } from './presented-certificate.ts';
import {
  isExpired,
  matchKey,
  methodsOf,
  presentedByCertificate,
  readPresentedKey,
  verifySignature,
} from './proofs.ts';
import type { VerifiedProof } from './proofs.ts';
import type { UsedKeys } from './used-keys.ts';
import { userRefusal } from './user-gate.ts';

type JudgeParts = {
  readonly database: Database;
  readonly accounts: Pick<
    Accounts,
    | 'findForLogin'
    | 'certificateStanding'
    | 'verifyPassword'
    | 'passwordDue'
    | 'hashNewPassword'
    | 'rehashPassword'
    | 'judgeCode'
  >;
  readonly sshSessionIdOf?: (connectionId: string) => Uint8Array | undefined;
  readonly signatureAlgorithms?: readonly string[];
  readonly usedKeys: UsedKeys;
};

/** What a proof came to. Only `complete` leads to a login. */
export type Verdict =
  | { readonly kind: 'methods' }
  | { readonly kind: 'offer-accepted' }
  | { readonly kind: 'asks'; readonly asked: Asked }
  /** The password is right, and has to be changed before it lets anybody in. */
  | { readonly kind: 'due'; readonly passwordId: string; readonly reason: FaultCode }
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
  connection: NamedConnection,
  given: Proof,
  asked: Asked | null,
): Promise<Verdict> {
  const proof = answeredProof(asked, given);
  if (proof.kind === 'none') return { kind: 'methods' };
  if (proof.kind === 'interactive') {
    const isFirst = connection.verified.length === 0;
    return { kind: 'asks', asked: questionFor(connection.methods, isFirst) };
  }
  const read = readPresented(given, parts.signatureAlgorithms ?? signatureAlgorithms);
  const { login, presented, nowMs } = await parts.database.read(async (reader) => {
    const login = await parts.accounts.findForLogin(reader, connection.username);
    const presented = await withStanding(parts.accounts, reader, login, read);
    return { login, presented, nowMs: reader.nowMs };
  });
  switch (proof.kind) {
    case 'offer':
      return judgeOffer(parts, connection, proof, {
        login,
        nowMs,
        presented: presentedIn(presented),
      });
    case 'signature':
      assertMayProve(connection, login, 'publickey', nowMs);
      return nextVerdict(
        connection,
        login,
        verifySignature(proof, {
          login,
          nowMs,
          address: connection.opening.source.address,
          presented: presentedIn(presented),
          sshSessionId: sshSessionIdOf(parts, connection),
          usedKeys: parts.usedKeys,
        }),
      );
    case 'password':
    case 'password-change': {
      const { password } = proof;
      const may: AssertMay = (found) => assertMayProve(connection, found, 'password', nowMs);
      const { source } = connection;
      const { passwordId, due } = await judgePassword(parts, login, { password, nowMs }, may);
      may(login);
      await assertStillMay(parts, connection, 'password');
      if (proof.kind === 'password-change')
        return replacedVerdict(parts, connection, login, { ...proof, passwordId });
      if (due !== null) return { kind: 'due', passwordId, reason: due };
      await freshenHash(parts, login, { password, source });
      return nextVerdict(connection, login, { method: 'password', passwordId, newHash: null });
    }
    case 'replacement':
      assertMayProve(connection, login, 'password', nowMs);
      if (login.passwordId !== proof.passwordId) throw new Fault('password-wrong');
      return replacedVerdict(parts, connection, login, proof);
    case 'code': {
      assertMayProve(connection, login, 'totp', nowMs);
      const code = await parts.database.read((reader) =>
        parts.accounts.judgeCode(reader, login, proof.code),
      );
      await assertStillMay(parts, connection, 'totp');
      return nextVerdict(connection, login, { method: 'totp', code });
    }
    case 'unusable':
      throw new Fault('method-not-allowed');
    default:
      // The seam's other side may be wrong about the shape.
      throw new Fault('proof-malformed');
  }
}

type AssertMay = (found: LoginFacts | undefined) => asserts found is LoginFacts;

/** The password that was just proven counts as a proof; it is changed where the whole login is accepted. */
async function replacedVerdict(
  { accounts }: JudgeParts,
  connection: ConnectionState,
  login: LoginFacts,
  { passwordId, newPassword }: { readonly passwordId: string; readonly newPassword: string },
): Promise<Verdict> {
  const newHash = await accounts.hashNewPassword(login, newPassword);
  return nextVerdict(connection, login, { method: 'password', passwordId, newHash });
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
  connection: NamedConnection,
  { algorithm, keyBlob }: Extract<Proof, { kind: 'offer' }>,
  {
    login,
    nowMs,
    presented: certified,
  }: {
    readonly login: LoginFacts | undefined;
    readonly nowMs: number;
    readonly presented: PresentedCertificate | undefined;
  },
): Verdict {
  const refusal = refusalToProve(connection, login, 'publickey', nowMs);
  if (certified !== undefined) {
    const { certificate, standing } = certified;
    presentedByCertificate(algorithm, certificate);
    if (refusal !== null) throw new Fault(refusal);
    const { address } = connection.opening.source;
    const { username } = connection;
    const denial = certificateRefusal(certificate, standing, { username, address, nowMs });
    if (denial !== null) throw new Fault(denial);
    return { kind: 'offer-accepted' };
  }
  const accepted = login === undefined || refusal !== null ? [] : login.keys.filter(isGood);
  const presented = readPresentedKey(algorithm, keyBlob, (blob) => usedKeys.parse(blob, accepted));
  assertMayProve(connection, login, 'publickey', nowMs);
  matchKey(login.keys, presented, nowMs);
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

/**
 * What was guessed beside it may have locked the account while this one was looked at: whoever guesses at many connections
 * at once is told nothing of the one that was right.
 */
async function assertStillMay(
  { database, accounts }: JudgeParts,
  connection: NamedConnection,
  method: ProofMethod,
): Promise<void> {
  const { login, nowMs } = await database.read(async (reader) => ({
    login: await accounts.findForLogin(reader, connection.username),
    nowMs: reader.nowMs,
  }));
  assertMayProve(connection, login, method, nowMs);
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
  // What is not allowed was refused before its proof was looked at; here it would be a way that leads nowhere.
  if (step.kind !== 'complete') return { kind: 'partial', verified, methods: step.methods };
  return { kind: 'complete', verified, login };
}
