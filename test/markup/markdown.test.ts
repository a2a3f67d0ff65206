import test from 'ava';
import fc from 'fast-check';
import { shownIn } from '../../fixtures/hostile.ts';
import { asUserId } from '../../lib/ids.ts';
import { codeSpan, escapeMarkdown, fenced } from '../../lib/markup/markdown.ts';
import { markdownRenderer, renderMessage } from '../../lib/markup/markdown-html.ts';
import { isPlain, plainText, proseOf } from '../../lib/markup/markdown-text.ts';
import { findMentions } from '../../lib/markup/mentions.ts';
import { colorClass, colorOf } from '../../lib/markup/palette.ts';
import { fromMrkdwn } from '../../lib/webhooks/incoming/formats/mrkdwn.ts';

const link = (url: string, label: string): string => `<a href="${url}" rel="noopener noreferrer nofollow" target="_blank">${label}</a>`;

const RENDERED: [what: string, source: string, html: string][] = [
  ['paragraphs', 'one\ntwo\n\nthree', '<p>one<br>two</p><p>three</p>'],
  ['bold and italic', '**b** __b__ *i* _i_ ***both***', '<p><b>b</b> <b>b</b> <i>i</i> <i>i</i> <i><b>both</b></i></p>'],
  ['marks within marks', '**a *b* c** ~~d `e` f~~', '<p><b>a <i>b</i> c</b> <s>d <code>e</code> f</s></p>'],
  ['marks that are not closed', '**a *b _c ~~d `e', '<p>**a *b _c ~~d `e</p>'],
  ['marks within words', 'snake_case_name un*frigging*real a_b_', '<p>snake_case_name un<i>frigging</i>real a_b_</p>'],
  ['marks of two beside punctuation', '**Note:**text **「重要」**です ~~x!~~y', '<p><b>Note:</b>text <b>「重要」</b>です <s>x!</s>y</p>'],
  ['marks beside spaces', '* a * ** b ** _ c _', '<ul><li>a * ** b ** _ c _</li></ul>'],
  ['what a backslash takes off', '\\*a\\* \\[b](c) \\\\ \\x', '<p>*a* [b](c) \\ \\x</p>'],
  ['code of several ticks', '``a ` b`` ` c `', '<p><code>a ` b</code> <code>c</code></p>'],
  ['code that has marks in it', '`**a** [b](http://c)`', '<p><code>**a** [b](http://c)</code></p>'],
  ['a link', '[**a** b](https://e.org/x_(y) "t")', `<p>${link('https://e.org/x_(y)', '<b>a</b> b')}</p>`],
  ['a picture, as a link', '![alt](https://e.org/i.png)', `<p>${link('https://e.org/i.png', 'alt')}</p>`],
  ['a link elsewhere', '[a](javascript:pwned()) [b](/x) ![c](data:x)', '<p>[a](javascript:pwned()) [b](/x) ![c](data:x)</p>'],
  ['a picture in a link', '[![alt](https://e.org/i.png)](https://e.org)', `<p>${link('https://e.org', 'alt')}</p>`],
  [
    'links without a label',
    '[](https://e.org/a) ![](https://e.org/b)',
    `<p>${link('https://e.org/a', 'https://e.org/a')} ${link('https://e.org/b', 'https://e.org/b')}</p>`,
  ],
  ['a link by reference', '[a][1] [1]\n\n[1]: https://e.org "t"', `<p>${link('https://e.org', 'a')} ${link('https://e.org', '1')}</p>`],
  ['a reference alone', '[1]: https://e.org', `<p>[1]: ${link('https://e.org', 'https://e.org')}</p>`],
  ['an address in angles', '<https://e.org/a>', `<p>${link('https://e.org/a', 'https://e.org/a')}</p>`],
  [
    'an address in the text',
    'see https://e.org/a_b_c, **https://e.org**',
    `<p>see ${link('https://e.org/a_b_c', 'https://e.org/a_b_c')}, <b>${link('https://e.org', 'https://e.org')}</b></p>`,
  ],
  [
    'marks around an address',
    '||https://e.org/a|| ~~https://e.org~~ _https://e.org/b_c_ https://e.org/_d_',
    `<p><span class="spoiler" tabindex="0">${link('https://e.org/a', 'https://e.org/a')}</span> <s>${link('https://e.org', 'https://e.org')}</s> <i>${link('https://e.org/b_c', 'https://e.org/b_c')}</i> ${link('https://e.org/_d_', 'https://e.org/_d_')}</p>`,
  ],
  ['an address whose marks are escaped', 'https://e.org/\\_a\\_', `<p>${link('https://e.org/_a_', 'https://e.org/_a_')}</p>`],
  ['a heading by its underline', 'one\n===\ntwo', '<p class="headline"><b>one</b></p><p>two</p>'],
  ['headings', '# one\n###### six\n#none', '<p class="headline"><b>one</b></p><p class="headline"><b>six</b></p><p>#none</p>'],
  ['small print', '-# small *print*', '<p><small>small <i>print</i></small></p>'],
  ['quotes', '> a\n>b\n\nc', '<blockquote>a<br>b</blockquote><p>c</p>'],
  ['an answer to a quote', '> a\nb', '<blockquote>a</blockquote><p>b</p>'],
  ['a quote of several parts', '> a\n> > b\n>\n> c', '<blockquote><p>a</p><blockquote>b</blockquote><p>c</p></blockquote>'],
  ['quotes nested beyond reason', `${'>'.repeat(40)} a`, `${'<blockquote>'.repeat(16)}${'&gt;'.repeat(24)} a${'</blockquote>'.repeat(16)}`],
  [
    'lists',
    '- a\n- b\n  more\n  - c\n\n3. x\n4) y',
    '<ul><li>a</li><li>b<br>more<ul><li>c</li></ul></li></ul><ol start="3"><li>x</li></ol><ol start="4"><li>y</li></ol>',
  ],
  ['what follows a list', '- a\n- b\nc', '<ul><li>a</li><li>b</li></ul><p>c</p>'],
  [
    'a list of things to do',
    '- [ ] **a**\n- [x] b\n- [y] c',
    '<ul><li class="task">☐ <b>a</b></li><li class="task">☑ b</li><li>[y] c</li></ul>',
  ],
  ['code blocks', '```\n<b> **a**\n```\nafter', '<pre><code>&lt;b&gt; **a**</code></pre><p>after</p>'],
  ['a code block by indentation', '    <b>\n      **a**\n\nafter', '<pre><code>&lt;b&gt;\n  **a**</code></pre><p>after</p>'],
  ['lines that are moved in', 'a\n    b\n  c', '<p>a<br>    b<br>  c</p>'],
  ['an empty code block', '```\n```', '<p>```<br>```</p>'],
  [
    'code that names its language',
    '```JS title="<b>"\nlet a = "<b>";\n```',
    '<pre><code><span class="hljs-keyword">let</span> a = <span class="hljs-string">&quot;&lt;b&gt;&quot;</span>;</code></pre>',
  ],
  ['code in a language not known', '```klingon\nlet a\n```', '<pre><code>let a</code></pre>'],
  [
    'code that is wide, to be reached by the keyboard',
    `\`\`\`\n${'x'.repeat(25)}\n\`\`\``,
    `<pre tabindex="0"><code>${'x'.repeat(25)}</code></pre>`,
  ],
  ['a code block without an end', '~~~\na\n\nb', '<pre><code>a\n\nb</code></pre>'],
  ['a rule', 'a\n\n---\nb', '<p>a</p><hr><p>b</p>'],
  [
    'a table',
    'T\n| a | b |\n|:--|--:|\n| 1 \\| 2 | `c` |\nend',
    '<p>T</p><div class="wide"><table><thead><tr><th>a</th><th class="to-end">b</th></tr></thead><tbody><tr><td>1 | 2</td><td class="to-end"><code>c</code></td></tr></tbody></table></div><p>end</p>',
  ],
  ['no table', 'a | b\n\n---', '<p>a | b</p><hr>'],
  ['a spoiler', 'it was ||the cat||', '<p>it was <span class="spoiler" tabindex="0">the cat</span></p>'],
  ['HTML', '<b>x</b> <!-- y -->', '<p>&lt;b&gt;x&lt;/b&gt; &lt;!-- y --&gt;</p>'],
  ['entities', '&copy; &lt;b&gt; &#60; &amp;amp; &nope;', '<p>© &lt;b&gt; &lt; &amp;amp; &amp;nope;</p>'],
  [
    'emoji by their names',
    ':tada: :+1::rocket: \\:tada: `:tada:` :nope: 12:100:30 ::1',
    '<p>🎉 👍🚀 :tada: <code>:tada:</code> :nope: 12:100:30 ::1</p>',
  ],
  ['an address is no emoji', 'https://e.org/:tada:', `<p>${link('https://e.org/:tada:', 'https://e.org/:tada:')}</p>`],
];
const rendered = markdownRenderer([], false);
for (const [what, source, html] of RENDERED) test(`Markdown: ${what}`, (t) => t.is(rendered(source), html));

const ann = { id: asUserId('ann0000000000000'), name: 'Ann' };

test('Markdown: mentions are marked, except in code and links', (t) => {
  const called = '<span class="mention" data-user="ann0000000000000">@Ann</span>';
  t.is(
    markdownRenderer([ann], false)('@Ann **@Ann** `@Ann` [@Ann](https://e.org)'),
    `<p>${called} <b>${called}</b> <code>@Ann</code> ${link('https://e.org', '@Ann')}</p>`,
  );
  t.deepEqual(
    proseOf('hi @Ann `@Bob` [@Bob](https://e.org)\n```\n@Bob\n```\n> **@Cy**\n\n    @Bob').filter((piece) => piece.trim() !== ''),
    ['hi @Ann ', '@Cy'],
  );
  t.deepEqual(proseOf('just @Ann'), ['just @Ann']);
  t.deepEqual(proseOf('[@Ann]: https://e.org'), ['[@Ann]: https://e.org'], 'what shows nothing is shown as it was written');
});

test('Markdown: the mentions found are the mentions marked, for random input', (t) => {
  const pieces = fc.constantFrom(
    '@Ann',
    '@Ann Lee',
    '`',
    '**',
    '_',
    '[',
    '](https://e.org)',
    '\n',
    '\n\n',
    '> ',
    '- ',
    ' ',
    'x',
    '||',
    '```\n',
    '    ',
    '<',
    '\\',
    '|a|b|\n|-|-|\n|',
  );
  const people = [ann, { id: asUserId('lee0000000000000'), name: 'Ann Lee' }];
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 25 }), (all) => {
      const source = all.join('');
      const marked = new Set([...renderMessage(source, people).matchAll(/data-user="(\w+)"/g)].map(([, id]) => id));
      t.deepEqual(marked, new Set(findMentions(proseOf(source).join('\n'), people).map(({ id }) => `${id}`)), source);
    }),
    { numRuns: 1500 },
  );
});

const PLAIN: [source: string, text: string][] = [
  ['**a** [b](https://e.org) `c`', 'a b (https://e.org) c'],
  ['<https://e.org> [ann@e.org](mailto:ann@e.org)', 'https://e.org ann@e.org'],
  ['# h\n> q\n- i\n  1. j\n```\nk\n```\n---\n|a|b|\n|-|-|\n|1|2|', 'h\n> q\n- i\n  1. j\nk\n---\na | b\n1 | 2'],
  ['a\n\nb\n\n\n- c\n\n  d\n- e\n\n```js\nf\n\ng\n```', 'a\n\nb\n\n- c\n  d\n- e\n\nf\n\ng'],
  ['9. a\n9. b\n   > c\n   > d', '9. a\n10. b\n  > c\n  > d'],
  ['- [ ] a\n- [x] ||b|| :tada:', '☐ a\n☑ b 🎉'],
  ['a *b*\n===\nc', 'a b\nc'],
  [
    '![](https://e.org/i.png) ![alt](https://e.org/j.png) [![k](https://e.org/k)](https://e.org)',
    'https://e.org/i.png alt (https://e.org/j.png) k (https://e.org)',
  ],
  ['[1]: https://e.org', '[1]: https://e.org'],
  ['plain, as it is:\n\n\n  so', 'plain, as it is:\n\n\n  so'],
];
for (const [source, text] of PLAIN) test(`Markdown as text: ${JSON.stringify(source)}`, (t) => t.is(plainText(source), text));

test('escapeMarkdown, fenced, codeSpan: the text is shown unchanged', (t) => {
  const text = fc
    .array(
      fc.constantFrom(
        ...'\\`*_~[]()<>#|!-+.:/ \nab1é&;=\t',
        '1.',
        '- ',
        '> ',
        'https://e.org/_a_',
        '```',
        '**',
        '~~~',
        '    ',
        '&lt;',
        ':tada:',
        '\n===\n',
        '\n\n',
      ),
      { maxLength: 30 },
    )
    .map((all) => all.join(''));
  fc.assert(
    fc.property(text, (given) => {
      fc.pre(given.trim() !== '');
      const words = (shown: string): string => shown.replace(/\s+/g, ' ').trim();
      t.is(words(shownIn(rendered(escapeMarkdown(given)).replaceAll('<p>', '\n'))), words(given));
      t.is(words(plainText(escapeMarkdown(given))), words(given));
      t.true(isPlain(escapeMarkdown(given)));
      t.is(rendered(fenced(given)).replace(/<[^>]+>/g, ''), shownAs(given));
      t.is(words(plainText(`x ${codeSpan(given)}`)), words(`x ${given}`));
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
  ['&lt;b&gt; &amp;amp;', '\\<b> \\&amp;'],
  ['C:\\dir &amp; x', 'C:\\\\dir & x'],
  ['2 * 3 * 4 and a*b*c', '2 * 3 * 4 and a\\*b\\*c'],
  ['a\n&gt;&gt;&gt; b\n\nc', 'a\n> b\n> \n> c'],
  ['```sh\nls\n```', '```sh\nls\n```\n'],
  ['before ```code *x* &lt;``` after', 'before \n```\ncode *x* <\n```\n after'],
  [':tada: :nope: a:x:b', '🎉 :nope: a:x:b'],
];
for (const [source, markdown] of SLACK) test(`Slack’s ${JSON.stringify(source)}`, (t) => t.is(fromMrkdwn(source), markdown));

test('colours: names and hex values of other chats map to the nearest hue', (t) => {
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
