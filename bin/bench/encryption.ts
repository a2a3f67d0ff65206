import { randomBytes } from 'node:crypto';
import type { Core } from '../../lib/core.ts';
import { newUid, systemRandom } from '../../lib/ids.ts';
import { logIn, type Site, startLoad, startParley } from './lab.ts';
import { cpuSeconds } from './machine.ts';
import { rateOf } from './posts.ts';
import { median, type Report } from './report.ts';
import { dial, requestBytes, Wire } from './wire.ts';

const GROUPS = 200;
const MESSAGES = 60;
const PAGES_IN_TURN = 20;
const AIM = 0.85;

/** Posts and pages of a server with ENCRYPTION_KEYS, relative to one without; the two are measured in turns, so that other load affects both. */
export async function encryption(report: Report, isQuick: boolean): Promise<void> {
  report.head('With encryption at rest, relative to the same without (SQLite)');
  const key = `bench:${randomBytes(32).toString('base64')}`;
  const plain = await startParley({ rooms: GROUPS, prepare });
  const encrypted = await startParley({ rooms: GROUPS, prepare, env: { ENCRYPTION_KEYS: key } });
  const pair: Pair = [plain, encrypted];
  for (const rooms of [1, GROUPS]) await posts(report, pair, rooms, isQuick);
  await pages(report, pair, isQuick ? 10 : 60);
  await encrypted.stop();
  await plain.stop();
}

type PageRate = { readonly perSecond: number; readonly perCpuSecond: number };
type Pair = readonly [plain: Site, encrypted: Site];

/** Every other message contains Markdown. */
async function prepare({ appender, store }: Core, slugs: readonly string[]): Promise<void> {
  const group = await store.groups.bySlug(slugs[0] ?? '');
  const [member] = group ? await store.memberships.ofGroup(group.id) : [];
  if (!group || !member) throw new Error('there is no group');
  for (let i = 0; i < MESSAGES; i += 1) {
    const body = i % 2 === 0 ? `message ${i} of a long history` : `message **${i}** has a [link](https://example.org/${i}) in it`;
    await appender.append(group.id, { kind: 'message', author: member.user, uid: newUid(systemRandom), body, format: 'markdown' });
  }
}

async function posts(report: Report, [plain, encrypted]: Pair, rooms: number, isQuick: boolean): Promise<void> {
  const load = await startLoad();
  const rate = (site: Site, warmMs: number) => rateOf(load, site, { rooms, connections: 64, forMs: 1000, warmMs });
  for (const site of [plain, encrypted]) await rate(site, isQuick ? 1000 : 4000);
  const rounds: { readonly before: number; readonly after: number; readonly cpu: number; readonly more: number }[] = [];
  for (let i = 0; i < (isQuick ? 5 : 15); i += 1) {
    const [before, after] = [await rate(plain, 100), await rate(encrypted, 100)];
    const cpu = { cpu: before.cpuMicros / after.cpuMicros, more: after.cpuMicros - before.cpuMicros };
    rounds.push({ before: before.perSecond, after: after.perSecond, ...cpu });
  }
  await load.stop();
  const middle = (of: keyof (typeof rounds)[number]): number => Math.round(median(rounds.map((round) => round[of])));
  const what = `of 300 characters, ${rooms} ${rooms === 1 ? 'group' : 'groups'}, 64 connections`;
  const perSecond = median(rounds.map(({ before, after }) => after / before));
  report.row({ what: `posts/s ${what}`, figure: perSecond, aim: AIM, note: `${middle('after')} of ${middle('before')} posts/s` });
  const perCpu = median(rounds.map(({ cpu }) => cpu));
  report.row({ what: `posts per CPU-second ${what}`, figure: perCpu, aim: AIM, note: `${middle('more')} µs of CPU more per post` });
}

async function pages(report: Report, pair: Pair, turns: number): Promise<void> {
  const measured = await Promise.all(pair.map(pageTurn));
  const rounds: PageRate[][] = [];
  for (let i = 0; i < turns; i += 1) {
    const rates: PageRate[] = [];
    for (const { turn } of measured) rates.push(await turn());
    rounds.push(rates);
  }
  for (const { close } of measured) close();
  const ratio = (of: keyof PageRate): number =>
    median(rounds.map(([plain, encrypted]) => (encrypted?.[of] ?? Number.NaN) / (plain?.[of] ?? Number.NaN)));
  const [before = 0, after = 0] = [0, 1].map((index) => median(rounds.map((rates) => rates[index]?.perSecond ?? Number.NaN)));
  const what = 'of a group, 50 messages with the sidebar of 200 groups';
  report.row({ what: `pages/s ${what}`, figure: ratio('perSecond'), aim: AIM, note: `${before.toFixed(1)} → ${after.toFixed(1)} pages/s` });
  report.row({ what: `pages per CPU-second ${what}`, figure: ratio('perCpuSecond'), aim: AIM });
}

/** One connection on which pages are requested one after the other. */
async function pageTurn(site: Site): Promise<{ turn(): Promise<PageRate>; close(): void }> {
  const target = { url: site.posts.url, headers: { Cookie: await logIn(site), Accept: 'text/html' } };
  const page = requestBytes('GET', site.postPath(0).replace(/\/messages$/, ''), target);
  const wire = new Wire(await dial(site.posts));
  return {
    async turn() {
      const [startedAt, before] = [performance.now(), cpuSeconds(site.pids())];
      for (let i = 0; i < PAGES_IN_TURN; i += 1) if ((await wire.send(page)) !== 200) throw new Error('a page was refused');
      const cpu = cpuSeconds(site.pids()) - before;
      return { perSecond: (PAGES_IN_TURN * 1000) / (performance.now() - startedAt), perCpuSecond: PAGES_IN_TURN / cpu };
    },
    close: () => wire.close(),
  };
}
