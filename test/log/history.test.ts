import test, { type ExecutionContext } from 'ava';
import { asUserId } from '../../lib/ids.ts';
import { firstSince } from '../../lib/log/by-date.ts';
import { type Draft, entryAfter, headAfter } from '../../lib/log/entry.ts';
import { fold } from '../../lib/log/fold.ts';
import { type Line, type Page, readMessage, readPage } from '../../lib/log/history.ts';
import { PAGE_WEIGHT } from '../../lib/log/weight.ts';
import * as operations from '../../lib/messages/operations.ts';
import { accessOf, openTestCore, type TestCore, textDraft } from '../helpers/core-fixture.ts';
import { Faults, faultyCore } from '../helpers/faulty-store.ts';
import { numbers } from '../helpers/site.ts';

async function openWatched(
  t: ExecutionContext,
): Promise<TestCore & { readonly faults: Faults; append(...drafts: Draft[]): Promise<void> }> {
  const opened = await openTestCore(t);
  const faults = new Faults();
  const core = faultyCore(opened.core, faults);
  const append = async (...drafts: Draft[]): Promise<void> => {
    await Promise.all(drafts.map((draft) => core.appender.append(opened.group.id, draft)));
  };
  return { ...opened, core, faults, append };
}

const nameOf = (line: Line): string => (line.type === 'message' ? line.folded.state.body : line.entry.kind);
const topic = (by: TestCore, text: string): Draft => ({ ...textDraft(by.ann.id, ''), kind: 'topic', topic: text }) as Draft;

test('history: the newest page ends with the last message; its cursors reach the whole log', async (t) => {
  const opened = await openWatched(t);
  const { core, group, append } = opened;
  const bodies = Array.from({ length: 7 }, (_, index) => `${index + 1}`);
  await append(...bodies.map((body) => textDraft(opened.bob.id, body)));
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
  await append(...bodies.map((body) => textDraft(bob.id, body)));
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

test('history: a page of heavy messages is cut by their weight, with links to the others; every message is on a page once', async (t) => {
  const { core, group, bob, append } = await openWatched(t);
  const long = (n: number): Draft => textDraft(bob.id, `${n} ${'x'.repeat(60_000)}`);
  const drafts = numbers(1, 40).map((n) => (n % 20 === 0 ? textDraft(bob.id, `${n}`) : long(n)));
  for (const draft of drafts) await append(draft);
  const words = ({ lines }: Page) => lines.flatMap((line) => (line.type === 'message' ? [Number.parseInt(nameOf(line), 10)] : []));
  const newest = await readPage(core, group.id, { limit: 200 });
  t.is(words(newest).at(-1), 40);
  t.true(words(newest).length >= 10 && words(newest).length < 25, `${words(newest)}`);
  t.true(newest.isCut);
  t.false((await readPage(core, group.id, { limit: 5 })).isCut);
  for (const window of [{ around: 20 }, { after: 0 }, { before: 30 }, {}]) {
    const start = await readPage(core, group.id, { limit: 200, ...window });
    const seen = words(start);
    if (window.around) t.true(seen.includes(18), `${seen}`); // seq 20
    for (let page = start; page.older !== undefined; ) {
      page = await readPage(core, group.id, { before: page.older, limit: 200 });
      seen.unshift(...words(page));
    }
    for (let page = start; page.newer !== undefined; ) {
      page = await readPage(core, group.id, { after: page.newer, limit: 200 });
      seen.push(...words(page));
    }
    t.deepEqual(seen, numbers(1, 40), JSON.stringify(window));
  }
});

test('history: one message that weighs more than a page is a page', async (t) => {
  const { core, group, bob, append } = await openWatched(t);
  for (const n of numbers(1, 3)) await append(textDraft(bob.id, `${n}${'x'.repeat(PAGE_WEIGHT)}`));
  const page = await readPage(core, group.id, { limit: 50 });
  t.deepEqual(
    page.lines.map((line) => nameOf(line)[0]),
    ['3'],
  );
  const middle = await readPage(core, group.id, { around: page.older ?? 0, limit: 50 });
  t.deepEqual(
    middle.lines.map((line) => nameOf(line)[0]),
    ['3'],
  );
});

test('history: firstSince finds the first message at a time, in O(log n) reads', async (t) => {
  const { core, group, bob, faults } = await openWatched(t);
  let head = await core.store.log.head(group.id);
  const start = head.at;
  const entries = Array.from({ length: 1000 }, (_, i) => {
    const entry = entryAfter(textDraft(bob.id, `${i}`), group.id, head, start + 10 * Math.floor(i / 2)); // two entries per time
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
  const opened = await openWatched(t);
  const { core, group, append } = opened;
  await append(textDraft(opened.bob.id, 'a'), textDraft(opened.bob.id, 'b'));
  await append(topic(opened, 'between'));
  await append(textDraft(opened.bob.id, 'c'), textDraft(opened.bob.id, 'd'));
  const newest = await readPage(core, group.id, { limit: 2 });
  t.deepEqual(newest.lines.map(nameOf), ['topic', 'c', 'd']);
  const older = await readPage(core, group.id, { before: newest.older, limit: 2 });
  t.deepEqual(older.lines.map(nameOf), ['join', 'join', 'a', 'b']);
  t.deepEqual((await readPage(core, group.id, { after: older.newer, limit: 2 })).lines.map(nameOf), ['topic', 'c', 'd']);
  t.deepEqual((await readPage(core, group.id, { after: newest.head.seq, limit: 2 })).lines, [], 'nothing is newer');
});

test('history: a page with many follow-ups shows its system messages and reads a bounded part of the log', async (t) => {
  const opened = await openWatched(t);
  const { core, group, append, faults } = opened;
  await append(textDraft(opened.bob.id, 'a'));
  let head = await core.store.log.head(group.id);
  const noise = Array.from({ length: 900 }, (_, i) => {
    const react = { ...textDraft(opened.bob.id, ''), kind: 'react', target: 3, emoji: `e${i % 9}` } as Draft;
    const entry = entryAfter(react, group.id, head, core.now());
    head = headAfter(entry);
    return entry;
  });
  await core.store.log.append(group.id, noise);
  await append(topic(opened, 'news'));
  faults.asked.length = 0;
  const page = await readPage(core, group.id, { limit: 5 });
  t.deepEqual(page.lines.map(nameOf), ['a', 'topic']);
  t.is(faults.asked.filter((name) => name === 'systemEntries').length, 1);
});

test('history: a message with hundreds of follow-ups is read from its snapshot', async (t) => {
  const opened = await openWatched(t);
  const { core, group, faults } = opened;
  const at = await accessOf(core, opened.bob, group);
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
  const opened = await openWatched(t);
  const { core, group, append } = opened;
  await append(textDraft(opened.bob.id, 'soup'));
  await append(
    ...Array.from({ length: 40 }, (_, i) => ({ ...textDraft(asUserId(`u${i}`), ''), kind: 'react', target: 3, emoji: '👍' }) as Draft),
  );
  const broken = { ...core.store.log, snapshot: () => Promise.reject(new Error('disk full')) };
  const { state } = await readMessage({ ...core, store: { ...core.store, log: broken } }, group.id, 3);
  t.is(state.reactions[0]?.by.length, 40);
});
