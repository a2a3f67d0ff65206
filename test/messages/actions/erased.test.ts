import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import test from 'ava';
import { textFile } from '../../../lib/export/folder.ts';
import { writeRecords } from '../../../lib/export/write-json.ts';
import { scrubDue } from '../../../lib/log/scrub.ts';
import { writeOwnData } from '../../../lib/own-data/download.ts';
import { PASSWORD } from '../../helpers/server.ts';
import { freshDatabase, mongoService, present, requireOrSkip } from '../../helpers/services.ts';
import { openOffers } from './offers.ts';

const mongo = await mongoService();
const STORES = [
  ['sqlite', requireOrSkip(test), () => ({})],
  ['mongo', requireOrSkip(test, mongo), () => ({ MONGODB_URL: freshDatabase(present(mongo)) })],
] as const;

const [LABEL, VALUE, TYPED] = ['clementine', 'salamander', 'woodpecker'];
const ASK = {
  ...{ id: 'ask', label: LABEL, value: VALUE, uses: 'many', show: 'nobody' },
  fields: [{ id: 'why', label: LABEL, type: 'text' }],
};

type Row = { readonly type: string; readonly [field: string]: unknown };
const rowsIn = (lines: string): Row[] =>
  lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

for (const [store, register, env] of STORES) {
  register.serial(`${store}: with a message its actions are erased, and what was typed into them`, async (t) => {
    const { core, clock, lobby, bob, bot, offer, use, acts } = await openOffers(t, { env: env() });
    const path = await offer([ASK], TYPED);
    await use(bob, path, 'ask', { why: TYPED }, { 'Idempotency-Key': 'k' });
    await bot.json('PATCH', path, { actions: [{ ...ASK, label: `${LABEL} 2` }] });
    await bot.json('DELETE', path);
    clock.turn(60_000);
    t.is(await scrubDue(core), 1);
    const { seq } = await core.store.log.head(lobby.id);
    const [first] = await acts();
    const log = JSON.stringify(await core.store.log.range(lobby.id, 1, seq));
    for (const word of [LABEL, VALUE, TYPED]) t.false(log.includes(word), word);
    t.like(first, { kind: 'act', action: 'ask', label: '', scrubbed: true });
    t.like((await bob.get(path, 'application/json')).json(), { erased: true, actions: [] });
    t.is((await use(bob, path, 'ask', { why: TYPED }, { 'Idempotency-Key': 'k' })).status, 200, 'the key outlives it');
  });

  for (const messages of ['keep', 'erase'] as const)
    register.serial(
      `${store}: what somebody typed is ${messages === 'keep' ? 'kept' : 'erased'} with their account, as they choose`,
      async (t) => {
        const { ann, bob, offer, use, acts } = await openOffers(t, { env: env() });
        const path = await offer([ASK]);
        await use(bob, path, 'ask', { why: TYPED });
        await use(ann, path, 'ask', { why: 'by Ann' });
        t.is((await bob.form('/settings/delete', { messages, current: PASSWORD })).status, 303);
        const [his, hers] = await acts();
        t.deepEqual(his?.values, messages === 'keep' ? { why: TYPED } : undefined);
        t.deepEqual(hers?.values, { why: 'by Ann' });
        t.is((await ann.get(path)).status, 200);
      },
    );
}

test('legal hold keeps what somebody typed', async (t) => {
  const { core, bob, lobby, offer, use, acts } = await openOffers(t);
  const path = await offer([ASK]);
  await use(bob, path, 'ask', { why: TYPED });
  await core.store.groups.update(lobby.id, { held: true });
  await bob.form('/settings/delete', { messages: 'erase', current: PASSWORD });
  t.deepEqual((await acts())[0]?.values, { why: TYPED });
});

test('on SQLite no byte of it is left in the file once it is scrubbed', async (t) => {
  const { core, clock, bob, bot, offer, use } = await openOffers(t);
  const path = await offer([ASK]);
  await use(bob, path, 'ask', { why: TYPED });
  const file = join(core.config.dataDir, 'parley.db');
  const found = (): boolean => [file, `${file}-wal`].some((one) => [LABEL, VALUE, TYPED].some((word) => readFileSync(one).includes(word)));
  t.true(found());
  await bot.json('DELETE', path);
  clock.turn(60_000);
  await scrubDue(core);
  t.false(found());
});

test('exports: a group has actions and uses without values and hidden names; a person their own uses with what they typed', async (t) => {
  const { core, ann, annUser, bob, bobUser, botUser, lobby, offer, use } = await openOffers(t);
  const path = await offer([ASK, { id: 'open', label: 'Open', who: ['Ann', 'Bob'] }]);
  await use(bob, path, 'ask', { why: TYPED });
  await use(ann, path, 'open');
  const written = async (scope: Parameters<typeof writeRecords>[2]['scope']) => {
    const out = new PassThrough();
    const all = textOf(out);
    const file = textFile(out);
    await writeRecords(core, file, { scope, program: 'test' });
    await file.end();
    return all;
  };
  const whole = await written({ group: lobby });
  t.false(whole.includes(TYPED));
  const message = rowsIn(whole).find(({ type }) => type === 'message');
  t.like(message, {
    author: botUser.id,
    actions: [
      { id: 'ask', label: LABEL },
      { id: 'open', who: [annUser.id, bobUser.id] },
    ],
  });
  const at = '2026-01-02T12:00:00.000Z';
  t.deepEqual(message?.acts, [
    { action: 'ask', label: LABEL, by: null, at },
    { action: 'open', label: 'Open', by: annUser.id, at },
  ]);
  const out = new PassThrough();
  const mine = textOf(out);
  await writeOwnData(core, bobUser, out);
  const rows = rowsIn(await mine);
  t.like(
    rows.find(({ type }) => type === 'act'),
    { by: bobUser.id, action: 'ask', label: LABEL, values: { why: TYPED } },
  );
  t.is(rows.filter(({ type }) => type === 'message' || type === 'act').length, 1);
  t.false(rowsIn(await written({ user: annUser })).some((row) => JSON.stringify(row).includes(TYPED)));
});
