import t from 'tap';
import { Fault } from '../../server/domain/faults.ts';
import { RecentSpace } from '../../server/files/recent-space.ts';

t.test('the disk is asked once in a while, and again after a failure', async (t) => {
  let nowMs = 0;
  let asked = 0;
  let fails = false;
  const space = async () => {
    asked += 1;
    if (fails) throw new Fault('storage-failed');
    return { bytesTotal: 100, bytesFree: 100 - asked };
  };
  const recent = new RecentSpace({ space }, () => nowMs);
  t.equal((await recent.look()).bytesFree, 99);
  nowMs = 99;
  t.equal((await recent.look()).bytesFree, 99);
  nowMs = 100;
  t.equal((await recent.look()).bytesFree, 98);
  nowMs = 200;
  fails = true;
  await t.rejects(recent.look(), { code: 'storage-failed' });
  fails = false;
  t.equal((await recent.look()).bytesFree, 96, 'what failed is not remembered');
});
