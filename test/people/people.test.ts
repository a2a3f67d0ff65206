import test from 'ava';
import sharp from 'sharp';
import type { Client } from '../helpers/client.ts';
import { eventually } from '../helpers/eventually.ts';
import { newGroup, openLobby, postAs, userNamed } from '../helpers/fixtures.ts';
import { startServerFor } from '../helpers/server.ts';
import { freshDatabase, mongoService, present, redisService, requireOrSkip } from '../helpers/services.ts';
import { openSite } from '../helpers/site.ts';

const [mongo, redis] = await Promise.all([mongoService(), redisService()]);
const STORES = [
  ['sqlite', requireOrSkip(test), () => ({})],
  ['mongo', requireOrSkip(test, mongo), () => ({ MONGODB_URL: freshDatabase(present(mongo)) })],
] as const;

const rename = (client: Client, display_name: string) => client.form('/settings/profile', { action: 'name', display_name });
type Person = { display_name: string; name: string; status: object | null; avatar_url: string | null; groups: { slug: string }[] };
const person = async (client: Client, name: string): Promise<Person> =>
  (await client.get(`/people/${name}`, 'application/json')).json<Person>();

/** A picture of this size: the left half red, the right half blue. */
const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: 'red' } })
    .composite([
      { input: { create: { width: Math.ceil(width / 2), height, channels: 3, background: 'blue' } }, left: Math.floor(width / 2), top: 0 },
    ])
    .jpeg();

async function upload(client: Client, content: Uint8Array, name = 'me.jpg') {
  const form = new FormData();
  form.set('picture', new Blob([new Uint8Array(content)]), name);
  return client.send('/settings/picture', { method: 'POST', body: form, headers: { Accept: 'text/html' } });
}

for (const [store, register, env] of STORES)
  register.serial(
    `${store}: people: a display name is shown on pages, in lists and streams, beside the log-in name of the API`,
    async (t) => {
      const site = await openSite(t, { env: env() });
      const { ann, bob } = site;
      const live = await site.stream(bob, '?as=json');
      await postAs(ann, 'before');
      t.is((await rename(ann, 'Ann Lee')).status, 303);
      await postAs(ann, 'after');
      const events = (await live.until((all) => all.length >= 2)).map(({ data }) => JSON.parse(data));
      t.deepEqual(
        events.map(({ body, author }) => [body, author.name, author.display_name]),
        [
          ['before', 'Ann', 'Ann'],
          ['after', 'Ann', 'Ann Lee'],
        ],
      );
      const page = (await bob.get('/groups/lobby')).text;
      t.is([...page.matchAll(/<a class="who" href="\/people\/[^"]*" data-i="A">Ann Lee<\/a>/g)].length, 2);
      t.regex(page, /<li class="member [^>]*data-name="Ann"[^>]*><a class="who"[^>]*><bdi>Ann Lee<\/bdi>/);
      t.regex((await bob.get('/groups/lobby/messages', 'text/plain')).text, /^Ann Lee: after$/m);
      const members = (await bob.get('/groups/lobby/members', 'application/json')).json<{ name: string; display_name: string }[]>();
      t.like(
        members.find(({ name }) => name === 'Ann'),
        { display_name: 'Ann Lee', status: null, avatar_url: null },
      );
      t.like(await person(bob, 'Ann'), { name: 'Ann', display_name: 'Ann Lee' });
      t.like((await ann.get('/me', 'application/json')).json(), { name: 'Ann', display_name: 'Ann Lee' });
      t.is((await rename(ann, '')).status, 303);
      t.is((await person(bob, 'Ann')).display_name, 'Ann');
      t.is((await site.core.store.users.byNameKey('ann'))?.displayName, undefined);
    },
  );

test('people: mentions go by the log-in name, and both names complete', async (t) => {
  const { ann, bob, core } = await openLobby(t);
  await rename(bob, 'Robert Marsh');
  const { id } = await userNamed(core, 'Bob');
  const posted = await ann.json('POST', '/groups/lobby/messages', { body: '@Bob and @Robert Marsh' });
  t.deepEqual(posted.json<{ mentions: string[] }>().mentions, [id]);
  for (const q of ['bo', 'rob', 'mar']) {
    const found = (await ann.get(`/groups/lobby/members?q=${q}`, 'application/json')).json<{ name: string }[]>();
    t.deepEqual(
      found.map(({ name }) => name),
      ['Bob'],
      q,
    );
  }
  t.deepEqual((await ann.get('/groups/lobby/members?q=zz', 'application/json')).json(), []);
});

test('people: nobody takes the name of somebody else, its looks, or a reserved word as display name', async (t) => {
  const { ann, bob, signUp } = await openLobby(t);
  const eve = await signUp('Eve');
  for (const name of ['Bob', 'BOB', 'Воb']) t.is((await rename(ann, name)).status, 409, name);
  for (const name of ['admin', 'Everyone', 'Аdmin', 'Ann\u202e', 'Annа Lee']) t.is((await rename(eve, name)).status, 422, name);
  for (const name of ['Ann', 'ann', 'ANN', 'Ann Lee', 'Bob Ross']) t.is((await rename(ann, name)).status, 303, name);
  t.is((await rename(bob, 'Bob Ross')).status, 303, 'display names need not be unique');
  const refused = await rename(ann, 'Bob');
  t.regex(refused.text, /<p class="wrong" id="profile-display_name-error" role="alert">The display name Bob looks like Bob/);
  t.regex(refused.text, /name="display_name" type="text" value="Bob"/, 'what was typed is still there');
});

test('people: a status is shown until it ends', async (t) => {
  const { ann, bob, clock } = await openLobby(t);
  const set = (fields: Record<string, string>) => ann.form('/settings/profile', { action: 'status', ...fields });
  t.is((await set({ emoji: ':palm_tree:', text: 'On holiday', end: '1h' })).status, 303);
  t.deepEqual((await person(bob, 'Ann')).status, { emoji: '🌴', text: 'On holiday', until: '2026-01-02T13:00:00.000Z' });
  t.regex((await bob.get('/groups/lobby')).text, /<span class="status"><span class="emoji">🌴<\/span> <bdi>On holiday<\/bdi>/);
  t.regex((await bob.get('/people/Ann')).text, /On holiday[\s\S]*until <time/);
  clock.turn(3_600_000);
  t.is((await person(bob, 'Ann')).status, null);
  t.notRegex((await bob.get('/groups/lobby')).text, /On holiday/);
  t.is((await set({ emoji: 'nonsense', text: '' })).status, 422);
  await set({ emoji: '', text: 'Busy' });
  t.deepEqual((await person(bob, 'Ann')).status, { emoji: '', text: 'Busy', until: null });
  await ann.form('/settings/profile', { action: 'clear' });
  t.is((await person(bob, 'Ann')).status, null);
});

test('people: a status ends at a date and time in the zone of the form, of the settings, or in UTC', async (t) => {
  const { ann, bob } = await openLobby(t);
  const set = (fields: Record<string, string>) =>
    ann.form('/settings/profile', { action: 'status', text: 'Away', end: 'custom', ...fields });
  const until = async () => ((await person(bob, 'Ann')).status as { until: string }).until;
  await set({ until: '2026-02-03T09:00' });
  t.is(await until(), '2026-02-03T09:00:00.000Z');
  await set({ until: '2026-02-03 09:00', time_zone: 'Asia/Tokyo' });
  t.is(await until(), '2026-02-03T00:00:00.000Z');
  await ann.form('/settings/appearance', { time_zone: 'America/New_York' });
  t.regex((await ann.get('/settings/profile')).text, /name="time_zone" value="America\/New_York"[\s\S]*"own-zone">America\/New_York</);
  await set({ until: '2026-02-03T09:00' });
  t.is(await until(), '2026-02-03T14:00:00.000Z');

  for (const [given, message] of [
    ['2026-01-02T06:00', /must be in the future/],
    ['2027-01-04T09:00', /must be within a year/],
    ['2026-02-30T09:00', /Enter a date and a time/],
    ['', /Enter a date and a time/],
  ] as const) {
    const { status, text } = await set({ until: given, emoji: '🌴' });
    t.is(status, 422, given);
    t.regex(text, new RegExp(`id="status-until-error" role="alert">[^<]*${message.source}`), given);
    t.true(text.includes(`type="datetime-local" value="${given}"`), 'what was typed is still there');
    t.regex(text, /<option value="custom" selected>/);
    t.regex(text, /name="text" type="text" value="Away"/);
  }
  t.is((await set({ until: '2026-02-03T09:00', time_zone: 'Mars/Olympus' })).status, 422);
  t.is(await until(), '2026-02-03T14:00:00.000Z');
});

for (const [store, register, env] of STORES)
  register.serial(
    `${store}: people: a picture is cut to a square in two sizes without metadata, and replaces the one before`,
    async (t) => {
      const { ann, bob, client, core } = await openLobby(t, { env: env() });
      const photo = await picture(900, 600)
        .withExif({ IFD0: { Copyright: 'SECRET PLACE' } })
        .toBuffer();
      t.is((await upload(ann, photo)).status, 303);
      const { avatar_url: url } = await person(bob, 'Ann');
      if (!url) return t.fail('no picture');
      for (const [path, size] of [
        [url, 256],
        [`${url}/small`, 96],
      ] as const) {
        const response = await bob.open(path);
        const content = Buffer.from(await response.arrayBuffer());
        t.is(response.headers.get('content-type'), 'image/webp');
        t.regex(response.headers.get('cache-control') ?? '', /private.*immutable/);
        t.like(await sharp(content).metadata(), { width: size, height: size, format: 'webp' });
        t.false(content.includes('SECRET PLACE'));
        t.is((await client().get(path, 'image/webp')).status, 401);
        t.is(
          (
            await bob.get(path, 'image/webp', {
              'If-None-Match': response.headers.get('etag') ?? '',
              'Cache-Control': 'max-age=0',
            })
          ).status,
          304,
        );
      }
      t.regex((await bob.get('/groups/lobby/members')).text, new RegExp(`<img class="avatar" src="${url}/small" alt=""`));
      t.is((await upload(ann, await picture(50, 300).toBuffer())).status, 303);
      const { avatar_url: next } = await person(bob, 'Ann');
      t.not(next, url);
      t.is((await bob.get(url, 'image/webp')).status, 404, 'the file of the old picture is removed');
      t.is((await bob.get(next ?? '', 'image/webp')).status, 200);
      t.deepEqual(await core.store.files.listUnattached(Number.MAX_SAFE_INTEGER, 10), []);
      await ann.form('/settings/profile', { action: 'unpicture' });
      t.is((await person(bob, 'Ann')).avatar_url, null);
      t.is((await bob.get(next ?? '', 'image/webp')).status, 404);
    },
  );

test('people: what is no picture is refused, and the old one stays', async (t) => {
  const { ann, bob } = await openLobby(t);
  await upload(ann, await picture(100, 100).toBuffer());
  const { avatar_url: url } = await person(bob, 'Ann');
  for (const [name, content] of [
    ['text', Buffer.from('hello')],
    ['svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')],
    ['cut off', (await picture(300, 300).toBuffer()).subarray(0, 200)],
    ['nothing', Buffer.alloc(0)],
  ] as const) {
    const { status, text } = await upload(ann, content, 'x.png');
    t.is(status, 422, name);
    t.regex(text, /<p class="wrong" id="picture-error" role="alert">The picture cannot be read/, name);
  }
  const large = await upload(ann, Buffer.alloc(10 * 1024 * 1024 + 1));
  t.is(large.status, 413);
  t.regex(large.text, /10\.5 MB at most|10 MB at most/);
  t.is((await ann.form('/settings/picture', { picture: 'x' })).status, 400);
  t.is((await person(bob, 'Ann')).avatar_url, url);
});

test('people: the profile lists the groups in common, without direct messages, and offers a message', async (t) => {
  const { ann, bob, client, core } = await openLobby(t);
  await newGroup(ann, 'Kitchen', ['Bob']);
  await newGroup(ann, 'Secret');
  await ann.json('POST', '/direct', { with: 'Bob' });
  t.deepEqual(
    (await person(bob, 'Ann')).groups.map(({ slug }) => slug),
    ['kitchen', 'lobby'],
  );
  const { id } = await userNamed(core, 'Ann');
  const page = (await bob.get(`/people/${id}`)).text;
  t.notRegex(page, /Secret/);
  const [, to = ''] = /name="with" value="([^"]+)"><button class="primary">Message/.exec(page) ?? [];
  t.regex((await bob.form('/direct', { with: to })).headers.get('location') ?? '', /^\/groups\/dm-/);
  t.is((await bob.get('/people/nobody')).status, 404);
  t.is((await client().get('/people/Ann', 'application/json')).status, 401);
  t.is((await client().get('/people/Ann')).status, 303);
});

test('people: changes of a profile are limited', async (t) => {
  const { bob } = await openLobby(t);
  const statuses = [];
  for (let n = 0; n < 32; n += 1) statuses.push((await rename(bob, `Bob no. ${n}`)).status);
  t.deepEqual([...new Set(statuses.slice(0, 30))], [303]);
  t.is(statuses[31], 429);
});

test('people: PATCH /me changes what it names, and refuses what is wrong', async (t) => {
  const { ann, bob } = await openLobby(t);
  const patch = (body: object) => ann.json('PATCH', '/me', body);
  const done = await patch({ display_name: 'Ann Lee', status: { emoji: '🍲', until: '2026-01-02T14:00:00+01:00' } });
  t.like(done.json(), { display_name: 'Ann Lee', status: { emoji: '🍲', text: '', until: '2026-01-02T13:00:00.000Z' } });
  t.like((await patch({ status: {} })).json(), { display_name: 'Ann Lee', status: null });
  t.like((await patch({ display_name: '' })).json(), { display_name: 'Ann' });
  t.like((await patch({})).json(), { display_name: 'Ann' });
  for (const bad of [
    { display_name: 7 },
    { display_name: null },
    { status: null },
    { status: 'x' },
    { status: { until: 'soon' } },
    { status: { emoji: { $ne: '' } } },
  ])
    t.is((await patch(bad)).status, 400, JSON.stringify(bad));
  t.is((await patch({ status: { text: 'x', until: '2026-01-01T00:00:00Z' } })).status, 422);
  t.is((await patch({ status: { text: 'x', until: '2027-01-04T12:00:00Z' } })).status, 422);
  t.like((await patch({ status: { text: 'x', until: '2027-01-02T12:00:00.001Z' } })).json(), {
    status: { until: '2027-01-02T12:00:00.001Z' },
  });
  t.is((await person(bob, 'Ann')).display_name, 'Ann');
});

requireOrSkip(test, mongo, redis).serial('people: another server shows a changed profile once the bus has told it', async (t) => {
  const env = {
    MONGODB_URL: freshDatabase(present(mongo)),
    REDIS_URL: present(redis).url,
    SECRET_KEYS: 'a key of both servers that is long enough',
  };
  const here = await startServerFor(t, { env });
  const there = await startServerFor(t, { env, clock: here.clock });
  const ann = await here.signUp('Ann');
  const bob = await here.signUpInLobby('Bob');
  await postAs(ann, 'hello');
  const shown = async (): Promise<string> =>
    /data-i="\w">([^<]*)<\/a>/.exec((await bob.at(there.url).get('/groups/lobby')).text)?.[1] ?? '';
  t.is(await shown(), 'Ann');
  await rename(ann, 'Ann Lee');
  await eventually(async () => (await shown()) === 'Ann Lee');
  t.pass();
});

test('people: members of a group have colours of their own, as long as there are enough', async (t) => {
  const { core, ann, bob, signUpInLobby } = await openLobby(t);
  const colors = async (slug: string) =>
    (await ann.get(`/groups/${slug}/members`, 'application/json')).json<{ color: number }[]>().map(({ color }) => color);
  for (let n = 3; n <= 12; n += 1) await signUpInLobby(`Person ${n}`);
  t.is(new Set(await colors('lobby')).size, 12);
  await signUpInLobby('One too many');
  t.is((await colors('lobby')).length, 13);
  const slug = await newGroup(bob, 'Kitchen', ['Person 3', 'Person 4', 'One too many', 'Ann']);
  t.is(new Set(await colors(slug)).size, 5, 'also of one whose colour was taken in the larger group');
  t.is(new Set((await colors('lobby')).slice(0)).size, 12);
  t.is((await core.store.users.list({ limit: 20 })).length, 13);
});
