import test from 'ava';
import { createBot } from '../../lib/bots/operations.ts';
import { setWebhook } from '../../lib/webhooks/outgoing/operations.ts';
import { RawReader } from '../helpers/raw-reader.ts';
import { Receiver } from '../helpers/receiver.ts';
import { LOBBY, openSite } from '../helpers/site.ts';
import type { StreamEvent } from '../helpers/stream.ts';

type Said = {
  readonly seq: number;
  readonly body: string;
  readonly html: string;
  readonly edited_at: string | null;
  readonly mentions: readonly string[];
  readonly notified: readonly { readonly name: string }[];
};

const MESSAGES = `${LOBBY}/messages`;
const kindsIn = (events: readonly StreamEvent[]): string[] => events.flatMap(({ data }) => (data === '' ? [] : [JSON.parse(data).kind]));

test('quiet edits: the text is new for everybody, and nothing else happens', async (t) => {
  const { core, server, ann, bob, bobUser, annUser, lobby, client, stream } = await openSite(t, { env: { ALLOW_OUTGOING: '127.0.0.1' } });
  const receiver = await Receiver.open(t);
  const { user: echo } = await createBot(core, undefined, { name: 'Echo', group: lobby });
  await setWebhook(core, echo, { url: receiver.url, on: 'all', events: ['posted', 'edited'] });
  const { token } = await createBot(core, undefined, { name: 'Writer', group: lobby });
  const bot = client().bearer(token);
  const [program, mentions] = [await stream(bob, '?as=json'), await stream(bob, '?as=json&filter=mentions&keyword=soup')];
  const shell = new RawReader(t, ann, `${LOBBY}/events?as=text`).read();
  await shell.until((text) => text.includes('text/plain'));
  const { seq } = (await bot.json('POST', MESSAGES, { body: 'One for @Bob' })).json<Said>();
  const edit = async (fields: object) => (await bot.json('PATCH', `${MESSAGES}/${seq}`, fields)).json<Said>();
  const quiet = await edit({ body: 'Two soup for @Bob and @Ann', quiet: true });
  t.like(quiet, { body: 'Two soup for @Bob and @Ann', edited_at: null, mentions: [bobUser.id] });
  t.true(quiet.html.includes(`data-user="${bobUser.id}"`) && !quiet.html.includes(`data-user="${annUser.id}"`));
  await program.until((events) => kindsIn(events).length === 2);
  t.like(JSON.parse(program.events.at(-1)?.data ?? ''), { kind: 'edit', target: seq, quiet: true, body: 'Two soup for @Bob and @Ann' });
  t.false((await ann.get(LOBBY)).text.includes('<summary>edited</summary>'));
  t.is((await core.store.log.countMentions(annUser.id, [{ group: lobby.id, after: 0 }])).get(lobby.id), 0);

  const loud = await edit({ body: 'Three soup for @Ann' });
  t.not(loud.edited_at, null);
  t.deepEqual(loud.mentions, [annUser.id]);
  t.like(await edit({ body: 'Four', quiet: true }), { edited_at: loud.edited_at, mentions: [annUser.id] });
  await bot.json('POST', MESSAGES, { body: 'soup is ready' });
  await mentions.until((events) => kindsIn(events).length === 3);
  t.deepEqual(kindsIn(mentions.events), ['message', 'edit', 'message'], 'not the quiet ones');
  const text = await shell.until((received) => received.includes('soup is ready'));
  t.false(/Two soup|Four/.test(text));
  t.true(text.includes('(edited #'));
  server.deliveries.wake();
  await server.deliveries.idle();
  t.deepEqual(receiver.received.map(({ body }) => body.event).toSorted(), ['edited', 'posted', 'posted']);
  const versions = (await ann.get(`${MESSAGES}/${seq}/history`, 'application/json')).json<Said[]>();
  t.is(versions.length, 4, 'who looks finds every version');
});

test('quiet edits: only bots make them, also under a key, in any order with others', async (t) => {
  const { core, ann, lobby, client } = await openSite(t);
  const { token } = await createBot(core, undefined, { name: 'Writer', group: lobby });
  const bot = client().bearer(token);
  const { seq } = (await ann.json('POST', MESSAGES, { body: 'mine' })).json<Said>();
  const refused = await ann.json('PATCH', `${MESSAGES}/${seq}`, { body: 'nobody saw this', quiet: true });
  t.is(refused.status, 422);
  t.is(refused.json<{ field: string }>().field, 'quiet');
  t.is((await ann.json('PATCH', `${MESSAGES}/${seq}`, { body: 'everybody saw this', quiet: false })).status, 200);
  t.is((await ann.json('PATCH', `${MESSAGES}/${seq}`, { body: 'x', quiet: { $ne: true } })).status, 400);
  const put = async (body: string, quiet?: boolean) => (await bot.json('PUT', `${LOBBY}/by-key/k`, { body, quiet })).json<Said>();
  await put('one', true);
  t.like(await put('two', true), { body: 'two', edited_at: null });
  t.not((await put('three')).edited_at, null);
});

test('quiet edits: many of them fold into a snapshot, and stay quiet', async (t) => {
  const { core, ann, lobby, client } = await openSite(t);
  const { token } = await createBot(core, undefined, { name: 'Writer', group: lobby });
  const bot = client().bearer(token);
  const { seq } = (await bot.json('POST', MESSAGES, { body: '0' })).json<Said>();
  for (let n = 1; n <= 40; n += 1) await bot.json('PATCH', `${MESSAGES}/${seq}`, { body: `${n}`, quiet: true });
  t.not((await core.store.log.message(lobby.id, seq))?.folded, undefined);
  t.like((await ann.get(`${MESSAGES}/${seq}`, 'application/json')).json<Said>(), { body: '40', edited_at: null });
});
