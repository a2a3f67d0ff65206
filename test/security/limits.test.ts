import { readFile } from 'node:fs/promises';
import test from 'ava';
import { ACCOUNT_RATES, MAX_BOTS, MAX_TOKENS } from '../../lib/accounts/rates.ts';
import { FAILURES } from '../../lib/accounts/throttle.ts';
import { createBot } from '../../lib/bots/operations.ts';
import { MAX_DIRECT } from '../../lib/groups/group.ts';
import { BODY_LIMITS } from '../../lib/http/body-budget.ts';
import { MAX_PINS } from '../../lib/messages/rules.ts';
import { groupAt, newGroup, openLobby, userNamed } from '../helpers/fixtures.ts';

test('a member creates 20 groups at once and then 10 an hour; the form keeps the name; an administrator and others go on', async (t) => {
  const { ann, bob, clock } = await openLobby(t);
  for (let n = 1; n <= 20; n++) await newGroup(bob, `Group ${n}`);
  const refused = await bob.json('POST', '/groups', { name: 'One more' });
  t.deepEqual([refused.status, refused.json().code, refused.headers.get('Retry-After')], [429, 'tooMany', '360']);
  t.is(refused.json().detail, 'Too many new groups: 10 an hour at most. Try again in 6 minutes.');
  const form = await bob.form('/groups', { name: 'One more' });
  t.deepEqual([form.status, form.headers.get('Retry-After')], [429, '360']);
  t.true(form.text.includes('value="One more"') && form.text.includes('Too many new groups'));
  for (let n = 1; n <= 25; n++) await newGroup(ann, `Other ${n}`);
  clock.turn(360_000);
  await newGroup(bob, 'One more');
});

test('tokens, bots, settings, members and direct messages of one account are limited; the twin before the limit is taken', async (t) => {
  const site = await openLobby(t);
  const slug = await newGroup(site.bob, 'Kitchen', ['Ann']);
  const lobby = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const ann = await userNamed(site.core, 'Ann');
  const acts: [rate: keyof typeof ACCOUNT_RATES, act: (n: number) => Promise<{ status: number; headers: Headers; text: string }>][] = [
    ['tokens', (n) => site.bob.form('/settings/tokens', { name: `t${n}` }, lobby)],
    ['settings', (n) => site.bob.form(`/groups/${slug}/settings`, { action: 'topic', topic: `topic ${n}` })],
    ['bots', (n) => site.bob.form(`/groups/${slug}/bots`, { action: 'create', name: `bot ${n}` })],
    ['members', () => site.bob.json('POST', `/groups/${slug}/members`, { action: 'moderator', user: ann.id })],
    ['direct', () => site.bob.json('POST', '/direct', { with: ['Ann'] })],
  ];
  for (const [rate, act] of acts) {
    const { burst, what } = ACCOUNT_RATES[rate];
    const used = rate === 'members' ? 1 : 0;
    for (let n = 1; n <= burst - used; n++) {
      const { status } = await act(n);
      t.true(status < 400 || (rate === 'bots' && n > MAX_BOTS && status === 422), `${rate} ${n}: ${status}`);
    }
    const beyond = await act(burst + 1);
    t.is(beyond.status, 429, rate);
    t.true(Number(beyond.headers.get('Retry-After')) > 0);
    t.true(beyond.text.includes(`Too many ${what()}`), rate);
  }
});

test('the totals of an account and a group are limited', async (t) => {
  const site = await openLobby(t);
  const { core, bob, clock } = site;
  const { id } = await userNamed(core, 'Bob');
  for (let n = 1; n < MAX_TOKENS; n++)
    await core.store.tokens.insert({
      hash: `h${n}`,
      kind: 'api',
      user: id,
      group: null,
      prefix: 'prefix',
      createdAt: clock.now(),
      lastUsedAt: null,
    });
  t.is((await bob.form('/settings/tokens', { name: 'last' })).status, 200);
  const full = await bob.form('/settings/tokens', { name: 'too many' });
  t.is(full.status, 422);
  t.true(full.text.includes(`You have ${MAX_TOKENS} tokens`) && full.text.includes('value="too many"'));
});

test('a group has 50 bots; with one revoked there is room again, and another group has its own', async (t) => {
  const { core, bob } = await openLobby(t);
  const [kitchen, garden] = [await newGroup(bob, 'Kitchen'), await newGroup(bob, 'Garden')];
  const { id } = await userNamed(core, 'Bob');
  const group = await groupAt(core, kitchen);
  for (let n = 1; n < MAX_BOTS; n++) await createBot(core, id, { name: `Bot ${n}`, group });
  const create = (slug: string, name: string) => bob.form(`/groups/${slug}/bots`, { action: 'create', name });
  t.is((await create(kitchen, 'Last')).status, 200);
  const full = await create(kitchen, 'Too many');
  t.is(full.status, 422);
  t.true(full.text.includes(`This group has ${MAX_BOTS} bots`) && full.text.includes('value="Too many"'));
  t.is((await create(garden, 'Elsewhere')).status, 200);
  const last = await userNamed(core, 'Last');
  t.is((await bob.form(`/groups/${kitchen}/bots`, { action: 'revoke', user: last.id })).status, 303);
  t.is((await create(kitchen, 'Instead')).status, 200);
});

test('a person tries 20 slugs or codes at once and then one every 3 s; another person joins meanwhile', async (t) => {
  const { ann, bob, clock } = await openLobby(t);
  clock.turn(600_000);
  const join = (slug: string) => bob.json('POST', '/groups/join', { slug });
  for (let n = 1; n <= 20; n++) t.is((await join(`secret-${n}`)).status, 404);
  const refused = await join('secret');
  t.deepEqual([refused.status, refused.headers.get('Retry-After')], [429, '3']);
  t.is((await bob.json('POST', '/groups/join', { code: 'abcd-efgh-ijkl' })).status, 429, 'codes count with slugs');
  t.is((await ann.json('POST', '/groups/join', { slug: 'lobby' })).status, 200);
  clock.turn(3000);
  t.is((await join('lobby')).status, 200);
});

test('docs/limits.md has the limits of the code', async (t) => {
  const page = await readFile(new URL('../../docs/limits.md', import.meta.url), 'utf8');
  for (const { what, burst, perHour } of Object.values(ACCOUNT_RATES))
    t.true(page.includes(`| ${what()} | ${burst} | ${perHour} |`), what());
  t.true(page.includes(`| API tokens of one account | ${MAX_TOKENS} |`));
  t.true(page.includes(`| bots of one group | ${MAX_BOTS} |`));
  t.true(page.includes(`| pinned messages of one group | ${MAX_PINS} |`));
  t.true(page.includes(`| people in direct messages | ${MAX_DIRECT} |`));
  const { address, site, nameFrom, name, known } = FAILURES;
  for (const [what, { burst, perSecond }] of [
    ['failed log-ins from one address (IPv6: one /64)', address],
    ['failed log-ins from one /48 of IPv6', site],
    ['failed log-ins at one name, from one address (IPv6: one /48)', nameFrom],
    ['failed log-ins at one name, from everywhere', name],
    ['failed log-ins at one account in browsers that have been logged in to it before', known],
  ] as const) {
    const pause = perSecond === 1 / 60 ? 'a minute' : `every ${1 / perSecond} s`;
    t.true(page.includes(`| ${what}, all | ${burst} in a row, then one ${pause}`), what);
  }
  const { maxBytes, withinMs, maxTotalBytes, maxNetworkBytes } = BODY_LIMITS;
  t.true(page.includes(`| a form before the log-in | ${maxBytes / 1024} KiB, ${withinMs / 1000} s |`));
  t.true(page.includes(`| ${maxTotalBytes / 2 ** 20} MiB, of these ${maxNetworkBytes / 2 ** 20} MiB from one address`));
});
