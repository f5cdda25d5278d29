import type { Unit } from '../database/units.ts';
import { isCidrIn } from '../domain/addresses.ts';
import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import { keyOf, selectKeys, type AdminKey } from './admin-key-rows.ts';
import { hasScope } from './admin-scopes.ts';

/** What a key may do, from where, where and until when; what is absent is not given by the change. */
export type Rights = Pick<AdminKey, 'scopes' | 'agency'> &
  Partial<Pick<AdminKey, 'allowedCidrs' | 'expiresAtMs'>>;

/** A key that does not exist any more gives nothing. */
const nothing: Required<Rights> = {
  scopes: [],
  agency: null,
  allowedCidrs: [],
  expiresAtMs: null,
};

/**
 * Nobody gives more than they have. Asked of the acting key as it is in the unit: it may have been changed or removed
 * while its call was under way.
 *
 * @throws Fault `scope-missing`, `agency-not-allowed`
 */
export async function refuseMoreThanOwn(
  unit: Unit,
  { actor }: Origin,
  wanted: Rights,
): Promise<void> {
  if (actor.kind === 'host') return;
  if (actor.kind !== 'admin') throw new Fault('scope-missing');
  await refuseMoreThanKey(unit, actor.keyId, wanted);
}

/**
 * The same where a secret is issued, of everybody whose hands it goes through: of a change that takes two administrators
 * the one who approves it is told the secret. The holder of the key itself, `keyId`, gets nothing new.
 *
 * @throws Fault `scope-missing`, `agency-not-allowed`
 */
export async function refuseSecretOfMore(
  unit: Unit,
  origin: Origin,
  keyId: string,
  rights: Rights,
): Promise<void> {
  const { actor } = origin;
  if (actor.kind !== 'admin' || actor.keyId !== keyId)
    await refuseMoreThanOwn(unit, origin, rights);
  const approver = actor.kind === 'admin' ? actor.approvedBy?.keyId : undefined;
  if (approver !== undefined && approver !== keyId) await refuseMoreThanKey(unit, approver, rights);
}

async function refuseMoreThanKey(unit: Unit, keyId: string, wanted: Rights): Promise<void> {
  const row = await selectKeys(unit).where('admin_keys.id', '=', keyId).executeTakeFirst();
  const own = row === undefined ? nothing : keyOf(row, unit.nowMs);
  if (own.agency !== null && wanted.agency !== own.agency) {
    throw new Fault(
      'agency-not-allowed',
      `this key is bound to ${own.agency}, and so are those that it gives`,
      { pointer: '/agency' },
    );
  }
  const lacking = wanted.scopes.filter((scope) => !hasScope(own, scope));
  if (lacking.length > 0) {
    throw new Fault(
      'scope-missing',
      `a key gives only scopes that it has itself; this one lacks ${lacking.join(', ')}`,
      { pointer: '/scopes' },
    );
  }
  refuseOtherAddresses(own, wanted);
  const { expiresAtMs } = wanted;
  if (expiresAtMs === undefined || own.scopes.includes('*')) return;
  if ((expiresAtMs ?? Infinity) > (own.expiresAtMs ?? Infinity)) {
    throw new Fault(
      'scope-missing',
      'a key without the scope * gives no key that lives longer than itself',
      { pointer: '/expiresAt' },
    );
  }
}

function refuseOtherAddresses(
  { allowedCidrs: own }: Pick<AdminKey, 'allowedCidrs'>,
  { allowedCidrs: wanted }: Rights,
): void {
  if (wanted === undefined || own.length === 0) return;
  if (wanted.length > 0 && wanted.every((cidr) => isCidrIn(cidr, own))) return;
  throw new Fault(
    'scope-missing',
    `this key gives only addresses within its own: ${own.join(', ')}`,
    { pointer: '/allowedCidrs' },
  );
}
