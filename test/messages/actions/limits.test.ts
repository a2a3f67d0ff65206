import test from 'ava';
import { openOffers } from './offers.ts';

const action = (more: object): object => ({ id: 'a', label: 'A', ...more });
const field = (more: object): object => action({ fields: [{ id: 'f', label: 'F', type: 'text', ...more }] });
const options = (count: number) => Array.from({ length: count }, (_, index) => ({ text: `${index}`, value: `${index}` }));
const many = (count: number, make: (id: string) => object): object[] => Array.from({ length: count }, (_, index) => make(`i${index}`));

/** What is refused, with its status, the field and a part of the text; and the largest that is not. */
const ROWS: readonly (readonly [title: string, refused: unknown, status: number, field: string, says: RegExp, allowed?: object])[] = [
  ['no list', {}, 400, 'actions', /must be a list/],
  ['no object', ['x'], 400, 'actions.0', /must be an object/],
  ['26', many(26, (id) => action({ id })), 400, 'actions', /25 actions at most/, many(25, (id) => action({ id }))],
  ['no id', [{ label: 'A' }], 400, 'actions.0.id', /must be text/],
  ['a path as id', [action({ id: '../a' })], 400, 'actions.0.id', /1 to 64 characters of A-Z a-z 0-9/],
  ['a long id', [action({ id: 'a'.repeat(65) })], 400, 'actions.0.id', /64/, [action({ id: 'a'.repeat(64) })]],
  ['an id twice', [action({}), action({})], 422, 'actions.1.id', /another one has this/],
  ['a long label', [action({ label: 'é'.repeat(76) })], 400, 'actions.0.label', /75 characters/, [action({ label: 'é'.repeat(75) })]],
  ['a blank label', [action({ label: ' \u200b\n' })], 422, 'actions.0.label', /must not be blank/],
  ['another style', [action({ style: 'red' })], 400, 'actions.0.style', /default, primary or danger/],
  ['a long value', [action({ value: 'v'.repeat(2001) })], 400, 'actions.0.value', /2000/, [action({ value: 'v'.repeat(2000) })]],
  ['a long question', [action({ confirm: 'c'.repeat(301) })], 400, 'actions.0.confirm', /300/, [action({ confirm: 'c'.repeat(300) })]],
  ['who is nobody', [action({ who: ['Zoe'] })], 422, 'actions.0.who.0', /no member Zoe/],
  ['who is empty', [action({ who: [] })], 400, 'actions.0.who', /must name somebody/],
  ['another use', [action({ uses: 'twice' })], 400, 'actions.0.uses', /once, person or many/],
  ['another show', [action({ show: 'all' })], 400, 'actions.0.show', /names, count or nobody/],
  ['26 fields', [action({ fields: many(26, (id) => ({ id, label: 'F', type: 'date' })) })], 400, 'actions.0.fields', /25 fields/],
  [
    'a field twice',
    [action({ fields: [1, 2].map(() => ({ id: 'f', label: 'F', type: 'date' })) })],
    422,
    'actions.0.fields.1.id',
    /another one/,
  ],
  ['another type', [field({ type: 'file' })], 400, 'actions.0.fields.0.type', /text, date, select or member/],
  ['a long hint', [field({ hint: 'h'.repeat(151) })], 400, 'actions.0.fields.0.hint', /150/, [field({ hint: 'h'.repeat(150) })]],
  ['a large text', [field({ max: 3001 })], 400, 'actions.0.fields.0.max', /3000/, [field({ max: 3000 })]],
  ['a select without options', [field({ type: 'select' })], 422, 'actions.0.fields.0.options', /needs options/],
  [
    '101 options',
    [field({ type: 'select', options: options(101) })],
    400,
    'actions.0.fields.0.options',
    /100 options/,
    [field({ type: 'select', options: options(100) })],
  ],
  [
    'a long option',
    [field({ type: 'select', options: [{ text: 'o'.repeat(76), value: 'o' }] })],
    400,
    'actions.0.fields.0.options.0.text',
    /75/,
  ],
  [
    'an option twice',
    [field({ type: 'select', options: [1, 2].map((n) => ({ text: `${n}`, value: 'o' })) })],
    422,
    'actions.0.fields.0.options.1.value',
    /another one/,
  ],
  ['64 KiB', many(25, (id) => action({ id, value: '日'.repeat(1000) })), 413, 'actions', /65536 at most/],
];

test('actions: each limit has an error that names the field, and what is at the limit is taken', async (t) => {
  const { bot } = await openOffers(t);
  for (const [title, actions, status, name, says, allowed] of ROWS) {
    const answer = await bot.json('POST', '/groups/lobby/messages', { body: title, actions });
    const { field: named, detail } = answer.json<{ field: string; detail: string }>();
    t.deepEqual([answer.status, named], [status, name], `${title}: ${answer.text}`);
    t.regex(detail, says, title);
    if (allowed) t.is((await bot.json('POST', '/groups/lobby/messages', { body: title, actions: allowed })).status, 201, title);
  }
});

test('actions: a use counts towards the rate limit of its user', async (t) => {
  const { bob, offer, use } = await openOffers(t, { env: { POSTS_PER_SECOND: '2' } });
  const path = await offer([{ id: 'a', label: 'A', uses: 'many' }]);
  const statuses = new Set<number>();
  for (let n = 0; n < 12; n += 1) statuses.add((await use(bob, path, 'a')).status);
  t.deepEqual(statuses, new Set([200, 429]));
});
