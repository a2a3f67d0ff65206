import test from 'ava';
import { decode, encode, MAX_EVENT_BYTES } from '../../lib/bus/wire.ts';
import { asUserId } from '../../lib/ids.ts';
import { head, posted, randomGroup } from './bus.ts';

const group = randomGroup();
const typing = { type: 'typing', group, user: asUserId('ann'), until: 1_700_000_006_000 } as const;

test('bus wire: an event is decoded as it was encoded', (t) => {
  const mark = { type: 'mark', group, of: randomGroup(), n: 7 } as const;
  const bare = [{ type: 'presence', group } as const, { type: 'mine', group } as const];
  const draft = { type: 'draft', group, user: asUserId('ann'), id: '0123456789abcdef' } as const;
  for (const event of [head(group, 3), posted(group, 'a\n"b"\u2029 👋'), typing, draft, mark, ...bare])
    t.deepEqual(decode(encode(event), group), event);
});

test('bus wire: entries that are too large are sent as a head; smaller ones are sent in full', (t) => {
  t.deepEqual(decode(encode(posted(group, 'é'.repeat(MAX_EVENT_BYTES / 2), 9))), head(group, 9));
  const fits = posted(group, 'é'.repeat(MAX_EVENT_BYTES / 2 - 1000), 9);
  t.deepEqual(decode(encode(fits)), fits);
});

for (const text of [
  '',
  'null',
  '[]',
  '{',
  '{"type":"head","group":"g"}',
  '{"type":"entries","group":"g"}',
  '{"type":"new","group":"g"}',
  '{"type":"presence"}',
  '{"type":"typing","group":"g","user":"ann"}',
  '{"type":"typing","group":"g","user":1,"until":1}',
  '{"type":"typing","group":"g","user":"ann","until":"soon"}',
  '{"type":"mark","group":"g","n":1}',
  '{"type":"mark","group":"g","of":"h","n":"1"}',
  '{"type":"mine"}',
  '{"type":"draft","group":"g","user":"ann"}',
  '{"type":"draft","group":"g","user":"ann","id":1}',
])
  test(`no event: ${text}`, (t) => {
    t.is(decode(text), undefined);
  });

test('bus wire: an event of another group than its channel is dropped', (t) => {
  t.is(decode(encode(head(group, 1)), randomGroup()), undefined);
  t.deepEqual(decode(encode(head(group, 1)), group), head(group, 1));
});
