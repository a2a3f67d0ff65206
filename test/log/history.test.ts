import test, { type ExecutionContext } from 'ava';
import { asUserId } from '../../lib/ids.ts';
import { firstSince } from '../../lib/log/by-date.ts';
import { type Draft, entryAfter, headAfter } from '../../lib/log/entry.ts';
import { fold } from '../../lib/log/fold.ts';
import { type Line, type Page, readMessage, readPage } from '../../lib/log/history.ts';
import * as operations from '../../lib/messages/operations.ts';
import { type Cast, openCast, says, standingOf } from '../helpers/core-cast.ts';
import { Faults, faultyCore } from '../helpers/faulty-store.ts';

async function openWatched(t: ExecutionContext): Promise<Cast & { readonly faults: Faults; append(...drafts: Draft[]): Promise<void> }> {
  const cast = await openCast(t);
  const faults = new Faults();
  const core = faultyCore(cast.core, faults);
  const append = async (...drafts: Draft[]): Promise<void> => {
    await Promise.all(drafts.map((draft) => core.appender.append(cast.group.id, draft)));
  };
  return { ...cast, core, faults, append };
}

const nameOf = (line: Line): string => (line.type === 'message' ? line.folded.state.body : line.entry.kind);
const topic = (by: Cast, text: string): Draft => ({ ...says(by.ann.id, ''), kind: 'topic', topic: text }) as Draft;

test('history: the newest page ends with the last message; its cursors reach the whole log', async (t) => {
  const cast = await openWatched(t);
  const { core, group, append } = cast;
  const bodies = Array.from({ length: 7 }, (_, index) => `${index + 1}`);
  await append(...bodies.map((body) => says(cast.bob.id, body)));
  const seen: string[] = [];
  let page = await readPage(core, group.id, { limit: 3 });
  t.is(page.newer, undefined);
  for (;;) {
    seen.unshift(...page.lines.map(nameOf));
    if (page.older === undefined) break;
    page = await readPage(core, group.id, { before: page.older, limit: 3 });
  }
  t.deepEqual(seen, ['join', 'join', ...bodies]);
  const forwards = await readPage(core, group.id, { after: 0, limit: 3 });
  t.deepEqual([forwards.lines.map(nameOf).slice(-3), forwards.older, forwards.newer], [['1', '2', '3'], undefined, 5]);
});

test('history: cursors from any message visit every message once, in both directions', async (t) => {
  const { core, group, bob, append } = await openWatched(t);
  const bodies = Array.from({ length: 23 }, (_, index) => `${index + 1}`);
  await append(...bodies.map((body) => says(bob.id, body)));
  const words = ({ lines }: Page) => lines.filter(({ type }) => type === 'message').map(nameOf);
  for (const around of [1, 3, 4, 12, 24, 25, 9_999_999_999]) {
    const middle = await readPage(core, group.id, { around, limit: 5 });
    t.is(words(middle).length, 5, `around ${around}`);
    const wanted = Math.min(Math.max(around - 2, 1), 23); // the first message has seq 3
    t.true(words(middle).includes(`${wanted}`), `around ${around}: ${words(middle)}`);
    const seen = words(middle);
    for (let page = middle; page.older !== undefined; ) {
      page = await readPage(core, group.id, { before: page.older, limit: 5 });
      seen.unshift(...words(page));
    }
    for (let page = middle; page.newer !== undefined; ) {
      page = await readPage(core, group.id, { after: page.newer, limit: 5 });
      seen.push(...words(page));
    }
    t.deepEqual(seen, bodies, `around ${around}`);
  }
});

test('history: firstSince finds the first message at a time, in O(log n) reads', async (t) => {
  const { core, group, bob, faults } = await openWatched(t);
  let head = await core.store.log.head(group.id);
  const start = head.at;
  const entries = Array.from({ length: 1000 }, (_, i) => {
    const entry = entryAfter(says(bob.id, `${i}`), group.id, head, start + 10 * Math.floor(i / 2)); // in pairs of one moment
    head = headAfter(entry);
    return entry;
  });
  for (let i = 0; i < entries.length; i += 500) await core.store.log.append(group.id, entries.slice(i, i + 500));
  for (const [at, n] of [
    [0, 1],
    [start, 1],
    [start + 1, 3],
    [start + 2500, 501],
    [start + 4990, 999],
    [start + 4991, undefined],
  ] as const) {
    faults.asked.length = 0;
    t.is((await firstSince(core, group.id, head, at))?.n, n, `${at}`);
    t.true(faults.asked.length <= 11, `${faults.asked.length} reads`);
  }
});

test('history: a system message between two pages is on the newer page only', async (t) => {
  const cast = await openWatched(t);
  const { core, group, append } = cast;
  await append(says(cast.bob.id, 'a'), says(cast.bob.id, 'b'));
  await append(topic(cast, 'between'));
  await append(says(cast.bob.id, 'c'), says(cast.bob.id, 'd'));
  const newest = await readPage(core, group.id, { limit: 2 });
  t.deepEqual(newest.lines.map(nameOf), ['topic', 'c', 'd']);
  const older = await readPage(core, group.id, { before: newest.older, limit: 2 });
  t.deepEqual(older.lines.map(nameOf), ['join', 'join', 'a', 'b']);
  t.deepEqual((await readPage(core, group.id, { after: older.newer, limit: 2 })).lines.map(nameOf), ['topic', 'c', 'd']);
  t.deepEqual((await readPage(core, group.id, { after: newest.head.seq, limit: 2 })).lines, [], 'nothing is newer');
});

test('history: a page with many follow-ups shows its system messages and reads a bounded part of the log', async (t) => {
  const cast = await openWatched(t);
  const { core, group, append, faults } = cast;
  await append(says(cast.bob.id, 'a'));
  let head = await core.store.log.head(group.id);
  const noise = Array.from({ length: 900 }, (_, i) => {
    const react = { ...says(cast.bob.id, ''), kind: 'react', target: 3, emoji: `e${i % 9}` } as Draft;
    const entry = entryAfter(react, group.id, head, core.now());
    head = headAfter(entry);
    return entry;
  });
  await core.store.log.append(group.id, noise);
  await append(topic(cast, 'news'));
  faults.asked.length = 0;
  const page = await readPage(core, group.id, { limit: 5 });
  t.deepEqual(page.lines.map(nameOf), ['a', 'topic']);
  t.is(faults.asked.filter((name) => name === 'range').length, 1);
});

test('history: a message with hundreds of follow-ups is read from its snapshot', async (t) => {
  const cast = await openWatched(t);
  const { core, group, faults } = cast;
  const at = await standingOf(core, cast.bob, group);
  const { message } = await operations.post(core, at, { body: 'v0' });
  let maxRead = 0;
  const followUps = core.store.log.followUps;
  const watched = {
    ...core,
    store: {
      ...core.store,
      log: {
        ...core.store.log,
        followUps: async (...args: Parameters<typeof followUps>) => {
          const found = await followUps(...args);
          maxRead = Math.max(maxRead, found.length);
          return found;
        },
      },
    },
  };
  for (let version = 1; version <= 100; version += 1) {
    await operations.edit(watched, at, message.seq, `v${version}`);
    await operations.react(watched, at, message.seq, '👍', version % 2 === 1);
  }
  t.true(maxRead <= 33, `${maxRead} follow-ups read at once`);
  maxRead = 0;
  faults.asked.length = 0;
  const { lines } = await readPage(watched, group.id, { limit: 50 });
  t.true(maxRead < 33, `${maxRead} follow-ups read for a page`);
  t.is(faults.asked.filter((name) => name === 'followUps').length, 1, 'one read for all messages of a page');
  const line = lines.find((one) => one.type === 'message');
  t.is(line?.type === 'message' ? line.folded.state.body : '', 'v100');
  const stored = await core.store.log.message(group.id, message.seq);
  const every = await followUps(group.id, [{ seq: message.seq, after: 0 }]);
  t.true((stored?.folded?.upto ?? 0) > message.seq + 160);
  t.deepEqual((await readMessage(core, group.id, message.seq)).state, fold(message, every).state);
});

test('history: a message can be read when its snapshot cannot be stored', async (t) => {
  const cast = await openWatched(t);
  const { core, group, append } = cast;
  await append(says(cast.bob.id, 'soup'));
  await append(
    ...Array.from({ length: 40 }, (_, i) => ({ ...says(asUserId(`u${i}`), ''), kind: 'react', target: 3, emoji: '👍' }) as Draft),
  );
  const broken = { ...core.store.log, snapshot: () => Promise.reject(new Error('disk full')) };
  const { state } = await readMessage({ ...core, store: { ...core.store, log: broken } }, group.id, 3);
  t.is(state.reactions[0]?.by.length, 40);
});
