import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Site, startParley } from './lab.ts';
import { median, type Report } from './report.ts';
import { dial, requestBytes, Wire } from './wire.ts';

const SHORT = 1000;
const ROUNDS = 300;

/** Requests in a group with a long history and in one with a short one: on the same server, sequentially, alternating. */
export async function history(report: Report, isQuick: boolean): Promise<void> {
  const long = isQuick ? 1_000_000 : 10_000_000;
  report.head(`A group with ${long.toLocaleString('en')} messages, relative to one with ${SHORT.toLocaleString('en')} (SQLite, medians)`);
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const prepare = async (_core: unknown, slugs: readonly string[]): Promise<void> => fill(join(folder, 'parley.db'), slugs, [SHORT, long]);
  const site = await startParley({ rooms: 2, env: { DATA_DIR: folder }, prepare });
  for (const [what, act] of Object.entries(acts(site, [SHORT, long]))) {
    const [short, far] = await inTurns(site, act);
    const note = `${median(short).toFixed(2)} ms, ${median(far).toFixed(2)} ms`;
    report.row({ what, figure: median(far) / median(short), aim: 1.2, better: 'less', note });
  }
  await site.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Inserts messages after the existing join lines by SQL, since ten million posts would take 15 minutes. */
function fill(file: string, slugs: readonly string[], counts: readonly number[]): void {
  const db = new DatabaseSync(file);
  for (const [index, slug] of slugs.entries())
    db.prepare(
      `WITH RECURSIVE head AS (
         SELECT g.id, e.author, e.seq, e.n, e.at FROM groups g JOIN entries e ON e.group_id = g.id WHERE g.slug = ? ORDER BY e.seq DESC LIMIT 1
       ), k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < ?)
       INSERT INTO entries (group_id, seq, n, at, author, kind, uid, rest, body)
       SELECT id, seq + i, n + i, at, author, 'message', printf('u%025d', i), '{"format":"text"}', printf('message %d of a long history', i) FROM head, k`,
    ).run(slug, counts[index] ?? 0);
  db.close();
}

type Act = (room: 0 | 1) => Buffer;

function acts(site: Site, lengths: readonly [number, number]): Readonly<Record<string, Act>> {
  const pages = { ...site.posts, headers: { ...site.posts.headers, Accept: 'text/html' } };
  const show = (room: number, query: string) => requestBytes('GET', `${site.postPath(room)}${query}`, pages);
  return {
    'the newest page': (room) => show(room, ''),
    'a page from the middle': (room) => show(room, `?before=${lengths[room] / 2}`),
    'a post': (room) => requestBytes('POST', site.postPath(room), site.posts, site.body('hello')),
    'a stream, until its first entry': (room) => requestBytes('GET', `${site.streamPath(room)}&after=${lengths[room] - 20}`, site.streams),
  };
}

async function inTurns(site: Site, act: Act): Promise<[number[], number[]]> {
  const times: [number[], number[]] = [[], []];
  for (let i = 0; i < ROUNDS; i += 1) for (const room of [0, 1] as const) times[room].push(await timed(site, act(room)));
  return [times[0].slice(ROUNDS / 3), times[1].slice(ROUNDS / 3)];
}

/** Milliseconds from the request to the first bytes of the response's body, on its own connection. */
async function timed(site: Site, request: Buffer): Promise<number> {
  const socket = await dial(site.posts);
  const startedAt = performance.now();
  await new Wire(socket).first(request);
  const ms = performance.now() - startedAt;
  socket.destroy();
  return ms;
}
