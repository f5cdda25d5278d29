import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';
import { createMetrics } from '../../server/metrics/metrics.ts';
import { samplesIn, someState } from './fixtures.ts';

/** The repository, seen from the build (`dist/test/metrics`). */
const docs = resolve(import.meta.dirname, '../../../docs');
const read = (name: string) => readFileSync(join(docs, name), 'utf8');

type Panel = {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly expr: string }[];
};
type Dashboard = {
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string }[];
  };
};

const dashboard = JSON.parse(read('grafana-dashboard.json')) as Dashboard;
const rules = read('alert-rules.yml');

/** Of Prometheus itself, not of the server. */
const scraped = new Set(['up']);
/** Added by the scrape, and by histograms. */
const anyLabel = new Set(['job', 'instance', 'le']);

/** Names of metrics with the labels that are asked of them. */
function usesIn(expression: string): readonly { name: string; labels: readonly string[] }[] {
  const found = expression.matchAll(/\b(waybill_[a-z_]+|process_[a-z_]+|up)\b(?:\{([^}]*)\})?/g);
  return [...found].map(([, name = '', labels = '']) => ({
    name,
    labels: [...labels.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
  }));
}

const expressions = [
  ...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  // Expressions alone; `summary: ... {{ $labels.x }}` says nothing of a metric.
  ...rules
    .split(/- alert: /)
    .map((rule) => /expr: ([\s\S]*?)\n +(?:for|labels):/.exec(rule)?.[1] ?? ''),
];

t.test(
  'every metric and label of the dashboard and the alerts is one that the server has',
  async (t) => {
    const metrics = createMetrics({ version: '1', startedMs: 0, look: async () => someState });
    metrics.committed({ units: 1, ms: 1, left: [], isDurable: true });
    const text = await metrics.text();
    const declared = new Set([...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name));
    const labels = new Map<string, Set<string>>();
    for (const sample of samplesIn(text)) {
      const known = labels.get(sample.name) ?? new Set();
      for (const label of Object.keys(sample.labels)) known.add(label);
      labels.set(sample.name, known);
    }
    const uses = expressions.flatMap(usesIn);
    t.ok(uses.length > 60, 'they are found');
    for (const { name, labels: asked } of uses) {
      if (scraped.has(name)) continue;
      t.ok(declared.has(name) || labels.has(name), `${name} is exposed`);
      // What the ledger counts has no series before its first row.
      const known = labels.get(name);
      if (known === undefined) continue;
      for (const label of asked)
        t.ok(anyLabel.has(label) || known.has(label), `${name} has the label ${label}`);
    }
  },
);

t.test(
  'the dashboard is one that imports: one data source to choose, panels that do not overlap',
  (t) => {
    const sources = dashboard.templating.list.filter(({ type }) => type === 'datasource');
    t.same(
      sources.map(({ name }) => name),
      ['datasource'],
    );
    const ids = dashboard.panels.map(({ id }) => id);
    t.equal(new Set(ids).size, ids.length);
    const taken = new Map<string, string>();
    for (const { title, type, gridPos, datasource } of dashboard.panels) {
      if (type !== 'row') t.equal(datasource?.uid, '${datasource}', title);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          t.equal(taken.get(`${x} ${y}`), undefined, `${title} has its place to itself`);
          taken.set(`${x} ${y}`, title);
        }
    }
    t.end();
  },
);

t.test('each alert says what to do', (t) => {
  const operations = read('OPERATIONS.md');
  const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name);
  t.ok(alerts.length > 10);
  for (const alert of alerts) {
    t.match(rules, `runbook: docs/OPERATIONS.md#${alert.toLowerCase()}\n`, alert);
    t.ok(operations.includes(`#### ${alert}\n`), `${alert} has its lines in OPERATIONS.md`);
  }
  t.end();
});

const promtool = spawnSync('promtool', ['--version']).error === undefined;

t.test('promtool', { skip: promtool ? false : 'no promtool here' }, (t) => {
  const answer = execFileSync('promtool', ['check', 'rules', join(docs, 'alert-rules.yml')]);
  t.match(answer.toString(), 'SUCCESS');
  t.end();
});
