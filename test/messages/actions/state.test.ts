import test from 'ava';
import { asGroupId, asUserId, type UserId } from '../../../lib/ids.ts';
import type { Action } from '../../../lib/log/action.ts';
import type { FollowUp, FollowUpBody, Message } from '../../../lib/log/entry.ts';
import { actionsOf, fold, usesOf } from '../../../lib/log/fold.ts';
import { weightOfMessage } from '../../../lib/log/weight.ts';
import { withholdErased } from '../../../lib/log/withhold.ts';
import { isOpen, stateOf } from '../../../lib/messages/actions/state.ts';

const [bot, ann, bob] = [asUserId('bot'), asUserId('ann'), asUserId('bob')];
const action = (id: string, more: Partial<Action> = {}): Action => ({ id, label: id, uses: 'many', show: 'names', ...more });
const [A, B] = [action('a'), action('b')];
const common = { group: asGroupId('g'), n: 1, uid: 'u' };
const posted = (actions: readonly Action[] = [A, B]): Message => ({
  ...common,
  ...{ seq: 1, at: 1000, author: bot, kind: 'message', body: 'Go?', format: 'text', actions },
});
type Given = FollowUpBody & { readonly by?: UserId };
const after = (...bodies: readonly Given[]): FollowUp[] =>
  bodies.map(({ by = bot, ...body }, index) => ({ ...common, seq: index + 2, at: 2000 + index, author: by, ...body }) as FollowUp);
const act = (id: string, by = ann) => ({ kind: 'act', target: 1, action: id, label: id, bot, by }) as const;
const ack = (id: string, upTo: number) => ({ kind: 'ack', target: 1, action: id, act: upTo }) as const;
const edit = (actions?: readonly Action[], body = 'Go?') =>
  ({ kind: 'edit', target: 1, body, format: 'text', ...(actions ? { actions } : {}) }) as const;

test('fold: uses are counted by action; who, in the order of their first use, and the last one', (t) => {
  const folded = fold(posted(), after(act('a'), act('b', bob), act('a', bob), act('a')));
  t.deepEqual(usesOf(folded, 'a'), { action: 'a', count: 3, by: [ann, bob], last: { seq: 5, by: ann, at: 2003 } });
  t.deepEqual(usesOf(folded, 'b'), { action: 'b', count: 1, by: [bob], last: { seq: 3, by: bob, at: 2001 } });
  t.is(usesOf(folded, 'c'), undefined);
  t.is(folded.rev, 5);
});

test('fold: a use waits until the bot has answered it, by that or by an edit; a bot does not wait for itself', (t) => {
  const waits = (...bodies: readonly Given[]) => stateOf(fold(posted(), after(...bodies)), A).isWaiting;
  t.true(waits(act('a')));
  t.false(waits(act('a'), ack('a', 2)));
  t.true(waits(act('a'), ack('b', 2)));
  t.true(waits(act('a'), act('a'), ack('a', 2)));
  t.false(waits(act('a'), act('a'), ack('a', 3), ack('a', 2)), 'answers in another order');
  t.false(waits(act('a'), edit(undefined, 'Gone')));
  t.true(waits(edit(undefined, 'Gone'), act('a')));
  t.false(waits(act('a', bot)));
});

test('fold: an edit replaces actions and keeps the uses of those that stay; only a change of the text is an edit of it', (t) => {
  const C = action('c');
  const folded = fold(posted(), after(act('a'), act('b'), edit([B, C])));
  t.deepEqual(actionsOf(folded), [B, C]);
  t.deepEqual([usesOf(folded, 'a'), usesOf(folded, 'b')?.count], [undefined, 1]);
  t.is(folded.state.editedAt, undefined);
  t.is(fold(posted(), after(edit())).state.editedAt, 2000);
  t.is(fold(posted(), after(edit([], 'Gone'))).state.editedAt, 2000);
  t.deepEqual(actionsOf(fold(posted(), after(edit([])))), []);
  t.deepEqual(actionsOf(fold(posted(), after(edit()))), [A, B]);
  t.deepEqual(actionsOf(fold(posted(), after({ kind: 'erase', target: 1, undoUntil: 1 }))), []);
});

test('fold: from a snapshot it is the same as from the start', (t) => {
  const all = after(act('a'), edit([A]), act('a', bob), ack('a', 4), act('a', bob));
  const whole = fold(posted(), all);
  for (let upTo = 0; upTo <= all.length; upTo += 1) {
    const snapshot = fold(posted(), all.slice(0, upTo));
    t.deepEqual(fold({ ...posted(), folded: snapshot.state }, all).state, whole.state, `${upTo}`);
  }
});

test('actions: are open until they are locked, or used once by anybody of their choice', (t) => {
  const [one, two, person] = [
    action('a', { uses: 'once', choice: 'x' }),
    action('b', { uses: 'once', choice: 'x' }),
    action('c', { uses: 'person' }),
  ];
  const offered = posted([one, two, person, action('d', { locked: true })]);
  const open = (...bodies: readonly Given[]) => {
    const folded = fold(offered, after(...bodies));
    return actionsOf(folded).map((each) => isOpen(folded, each));
  };
  t.deepEqual(open(), [true, true, true, false]);
  t.deepEqual(open(act('b')), [false, false, true, false]);
  t.deepEqual(open(act('c')), [true, true, true, false]);
});

test('actions: a message with many of them is heavier', (t) => {
  const options = Array.from({ length: 100 }, (_, index) => ({ text: `${index}`, value: `${index}` }));
  const fields = [{ id: 'f', label: 'F', type: 'select', options } as const];
  const heavy = Array.from({ length: 25 }, (_, index) => action(`a${index}`, { fields }));
  t.true(weightOfMessage(fold(posted(heavy), [])) > 100 * weightOfMessage(fold(posted([]), [])));
});

test('actions: a reader gets no label and no values of an erased message', async (t) => {
  const log = { erasedAmong: async () => new Set([1]), lastEdit: async () => undefined, message: async () => undefined };
  const [message, use, change] = [posted(), ...after({ ...act('a'), value: 'v', values: { f: 'x' } }, edit([A]))];
  if (!use || !change) return t.fail();
  const { entries } = await withholdErased(log, [message, use, change]);
  t.like(entries[1], { kind: 'act', action: 'a', label: '', scrubbed: true });
  t.false(entries.some((entry) => 'actions' in entry || 'value' in entry || 'values' in entry));
});
