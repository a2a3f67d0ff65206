import { setTimeout as delay } from 'node:timers/promises';
import { type Load, type Site, startLoad, startParley, startParleyPair } from './lab.ts';
import { cpuSeconds } from './machine.ts';
import { median, type Report } from './report.ts';

const [ROOMS, PER_ROOM] = [10, 100];
/** Per group: five open drafts of an author are the limit, and twenty updates of each per second. */
const [DRAFTS, PER_SECOND] = [5, 16];
const PIECE = 'twenty letters more, ';
/** The length of a text half-way: what a message of the same length costs is compared. */
const LENGTH = 1000;

/** CPU of the servers for an update of a draft that pages show, relative to a posted message of the length that the draft has on average. */
export async function drafts(report: Report, isQuick: boolean): Promise<void> {
  report.head('An update of a draft, relative to a message (= 1): CPU of all server processes, 10 groups with 100 pages each');
  const load = await startLoad();
  for (const start of [startParley, startParleyPair]) {
    const site = await start({ rooms: ROOMS, as: 'html' });
    await load.ask({
      do: 'open',
      target: site.streams,
      paths: Array.from({ length: ROOMS * PER_ROOM }, (_, i) => site.streamPath(i % ROOMS)),
    });
    await updateAll(site, 2); // compiles the code
    await postAll(site, 2);
    const ratios: number[] = [];
    const costs: number[] = [];
    for (let round = 0; round < (isQuick ? 1 : 5); round += 1) {
      const [message, update] = [await costOf(site, () => postAll(site, 3)), await costOf(site, () => updateAll(site, 3))];
      ratios.push(update / message);
      costs.push(update);
    }
    report.row({
      what: site.name,
      figure: median(ratios),
      note: `${(median(costs) * 1000).toFixed(2)} ms for an update`,
    });
    await close(load);
    await site.stop();
  }
  await load.stop();
}

const close = (load: Load): Promise<unknown> => load.ask({ do: 'close' });

/** CPU seconds for each of the requests that `work` sends; it resolves to their number. */
async function costOf(site: Site, work: () => Promise<number>): Promise<number> {
  const before = cpuSeconds(site.pids());
  const count = await work();
  return (cpuSeconds(site.pids()) - before) / count;
}

async function send({ posts }: Site, method: string, path: string, fields: object): Promise<{ readonly id?: string }> {
  const answer = await fetch(posts.url + path, { method, headers: { ...posts.headers }, body: JSON.stringify(fields) });
  if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${await answer.text()}`);
  return answer.json() as Promise<{ readonly id?: string }>;
}

/** Requests at a steady pace, each group's in turns; resolves to their number. */
async function atPace(seconds: number, request: (turn: number) => Promise<unknown>[]): Promise<number> {
  let count = 0;
  const startedAt = performance.now();
  for (let turn = 0; turn < seconds * PER_SECOND; turn += 1) {
    const sent = request(turn);
    count += sent.length;
    await Promise.all(sent);
    await delay(Math.max(0, startedAt + ((turn + 1) * 1000) / PER_SECOND - performance.now()));
  }
  return count;
}

const places = (site: Site): string[] => Array.from({ length: ROOMS }, (_, room) => site.postPath(room).replace(/\/messages$/, ''));

function postAll(site: Site, seconds: number): Promise<number> {
  const body = { body: 'x'.repeat(LENGTH) };
  return atPace(seconds, () =>
    places(site).flatMap((at) => Array.from({ length: DRAFTS }, () => send(site, 'POST', `${at}/messages`, body))),
  );
}

/** Begins drafts, writes on in them, and discards them. */
async function updateAll(site: Site, seconds: number): Promise<number> {
  const begun = await Promise.all(
    places(site).flatMap((at) =>
      Array.from(
        { length: DRAFTS },
        async () => `${at}/drafts/${(await send(site, 'POST', `${at}/drafts`, { body: 'x'.repeat(LENGTH / 2) })).id}`,
      ),
    ),
  );
  const count = await atPace(seconds, () => begun.map((path) => send(site, 'PATCH', path, { append: PIECE })));
  await Promise.all(begun.map((path) => fetch(site.posts.url + path, { method: 'DELETE', headers: { ...site.posts.headers } })));
  return count;
}
