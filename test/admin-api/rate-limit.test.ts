import fc from 'fast-check';
import t from 'tap';
import { RateLimit } from '../../admin-api/rate-limit.ts';
import { limits } from '../../server/domain/limits.ts';
import { openApi } from './fixtures/api.ts';

function bucket(more: Partial<ConstructorParameters<typeof RateLimit>[0]> = {}) {
  const clock = { nowMs: 1_000 };
  const rate = new RateLimit({
    perSecondMax: 10,
    atOnceMax: 5,
    rememberedMax: 3,
    now: () => clock.nowMs,
    ...more,
  });
  return { rate, clock };
}

t.test('so many at once, then as they come in', (t) => {
  const { rate, clock } = bucket();
  for (let taken = 0; taken < 5; taken += 1) t.equal(rate.take('a'), 0);
  t.equal(Math.round(rate.take('a')), 100, 'in a tenth of a second');
  t.equal(Math.round(rate.take('a')), 100, 'to be refused costs nothing');
  t.equal(rate.take('b'), 0, 'another caller is not held up');
  clock.nowMs += 100;
  t.equal(rate.take('a'), 0);
  t.ok(rate.take('a') > 0);
  clock.nowMs += 60_000;
  t.equal(rate.take('c'), 0);
  t.equal(rate.size, 1, 'who has rested is forgotten');
  t.end();
});

t.test('who comes under ever new names gets no fresh bucket, and no memory', (t) => {
  const { rate } = bucket();
  const taken = Array.from({ length: 100 }, (_, index) => rate.take(`caller ${index}`));
  t.equal(taken.filter((waitMs) => waitMs === 0).length, 3 + 5, 'the others share one');
  t.ok(rate.size <= 4);
  t.end();
});

t.test('over any time no caller gets more than its share', (t) => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 400 }), { minLength: 1, maxLength: 200 }), (pauses) => {
      const { rate, clock } = bucket();
      let taken = 0;
      for (const pauseMs of pauses) {
        clock.nowMs += pauseMs;
        if (rate.take('a') === 0) taken += 1;
      }
      const elapsedMs = pauses.reduce((sum, pauseMs) => sum + pauseMs, 0);
      return taken <= 5 + Math.ceil(elapsedMs / 100) && taken >= Math.min(pauses.length, 5);
    }),
  );
  t.end();
});

t.test('a key that asks too fast is told when to come back, and others are not', async (t) => {
  const clock = { nowMs: 0 };
  const own = { ...limits, apiRequestsPerSecondMax: 2, apiRequestsAtOnceMax: 3 };
  const { call, keyWith, ledgerRows } = await openApi(t, {
    limits: own,
    steadyNow: () => clock.nowMs,
  });
  const other = await keyWith(['*']);
  for (let count = 0; count < 3; count += 1)
    t.equal((await call('GET', '/v1/agencies')).status, 200);
  for (let count = 0; count < 3; count += 1) {
    const late = await call('GET', '/v1/agencies');
    t.match(late, {
      status: 429,
      body: { code: 'rate-exceeded' },
      headers: { 'retry-after': '1' },
    });
  }
  t.equal((await call('GET', '/v1/agencies', undefined, { key: other })).status, 200);
  t.equal((await ledgerRows('api.refused.1')).length, 1, 'one row a minute');
  clock.nowMs += 500;
  t.equal((await call('GET', '/v1/agencies')).status, 200);
});

t.test(
  'a source that fails to authenticate hears 429, but a right key from there gets through',
  async (t) => {
    const clock = { nowMs: 0 };
    const own = { ...limits, apiFailuresPerMinuteMax: 6, apiFailuresAtOnceMax: 4 };
    const { call } = await openApi(t, { limits: own, steadyNow: () => clock.nowMs });
    const guess = (remoteAddress: string) =>
      call('GET', '/v1/agencies', undefined, { key: 'wb_x', remoteAddress });
    for (let count = 0; count < 4; count += 1) t.equal((await guess('2001:db8::1')).status, 401);
    const late = await guess('2001:db8::2');
    t.match(late, { status: 429, headers: { 'retry-after': '10' } }, 'the whole /64 is one source');
    t.equal((await guess('192.0.2.1')).status, 401, 'another source');
    const right = await call('GET', '/v1/agencies', undefined, { remoteAddress: '2001:db8::2' });
    t.equal(right.status, 200);
  },
);

// The description and its page were made anew for whoever asked, a megabyte of JSON at a time.
t.test(
  'a source may read the description only so often, and look after the server always',
  async (t) => {
    const { call } = await openApi(t, {
      limits: { ...limits, apiFailuresAtOnceMax: 3 },
    });
    const ask = async (url: string) => (await call('GET', url, undefined, { key: null })).status;
    t.strictSame(
      [await ask('/docs'), await ask('/openapi.json'), await ask('/docs'), await ask('/docs')],
      [200, 200, 200, 429],
    );
    for (let count = 0; count < 10; count += 1) t.equal(await ask('/livez'), 200);
  },
);
