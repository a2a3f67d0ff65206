import test from 'ava';
import { inviteCode } from '../../lib/accounts/invite-code.ts';
import { createBot } from '../../lib/bots/operations.ts';
import { loggablePath } from '../../lib/logger.ts';
import { qrCodeSvg } from '../../lib/views/qr.ts';
import type { Client } from '../helpers/client.ts';
import { groupAt, userNamed } from '../helpers/fixtures.ts';
import { PASSWORD, startServer, startServerFor, type TestServer } from '../helpers/server.ts';

let site: TestServer;
let ann: Client;
test.before(async () => {
  site = await startServer();
  ann = await site.signUp('Ann');
});
test.after.always(() => site.close());

const HOUR = 3_600_000;
type Managed = { code: string; invite: string; code_expires_at: string | null; code_uses_left: number | null };

/** Creates a group of Ann's with these limits of its code. */
async function newGroup(name: string, limits: Record<string, unknown> = {}, on = { site, ann }): Promise<Managed & { slug: string }> {
  const { slug } = (await on.ann.json('POST', '/groups', { name })).json<{ slug: string }>();
  const set = (await on.ann.json('POST', `/groups/${slug}/settings`, { action: 'limits', ...limits })).json<Managed>();
  return { ...set, slug };
}

const use = (by: Client, code: string) => by.form('/groups/join', { code });
const REFUSED = /id="join-code-error" role="alert">No group has this code\. It may have expired, been used up, or been replaced/;

test('join code: an expired code is refused like an unknown one', async (t) => {
  const own = await startServerFor(t);
  const boss = await own.signUp('Ann');
  const { code, code_expires_at, slug } = await newGroup('For an hour', { expires: '1h' }, { site: own, ann: boss });
  t.is(code_expires_at, new Date(own.clock.now() + HOUR).toISOString());
  const [bob, carl] = [await own.signUp('Bob'), await own.signUp('Carl')];
  own.clock.turn(HOUR - 1);
  t.is((await use(bob, code)).status, 303);
  own.clock.turn(1);
  const late = await use(carl, code);
  t.is(late.status, 422);
  t.regex(late.text, REFUSED);
  t.is(late.text.match(REFUSED)?.[0], (await use(carl, 'aaaa-bbbb-cccc')).text.match(REFUSED)?.[0]);
  t.is((await use(bob, code)).status, 303, 'who is in already is let through');
  await boss.json('POST', `/groups/${slug}/settings`, { action: 'limits', expires: 'never' });
  t.is((await use(carl, code)).status, 303, 'the same code holds again');
});

test('join code: admits its number of uses; members use none', async (t) => {
  const { code, slug, code_uses_left } = await newGroup('Two seats', { uses: 2 });
  t.is(code_uses_left, 2);
  const [bob, carl, dora] = [await site.signUp('Bob'), await site.signUp('Carl'), await site.signUp('Dora')];
  const left = async () => (await ann.get(`/groups/${slug}/settings`, 'application/json')).json<Managed>().code_uses_left;
  for (const _ of [1, 2, 3]) t.is((await use(bob, code)).status, 303);
  t.is((await use(ann, code)).status, 303);
  t.is(await left(), 1);
  t.is((await use(carl, code)).status, 303);
  const late = await use(dora, code);
  t.is(late.status, 422);
  t.regex(late.text, REFUSED);
  t.is(await left(), 0);
  t.regex((await ann.get(`/groups/${slug}/settings`)).text, /data-over>No longer valid\./);
  await ann.form(`/groups/${slug}/settings`, { action: 'code', expires: '7d', uses: '10' });
  const fresh = (await ann.get(`/groups/${slug}/settings`, 'application/json')).json<Managed>();
  t.not(fresh.code, code);
  t.is(fresh.code_uses_left, 10);
  t.is(fresh.code_expires_at, new Date(site.clock.now() + 168 * HOUR).toISOString());
  t.is((await use(dora, fresh.code)).status, 303);
  t.regex((await ann.get(`/groups/${slug}/settings`)).text, /Valid until <time [^>]*>[^<]+<\/time>, 9 uses left\./);
});

test('join code: invalid limits are refused and change nothing', async (t) => {
  const { slug, code } = await newGroup('Odd limits');
  for (const odd of [
    { uses: '0' },
    { uses: 10_001 },
    { uses: -1 },
    { expires: '0h' },
    { expires: 'soon' },
    { uses: '' },
    { expires: '' },
  ]) {
    const answer = await ann.json('POST', `/groups/${slug}/settings`, { action: 'limits', ...odd });
    t.is(answer.status, 422, JSON.stringify(odd));
    t.is(answer.json().field, Object.keys(odd)[0]);
    t.regex((await ann.form(`/groups/${slug}/settings`, { action: 'code', ...odd } as never)).text, /role="alert"/);
  }
  for (const odd of [{ uses: { $gt: 0 } }, { expires: ['1h'] }, { uses: null }])
    t.is((await ann.json('POST', `/groups/${slug}/settings`, { action: 'limits', ...odd })).status, 400, JSON.stringify(odd));
  t.like((await ann.get(`/groups/${slug}/settings`, 'application/json')).json(), { code, code_uses_left: null, code_expires_at: null });
});

test('invitation: shows the group and joins by a button', async (t) => {
  const { invite, slug } = await newGroup('Book club');
  await ann.form(`/groups/${slug}/settings`, { action: 'topic', topic: 'One a month' });
  const eva = await site.signUp('Eva');
  const page = await eva.get(invite);
  t.is(page.status, 200);
  t.regex(page.text, /<h1>Book club<\/h1>\s*<p>One a month · 1 member<\/p>/);
  t.regex(page.text, new RegExp(`<form method="post" action="${invite}"><button class="primary" name="do" value="join">Join`));
  t.is(page.headers.get('referrer-policy'), 'strict-origin', 'no other page is told the path');
  t.is(page.headers.get('cache-control'), 'no-store, no-transform');
  t.is((await eva.get(`/groups/${slug}`)).status, 404, 'to look is not to join');
  t.is((await eva.form(invite, {})).headers.get('location'), `/groups/${slug}`);
  t.is((await eva.get(`/groups/${slug}`)).status, 200);
  t.is((await eva.get(invite)).headers.get('location'), `/groups/${slug}`, 'who is in is led there');
  t.is((await eva.form(invite, {})).status, 303);
});

test('invitation: a visitor signs up or logs in and returns to it', async (t) => {
  const { invite, slug } = await newGroup('Newcomers');
  const finn = site.client();
  const page = (await finn.get(invite)).text;
  t.regex(page, /<h1>Newcomers<\/h1>/);
  t.is(page.match(new RegExp(`name="return_to" value="${invite}"`, 'g'))?.length, 2, 'both forms lead back');
  const answer = await finn.form('/signup', { name: 'Finn', password: PASSWORD, return_to: invite });
  t.is(answer.headers.get('location'), invite);
  t.regex((await finn.get(invite)).text, /value="join">Join/);
  const again = site.client();
  t.is((await again.form('/login', { name: 'Finn', password: PASSWORD, return_to: invite })).headers.get('location'), invite);
  t.is((await again.form(invite, {})).headers.get('location'), `/groups/${slug}`);
  t.is((await site.client().form(invite, {})).status, 401, 'nobody joins without an account');
});

test('invitation: the forms of its page join the group in one step', async (t) => {
  const own = await startServerFor(t);
  const boss = await own.signUp('Ann');
  const { invite, slug } = await newGroup('One step', { uses: 2 }, { site: own, ann: boss });
  const from = { from: 'invitation', return_to: invite };
  const gil = own.client();
  t.is((await gil.form('/signup', { name: 'Gil', password: PASSWORD, ...from })).headers.get('location'), `/groups/${slug}`);
  t.is((await gil.get(`/groups/${slug}`)).status, 200);
  t.is((await gil.get('/groups/lobby')).status, 404, 'no other group');
  await own.signUp('Hal');
  const hal = own.client();
  t.is((await hal.form('/login', { name: 'Hal', password: PASSWORD, ...from })).headers.get('location'), `/groups/${slug}`);
  const late = own.client();
  t.is((await late.form('/signup', { name: 'Ida', password: PASSWORD, ...from })).headers.get('location'), invite, 'used up meanwhile');
  t.is((await late.get(invite)).status, 404);
  const other = own.client();
  t.is((await other.form('/login', { name: 'Ida', password: PASSWORD, return_to: invite })).headers.get('location'), invite);
  t.is((await other.get(`/groups/${slug}`)).status, 404, 'a log-in from another page joins nothing');
});

test('invitation: concurrent sign-ups join as often as the link has uses', async (t) => {
  const own = await startServerFor(t);
  const boss = await own.signUp('Ann');
  const { invite, slug } = await newGroup('Two seats', { uses: 2 }, { site: own, ann: boss });
  const from = { from: 'invitation', return_to: invite };
  const answers = await Promise.all(
    [1, 2, 3, 4, 5].map((n) => own.client().form('/signup', { name: `Guest ${n}`, password: PASSWORD, ...from })),
  );
  t.is(answers.filter(({ headers }) => headers.get('location') === `/groups/${slug}`).length, 2);
  t.is((await own.core.store.memberships.ofGroup((await groupAt(own.core, slug)).id)).length, 3);
});

test('invitation: an invalid one reveals nothing about groups', async (t) => {
  const own = await startServerFor(t);
  const boss = await own.signUp('Ann');
  const make = (name: string, limits: object = {}) => newGroup(name, { ...limits }, { site: own, ann: boss });
  const [replaced, expired, used, archived] = [
    await make('Replaced'),
    await make('Expired', { expires: '1h' }),
    await make('Used', { uses: 1 }),
    await make('Archived'),
  ];
  await boss.form('/groups/replaced/settings', { action: 'code' });
  await boss.form('/groups/archived/settings', { action: 'archive', on: '1' });
  await (await own.signUp('First')).form(used.invite, {});
  own.clock.turn(HOUR);
  const eve = await own.signUp('Eve');
  await eve.get('/groups');
  const plain = (text: string): string => text.replaceAll(/[0-9a-z]{26}/g, '(id)').replaceAll(/nonce="[^"]*"/g, '');
  for (const client of [eve, own.client()])
    for (const accept of ['text/html', 'application/json', 'text/plain']) {
      const never = await client.get('/join/aaaa-bbbb-cccc', accept);
      t.is(never.status, 404);
      for (const { invite, slug } of [replaced, expired, used, archived]) {
        const answer = await client.get(invite, accept);
        t.is(answer.status, 404, `${slug} ${accept}`);
        t.is(plain(answer.text), plain(never.text), `${slug} ${accept}`);
        own.clock.turn(60_000);
      }
    }
  for (const { invite } of [replaced, expired, used, archived]) t.is((await eve.form(invite, {})).status, 404);
  t.is((await own.client().get('/join/%7B%22$ne%22%3Anull%7D')).status, 404);
  t.is((await own.client().get('/join/---')).status, 404);
});

test('invitation: attempts are rate-limited, for visitors by address', async (t) => {
  const own = await startServerFor(t);
  const boss = await own.signUp('Ann');
  const { invite } = await newGroup('Guess me', {}, { site: own, ann: boss });
  const visitor = own.client();
  for (let i = 0; i < 40; i += 1) t.is((await visitor.get(invite)).status, 200, 'a good one is no guess');
  for (let i = 0; i < 20; i += 1) t.is((await visitor.get(`/join/guess-${i}`)).status, 404);
  const refused = await visitor.get(invite);
  t.is(refused.status, 429);
  own.clock.turn(Number(refused.headers.get('retry-after')) * 1000);
  t.is((await visitor.get(invite)).status, 200);
});

test('invitation: usable through the API; refused for bots', async (t) => {
  const { invite, slug } = await newGroup('Programs');
  const greta = await site.signUp('Greta');
  t.deepEqual((await greta.get(invite, 'application/json')).json(), { name: 'Programs', topic: '', members: 1, in: false });
  const joined = await greta.json('POST', invite);
  t.is(joined.status, 200);
  t.like(joined.json(), { slug, role: 'member' });
  t.like((await greta.get(invite, 'application/json')).json(), { in: true, members: 2 });
  const [group, user] = [await groupAt(site.core, 'lobby'), await userNamed(site.core, 'Ann')];
  const { token } = await createBot(site.core, user.id, { name: 'Robo', group });
  t.is((await site.client().bearer(token).json('POST', invite)).status, 403);
});

test('SIGNUP=code: each use of a group code admits one new account into that group', async (t) => {
  const own = await startServerFor(t, { env: { SIGNUP: 'code' } });
  const boss = await own.signUp('Ann');
  const { invite, code, slug } = await newGroup('By invitation', { uses: 1 }, { site: own, ann: boss });
  const hugo = own.client();
  t.true((await hugo.get(invite)).text.includes(`name="code" type="text" value="${code}"`), 'the form has it filled in');
  t.is((await own.client().form('/signup', { name: 'Eve', password: PASSWORD, code: 'aaaa-bbbb-cccc' })).status, 422);
  const made = await hugo.form('/signup', { name: 'Hugo', password: PASSWORD, code, return_to: invite });
  t.is(made.headers.get('location'), invite);
  t.is((await hugo.get(invite)).headers.get('location'), `/groups/${slug}`, 'he is in already');
  const late = await own.client().form('/signup', { name: 'Ida', password: PASSWORD, code });
  t.is(late.status, 422, 'the one use is used');
  t.is(await own.core.store.users.byNameKey('ida'), undefined);
  const given = (await inviteCode(own.core)) ?? '';
  t.is(
    (await own.client().form('/signup', { name: 'Jan', password: PASSWORD, code: given })).status,
    303,
    'the code of the site still holds',
  );
});

test('SIGNUP=code: concurrent sign-ups with the code of a group create one account for each of its uses, and no more', async (t) => {
  const own = await startServerFor(t, { env: { SIGNUP: 'code' } });
  const boss = await own.signUp('Ann');
  const six = ['Bea', 'Cem', 'Dov', 'Eli', 'Fay', 'Gus'];
  for (const uses of [1, 6]) {
    const { code, slug } = await newGroup(`For ${uses}`, { uses }, { site: own, ann: boss });
    const refused = await own.client().form('/signup', { name: 'Ann', password: PASSWORD, code });
    t.is(refused.status, 409, 'a refused sign-up returns the use');
    const names = six.map((name) => `${name} ${uses}`);
    const made = await Promise.all(names.map((name) => own.client().form('/signup', { name, password: PASSWORD, code })));
    t.deepEqual(made.map(({ status }) => status).sort(), [...Array(uses).fill(303), ...Array(6 - uses).fill(422)]);
    const found = await Promise.all(names.map((name) => own.core.store.users.byNameKey(name.toLowerCase())));
    t.is(found.filter((user) => user !== undefined).length, uses);
    const group = await own.core.store.groups.bySlug(slug);
    t.is(group && (await own.core.store.memberships.ofGroup(group.id)).length, 1 + uses);
  }
});

test('invitation: only moderators see the link and its QR code', async (t) => {
  const { slug, invite } = await newGroup('Pictures');
  await site.signUp('Kim');
  await ann.json('POST', `/groups/${slug}/members`, { action: 'add', name: 'Kim' });
  const kim = site.client();
  await kim.form('/login', { name: 'Kim', password: PASSWORD });
  t.true((await ann.get(`/groups/${slug}/settings`)).text.includes(`value="${site.url}${invite}"`));
  t.true((await ann.get(`/groups/${slug}/settings`)).text.includes(`<img class="qr" src="/groups/${slug}/invite.svg"`));
  const picture = await ann.get(`/groups/${slug}/invite.svg`);
  t.is(picture.headers.get('content-type'), 'image/svg+xml');
  t.is(picture.text, await qrCodeSvg(`${site.url}${invite}`));
  t.is((await kim.get(`/groups/${slug}/invite.svg`)).status, 403);
  for (const path of ['', '/settings', '/members'])
    for (const accept of ['text/html', 'application/json'])
      t.false((await kim.get(`/groups/${slug}${path}`, accept)).text.includes(invite.slice('/join/'.length)), path);
});

test('QR code: an SVG of numbers only, different for each text', async (t) => {
  const picture = await qrCodeSvg('https://chat.example.org/join/abcd-efgh-jkmn');
  const SVG =
    /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 (\d+) \1" shape-rendering="crispEdges"><path d="([Mhvz\d -]+)" fill="#fff"\/><path d="([Mhvz\d -]+)"\/><\/svg>\n$/;
  const [, size = '', , squares = ''] = SVG.exec(picture) ?? [];
  t.true(Number(size) >= 21 + 8, 'the smallest has 21 squares a side, and a quiet border of four');
  // The finder patterns of the QR code: seven dark modules in a row at the border.
  for (const corner of ['M4 4h7v1h-7z', `M${Number(size) - 11} 4h7v1h-7z`, `M4 ${Number(size) - 11}h7v1h-7z`])
    t.true(squares.includes(corner), corner);
  t.not(picture, await qrCodeSvg('https://chat.example.org/join/abcd-efgh-jkmm'));
  t.false((await qrCodeSvg('"><script>')).includes('script'));
});

test('invitation: its code is in no log', (t) => {
  for (const path of [
    '/join/abcd-efgh-jkmn',
    '/JOIN/abcd-efgh-jkmn',
    '//join/abcd-efgh-jkmn',
    '/join/abcd/efgh',
    '/login?return_to=/join/abcd-efgh-jkmn',
  ])
    t.false(loggablePath(path).includes('abcd'), path);
  t.is(loggablePath('/groups/join'), '/groups/join');
});
