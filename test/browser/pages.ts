import { addClient } from '../../lib/accounts/oauth/clients.ts';
import { openGroup } from '../../lib/groups/operations.ts';
import { newGroupId } from '../../lib/ids.ts';
import { unsubscribeToken } from '../../lib/mail/digest.ts';
import { newLink } from '../../lib/mail/links.ts';
import { post } from '../../lib/messages/operations.ts';
import { formOf, newImage } from '../files/fixtures.ts';
import type { Client } from '../helpers/client.ts';
import { setUpApp } from '../helpers/second-factor.ts';
import { PASSWORD, startServer } from '../helpers/server.ts';

// A server with every page in it, for tests that look at all of them.
// Nothing is sent: no mail is due.
export const site = await startServer({ env: { SMTP_URL: 'smtp://127.0.0.1:9', PUBLIC_URL: 'http://chat.example.org' } });
export const ann = await site.signUp('Ann');
export const visitor = site.client();
const RICH = `# A heading\n\n**bold**, *italic*, ~~gone~~, \`code\`, [a link](https://example.org)\n\n> quoted\n\n- one\n- two\n\n1. first\n\n---\n
| pier | boat | leaves |\n|---|---|---:|\n| north | ${'Alma '.repeat(20)} | 12:00 |\n
~~~js\n// a comment\nconst boats = [1, 'two', /three/g].map((one) => one ?? null); // ${'and so on '.repeat(12)}\n~~~\n
~~~diff\n+ added\n- removed\n~~~`;
const furnished = await furnish();
const { direct, invite, thread, later } = furnished;
export const { bob } = furnished;
export const halfLoggedIn = site.client();
const { confirm, reset, invited, unsubscribe, bot, delivery, group, offer, authorize } = await furnishOthers();

/** A group whose page shows every kind of content: two authors, a bot, an edited, an erased and a long message, reactions. */
async function furnish(): Promise<{ bob: Client; direct: string; invite: string; thread: string; later: string }> {
  const bob = await site.signUp('Bob');
  await bob.form('/groups/join', { slug: 'lobby' });
  await ann.form('/groups/lobby/settings', { action: 'topic', topic: 'Where everybody meets' });
  const postText = async (client: Client, body: string): Promise<string> =>
    (await client.json('POST', '/groups/lobby/messages', { body })).headers.get('Location') ?? '';
  const first = await postText(ann, 'Hello @Bob, see https://example.org/a/path');
  await postText(ann, 'And a second one');
  const second = await postText(bob, `A word that does not end: ${'x'.repeat(200)}`);
  const third = await postText(bob, 'What nobody should read');
  for (const client of [ann, bob]) await client.json('PUT', `${first}/reactions/${encodeURIComponent('🎉')}`);
  await bob.json('PUT', `${second}/reactions/${encodeURIComponent('👍')}`);
  await bob.json('PUT', `${second}/pin`);
  for (const url of [first, second]) await ann.json('POST', `${url}/save`);
  await ann.json('PATCH', first, { body: 'Hello @Bob, see https://example.org/another/path' });
  await bob.json('DELETE', third);
  await setUpApp(bob, site.clock);
  const { slug, url } = (await bob.json('POST', '/direct', { with: 'Ann' })).json<{ slug: string; url: string }>();
  const { headers } = await bob.json('POST', `/groups/${slug}/messages`, { body: 'Have you a minute?' });
  const begun = headers.get('Location') ?? '';
  for (const client of [ann, bob])
    await client.json('POST', `/groups/${slug}/messages`, { body: 'I have', reply_to: Number(begun.split('/').at(-1)) });
  for (const name of ['Carl', 'Dora', 'Eve']) await (await site.signUp(name)).form('/groups/join', { slug: 'lobby' });
  await ann.json('POST', '/groups', { name: 'News' });
  const { invite: link } = (await ann.json('POST', '/groups/news/settings', { action: 'limits', uses: 5 })).json<{ invite: string }>();
  await ann.json('POST', '/groups/news/settings', { action: 'level', level: 'nothing' });
  await ann.json('POST', '/groups/news/messages', { body: RICH, format: 'markdown' });
  await ann.send('/groups/news/messages', { method: 'POST', body: await ofAllKinds(), headers: { Accept: 'application/json' } });
  await ann.json('POST', '/groups', { name: 'Old' });
  await ann.json('POST', '/groups/old/settings', { action: 'archive', on: '1' });
  await ann.form('/groups/lobby/bots', { action: 'create', name: 'Deploy' });
  const scheduled = { body: `What is to be said ${'later '.repeat(40)}`, at: site.clock.now() + 3_600_000 };
  const later = (await ann.json('POST', '/groups/lobby/scheduled', scheduled)).headers.get('Location') ?? '';
  return { bob, direct: pathOf(url), invite: pathOf(link), thread: `${begun}/thread`, later };
}

function pathOf(url: string): string {
  return new URL(url, site.url).pathname;
}

/** What the pages need that few people see: links of mails, a log-in before its second factor, a call of a bot that failed. */
async function furnishOthers() {
  const { core } = site;
  const { id: user } = await personCalled('bob');
  const { id: by } = await personCalled('ann');
  const bot = await personCalled('deploy');
  const link = async (kind: 'confirm' | 'reset' | 'invite', about: object) =>
    pathOf(await newLink(core, kind, { user: kind === 'invite' ? null : user, about }));
  await halfLoggedIn.form('/login', { name: 'Bob', password: PASSWORD });
  const group = await core.store.groups.bySlug('lobby');
  const offer = await postOffer();
  const attempt = { at: core.now(), status: 500, ms: 12, error: 'the answer was 500', answer: '{"error": "no"}', answerBytes: 15 };
  await core.store.deliveries.insert([
    {
      ...{ id: 'failed-call', bot: bot.id, group: group?.id ?? newGroupId(core.random), seq: 4, message: 4, reply: null, event: 'posted' },
      ...{ state: 'failed', reason: 'the answer was 500', due: core.now(), tries: 1, attempts: [attempt] },
      ...{ createdAt: core.now(), finishedAt: core.now(), rev: 1 },
    },
  ]);
  return {
    confirm: await link('confirm', { address: 'bob@example.org' }),
    reset: await link('reset', { address: 'bob@example.org' }),
    invited: await link('invite', { address: 'fay@example.org', by }),
    unsubscribe: `/unsubscribe/${unsubscribeToken(core, user)}`,
    bot: `/groups/lobby/bots/${bot.id}`,
    delivery: 'failed-call',
    offer,
    authorize: await authorizationRequest(),
    group: group?.id ?? '',
  };
}

/** The path of a request of a program to act as who is logged in. */
async function authorizationRequest(): Promise<string> {
  const redirect = 'https://agent.example/back';
  const { client } = await addClient(site.core, { name: 'An agent with a rather long name', redirectUris: [redirect], hasSecret: false });
  const parameters = { response_type: 'code', client_id: client.id, code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' };
  return `/oauth/authorize?${new URLSearchParams(parameters)}`;
}

async function personCalled(name: string) {
  const found = await site.core.store.users.byNameKey(name);
  if (!found) throw new Error(`there is no ${name}`);
  return found;
}

/** A message of the bot with every kind of action; Ann has used one of them. Resolves to its path. */
async function postOffer(): Promise<string> {
  const { core } = site;
  const at = await openGroup(core, await personCalled('deploy'), 'lobby');
  const action = (id: string, more: object = {}) => ({ id, label: `${id} the deployment`, uses: 'many', show: 'names', ...more }) as const;
  const field = (id: string, type: 'text' | 'date' | 'select' | 'member') => ({ id, type, label: `Field ${id}`, hint: 'What it is for' });
  const fields = [
    ...[field('line', 'text'), { ...field('text', 'text'), multiline: true as const, optional: true as const }],
    ...[field('day', 'date'), field('who', 'member'), { ...field('which', 'select'), options: [{ text: 'North', value: 'n' }] }],
  ];
  const actions = [
    ...[action('Approve', { style: 'primary' }), action('Reject', { style: 'danger', confirm: `Reject it? ${'Really? '.repeat(20)}` })],
    ...[action('Ask', { fields, confirm: 'Is all of this right?' }), action('Merge', { who: [(await personCalled('bob')).id] })],
    ...[action('Stop', { who: 'moderators', uses: 'once' }), action(`${'x'.repeat(60)}`)],
  ];
  const { message } = await post(core, at, { body: 'Deploy 7?', actions });
  const path = `/groups/lobby/messages/${message.seq}`;
  await ann.json('POST', `${path}/actions/Stop`);
  return path;
}

/** An image, an audio file, and a file that can only be downloaded. */
async function ofAllKinds(): Promise<FormData> {
  const audio = Buffer.concat([Buffer.from('RIFF\x24\0\0\0WAVEfmt ', 'latin1'), Buffer.alloc(28)]);
  return formOf([
    { name: 'harbour.png', content: await newImage(600, 300).png().toBuffer(), type: 'image/png' },
    { name: 'horn.wav', content: audio, type: 'audio/wav' },
    { name: 'a name that goes on and on without an end in sight.txt', content: 'text', type: 'text/plain' },
  ]);
}

/** `status`: 200 by default. */
export type PageUnderTest = { readonly name: string; readonly path: string; readonly who: Client; readonly status?: number };

/** Every page that a GET request can show. */
export const PAGES: readonly PageUnderTest[] = [
  { name: 'welcome', path: '/', who: visitor },
  { name: 'log-in', path: '/login', who: visitor },
  { name: 'sign-up', path: '/signup', who: visitor },
  { name: 'log-in with a second factor', path: '/login/second-factor', who: halfLoggedIn },
  { name: 'log-out', path: '/logout', who: ann },
  { name: 'connecting a program', path: authorize, who: bob },
  { name: 'a program that is not known', path: '/oauth/authorize?client_id=x', who: bob, status: 422 },
  { name: 'forgotten password', path: '/forgot-password', who: visitor },
  { name: 'new password', path: reset, who: visitor },
  { name: 'invitation by mail', path: invited, who: visitor },
  { name: 'confirming an address', path: confirm, who: bob },
  { name: 'no more digests', path: unsubscribe, who: visitor },
  { name: 'groups', path: '/groups', who: ann },
  { name: 'going somewhere', path: '/switch', who: ann },
  { name: 'sharing', path: '/share?text=Timetable', who: ann },
  { name: 'without the network', path: '/offline', who: visitor },
  { name: 'group', path: '/groups/lobby', who: ann },
  { name: 'group with an unread line', path: '/groups/lobby?around=4&unread=4', who: ann },
  { name: 'Markdown and files', path: '/groups/news', who: ann },
  { name: 'archived group', path: '/groups/old', who: ann },
  { name: 'API', path: '/docs', who: visitor },
  { name: 'search', path: '/search?q=word', who: ann },
  { name: 'search without words', path: '/search', who: ann },
  { name: 'one message', path: '/groups/lobby/messages/4', who: ann },
  { name: 'thread', path: thread, who: ann },
  { name: 'older replies of a thread', path: `${thread}?before=9`, who: bob },
  { name: 'edit', path: '/groups/lobby/messages/4/edit', who: ann },
  { name: 'message with actions', path: offer, who: bob },
  { name: 'form of an action', path: `${offer}/actions/Ask/form`, who: ann },
  { name: 'emoji', path: '/groups/lobby/messages/4/emoji', who: ann },
  { name: 'members', path: '/groups/lobby/members', who: ann },
  { name: 'group settings', path: '/groups/lobby/settings', who: ann },
  { name: 'group settings of a member', path: '/groups/lobby/settings', who: bob },
  { name: 'direct messages', path: '/direct', who: ann },
  { name: 'one conversation', path: direct, who: ann },
  { name: 'settings of a conversation', path: `${direct}/settings`, who: ann },
  { name: 'invitation', path: invite, who: bob },
  { name: 'invitation of a visitor', path: invite, who: visitor },
  { name: 'pinned', path: '/groups/lobby/pins', who: ann },
  { name: 'saved', path: '/saved', who: ann },
  { name: 'threads', path: '/threads', who: ann },
  { name: 'scheduled', path: '/scheduled', who: ann },
  { name: 'a scheduled message', path: later, who: ann },
  { name: 'sending later', path: '/groups/lobby/scheduled/new', who: ann },
  { name: 'nothing scheduled', path: '/scheduled', who: bob },
  { name: 'commands', path: '/groups/lobby/commands', who: bob },
  { name: 'nothing pinned', path: '/groups/news/pins', who: ann },
  { name: 'nothing saved', path: '/saved', who: bob },
  { name: 'earlier versions', path: '/groups/lobby/messages/4/history', who: ann },
  { name: 'bots', path: '/groups/lobby/bots', who: ann },
  { name: 'a bot', path: bot, who: ann },
  { name: 'a call of a bot', path: `${bot}/deliveries/${delivery}`, who: ann },
  { name: 'settings', path: '/settings', who: ann },
  { name: 'second factor', path: '/settings/second-factor', who: ann },
  { name: 'second factor that is set up', path: '/settings/second-factor', who: bob },
  { name: 'security events', path: '/settings/security', who: ann },
  { name: 'mail address', path: '/settings/email', who: ann },
  { name: 'administration', path: '/admin', who: ann },
  { name: 'security events of everybody', path: '/admin/security', who: ann },
  { name: 'storage', path: '/admin/storage', who: ann },
  { name: 'erasing', path: '/admin/erase', who: ann },
  { name: 'profile', path: '/people/Bob', who: ann },
  { name: 'own profile', path: '/people/Ann', who: ann },
  { name: 'profile settings', path: '/settings/profile', who: ann },
  { name: 'own data', path: '/settings/data', who: ann },
  { name: 'appearance', path: '/settings/appearance', who: ann },
  { name: 'report a message', path: '/groups/lobby/messages/4/report', who: bob },
  { name: 'messages of all groups', path: '/admin/messages?q=word', who: ann },
  { name: 'reports', path: '/admin/reports', who: ann },
  { name: 'new account', path: '/admin/people/new', who: ann },
  { name: 'an account', path: `/admin/people/${(await personCalled('bob')).id}`, who: ann },
  { name: 'audit log', path: '/admin/audit', who: ann },
  { name: 'a group for administrators', path: `/admin/groups/${group}`, who: ann },
  { name: 'bots of all groups', path: '/admin/bots', who: ann },
  { name: 'programs that people may connect', path: '/admin/programs', who: ann },
  { name: 'calls of all bots', path: '/admin/deliveries', who: ann },
  { name: 'the site', path: '/admin/site', who: ann },
  { name: 'emoji for a new message', path: '/groups/lobby/emoji', who: ann },
  { name: 'error', path: '/groups/nowhere', who: ann, status: 404 },
];
