import test from 'ava';
import type { Client } from '../helpers/client.ts';
import { startServer, type TestServer } from '../helpers/server.ts';

let site: TestServer;
let count = 0;
test.before(async () => {
  site = await startServer({ env: { POSTS_PER_SECOND: '0' } });
  await site.signUp('First');
});
test.after.always(() => site.close());

/** Ann, Bob and a group with both, for one test. */
async function pair(): Promise<{ ann: Client; bob: Client; bobsName: string; at: string }> {
  count += 1;
  const bobsName = `Bob ${count}`;
  const name = `Shelf ${count}`;
  const [ann, bob] = [await site.signUp(`Ann ${count}`), await site.signUp(bobsName)];
  const { slug } = (await ann.json('POST', '/groups', { name })).json<{ slug: string }>();
  await ann.json('POST', `/groups/${slug}/members`, { action: 'add', name: bobsName });
  return { ann, bob, bobsName, at: `/groups/${slug}` };
}

const postText = async (client: Client, at: string, body: string) =>
  (await client.json('POST', `${at}/messages`, { body })).json<{ url: string }>().url;
const saved = async (client: Client, path = '/saved') =>
  (await client.get(path, 'application/json')).json<{
    results: { body: string; erased: boolean; group_name: string }[];
    next: string | null;
  }>();
const bodies = async (client: Client, path?: string) => (await saved(client, path)).results.map(({ body }) => body);

test('saved: each user has a list of their own, newest first', async (t) => {
  const { ann, bob, at } = await pair();
  t.regex((await bob.get('/saved')).text, /No saved messages yet/);
  const [one, two] = [await postText(ann, at, 'one'), await postText(ann, at, 'two <b>')];
  t.deepEqual((await bob.json('POST', `${two}/save`, { on: '1' })).json(), { saved: true, url: two });
  site.clock.turn(1000);
  const form = await bob.form(`${one}/save`, { on: '1' });
  t.deepEqual([form.status, form.headers.get('location')], [303, one.replace(/\/messages\/(\d+)$/, '?at=$1#m-$1')]);
  t.regex((await bob.get(at)).text, /Saved\. Your saved messages are in the menu/);
  t.deepEqual(await bodies(bob), ['one', 'two <b>']);
  t.deepEqual(await bodies(ann), []);
  const page = (await bob.get('/saved')).text;
  t.regex(
    page,
    new RegExp(`<div class="snippet"[^>]*>one<[\\s\\S]*>two &lt;b&gt;<[\\s\\S]*href="${at}\\?around=\\d+#m-\\d+">Show in conversation`),
  );
  t.is((await bob.get('/saved', 'text/plain')).text.split('\n').length, 3);
  const back = await bob.form(`${one}/save`, { on: '0', back: 'saved' });
  t.is(back.headers.get('location'), '/saved');
  t.deepEqual(await bodies(bob), ['two <b>']);
});

test('saved: htmx gets the opposite switch; a row is the same for every viewer', async (t) => {
  const { ann, bob, at } = await pair();
  const url = await postText(ann, at, 'x');
  const answer = await bob.form(`${url}/save`, { on: '1' }, { 'HX-Request': 'true' });
  t.regex(answer.text, /^<form class="save"[^>]*><input type="hidden" name="on" value="0"><button[^>]*>Saved/);
  t.regex((await bob.form(`${url}/save`, { on: '0' }, { 'HX-Request': 'true' })).text, /value="1">Save</);
  await bob.json('POST', `${url}/save`, {});
  const row = async (who: Client) => (await who.get(url, 'text/html', { 'HX-Request': 'true' })).text;
  t.is(await row(bob), await row(ann));
});

test('saved: erased messages cannot be saved; messages of a left group are hidden until rejoining', async (t) => {
  const { ann, bob, bobsName, at } = await pair();
  const [kept, gone] = [await postText(ann, at, 'kept'), await postText(ann, at, 'a secret')];
  for (const url of [kept, gone]) await bob.json('POST', `${url}/save`, {});
  await ann.json('DELETE', gone);
  t.deepEqual((await saved(bob)).results.map(({ body, erased }) => [body, erased]).toSorted(), [
    ['', true],
    ['kept', false],
  ]);
  const page = (await bob.get('/saved')).text;
  t.regex(page, /Message erased/);
  t.notRegex(page, /a secret/);
  t.is((await bob.json('POST', `${gone}/save`, { on: '1' })).status, 403);
  await bob.form(`${at}/members`, { action: 'leave' });
  t.deepEqual(await bodies(bob), []);
  t.notRegex((await bob.get('/saved')).text, /kept/);
  t.is((await bob.json('POST', `${kept}/save`, {})).status, 404, 'nor can they save more there');
  await ann.json('POST', `${at}/members`, { action: 'add', name: bobsName });
  t.is((await saved(bob)).results.length, 2);
});

test('saved: pagination; an invalid cursor is refused', async (t) => {
  const { ann, at } = await pair();
  const said = ['1', '2', '3', '4', '5'];
  for (const body of said) {
    site.clock.turn(10);
    await ann.json('POST', `${await postText(ann, at, body)}/save`, {});
  }
  const found: string[] = [];
  for (let path: string | null = '/saved?limit=2'; path !== null; ) {
    const page: Awaited<ReturnType<typeof saved>> = await saved(ann, path);
    t.true(page.results.length > 0 && page.results.length <= 2);
    found.push(...page.results.map(({ body }) => body));
    path = page.next;
  }
  t.deepEqual(found, said.toReversed());
  t.is((await ann.get('/saved?cursor=x', 'application/json')).status, 422);
  t.is((await site.client().get('/saved', 'application/json')).status, 401);
});
