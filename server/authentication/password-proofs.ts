import type { Accounts } from '../accounts/accounts.ts';
import type { LoginFacts } from '../accounts/logins.ts';
import { Fault } from '../domain/faults.ts';
import type { FaultCode } from '../domain/faults.ts';

type Parts = {
  readonly accounts: Pick<Accounts, 'verifyPassword' | 'passwordDue' | 'rehashPassword'>;
};

/** A password that was right; `due` is why it has to be changed before it counts. */
export type JudgedPassword = { readonly passwordId: string; readonly due: FaultCode | null };

/**
 * @param assertMay throws where no password can help this user now; asked after the hash, so that the cost is the same for
 *   every name
 * @throws Fault `password-wrong`
 */
export async function judgePassword(
  { accounts }: Parts,
  login: LoginFacts | undefined,
  { password, nowMs }: { password: string; nowMs: number },
  assertMay: (login: LoginFacts | undefined) => asserts login is LoginFacts,
): Promise<JudgedPassword> {
  const fits = await accounts.verifyPassword(login?.passwordHash ?? null, password);
  assertMay(login);
  const { passwordId } = login;
  if (!fits || passwordId === null) throw new Fault('password-wrong');
  return { passwordId, due: accounts.passwordDue(login, nowMs) };
}

/**
 * Makes the hash of a password anew that was right, if new ones cost more by now. What cannot be done today is done
 * tomorrow: nobody is kept out for it.
 */
export async function freshenHash(
  { accounts }: Parts,
  login: LoginFacts,
  { password, source }: { password: string; source: string },
): Promise<void> {
  try {
    await accounts.rehashPassword(login, source, password);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
}
