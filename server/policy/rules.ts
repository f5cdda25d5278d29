import type { PathRule, Permission } from '../domain/permissions.ts';
import { segmentsOf, type VirtualPath } from '../domain/virtual-path.ts';

const nothing: ReadonlySet<Permission> = new Set();

/**
 * What the rules allow at a path: the longest matching rule decides alone, so a rule further down can take away as well
 * as give. Whole segments are compared, never string prefixes (SFTPGo CVE-2026-49244).
 */
export function allowedAt(rules: readonly PathRule[], path: VirtualPath): ReadonlySet<Permission> {
  const segments = segmentsOf(path);
  let best: { readonly rank: number; readonly rule: PathRule } | undefined;
  for (const rule of rules) {
    const pattern = patternOf(rule);
    if (pattern.length > segments.length || !matches(pattern, segments)) continue;
    const rank = pattern.length * 100 - pattern.filter((segment) => segment === '*').length;
    if (best === undefined || rank > best.rank) best = { rank, rule };
  }
  return best === undefined ? nothing : new Set(best.rule.allow);
}

/** Whether something below the path is granted, so that the path has to be shown for the way there to be found. */
export function leadsToGrant(rules: readonly PathRule[], path: VirtualPath): boolean {
  return leadsToRule(
    rules.filter((rule) => rule.allow.length > 0),
    path,
  );
}

/** Whether a rule, be it one that takes everything away, speaks of something below the path. */
export function leadsToRule(rules: readonly PathRule[], path: VirtualPath): boolean {
  const segments = segmentsOf(path);
  return rules.some((rule) => {
    const pattern = patternOf(rule);
    return pattern.length > segments.length && matches(pattern.slice(0, segments.length), segments);
  });
}

/** Whether a rule that grants something calls the path by its name: what the rules say is there is no secret. */
export function isNamed(rules: readonly PathRule[], path: VirtualPath): boolean {
  const segments = segmentsOf(path);
  return rules.some((rule) => {
    const pattern = patternOf(rule);
    return (
      rule.allow.length > 0 &&
      pattern.length === segments.length &&
      pattern.at(-1) !== '*' &&
      matches(pattern, segments)
    );
  });
}

/** Whether the path exists at all for the holder of the rules. */
export function isVisible(rules: readonly PathRule[], path: VirtualPath): boolean {
  return allowedAt(rules, path).size > 0 || leadsToGrant(rules, path);
}

/** A login's rules are the same objects for as long as it lives, and are asked about with each name of a listing. */
const patterns = new WeakMap<PathRule, readonly string[]>();

function patternOf(rule: PathRule): readonly string[] {
  const known = patterns.get(rule);
  if (known !== undefined) return known;
  const pattern = rule.path === '/' ? [] : rule.path.slice(1).split('/');
  patterns.set(rule, pattern);
  return pattern;
}

/** `pattern` is a prefix of `segments`, segment by segment. */
function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  return pattern.every((segment, index) => segment === '*' || segment === segments[index]);
}
