import t from 'tap';
import { createJob, dayMs, openRetained, startMs } from '../retention/fixtures/retained.ts';
import { gather, partsOver } from './fixtures/told.ts';

const amy = { username: 'amy', agency: 'alameda' };
const ben = { username: 'ben', agency: 'butte' };
const dora = { username: 'dora', agency: 'dcss', kind: 'state' } as const;
const year = { fromMs: startMs - dayMs, toMs: startMs + 300 * dayMs };

t.test('who read which file, partly and wholly, through renames', async (t) => {
  const { exchange, clock } = await openRetained(t);
  const parts = partsOver(exchange);
  const [sender, state] = [await exchange.connect(amy), await exchange.connect(dora)];
  await sender.put('/outgoing/case', Buffer.from('the first'));
  await sender.put('/outgoing/other', Buffer.from('another'));
  clock.pass(dayMs);
  await state.get('/agencies/alameda/outgoing/case');
  const handle = await state.open('/agencies/alameda/outgoing/other', 1);
  await state.read(handle, 0, 3);
  await state.close(handle);
  // Opened, and nothing of it went out.
  await state.close(await state.open('/agencies/alameda/outgoing/other', 1));
  await sender.rename('/outgoing/case', '/outgoing/renamed');
  await sender.get('/outgoing/renamed');

  const all = await gather(parts, 'readers', year);
  t.match(all.items, [
    { user: 'dora', userAgency: 'dcss', agency: 'alameda', path: '/outgoing/case', whole: true },
    { user: 'dora', path: '/outgoing/other', bytes: 3, whole: false },
    { user: 'amy', userAgency: 'alameda', path: '/outgoing/renamed', whole: true },
  ]);
  t.same(all.summary.totals, { reads: 3, whole: 2, bytes: 21 });
  const [first, partly] = all.items;
  const users = async (query: { path?: string; sha256?: string; file?: string; agency?: string }) =>
    (await gather(parts, 'readers', { ...year, ...query })).items.map(({ user }) => user);
  t.same(await users({ path: '/outgoing/case' }), ['dora']);
  t.same(await users({ sha256: String(first?.['sha256']) }), ['dora', 'amy'], 'the same content');
  t.same(await users({ file: String(first?.['fileId']) }), ['dora', 'amy'], 'the same file');
  t.same(await users({ sha256: String(partly?.['sha256']) }), ['dora'], 'of which a part went out');
  t.same(await users({ agency: 'dcss' }), []);
  t.same((await gather(parts, 'readers', { ...year, toMs: startMs + dayMs })).items, []);
});

t.test('disclosures are what another agency than the sender’s read, both ways', async (t) => {
  const { exchange } = await openRetained(t);
  const parts = partsOver(exchange);
  const [sender, other, state] = [
    await exchange.connect(amy),
    await exchange.connect(ben),
    await exchange.connect(dora),
  ];
  await sender.put('/outgoing/up', Buffer.from('up'));
  await sender.get('/outgoing/up');
  await state.get('/agencies/alameda/outgoing/up');
  await state.put('/agencies/butte/incoming/down', Buffer.from('down'));
  await state.get('/agencies/butte/incoming/down');
  await other.get('/incoming/down');
  const all = await gather(parts, 'disclosures', year);
  t.match(all.items, [
    {
      from: 'alameda',
      sender: 'amy',
      to: 'dcss',
      recipient: 'dora',
      fileName: 'alameda:/outgoing/up',
      bytes: 2,
      whole: true,
      why: 'sent to the State (/outgoing)',
      authority: null,
      numberOfRecords: null,
    },
    {
      from: 'dcss',
      sender: 'dora',
      to: 'butte',
      recipient: 'ben',
      fileName: 'butte:/incoming/down',
    },
  ]);
  t.equal(all.items.length, 2, 'nothing that stayed in an agency');
  const of = async (agency: string) =>
    (await gather(parts, 'disclosures', { ...year, agency })).items.map(({ to }) => to);
  t.same(await of('alameda'), ['dcss']);
  t.same(await of('butte'), ['butte']);
  t.same(await of('dcss'), ['dcss', 'butte']);

  // The content is gone, and who had sent it is still known.
  await sender.remove('/outgoing/up');
  const after = await gather(parts, 'disclosures', year);
  t.same(after.items, all.items);
});

t.test('a bulk transfer is told with each movement and with its end', async (t) => {
  const retained = await openRetained(t);
  const { exchange, clock } = retained;
  const parts = partsOver(exchange);
  const [sender, state] = [await exchange.connect(amy), await exchange.connect(dora)];
  await sender.put('/outgoing/collected', Buffer.from('one'));
  await sender.put('/outgoing/waits', Buffer.from('two'));
  await sender.put('/outgoing/removed', Buffer.from('three'));
  await sender.put('/outgoing/moved', Buffer.from('four'));
  clock.pass(dayMs);
  await state.get('/agencies/alameda/outgoing/collected');
  clock.pass(dayMs);
  await state.get('/agencies/alameda/outgoing/collected');
  // Its sender has not moved it anywhere.
  await sender.get('/outgoing/waits');
  await sender.remove('/outgoing/removed');
  await sender.rename('/outgoing/moved', '/outgoing/elsewhere');
  await sender.remove('/outgoing/elsewhere');
  const at = (days: number) => new Date(startMs + days * dayMs).toISOString();

  const before = await gather(parts, 'bulk-transfers', { ...year, agency: 'alameda' });
  const shown = ({ items }: typeof before) =>
    items.map((line) => [
      line['fileName'],
      line['movementDate'],
      line['movedToAgency'],
      line['dispositionDate'],
      line['dispositionMethod'],
    ]);
  const removed = [
    ['/outgoing/removed', null, null, at(2), 'removed by amy: cryptographic erase'],
    ['/outgoing/moved', null, null, null, 'destroyed: cryptographic erase'],
  ];
  t.same(shown(before), [
    ['/outgoing/collected', at(1), 'dcss', null, null],
    ['/outgoing/collected', at(2), 'dcss', null, null],
    ['/outgoing/waits', null, null, null, null],
    ...removed,
  ]);
  t.same(before.summary.totals, { files: 4, bytes: 15, movements: 2, disposed: 2 });
  t.match(before.items[0], { sender: 'amy', senderAgency: 'alameda', recipient: 'alameda' });
  t.match(before.items[0], { recipientLocation: 'alameda:/outgoing', content: null });
  t.same((await gather(parts, 'bulk-transfers', { ...year, agency: 'dcss' })).items, []);

  await createJob(retained, { path: '/outgoing/waits', olderThanDays: 30 });
  clock.pass(60 * dayMs);
  await retained.tick();
  const purged = (await gather(parts, 'bulk-transfers', year)).items[2];
  t.match(purged, {
    fileName: '/outgoing/waits',
    dispositionMethod: 'purged: cryptographic erase',
  });
  const { certificates } = retained.retention;
  const certificate = await certificates.get(String(purged?.['certificate']));
  t.match(certificate.certificate, { path: '/outgoing/waits' });
  t.equal(certificate.certificate.purgedAt, purged?.['dispositionDate']);
});

t.test('a content that was replaced is disposed of when nothing keeps it', async (t) => {
  const { exchange, clock } = await openRetained(t, { previousVersionsKeptMax: 1 });
  const parts = partsOver(exchange);
  const sender = await exchange.connect(amy);
  for (const content of ['one', 'two', 'three']) {
    await sender.put('/outgoing/daily', Buffer.from(content));
    clock.pass(dayMs);
  }
  const { items } = await gather(parts, 'bulk-transfers', year);
  t.same(
    items.map((line) => [line['dispositionDate'], line['dispositionMethod']]),
    [
      [new Date(startMs + 2 * dayMs).toISOString(), 'replaced: cryptographic erase'],
      [null, null],
      [null, null],
    ],
    'the second is kept as the previous version',
  );
});

t.test(
  'a time that is none, or too long, or of too many rows, is refused with what to do',
  async (t) => {
    const { exchange } = await openRetained(t);
    const sender = await exchange.connect(amy);
    await sender.put('/outgoing/a', Buffer.from('a'));
    const parts = partsOver(exchange, { reportDaysMax: 31, reportLedgerRowsMax: 1 });
    const month = { fromMs: startMs - dayMs, toMs: startMs + 30 * dayMs };
    await t.rejects(gather(parts, 'access', { fromMs: startMs, toMs: startMs }), {
      code: 'field-invalid',
      pointer: '/to',
    });
    await t.rejects(gather(parts, 'access', { ...month, fromMs: startMs - 2 * dayMs }), {
      code: 'field-invalid',
      pointer: '/from',
      message: /at most 31 days/,
    });
    await t.rejects(gather(parts, 'access', month), {
      pointer: '/from',
      message: /there are \d+ rows of the ledger between them, and a report looks through 1/,
    });
  },
);
