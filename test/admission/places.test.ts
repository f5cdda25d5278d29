import * as fc from 'fast-check';
import t from 'tap';
import { dropChance, Places } from '../../server/admission/places.ts';

const limits = {
  connectionsMax: 50,
  unauthenticatedConnectionsMax: 20,
  unauthenticatedConnectionsPerSourceMax: 8,
  unauthenticatedConnectionsCalmShare: 0.25,
};

t.test('strangers are dropped at random from a quarter of the maximum on', async (t) => {
  const cases: [strangers: number, chance: number][] = [
    [0, 0],
    [49, 0],
    [50, 0],
    [125, 0.5],
    [199, 149 / 150],
    [200, 1],
    [201, 1],
  ];
  for (const [strangers, chance] of cases)
    t.equal(dropChance(strangers, 50, 200), chance, String(strangers));
  const places = new Places(limits);
  for (let index = 0; index < 12; index += 1) places.take(`10.0.0.${index}`);
  t.equal(places.dropChance, 7 / 15);
});

t.test('one source has its own maximum, and logins leave it', async (t) => {
  const places = new Places(limits);
  const taken = Array.from({ length: 8 }, () => places.take('10.0.0.1'));
  t.equal(places.isFullFor('10.0.0.1'), true);
  t.equal(places.isFullFor('10.0.0.2'), false);
  taken[0]?.loggedIn();
  t.equal(places.isFullFor('10.0.0.1'), false);
  t.same([places.taken, places.strangers], [8, 7]);
});

t.test('who is not counted among strangers counts to the total', async (t) => {
  const places = new Places(limits);
  for (let index = 0; index < 49; index += 1) places.take(null);
  t.equal(places.strangers, 0);
  t.equal(places.isFull, false);
  const last = places.take('10.0.0.1');
  last.loggedIn();
  t.equal(places.isFull, true, 'logged in or not');
  last.release();
  t.equal(places.isFull, false);
});

t.test('a place is given back exactly once, whatever is called how often', async (t) => {
  const call = fc.constantFrom('loggedIn', 'release');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(null, 'a', 'b', 'c'), fc.array(call, { maxLength: 6 })), {
        maxLength: 20,
      }),
      (connections) => {
        const places = new Places(limits);
        const held = connections.map(([source, calls]) => ({
          source,
          calls,
          place: places.take(source),
        }));
        for (const { calls, place } of held) for (const name of calls) place[name]();
        const here = held.filter(({ calls }) => !calls.includes('release'));
        const strange = here.filter(({ source, calls }) => source !== null && calls.length === 0);
        return (
          places.taken === here.length &&
          places.strangers === strange.length &&
          ['a', 'b', 'c'].every(
            (each) =>
              places.strangersFrom(each) === strange.filter(({ source }) => source === each).length,
          )
        );
      },
    ),
  );
  t.pass();
});
