import { renameSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Calls, type Message } from '../server/monitor/calls.ts';

/**
 * Loaded into the monitor's process before the server (`--import`): counts what its workers ask of it, by verb, and
 * measures how late the event loop is. At SIGUSR2 it writes both to `BENCH_PROBE_FILE` and begins anew.
 */
const calls: Record<string, number> = {};
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();

const received = Reflect.get(Calls.prototype, 'received');
Calls.prototype.received = function (message: Message): void {
  if (message.kind === 'call') calls[message.verb] = (calls[message.verb] ?? 0) + 1;
  Reflect.apply(received, this, [message]);
};

process.on('SIGUSR2', () => {
  const file = process.env['BENCH_PROBE_FILE'];
  if (file === undefined) return;
  const milliseconds = (nanoseconds: number) => nanoseconds / 1e6;
  const loopMs = {
    p50: milliseconds(delay.percentile(50)),
    p99: milliseconds(delay.percentile(99)),
    max: milliseconds(delay.max),
  };
  writeFileSync(`${file}.new`, JSON.stringify({ calls, loopMs }));
  renameSync(`${file}.new`, file);
  for (const verb of Object.keys(calls)) delete calls[verb];
  delay.reset();
});
