import t from 'tap';
import { degradedOf, type Watched } from '../server/compose-operations.ts';

const well: Watched = {
  store: { space: async () => ({ bytesTotal: 1e12, bytesFree: 5e11 }) },
  link: { health: () => ({ wanted: 2, ready: 2 }) },
  forwarders: { troubled: () => [] },
};

t.test('what is not as it should be, by part and in words', async (t) => {
  t.same(await degradedOf(well), []);
  const found = await degradedOf({
    store: { space: async () => ({ bytesTotal: 1e12, bytesFree: 0 }) },
    link: { health: () => ({ wanted: 2, ready: 1 }) },
    forwarders: { troubled: () => [{ name: 'syslog', state: 'failing' }] },
  });
  t.same(
    found.map(({ part }) => part),
    ['disk', 'workers', 'forwarding'],
  );
  t.match(found[2], { words: 'the ledger cannot be forwarded to syslog' });
});

// The disk was gone, and /readyz answered 500: it told nothing in the one hour in which somebody asked.
t.test('a disk that cannot be looked at is degraded itself', async (t) => {
  const space = () => Promise.reject(new Error('EIO'));
  t.same(await degradedOf({ ...well, store: { space } }), [
    { part: 'disk', words: 'the disk cannot be looked at' },
  ]);
});
