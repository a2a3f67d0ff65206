import test from 'ava';
import fc from 'fast-check';
import { shownIn } from '../../fixtures/hostile.ts';
import { fromMrkdwn } from '../../lib/bots/formats/mrkdwn.ts';
import { escapeMarkdown, fenced, inCode } from '../../lib/messages/markdown.ts';
import { isPlain, plainText } from '../../lib/messages/markdown-text.ts';
import { renderMarkdown } from '../../lib/messages/markup-markdown.ts';
import { colorClass, colorOf } from '../../lib/messages/palette.ts';

const link = (url: string, label: string): string => `<a href="${url}" rel="noopener noreferrer nofollow" target="_blank">${label}</a>`;

const RENDERED: [what: string, source: string, html: string][] = [
  ['paragraphs', 'one\ntwo\n\nthree', '<p>one<br>two</p><p>three</p>'],
  ['bold and italic', '**b** __b__ *i* _i_ ***both***', '<p><b>b</b> <b>b</b> <i>i</i> <i>i</i> <b><i>both</i></b></p>'],
  ['marks within marks', '**a *b* c** ~~d `e` f~~', '<p><b>a <i>b</i> c</b> <s>d <code>e</code> f</s></p>'],
  ['marks that are not closed', '**a *b _c ~~d `e', '<p>**a *b _c ~~d `e</p>'],
  ['marks within words', 'snake_case_name 2*3*4 a_b_', '<p>snake_case_name 2*3*4 a_b_</p>'],
  ['marks beside spaces', '* a * ** b ** _ c _', '<ul><li>a * ** b ** _ c _</li></ul>'],
  ['what a backslash takes off', '\\*a\\* \\[b](c) \\\\ \\x', '<p>*a* [b](c) \\ \\x</p>'],
  ['code of several ticks', '``a ` b`` ` c `', '<p><code>a ` b</code> <code>c</code></p>'],
  ['code that has marks in it', '`**a** [b](http://c)`', '<p><code>**a** [b](http://c)</code></p>'],
  ['a link', '[**a** b](https://e.org/x_(y) "t")', `<p>${link('https://e.org/x_(y)', '<b>a</b> b')}</p>`],
  ['a picture, as a link', '![alt](https://e.org/i.png)', `<p>${link('https://e.org/i.png', 'alt')}</p>`],
  ['a link elsewhere', '[a](javascript:pwned()) [b](/x) [c](data:x)', '<p>a b c</p>'],
  ['an address in angles', '<https://e.org/a>', `<p>${link('https://e.org/a', 'https://e.org/a')}</p>`],
  [
    'an address in the text',
    'see https://e.org/a_b_c, **https://e.org**',
    `<p>see ${link('https://e.org/a_b_c', 'https://e.org/a_b_c')}, <b>${link('https://e.org', 'https://e.org')}</b></p>`,
  ],
  ['headings', '# one\n###### six\n#none', '<p class="headline"><b>one</b></p><p class="headline"><b>six</b></p><p>#none</p>'],
  ['small print', '-# small *print*', '<p><small>small <i>print</i></small></p>'],
  ['quotes', '> a\n>b\n\nc', '<blockquote>a<br>b</blockquote><p>c</p>'],
  ['a quote to the end', '>>> a\n\nb', '<blockquote>a<br><br>b</blockquote>'],
  [
    'lists',
    '- a\n- b\n  more\n  - c\n\n3. x\n4) y',
    '<ul><li>a</li><li>b<br>more</li><li class="in-1">c</li></ul><ol><li value="3">x</li><li value="4">y</li></ol>',
  ],
  ['code blocks', '```js\n<b> **a**\n```\nafter', '<pre><code>&lt;b&gt; **a**</code></pre><p>after</p>'],
  ['a code block without an end', '~~~\na\n\nb', '<pre><code>a\n\nb</code></pre>'],
  ['a rule', 'a\n\n---\nb', '<p>a</p><hr><p>b</p>'],
  [
    'a table',
    'T\n| a | b |\n|:--|--:|\n| 1 \\| 2 | `c` |\nend',
    '<p>T</p><table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1 | 2</td><td><code>c</code></td></tr></tbody></table><p>end</p>',
  ],
  ['no table', 'a | b\n---', '<p>a | b</p><hr>'],
  ['a spoiler', 'it was ||the cat||', '<p>it was <span class="spoiler" tabindex="0">the cat</span></p>'],
  ['HTML', '<b>x</b> <!-- y --> &amp;', '<p>&lt;b&gt;x&lt;/b&gt; &lt;!-- y --&gt; &amp;amp;</p>'],
];
for (const [what, source, html] of RENDERED) test(`Markdown: ${what}`, (t) => t.is(renderMarkdown(source, []), html));

const PLAIN: [source: string, text: string][] = [
  ['**a** [b](https://e.org) `c`', 'a b (https://e.org) c'],
  ['<https://e.org> [ann@e.org](mailto:ann@e.org)', 'https://e.org ann@e.org'],
  ['# h\n> q\n- i\n  1. j\n```\nk\n```\n---\n|a|b|\n|-|-|\n|1|2|', 'h\n> q\n- i\n  1. j\nk\n---\na | b\n1 | 2'],
];
for (const [source, text] of PLAIN) test(`Markdown as text: ${JSON.stringify(source)}`, (t) => t.is(plainText(source), text));

test('text that is escaped reads as it stands, in its own line or in a code block', (t) => {
  const text = fc
    .array(fc.constantFrom(...'\\`*_~[]()<>#|!-+.:/ \nab1é', '1.', '- ', '> ', 'https://e.org/_a_', '```', '**', '~~~'), { maxLength: 30 })
    .map((all) => all.join(''));
  fc.assert(
    fc.property(text, (given) => {
      const words = (shown: string): string => shown.replace(/\s+/g, ' ').trim();
      t.is(words(shownIn(renderMarkdown(escapeMarkdown(given), []).replaceAll('<p>', '\n'))), words(given));
      t.is(words(plainText(escapeMarkdown(given))), words(given));
      t.true(isPlain(escapeMarkdown(given)));
      t.is(renderMarkdown(fenced(given), []).replace(/<[^>]+>/g, ''), shownAs(given));
      t.is(words(plainText(`x ${inCode(given)}`)), words(`x ${given}`));
    }),
    { numRuns: 400 },
  );
});

const shownAs = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const SLACK: [source: string, text: string][] = [
  ['*b* _i_ ~s~ `c`', '**b** _i_ ~~s~~ `c`'],
  ['**md** [t](https://e.org)', '**md** [t](https://e.org)'],
  ['<https://e.org/x|label & more>', '[label & more](https://e.org/x)'],
  ['<https://e.org/?a=1&amp;b=2>', '[https://e.org/?a=1&b=2](https://e.org/?a=1&b=2)'],
  ['<mailto:ann@e.org|Ann>', '[Ann](mailto:ann@e.org)'],
  ['<@U012|ann> <#C1|ops> <!here> <!channel|channel> <!subteam^S1|@team>', '@ann \\#ops @here @channel @team'],
  ['<!date^1700000000^{date}|some day> <!date^1700000000^{date}>', 'some day 14 Nov 2023, 22:13 UTC'],
  ['<javascript:x|y> <80%> a<b', '\\<javascript:x|y> \\<80%> a\\<b'],
  ['&lt;b&gt; &amp;amp;', '\\<b> &amp;'],
  ['C:\\dir &amp; x', 'C:\\\\dir & x'],
  ['2 * 3 * 4 and a*b*c', '2 * 3 * 4 and a*b*c'],
  ['before ```code *x* &lt;``` after', 'before \n```\ncode *x* <\n```\n after'],
  [':tada: :nope: a:x:b', '🎉 :nope: a:x:b'],
];
for (const [source, markdown] of SLACK) test(`Slack’s ${JSON.stringify(source)}`, (t) => t.is(fromMrkdwn(source), markdown));

test('colours are those that chats name, and are shown in the nearest of our hues', (t) => {
  for (const [given, hex] of [
    ['good', '#2eb67d'],
    ['DANGER', '#e01e5a'],
    ['#36a64f', '#36a64f'],
    ['36A64F', '#36a64f'],
    ['#abc', '#aabbcc'],
    [0x5865f2, '#5865f2'],
    [0, '#000000'],
  ] as const)
    t.is(colorOf(given), hex);
  for (const bad of ['', 'constructor', '#12', '#12345g', 'red;background:url(x)', -1, 0x1000000, 1.5, Number.NaN, null, {}, ['red']])
    t.is(colorOf(bad), undefined, String(JSON.stringify(bad)));
  for (const [hex, name] of [
    ['#ff0000', 'c-0'],
    ['#00ff00', 'c-4'],
    ['#0000ff', 'c-8'],
    ['#888888', 'ash'],
    ['#000000', 'ash'],
    ['#ffffff', 'ash'],
  ] as const)
    t.is(colorClass(hex), name, hex);
});
