import type { ExecutionContext } from 'ava';
import { makeWorld, PASSWORD } from '../../fixtures/world.ts';
import type { Client } from '../helpers/client.ts';
import { startServerFor, type TestServer } from '../helpers/server.ts';
import { EventReader } from '../helpers/stream.ts';
import { done, parley, Running, type Settings } from './cli.ts';

type Beside = {
  readonly site: TestServer;
  /** The settings for a command on the same store and bus. */
  readonly settings: Settings;
  logIn(name: string): Promise<Client>;
  /** The open stream of a member of the team, as JSON, from the beginning. */
  stream(client: Client): Promise<EventReader>;
};

/** A running server with the test accounts. It sends no heartbeat, so a stream gets events from the bus only. */
export async function serverWithWorld(t: ExecutionContext, env: Settings = {}): Promise<Beside> {
  const site = await startServerFor(t, { env, heartbeatMs: 3_600_000 });
  await makeWorld(site.core);
  const logIn = async (name: string): Promise<Client> => {
    const client = site.client();
    const answer = await client.form('/login', { name, password: PASSWORD });
    if (answer.status !== 303) throw new Error(`log-in of ${name} answered ${answer.status}`);
    return client;
  };
  const stream = async (client: Client): Promise<EventReader> => {
    const reader = await EventReader.open(client, '/groups/field-team/events?after=0&as=json');
    t.teardown(() => reader.close());
    await reader.until((events) => events.length >= 3); // ann, bob and echo have come
    return reader;
  };
  return { site, settings: { DATA_DIR: site.core.config.dataDir, ...env }, logIn, stream };
}

export async function postedMessageAppears(t: ExecutionContext, { settings, logIn, stream }: Beside): Promise<void> {
  const reader = await stream(await logIn('bob'));
  const { seq } = done(t, await parley(settings, ['post', 'field-team', 'from the shell', '--as', 'ann', '--json']), 'seq', 'url');
  const events = await reader.until((all) => all.length === 4);
  t.regex(events[3]?.id ?? '', new RegExp(`^${seq}\\.\\d{6}$`));
  t.like(JSON.parse(events[3]?.data ?? ''), { kind: 'message', body: 'from the shell' });
}

export async function removedMemberIsCutOff(t: ExecutionContext, { settings, logIn, stream }: Beside): Promise<void> {
  const [bob, ann] = [await logIn('bob'), await logIn('ann')];
  const [readers, stays] = [[await stream(bob), await stream(bob)], await stream(ann)];
  t.is((await parley(settings, ['group', 'remove', 'field-team', 'bob'])).status, 0);
  for (const reader of readers) t.is((await reader.ended()).at(-1)?.event, 'closed');
  t.is((await bob.get('/groups/field-team')).status, 404);
  await parley(settings, ['post', 'field-team', 'still here', '--as', 'ann']);
  await stays.until((events) => events.some(({ data }) => data.includes('still here')));
}

export async function disabledUserIsCutOff(t: ExecutionContext, { settings, logIn, stream }: Beside): Promise<void> {
  const [bob, stays] = [await stream(await logIn('bob')), await stream(await logIn('ann'))];
  t.is((await parley(settings, ['user', 'disable', 'bob'])).status, 0);
  t.is((await bob.ended()).at(-1)?.event, 'closed');
  await parley(settings, ['post', 'field-team', 'still here', '--as', 'ann']);
  await stays.until((events) => events.some(({ data }) => data.includes('still here')));
}

export async function tailFollowsTheServer(t: ExecutionContext, { settings, logIn }: Beside): Promise<void> {
  const bob = await logIn('bob');
  const tail = new Running(settings, ['tail', 'field-team', '-f']);
  const bodies = Array.from({ length: 30 }, (_, index) => `m${index}.`);
  for (const body of bodies) t.is((await bob.json('POST', '/groups/field-team/messages', { body })).status, 201);
  await tail.until('bob: m29.\n');
  const { out, status, err } = await tail.ended('SIGTERM');
  t.is(status, 0);
  t.is(err, '');
  // The stream may begin after some posts; from there on it has each entry once and in order.
  const heard = out.match(/(?<=^bob: )m\d+\.$/gm) ?? [];
  t.deepEqual(heard, bodies.slice(bodies.length - heard.length));
  t.true(heard.length >= 10);
}

export async function rotatedBotIsCutOff(t: ExecutionContext, { site, settings, logIn, stream }: Beside): Promise<void> {
  const fields = ['id', 'name', 'hook', 'token', 'campfire'];
  const reader = await stream(await logIn('bob'));
  const postText = async (hook: unknown, text: string) => (await site.client().send(String(hook), { method: 'POST', body: text })).status;
  const made = done(t, await parley(settings, ['bot', 'create', 'Deploys', '--group', 'field-team', '--json']), ...fields);
  t.regex(String(made.hook), /^\/hooks\/[A-Za-z0-9]{32,}$/);
  t.regex(String(made.campfire), new RegExp(`^${made.id}-[A-Za-z0-9]{12}$`));
  t.is(await postText(made.hook, 'it is live'), 200);
  await reader.until((events) => events.some(({ data }) => data.includes('it is live')));
  const bot = await EventReader.open(site.client().bearer(String(made.token)), '/groups/field-team/events?as=json');
  t.teardown(() => bot.close());

  const rotated = done(t, await parley(settings, ['bot', 'rotate', 'deploys', '--json']), ...fields);
  t.is((await bot.ended()).at(-1)?.event, 'closed');
  t.not(await postText(made.hook, 'old'), 200);
  t.is(await postText(rotated.hook, 'new'), 200);
  t.is((await parley(settings, ['bot', 'revoke', 'Deploys'])).status, 0);
  t.not(await postText(rotated.hook, 'too late'), 200);
  t.regex((await parley(settings, ['bot', 'list'])).out, /Deploys +field-team +yes/);
}
