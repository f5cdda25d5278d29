import t from 'tap';
import { RefusalCounts } from '../../server/monitor/refusal-counts.ts';

t.test('the first of its kind is a row at once, and the rest one at the end', async (t) => {
  const counts = new RefusalCounts();
  t.equal(counts.note('s', 'open', 'not-found'), true);
  t.equal(counts.note('s', 'open', 'not-found'), false);
  t.equal(counts.note('s', 'stat', 'not-found'), true);
  t.match(counts.take('s'), [{ operation: 'open', code: 'not-found', count: 2 }]);
  t.same(counts.take('s'), []);
});

t.test('a refusal whose row could not be written is told at the end', async (t) => {
  // It counted as told before its row was written: with the database busy for a while it was never recorded.
  const counts = new RefusalCounts();
  counts.note('s', 'open', 'not-found');
  counts.untold('s', 'open', 'not-found');
  t.match(counts.take('s'), [{ operation: 'open', code: 'not-found', count: 1 }]);
});
