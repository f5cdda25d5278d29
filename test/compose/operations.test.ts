import t from 'tap';
import {
  degradedOf,
  lookAtServer,
  type Looked,
  type Watched,
} from '../../server/compose/operations.ts';
import { LiveOpens } from '../../server/files/opens.ts';
import { createMetrics } from '../../server/metrics/metrics.ts';
import { RetentionStates } from '../../server/retention/state.ts';
import { freshDatabase } from '../fixtures/database.ts';
import { samplesIn, someState } from '../metrics/fixtures.ts';

const well: Watched = {
  store: { space: async () => ({ bytesTotal: 1e12, bytesFree: 5e11 }) },
  removals: { refused: 0 },
  link: { health: () => ({ wanted: 2, ready: 2 }) },
  forwarders: { troubled: () => [] },
  retention: { words: async () => [] },
  reviews: { words: async () => [] },
  checkpoints: {
    degraded: () => [],
    making: { size: 0, made: 0, troubles: [] },
    check: { state: { whole: null, new: null } },
  },
};

t.test('what is not as it should be, by part and in words', async (t) => {
  t.same(await degradedOf(well), []);
  const found = await degradedOf({
    store: { space: async () => ({ bytesTotal: 1e12, bytesFree: 0 }) },
    removals: { refused: 2 },
    link: { health: () => ({ wanted: 2, ready: 1 }) },
    forwarders: { troubled: () => [{ name: 'syslog', state: 'failing' }] },
    retention: { words: async () => ['1 retention job is late'] },
    reviews: { words: async () => ['a weekly review is overdue'] },
    checkpoints: { ...well.checkpoints, degraded: () => [{ part: 'ledger', words: 'no' }] },
  });
  t.same(
    found.map(({ part }) => part),
    ['ledger', 'disk', 'disk', 'workers', 'forwarding', 'retention', 'reviews'],
  );
  t.match(found[2], { words: /let go of 2 stored pieces/ });
  t.match(found[4], { words: 'the ledger cannot be forwarded to syslog' });
});

// The disk was gone, and /readyz answered 500: it told nothing in the one hour in which somebody asked.
t.test('a disk that cannot be looked at is degraded itself', async (t) => {
  const space = () => Promise.reject(new Error('EIO'));
  t.same(await degradedOf({ ...well, store: { space } }), [
    { part: 'disk', words: 'the disk cannot be looked at' },
  ]);
});

// The same disk, and /metrics answered 500 for as long: no rule saw anything but a server that was down.
t.test('a disk that cannot be looked at leaves out its own metrics, and no others', async (t) => {
  const database = freshDatabase(t);
  const broken = () => {
    throw new Error('EIO');
  };
  const disk = async () => ({ bytesTotal: 1e12, bytesFree: 5e11 });
  const looked = (isBroken: boolean): Looked => ({
    database: isBroken ? { ...database, sizes: broken } : database,
    store: { space: isBroken ? async () => broken() : disk },
    opens: new LiveOpens(async () => true),
    door: {
      gate: { connections: 3, strangers: 1, penalties: { list: () => [] } },
      questions: { counts: new Map(), waiting: 0 },
      link: { health: () => someState.workers },
    },
    authentication: { sessions: () => [] },
    passwordHashing: { load: () => ({ running: 0, waiting: 0 }) },
    isReady: () => true,
  });
  const forwarders = { list: async () => [], troubled: () => [] };
  const rest = {
    tail: { lastSeq: 7 },
    forwarders,
    states: new RetentionStates(),
    loopDelays: { worst: () => null },
  };
  let isBroken = false;
  const metrics = createMetrics({
    version: '1',
    startedMs: 0,
    look: () => {
      const { store, door, ...others } = looked(isBroken);
      const quiet = { words: async () => [] };
      const { checkpoints } = well;
      const watched = {
        store,
        removals: well.removals,
        link: door.link,
        forwarders,
        retention: quiet,
        reviews: quiet,
        checkpoints,
      };
      return lookAtServer({ store, door, ...others }, { ...rest, watched });
    },
  });
  const ofDisk = /^waybill_(disk|database_size)_/;
  const samples = async () => samplesIn(await metrics.text());
  const before = await samples();
  t.equal(before.filter(({ name }) => ofDisk.test(name)).length, 6);
  isBroken = true;
  const broke = await samples();
  t.same(
    broke.filter(({ name }) => ofDisk.test(name)).map(({ name }) => name),
    [],
  );
  t.match(
    broke.find(({ name }) => name === 'waybill_degraded'),
    { value: 1 },
  );
  t.match(
    broke.find(({ name }) => name === 'waybill_ledger_last_seq'),
    { value: 7 },
  );
  t.equal(broke.length, before.length - 6);
});
