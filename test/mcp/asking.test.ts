import test, { type ExecutionContext } from 'ava';
import { createBot } from '../../lib/bots/operations.ts';
import { openSite } from '../helpers/site.ts';
import { call, connect, refused, tokenOf } from './connect.ts';

type Question = {
  readonly seq: number;
  readonly url: string;
  readonly answer: { option: string; label: string; by: { name: string }; comment: string | null } | null;
};

async function openAgent(t: ExecutionContext) {
  const site = await openSite(t);
  const { token } = await createBot(site.core, undefined, { name: 'agent', group: site.lobby });
  const mcp = await connect(t, site.url, token);
  const waits = async (): Promise<boolean> => (await site.ann.get('/groups/lobby')).text.includes('Waiting for agent');
  return { ...site, mcp, token, waits };
}

test('MCP: ask_people waits for the answer of a person, which is then taken note of', async (t) => {
  const { bob, mcp, core, lobby, waits } = await openAgent(t);
  const asking = call<Question>(t, mcp, 'ask_people', {
    group: 'lobby',
    question: 'Deploy **7**?',
    comments: true,
    wait_seconds: 50,
    key: 'q1',
  });
  const { promise: asked, resolve } = Promise.withResolvers<number>();
  t.teardown(
    core.written.onWritten((entries) => {
      for (const { kind, seq } of entries) if (kind === 'message') resolve(seq);
    }),
  );
  const seq = await asked;
  const path = `/groups/lobby/messages/${seq}`;
  t.regex((await bob.get(path)).text, /Deploy <b>7<\/b>\?[\s\S]*Approve…[\s\S]*Reject…/);
  t.is((await bob.json('POST', `${path}/actions/reject`, { values: { comment: 'Not on a Friday' } })).status, 200);
  const { answer, ...question } = await asking;
  t.deepEqual(question, { group: 'lobby', seq, url: path } as object);
  t.like(answer, { option: 'reject', label: 'Reject', by: { name: 'Bob' }, comment: 'Not on a Friday' });
  t.false(await waits());
  const again = await call<Question>(t, mcp, 'ask_people', {
    group: 'lobby',
    question: 'Deploy **7**?',
    comments: true,
    wait_seconds: 50,
    key: 'q1',
  });
  t.deepEqual([again.seq, again.answer?.option], [seq, 'reject'], 'the same key asks once');
  t.is((await core.store.log.head(lobby.id)).n, 1);
});

test('MCP: an answer that comes later is read with read_answer', async (t) => {
  const { ann, bob, mcp, url, core } = await openAgent(t);
  const options = [
    { id: 'now', label: 'Now' },
    { id: 'later', label: 'Later' },
  ];
  const asked = await call<Question>(t, mcp, 'ask_people', { group: 'lobby', question: 'When?', options, who: ['Ann'] });
  t.is(asked.answer, null);
  const place = { group: 'lobby', seq: asked.seq };
  t.is((await call<Question>(t, mcp, 'read_answer', place)).answer, null);
  t.is((await bob.json('POST', `${asked.url}/actions/now`)).status, 403);
  const waiting = call<Question>(t, mcp, 'read_answer', { ...place, wait_seconds: 50 });
  t.is((await ann.json('POST', `${asked.url}/actions/later`)).status, 200);
  t.like((await waiting).answer, { option: 'later', label: 'Later', by: { name: 'Ann' }, comment: null });
  const other = await connect(t, url, await tokenOf({ core }, 'Bob'));
  t.like((await call<Question>(t, other, 'read_answer', place)).answer, { option: 'later' });
});

test('MCP: ask_people needs a bot, and read_answer a question', async (t) => {
  const { mcp, url, post, core, lobby } = await openAgent(t);
  const person = await connect(t, url, await tokenOf({ core }, 'Bob'));
  t.regex((await refused(t, person, 'ask_people', { group: 'lobby', question: 'Well?' })).text, /Only bots/);
  await post('no question');
  const lastSeq = async () => (await core.store.log.head(lobby.id)).seq;
  t.regex((await refused(t, mcp, 'read_answer', { group: 'lobby', seq: await lastSeq() })).text, /no question/);
  for (const wrong of [{ options: [] }, { wait_seconds: 51 }, { who: [] }, { options: [{ id: '/', label: 'x' }] }])
    await refused(t, mcp, 'ask_people', { group: 'lobby', question: 'Well?', ...wrong });
  t.pass();
});
