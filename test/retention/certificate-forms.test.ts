import t from 'tap';
import fc from 'fast-check';
import {
  actorText,
  certificateCsvHeader,
  certificateCsvLine,
  certificateLine,
  ruleText,
} from '../../server/retention/certificate-forms.ts';
import { certificatePage, runPage } from '../../server/retention/certificate-pages.ts';
import {
  destructionMethod,
  type Certificate,
  type KeptCertificate,
} from '../../server/retention/certificates.ts';
import { canonicalJson } from '../../server/ledger/canonical-json.ts';

const base: Certificate = {
  id: '0197f3a1c2da',
  type: 'waybill-destruction.1',
  agency: 'alameda',
  path: '/outgoing/report.csv',
  target: 'file',
  versionId: 'v1',
  size: 12,
  sha256: 'ab'.repeat(32),
  receivedAt: '2026-01-02T03:04:05.006Z',
  receivedBy: 'amy',
  collectedAt: '2026-01-03T03:04:05.006Z',
  purgedAt: '2026-04-02T03:04:05.006Z',
  rule: {
    agency: null,
    path: '/outgoing/**',
    olderThanDays: 90,
    clock: 'received',
    targets: ['file'],
    keepVersions: 0,
  },
  jobId: 'job-1',
  jobName: 'after 90 days',
  runId: 'run-1',
  planSha256: 'cd'.repeat(32),
  requestedBy: { kind: 'server' },
  approvedBy: { kind: 'admin', keyId: 'bob', name: 'Bob' },
  method: destructionMethod,
  server: { name: 'waybill', version: '1' },
};
const signature = '-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n';
const signers = 'waybill namespaces="waybill-destruction" ssh-ed25519 AAAA\n';

function keptOf(change: Partial<Certificate> = {}): KeptCertificate {
  const certificate = { ...base, ...change };
  return { certificate, text: canonicalJson(certificate), signature };
}

/** Whatever a client or an administrator may choose. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '=1+1',
    '@SUM(A1)',
    '+1',
    '-1',
    '\t=1',
    ' =1',
    '"=1"',
    "'",
    '"',
    'a,b',
    'a\r\nb',
    '<script>',
    '</pre>',
    '&lt;',
    '',
    ' a ',
  ),
);

/** A reader of RFC 4180, as strict as that is. */
function csvRows(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (let at = 0; at < text.length;) {
    const quoted = /"((?:[^"]|"")*)"/y;
    quoted.lastIndex = at;
    const plain = /[^",\r\n]*/y;
    plain.lastIndex = at;
    const found = quoted.exec(text);
    if (found !== null) {
      row.push(found[1]!.replaceAll('""', '"'));
      at = quoted.lastIndex;
    } else {
      row.push(plain.exec(text)![0]);
      at = plain.lastIndex;
    }
    if (text.startsWith('\r\n', at)) {
      rows.push(row);
      row = [];
      at += 2;
    } else if (text[at] === ',') at += 1;
    else throw new Error(`not CSV at ${at}: ${JSON.stringify(text.slice(at, at + 20))}`);
  }
  return rows;
}

t.test('CSV has every field, and none that a spreadsheet would run', (t) => {
  const [names] = csvRows(certificateCsvHeader);
  fc.assert(
    fc.property(anyText, anyText, anyText, (path, jobName, receivedBy) => {
      const rows = csvRows(certificateCsvLine(keptOf({ path, jobName, receivedBy })));
      const [row] = rows;
      if (rows.length !== 1 || row!.length !== names!.length) return false;
      const read = Object.fromEntries(names!.map((name, index) => [name, row![index]!]));
      const isSafe = row!.every(
        (field) =>
          !/^[\s'"]*[=+\-@\t\r\n\uff0b\uff0d\uff1d\uff20]/u.test(field) || field.startsWith("'"),
      );
      const says = (name: string, text: string) => read[name] === text || read[name] === `'${text}`;
      return (
        isSafe && says('path', path) && says('jobName', jobName) && says('receivedBy', receivedBy)
      );
    }),
    { numRuns: 300 },
  );
  const line = certificateCsvLine(
    keptOf({ sha256: null, collectedAt: null, approvedBy: null, planSha256: null }),
  );
  const [row] = csvRows(line);
  const empty = names!.filter((_, index) => row![index] === '');
  t.same(empty, ['sha256', 'collectedAt', 'planSha256', 'approvedBy']);
  t.match(
    certificateCsvLine(keptOf({ path: '/outgoing/=cmd' })),
    ',/outgoing/=cmd,',
    'a path begins with a slash',
  );
  t.end();
});

t.test('a line of JSON has the signed bytes as they are', (t) => {
  fc.assert(
    fc.property(anyText, (path) => {
      const kept = keptOf({ path });
      const line = certificateLine(kept);
      const inner = line.slice('{"certificate":'.length, line.indexOf(',"signature":"-----BEGIN'));
      return (
        inner === kept.text &&
        line.indexOf('\n') === line.length - 1 &&
        JSON.stringify(JSON.parse(line)) ===
          JSON.stringify({ certificate: JSON.parse(kept.text) as unknown, signature })
      );
    }),
  );
  t.end();
});

const voidTags = new Set(['meta', '!doctype', 'wbr', 'line', 'circle', 'rect']);

/** Whether tags are closed in their order, and are of those that these pages have; returns the text between them. */
function textOf(html: string): string {
  const open: string[] = [];
  const allowed =
    /^(!doctype|html|head|meta|title|style|body|h1|h2|p|span|dl|dt|dd|code|pre|table|thead|tbody|tr|th|td|wbr|div|svg|line|circle|rect|text)$/;
  const text = html.replaceAll(
    /<(\/?)([!a-z0-9]+)((?:\s[^<>]*)?)>/gi,
    (_, slash: string, name: string, attributes: string) => {
      const tag = name.toLowerCase();
      if (!allowed.test(tag)) throw new Error(`<${tag}> is none of them`);
      if (/\son|javascript:|\bsrc=|href=/i.test(attributes))
        throw new Error(`<${tag}${attributes}>`);
      if (slash === '/') {
        if (open.pop() !== tag) throw new Error(`</${tag}> closes something else`);
      } else if (!voidTags.has(tag)) open.push(tag);
      return ' ';
    },
  );
  if (open.length > 0) throw new Error(`${open.join(', ')} are open`);
  const style = text.replace(/body \{[^]*?@page[^}]*\} ?\}/, '');
  if (/[<>]/.test(style.replaceAll(/&[a-z#0-9]+;/g, ''))) throw new Error('a < or > of its own');
  return unescaped(text);
}

function unescaped(html: string): string {
  return html
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

async function* listOf(items: readonly KeptCertificate[]): AsyncGenerator<KeptCertificate> {
  yield* items;
}

const printed = {
  id: 'run-1',
  jobName: base.jobName,
  rule: base.rule,
  planSha256: base.planSha256,
  requestedBy: base.requestedBy,
  approvedBy: base.approvedBy,
  startedAt: '2026-04-02T03:04:00.000Z',
  endedAt: '2026-04-02T03:04:09.000Z',
  purged: { files: 2, bytes: 24 },
};

t.test('a printed certificate says all of it, whatever is in its names, and runs nothing', (t) => {
  const text = textOf(certificatePage(keptOf(), signers));
  for (const said of [
    base.id,
    base.path,
    base.agency,
    base.sha256!,
    'amy',
    base.purgedAt,
    'Bob (key bob)',
    'by its schedule',
    'ssh-keygen -Y verify',
    canonicalJson(base),
    signers.trim(),
  ])
    t.ok(text.includes(said), said);
  const page = certificatePage(keptOf(), signers);
  t.match(page, /Content-Security-Policy" content="default-src 'none'/);
  t.notMatch(page, /<script|https?:/);
  fc.assert(
    fc.property(anyText, anyText, anyText, (path, jobName, receivedBy) => {
      textOf(certificatePage(keptOf({ path, jobName, receivedBy, agency: jobName }), signers));
      return true;
    }),
    { numRuns: 200 },
  );
  t.match(
    certificatePage(keptOf({ path: '/outgoing/\u202egnp.exe' }), signers),
    '/outgoing/[U+202E]gnp.exe',
  );
  for (const change of [
    { collectedAt: null },
    { sha256: null, target: 'partial-upload' as const },
    { purgedAt: base.receivedAt },
  ])
    t.doesNotThrow(() => textOf(certificatePage(keptOf(change), signers)));
  t.end();
});

// A path with a zero-width joiner: what was copied out of the page had its number in place of it, and no signature was good.
t.test('what is to be copied out of the page is there to the byte', (t) => {
  const copied = (html: string) =>
    [...html.matchAll(/<pre>([^]*?)<\/pre>/g)].map(([, text]) => unescaped(text!));
  fc.assert(
    fc.property(
      fc.oneof(anyText, fc.constantFrom('\u200d', '\u202egnp', '\ufeff', '\u2066&lt;')),
      (name) => {
        const kept = keptOf({ path: `/outgoing/${name}`, receivedBy: name });
        const pieces = copied(certificatePage(kept, signers));
        return [kept.text, kept.signature, signers].every((piece) => pieces.includes(piece));
      },
    ),
    { numRuns: 200 },
  );
  t.end();
});

t.test('a printed run has a row for each, and sums of its own', async (t) => {
  const items = [
    keptOf(),
    keptOf({ id: 'second', agency: '<b>', path: '/outgoing/<script>', target: 'previous-version' }),
  ];
  let page = '';
  for await (const piece of runPage(printed, listOf(items), signers)) page += piece;
  const text = textOf(page);
  t.equal(page.match(/<tr>/g)!.length, 3);
  for (const said of [
    'second',
    '/outgoing/<script>',
    '<b>',
    'an earlier version of a file',
    'after 90 days',
    '2 items',
    '24 bytes',
    signers.trim(),
  ])
    t.ok(text.includes(said), said);
  let none = '';
  for await (const piece of runPage(
    { ...printed, purged: { files: 0, bytes: 0 } },
    listOf([]),
    signers,
  ))
    none += piece;
  t.match(textOf(none), 'Nothing was destroyed');
});

t.test('rules and actors in words', (t) => {
  t.equal(
    ruleText(base.rule),
    'file of all agencies in /outgoing/** older than 90 days since received',
  );
  t.equal(
    ruleText({
      ...base.rule,
      agency: 'kern',
      olderThanDays: 1,
      clock: 'collected',
      targets: ['file', 'previous-version'],
      keepVersions: 3,
    }),
    'file, previous-version of kern in /outgoing/** older than 1 day since collected, keeping the newest 3',
  );
  t.equal(actorText({ kind: 'server' }), 'server');
  t.equal(actorText({ kind: 'admin', keyId: 'k', name: 'Ana' }), 'Ana (key k)');
  t.end();
});
