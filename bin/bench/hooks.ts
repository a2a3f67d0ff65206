import { userByName } from '../../lib/accounts/operations.ts';
import { createHook } from '../../lib/bots/operations.ts';
import type { OpenCore } from '../../lib/open-core.ts';
import { type Load, logIn, type Site, startAppending, startLoad, startParley } from './lab.ts';
import { type Rate, rateOf } from './posts.ts';
import { median, type Report } from './report.ts';

const GROUPS = 100;
/** Target: at most this slowdown against the bare append path. */
const AIM = 1.5;
/** Warm-up of each kind, so that the code is compiled before measuring. */
const WARM_UP_MS = 8000;

/** Posts of bots by webhook and by token, durable before the response, compared with a page's form post and the bare append path. */
export async function hooks(report: Report, isQuick: boolean): Promise<void> {
  const load = await startLoad();
  const bare = await startAppending(GROUPS);
  const paths: string[] = [];
  const parley = await startParley({ rooms: GROUPS, prepare: async (core, slugs) => void paths.push(...(await prepare(core, slugs))) });
  const byToken = { ...parley, name: 'Parley, token, JSON' };
  const sites = [bare, await page(parley), byToken, byHook(parley, paths), slackByHook(parley, paths)];
  for (const rooms of [1, GROUPS]) {
    report.head(`Posts by bots, durable before the response (SQLite), 64 connections, ${rooms === 1 ? '1 group' : `${rooms} groups`}`);
    const rounds: Rate[][] = [];
    await round(load, sites, rooms, isQuick ? 1000 : WARM_UP_MS);
    for (let i = 0; i < (isQuick ? 3 : 7); i += 1) rounds.push(await round(load, sites, rooms, isQuick ? 1000 : 3000));
    for (const [index, { name }] of sites.entries()) addRows(report, name, index, rounds);
  }
  await Promise.all([parley.stop(), bare.stop(), load.stop()]);
}

/** Measures all in turn, so that other load on the machine affects each. */
async function round(load: Load, sites: readonly Site[], rooms: number, forMs: number): Promise<Rate[]> {
  const rates: Rate[] = [];
  for (const site of sites) rates.push(await rateOf(load, site, { rooms, connections: 64, forMs, warmMs: forMs / 4 }));
  return rates;
}

/** Ratios are computed per round; the median is reported. */
function addRows(report: Report, name: string, index: number, rounds: readonly (readonly Rate[])[]): void {
  const of = (value: (rate: Rate) => number, at: number): number[] => rounds.flatMap((rates) => (rates[at] ? [value(rates[at])] : []));
  const ratio = (value: (rate: Rate) => number, to: number): number => {
    const [ours, theirs] = [of(value, index), of(value, to)];
    return median(ours.map((one, i) => (theirs[i] ?? Number.NaN) / one));
  };
  const perSecond = (rate: Rate): number => rate.perSecond;
  const cost = (rate: Rate): number => 1 / rate.cpuMicros;
  const micros = Math.round(median(of((rate) => rate.cpuMicros, index)));
  report.row({ what: name, figure: median(of(perSecond, index)), unit: 'posts/s', note: `${micros} µs of CPU per post` });
  if (index < 2) return;
  const note = `${ratio(cost, 0).toFixed(2)} by CPU; against the form post: ${ratio(perSecond, 1).toFixed(2)}`;
  report.row({ what: `${name}: slowdown against the bare append path`, figure: ratio(perSecond, 0), aim: AIM, better: 'less', note });
}

/** Creates a webhook for each group; returns their paths. */
async function prepare(core: OpenCore, slugs: readonly string[]): Promise<string[]> {
  const user = await userByName(core, 'Bench');
  const paths: string[] = [];
  for (const slug of slugs) {
    const group = await core.store.groups.bySlug(slug);
    if (group) paths.push(await createHook(core, user, group));
  }
  return paths;
}

const byHook = (parley: Site, paths: readonly string[]): Site => ({
  ...parley,
  name: 'Parley, /hooks/TOKEN, text',
  posts: { url: parley.posts.url, headers: { 'Content-Type': 'text/plain', Accept: '*/*' } },
  postPath: (room) => paths[room] ?? '',
  body: (text) => text,
});

const slackByHook = (parley: Site, paths: readonly string[]): Site => ({
  ...byHook(parley, paths),
  name: 'Parley, /hooks/TOKEN, Slack’s JSON',
  posts: { url: parley.posts.url, headers: { 'Content-Type': 'application/json', Accept: '*/*' } },
  body: (text) => JSON.stringify({ text }),
});

/** The form post of a page, as htmx sends it. */
async function page(parley: Site): Promise<Site> {
  const headers = {
    Cookie: await logIn(parley),
    'HX-Request': 'true',
    'Content-Type': 'application/x-www-form-urlencoded',
    Accept: 'text/html',
  };
  return {
    ...parley,
    name: 'Parley, form post of a page',
    posts: { url: parley.posts.url, headers },
    body: (text) => new URLSearchParams({ body: text }).toString(),
  };
}
