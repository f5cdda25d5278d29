import t from 'tap';
import fc from 'fast-check';
import type { AgencyKind, Identity, IdentityFacts } from '../../server/domain/identity.ts';
import { defaultRules, permissions, type PathRule } from '../../server/domain/permissions.ts';
import { parseVirtualPathText, segmentsOf } from '../../server/domain/virtual-path.ts';
import { decide, type Operation } from '../../server/policy/decide.ts';
import { allowedAt, isVisible, leadsToRule } from '../../server/policy/rules.ts';

function identity(kind: AgencyKind, rules: readonly PathRule[] = defaultRules[kind]): Identity {
  const facts: IdentityFacts = {
    sessionId: 's',
    userId: 'u',
    username: 'amy',
    agencyId: 'a',
    agencyCode: kind === 'state' ? 'dcss' : 'alameda',
    agencyKind: kind,
    rules,
    quotaBytes: null,
    expiresAtMs: null,
    proofs: [],
    certificates: [],
    source: '192.0.2.1:1',
    client: 'test',
  };
  return facts as Identity;
}

function answer(who: Identity, path: string, operation: Operation): string {
  const outcome = decide(who, parseVirtualPathText(path), operation);
  return outcome.ok ? 'granted' : outcome.refusal.code;
}

t.test('the defaults, place by place', (t) => {
  const county = identity('lcsa');
  const state = identity('state');
  const table: readonly (readonly [Identity, string, Operation, string])[] = [
    [county, '/', 'list', 'granted'],
    [county, '/stray.txt', 'write', 'permission-denied'],
    [county, '/outgoing/a.txt', 'write', 'granted'],
    [county, '/outgoing/deep/er', 'mkdir', 'granted'],
    [county, '/incoming/a.txt', 'read', 'granted'],
    [county, '/incoming/a.txt', 'write', 'permission-denied'],
    [county, '/incoming/a.txt', 'delete', 'granted'],
    [county, '/receipts/r.json', 'read', 'granted'],
    [county, '/receipts/r.json', 'delete', 'permission-denied'],
    // For a county `/agencies` is an ordinary name of its own tree.
    [county, '/agencies/kern/outgoing/a', 'write', 'permission-denied'],
    [state, '/agencies', 'list', 'granted'],
    [state, '/agencies/kern', 'list', 'granted'],
    [state, '/agencies/kern/outgoing/a', 'read', 'granted'],
    [state, '/agencies/kern/outgoing/a', 'write', 'permission-denied'],
    [state, '/agencies/kern/outgoing/a', 'delete', 'permission-denied'],
    [state, '/agencies/kern/incoming/a', 'write', 'granted'],
    [state, '/agencies/kern/receipts', 'stat', 'not-found'],
    [state, '/agencies/kern', 'write', 'permission-denied'],
    [state, '/agencies/dcss/outgoing', 'list', 'not-found'],
  ];
  for (const [who, path, operation, expected] of table) {
    t.equal(answer(who, path, operation), expected, `${who.agencyCode} ${operation} ${path}`);
  }
  t.end();
});

t.test('rules compare whole segments: a sibling with the same beginning is not below', (t) => {
  const who = identity('lcsa', [{ path: '/share', allow: ['list', 'read'] }]);
  t.equal(answer(who, '/share/a', 'read'), 'granted');
  t.equal(answer(who, '/share-other/a', 'read'), 'not-found');
  t.equal(answer(who, '/shar', 'stat'), 'not-found');
  t.end();
});

t.test('the longest rule decides alone, and a named segment beats a star', (t) => {
  const rules: PathRule[] = [
    { path: '/a', allow: ['list', 'read', 'write'] },
    { path: '/a/*', allow: ['list'] },
    { path: '/a/b', allow: ['read'] },
    { path: '/a/closed', allow: [] },
  ];
  const at = (path: string) => [...allowedAt(rules, parseVirtualPathText(path))].sort();
  t.same(at('/a'), ['list', 'read', 'write']);
  t.same(at('/a/x/y'), ['list']);
  t.same(at('/a/b/c'), ['read']);
  t.same(at('/a/closed/c'), []);
  t.end();
});

t.test('who may neither list nor read is shown what is its own, and the way to it', (t) => {
  const who = identity('lcsa', [
    { path: '/outgoing/drop', allow: ['write'] },
    { path: '/outgoing/drop/in/reports', allow: ['read'] },
  ]);
  const ownOnly = (path: string) => {
    const outcome = decide(who, parseVirtualPathText(path), 'stat');
    return outcome.ok ? outcome.value.ownOnly : outcome.refusal.code;
  };
  t.equal(ownOnly('/outgoing'), false);
  t.equal(ownOnly('/outgoing/drop'), false);
  t.equal(ownOnly('/outgoing/drop/f'), true);
  t.equal(ownOnly('/outgoing/drop/in'), false);
  t.equal(ownOnly('/outgoing/drop/in/other'), true);
  t.equal(ownOnly('/outgoing/drop/in/reports/f'), false);
  t.equal(ownOnly('/incoming'), 'not-found');
  t.end();
});

t.test('a rule that takes everything away counts as a rule below', (t) => {
  const rules: PathRule[] = [
    { path: '/a/b/sealed', allow: [] },
    { path: '/c/*/sealed', allow: [] },
  ];
  const leads = (path: string) => leadsToRule(rules, parseVirtualPathText(path));
  for (const path of ['/', '/a', '/a/b', '/c/any']) t.ok(leads(path), path);
  for (const path of ['/a/b/sealed', '/a/c', '/c/any/other', '/d']) t.notOk(leads(path), path);
  t.end();
});

const segment = fc.constantFrom('a', 'b', 'ab', '*', 'c');
const path = fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.join('/')}`);
const rule = fc.record({ path, allow: fc.subarray([...permissions]) });

t.test(
  'properties: nothing is granted that no rule names, and every granted path can be walked to',
  (t) => {
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 6 }),
        path,
        fc.constantFrom<Operation>('read', 'write', 'delete', 'mkdir', 'rename'),
        (rules, text, operation) => {
          const who = identity('lcsa', rules);
          const virtual = parseVirtualPathText(text);
          const outcome = decide(who, virtual, operation);
          if (!outcome.ok) return;
          t.ok(rules.some((each) => each.allow.includes(operation as never)));
          segmentsOf(virtual).forEach((_, index, segments) => {
            const ancestor = parseVirtualPathText(`/${segments.slice(0, index).join('/')}`);
            // A rule that takes everything away in between hides the way on purpose.
            if (!rules.some((each) => each.allow.length === 0)) t.ok(isVisible(rules, ancestor));
          });
        },
      ),
      { numRuns: 500 },
    );
    t.end();
  },
);
