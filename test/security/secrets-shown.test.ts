import test from 'ava';
import { createToken } from '../../lib/accounts/tokens.ts';
import { createBot, setHookSecrets } from '../../lib/bots/operations.ts';
import { joinCode } from '../../lib/groups/codes.ts';
import { newHookSecret } from '../../lib/webhooks/incoming/secrets.ts';
import { setWebhook } from '../../lib/webhooks/outgoing/operations.ts';
import { groupAt, openLobby, postAs, userNamed } from '../helpers/fixtures.ts';
import { EventReader } from '../helpers/stream.ts';

const CALLED = 'https://bots.example.org/echo?key=ab12cd34ef';
/** Where a message with an action, its form and its history are shown. */
const placesOf = (seq: number): string[] =>
  ['', '/actions/go/form', '/thread', '/history'].map((place) => `/groups/lobby/messages/${seq}${place}`);

const FORMATS = ['text/html', 'application/json', 'text/plain'];

test('no page, data or stream that a member can open contains a secret of a bot, a group or another person; its manager sees the join code', async (t) => {
  const site = await openLobby(t, { env: { POSTS_PER_SECOND: '0' } });
  const { core, ann, bob } = site;
  const [annUser, lobby] = [await userNamed(core, 'Ann'), await groupAt(core, 'lobby')];
  const stream = await EventReader.open(bob, '/groups/lobby/events?as=json&after=0');
  const rows = await EventReader.open(bob, '/groups/lobby/events');
  t.teardown(() => [stream, rows].forEach((reader) => void reader.close()));

  const { user, hook, token, campfire } = await createBot(core, annUser.id, { name: 'Echo', group: lobby });
  const { secret = '' } = await setWebhook(core, user, { url: CALLED });
  const integration = { url: 'https://bots.example.org/act?key=gh56ij78kl', context: { password: 'mn90op12qr' } };
  const attachments = [{ text: 'x', actions: [{ id: 'go', name: 'Go', integration }] }];
  const offered = (await site.client().json('POST', `${hook}?wait=true`, { text: 'Go?', props: { attachments } })).json<{ seq: number }>();
  t.is((await bob.json('POST', `/groups/lobby/messages/${offered.seq}/actions/go`)).status, 200);
  const edit = { text: 'Go!', props: { attachments } };
  t.is((await site.client().json('PATCH', `${hook}/messages/${offered.seq}`, edit)).status, 200);
  const incoming = newHookSecret(core);
  await setHookSecrets(core, user, [incoming]);
  const secrets: Record<string, string> = {
    "the bot's incoming webhook": hook.slice('/hooks/'.length),
    "the bot's token": token,
    "the bot's Campfire key": campfire,
    "the secret of the bot's outgoing webhook": secret,
    'the URL of the outgoing webhook': 'ab12cd34ef',
    'the URL of an action': 'gh56ij78kl',
    'what is sent there': 'mn90op12qr',
    "the secret of the bot's incoming webhook": incoming,
    'the join code': joinCode(core, lobby),
    "Ann's session": ann.cookies.get('parley') ?? '',
    "Ann's mark of a known browser": ann.cookies.get('parley_known') ?? '',
    "Ann's API token": (await createToken(core, annUser)).token,
    'the hash of a password': annUser.passwordHash ?? '',
  };
  for (const [what, value] of Object.entries(secrets)) t.true(value.length > 9, what);

  const { seq } = await postAs(ann, '@Echo and @Bob?');
  await ann.json('PATCH', `/groups/lobby/messages/${seq}`, { body: '@Echo and Bob!' });
  await ann.json('DELETE', `/groups/lobby/messages/${(await postAs(ann, 'to be erased')).seq}`);
  await ann.json('POST', '/groups/lobby/settings', { action: 'topic', topic: 'the last entry' });
  await stream.until((events) => events.some(({ data }) => data.includes('the last entry')));

  const seen: [where: string, text: string][] = [stream, rows].map(({ events }) => ['a stream', events.map(({ data }) => data).join('\n')]);
  const values: Record<string, string> = { slug: 'lobby', seq: String(seq), id: user.id };
  const paths = site.server
    .routes()
    .filter(({ method, path }) => method === 'GET' && !/events|\/live$|logout/.test(path))
    .map(({ path }) => path.replaceAll(/:(\w+)/g, (_, name: string) => values[name] ?? 'x'));
  t.true(paths.length > 35);
  for (const path of [...paths, '/search?q=echo', '/groups/lobby/messages?limit=200', ...placesOf(offered.seq)])
    for (const accept of FORMATS) seen.push([`${path} ${accept}`, (await bob.get(path, accept)).text]);
  for (const [where, text] of seen) for (const [what, value] of Object.entries(secrets)) t.false(text.includes(value), `${where}: ${what}`);
  t.true((await ann.get('/groups/lobby/settings')).text.includes(joinCode(core, lobby)), 'its moderator sees the join code');
  t.true((await ann.get(`/groups/lobby/bots/${user.id}`)).text.includes(CALLED), 'and the URL that the bot is called at');
});
