import test, { type ExecutionContext } from 'ava';
import { breachesIn, shownIn, textOf } from '../../../fixtures/hostile.ts';
import { DISCORD_CLIENTS } from '../../../fixtures/webhooks/discord-clients.ts';
import { FORGE_CLIENTS } from '../../../fixtures/webhooks/forge-clients.ts';
import { HOOKS_CLIENTS } from '../../../fixtures/webhooks/hooks-clients.ts';
import { NOTICE_CLIENTS } from '../../../fixtures/webhooks/notice-clients.ts';
import type { Answered, Recorded } from '../../../fixtures/webhooks/recorded.ts';
import { SLACK_CLIENTS } from '../../../fixtures/webhooks/slack-clients.ts';
import { newHookToken } from '../../helpers/cast.ts';
import type { Answer, Client } from '../../helpers/client.ts';
import { startServer, type TestServer } from '../../helpers/server.ts';

let site: TestServer;
let ann: Client;
let token: string;
test.before(async () => {
  site = await startServer({ env: { POSTS_PER_SECOND: '0' } });
  ann = await site.signUp('Ann');
  token = await newHookToken(ann, 'Deploy');
});
test.after.always(() => site.close());

function send({ path = '/hooks/TOKEN', method = 'POST', headers = {}, body }: Recorded): Promise<Answer> {
  // fetch would name a type for a string by itself
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  return site.client().send(path.replace('TOKEN', token), { method, headers, body: bytes });
}

type Said = { readonly seq: number; readonly body: string; readonly author: { readonly as?: string } };

async function lastMessage(): Promise<Said> {
  const [last] = (await ann.get('/groups/lobby/messages?limit=1', 'application/json')).json<Said[]>();
  if (!last) throw new Error('no message');
  return last;
}

/** The row of a message in the page of its group. */
async function rowOf(seq: number): Promise<string> {
  const page = (await ann.get('/groups/lobby')).text;
  return new RegExp(`<article id="m-${seq}".*?</article>`, 's').exec(page)?.[0].split('<details')[0] ?? '';
}

function sameAnswer(t: ExecutionContext, answer: Answer, wanted: Answered): void {
  t.is(answer.status, wanted.status, answer.text);
  t.is(answer.headers.get('location'), null);
  if (!('json' in wanted)) {
    t.is(answer.text, wanted.status === 204 ? '' : 'ok');
    return;
  }
  t.regex(answer.headers.get('content-type') ?? '', /^application\/json/);
  const given = answer.json();
  for (const [name, value] of Object.entries(wanted.json))
    if (value instanceof RegExp) t.regex(String(given[name]), value);
    else t.deepEqual(given[name], value, name);
  t.regex(String(given.url), /^http:\/\/127\.0\.0\.1:\d+\/groups\/lobby\/messages\/\d+$/);
}

const LINK = /<a href="([^"]*)" rel="noopener noreferrer nofollow" target="_blank">(.*?)<\/a>/g;

for (const one of [...SLACK_CLIENTS, ...HOOKS_CLIENTS, ...DISCORD_CLIENTS, ...NOTICE_CLIENTS, ...FORGE_CLIENTS])
  test.serial(`what comes from ${one.client} is read by people, and answered as it needs`, async (t) => {
    const before = await lastMessage().catch(() => ({ seq: 0 }));
    sameAnswer(t, await send(one), one.answer);
    const { seq, author, body } = await lastMessage();
    t.true(seq > before.seq);
    t.is(author.as, one.as ?? author.as);
    const html = await rowOf(seq);
    const shown = shownIn(html);
    for (const words of one.sees)
      if (typeof words === 'string') t.true(shown.includes(words), `${words}\n${html}`);
      else t.regex(shown, words);
    const links = new Map([...html.matchAll(LINK)].map(([, url = '', label = '']) => [shownIn(label), textOf(url)]));
    for (const [label, url] of Object.entries(one.links ?? {})) t.is(links.get(label), url, `${label}\n${html}`);
    for (const piece of one.html ?? [])
      if (typeof piece === 'string') t.true(html.includes(piece), `${piece}\n${html}`);
      else t.regex(html, piece);
    for (const words of one.hidden ?? []) t.false(html.includes(words), `${words}\n${html}`);
    t.deepEqual(breachesIn(html), []);
    t.false(/[{[]"cards"/.test(body), 'people at a shell see text');
  });
