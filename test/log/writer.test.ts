import test, { type ExecutionContext } from 'ava';
import { DomainError } from '../../lib/errors.ts';
import type { Entry } from '../../lib/log/entry.ts';
import { react } from '../../lib/messages/operations.ts';
import { accessOf, bodiesIn, isDense, openTestCore, type TestCore, textDraft, wholeLog } from '../helpers/core-fixture.ts';
import { type Faults, faultyCore, Faults as NoFaults } from '../helpers/faulty-store.ts';

type Faulty = TestCore & { readonly faults: Faults; post(body: string, key?: string): Promise<Entry> };

async function openFaulty(t: ExecutionContext): Promise<Faulty> {
  const opened = await openTestCore(t);
  const faults = new NoFaults();
  const core = faultyCore(opened.core, faults);
  const post = (body: string, key?: string) =>
    core.appender.append(opened.group.id, textDraft(opened.ann.id, body, key === undefined ? {} : { key, mac: body }));
  return { ...opened, core, faults, post };
}

const FAULTS = ['lost', 'dropped', 'torn'] as const;
const words = (count: number): string[] => Array.from({ length: count }, (_, index) => `word ${index + 1}`);

for (const fault of FAULTS)
  test(`writer: an append without a response (${fault}) is in the log exactly once, in order`, async (t) => {
    const { core, group, faults, post } = await openFaulty(t);
    faults.appends.push(fault, fault);
    const entries = await Promise.all(words(12).map((word) => post(word)));
    const log = await wholeLog(core, group.id);
    t.true(isDense(log));
    t.deepEqual(bodiesIn(log), words(12));
    t.deepEqual(entries, log.slice(-12), 'callers are told what the log holds');
    t.true(faults.appends.length < 2);
  });

test('writer: entries of another process neither replace nor reorder its own', async (t) => {
  const { core, group, bob, faults, post, second } = await openFaulty(t);
  const other = await second();
  const others = async () => {
    for (const word of ['x', 'y']) await other.appender.append(group.id, textDraft(bob.id, word));
  };
  faults.appends.push(others, 'torn', others, 'lost');
  await Promise.all(words(8).map((word) => post(word)));
  const log = await wholeLog(core, group.id);
  t.true(isDense(log));
  t.deepEqual(
    bodiesIn(log).filter((body) => body.startsWith('word')),
    words(8),
  );
  t.deepEqual(
    bodiesIn(log).filter((body) => !body.startsWith('word')),
    ['x', 'y', 'x', 'y'],
  );
});

test('writer: thousands of entries behind, it skips to the head', async (t) => {
  const { core, group, bob, faults, post, second } = await openFaulty(t);
  await post('first');
  const other = await second();
  faults.appends.push(async () => {
    await Promise.all(words(900).map((word) => other.appender.append(group.id, textDraft(bob.id, word))));
  });
  faults.asked.length = 0;
  await post('last');
  t.is(faults.asked.filter((name) => name === 'range').length, 3, 'two windows that are full, one at the end');
  const log = await wholeLog(core, group.id);
  t.true(isDense(log));
  t.is(bodiesIn(log).at(-1), 'last');
});

test('writer: the same key twice in one batch gives both callers one message', async (t) => {
  const { core, group, post } = await openFaulty(t);
  const [, first, again, other] = await Promise.all([post('zero'), post('one', 'k'), post('one', 'k'), post('two')]);
  t.is(first.uid, again.uid);
  t.deepEqual(bodiesIn(await wholeLog(core, group.id)), ['zero', 'one', 'two']);
  t.not(other.uid, first.uid);
});

test('writer: drafts collect during a write and go as one append of at most 256', async (t) => {
  const { faults, post } = await openFaulty(t);
  await Promise.all(words(300).map((word) => post(word)));
  t.deepEqual(
    faults.batches.map((batch) => batch.length),
    [256, 44],
  );
});

test('writer: a batch ends before a second follow-up of one target and after a change of access rights', async (t) => {
  const { core, group, ann, bob, faults, post } = await openFaulty(t);
  const { seq: target } = await post('soup');
  await core.appender.idle();
  const append = (draft: object) =>
    core.appender.append(group.id, { ...textDraft(ann.id, ''), ...draft } as Parameters<typeof textDraft>[2] & never);
  faults.batches.length = 0;
  await Promise.all([
    post('first'),
    post('with the first'),
    append({ kind: 'react', target, emoji: '👍' }),
    append({ kind: 'react', target, emoji: '🎉' }),
    append({ kind: 'leave', member: bob.id }),
    post('after the leave'),
  ]);
  t.deepEqual(
    faults.batches.map((batch) => batch.map(({ kind }) => kind)),
    [['message', 'message', 'react'], ['react', 'leave'], ['message']],
  );
});

test('writer: reacting twice in one tick appends one entry', async (t) => {
  const { core, group, bob, post } = await openFaulty(t);
  const { seq } = await post('soup');
  const at = await accessOf(core, bob, group);
  const folds = await Promise.all([1, 2, 3].map(() => react(core, at, seq, '👍', true)));
  t.deepEqual(
    folds.map(({ state }) => state.reactions),
    Array.from({ length: 3 }, () => [{ emoji: '👍', by: [bob.id] }]),
  );
  t.is((await wholeLog(core, group.id)).filter(({ kind }) => kind === 'react').length, 1);
});

test('writer: a reaction whose answer was lost succeeds', async (t) => {
  const { core, group, bob, faults, post } = await openFaulty(t);
  const { seq } = await post('soup');
  faults.appends.push('lost');
  const { state } = await react(core, await accessOf(core, bob, group), seq, '👍', true);
  t.deepEqual(state.reactions, [{ emoji: '👍', by: [bob.id] }]);
  t.is((await wholeLog(core, group.id)).filter(({ kind }) => kind === 'react').length, 1);
});

test('writer: with an unavailable store, all waiting posts fail after 2 s', async (t) => {
  const { core, faults, group, ann, post } = await openFaulty(t);
  const { seq: target } = await post('soup');
  faults.isAway = true;
  const startedAt = performance.now();
  // Follow-ups of one target: separate batches would take 2 s each.
  const react = () => core.appender.append(group.id, { ...textDraft(ann.id, ''), kind: 'react', target, emoji: '👍' } as never);
  const all = await Promise.allSettled([post('lost'), react(), react(), react(), post('lost too')]);
  const took = performance.now() - startedAt;
  for (const one of all) t.true(one.status === 'rejected' && one.reason instanceof DomainError && one.reason.code === 'unavailable');
  t.true(took > 1990 && took < 3500, `${Math.round(took)} ms`);
  faults.isAway = false;
  await post('back');
  const log = await wholeLog(core, group.id);
  t.true(isDense(log));
  t.deepEqual(bodiesIn(log), ['soup', 'back'], 'what was refused is not written later');
});

test('writer: an outage of less than 2 s only delays a post', async (t) => {
  const { core, faults, group, post } = await openFaulty(t);
  await post('before');
  faults.isAway = true;
  const refusal = faults.refusal();
  const posting = [post('during'), post('during too')];
  await refusal;
  faults.isAway = false;
  await Promise.all(posting);
  t.deepEqual(bodiesIn(await wholeLog(core, group.id)), ['before', 'during', 'during too']);
});

test('appender: idle resolves when all drafts are written', async (t) => {
  const { core, group, post } = await openFaulty(t);
  const posting = words(20).map((word) => post(word));
  await core.appender.idle();
  t.is(bodiesIn(await wholeLog(core, group.id)).length, 20);
  await Promise.all(posting);
});

test('writer: a draft with a time of its own has that time, but none before the last entry and none in the future', async (t) => {
  const { core, clock, group, ann } = await openTestCore(t);
  const times: number[] = [];
  const { at: joined } = await core.store.log.head(group.id);
  clock.turn(10_000);
  for (const at of [joined + 1000, joined + 5000, joined + 2000, clock.now() + 60_000])
    times.push((await core.appender.append(group.id, { ...textDraft(ann.id, 'imported'), at })).at - joined);
  t.deepEqual(times, [1000, 5000, 5000, 10_000]);
  t.false((await wholeLog(core, group.id)).some((entry) => 'pending' in entry));
});
