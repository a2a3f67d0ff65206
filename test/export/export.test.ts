import { readdirSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { filePath } from '../../lib/export/files.ts';
import type { Scope } from '../../lib/export/scope.ts';
import { exportHtml } from '../../lib/export/write-html.ts';
import { exportJsonFolder } from '../../lib/export/write-json.ts';
import { writeText } from '../../lib/export/write-text.ts';
import { storeFile } from '../../lib/files/operations.ts';
import { openDirect } from '../../lib/groups/direct.ts';
import { edit, erase, post, react } from '../../lib/messages/operations.ts';
import { pin } from '../../lib/messages/pins.ts';
import { postWithFiles } from '../../lib/messages/with-files.ts';
import { accessOf, openTestCore, type TestCore } from '../helpers/core-fixture.ts';
import { folderFor } from '../helpers/folder.ts';

/** Kitchen with an edited, an erased and a pinned message, reactions, files; and direct messages between Ann and Bob. */
async function openKitchen(t: ExecutionContext): Promise<TestCore> {
  const opened = await openTestCore(t);
  const { core, group, ann, bob } = opened;
  const [asAnn, asBob] = [await accessOf(core, ann, group), await accessOf(core, bob, group)];
  const { message: first } = await post(core, asAnn, { body: '**Hello** @Bob', format: 'markdown' });
  await edit(core, asAnn, first.seq, '**Good day** @Bob <script>alert(1)</script>');
  await react(core, asBob, first.seq, '🎉', true);
  await pin(core, asBob, first.seq, true);
  const { message: gone } = await post(core, asBob, { body: 'regretted' });
  await erase(core, asBob, gone.seq);
  const page = await storeFile(core, asBob, bytes('<script>alert(1)</script>'), { name: 'page.html' });
  const plan = await storeFile(core, asBob, bytes('mix, wait, bake\n'), { name: 'the plan.txt' });
  await postWithFiles(core, asBob, { body: 'files' }, [page, plan]);
  const { group: direct } = await openDirect(core, ann, [bob]);
  await post(core, await accessOf(core, ann, direct), { body: 'between us' });
  await post(core, await accessOf(core, bob, direct), { body: 'indeed' });
  return opened;
}

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

type Record = { readonly type: string; readonly [field: string]: unknown };

async function recordsOf(t: ExecutionContext, { core }: TestCore, scope: Scope): Promise<{ folder: string; records: Record[] }> {
  const folder = join(await folderFor(t), 'out');
  await exportJsonFolder(core, folder, { scope, program: 'test' });
  const lines = (await readFile(join(folder, 'export.jsonl'), 'utf8')).trim().split('\n');
  return { folder, records: lines.map((line) => JSON.parse(line)) };
}

test('JSON export of a group: people, members, every text, reactions, pins and files, and no erased text', async (t) => {
  const opened = await openKitchen(t);
  const { group, ann, bob } = opened;
  const { folder, records } = await recordsOf(t, opened, { group });
  const of = (type: string): Record[] => records.filter((record) => record.type === type);
  t.like(records[0], { type: 'export', format: 'parley-export', version: 1, program: 'test' });
  t.deepEqual(records.at(-1), { type: 'end', messages: 3 });
  t.deepEqual(
    of('person')
      .map(({ id, name }) => [id, name])
      .sort(),
    [
      [ann.id, 'Ann'],
      [bob.id, 'Bob'],
    ].sort(),
  );
  t.like(of('group')[0], { kind: 'group', slug: 'kitchen', name: 'Kitchen' });
  t.is((of('group')[0]?.members as object[] | undefined)?.length, 2);
  const [first, gone, files] = of('message');
  t.like(first, {
    author: ann.id,
    body: '**Good day** @Bob <script>alert(1)</script>',
    format: 'markdown',
    mentions: [bob.id],
    pinned: { by: bob.id },
  });
  t.deepEqual(
    ((first?.versions as { body: string }[] | undefined) ?? []).map(({ body }) => body),
    ['**Hello** @Bob', '**Good day** @Bob <script>alert(1)</script>'],
  );
  t.like((first?.reactions as object[] | undefined)?.[0], { emoji: '🎉', by: [{ id: bob.id }] });
  t.deepEqual([gone?.erased, gone?.body], [true, undefined]);
  t.notRegex(JSON.stringify(records), /regretted/);
  const [page, plan] = (files?.files ?? []) as { path: string }[];
  t.is(await readFile(join(folder, plan?.path ?? ''), 'utf8'), 'mix, wait, bake\n');
  t.regex(page?.path ?? '', /page\.html\.txt$/);
  t.is((await stat(folder)).mode & 0o777, 0o700);
  t.is((await stat(join(folder, 'export.jsonl'))).mode & 0o777, 0o600);
  await t.throwsAsync(exportJsonFolder(opened.core, folder, { scope: { group }, program: 'test' }), { message: /exists/ });
});

test('exports say what a reply answers, of one person only the number', async (t) => {
  const opened = await openKitchen(t);
  const { core, group, ann, bob } = opened;
  const [asAnn, asBob] = [await accessOf(core, ann, group), await accessOf(core, bob, group)];
  const { message: asked } = await post(core, asAnn, { body: 'Who has the **key** <b>?', format: 'markdown' });
  const { message: gone } = await post(core, asAnn, { body: 'a secret' });
  const { message: reply } = await post(core, asBob, { body: 'I have', replyTo: asked.seq });
  const { message: late } = await post(core, asBob, { body: 'so what', replyTo: gone.seq });
  const { message: erased } = await post(core, asBob, { body: 'nothing', replyTo: reply.seq });
  await erase(core, asAnn, gone.seq);
  await erase(core, asBob, erased.seq);
  for (const scope of [{ group }, { user: bob }]) {
    const { records } = await recordsOf(t, opened, scope);
    const messages = records.filter(({ type, reply_to: answered }) => type === 'message' && answered !== undefined);
    t.deepEqual(
      messages.map(({ seq, reply_to: answered }) => [seq, answered]),
      [
        [reply.seq, asked.seq],
        [late.seq, gone.seq],
        [erased.seq, reply.seq],
      ],
    );
  }
  const htmlOf = async (scope: Scope): Promise<string> => {
    const folder = join(await folderFor(t), 'out');
    await exportHtml(core, folder, { scope, program: 'test' });
    const pages = readdirSync(folder).filter((name) => /^kitchen-\d+\.html$/.test(name));
    return (await Promise.all(pages.map((name) => readFile(join(folder, name), 'utf8')))).join('');
  };
  const whole = await htmlOf({ group });
  t.true(whole.includes(`<p class="answered" dir="auto"><a href="#m-${asked.seq}">Reply to Ann</a>: Who has the key &lt;b&gt;?</p>I have`));
  t.true(whole.includes(`<a href="#m-${gone.seq}">Reply to Ann</a>: Message erased</p>so what`));
  t.is(whole.match(/class="answered"/g)?.length, 2);
  const own = await htmlOf({ user: bob });
  t.true(own.includes(`<p class="answered" dir="auto">Reply to #${asked.seq}</p>I have`));
  t.notRegex(own, /Who has|a secret/);
  const text: string[] = [];
  const out = { write: (part: string) => Promise.resolve(void text.push(part)), end: () => Promise.resolve() };
  await writeText(core, out as never, { scope: { group }, program: 'test' });
  t.regex(text.join(''), new RegExp(`Bob: \\(reply to #${asked.seq}\\) I have\\n`));
});

test('JSON export of a person: their messages everywhere, also direct ones, their reactions, and no text of others', async (t) => {
  const opened = await openKitchen(t);
  const { records } = await recordsOf(t, opened, { user: opened.bob });
  const messages = records.filter(({ type }) => type === 'message');
  t.deepEqual(
    messages.map(({ body, erased }) => body ?? erased),
    [true, 'files', 'indeed'],
  );
  t.like(
    records.find(({ type }) => type === 'reaction'),
    { by: opened.bob.id, emoji: '🎉' },
  );
  t.notRegex(JSON.stringify(records), /Good day|between us/);
});

test('HTML export: pages with the messages, links to local files, and no script', async (t) => {
  const { core, group } = await openKitchen(t);
  const folder = join(await folderFor(t), 'pages');
  const tally = await exportHtml(core, folder, { scope: { group }, program: 'test' });
  t.like(tally, { groups: 1, messages: 3, files: 2, missing: [] });
  const index = await readFile(join(folder, 'index.html'), 'utf8');
  t.regex(index, /<h1>Kitchen<\/h1>/);
  const page = await readFile(join(folder, 'kitchen-0001.html'), 'utf8');
  t.true(index.includes('href="kitchen-0001.html"'));
  t.regex(page, /<b>Good day<\/b>|<strong>Good day<\/strong>/);
  t.regex(page, /Message erased/);
  t.notRegex(page, /<script|regretted/);
  for (const [, href = ''] of page.matchAll(/(?:href|src)="(files\/[^"]+)"/g))
    t.true((await stat(join(folder, decodeURIComponent(href)))).isFile(), href);
  t.deepEqual([...page.matchAll(/(?:href|src)="(\/[^"]*)"/g)], []);
  t.false(readdirSync(folder, { recursive: true }).some((name) => String(name).endsWith('page.html')));
});

test('text export: a line for each message with its time, in days', async (t) => {
  const { core, group } = await openKitchen(t);
  let text = '';
  const out = {
    write: async (more: string) => {
      text += more;
    },
    end: async () => {},
  };
  await writeText(core, out, { scope: { group }, program: 'test' });
  t.regex(text, /# Kitchen \(\/groups\/kitchen\)/);
  t.regex(text, /\n--- \d{4}-\d\d-\d\d ---\n/);
  t.regex(text, /\n\d\d:\d\d Ann: Good day @Bob <script>/);
  t.regex(text, /\n\d\d:\d\d Bob: \(erased\)\n/);
  t.regex(text, /\n\d\d:\d\d \* Ann added Bob\n/);
});

test('a group longer than a page has several, linked in both directions', async (t) => {
  const { core, group, ann } = await openTestCore(t);
  const at = await accessOf(core, ann, group);
  await Promise.all(Array.from({ length: 450 }, (_, number) => post(core, at, { body: `message ${number}` })));
  const folder = join(await folderFor(t), 'pages');
  await exportHtml(core, folder, { scope: { group }, program: 'test' });
  const [one, two] = await Promise.all(['0001', '0002'].map((page) => readFile(join(folder, `kitchen-${page}.html`), 'utf8')));
  t.true(one?.includes('href="kitchen-0002.html"'));
  t.true(two?.includes('href="kitchen-0001.html"'));
  t.is([...`${one}${two}`.matchAll(/<article /g)].length, 450);
});

test('a file in an export has no name that a browser would run or a file system would take for a path', (t) => {
  const pathOf = (name: string): string => filePath({ id: 'id' as never, name });
  t.is(pathOf('plan.pdf'), 'files/id/plan.pdf');
  t.is(pathOf('a:b?.png'), 'files/id/a_b_.png');
  t.is(pathOf('..'), 'files/id/file');
  t.is(pathOf('.bashrc'), 'files/id/_bashrc');
  for (const name of ['x.html', 'x.SVG', 'x.js', 'x.xhtml', 'x.url']) t.is(pathOf(name), `files/id/${name}.txt`);
});
