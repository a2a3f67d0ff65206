import test from 'ava';
import { addToGroup, createBot } from '../../lib/bots/operations.ts';
import type { Client } from '../helpers/client.ts';
import { groupAt } from '../helpers/fixtures.ts';
import { Receiver } from '../helpers/receiver.ts';
import { startServerFor } from '../helpers/server.ts';

type Shown = {
  readonly state: string;
  readonly request: { readonly reason?: string; readonly body?: { readonly message: { readonly text: string } }; readonly bytes: number };
  readonly attempts: readonly { readonly status: number; readonly answer: string | null; readonly bytes: number }[];
};

test('delivery bodies: shown to members of the group; an administrator who is not in it sees status and sizes', async (t) => {
  const site = await startServerFor(t, { env: { ALLOW_OUTGOING: '127.0.0.1' } });
  const [ann, bob] = [await site.signUp('Ann'), await site.signUp('Bob')];
  const { slug } = (await bob.json('POST', '/groups', { name: 'Builders' })).json<{ slug: string }>();
  const [group, lobby] = await Promise.all([groupAt(site.core, slug), groupAt(site.core, 'lobby')]);
  const { user } = await createBot(site.core, undefined, { name: 'Echo', group });
  const receiver = await Receiver.open(t);
  receiver.usually = 'an answer nobody else reads';
  const page = `/groups/${slug}/bots/${user.id}`;
  t.is((await bob.json('POST', page, { action: 'webhook', url: receiver.url, on: 'all' })).status, 200);
  await bob.json('POST', `/groups/${slug}/messages`, { body: 'a text nobody else reads' });
  const { text } = await receiver.call(1);
  await site.server.deliveries.idle();

  const [{ id = '' } = {}] = (await bob.get(page, 'application/json')).json<{ deliveries: { id: string }[] }>().deliveries;
  const read = async (client: Client, at = page): Promise<Shown> =>
    (await client.get(`${at}/deliveries/${id}`, 'application/json')).json<Shown>();
  const own = await read(bob);
  t.is(own.request.body?.message.text, 'a text nobody else reads');
  t.like(own.attempts, [{ status: 200, answer: 'an answer nobody else reads', bytes: 27 }]);
  t.true(
    Math.abs(own.request.bytes - text.length) < 100,
    'as it was sent, but for the key that is redacted, and the thread that the response began',
  );

  await addToGroup(site.core, user.id, user, lobby);
  for (const at of [page, `/groups/lobby/bots/${user.id}`]) {
    const shown = await read(ann, at);
    t.like(shown, { state: 'done', request: { bytes: own.request.bytes }, attempts: [{ status: 200, answer: null, bytes: 27 }] }, at);
    for (const accept of ['text/html', 'application/json']) {
      const answer = await ann.get(`${at}/deliveries/${id}`, accept);
      t.is(answer.status, 200);
      t.notRegex(answer.text, /nobody else reads/, `${at} ${accept}`);
    }
  }
  t.regex(
    (await ann.get(`${page}/deliveries/${id}`)).text,
    /<b>200<\/b>[\s\S]*, 27 bytes[\s\S]*only to members of the group[\s\S]*\d{3,} bytes/,
  );

  await bob.form(`/groups/${slug}/members`, { action: 'add', name: 'Ann' });
  t.is((await read(ann)).request.body?.message.text, 'a text nobody else reads');
  t.regex((await ann.get(`${page}/deliveries/${id}`)).text, /an answer nobody else reads[\s\S]*a text nobody else reads/);
});
