import test from 'ava';
import { Cursor, parseCursor } from '../../lib/live/all-groups/cursor.ts';
import { parsePosition, positionId, positionOf } from '../../lib/live/position.ts';
import { numbers } from '../helpers/site.ts';

test('position: an id is a seq with the six digits of its entry, or a seq alone; nothing else is one', (t) => {
  const [one, other] = ['a', 'b'].map((uid) => positionOf({ seq: 42, uid: uid.repeat(26) }));
  if (!one || !other) return t.fail();
  t.regex(positionId(one), /^42\.\d{6}$/);
  t.not(positionId(one), positionId(other));
  t.deepEqual(parsePosition(positionId(one)), one);
  t.deepEqual(parsePosition('42'), { seq: 42, tag: undefined });
  t.is(positionId({ seq: 42 }), '42');
  for (const text of ['', '-1', '1.5', '42.', '42.1234567', '42.12345x', '12345678901', '42.073915\n'])
    t.is(parsePosition(text), undefined, text);
});

const cursorOf = (groups: number): Cursor =>
  new Cursor(undefined, undefined, new Map(numbers(1, groups).map((number) => [number, positionOf({ seq: 1_000_000, uid: `${number}` })])));

test('position: an id of all groups has the digits of up to 64 groups, and none of more, so that it fits into a header', (t) => {
  const tagsIn = (text: string) => [...(parseCursor(text)?.moves.values() ?? [])].flatMap(({ tag }) => tag ?? []);
  t.is(tagsIn(String(cursorOf(64))).length, 64);
  t.is(tagsIn(String(cursorOf(65))).length, 0);
  t.is(parseCursor(String(cursorOf(65)))?.moves.size, 65);
  t.true(String(cursorOf(64)).length < 2048);
});
