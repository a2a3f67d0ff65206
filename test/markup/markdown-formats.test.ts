import test from 'ava';
import type { Answer, Client } from '../helpers/client.ts';
import { startServer, type TestServer } from '../helpers/server.ts';

let site: TestServer;
let ann: Client;
let bob: Client;
let program: Client;
test.before(async () => {
  site = await startServer({ env: { POSTS_PER_SECOND: '0' } });
  [ann, bob] = [await site.signUp('Ann'), await site.signUp('Bob')];
  await bob.json('POST', '/groups/join', { slug: 'lobby' });
  const made = await bob.form('/settings/tokens', {});
  program = site.client().bearer(/id="new-token"[^>]* value="([A-Za-z0-9]{32,})"/.exec(made.text)?.[1] ?? '');
});
test.after.always(() => site.close());

type Said = {
  readonly seq: number;
  readonly body: string;
  readonly format: string;
  readonly text?: string;
  readonly html: string;
  readonly mentions: readonly string[];
};

const messages = '/groups/lobby/messages';
const JSON_TYPE = { 'Content-Type': 'application/json' };

async function last(): Promise<Said> {
  const [message] = (await ann.get(`${messages}?limit=1`, 'application/json')).json<Said[]>();
  if (!message) throw new Error('nothing was said');
  return message;
}
const seqOf = (answer: Answer): number => answer.json<Said>().seq;
const read = async (seq: number): Promise<Said> => (await ann.get(`${messages}/${seq}`, 'application/json')).json<Said>();
const send = (client: Client, type: string, body: string): Promise<Answer> =>
  client.send(messages, { method: 'POST', body, headers: { Accept: 'application/json', 'Content-Type': type } });

const POSTED: [what: string, post: () => Promise<Answer>, format: string][] = [
  ['a page’s form', () => ann.form(messages, { body: 'some **words**' }), 'markdown'],
  ['htmx', () => ann.form(messages, { body: 'some **words**' }, { 'HX-Request': 'true' }), 'markdown'],
  ['a form that says text', () => ann.form(messages, { body: 'some **words**', format: 'text' }), 'text'],
  ['JSON of a page', () => ann.json('POST', messages, { body: 'some **words**' }), 'text'],
  ['JSON by token', () => program.json('POST', messages, { body: 'some **words**' }), 'text'],
  ['JSON by token that says markdown', () => program.json('POST', messages, { body: 'some **words**', format: 'markdown' }), 'markdown'],
  ['a form by token', () => program.form(messages, { body: 'some **words**' }, { Accept: 'application/json' }), 'text'],
  [
    'a form by token that says markdown',
    () => program.form(messages, { body: 'some **words**', format: 'markdown' }, { Accept: 'application/json' }),
    'markdown',
  ],
  ['text/plain', () => send(program, 'text/plain', 'some **words**'), 'text'],
  ['text/plain of a page', () => send(ann, 'text/plain', 'some **words**'), 'text'],
  ['text/markdown', () => send(program, 'text/markdown; charset=utf-8', 'some **words**'), 'markdown'],
];
for (const [what, post, format] of POSTED)
  test.serial(`what ${what} says is ${format}`, async (t) => {
    t.true((await post()).status < 400);
    const said = await last();
    t.deepEqual([said.body, said.format], ['some **words**', format]);
    t.is(said.html, format === 'markdown' ? '<div class="rich"><p>some <b>words</b></p></div>' : 'some **words**');
    t.is(said.text, format === 'markdown' ? 'some words' : undefined);
  });

test.serial('formats: an unknown format is refused, naming the field', async (t) => {
  const answer = await program.json('POST', messages, { body: 'x', format: 'model' });
  t.is(answer.status, 400);
  t.is(answer.json<{ field: string }>().field, 'format');
});

test.serial('formats: an edit keeps the format of the message by default', async (t) => {
  for (const format of ['text', 'markdown'] as const) {
    const seq = seqOf(await program.json('POST', messages, { body: '*a*', format }));
    await bob.form(`${messages}/${seq}/edit`, { body: '*b*' });
    t.deepEqual([(await read(seq)).body, (await read(seq)).format], ['*b*', format]);
    await program.json('PATCH', `${messages}/${seq}`, { body: '*c*' });
    t.is((await read(seq)).format, format);
    const other = format === 'text' ? 'markdown' : 'text';
    await program.json('PATCH', `${messages}/${seq}`, { body: '*c*', format: other });
    t.deepEqual([(await read(seq)).body, (await read(seq)).format], ['*c*', other]);
    await program.send(`${messages}/${seq}`, { method: 'PATCH', body: '*d*', headers: { ...JSON_TYPE, 'Content-Type': 'text/markdown' } });
    t.is((await read(seq)).format, 'markdown');
  }
});

test.serial('formats: the edit form shows the Markdown source', async (t) => {
  await bob.form(messages, { body: '**a** `<b>`' });
  const { seq } = await last();
  t.regex((await bob.get(`${messages}/${seq}/edit`)).text, />\*\*a\*\* `&lt;b&gt;`<\/textarea>/);
});

test.serial('mentions: names in code and links mention nobody', async (t) => {
  const me = (await bob.get('/me', 'application/json')).json<{ id: string }>().id;
  const markdown = async (body: string): Promise<readonly string[]> => {
    await ann.form(messages, { body });
    return (await last()).mentions;
  };
  t.deepEqual(await markdown('`@Bob` and\n\n```\n@Bob\n```\n[@Bob](https://e.org)'), []);
  t.deepEqual(await markdown('`@Ann` and **@Bob**'), [me]);
  t.true((await last()).html.includes(`<span class="mention" data-user="${me}">@Bob</span>`));
  await ann.json('POST', messages, { body: '`@Bob`' });
  t.deepEqual((await last()).mentions, [me], 'in a plain text there is no code');
  await ann.json('PATCH', `${messages}/${(await last()).seq}`, { body: '`@Bob`', format: 'markdown' });
  t.deepEqual((await last()).mentions, []);
});

test.serial('formats: page, page without JavaScript, stream and plain text show the same message', async (t) => {
  const body = '# News\n\n```js\nlet x = "<b>";\n\n// end\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |';
  await ann.form(messages, { body });
  const { html, seq, text } = await last();
  t.is(text, 'News\n\nlet x = "<b>";\n\n// end\n\na | b\n1 | 2');
  t.true((await ann.get('/groups/lobby')).text.includes(`<div class="body" dir="auto">${html}</div>`));
  t.true((await ann.get(`${messages}/${seq}`)).text.includes(`<div class="body" dir="auto">${html}</div>`));
  t.is((await ann.get(`${messages}/${seq}`, 'text/plain')).text, `Ann: ${text?.replaceAll('\n', '\n  ')}\n`);
});

test.serial('reactions: a short code becomes its emoji', async (t) => {
  await ann.form(messages, { body: 'a release' });
  const { seq } = await last();
  await bob.form(`${messages}/${seq}/reactions`, { emoji: ':tada:' });
  await program.json('PUT', `${messages}/${seq}/reactions/${encodeURIComponent(':+1:')}`);
  const reactions = (await ann.get(`${messages}/${seq}`, 'application/json')).json<{ reactions: { emoji: string }[] }>().reactions;
  t.deepEqual(
    reactions.map(({ emoji }) => emoji),
    ['🎉', '👍'],
  );
  await program.json('DELETE', `${messages}/${seq}/reactions/${encodeURIComponent(':tada:')}`);
  const left = (await ann.get(`${messages}/${seq}`, 'application/json')).json<{ reactions: unknown[] }>().reactions;
  t.is(left.length, 1);
});
