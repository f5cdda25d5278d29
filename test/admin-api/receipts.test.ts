import t from 'tap';
import type { Receipt } from '../../server/receipts/receipt.ts';
import { verifySshsig } from '../signing/fixtures/verify-sshsig.ts';
import { receiptKey } from '../fixtures/receipts.ts';
import { openApi } from './fixtures/api.ts';

t.test('receipts over the API: searched, page by page, and to the byte', async (t) => {
  const world = await openApi(t);
  const { call } = world;
  await call('POST', '/v1/agencies', { code: 'butte', name: 'Butte', kind: 'lcsa' });
  for (const name of ['a', 'b', 'c']) {
    world.clock.nowMs += 1_000;
    const url = `/v1/files/content?agency=butte&path=/outgoing/${name}`;
    const put = await call('PUT', url, Buffer.from(name), {
      headers: { 'content-type': 'application/octet-stream' },
    });
    t.equal(put.status, 201, JSON.stringify(put.body));
  }
  const list = async (query: string) => {
    const { status, body } = await call('GET', `/v1/receipts?${query}`);
    t.equal(status, 200, JSON.stringify(body));
    return body as { items: readonly Receipt[]; nextCursor: string | null };
  };
  const pathsOf = async (query: string) => (await list(query)).items.map(({ path }) => path);
  t.same(await pathsOf(''), ['/outgoing/c', '/outgoing/b', '/outgoing/a']);
  t.same(await pathsOf('path=/outgoing/b&kind=received'), ['/outgoing/b']);
  t.same(await pathsOf('kind=collected'), []);
  t.same(await pathsOf('user=admin:tester&from=2030-01-01T00:00:02Z&to=2030-01-01T00:00:03Z'), [
    '/outgoing/b',
  ]);
  t.same(await pathsOf('agency=butte'), [], 'an API key of no agency sent them');
  const first = await list('limit=2');
  t.same(await pathsOf(`limit=2&cursor=${first.nextCursor}`), ['/outgoing/a']);
  const [{ receiptId: id } = { receiptId: '' }] = first.items;
  const one = (await call('GET', `/v1/receipts/${id}`)).body as { text: string; signature: string };
  t.equal(
    verifySshsig(one.signature, 'waybill-receipt', Buffer.from(one.text)),
    receiptKey.publicKeyLine,
  );
  t.equal((await call('GET', `/v1/receipts/${id}x`)).status, 404);
  t.equal((await call('GET', '/v1/receipts?kind=lost')).status, 400);
  const key = await world.keyWith(['files:read']);
  t.equal((await call('GET', '/v1/receipts', undefined, { key })).status, 403);
});
