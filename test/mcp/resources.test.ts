import test, { type ExecutionContext } from 'ava';
import { groupAccess, removeMember } from '../../lib/groups/operations.ts';
import { edit } from '../../lib/messages/operations.ts';
import { eventually } from '../helpers/eventually.ts';
import { newGroup, postAs } from '../helpers/fixtures.ts';
import { openSite, type Site } from '../helpers/site.ts';
import { call, connect, tokenOf } from './connect.ts';

const LOBBY = 'parley://groups/lobby';
const textOf = ({ contents }: { contents: object[] }): string => (contents[0] as { text: string }).text;

test('MCP: groups and messages are resources, for those who may read them', async (t) => {
  const site = await openSite(t);
  const secret = await newGroup(site.ann, 'Secret');
  const { seq } = await postAs(site.ann, 'Read me');
  await postAs(site.ann, 'Not you', secret);
  const [mcp, legacy] = [
    await connect(t, site.url, await tokenOf(site, 'Bob')),
    await connect(t, site.url, await tokenOf(site, 'Bob'), 'legacy'),
  ];
  t.deepEqual(
    (await mcp.listResources()).resources,
    [{ uri: LOBBY, name: 'lobby', title: 'Lobby', description: undefined, mimeType: 'application/json' }].map(
      ({ description: _, ...rest }) => ({ ...rest, description: 'A group or direct messages, with the newest 50 messages.' }),
    ),
  );
  t.deepEqual(
    (await mcp.listResourceTemplates()).resourceTemplates.map(({ uriTemplate }) => uriTemplate),
    ['parley://groups/{slug}', 'parley://groups/{slug}/messages/{seq}'],
  );
  for (const client of [mcp, legacy]) {
    t.like(JSON.parse(textOf(await client.readResource({ uri: LOBBY }))), { slug: 'lobby', newest: [{ seq, body: 'Read me' }] });
    t.like(JSON.parse(textOf(await client.readResource({ uri: `${LOBBY}/messages/${seq}` }))), { seq, body: 'Read me' });
    for (const uri of [
      `parley://groups/${secret}`,
      `parley://groups/${secret}/messages/2`,
      `${LOBBY}/messages/99`,
      `${LOBBY}/messages/x`,
      'parley://people/ann',
      'file:///etc/passwd',
    ])
      await t.throwsAsync(client.readResource({ uri }), { message: /not found/i }, uri);
  }
  const completed = await mcp.complete({
    ref: { type: 'ref/resource', uri: LOBBY.replace('lobby', '{slug}') },
    argument: { name: 'slug', value: 'lo' },
  });
  t.deepEqual(completed.completion.values, ['lobby']);
});

test('MCP: the prompts have what is unread, and what surrounds a message', async (t) => {
  const site = await openSite(t);
  const mcp = await connect(t, site.url, await tokenOf(site, 'Bob'));
  const textFor = async (name: string, args: Record<string, string>): Promise<string> => {
    const { messages } = await mcp.getPrompt({ name, arguments: args });
    return textOf({ contents: messages.map(({ content }) => content) });
  };
  const { prompts } = await mcp.listPrompts();
  t.deepEqual(
    prompts.map(({ name, arguments: args }) => [name, args?.map((one) => one.name)]),
    [
      ['summarise-unread', ['group']],
      ['draft-reply', ['group', 'seq']],
    ],
  );
  t.regex(await textFor('summarise-unread', { group: 'lobby' }), /no unread messages/);
  await postAs(site.ann, 'old');
  await site.bob.json('POST', '/groups/lobby/read', {});
  await site.bob.json('POST', '/groups/lobby/read', { n: 1 });
  const { seq } = await postAs(site.ann, 'Who deploys?');
  const unread = await textFor('summarise-unread', { group: 'lobby' });
  t.regex(unread, /1 unread messages:/);
  t.true(unread.includes(`#${seq} `) && unread.includes('Ann: Who deploys?') && !unread.includes('Ann: old'), unread);
  const reply = await textFor('draft-reply', { group: 'lobby', seq: String(seq) });
  t.true(reply.includes(`reply of Bob to message #${seq}`) && reply.includes('Ann: old') && reply.includes('Ann: Who deploys?'), reply);
  for (const args of [
    { group: 'lobby', seq: '99' },
    { group: 'nowhere', seq: '1' },
    { group: 'lobby', seq: 'x' },
  ])
    await t.throwsAsync(mcp.getPrompt({ name: 'draft-reply', arguments: args }));
});

/** A client that subscribes; `updated`: the URIs that it was told of, `lists`: how often the list has changed. */
async function subscribe(t: ExecutionContext, site: Site, uris: string[]) {
  const mcp = await connect(t, site.url, await tokenOf(site, 'Bob'));
  const told = { updated: [] as string[], lists: 0 };
  mcp.setNotificationHandler('notifications/resources/updated', ({ params }) => {
    told.updated.push(params.uri);
  });
  mcp.setNotificationHandler('notifications/resources/list_changed', () => {
    told.lists += 1;
  });
  const subscription = await mcp.listen({ resourceSubscriptions: uris, resourcesListChanged: true });
  t.teardown(() => subscription.close());
  return { mcp, told, subscription };
}

test('MCP: a subscription is told of each change after it was acknowledged, and what it may not read is not acknowledged', async (t) => {
  const site = await openSite(t);
  const secret = await newGroup(site.ann, 'Secret');
  const { seq } = await postAs(site.ann, 'first');
  const message = `${LOBBY}/messages/${seq}`;
  const { told, subscription, mcp } = await subscribe(t, site, [
    LOBBY,
    message,
    `parley://groups/${secret}`,
    'parley://groups/nowhere',
    LOBBY,
  ]);
  t.deepEqual(subscription.honoredFilter, { resourceSubscriptions: [LOBBY, message], resourcesListChanged: true });
  await postAs(site.ann, 'second');
  await eventually(() => told.updated.includes(LOBBY));
  t.false(told.updated.includes(message));
  const at = await groupAccess(site.core, site.annUser, site.lobby);
  await edit(site.core, at, seq, 'first, edited');
  await eventually(() => told.updated.includes(message));
  t.regex(textOf(await mcp.readResource({ uri: message })), /first, edited/);
  await postAs(site.ann, 'in another group', secret);
  t.true(told.updated.every((uri) => uri === LOBBY || uri === message));
});

test('MCP: a burst of changes is notified together, and the last one is never left out', async (t) => {
  const site = await openSite(t);
  const { told, mcp } = await subscribe(t, site, [LOBBY]);
  for (let n = 0; n < 10; n += 1) await site.post(...Array.from({ length: 20 }, (_, i) => `${n}-${i}`));
  let seen = '';
  mcp.setNotificationHandler('notifications/resources/updated', async ({ params }) => {
    told.updated.push(params.uri);
    seen = textOf(await mcp.readResource({ uri: params.uri }));
  });
  await site.post('the last one');
  await eventually(() => seen.includes('the last one'));
  t.true(told.updated.length < 100, String(told.updated.length));
});

test('MCP: a subscription hears of groups joined and left, nothing of a group after leaving it, and ends with its token', async (t) => {
  const site = await openSite(t);
  const team = await newGroup(site.ann, 'Team', ['Bob']);
  const uri = `parley://groups/${team}`;
  const { told, subscription } = await subscribe(t, site, [LOBBY, uri]);
  const later = await newGroup(site.ann, 'Later', ['Bob']);
  await eventually(() => told.lists === 1);
  t.is(later, 'later');
  const group = await site.core.store.groups.bySlug(team);
  if (!group) return t.fail();
  await removeMember(site.core, site.annUser.id, group, site.bobUser);
  await eventually(() => told.lists === 2);
  const before = told.updated.filter((one) => one === uri).length;
  await postAs(site.ann, 'without Bob', team);
  await postAs(site.ann, 'with Bob');
  await eventually(() => told.updated.includes(LOBBY));
  t.is(told.updated.filter((one) => one === uri).length, before);
  await site.bob.form('/settings/logout-everywhere', {});
  t.is(await subscription.closed, 'remote');
});

test('MCP: subscriptions count towards the streams of an account', async (t) => {
  const site = await openSite(t, { env: { STREAMS_PER_USER: '1' } });
  const first = await subscribe(t, site, [LOBBY]);
  const error = await t.throwsAsync(subscribe(t, site, [LOBBY]));
  t.regex(String(error), /429|Too many/i);
  await call(t, first.mcp, 'who_am_i'); // a call is no stream
  await first.subscription.close();
  await eventually(() => site.server.hub.streams === 0);
  await subscribe(t, site, [LOBBY]);
});
