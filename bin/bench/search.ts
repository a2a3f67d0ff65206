import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createAccount } from '../../lib/accounts/operations.ts';
import type { User } from '../../lib/accounts/port.ts';
import { createToken } from '../../lib/accounts/tokens.ts';
import type { Core } from '../../lib/core.ts';
import { changeMembership } from '../../lib/groups/membership.ts';
import type { Group } from '../../lib/groups/port.ts';
import type { Message } from '../../lib/log/entry.ts';
import { fold } from '../../lib/log/fold.ts';
import { TERMS_VERSION } from '../../lib/search/port.ts';
import { indexed } from '../../lib/search/searchable.ts';
import { startParley } from './lab.ts';
import { median, quantile, type Report } from './report.ts';
import { dial, requestBytes, Wire } from './wire.ts';

const GROUPS = 100;
const WORDS = 14;
const VOCABULARY = 20_000;
/** A user may search 30 times at once, and then twice a second. */
const [READERS, EACH] = [40, 25];
const IN_BATCH = 2000;
/** One message in this many is by the rare author. */
const RARE = 50_000;

/** `w0` is in two of three messages, `w3000` in one of 2,000. */
const QUERIES = {
  'one word, in most messages': 'w0 ',
  'one word, in few messages': 'w3000 ',
  'two words': 'w20 w150 ',
  'a phrase': '"w4 w9" ',
  'a phrase that no message has, of frequent words': '"w1 w2 w3 w4 w5 w6" ',
  'a rare author': 'from:Rare ',
  'a word of a rare author': 'w1 from:Rare ',
} as const;

/** Search as JSON over many messages, for members of all groups: one request at a time. */
export async function search(report: Report, isQuick: boolean): Promise<void> {
  const messages = isQuick ? 100_000 : 1_000_000;
  report.head(`Search in ${messages.toLocaleString('en')} messages of ${GROUPS} groups (SQLite)`);
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const tokens: string[] = [];
  const prepare = async (core: Core, slugs: readonly string[]): Promise<void> => {
    const groups = (await Promise.all(slugs.map((slug) => core.store.groups.bySlug(slug)))).filter((group) => group !== undefined);
    const [writer, rare] = [await account(core, groups, 'Writer'), await account(core, groups, 'Rare')];
    for (const group of groups) await fill(core, join(folder, 'parley.db'), group, messages / GROUPS, { writer, rare });
    for (let i = 0; i < READERS; i += 1) tokens.push((await createToken(core, await account(core, groups, `Reader${i}`))).token);
  };
  const site = await startParley({ rooms: GROUPS, env: { DATA_DIR: folder }, prepare });
  const wire = new Wire(await dial(site.posts));
  const times = new Map<string, number[]>(Object.keys(QUERIES).map((what) => [what, []]));
  for (let i = 0, asked = 0; asked < READERS * EACH; i += 1)
    for (const [what, query] of Object.entries(QUERIES)) {
      const headers = { Authorization: `Bearer ${tokens[asked % READERS]}`, Accept: 'application/json' };
      const request = requestBytes('GET', `/search?${new URLSearchParams({ q: query })}`, { url: site.posts.url, headers });
      const startedAt = performance.now();
      if ((await wire.send(request)) !== 200) throw new Error(`a search for ${what} was refused`);
      if (i > 10) times.get(what)?.push(performance.now() - startedAt); // the first ones find nothing compiled or in memory
      asked += 1;
    }
  wire.close();
  for (const [what, ms] of times) {
    const sorted = ms.toSorted((a, b) => a - b);
    const note = `p50 ${median(ms).toFixed(1)} ms`;
    report.row({ what: `${what}: p99`, figure: quantile(sorted, 0.99), unit: 'ms', aim: 50, better: 'less', note });
  }
  await site.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function account(core: Core, groups: readonly Group[], name: string): Promise<User> {
  const user = await createAccount(core, { name, password: null });
  for (const { id } of groups) await changeMembership(core, id, user.id, { in: true, role: 'member', by: user.id });
  return user;
}

/** Inserts and indexes messages of random words, of which the first are far more frequent than the last. */
async function fill(
  core: Core,
  file: string,
  group: Group,
  count: number,
  by: { readonly writer: User; readonly rare: User },
): Promise<void> {
  const { log, search: index } = core.store;
  const db = new DatabaseSync(file, { timeout: 5000 });
  const insert = db.prepare(
    `INSERT INTO entries (group_id, seq, n, at, author, kind, uid, rest, body) VALUES (?, ?, ?, ?, ?, 'message', ?, '{"format":"text"}', ?)`,
  );
  const head = await log.head(group.id);
  for (let done = 0; done < count; done += IN_BATCH) {
    const batch = Array.from({ length: IN_BATCH }, (_, i): Message => {
      const seq = head.seq + done + i + 1;
      const author = chance() < 1 / RARE ? by.rare.id : by.writer.id;
      const body = Array.from({ length: WORDS }, () => `w${random(VOCABULARY)}`).join(' ');
      const uid = `${group.id}-${seq}`;
      const common = { group: group.id, seq, n: head.n + done + i + 1, at: head.at + done + i, author, uid };
      return { ...common, kind: 'message', body, format: 'text' };
    });
    db.exec('BEGIN IMMEDIATE');
    for (const { seq, n, at, author, uid, body } of batch) insert.run(group.id, seq, n, at, author, uid, body);
    db.exec('COMMIT');
    const upto = batch.at(-1)?.seq ?? 0;
    await index.put(
      group.id,
      batch.map((message) => indexed(fold(message, []))),
      { upto, version: TERMS_VERSION },
    );
  }
  db.close();
}

let state = 1;

/** From 0 to below 1; always the same sequence. */
function chance(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
}

/** Below `end`; small ones are more frequent, about as words of a language are. */
const random = (end: number): number => Math.floor(end ** chance()) - 1;
