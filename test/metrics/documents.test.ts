import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { LOBBY, openSite } from '../helpers/site.ts';
import { type Scrape, scrape } from './scrape.ts';

type Target = { readonly expr: string; readonly refId: string };
type Panel = {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly Target[];
  readonly gridPos: { readonly x: number; readonly w: number };
};
type Dashboard = {
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
};

const read = (file: string): string => readFileSync(new URL(`../../docs/${file}`, import.meta.url), 'utf8');
const dashboard = JSON.parse(read('grafana/parley.json')) as Dashboard;
const charts = dashboard.panels.filter(({ type }) => type !== 'row');
const expressions = charts.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
const page = read('observability.md');

const NAME = /\b(?:parley|process|nodejs)_[a-z0-9_]+\b/g;
const namesIn = (text: string): string[] => [...new Set(text.match(NAME) ?? [])];

/** The second `/metrics` document of a server, after some traffic. */
async function busyServer(t: ExecutionContext): Promise<Scrape> {
  const { ann, stream, client } = await openSite(t);
  const reader = await stream(ann);
  await ann.form(`${LOBBY}/messages`, { body: 'hello' });
  await reader.until((events) => events.some(({ data }) => data.includes('hello')));
  await scrape(client());
  return scrape(client());
}

/** The names of all samples, without labels. */
const sampleNames = ({ samples }: Scrape): Set<string> => new Set([...samples.keys()].map((sample) => sample.replace(/\{.*/, '')));

/** The labels of samples with this name. */
const labelsOf = ({ samples }: Scrape, name: string): Set<string> =>
  new Set([...samples.keys()].filter((sample) => sample.startsWith(`${name}{`)).flatMap((sample) => sample.match(/\w+(?==")/g) ?? []));

test('metrics documents: every panel of the dashboard uses existing metrics and labels', async (t) => {
  const said = await busyServer(t);
  const names = sampleNames(said);
  t.true(expressions.length > 25);
  for (const expr of expressions) {
    const used = namesIn(expr);
    t.true(used.length > 0, expr);
    for (const name of used) t.true(names.has(name), `${name} in ${expr}`);
    for (const label of expr.match(/(?<=by \()[^)]+/g)?.flatMap((list) => list.split(', ')) ?? [])
      t.true(
        used.some((name) => labelsOf(said, name).has(label)),
        `${label} in ${expr}`,
      );
    t.is(expr.match(/\(/g)?.length, expr.match(/\)/g)?.length, expr);
  }
});

test('metrics documents: dashboard and docs table have exactly the metrics of Parley', async (t) => {
  const said = await busyServer(t);
  const own = [...said.types.keys()].filter((name) => name.startsWith('parley_'));
  t.true(own.length > 12);
  const shown = namesIn(expressions.join('\n'));
  const table = page.split('\n').filter((line) => line.startsWith('| `'));
  for (const name of own) {
    t.true(
      shown.some((one) => one.startsWith(name)),
      `${name} on the dashboard`,
    );
    const row = table.find((line) => line.startsWith(`| \`${name}\` |`));
    t.is(row?.split('|')[2]?.trim(), said.types.get(name), `${name} in the table`);
    const labels = new Set([...labelsOf(said, name), ...labelsOf(said, `${name}_bucket`)].filter((label) => label !== 'le'));
    t.deepEqual(new Set(row?.split('|')[3]?.match(/\w+/g) ?? []), labels, `labels of ${name}`);
  }
  const names = sampleNames(said);
  for (const name of namesIn(page.replaceAll(/`…_(p99_seconds)`/g, '')).filter((one) => !one.endsWith('_')))
    t.true(names.has(name) || said.types.has(name), `${name} on the page`);
});

test('metrics documents: the dashboard is valid for Grafana: unique ids, selectable data source, panels within the width', (t) => {
  t.true(dashboard.schemaVersion >= 39);
  t.is(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
  t.deepEqual(
    dashboard.templating.list.map(({ name, type }) => `${name} ${type}`),
    ['datasource datasource', 'job query'],
  );
  for (const { title, datasource, gridPos, targets = [] } of charts) {
    t.regex(datasource?.uid ?? '', /^\$\{datasource\}$/, title);
    t.true(gridPos.x + gridPos.w <= 24, title);
    t.is(new Set(targets.map(({ refId }) => refId)).size, targets.length, title);
  }
});
