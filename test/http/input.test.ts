import test from 'ava';
import type { Client } from '../helpers/client.ts';
import { eventually } from '../helpers/eventually.ts';
import { PASSWORD, startServer, type TestServer } from '../helpers/server.ts';
import { freshDatabase, present, requireOrSkip } from '../helpers/services.ts';
import { mongoForFile } from '../helpers/shared-services.ts';

const mongo = await mongoForFile();

/** Values that are not text: query syntax of a document store, lists, numbers, nothing. */
const ODD: unknown[] = [
  { $ne: null },
  { $gt: '' },
  { $where: 'true' },
  { $regex: '.*' },
  { $in: ['Ann'] },
  ['Ann'],
  [],
  7,
  true,
  null,
  { toString: 'Ann' },
];

/** Every route that takes fields; each field gets every odd value while the other fields are valid. */
const ROUTES: [method: string, path: string, fields: Record<string, string>, who: 'visitor' | 'ann'][] = [
  ['POST', '/login', { name: 'Ann', password: PASSWORD, return_to: '/groups' }, 'visitor'],
  ['POST', '/signup', { name: 'Eve', password: PASSWORD, code: 'x', return_to: '/groups' }, 'visitor'],
  ['POST', '/settings/password', { current: PASSWORD, password: 'another password' }, 'ann'],
  ['POST', '/groups', { name: 'New', open: '1' }, 'ann'],
  ['POST', '/groups/join', { code: 'abcd' }, 'ann'],
  ['POST', '/groups/join', { slug: 'lobby' }, 'ann'],
  ['POST', '/groups/lobby/messages', { body: 'hello', key: 'k' }, 'ann'],
  ['PATCH', '/groups/lobby/messages/2', { body: 'hello' }, 'ann'],
  ['POST', '/groups/lobby/messages/2/edit', { body: 'hello' }, 'ann'],
  ['POST', '/groups/lobby/messages/2/reactions', { emoji: 'x', on: '1' }, 'ann'],
  ['POST', '/groups/lobby/members', { action: 'add', name: 'Bob' }, 'ann'],
  ['POST', '/groups/lobby/members', { action: 'remove', user: 'x' }, 'ann'],
  ['POST', '/groups/lobby/settings', { action: 'rename', name: 'Lobby' }, 'ann'],
  ['POST', '/groups/lobby/settings', { action: 'topic', topic: 'x' }, 'ann'],
  ['POST', '/groups/lobby/settings', { action: 'open', on: '1' }, 'ann'],
  ['POST', '/groups/lobby/bots', { action: 'create', name: 'Robo' }, 'ann'],
  ['POST', '/groups/lobby/bots', { action: 'revoke', user: 'x' }, 'ann'],
  ['POST', '/admin', { action: 'disable', user: 'x' }, 'ann'],
];
/** Where a value that is no text means something. */
const MEANT: [path: string, field: string, value: unknown][] = [['/groups', 'open', true]];

const isMeant = (path: string, field: string, value: unknown): boolean =>
  MEANT.some(([where, name, one]) => where === path && name === field && one === value);

async function open(kind: 'sqlite' | 'mongo'): Promise<{ site: TestServer; ann: Client }> {
  const env = kind === 'mongo' ? { MONGODB_URL: freshDatabase(present(mongo)) } : {};
  const site = await startServer({ env: { POSTS_PER_SECOND: '0', ...env } });
  const ann = await site.signUp('Ann');
  await ann.json('POST', '/groups/lobby/messages', { body: 'hello' });
  // The answer to a post does not wait for the author's read mark.
  await eventually(async () => (await ann.get('/groups/lobby', 'application/json')).json().unread === 0);
  return { site, ann };
}

for (const kind of ['sqlite', 'mongo'] as const) {
  // One after the other: together they would give the store less time than a request waits for it.
  const register = kind === 'mongo' ? requireOrSkip(test, mongo).serial : test.serial;

  register(`on ${kind}, every field of every form is text or refused, by name, and nothing happens`, async (t) => {
    const { site, ann } = await open(kind);
    t.teardown(site.close);
    const before = await ann.get('/groups/lobby', 'application/json');
    for (const [method, path, fields, who] of ROUTES)
      for (const field of Object.keys(fields))
        for (const value of ODD.filter((one) => !isMeant(path, field, one))) {
          const client = who === 'ann' ? ann : site.client();
          const answer = await client.json(method, path, { ...fields, [field]: value });
          const what = `${method} ${path} ${field}=${JSON.stringify(value)}`;
          t.deepEqual([answer.status, answer.json().code], [400, 'malformed'], what);
          t.is(client.cookies.get('parley'), who === 'ann' ? ann.cookies.get('parley') : undefined, what);
        }
    t.is((await ann.get('/groups/lobby', 'application/json')).text, before.text);
    t.is((await site.core.store.users.list({ limit: 10 })).length, 1);
  });

  register(`on ${kind}, what is good in form and what is query syntax as text are both taken as text`, async (t) => {
    const { site, ann } = await open(kind);
    t.teardown(site.close);
    const odd = '{"$ne":null}';
    t.is((await site.client().form('/login', { name: odd, password: PASSWORD })).status, 422);
    t.is((await site.client().form('/login', { name: 'Ann', password: odd })).status, 422);
    t.is((await ann.json('POST', '/groups/join', { code: odd })).status, 422);
    t.is((await ann.json('POST', '/groups/lobby/messages', { body: odd, key: odd })).json().body, odd);
    t.is((await site.client().form('/signup', { name: odd, password: PASSWORD })).status, 303);
    t.is((await site.client().form('/login', { name: odd, password: PASSWORD })).status, 303);
    for (const [, path, fields] of ROUTES.filter(([, path]) => path === '/login'))
      t.is((await site.client().json('POST', path, fields)).status, 200);
  });

  register(`on ${kind}, fields in brackets are no objects`, async (t) => {
    const { site, ann } = await open(kind);
    t.teardown(site.close);
    for (const [method, path, fields, who] of ROUTES.filter(([method]) => method === 'POST'))
      for (const field of Object.keys(fields).filter((name) => !['return_to', 'code', 'open', 'key', 'on'].includes(name)))
        for (const syntax of ['[$ne]', '[$gt]', '[]', '[0]']) {
          const { [field]: value = '', ...others } = fields;
          const body = new URLSearchParams({ ...others, [`${field}${syntax}`]: value }).toString();
          const headers = { Accept: 'application/json', 'Content-Type': 'application/x-www-form-urlencoded' };
          const answer = await (who === 'ann' ? ann : site.client()).send(path, { method, body, headers });
          t.is(answer.status, 400, `${path} ${field}${syntax}`);
        }
  });

  register(`on ${kind}, ids, slugs, tokens and cursors in paths and queries are only compared`, async (t) => {
    const { site, ann } = await open(kind);
    t.teardown(site.close);
    for (const odd of ['{"$ne":null}', '[object Object]', '$ne', '%00', "'--", 'a'.repeat(5000)].map(encodeURIComponent)) {
      for (const path of [`/groups/${odd}`, `/groups/lobby/messages/${odd}`, `/settings/tokens/${odd}/revoke`]) {
        const answer = await ann.send(path, { method: path.endsWith('revoke') ? 'POST' : 'GET', headers: { Accept: 'application/json' } });
        t.is(answer.status, 404, path.slice(0, 60));
      }
      t.is((await site.client().bearer(odd).get('/me', '*/*')).status, 401);
      t.is((await ann.json('POST', '/admin', { action: 'disable', user: decodeURIComponent(odd).slice(0, 64) })).status, 404);
    }
    for (const query of ['before[$gt]=1', 'before[]=1', 'limit[$ne]=1'])
      t.is((await ann.get(`/groups/lobby/messages?${query}`, 'application/json')).status, 400);
    const cookie = site.client();
    for (const id of ['{"$ne":null}', '[object Object]', '%7B%22%24gt%22%3A%22%22%7D', '__proto__', '%', '%E0%A4%A']) {
      cookie.cookies.set('parley', id);
      cookie.cookies.set('parley_known', `${id}.${id}`);
      t.is((await cookie.get('/me', 'application/json')).status, 401);
    }
  });
}
