import test from 'ava';
import { asGroupId, asUserId, type UserId } from '../../lib/ids.ts';
import { EMPTY_HEAD, type Entry, type EntryBody, entryAfter, headAfter } from '../../lib/log/entry.ts';
import { presentRun, summaryOf } from '../../lib/messages/collapsed-system-messages.ts';
import type { Client } from '../helpers/client.ts';
import { startServer } from '../helpers/server.ts';

const GROUP = asGroupId('group00000000000');
const NOON = Date.UTC(2026, 0, 2, 12);
const DAY = 24 * 3_600_000;
const NAMES = ['Ann', 'Bob', 'Carl', 'Dora', 'Eve', 'Finn'];
const ID = Object.fromEntries(NAMES.map((name) => [name, asUserId(name.toLowerCase())])) as Record<string, UserId>;
const profiles = new Map(
  NAMES.map((name) => [ID[name] as UserId, { id: ID[name] as UserId, name, shownName: name, color: 0, bot: false, avatar: null }]),
);
const who = (name: string): UserId => ID[name] ?? asUserId('nobody');

/** Entries of one log, each a number of days after the first. */
function log(...bodies: readonly (readonly [author: string, body: EntryBody, day?: number])[]): Entry[] {
  const entries: Entry[] = [];
  for (const [author, body, day = 0] of bodies) {
    const last = entries.at(-1);
    entries.push(
      entryAfter({ author: who(author), uid: `${entries.length}`, ...body }, GROUP, last ? headAfter(last) : EMPTY_HEAD, NOON + day * DAY),
    );
  }
  return entries;
}

const joins = (name: string): EntryBody => ({ kind: 'join', member: who(name) });
const leaves = (name: string): EntryBody => ({ kind: 'leave', member: who(name) });
const topic: EntryBody = { kind: 'topic', topic: 'tea' };

for (const [what, bodies, summary] of [
  ['one', [['Ann', joins('Ann')]], 'Ann joined'],
  [
    'two',
    [
      ['Ann', joins('Ann')],
      ['Ann', joins('Bob')],
    ],
    'Ann and Bob joined',
  ],
  [
    'three',
    [
      ['Ann', joins('Ann')],
      ['Ann', joins('Bob')],
      ['Carl', joins('Carl')],
    ],
    'Ann, Bob and Carl joined',
  ],
  ['more', NAMES.slice(0, 5).map((name) => ['Ann', joins(name)]), 'Ann, Bob and 3 others joined'],
  [
    'some gone',
    [
      ['Ann', joins('Bob')],
      ['Bob', leaves('Bob')],
      ['Ann', leaves('Carl')],
    ],
    'Bob joined · Bob and Carl left',
  ],
  [
    'one who comes and goes',
    [
      ['Bob', joins('Bob')],
      ['Bob', leaves('Bob')],
      ['Bob', joins('Bob')],
    ],
    'Bob joined · Bob left',
  ],
  [
    'other things',
    [
      ['Ann', joins('Ann')],
      ['Ann', topic],
      ['Ann', { kind: 'archive', on: true }],
    ],
    'Ann joined · 2 other changes',
  ],
  [
    'one other thing',
    [
      ['Ann', topic],
      ['Ann', joins('Bob')],
    ],
    'Bob joined · 1 other change',
  ],
] as [string, [string, EntryBody][], string][])
  test(`lines as one: ${what}`, (t) => t.is(summaryOf(log(...bodies), profiles), summary));

test('collapsed system messages: three or more are one row, fewer are separate', (t) => {
  const entries = log(['Ann', joins('Ann')], ['Ann', joins('Bob')], ['Ann', joins('Carl')], ['Ann', topic]);
  const rows = (count: number) =>
    presentRun(entries.slice(0, count), profiles).map((row) => ('fold' in row ? row.fold.lines.length : row.text));
  t.deepEqual(rows(0), []);
  t.deepEqual(rows(2), ['Ann joined', 'Ann added Bob']);
  t.deepEqual(rows(3), [3]);
  t.deepEqual(rows(4), [4]);
  const [row] = presentRun(entries, profiles);
  t.like(row, { seq: 1, author: null, day: '2026-01-02' });
});

test('collapsed system messages: different days are separate', (t) => {
  const entries = log(
    ['Ann', joins('Ann')],
    ['Ann', joins('Bob')],
    ['Ann', joins('Carl'), 1],
    ['Ann', joins('Dora'), 1],
    ['Ann', joins('Eve'), 1],
  );
  const rows = presentRun(entries, profiles);
  t.deepEqual(
    rows.map((row) => [row.day, 'fold' in row ? row.fold.summary : row.text]),
    [
      ['2026-01-02', 'Ann joined'],
      ['2026-01-02', 'Ann added Bob'],
      ['2026-01-03', 'Carl, Dora and Eve joined'],
    ],
  );
});

async function serverWith(
  names: readonly string[],
): Promise<{ ann: Client; close(): Promise<void>; page(path?: string): Promise<string> }> {
  const site = await startServer();
  const ann = await site.signUp('Ann');
  await ann.json('POST', '/groups/lobby/messages', { body: 'before' });
  for (const name of names) await site.signUpInLobby(name);
  await ann.json('POST', '/groups/lobby/messages', { body: 'after' });
  return { ann, close: site.close, page: async (path = '/groups/lobby') => (await ann.get(path)).text };
}

test('collapsed system messages: a page shows one expandable row between two messages', async (t) => {
  const { close, page } = await serverWith(NAMES.slice(1));
  t.teardown(close);
  for (const path of ['/groups/lobby', '/groups/lobby?before=9']) {
    const text = await page(path);
    const [fold = ''] = /<details id="f-3" class="fold">[\s\S]*?<\/details>/.exec(text) ?? [];
    t.regex(fold, /<summary>Bob, Carl and 3 others joined<\/summary>/, path);
    t.is(fold.match(/<p id="m-\d+" class="line"/g)?.length, 5, path);
    t.regex(text, /before[\s\S]*f-3/);
  }
  t.is((await page()).match(/class="line"/g)?.length, 6, 'each is there once, and Ann’s own stands by itself');
});

test('collapsed system messages: two stay separate; the JSON history has messages only', async (t) => {
  const { ann, close, page } = await serverWith(NAMES.slice(1, 3));
  t.teardown(close);
  t.false((await page()).includes('class="fold"'));
  const entries = (await ann.get('/groups/lobby/messages', 'application/json')).json<{ kind: string }[]>();
  t.true(entries.every(({ kind }) => kind === 'message'));
});
