import test from 'ava';
import { commandIn } from '../../lib/commands/command.ts';
import type { Answer, Client } from '../helpers/client.ts';
import { groupAt, openLobby, userNamed } from '../helpers/fixtures.ts';

const MESSAGES = '/groups/lobby/messages';

type Shown = { readonly body: string; readonly html: string; readonly format: string };

/** Sends the form of the page, as a browser without scripts. */
const type = (who: Client, body: string): Promise<Answer> => who.form(MESSAGES, { body });
/** As htmx sends it. */
const typeByHtmx = (who: Client, body: string): Promise<Answer> =>
  who.send(MESSAGES, {
    method: 'POST',
    body: new URLSearchParams({ body }).toString(),
    headers: { Accept: 'text/html', 'HX-Request': 'true', 'Content-Type': 'application/x-www-form-urlencoded' },
  });
const last = async (who: Client): Promise<Shown | undefined> =>
  (await who.get(`${MESSAGES}?limit=1`, 'application/json')).json<Shown[]>()[0];

test('commandIn: only a name at the very beginning, alone or before white space, is a command', (t) => {
  t.deepEqual(commandIn('/me waves  '), { name: 'me', rest: 'waves' });
  t.deepEqual(commandIn('/ME\nwaves\nagain'), { name: 'me', rest: 'waves\nagain' });
  t.deepEqual(commandIn('/leave'), { name: 'leave', rest: '' });
  for (const text of ['', '/', ' /me waves', '/etc/hosts', '/me/too', '//me', '/1', '/me.', 'see /me', `/${'a'.repeat(33)}`])
    t.is(commandIn(text), undefined, text);
});

test('/me and /shrug post a message; what they add is Markdown that shows as meant', async (t) => {
  const { ann } = await openLobby(t);
  t.is((await type(ann, '/me waves *at* all')).headers.get('location'), '/groups/lobby#m-3');
  const waved = await last(ann);
  t.deepEqual([waved?.format, waved?.html.includes('<i>waves *at* all</i>')], ['markdown', true], waved?.html);
  await type(ann, '/shrug no idea');
  t.true((await last(ann))?.html.includes('no idea ¯\\_(ツ)_/¯'), (await last(ann))?.html);
  const row = await typeByHtmx(ann, '/me\none\n\ntwo');
  t.is(row.status, 200);
  t.regex(row.text, /<article id="m-\d+"[\s\S]*<i>one<\/i>[\s\S]*<i>two<\/i>/);
});

test('/topic, /invite and /mute do what they say, for those who may', async (t) => {
  const { ann, bob, core, signUp } = await openLobby(t);
  await signUp('Eve');
  const before = (await last(ann))?.body;
  t.is((await type(ann, '/topic Sails and rope')).headers.get('location'), '/groups/lobby');
  t.regex((await ann.get('/groups/lobby')).text, /The topic is set\./);
  t.is((await groupAt(core, 'lobby')).topic, 'Sails and rope');
  const invited = await typeByHtmx(ann, '/invite @Eve');
  t.deepEqual([invited.status, invited.text], [204, '']);
  t.deepEqual(JSON.parse(invited.headers.get('hx-trigger') ?? ''), { 'parley:done': { said: 'Eve is in this group.', url: null } });
  const lobby = await groupAt(core, 'lobby');
  const membershipOf = async (name: string) => core.store.memberships.get(lobby.id, (await userNamed(core, name)).id);
  t.true((await membershipOf('Eve'))?.in);
  await type(bob, '/mute');
  t.is((await membershipOf('Bob'))?.level, 'nothing');
  await type(bob, '/mute off');
  t.is((await membershipOf('Bob'))?.level, 'mentions');
  for (const command of ['/topic mine', '/invite Eve']) {
    const refused = await type(bob, command);
    t.is(refused.status, 403, command);
    t.true(refused.text.includes(`>${command}</textarea>`), 'what was typed is in the field');
  }
  t.is((await groupAt(core, 'lobby')).topic, 'Sails and rope');
  t.is((await last(ann))?.body, before, 'no command is in the log as a message');
});

test('/leave and /help lead somewhere else', async (t) => {
  const { bob, core } = await openLobby(t);
  t.is((await type(bob, '/help')).headers.get('location'), '/groups/lobby/commands');
  t.regex((await bob.get('/groups/lobby/commands')).text, /<code>\/invite<\/code> <i>name<\/i>/);
  const left = await typeByHtmx(bob, '/leave');
  t.deepEqual(JSON.parse(left.headers.get('hx-trigger') ?? ''), { 'parley:done': { said: 'You have left Lobby.', url: '/groups' } });
  const lobby = await groupAt(core, 'lobby');
  t.false((await core.store.memberships.get(lobby.id, (await userNamed(core, 'Bob')).id))?.in);
});

test('an unknown command and one without what it needs are refused with the reason, and nothing is posted', async (t) => {
  const { ann } = await openLobby(t);
  const before = (await last(ann))?.body;
  for (const [text, reason] of [
    ['/nosuch thing', 'There is no command /nosuch.'],
    ['/invite', 'Say whom to invite'],
    ['/invite Nobody', 'There is no user named Nobody.'],
    ['/me', 'Say what you do'],
    ['/mute loudly', 'can follow /mute'],
  ] as const) {
    const { status, text: page } = await type(ann, text);
    t.is(status, 422, text);
    t.true(page.includes(reason) && page.includes(`>${text}</textarea>`), text);
    const short = await typeByHtmx(ann, text);
    t.is(short.status, 422);
    t.true(short.text.includes(reason), short.text);
  }
  t.is((await last(ann))?.body, before);
});

test('a text of a program is never a command, nor one with a space before the slash', async (t) => {
  const { ann } = await openLobby(t);
  t.is((await ann.json('POST', MESSAGES, { body: '/leave' })).status, 201);
  t.is((await last(ann))?.body, '/leave');
  t.is((await type(ann, ' /leave')).status, 303);
  t.is((await last(ann))?.body.trim(), '/leave');
});
