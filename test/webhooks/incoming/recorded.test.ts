import test, { type ExecutionContext } from 'ava';
import { breachesIn, shownIn, textOf } from '../../../fixtures/hostile.ts';
import { DISCORD_CLIENTS } from '../../../fixtures/webhooks/discord-clients.ts';
import { FORGE_CLIENTS } from '../../../fixtures/webhooks/forge-clients.ts';
import { HOOKS_CLIENTS } from '../../../fixtures/webhooks/hooks-clients.ts';
import { INTERACTIVE_CLIENTS } from '../../../fixtures/webhooks/interactive-clients.ts';
import { NOTICE_CLIENTS } from '../../../fixtures/webhooks/notice-clients.ts';
import type { Answered, Recorded } from '../../../fixtures/webhooks/recorded.ts';
import { SLACK_CLIENTS } from '../../../fixtures/webhooks/slack-clients.ts';
import type { Answer } from '../../helpers/client.ts';
import { newestMessage, openHookSite } from './fixtures.ts';

const { site, ann, token } = await openHookSite();
test.after.always(() => site.close());

function send({ path = '/hooks/TOKEN', method = 'POST', headers = {}, body }: Recorded): Promise<Answer> {
  // for a string fetch would add a Content-Type
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  return site.client().send(path.replace('TOKEN', token), { method, headers, body: bytes });
}

const lastMessage = () => newestMessage(ann);

/** The HTML of a message in the page of its group, without its menu. */
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

for (const one of [...SLACK_CLIENTS, ...HOOKS_CLIENTS, ...DISCORD_CLIENTS, ...NOTICE_CLIENTS, ...FORGE_CLIENTS, ...INTERACTIVE_CLIENTS])
  test.serial(`recorded: the payload of ${one.client} is shown readably and gets the response that it expects`, async (t) => {
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
    t.false(/[{[]"cards"/.test(body), 'text clients get text');
  });
