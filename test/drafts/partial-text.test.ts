import test from 'ava';
import fc from 'fast-check';
import { breachesIn, HOSTILE_TEXTS, shownIn } from '../../fixtures/hostile.ts';
import type { OpenDraft } from '../../lib/drafts/draft.ts';
import { draftEventJson, draftHtml } from '../../lib/drafts/presenter.ts';
import { asGroupId, asUserId } from '../../lib/ids.ts';
import { Scheduler } from '../../lib/scheduler.ts';

const scheduler = new Scheduler();
const draft = (body: string, format: OpenDraft['format'] = 'markdown'): OpenDraft => ({
  ...{ group: asGroupId('lobby'), author: asUserId('ann'), id: '0123456789abcdef', rev: 1, body, format },
});
const html = (body: string): Promise<string> => draftHtml({ scheduler }, draft(body));

const EMPTY = new Set(['br', 'hr', 'img']);

/** The elements of some HTML that are not closed, or closed in the wrong order. */
function unbalanced(markup: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, slash, name = ''] of markup.matchAll(/<(\/?)([a-z]+)[^>]*>/g)) {
    if (EMPTY.has(name)) continue;
    if (!slash) open.push(name);
    else if (open.pop() !== name) wrong.push(`</${name}>`);
  }
  return [...wrong, ...open];
}

async function isSafe(body: string): Promise<void> {
  const made = await html(body);
  const faults = [...breachesIn(made), ...unbalanced(made)];
  if (faults.length > 0) throw new Error(`${JSON.stringify(body)}\n${made}\n${faults.join('\n')}`);
}

const BLOCKS: readonly ((text: string) => string)[] = [
  (text) => `# ${text}\n\n**${text}** and *${text}`,
  (text) => `\`\`\`html\n${text}\n${text}`,
  (text) => `~~~js ${text}\n${text}`,
  (text) => `- [ ] ${text}\n  > 1. ${text}\n`,
  (text) => `| a | ${text} |\n|:--|--:|\n| ${text} | `,
  (text) => `[${text}](${text}`,
  (text) => `[x](https://e.org/${text} "${text}`,
  (text) => `||${text}\n\n<${text}`,
  (text) => `~~${text}\n-# ${text}`,
];

test('drafts: every beginning of a hostile text is safe, balanced HTML', async (t) => {
  let count = 0;
  for (const text of HOSTILE_TEXTS)
    for (const block of BLOCKS) {
      const whole = block(text);
      for (let end = 1; end <= whole.length; end += 1 + Math.floor(whole.length / 40)) {
        await isSafe(whole.slice(0, end));
        count += 1;
      }
    }
  t.true(count > 5000);
});

test('drafts: so is what any pieces make', async (t) => {
  const piece = fc.constantFrom(
    ...['`', '```', '\n', '**', '_', '[', '](', ')', '|', '> ', '- ', '<', '>', '"', '&', '||', 'x', '@Ann', 'http://e.org'],
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 60 }), async (pieces) => {
      await isSafe(pieces.join(''));
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test('drafts: what is not closed yet is shown, as code or as it was written', async (t) => {
  const code = await html('```js\nconst a = "<b>');
  t.regex(code, /^<div class="rich"><pre><code><span class="hljs-keyword">const<\/span>.*<\/code><\/pre><\/div>$/);
  t.true(shownIn(code).endsWith('const a = "<b>'));
  t.regex(await html('It is **so'), /<p>It is \*\*so<\/p>/);
  t.is(await html('  \n\u200b'), '', 'nothing to see yet');
  t.false((await html('@all: look')).includes('class="mention"'), 'nobody is mentioned before it is posted');
  t.is(await draftHtml({ scheduler }, draft('**so**', 'text')), '**so**');
});

test('drafts: a text that takes too long to lay out is shown as it was written, however long it grows', async (t) => {
  const costly = '- x\n'.repeat(5000);
  const made = await html(costly);
  t.false(made.includes('<ul>'));
  t.is(shownIn(made), costly.trimEnd());
});

test('drafts: a program gets the text that would be posted', (t) => {
  const { body } = draftEventJson(draft('\n\na\u0000b\r\n\ud83d'), 'lobby', new Map());
  t.is(body, 'ab\n\ufffd');
});
