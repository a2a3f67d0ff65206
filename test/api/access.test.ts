import test from 'ava';
import { campfireKey } from '../../lib/accounts/campfire-key.ts';
import { setDisabled } from '../../lib/accounts/operations.ts';
import type { User } from '../../lib/accounts/port.ts';
import { createToken, revokeToken } from '../../lib/accounts/tokens.ts';
import { OPERATIONS } from '../../lib/api/table.ts';
import { createBot } from '../../lib/bots/operations.ts';
import { removeMember } from '../../lib/groups/operations.ts';
import type { Group } from '../../lib/groups/port.ts';
import type { Route } from '../../lib/http/router.ts';
import type { Answer, Client } from '../helpers/client.ts';
import { groupAt, userNamed } from '../helpers/fixtures.ts';
import { startServer, type TestServer } from '../helpers/server.ts';

let site: TestServer;
/** Clients by name: `strangers` have valid credentials but are not members, `nobodies` have no valid credentials. */
let member: Client;
let strangers: Record<string, Client>;
let nobodies: Record<string, Client>;

test.before(async () => {
  site = await startServer({ env: { POSTS_PER_SECOND: '0' } });
  const { core } = site;
  const ann = await site.signUp('Ann');
  await site.signUp('Eve');
  for (const name of ['Team', 'Board']) await ann.json('POST', '/groups', { name });
  const [team, board] = await Promise.all([groupAt(core, 'team'), groupAt(core, 'board')]);
  const [annUser, eve] = await Promise.all([userNamed(core, 'Ann'), userNamed(core, 'Eve')]);
  const bearer = (token: string): Client => site.client().bearer(token);
  const bot = (name: string, group: Group) => createBot(core, annUser.id, { name, group });
  const [inside, outside, left, ended, rotated] = await Promise.all([
    bot('inside', team),
    bot('outside', board),
    bot('left', team),
    bot('ended', team),
    bot('rotated', team),
  ]);
  await removeMember(core, annUser.id, team, left.user);
  await setDisabled(core, annUser.id, ended.user, true);
  const { record } = await createToken(core, rotated.user);
  await revokeToken(core, annUser.id, rotated.user.id, record.hash);
  member = bearer(inside.token);
  strangers = { 'a bot of another group': bearer(outside.token), 'a bot that was removed': bearer(left.token) };
  nobodies = {
    nobody: site.client(),
    'a disabled bot': bearer(ended.token),
    'a disabled person': bearer(await tokenOfDisabled(annUser, eve)),
    'the token of a webhook': bearer(inside.hook.slice('/hooks/'.length)),
    'the key of Campfire': bearer(campfireKey(core, inside.user)),
    'a revoked token': bearer('x'.repeat(40)),
    'the hash of a token': bearer(record.hash),
  };
});
test.after.always(() => site.close());

async function tokenOfDisabled(by: User, user: User): Promise<string> {
  const { token } = await createToken(site.core, user);
  await setDisabled(site.core, by.id, user, true);
  return token;
}

/** Every route but the public ones and those with a key in their path: incoming webhooks and Campfire (test/webhooks, test/compat). */
const guarded = (): readonly Route[] =>
  site.server.routes().filter(({ path }) => !/^\/(hooks|services|api|rooms\/:room\/:key)(\/|$)/.test(path) && !PUBLIC.has(path));

/** Public routes. Those that read the session refuse an invalid token, too. */
const PUBLIC = new Set(
  '/ /signup /login /login/second-factor /login/oidc /login/oidc/callback /login/oidc/logout /login/passkey /login/passkey/options /forgot-password /confirm-address/:token /reset-password/:token /invited/:token /unsubscribe/:token /logout /docs /openapi.json /healthz /readyz /metrics /sw.js /offline /manifest.webmanifest /site-icon/:id /site-icon/:id/small /csp-reports /oauth/token /oauth/revoke /oauth/register /.well-known/oauth-protected-resource{/*of} /.well-known/oauth-authorization-server{/*of}'.split(
    ' ',
  ),
);
/** Routes that anyone with the link may read. */
const OPEN_TO_ALL = new Set(['GET /join/:code']);
/** Routes for browser sessions only: every token is refused before any look-up. */
const FOR_PEOPLE = new Set(['/groups/:slug/bots', '/groups/:slug/bots/:id', '/groups/:slug/invite.svg']);

const VALUES: Record<string, string> = { seq: '3', emoji: 'x', key: 'k' };

/** A valid body for each route that takes one. */
const bodyFor = (path: string): string =>
  JSON.stringify({
    body: 'hello',
    at: site.clock.now() + 60_000,
    emoji: 'x',
    topic: 'x',
    help: 'x',
    question: 'x',
    options: ['x', 'y'],
    user: 'Ann',
    name: 'Ann',
    action: path.endsWith('/settings') ? 'topic' : 'add',
  });

/** Sends a request to a route of the group `slug` and reads only the status and headers: a stream would not end. */
async function ask(client: Client, { method, path }: Route, slug: string): Promise<Pick<Answer, 'status' | 'headers'>> {
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) => (name === 'slug' ? slug : (VALUES[name] ?? 'x')));
  const body = method === 'GET' || method === 'DELETE' ? {} : { body: bodyFor(path) };
  const end = new AbortController();
  const headers = { Accept: 'application/json', 'Content-Type': 'application/json' };
  const answer = await client.open(filled, { method, headers, ...body, signal: end.signal });
  end.abort();
  return answer;
}

test('every route: without valid credentials 401, never a redirect', async (t) => {
  const routes = guarded();
  t.true(routes.length > 30);
  for (const [who, client] of Object.entries(nobodies))
    for (const route of routes) {
      if (OPEN_TO_ALL.has(`${route.method} ${route.path}`) && who === 'nobody') continue;
      const { status, headers } = await ask(client, route, 'team');
      t.deepEqual([status, headers.get('location')], [401, null], `${who}: ${route.method} ${route.path}`);
    }
});

test('every route of a group: non-members get the same response as for an absent group', async (t) => {
  const routes = guarded().filter(({ path }) => path.startsWith('/groups/:slug'));
  t.true(routes.length > 15);
  for (const [who, client] of Object.entries(strangers))
    for (const route of routes) {
      const [here, nowhere] = [await ask(client, route, 'team'), await ask(client, route, 'no-such-group')];
      t.is(here.status, nowhere.status, `${who}: ${route.method} ${route.path}`);
      t.is(here.status, FOR_PEOPLE.has(route.path) && here.status === 403 ? 403 : 404, `${who}: ${route.method} ${route.path}`);
    }
});

test('every route of a group: a bot may use those for bots and no others', async (t) => {
  const bare = (path: string): string => path.replaceAll(/:\w+|\{\w+\}/g, '*');
  const own = OPERATIONS.filter(({ path }) => path.startsWith('/groups/{slug}'));
  const actions = [{ id: 'x', label: 'Approve' }];
  for (const { method, path, access } of own) {
    const route = site.server.routes().find((one) => one.method === method.toUpperCase() && bare(one.path) === bare(path));
    t.truthy(route, path);
    if (!route) continue;
    VALUES.seq = String((await member.json('POST', '/groups/team/messages', { body: 'hello', actions })).json().seq);
    if (path.includes('{draft}')) VALUES.draft = (await member.json('POST', '/groups/team/drafts')).json<{ id: string }>().id;
    if (path.includes('{ephemeral}'))
      VALUES.ephemeral = (await member.json('POST', '/groups/team/ephemeral', { user: 'Ann', body: 'x' })).json<{ id: string }>().id;
    const { status } = await ask(member, route, 'team');
    if (access === 'moderator') t.is(status, 403, `${method} ${path}`);
    else t.true(status < 300, `${status} ${method} ${path}`);
  }
  for (const [method, path] of [
    ['GET', '/groups/:slug/bots'],
    ['POST', '/groups/:slug/bots'],
    ['GET', '/admin'],
    ['POST', '/admin'],
    ['POST', '/settings/tokens'],
  ] as const)
    t.is((await ask(member, { method, path }, 'team')).status, 403, `${method} ${path}`);
});

test('every route of a group: nested ids are looked up in that group only', async (t) => {
  const outside = strangers['a bot of another group'] ?? member;
  const ids: number[] = [];
  for (let n = 0; n < 6; n += 1)
    ids.push((await outside.json('POST', '/groups/board/messages', { body: `m${n}` })).json<{ seq: number }>().seq);
  await outside.json('PUT', '/groups/board/by-key/k2', { body: 'theirs' });
  const far = `/groups/team/messages/${900 + (ids.at(-1) ?? 0)}`;
  for (const [method, path, body] of [
    ['GET', far, undefined],
    ['PATCH', far, { body: 'x' }],
    ['DELETE', far, undefined],
    ['POST', `${far}/unerase`, undefined],
    ['PUT', `${far}/reactions/x`, undefined],
    ['DELETE', `${far}/reactions/x`, undefined],
    ['POST', `${far}/reactions`, { emoji: 'x' }],
    ['GET', '/groups/team/messages/1', undefined], // a join, no message
    ['PATCH', '/groups/team/messages/1', { body: 'x' }],
    ['PUT', '/groups/team/messages/1/reactions/x', undefined],
    ['GET', '/groups/team/by-key/k2', undefined],
    ['DELETE', '/groups/team/by-key/k2', undefined],
  ] as const)
    t.is((await member.json(method, path, body)).status, 404, `${method} ${path}`);
  for (const seq of ['0', '-1', '1.5', '1e2', 'x', '%00', '%7B%22$ne%22%3Anull%7D', '99999999999'])
    t.is((await member.json('GET', `/groups/team/messages/${seq}`)).status, 404, seq);
  t.is((await outside.json('GET', `/groups/board/messages/${ids[0]}`)).status, 200);
});
