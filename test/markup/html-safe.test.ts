import test from 'ava';
import fc from 'fast-check';
import { breachesIn, HOSTILE_TEXTS } from '../../fixtures/hostile.ts';
import { asUserId } from '../../lib/ids.ts';
import { renderCode } from '../../lib/markup/code-html.ts';
import { renderBody } from '../../lib/markup/html.ts';
import { plainText } from '../../lib/markup/markdown-text.ts';
import { cpuMsOf } from '../helpers/cpu.ts';

const ann = { id: asUserId('ann0000000000000'), name: 'Ann' };
const render = (source: string): string => renderBody(source, 'markdown', [ann]);

const URL_VALUE = /^(?:https?:\/\/|mailto:)(?:[^\s"'<>&]|&(?:amp|quot|#39);)*$/i;

/** The allowed elements of a message, with their allowed attributes and values. */
const ALLOWED: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  p: { class: /^headline$/ },
  div: { class: /^(?:rich|wide)$/, tabindex: /^0$/ },
  span: { class: /^(?:mention|spoiler|hljs-[a-z_-]+)$/, tabindex: /^0$/, 'data-user': /^ann0000000000000$/ },
  a: { href: URL_VALUE, rel: /^noopener noreferrer nofollow$/, target: /^_blank$/ },
  ol: { start: /^\d{1,9}$/ },
  li: { class: /^task$/ },
  pre: { tabindex: /^0$/ },
  th: { class: /^to-(?:end|middle)$/ },
  td: { class: /^to-(?:end|middle)$/ },
  ...Object.fromEntries(['b', 'i', 's', 'small', 'code', 'blockquote', 'ul', 'table', 'thead', 'tbody', 'tr'].map((name) => [name, {}])),
};
const EMPTY = new Set(['br', 'hr']);
const PIECE = /<(\/?)([a-z]+)((?: [a-z-]+="[^"<>]*")*)>|([^<>"'&]+|&(?:amp|lt|gt|quot|#39);)|(.)/gs;

/** The parts of some HTML that are not allowed. The parser accepts only the exact syntax of our renderer. */
function strangersIn(html: string): string[] {
  const found: string[] = [];
  const open: string[] = [];
  for (const [, slash, element = '', attributes = '', text, other] of html.matchAll(PIECE)) {
    if (other !== undefined) found.push(`a bare ${other}`);
    if (text !== undefined || other !== undefined) continue;
    if (slash) {
      if (open.pop() !== element) found.push(`</${element}> out of place`);
      continue;
    }
    const known = EMPTY.has(element) ? {} : ALLOWED[element];
    if (!known) found.push(`<${element}>`);
    if (element === 'a' && open.includes('a')) found.push('a link in a link');
    const given = [...attributes.matchAll(/ ([a-z-]+)="([^"]*)"/g)];
    for (const [, name = '', value = ''] of given) if (!known?.[name]?.test(value)) found.push(`<${element} ${name}="${value}">`);
    if (element === 'a' && given.length !== 3) found.push(`<a${attributes}>`);
    if (!EMPTY.has(element)) open.push(element);
  }
  return [...found, ...open.map((element) => `<${element}> left open`)];
}

test('allowed HTML: the checker reports elements and attributes that are not on the list', (t) => {
  for (const html of [
    '<script>',
    '<b onclick="x"></b>',
    '<a href="javascript:x" rel="noopener noreferrer nofollow" target="_blank">x</a>',
    '<a href="https://e.org">x</a>',
    '<b>',
    '</b>',
    '<b><i></b></i>',
    '<p class="x"></p>',
    '<p id="x"></p>',
    '<li hx-get="/x"></li>',
    'a < b',
    '&copy;',
    '"',
    '<span class="hljs-a x"></span>',
  ])
    t.not(strangersIn(html).length, 0, html);
});

function isSafe(source: string): void {
  const html = render(source);
  const strangers = [...strangersIn(html), ...breachesIn(html)];
  if (strangers.length > 0) throw new Error(`${JSON.stringify(source)}\n${html}\n${strangers.join('\n')}`);
}

const WRAPPED: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => `**${text}**`,
  (text) => `[${text}](https://e.org)`,
  (text) => `[x](${text})`,
  (text) => `[x](<${text}>)`,
  (text) => `[x](https://e.org/${text})`,
  (text) => `[x](https://e.org "${text}")`,
  (text) => `![${text}](${text})`,
  (text) => `[x]\n\n[x]: ${text}`,
  (text) => `[x]\n\n[x]: https://e.org '${text}'`,
  (text) => `[${text}]\n\n[${text}]: https://e.org`,
  (text) => `<${text}>`,
  (text) => `<https://e.org/${text}>`,
  (text) => `https://e.org/${text}`,
  (text) => `\`${text}\``,
  (text) => `\`\`\`${text}\n${text}\n\`\`\``,
  (text) => `\`\`\`html\n${text}\n\`\`\``,
  (text) => `~~~js ${text}\n${text}\n~~~`,
  (text) => `    ${text}`,
  (text) => `> ${text}`,
  (text) => `1. ${text}\n   - [ ] ${text}`,
  (text) => `| ${text} | b |\n|:-:|--:|\n| ${text} | ${text} |`,
  (text) => `||${text}||\n-# ${text}`,
  (text) => `# ${text}\n${text}\n===`,
  (text) => `@Ann${text}`,
  (text) => text.replace(/[<>"'&:]/g, (char) => `&#${char.charCodeAt(0)};`),
  (text) => text.replace(/[<>"'&:]/g, (char) => `&#x${char.charCodeAt(0).toString(16)};`),
  (text) => text.replace(/[<>"'&:]/g, '\\$&'),
];

const MORE_HOSTILE: readonly string[] = [
  'javascript:pwned()',
  'javascript&colon;pwned()',
  'java&#x0A;script:pwned()',
  'java\tscript:pwned()',
  '&#x6A;avascript:pwned()',
  '\u0001javascript:pwned()',
  'https://e.org" onmouseover="pwned()',
  "https://e.org' onmouseover='pwned()",
  'https://e.org/\u2028" x="',
  'https://e.org/&quot; onload=&quot;pwned()',
  'https://javascript:pwned()@e.org',
  'vbscript:pwned data:text/html;base64,PHN2Zz4= file:///etc/passwd //pwned.example \\\\pwned.example',
  '<x hx-on:click="pwned()" data-hx-on-load="pwned()" _="on click pwned()" sse-connect="/x">',
  '</code></pre><img src=x onerror=pwned()>',
  '</span></a></li></table><svg onload=pwned()>',
  '<svg><style><img src=x onerror=pwned()></style></svg>',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=pwned()&gt;">',
  '<![CDATA[<img src=x onerror=pwned()>]]>',
  '<!--><img src=x onerror=pwned()>-->',
  '<a id=pwned name=pwned class="hljs-x" style="x">',
  '[a](https://e.org "x\\" onclick=\\"pwned()")',
  '[a](https://e.org/[b](https://e.org/c)) [[a](https://b.org)](https://c.org) ![[a](https://b.org)](https://c.org)',
  '`<b>` ``<b>`` *<b>* _<b>_ ~~<b>~~',
  '{{7*7}} {% raw %} #{7*7} <%= 7*7 %>',
  '\n\nevent: closed\nid: 9\ndata: pwned',
  '{.pwned #pwned onclick=pwned()}',
  '[^1]: pwned <b>\n\n[^1]',
  ':tada:" onload="pwned()',
];

test('Markdown: hostile input is escaped in every position', (t) => {
  for (const text of [...HOSTILE_TEXTS, ...MORE_HOSTILE]) for (const wrap of WRAPPED) isSafe(wrap(text));
  t.pass();
});

const PIECES = [
  ...['<', '>', '"', "'", '&', '&lt;', '&#60;', '&#x22;', '\\', '`', '``', '```', '```js\n', '~~~', '~~', '*', '**', '_', '__', '||', '|'],
  ...[
    '[',
    ']',
    '](',
    '(',
    ')',
    '![',
    '](https://e.org',
    '](<https://e.org>',
    ' "t"',
    ']: https://e.org\n',
    '[x]',
    '<https://e.org',
    'mailto:a@e.org',
  ],
  ...[
    '\n',
    '\n\n',
    ' ',
    '  \n',
    '    ',
    '\t',
    '> ',
    '- ',
    '1. ',
    '- [x] ',
    '# ',
    '---\n',
    '===\n',
    '-# ',
    '|a|b|\n|-|:-:|\n',
    '<b>',
    '</p>',
    '<!--',
    '-->',
  ],
  ...[
    'https://e.org/',
    'javascript:',
    ':tada:',
    ':',
    '@Ann',
    'a',
    'é',
    '李',
    '\u202e',
    '\u2028',
    '\ud83e',
    '$&',
    '{{',
    '\r',
    '\u0000',
    'let x = "<b>";',
  ],
];

test('Markdown: random input gives only allowed elements and attributes, well nested', (t) => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }), (all) => isSafe(all.join(''))),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => isSafe(text)),
    { numRuns: 500 },
  );
  t.pass();
});

test('code blocks: highlighting keeps the text and only adds spans of known classes', (t) => {
  const languages = [
    'js',
    'html',
    'php',
    'md',
    'css',
    'sh',
    'python',
    'json',
    'sql',
    'csharp',
    'diff',
    'toml',
    'xml',
    'vue',
    'constructor',
    '__proto__',
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...languages),
      fc.array(fc.constantFrom(...PIECES, ...HOSTILE_TEXTS), { maxLength: 20 }),
      (language, all) => {
        const code = all.join('').toWellFormed();
        const html = renderCode(code, language);
        t.deepEqual(strangersIn(html), [], JSON.stringify(code));
        t.is(html.replace(/<[^>]*>/g, ''), renderCode(code, ''));
      },
    ),
    { numRuns: 600 },
  );
});

test('code blocks: very long code and text unlike code are not highlighted; pieces of long code join', (t) => {
  const line = 'let x = 1;\n';
  t.true(renderCode(line.repeat(720), 'js').includes('hljs-'));
  t.false(renderCode(line.repeat(740), 'js').includes('hljs-'), 'more than 8000 characters');
  t.false(renderCode(`${line}${'a'.repeat(101)}`, 'js').includes('hljs-'));
  t.false(renderCode(`${line}${'a '.repeat(251)}`, 'js').includes('hljs-'));
  const two = `\`\`\`js\n${line.repeat(400)}\`\`\`\n`.repeat(2);
  t.is(render(two).match(/hljs-keyword/g)?.length, 400, 'in all a message has');
  const sharp = renderCode('int x = 1; // y\n'.repeat(500), 'cs');
  t.is(sharp.match(/hljs-comment/g)?.length, 500);
  t.deepEqual(strangersIn(sharp), []);
});

test('Markdown: a text with too many special characters is plain text; code may be long', (t) => {
  t.true(render('**a** '.repeat(900)).startsWith('<div class="rich">'));
  t.is(render('**a** '.repeat(1100)), '**a** '.repeat(1100));
  t.true(render(`**log**\n\`\`\`\n${'[a] *b* `c` | d\n'.repeat(3000)}\`\`\``).includes('<pre'));
});

/** Markdown patterns that are expensive to parse when repeated. */
const HARD = [
  ...[
    '*',
    '**',
    '***',
    '_',
    '~~',
    '||',
    '`',
    '``',
    '`a``',
    '[',
    '[[',
    '](',
    '[a](',
    '[a](<b',
    '![',
    '![[](',
    '[a][b]',
    '[a]: b\n',
    '[a]: <b "\n',
    '<',
    '<a',
    '<http://a',
    '<!--',
  ],
  ...[
    '>',
    '> ',
    '> a\n',
    '>- ',
    '- ',
    '- a\n',
    '- - ',
    '1. a\n',
    '  - a\n',
    '- [ ] a\n',
    '|',
    '|-',
    '|a|b|\n|-|-|\n',
    '|-|\n',
    '#',
    '# a\n',
    '-# a\n',
    '---\n',
    'a\n=\n',
    '    a\n',
  ],
  ...[
    '\\',
    '\\\n',
    '&',
    '&lt;',
    '&#',
    ':',
    ':a',
    ':a:',
    ':tada:',
    '@',
    '@Ann ',
    '**@Ann**',
    'http://',
    'https://e.org/_',
    'https://e.org/* ',
    'mailto:a',
    'x://',
    '\n',
    '\n\n',
    ' ',
    '\t',
    'a  \n',
  ],
  ...['```\n', '~~~\n', '```js\n', '*a**b*', '**a', '_a ', 'a**"b', '||a', '***a** b* ', '(', '"', '^', '{'],
];

/** CPU time (ms), the lesser of two runs. */
for (const piece of HARD)
  test.serial(`${JSON.stringify(piece)} over and over costs in proportion, and 100 KB of it little`, (t) => {
    const make = (size: number): string => `${piece.repeat(Math.ceil(size / piece.length))}\`x`;
    for (const read of [render, plainText]) {
      cpuMsOf(() => read(make(500)));
      const [part, whole] = [cpuMsOf(() => read(make(4_000))), cpuMsOf(() => read(make(16_000)))];
      // Quadratic work would take 16 times as long; times below the threshold are too short to compare.
      t.true(whole < Math.max(100, part * 8), `${part.toFixed(1)} ms, then ${whole.toFixed(1)} ms for four times as much`);
      const [hundred, text] = [cpuMsOf(() => read(make(100_000))), cpuMsOf(() => renderBody(make(100_000), 'text', [ann]))];
      t.true(hundred < Math.max(150, text * 6), `${hundred.toFixed(1)} ms for 100 KB, ${text.toFixed(1)} ms as plain text`);
    }
  });

for (const language of ['cs', 'ini', 'sh', 'js', 'ts', 'ruby', 'c', 'yaml', 'python', 'html', 'console'])
  test.serial(`highlighting: no text takes long as ${language}`, (t) => {
    for (const piece of [
      'a',
      'a ',
      'A',
      '_',
      '1.',
      '"',
      "'",
      '${',
      '{',
      '(',
      '<',
      '//',
      '#a\n',
      '\n',
      ' ',
      '<<EOF\n',
      'public ',
      '[a](',
      '-',
      '\t\n',
    ]) {
      const code = piece.repeat(8000 / piece.length).replace(/.{80}/g, '$& \n');
      const ms = cpuMsOf(() => renderCode(`${code.slice(0, 7900)}\n${Math.random()}`, language)); // unique, to bypass the cache
      t.true(ms < 160, `${JSON.stringify(piece)}: ${ms.toFixed(0)} ms`);
    }
  });
