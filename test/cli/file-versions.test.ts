import t from 'tap';
import { fakeApi } from './fixtures/fake-api.ts';
import { waybill } from './fixtures/run.ts';

const found = {
  'GET /v1/files?agency=alameda&path=%2Foutgoing%2Fcases.csv&limit=1': {
    json: {
      items: [{ id: 'e1', kind: 'file', name: 'cases.csv', path: '/outgoing/cases.csv', size: 1 }],
      nextCursor: null,
    },
  },
};
const removal = ['file', 'remove-version', 'alameda', '/outgoing/cases.csv', 'v1'];

void t.test('a previous version is destroyed, and what keeps it is told', async (t) => {
  const api = await fakeApi({ ...found, 'DELETE /v1/files/e1/versions/v1': { status: 204 } });
  t.teardown(() => api.close());
  const run = await waybill([...removal, '--yes'], api);
  t.equal(run.status, 0, run.err);
  t.match(run.err + run.out, 'removed version v1 of alameda:/outgoing/cases.csv');

  const title = 'that version is the content; it goes with the file';
  const json = { type: 'about:blank', title, detail: title, status: 409, code: 'conflict' };
  const held = await fakeApi({
    ...found,
    'DELETE /v1/files/e1/versions/v1': { status: 409, json },
  });
  t.teardown(() => held.close());
  const refused = await waybill([...removal, '--yes'], held);
  t.equal(refused.status, 1);
  t.match(refused.err, title);
});
