import t from 'tap';
import { DiskReserve } from '../../server/blobs/disk-reserve.ts';
import { diskReserveBytesOf } from '../../server/domain/disk.ts';
import { limits } from '../../server/domain/limits.ts';

const MiB = 1024 * 1024;
const bytesTotal = 1024 ** 4;
const reserve = diskReserveBytesOf(bytesTotal);

function onDisk(bytesFree: number) {
  const disk = { bytesFree, looks: 0, nowMs: 0 };
  const guard = new DiskReserve(
    async () => {
      disk.looks += 1;
      return { bytesTotal, bytesFree: disk.bytesFree };
    },
    () => disk.nowMs,
  );
  /** What a second of an upload sees: the first question starts the look that the next are judged by. */
  const later = async (): Promise<void> => {
    disk.nowMs += limits.diskLookMs;
    try {
      guard.admit(0);
    } catch {
      // As the look before found it.
    }
    await new Promise(setImmediate);
  };
  return { disk, guard, later };
}

t.test('writes are refused below the reserve, and taken again when there is room', async (t) => {
  const { disk, guard, later } = onDisk(reserve + 10 * MiB);
  await later();
  guard.admit(10 * MiB);
  t.throws(() => guard.admit(1), { code: 'storage-full' }, 'what was taken since the look counts');
  disk.bytesFree = reserve - 1;
  await later();
  t.throws(() => guard.admit(1), { code: 'storage-full' });
  disk.bytesFree = reserve + MiB;
  await later();
  guard.admit(MiB);
});

t.test('the disk is asked once a second, however many writes there are', async (t) => {
  const { disk, guard, later } = onDisk(reserve + 1000 * MiB);
  await later();
  for (let write = 0; write < 10_000; write += 1) guard.admit(32_768);
  await new Promise(setImmediate);
  t.equal(disk.looks, 1);
  await later();
  t.equal(disk.looks, 2);
});

t.test('a disk that does not answer lets the writes themselves fail', async (t) => {
  const guard = new DiskReserve(
    () => Promise.reject(new Error('gone')),
    () => 0,
  );
  guard.admit(MiB);
  await new Promise(setImmediate);
  guard.admit(MiB);
  t.pass();
});

// Each worker kept its last figure for as long as nobody wrote: the disk was cleared over lunch, and the first upload of
// each was refused as if it were still full.
t.test('a figure that is old says nothing', async (t) => {
  const { disk, guard, later } = onDisk(reserve - 1);
  await later();
  t.throws(() => guard.admit(1), { code: 'storage-full' });
  disk.nowMs += 60 * 60_000;
  disk.bytesFree = reserve + MiB;
  guard.admit(1);
  await new Promise(setImmediate);
  guard.admit(MiB / 2);
  disk.bytesFree = reserve - 1;
  await later();
  t.throws(() => guard.admit(1), { code: 'storage-full' }, 'and a full disk is found all the same');
});
