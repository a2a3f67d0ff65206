import test, { type ExecutionContext } from 'ava';
import { createBot } from '../../../lib/bots/operations.ts';
import type { Core } from '../../../lib/core.ts';
import { DomainError } from '../../../lib/errors.ts';
import { addMember } from '../../../lib/groups/operations.ts';
import type { Action } from '../../../lib/log/action.ts';
import { readMessage } from '../../../lib/log/history.ts';
import { applyAction, editMessage } from '../../../lib/messages/actions/operations.ts';
import { erase, post } from '../../../lib/messages/operations.ts';
import { accessOf, isDense, openTestCore, type TestCore, wholeLog } from '../../helpers/core-fixture.ts';
import { groupAt } from '../../helpers/fixtures.ts';
import { startServer } from '../../helpers/server.ts';
import { isMissing, requireOrSkip, type Service } from '../../helpers/services.ts';
import { sharedServices } from '../../helpers/shared-services.ts';

const { freshEnv, shared, mongo } = await sharedServices(test);
const mongoTest = requireOrSkip(test, mongo);

const APPROVE: Action = { id: 'approve', label: 'Approve', uses: 'once', show: 'names', choice: 'decision' };
const REJECT: Action = { ...APPROVE, id: 'reject', label: 'Reject' };
const VOTE: Action = { id: 'vote', label: 'Vote', uses: 'person', show: 'count' };

type Offered = TestCore & {
  readonly cores: readonly [Core, Core];
  readonly target: number;
  readonly bot: Awaited<ReturnType<typeof createBot>>['user'];
};

async function openOffered(t: ExecutionContext, service: Service | undefined, actions: readonly Action[]): Promise<Offered> {
  const opened = await openTestCore(t, service);
  const { core, group } = opened;
  const { user: bot } = await createBot(core, opened.ann.id, { name: 'deploy', group });
  const { message } = await post(core, await accessOf(core, bot, group), { body: 'Deploy?', actions });
  return { ...opened, cores: [core, await opened.second()], target: message.seq, bot };
}

const codeOf = (tried: PromiseSettledResult<unknown>): string =>
  tried.status === 'fulfilled' ? 'done' : tried.reason instanceof DomainError ? tried.reason.code : String(tried.reason);

/** Each case has two cores on one store, as two processes would. */
const cases: Record<string, (t: ExecutionContext, service?: Service) => Promise<void>> = {
  'of people who approve and reject at once in two processes one is first, and the others hear who': async (t, service) => {
    const { core, cores, group, ann, bob, target } = await openOffered(t, service, [APPROVE, REJECT]);
    const tried = await Promise.allSettled(
      Array.from({ length: 20 }, async (_, index) => {
        const here = cores[index % 2] ?? core;
        const at = await accessOf(here, index % 4 < 2 ? ann : bob, group);
        return applyAction(here, at, target, index % 3 === 0 ? 'reject' : 'approve', { values: {} });
      }),
    );
    t.deepEqual(tried.map(codeOf).toSorted(), [...Array(19).fill('conflict'), 'done']);
    const log = await wholeLog(core, group.id);
    t.true(isDense(log));
    t.is(log.filter(({ kind }) => kind === 'act').length, 1);
    for (const one of tried)
      if (one.status === 'rejected') t.regex(one.reason.message, /^(?:Ann|Bob) was faster: |^You have already done this/);
  },
  'everybody votes once, however often they press': async (t, service) => {
    const { core, cores, group, ann, bob, eve, target } = await openOffered(t, service, [VOTE]);
    await addMember(core, ann.id, group, eve);
    const people = [ann, bob, eve];
    const tried = await Promise.allSettled(
      Array.from({ length: 18 }, async (_, index) => {
        const here = cores[index % 2] ?? core;
        return applyAction(here, await accessOf(here, people[index % 3] ?? ann, group), target, 'vote', { values: {} });
      }),
    );
    t.is(tried.filter(({ status }) => status === 'fulfilled').length, 3);
    const folded = await readMessage(core, group.id, target);
    t.like(folded.state.uses?.[0], { count: 3 });
    t.deepEqual(folded.state.uses?.[0]?.by.toSorted(), people.map(({ id }) => id).toSorted());
  },
  'one key pressed in two processes is one use': async (t, service) => {
    const { core, cores, group, bob, target } = await openOffered(t, service, [{ ...VOTE, uses: 'many' }]);
    const tried = await Promise.allSettled(
      Array.from({ length: 12 }, async (_, index) => {
        const here = cores[index % 2] ?? core;
        return applyAction(here, await accessOf(here, bob, group), target, 'vote', { values: {}, key: 'c:k' });
      }),
    );
    t.deepEqual(new Set(tried.map(codeOf)), new Set(['done']));
    t.is((await wholeLog(core, group.id)).filter(({ kind }) => kind === 'act').length, 1);
  },
  'an action that is ended or erased while it is pressed is used before or not at all': async (t, service) => {
    for (const end of ['lock', 'erase'] as const) {
      const { core, cores, group, bob, bot, target } = await openOffered(t, service, [{ ...VOTE, uses: 'many' }]);
      const [one, other] = cores;
      const at = await accessOf(one, bob, group);
      const asBot = await accessOf(other, bot, group);
      const stop = () => (end === 'lock' ? editMessage(other, asBot, target, { lock: true }) : erase(other, asBot, target));
      const presses = Array.from({ length: 12 }, () => applyAction(one, at, target, 'vote', { values: {} }));
      const [, ...tried] = await Promise.allSettled([stop(), ...presses]);
      const log = await wholeLog(core, group.id);
      const ended = log.findIndex(({ kind }) => kind === (end === 'lock' ? 'edit' : 'erase'));
      t.true(ended > 0, end);
      t.false(
        log.slice(ended).some(({ kind }) => kind === 'act'),
        end,
      );
      t.is(log.filter(({ kind }) => kind === 'act').length, tried.filter(({ status }) => status === 'fulfilled').length, end);
      for (const code of tried.map(codeOf)) t.true(code === 'done' || code === 'conflict', code);
    }
  },
};

for (const [title, run] of Object.entries(cases)) {
  test.serial(`actions on SQLite: ${title}`, (t) => run(t));
  mongoTest.serial(`actions on MongoDB: ${title}`, async (t) => run(t, isMissing(mongo) ? undefined : mongo));
}

shared.serial('actions: 20 presses at once at two servers on MongoDB and Redis are one act; both show it', async (t) => {
  const env = { ...freshEnv(), POSTS_PER_SECOND: '0', SECRET_KEYS: 's'.repeat(40) };
  const one = await startServer({ env });
  t.teardown(one.close);
  const two = await startServer({ env, clock: one.clock });
  t.teardown(two.close);
  const ann = await one.signUp('Ann');
  const people = await Promise.all(Array.from({ length: 4 }, (_, index) => one.signUpInLobby(`Person ${index}`)));
  const group = await groupAt(one.core, 'lobby');
  const { token } = await createBot(one.core, undefined, { name: 'deploy', group });
  const bot = one.client().bearer(token);
  const actions = [APPROVE, REJECT].map(({ id, label, choice }) => ({ id, label, choice }));
  const { url } = (await bot.json('POST', '/groups/lobby/messages', { body: 'Deploy?', actions })).json<{ url: string }>();
  const presses = await Promise.all(
    Array.from({ length: 20 }, (_, index) => {
      const who = [ann, ...people][index % 5] ?? ann;
      return (index % 2 ? who : who.at(two.url)).json('POST', `${url}/actions/${index % 3 ? 'approve' : 'reject'}`);
    }),
  );
  t.deepEqual(
    presses.map(({ status }) => status).toSorted((a, b) => a - b),
    [200, ...Array(19).fill(409)],
  );
  t.is((await wholeLog(one.core, group.id)).filter(({ kind }) => kind === 'act').length, 1);
  const seen = await Promise.all(
    [ann, ann.at(two.url)].map(async (who) => (await who.get(url, 'application/json')).json<{ actions: object[] }>().actions),
  );
  t.deepEqual(seen[0], seen[1]);
  for (const press of presses)
    if (press.status === 409)
      t.is(
        press.json<{ message: { actions: { state: { open: boolean } }[] } }>().message.actions.filter(({ state }) => state.open).length,
        0,
      );
});
