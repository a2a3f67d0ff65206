import test from 'ava';
import fc from 'fast-check';
import { asGroupId, asUserId, type UserId } from '../../lib/ids.ts';
import type { FollowUp, FollowUpBody, Message } from '../../lib/log/entry.ts';
import { fold, foldAll, wantsSnapshot } from '../../lib/log/fold.ts';

const group = asGroupId('kitchen');
const [ann, bob] = [asUserId('ann'), asUserId('bob')];

const message = (fields: Partial<Message> = {}): Message => ({
  ...{ group, seq: 1, n: 1, at: 1000, author: ann, uid: 'u1', kind: 'message', body: 'soup', format: 'text' },
  ...fields,
});
const followUp = (seq: number, body: FollowUpBody, author: UserId = ann): FollowUp => ({
  ...{ group, seq, n: 1, at: 1000 + seq, author, uid: `u${seq}` },
  ...body,
});
const edit = (body: string, mentions?: UserId[]): FollowUpBody => ({
  ...{ kind: 'edit', target: 1, body, format: 'text' },
  ...(mentions ? { mentions } : {}),
});
const react = (emoji: string, kind: 'react' | 'unreact' = 'react'): FollowUpBody => ({ kind, target: 1, emoji });
const ERASE: FollowUpBody = { kind: 'erase', target: 1, undoUntil: 9000 };
const UNERASE: FollowUpBody = { kind: 'unerase', target: 1 };

test('fold: a message without follow-ups is unchanged', (t) => {
  t.deepEqual(fold(message({ mentions: [bob] }), []), {
    message: message({ mentions: [bob] }),
    rev: 1,
    state: { upto: 1, body: 'soup', format: 'text', reactions: [], mentions: [bob] },
  });
});

test('fold: the last edit sets body, mentions and edit time', (t) => {
  const { state, rev } = fold(message({ mentions: [bob] }), [followUp(4, edit('stew', [ann])), followUp(7, edit('broth'))]);
  t.deepEqual([state.body, state.editedAt, state.mentions, rev], ['broth', 1007, undefined, 7]);
});

test('fold: an erasure has author, time and undo limit; unerase removes it', (t) => {
  const erased = fold(message(), [followUp(3, ERASE, bob)]);
  t.deepEqual(erased.state.erasedBy, { seq: 3, author: bob, at: 1003, undoUntil: 9000 });
  const back = fold(message(), [followUp(3, ERASE, bob), followUp(5, UNERASE, bob)]);
  t.deepEqual(back.state, { ...fold(message(), []).state, upto: 5 });
});

test('fold: reactions keep the order of emoji and users, each once', (t) => {
  const { state } = fold(message(), [
    followUp(2, react('👍'), bob),
    followUp(3, react('🎉'), ann),
    followUp(4, react('👍'), ann),
    followUp(5, react('👍'), bob),
  ]);
  t.deepEqual(state.reactions, [
    { emoji: '👍', by: [bob, ann] },
    { emoji: '🎉', by: [ann] },
  ]);
  const without = fold(message(), [followUp(2, react('👍'), bob), followUp(3, react('👍', 'unreact'), bob)]);
  t.deepEqual(without.state.reactions, []);
});

test('fold: follow-ups apply to their target', (t) => {
  const other = message({ seq: 2, n: 2, body: 'bread' });
  const folded = foldAll([message(), other], [followUp(3, { ...edit('rolls'), target: 2 } as FollowUpBody), followUp(4, react('👍'))]);
  t.deepEqual(
    folded.map(({ state, rev }) => [state.body, rev, state.reactions.length]),
    [
      ['soup', 4, 1],
      ['rolls', 3, 0],
    ],
  );
});

test('fold: a snapshot is due after 32 follow-ups, or edits of 128 KiB, never for a scrubbed message', (t) => {
  const reactions = Array.from({ length: 32 }, (_, n) => followUp(n + 2, react('👍')));
  t.false(wantsSnapshot(message(), reactions.slice(1)));
  t.true(wantsSnapshot(message(), reactions));
  t.false(wantsSnapshot(message({ scrubbed: true }), reactions));
  const half = followUp(2, edit('x'.repeat(65_536)));
  t.false(wantsSnapshot(message(), [half]));
  t.true(wantsSnapshot(message(), [half, half]));
});

const anybody = fc.constantFrom(ann, bob, asUserId('eve'));
const anyBody: fc.Arbitrary<FollowUpBody> = fc.oneof(
  fc.tuple(fc.string(), fc.option(fc.uniqueArray(anybody), { nil: undefined })).map(([body, mentions]) => edit(body, mentions)),
  fc.tuple(fc.constantFrom('👍', '🎉', '👀'), fc.constantFrom('react', 'unreact')).map(([emoji, kind]) => react(emoji, kind)),
  fc.constantFrom(ERASE, UNERASE),
);
/** Follow-ups of message 1 by seq, with gaps where other entries are. */
const anyHistory = fc.array(fc.tuple(anyBody, anybody, fc.integer({ min: 1, max: 3 })), { maxLength: 80 }).map((steps) => {
  let seq = 1;
  return steps.map(([body, author, gap]) => {
    seq += gap;
    return followUp(seq, body, author);
  });
});

test('fold: folding from a snapshot at any point equals folding everything', (t) => {
  fc.assert(
    fc.property(anyHistory, fc.nat(), (history, at) => {
      const all = fold(message(), history);
      const cut = at % (history.length + 1);
      const { state } = fold(message(), history.slice(0, cut));
      const kept = message({ folded: JSON.parse(JSON.stringify(state)) });
      t.deepEqual(fold(kept, history.slice(cut)).state, all.state);
      t.deepEqual(fold(kept, history).state, all.state, 'what the snapshot holds is not applied again');
      t.is(fold(kept, history).rev, all.rev);
    }),
  );
  t.pass();
});

test('fold: does not mutate its input; rev is the last seq', (t) => {
  fc.assert(
    fc.property(anyHistory, (history) => {
      const before = structuredClone(history);
      const { rev, state } = fold(message(), history);
      t.deepEqual(history, before);
      t.is(rev, history.at(-1)?.seq ?? 1);
      for (const { by } of state.reactions) t.is(new Set(by).size, by.length);
    }),
  );
});
