import test from 'ava';
import { OFFER } from '../../lib/api/samples.ts';
import { setWebhook } from '../../lib/webhooks/outgoing/operations.ts';
import { userNamed } from '../helpers/fixtures.ts';
import { Receiver } from '../helpers/receiver.ts';
import { EventReader } from '../helpers/stream.ts';
import { faultsIn } from './conform.ts';
import type { Document } from './openapi.ts';
import { makeWorld } from './world.ts';

const schemaOf = (name: string) => ({ $ref: `#/components/schemas/${name}` });

/** Selected by `kind`: errors of an `anyOf` would name every choice. */
const SCHEMA_OF: Readonly<Record<string, string>> = {
  ...{
    message: 'Message',
    edit: 'EditEntry',
    erase: 'EraseEntry',
    unerase: 'UneraseEntry',
    react: 'ReactionEntry',
    unreact: 'ReactionEntry',
  },
  ...{ act: 'ActEntry', ack: 'AckEntry', pin: 'PinEntry', unpin: 'PinEntry', join: 'MembershipEntry', leave: 'MembershipEntry' },
  ...{ rename: 'RenameEntry', topic: 'TopicEntry', archive: 'ArchiveEntry' },
};

const EVENT_OF: Readonly<Record<string, string>> = {
  typing: 'TypingEvent',
  draft: 'DraftEvent',
  draft_end: 'DraftEndEvent',
  ephemeral: 'Ephemeral',
  ephemeral_end: 'EphemeralEndEvent',
};

test('API: the data of streamed events is of the schemas that the document names', async (t) => {
  const { site, ann, botToken } = await makeWorld();
  t.teardown(() => site.close());
  const { components } = (await site.client().get('/openapi.json')).json<Document>();
  const bot = site.client().bearer(botToken);
  const [at, message] = ['/groups/team', '/groups/team/messages/5'];
  await bot.json('PATCH', message, { body: 'Deployed, @Bob' });
  for (const method of ['PUT', 'DELETE']) for (const what of ['reactions/x', 'pin']) await bot.json(method, `${message}/${what}`);
  await ann.json('POST', `${at}/messages/6/actions/approve`);
  await bot.json('PATCH', `${at}/messages/6`, { actions: [OFFER] });
  await bot.json('PATCH', `${at}/messages/6`, { lock: true });
  await bot.json('DELETE', message);
  await bot.json('POST', `${message}/unerase`);
  const eve = (await ann.json('POST', `${at}/members`, { action: 'add', name: 'Eve' })).json<{ id: string }>();
  await ann.json('POST', `${at}/members`, { action: 'remove', user: eve.id });
  await ann.json('POST', `${at}/settings`, { action: 'rename', name: 'Crew' });
  const stream = await EventReader.open(bot, '/groups/crew/events?after=0&drafts=1');
  t.teardown(() => stream.close());
  await ann.json('POST', '/groups/crew/typing');
  await stream.until((all) => all.some(({ event }) => event === 'typing'));
  const { id, url } = (await bot.json('POST', '/groups/crew/drafts', { body: 'so far' })).json<{ id: string; url: string }>();
  const says = (name: string) => (all: readonly { event: string; data: string }[]) =>
    all.some(({ event, data }) => event === name && data.includes(id)); // another draft is open
  await stream.until(says('draft'));
  await bot.json('DELETE', url);
  const events = await stream.until(says('draft_end'));
  await ann.json('POST', '/groups/crew/settings', { action: 'archive', on: '1' });
  await stream.until((all) => all.some(({ data }) => data.includes('"archive"')));
  const kinds = new Set<string>();
  for (const { event, data } of events) {
    const value = JSON.parse(data) as { kind: string };
    if (event === 'message') kinds.add(value.kind);
    const name = event === 'message' ? (SCHEMA_OF[value.kind] ?? '') : (EVENT_OF[event] ?? '');
    t.deepEqual(faultsIn(schemaOf(name), value, components.schemas), [], data);
    if (event === 'message') t.deepEqual(faultsIn(schemaOf('LogEntry'), value, components.schemas), [], data);
  }
  t.deepEqual([...kinds].toSorted(), Object.keys(SCHEMA_OF).toSorted());
});

test('API: the body of an outgoing webhook is of the schema that the document names', async (t) => {
  const { site, ann } = await makeWorld({ ALLOW_OUTGOING: '127.0.0.1' });
  t.teardown(() => site.close());
  const { components } = (await site.client().get('/openapi.json')).json<Document>();
  const receiver = await Receiver.open(t);
  const user = await userNamed(site.core, 'Deploy');
  await setWebhook(site.core, user, { url: receiver.url, on: 'all', events: ['posted', 'edited', 'reacted', 'joined'] });
  const { seq } = (await ann.json('POST', '/groups/team/messages', { body: 'one' })).json<{ seq: number }>();
  await ann.json('PATCH', `/groups/team/messages/${seq}`, { body: 'two' });
  await ann.json('PUT', `/groups/team/messages/${seq}/reactions/x`);
  await ann.json('POST', '/groups/team/members', { action: 'add', name: 'Eve' });
  await ann.json('POST', '/groups/team/messages/6/actions/approve');
  await receiver.call(5);
  const bodies = receiver.received.map(({ body }) => body as { event: string });
  for (const body of bodies) t.deepEqual(faultsIn(schemaOf('WebhookEvent'), body, components.schemas), [], JSON.stringify(body));
  t.deepEqual(new Set(bodies.map(({ event }) => event)), new Set(['posted', 'edited', 'reacted', 'joined', 'action']));
});

test('API: a refused stream has a status that the document names, and a problem as its body', async (t) => {
  const { site, botToken } = await makeWorld();
  t.teardown(() => site.close());
  const { components, paths } = (await site.client().get('/openapi.json')).json<Document>();
  const [nobody, bot] = [site.client(), site.client().bearer(botToken)];
  for (const [client, path, described, status] of [
    [nobody, '/groups/team/events', '/groups/{slug}/events', 401],
    [bot, '/groups/none/events', '/groups/{slug}/events', 404],
    [bot, '/groups/team/events?after=x', '/groups/{slug}/events', 400],
    [bot, '/groups/team/events?thread=99', '/groups/{slug}/events', 422],
    [nobody, '/groups/team/messages/7/thread/events', '/groups/{slug}/messages/{seq}/thread/events', 401],
    [bot, '/groups/team/messages/99/thread/events', '/groups/{slug}/messages/{seq}/thread/events', 404],
    [bot, '/groups/team/messages/7/thread/events?after=x', '/groups/{slug}/messages/{seq}/thread/events', 400],
    [nobody, '/events', '/events', 401],
    [bot, '/events?after=x', '/events', 400],
  ] as const) {
    const answer = await client.get(path, '*/*');
    t.is(answer.status, status, path);
    t.is(answer.headers.get('www-authenticate'), status === 401 ? 'Bearer' : null, path);
    const schema = paths[described]?.get?.responses[status]?.content?.['application/problem+json']?.schema;
    t.deepEqual(schema && faultsIn(schema, answer.json(), components.schemas), [], path);
  }
});
