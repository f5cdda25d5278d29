// Why a user may not log in now, whatever the proofs.
import t from 'tap';
import {
  assertNotLocked,
  basisOf,
  isJobAtHome,
  userRefusal,
} from '../../server/authentication/user-gate.ts';
import type { LoginFacts } from '../../server/accounts/logins.ts';

const nowMs = Date.UTC(2030, 0, 1);
const login = {
  status: 'active',
  expiresAtMs: null,
  allowedCidrs: [],
  lockedMethods: [],
  rules: [{ path: '/', allow: ['list'] }],
  loginMethods: [['publickey']],
  quotaBytes: null,
  maxSessions: 3,
  accountKind: 'service',
  oneFactorRefused: true,
} as unknown as LoginFacts;

t.test('disabled, expired, elsewhere, in this order', (t) => {
  const refusal = (change: Partial<LoginFacts>, address = '192.0.2.1') =>
    userRefusal({ ...login, ...change }, address, nowMs);
  t.equal(refusal({}), null);
  t.equal(refusal({ status: 'disabled' }), 'user-disabled');
  t.equal(refusal({ expiresAtMs: nowMs }), 'user-expired');
  t.equal(refusal({ expiresAtMs: nowMs - 1 }), 'user-expired');
  t.equal(refusal({ expiresAtMs: nowMs + 1 }), null);
  const allowedCidrs = ['198.51.100.0/24', '2001:db8::/32'];
  t.equal(refusal({ allowedCidrs }), 'address-not-allowed');
  t.equal(refusal({ allowedCidrs }, '198.51.100.7'), null);
  t.equal(refusal({ allowedCidrs }, '2001:db8::7'), null);
  t.equal(refusal({ status: 'disabled', expiresAtMs: 0, allowedCidrs }), 'user-disabled');
  t.equal(refusal({ expiresAtMs: 0, allowedCidrs }), 'user-expired');
  t.end();
});

t.test('a job at home is a service that comes from given addresses alone', (t) => {
  const allowedCidrs = ['192.0.2.0/24'];
  t.ok(isJobAtHome({ accountKind: 'service', allowedCidrs }));
  t.notOk(isJobAtHome({ accountKind: 'service', allowedCidrs: [] }));
  t.notOk(isJobAtHome({ accountKind: 'person', allowedCidrs }));
  // Whoever wrote the whole Internet down was at home everywhere, with one factor.
  for (const wide of ['0.0.0.0/0', '::/0', '10.0.0.0/15', '2001:db8::/31'])
    t.notOk(isJobAtHome({ accountKind: 'service', allowedCidrs: [...allowedCidrs, wide] }), wide);
  t.ok(isJobAtHome({ accountKind: 'service', allowedCidrs: ['10.0.0.0/16', '2001:db8::/32'] }));
  t.end();
});

t.test('a lock refuses the proofs that it names', (t) => {
  const locked = { ...login, lockedMethods: ['password', 'totp'] } as LoginFacts;
  t.throws(() => assertNotLocked(locked, 'password'), { code: 'account-locked' });
  t.throws(() => assertNotLocked(locked, 'totp'), { code: 'account-locked' });
  assertNotLocked(locked, 'publickey');
  assertNotLocked(login, 'password');
  t.end();
});

t.test('what a login was given, each under the reason to take it away', (t) => {
  const job: LoginFacts = { ...login, allowedCidrs: ['192.0.2.0/24'] };
  const basis = basisOf(job);
  const changes: readonly (readonly [keyof typeof basis, Partial<LoginFacts>])[] = [
    ['permission-denied', { rules: [] }],
    ['method-not-allowed', { loginMethods: [['password']] }],
    ['second-factor-missing', { accountKind: 'person' }],
    ['second-factor-missing', { allowedCidrs: [] }],
    ['second-factor-missing', { oneFactorRefused: false }],
    ['quota-exceeded', { quotaBytes: 0 }],
    ['sessions-exceeded', { maxSessions: 2 }],
  ];
  t.same(new Set(Object.keys(basis)), new Set(changes.map(([reason]) => reason)));
  for (const [reason, change] of changes) {
    const other = basisOf({ ...job, ...change });
    for (const name of Object.keys(basis) as (keyof typeof basis)[])
      t.equal(other[name] === basis[name], name !== reason, `${reason} ${name}`);
  }
  const disabled: LoginFacts = { ...job, status: 'disabled' };
  t.same(basisOf(disabled), basis);
  t.end();
});
