import test from 'ava';
import { createToken } from '../../lib/accounts/tokens.ts';
import { createBot } from '../../lib/bots/operations.ts';
import { userNamed } from '../helpers/fixtures.ts';
import { openFixture } from '../webhooks/outgoing/fixtures.ts';

type Page = {
  readonly deliveries: readonly { readonly id: string; readonly state: string; readonly seq: number }[];
  readonly older: string | null;
};

test('deliveries by token: a bot reads and repeats its own, a moderator those of the group, nobody else any', async (t) => {
  const fixture = await openFixture(t);
  const { core, site } = fixture;
  const echo = await fixture.bot('Echo', { on: 'all' });
  for (const body of ['one', 'two', 'three']) {
    await fixture.postText(body);
    await fixture.settled();
    fixture.clock.turn(1);
  }
  await site.signUpInLobby('Carl');
  const { group } = await fixture.at();
  const other = await createBot(core, fixture.ann.id, { name: 'Other', group });
  await site.signUp('Eve');
  const eveToken = await createToken(core, await userNamed(core, 'Eve'));
  const { token: own } = await createToken(core, echo.user);
  const [annToken, carlToken] = [await createToken(core, fixture.ann), await createToken(core, await userNamed(core, 'Carl'))];
  const by = (token: string) => site.client().bearer(token);
  const base = `/groups/lobby/bots/${echo.user.id}/deliveries`;

  for (const token of [own, annToken.token]) {
    const first = (await by(token).get(`${base}?limit=2`, '*/*')).json<Page>();
    t.is(first.deliveries.length, 2);
    const second = (await by(token).get(`${base}?limit=2&before=${first.older}`, '*/*')).json<Page>();
    t.deepEqual([second.deliveries.length, second.older], [1, null]);
    const id = second.deliveries[0]?.id ?? '';
    const read = await by(token).get(`${base}/${id}`, '*/*');
    t.like(read.json(), { id, state: 'done', request: { body: { message: { text: 'one' } } }, attempts: [{ status: 204 }] });
    const calls = echo.receiver.received.length;
    const again = await by(token).json('POST', `${base}/${id}/again`);
    t.is(again.status, 202);
    t.like(again.json(), { id, state: 'waiting', group: 'lobby' });
    t.is((await echo.receiver.call(calls + 1)).headers['webhook-id'], id);
    await fixture.settled();
  }
  const [{ id = '' } = {}] = await fixture.deliveries(echo);
  const denied: readonly (readonly [who: string, token: string, status: number])[] = [
    ['a member', carlToken.token, 403],
    ['another bot of the group', other.token, 403],
    ['a stranger', eveToken.token, 404],
  ];
  const calls = echo.receiver.received.length;
  for (const [who, token, status] of denied) {
    for (const path of [base, `${base}/${id}`]) t.is((await by(token).get(path, '*/*')).status, status, `${who}: ${path}`);
    t.is((await by(token).json('POST', `${base}/${id}/again`)).status, status, who);
  }
  t.is((await by(own).get(`/groups/lobby/bots/${echo.user.id}`, '*/*')).status, 403, 'what secrets are on stays for sessions');
  t.is((await by(own).get(`/groups/lobby/bots/${other.user.id}/deliveries`, '*/*')).status, 403, 'those of another');
  t.is((await by(own).get(`${base}?limit=x`, '*/*')).status, 400);
  await fixture.settled();
  t.is(echo.receiver.received.length, calls);
});
