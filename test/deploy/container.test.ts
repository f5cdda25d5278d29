import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { root } from '../breaches/fixtures/sources.ts';
import { threadsMax } from './fixtures/threads.ts';

/** The lines of a file that are not comments. */
const linesOf = (file: string) =>
  readFileSync(join(root, file), 'utf8')
    .split('\n')
    .filter((line) => !/^\s*#(?!\s*syntax)/.test(line) && line.trim() !== '');

t.test('the image is small, pinned, and runs as nobody in particular', async (t) => {
  const lines = linesOf('Dockerfile');
  const stages = lines.filter((line) => line.startsWith('FROM '));
  t.match(stages, [
    /^FROM node:\d+\.\d+\.\d+-bookworm AS build$/,
    /^FROM node:\d+\.\d+\.\d+-bookworm-slim$/,
  ]);
  const versions = stages.map((line) => /node:([\d.]+)/.exec(line)?.[1]);
  t.equal(versions[0], versions[1], 'addons are built for the Node that loads them');
  // An LTS: an even major.
  t.equal(Number(versions[0]?.split('.')[0]) % 2, 0);
  const final = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
  t.ok(final.includes('USER 10001:10001'));
  t.notOk(
    final.some((line) => /^RUN .*(apt-get|curl|wget|npm )/.test(line)),
    'nothing is fetched',
  );
  t.same(
    final.filter((line) => /^(ADD|VOLUME)/.test(line)),
    ['VOLUME ["/data", "/keys"]'],
  );
  // It asked the port of the default over plain HTTP: with TLS on, the container was unhealthy for ever.
  t.ok(final.some((line) => /^HEALTHCHECK .* CMD \["waybill", "health"\]$/.test(line)));
  t.ok(
    final.some((line) => /^CMD \["node", .*"dist\/server\/main.js"\]$/.test(line)),
    'no shell',
  );
  t.notOk(lines.some((line) => /secret|password|token|_KEY=/i.test(line)));
});

t.test('the service has a read-only root and no privileges', async (t) => {
  const lines = linesOf('docker-compose.yml').map((line) => line.trim());
  for (const needed of [
    'read_only: true',
    'cap_drop: [ALL]',
    "security_opt: ['no-new-privileges:true']",
    "user: '10001:10001'",
    'init: true',
    'mem_limit: 4g',
    "'127.0.0.1:8022:8022'",
    'test: [CMD, waybill, health]',
  ])
    t.ok(
      lines.some((line) => line.includes(needed)),
      needed,
    );
  t.notOk(
    lines.some((line) => /privileged|cap_add|network_mode|docker\.sock|pid: host/.test(line)),
  );
  const mounts = lines.filter((line) => /^- \w+:\/\w+/.test(line));
  t.same(mounts, ['- data:/data', '- keys:/keys'], 'the only places that may be written');
  t.ok(lines.some((line) => /^- \/tmp:.*noexec.*nosuid.*nodev/.test(line)));
  const [pids] = lines.flatMap((line) => /^pids_limit: (\d+)$/.exec(line)?.[1] ?? []);
  t.ok(Number(pids) >= threadsMax, 'every worker that there may be has room for its threads');
  const [seconds] = lines.flatMap((line) => /^stop_grace_period: (\d+)s$/.exec(line)?.[1] ?? []);
  t.ok(Number(seconds) > 60, 'longer than the server lets transfers finish');
});
