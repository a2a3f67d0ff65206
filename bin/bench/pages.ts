import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { logIn, type Site, startParley } from './lab.ts';
import { median, type Report } from './report.ts';
import { dial, requestBytes, Wire } from './wire.ts';

const GROUPS = 1000;
const MESSAGES = 1000;
/** Pages per turn, requested sequentially on one connection; the two kinds alternate, so that other load affects both. */
const IN_TURN = 20;

/** Group pages per second, full and empty, for a member of 1,000 groups with 1,000 messages each. */
export async function pages(report: Report, isQuick: boolean): Promise<void> {
  report.head(`Group page: 50 of ${(GROUPS * MESSAGES).toLocaleString('en')} messages in ${GROUPS.toLocaleString('en')} groups (SQLite)`);
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const prepare = async (_core: unknown, slugs: readonly string[]): Promise<void> =>
    fill(join(folder, 'parley.db'), slugs.slice(0, GROUPS));
  const site = await startParley({ rooms: GROUPS + 1, env: { DATA_DIR: folder }, prepare });
  const rates = await inTurns(site, isQuick ? 10 : 40);
  report.row({ what: 'an empty group, with the sidebar', figure: rates.empty, unit: 'pages/s' });
  report.row({ what: '50 messages, with the sidebar', figure: rates.full, unit: 'pages/s' });
  report.row({ what: 'ratio', figure: rates.full / rates.empty, aim: 0.5 });
  await site.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Inserts messages after the join line of each group; every other message contains Markdown. */
export function fill(file: string, slugs: readonly string[]): void {
  const db = new DatabaseSync(file);
  db.exec('BEGIN');
  const insert = db.prepare(
    `WITH RECURSIVE head AS (
       SELECT g.id, e.author, e.seq, e.n, e.at FROM groups g JOIN entries e ON e.group_id = g.id WHERE g.slug = ? ORDER BY e.seq DESC LIMIT 1
     ), k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < ?)
     INSERT INTO entries (group_id, seq, n, at, author, kind, uid, rest, body)
     SELECT id, seq + i, n + i, at, author, 'message', printf('u%025d', i), '{"format":"markdown"}',
       CASE i % 2 WHEN 0 THEN printf('message %d of a long history', i) ELSE printf('message **%d** has a [link](https://example.org/%d) in it', i, i) END
     FROM head, k`,
  );
  for (const slug of slugs) insert.run(slug, MESSAGES);
  db.exec('COMMIT');
  db.close();
}

/** Pages per second of each kind: the median of all turns. */
async function inTurns(site: Site, turns: number): Promise<{ readonly full: number; readonly empty: number }> {
  const target = { url: site.posts.url, headers: { Cookie: await logIn(site), Accept: 'text/html' } };
  const page = (room: number): Buffer => requestBytes('GET', site.postPath(room).replace(/\/messages$/, ''), target);
  const wire = new Wire(await dial(site.posts));
  const turn = async (room: number): Promise<number> => {
    const startedAt = performance.now();
    for (let i = 0; i < IN_TURN; i += 1) if ((await wire.send(page(room))) !== 200) throw new Error('a page was refused');
    return (IN_TURN * 1000) / (performance.now() - startedAt);
  };
  const rates: { readonly full: number[]; readonly empty: number[] } = { full: [], empty: [] };
  for (let i = 0; i < turns; i += 1) {
    rates.full.push(await turn(i));
    rates.empty.push(await turn(GROUPS));
  }
  wire.close();
  return { full: median(rates.full.slice(turns / 5)), empty: median(rates.empty.slice(turns / 5)) };
}
