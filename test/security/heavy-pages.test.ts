import test, { type ExecutionContext } from 'ava';
import { newGroup } from '../helpers/fixtures.ts';
import { numbers } from '../helpers/site.ts';
import { EventReader } from '../helpers/stream.ts';
import { type MeasuredServer, startMeasured } from './measured.ts';

/** Per piece of work: ten times a piece of the scheduler, for machines that are busy with other programs. */
const MAX_MS = 100;
/** For one response, and for several at once. */
const [ONE_MIB, SEVERAL_MIB] = [50, 100];
/** In use during a replay of any length: the texts rendered last, some windows of the log, and what the reader has not taken. */
const REPLAY_MIB = 150;

let site: MeasuredServer;
let light: string;
const stops: (() => unknown)[] = [];

test.before(async () => {
  site = await startMeasured({ teardown: (stop) => void stops.push(stop) });
  light = await groupOf('light', { count: 60, shape: 'light' });
  const heavy = await groupOf('warm', { count: 33 });
  for (const group of [light, heavy]) for (const work of Object.values(readings(group))) await work(); // compiles the code
});
test.after.always(async () => {
  for (const stop of stops) await stop();
});

async function groupOf(name: string, messages: { count: number; shape?: string; edits?: number; reactions?: number }): Promise<string> {
  const group = await newGroup(site.ann, name, ['Bob']);
  await site.seed({ group, ...messages });
  return group;
}

const several = (count: number, work: (at: number) => Promise<unknown>) => () => Promise.all(numbers(1, count).map(work));

const replay =
  (path: string, least = 30) =>
  async (): Promise<void> => {
    const reader = await EventReader.open(site.bob, path);
    await reader.until((events) => events.length >= least);
    reader.close();
  };

/** Everything that shows many messages of a group. */
const readings = (group: string): Record<string, () => Promise<unknown>> => ({
  'a page': () => site.bob.get(`/groups/${group}`),
  'four pages of 200': several(4, () => site.bob.get(`/groups/${group}?limit=200`)),
  'four times 200 as JSON': several(4, () => site.bob.get(`/groups/${group}/messages?limit=200`, 'application/json')),
  'four times 200 as text': several(4, () => site.bob.get(`/groups/${group}/messages?limit=200`, 'text/plain')),
  'a replay of a page’s stream': replay(`/groups/${group}/events?after=1`),
  'a replay as JSON': replay(`/groups/${group}/events?after=1&as=json`),
  'a search': () => site.bob.get(`/search?q=needle in:${group}&limit=50`),
  'searches as JSON': several(3, () => site.bob.get(`/search?q=needle in:${group}&limit=50`, 'application/json')),
});

/** Whether other requests waited, against the same with light messages in the same run. */
async function isBounded(t: ExecutionContext, name: string, work: () => Promise<unknown>, same: () => Promise<unknown>): Promise<void> {
  const plain = await site.measure(same);
  const heavy = await site.measure(work);
  const said = `${name}: ${heavy.cpuMs.toFixed(0)} ms at a stretch (light: ${plain.cpuMs.toFixed(0)} ms), ${heavy.mib.toFixed(0)} MiB`;
  t.log(said);
  t.true(heavy.cpuMs < Math.max(MAX_MS, 3 * plain.cpuMs), said);
  t.true(heavy.mib < (name === 'a page' ? ONE_MIB : SEVERAL_MIB), said);
}

test.serial('messages that take long to lay out hold up nobody else: pages, JSON, text, streams, search', async (t) => {
  t.timeout(600_000);
  const heavy = await groupOf('heavy', { count: 66 });
  for (const [name, work] of Object.entries(readings(heavy))) await isBounded(t, name, work, readings(light)[name] ?? work);
});

test.serial('a replay of 220 heavy messages keeps only a part of them in memory', async (t) => {
  t.timeout(600_000);
  const heavy = await groupOf('replayed', { count: 220 });
  const mib = await site.growth(replay(`/groups/${heavy}/events?after=1`, 220));
  t.log(`${mib.toFixed(0)} MiB`);
  t.true(mib < REPLAY_MIB, `${mib} MiB`);
});

test.serial('pinned and saved messages that take long to lay out hold up nobody else', async (t) => {
  t.timeout(600_000);
  /** Bob saves as many as a page shows, Ann pins as many as she may. */
  const collect = async (group: string, count: number): Promise<void> => {
    const messages = (await site.bob.get(`/groups/${group}/messages?limit=200`, 'application/json')).json<{ seq: number }[]>();
    const seqs = messages.slice(-count).map(({ seq }) => seq);
    for (const seq of seqs.slice(-50)) t.is((await site.ann.json('POST', `/groups/${group}/messages/${seq}/pin`, { on: '1' })).status, 200);
    for (const seq of seqs) t.is((await site.bob.json('POST', `/groups/${group}/messages/${seq}/save`, { on: '1' })).status, 200);
  };
  const pages = (group: string): Record<string, () => Promise<unknown>> => ({
    'pinned messages': () => site.bob.get(`/groups/${group}/pins`),
    'pinned messages as JSON': () => site.bob.get(`/groups/${group}/pins`, 'application/json'),
    'four pages of saved messages': several(4, () => site.bob.get('/saved?limit=100')),
    'saved messages as JSON': () => site.bob.get('/saved?limit=100', 'application/json'),
    groups: () => site.bob.get('/groups'),
  });
  await collect(light, 60);
  const heavy = await groupOf('kept', { count: 100 });
  await collect(heavy, 100);
  for (const [name, work] of Object.entries(pages(heavy))) await isBounded(t, name, work, pages(light)[name] ?? work);
});

test.serial('ten histories of 800 edits hold up nobody else', async (t) => {
  t.timeout(600_000);
  const group = await newGroup(site.ann, 'edited', ['Bob']);
  const edited = await site.seed({ group, count: 1, edits: 800, shape: 'list markers, short' });
  for (const accept of ['text/html', 'application/json'])
    await isBounded(
      t,
      `ten histories as ${accept}`,
      several(10, () => site.bob.get(`/groups/${group}/messages/${edited}/history`, accept)),
      () => site.bob.get(`/groups/${light}`),
    );
  await isBounded(t, 'the page', () => site.bob.get(`/groups/${group}`), readings(light)['a page'] ?? (() => site.bob.get('/')));
});

test.serial('reactions to heavy messages, whose rows are sent again, hold up nobody else', async (t) => {
  t.timeout(600_000);
  const group = await groupOf('reacted', { count: 12, reactions: 12, shape: 'table' });
  await isBounded(t, 'a replay', replay(`/groups/${group}/events?after=1`), replay(`/groups/${light}/events?after=1`));
});

test.serial('webhooks of 1 MiB and messages full of names hold up nobody else', async (t) => {
  t.timeout(600_000);
  const group = await newGroup(site.ann, 'hooked', ['Bob']);
  const { hook } = (await site.ann.json('POST', `/groups/${group}/bots`, { name: 'Hook' })).json<{ hook: string }>();
  const send = (body: string) => () => site.ann.send(hook, { method: 'POST', body, headers: { 'Content-Type': 'application/json' } });
  const filled = (part: unknown): unknown[] =>
    Array.from({ length: Math.floor(1_000_000 / (JSON.stringify(part).length + 1)) }, () => part);
  const bodies: Record<string, unknown> = {
    'lines of text': { text: filled('- - - - a\n').join('') },
    attachments: {
      text: 'needle',
      attachments: filled({ title: '*a*', text: '- - b', fields: [{ title: 'c', value: '<http://d|e>', short: true }] }),
    },
    blocks: { blocks: filled({ type: 'section', text: { type: 'mrkdwn', text: '*a* <http://b|c> :tada:' } }) },
    embeds: { content: 'needle', embeds: filled({ title: 'a', description: '**b**', fields: [{ name: 'c', value: 'd', inline: true }] }) },
    'unknown fields': { data: filled({ a: [1, { b: 'c' }] }) },
    names: { text: `needle ${'@Ann @Bob '.repeat(6000)}` },
    'names in rich content': { text: 'needle', attachments: filled({ text: '@Ann @Bob <@U1> @Nobody' }) },
  };
  for (const [name, body] of Object.entries(bodies))
    await isBounded(t, `webhook: ${name}`, send(JSON.stringify(body)), send(JSON.stringify({ text: 'light' })));
  const body = '@Ann @Bob '.repeat(6000);
  const post = (text: string) => () => site.bob.json('POST', `/groups/${group}/messages`, { body: text });
  await isBounded(t, 'a message full of names', post(body), post('light'));
});
