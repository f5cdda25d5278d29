import t from 'tap';
import { isVitals } from '../../server/monitor/schemas.ts';
import { LoopWatch, vitalsOf } from '../../server/monitor/vitals.ts';
import { DelaysOfLastMinute, WorkerVitals } from '../../server/monitor/worker-vitals.ts';

const delay = { p50Ms: 0, p99Ms: 1, maxMs: 2 };
const vitals = {
  loopDelay: delay,
  residentBytes: 100,
  cpuSeconds: 5,
  paceWaits: 3,
  paceWaitMs: 40,
};

t.test('what a worker tells of itself is what the monitor takes', (t) => {
  const loop = new LoopWatch();
  t.teardown(() => loop.stop());
  t.ok(isVitals(vitalsOf(loop, { waits: 0, ms: 0 })));
  for (const wrong of [
    {},
    { ...vitals, cpuSeconds: -1 },
    // A hostile worker told of 1e308 s, and what the monitor added up was Infinity: /metrics failed from then on.
    { ...vitals, cpuSeconds: 1e308 },
    { ...vitals, loopDelay: { ...delay, p99Ms: 1e13 } },
    { ...vitals, paceWaits: 'many' },
    { ...vitals, loopDelay: { ...delay, maxMs: NaN } },
    { ...vitals, more: 'x'.repeat(1_000) },
  ])
    t.notOk(isVitals(wrong), JSON.stringify(wrong).slice(0, 80));
  t.end();
});

t.test('a loop that is held is seen', async (t) => {
  const loop = new LoopWatch();
  t.teardown(() => loop.stop());
  await new Promise((resolve) => setTimeout(resolve, 60));
  loop.take();
  // The interval in which it is looked at is not counted.
  await new Promise((resolve) => setTimeout(resolve, 60));
  const heldMs = 200;
  const untilMs = performance.now() + heldMs;
  while (performance.now() < untilMs);
  await new Promise((resolve) => setTimeout(resolve, 60));
  t.ok(loop.take().maxMs >= heldMs / 2);
});

t.test('a worker that dies takes nothing back of what was counted', (t) => {
  const workers = new WorkerVitals();
  workers.told(1, vitals);
  workers.told(2, { ...vitals, loopDelay: { p50Ms: 0, p99Ms: 9, maxMs: 9 } });
  workers.told(2, { ...vitals, paceWaits: 4 });
  workers.over(2, { died: true });
  workers.told(3, { ...vitals, paceWaits: 1 });
  t.match(workers.health({ wanted: 2, ready: 2 }), {
    wanted: 2,
    ready: 2,
    lost: 1,
    paceWaits: 8,
    paceWaitMs: 120,
    cpuSeconds: 15,
    residentBytes: 200,
    loopDelay: { p50Ms: 0, p99Ms: 9, maxMs: 9 },
  });
  workers.over(1, { died: false });
  t.match(workers.health({ wanted: 2, ready: 1 }), { lost: 1, paceWaits: 8 });
  t.equal(new DelaysOfLastMinute().worst(), null);
  t.end();
});
