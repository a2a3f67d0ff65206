import test from 'ava';
import { setDisabled } from '../../lib/accounts/operations.ts';
import { removeMember, setArchived } from '../../lib/groups/operations.ts';
import { eventually } from '../helpers/eventually.ts';
import { chooseLanguage, postAs } from '../helpers/fixtures.ts';
import { RawReader } from '../helpers/raw-reader.ts';
import { LOBBY } from '../helpers/site.ts';
import { EventReader } from '../helpers/stream.ts';
import { append, begin, commit, DRAFTS, endsIn, hasEnd, hasRow, idOf, newBot, openDrafting, says, statesIn } from './drafting.ts';

test('drafts: a program that asks for them has each state and the end, without ids; one that does not has the message only', async (t) => {
  const { ann, bot, stream } = await openDrafting(t);
  const [program, plain] = [await stream(ann, '?as=json&drafts=1'), await stream(ann, '?as=json')];
  const all = await EventReader.open(ann, '/events?drafts=1');
  t.teardown(() => all.close());
  const draft = await begin(bot, { body: 'One', format: 'markdown' });
  for (const reader of [program, all]) await reader.until(says('One'));
  await append(bot, draft, ', **two');
  for (const reader of [program, all]) await reader.until(says('One, **two'));
  const [state] = statesIn(program.events);
  t.like(state, { id: idOf(draft), rev: 1, author: { name: 'Writer', bot: true }, format: 'markdown', reply_to: null, group: 'lobby' });
  const { seq } = (await commit(bot, draft)).json<{ seq: number }>();
  for (const reader of [program, all]) await reader.until((events) => endsIn(events).length > 0);
  t.deepEqual(endsIn(program.events), [{ group: 'lobby', id: idOf(draft), seq }]);
  t.deepEqual(
    program.events.slice(-2).map(({ event }) => event),
    ['message', 'draft_end'],
    'first the message, then the end',
  );
  for (const { event, id } of program.events) t.is(id === undefined, event !== 'message', 'a cursor is for what is in the log');
  await plain.until((events) => events.length > 0);
  t.deepEqual(
    plain.events.map(({ event }) => event),
    ['message'],
  );
});

test('drafts: many updates are sent as few, the last one in any case', async (t) => {
  const { ann, bot, stream } = await openDrafting(t);
  const program = await stream(ann, '?as=json&drafts=1');
  const draft = await begin(bot);
  const since = performance.now();
  for (let n = 1; n <= 20; n += 1) await append(bot, draft, `${n} `);
  await program.until((events) => statesIn(events).at(-1)?.body.endsWith(' 20') ?? false);
  const most = 2 + (performance.now() - since) / 100;
  t.true(statesIn(program.events).length <= most, `${statesIn(program.events).length} states, at most ${most}`);
});

test('drafts: a page has a row that each state replaces, and the end together with the message', async (t) => {
  const { ann, bob, bot, stream, post } = await openDrafting(t);
  const page = await stream(ann);
  await chooseLanguage(bob, 'fr');
  const french = await stream(bob);
  const draft = await begin(bot, { body: 'It is **so', format: 'markdown' });
  await page.until(hasRow(draft, 'It is **so'));
  await french.until(hasRow(draft, '<span class="as">écrit…</span>'));
  await append(bot, draft, '** <b>');
  await page.until(hasRow(draft, '<p>It is <b>so</b> &lt;b&gt;</p>'));
  const row = page.events.find(({ data }) => data.includes('id="d-'))?.data ?? '';
  t.regex(row, /data-author="\w+" data-rev="1" aria-live="off">/);
  t.true(row.includes('>Writer</a>') && row.includes('<span class="badge">bot</span>') && row.includes('<span class="as">writing…</span>'));
  await post('in between');
  const later = await stream(bob);
  await later.until(hasRow(draft, '<b>so</b>')); // at once, though nothing is written
  const { seq } = (await commit(bot, draft)).json<{ seq: number }>();
  await page.until(hasEnd(draft));
  const last = page.events.find(({ data }) => data.includes(`id="m-${seq}"`))?.data ?? '';
  t.regex(last, /^<article id="m-\d+"/);
  t.true(hasEnd(draft)([{ id: undefined, event: 'message', data: last }]), 'in one event');
});

test('drafts: one that is deleted, and one whose bot died, disappear', async (t) => {
  const { ann, bot, stream, clock } = await openDrafting(t, { heartbeatMs: 20 });
  const [page, program] = [await stream(ann), await stream(ann, '?as=json&drafts=1')];
  const [deleted, left] = [await begin(bot, { body: 'a' }), await begin(bot, { body: 'b' })];
  for (const draft of [deleted, left]) await page.until(hasRow(draft));
  await program.until(says('b'));
  await bot.json('DELETE', deleted);
  await page.until(hasEnd(deleted));
  t.false(hasEnd(left)(page.events));
  clock.turn(60_000);
  await page.until(hasEnd(left));
  await program.until((events) => endsIn(events).length === 2);
  t.deepEqual(
    endsIn(program.events).map(({ id, seq }) => [id, seq]),
    [deleted, left].map((draft) => [idOf(draft), null]),
  );
});

test('drafts: those of a member who loses access end', async (t) => {
  const site = await openDrafting(t);
  const { core, ann, annUser, bot, botUser, lobby, stream } = site;
  const { bot: second, botUser: secondUser } = await newBot(site, 'Second');
  const { bot: third } = await newBot(site, 'Third');
  const page = await stream(ann);
  const [removed, disabled, stays] = [await begin(bot), await begin(second), await begin(third)];
  for (const draft of [removed, disabled, stays]) await page.until(hasRow(draft));
  await removeMember(core, annUser.id, lobby, botUser);
  await page.until(hasEnd(removed));
  t.is((await append(bot, removed, 'x')).status, 404);
  await setDisabled(core, annUser.id, secondUser, true);
  await page.until(hasEnd(disabled));
  await eventually(async () => (await core.bus.texts.list(lobby.id)).length === 1);
  t.false(hasEnd(stays)(page.events));
  await setArchived(core, annUser.id, lobby, true);
  await page.until(hasEnd(stays));
});

test('drafts: of somebody who left while nobody looked nothing is shown', async (t) => {
  const site = await openDrafting(t);
  const { core, ann, annUser, bot, botUser, lobby, stream } = site;
  const { bot: second } = await newBot(site, 'Second');
  const [gone, stays] = [await begin(bot, { body: 'gone' }), await begin(second, { body: 'here' })];
  await removeMember(core, annUser.id, lobby, botUser);
  const page = await stream(ann);
  await page.until(hasRow(stays));
  t.false(hasRow(gone)(page.events));
});

test('drafts: a thread has those of its replies; a stream of mentions or words has none', async (t) => {
  const { ann, bot, stream } = await openDrafting(t);
  const [one, two] = [await postAs(ann, 'one?'), await postAs(ann, 'two?')];
  const thread = await EventReader.open(ann, `${LOBBY}/messages/${two.seq}/thread/events`);
  t.teardown(() => thread.close());
  const [mentions, words] = [await stream(ann, '?as=json&drafts=1&filter=mentions'), await stream(ann, '?as=json&drafts=1&keyword=soup')];
  const program = await stream(ann, `?as=json&drafts=1&thread=${one.seq}`);
  const [first, second, alone] = [
    await begin(bot, { reply_to: one.seq, body: 'soup, @Ann' }),
    await begin(bot, { reply_to: two.seq }),
    await begin(bot),
  ];
  await program.until(says('soup, @Ann'));
  await thread.until(hasRow(second));
  for (const draft of [first, alone]) t.false(hasRow(draft)(thread.events));
  t.is(new Set(statesIn(program.events).map(({ id }) => id)).size, 1);
  await commit(bot, first);
  for (const reader of [mentions, words]) {
    await reader.until((events) => events.length > 0);
    t.deepEqual(
      reader.events.map(({ event }) => event),
      ['message'],
    );
  }
});

test('drafts: the live document has a row for each state, of which its style shows the last, once a second at most', async (t) => {
  const { ann, bot } = await openDrafting(t);
  const frame = new RawReader(t, ann, `${LOBBY}/live`).read();
  await frame.until((text) => text.includes('id="messages"'));
  t.true(frame.text.includes('.draft[data-slot="0"]:has(~ [data-slot="0"]) { display: none; }'));
  const draft = await begin(bot, { body: '- one', format: 'markdown' });
  await frame.until((text) => text.includes('<li>one</li>'));
  const since = performance.now();
  for (const item of ['two', 'three']) await append(bot, draft, `\n- ${item}`);
  await frame.until((text) => text.includes('<li>three</li>'));
  t.true(performance.now() - since > 800);
  const rows = (): string[] => [...frame.text.matchAll(/<div data-slot="0" class="([^"]*)"/g)].map(([, name = '']) => name);
  t.is(rows().length, 2);
  t.false(frame.text.includes('id="d-'), 'an id stands once');
  const other = await begin(bot, { body: 'another' });
  await frame.until((text) => text.includes('<div data-slot="1"'));
  const { seq } = (await commit(bot, draft)).json<{ seq: number }>();
  const text = await frame.until((received) => /<div data-slot="0" class="draft"[^>]* hidden>/.test(received));
  t.true(text.indexOf(`id="m-${seq}"`) < text.lastIndexOf('data-slot="0"'));
  t.is(rows().at(-1), 'draft');
  t.is((await bot.json('DELETE', other)).status, 204);
  await frame.until((received) => /<div data-slot="1" class="draft"[^>]* hidden>/.test(received));
  const again = new RawReader(t, ann, `${LOBBY}/live`).read();
  const next = await begin(bot, { body: 'a third' });
  await again.until((received) => received.includes('a third'));
  t.truthy(next);
});

test('drafts: a message with the key of somebody else’s draft does not end it', async (t) => {
  const { ann, bob, bot, stream } = await openDrafting(t);
  const page = await stream(ann);
  const draft = await begin(bot, { body: 'mine' });
  await page.until(hasRow(draft));
  t.is((await bob.json('POST', `${DRAFTS}/${idOf(draft)}/commit`, { body: 'not mine' })).status, 201);
  await append(bot, draft, ' still');
  await page.until(hasRow(draft, 'mine still'));
  t.is((await commit(bot, draft)).json<{ body: string }>().body, 'mine still');
});
