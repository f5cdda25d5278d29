import { checkExpiry, checkShownName, fieldInvalid } from '../accounts/fields.ts';
import { parseGlob } from '../domain/glob.ts';
import type { Hold, HoldScope } from './hold-rows.ts';
import { isoOf } from './parts.ts';

/** What an administrator says of a hold. */
export type HoldFields = HoldScope & Pick<Hold, 'reason' | 'authority' | 'untilMs'>;
type Needed = 'reason' | 'authority';
export type NewHold = Pick<HoldFields, Needed> & Partial<Omit<HoldFields, Needed>>;
/** What it is on stays: another hold says otherwise. */
export type HoldChange = Partial<Pick<HoldFields, 'reason' | 'authority' | 'untilMs'>>;

const scopeOfAll: HoldScope = {
  agency: null,
  path: null,
  file: null,
  receivedFromMs: null,
  receivedUntilMs: null,
};

/** All but whether its agency and its file are there. @throws Fault `field-invalid` */
export function checkNewHold(wanted: NewHold, nowMs: number): HoldFields {
  const hold = { ...scopeOfAll, untilMs: null, ...wanted };
  checkScope(hold);
  return {
    ...hold,
    path: hold.path === null ? null : parseGlob(hold.path),
    reason: checkShownName(hold.reason, '/reason'),
    authority: checkShownName(hold.authority, '/authority'),
    untilMs: checkUntil(hold.untilMs, nowMs),
  };
}

function checkScope({ agency, path, file, receivedFromMs, receivedUntilMs }: HoldScope): void {
  const said = [agency, path, file, receivedFromMs, receivedUntilMs];
  if (said.every((part) => part === null))
    throw fieldInvalid(
      '/agency',
      'an agency, a path, a file or a time of receipt: a hold is on something, and never on everything',
    );
  if (path !== null && file !== null)
    throw fieldInvalid('/file', 'null where there is a path: a hold is on a file, or on a pattern');
  checkExpiry(receivedFromMs, '/receivedFrom');
  checkExpiry(receivedUntilMs, '/receivedUntil');
  if (receivedFromMs !== null && receivedUntilMs !== null && receivedUntilMs <= receivedFromMs)
    throw fieldInvalid('/receivedUntil', 'a time after /receivedFrom, or null');
}

/**
 * What of it really changes is up to the caller. It can only be made to last longer: an earlier end would be a lifting
 * without its reason, and past the second administrator whom a lifting may take.
 *
 * @throws Fault `field-invalid`
 */
export function checkHoldChange(
  { untilMs: endsMs }: Pick<Hold, 'untilMs'>,
  change: HoldChange,
  nowMs: number,
): HoldChange {
  const { reason, authority, untilMs } = change;
  return {
    ...(reason !== undefined && { reason: checkShownName(reason, '/reason') }),
    ...(authority !== undefined && { authority: checkShownName(authority, '/authority') }),
    ...(untilMs !== undefined && { untilMs: checkLaterUntil(untilMs, endsMs, nowMs) }),
  };
}

function checkLaterUntil(
  untilMs: number | null,
  endsMs: number | null,
  nowMs: number,
): number | null {
  if (untilMs === endsMs) return untilMs;
  const until = checkUntil(untilMs, nowMs);
  if (until === null || (endsMs !== null && until > endsMs)) return until;
  const accepted = endsMs === null ? 'null' : `null, or a time after ${isoOf(endsMs)}`;
  throw fieldInvalid('/until', `${accepted}: to end it earlier, lift it, with a reason`);
}

/** An end that is over already would be a lifting without its reason. */
function checkUntil(untilMs: number | null, nowMs: number): number | null {
  const until = checkExpiry(untilMs, '/until');
  if (until !== null && until <= nowMs)
    throw fieldInvalid('/until', 'a time to come, or null; what is to end now is lifted');
  return until;
}

export const checkLiftReason = (reason: string): string => checkShownName(reason, '/reason');
