import test from 'ava';
import fc from 'fast-check';
import { breachesIn, HOSTILE_TEXTS, shownIn, textOf } from '../../fixtures/hostile.ts';
import { asUserId } from '../../lib/ids.ts';
import { escapeHtml, renderBody } from '../../lib/markup/html.ts';
import { cpuMsOf } from '../helpers/cpu.ts';

const ann = { id: asUserId('ann0000000000000'), name: 'Ann' };
const render = (text: string): string => renderBody(text, 'text', [ann]);
const link = (url: string, text = url): string => `<a href="${url}" rel="noopener noreferrer nofollow" target="_blank">${text}</a>`;

const RENDERED: [what: string, text: string, html: string][] = [
  ['text is escaped', `<b> & "q" 'a'`, '&lt;b&gt; &amp; &quot;q&quot; &#39;a&#39;'],
  ['entities stay as typed', '&lt;b&gt; &#60;', '&amp;lt;b&amp;gt; &amp;#60;'],
  ['line breaks are kept', 'one\n\ntwo', 'one<br><br>two'],
  ['an http address is a link', 'see http://example.org/a?b=c&d=e.', `see ${link('http://example.org/a?b=c&amp;d=e')}.`],
  ['an https address in brackets ends before the bracket', '(https://example.org/x)', `(${link('https://example.org/x')})`],
  ['an e-mail address with its scheme is a link', 'mailto:ann@example.org', link('mailto:ann@example.org')],
  ['an address without scheme is not', 'example.org and ann@example.org', 'example.org and ann@example.org'],
  ['a quote ends an address', 'https://example.org/"x', `${link('https://example.org/')}&quot;x`],
  ['a person who is mentioned is marked', 'hi @ann!', 'hi <span class="mention" data-user="ann0000000000000">@ann</span>!'],
  ['a mention within an address is part of it', 'https://example.org/@ann', link('https://example.org/@ann')],
  ['template braces are text', '{{ 7 * 7 }}{% raw %}', '{{ 7 * 7 }}{% raw %}'],
];

for (const [what, text, html] of RENDERED) test(`in a message, ${what}`, (t) => t.is(render(text), html));

for (const url of [
  'javascript:alert(1)',
  'JavaScript://example.org/%0aalert(1)',
  'data:text/html,<b>x</b>',
  'vbscript:x',
  'file:///etc/passwd',
  'ftp://example.org',
  '//example.org/x',
  'blob:https://example.org/x'.replace('https://', ''),
])
  test(`markup: ${url} is not linked`, (t) => t.false(render(`see ${url} now`).includes('<a ')));

test('plain text: hostile input is escaped and stays readable', (t) => {
  for (const text of HOSTILE_TEXTS) {
    const html = render(text);
    t.deepEqual(breachesIn(html), [], JSON.stringify(text));
    t.is(shownIn(html), text);
  }
});

test('plain text: random input gives only links, mentions and line breaks', (t) => {
  const pieces = fc.constantFrom(
    '<',
    '>',
    '"',
    "'",
    '&',
    'https://e.org/',
    'mailto:a@e.org',
    '@Ann',
    '\n',
    ' ',
    'x',
    '=',
    '/',
    '\\',
    '`',
    '{{',
    '\u202e',
    '\u2028',
    '\ud83e',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (all) => {
      const html = render(all.join(''));
      const bare = html
        .replaceAll(/<a href="(https?:\/\/|mailto:)[^"<>]*" rel="noopener noreferrer nofollow" target="_blank">([^<>]*)<\/a>/g, '')
        .replaceAll(/<span class="mention" data-user="ann0000000000000">@Ann<\/span>/g, '')
        .replaceAll('<br>', '');
      return !/[<>"']/.test(bare);
    }),
  );
  t.pass();
});

test('escapeHtml: unescaping restores the text', (t) => {
  fc.assert(fc.property(fc.string(), (text) => textOf(escapeHtml(text)) === text));
  t.pass();
});

const ADVERSARIAL: [what: string, make: (size: number) => string][] = [
  ['angle brackets', (n) => '<'.repeat(n)],
  ['schemes', (n) => 'http://'.repeat(n / 7)],
  ['links', (n) => 'https://e.org/x '.repeat(n / 16)],
  ['one long link', (n) => `https://e.org/${'a'.repeat(n)}`],
  ['a link full of brackets', (n) => `https://e.org/${'('.repeat(n)}`],
  ['a link full of dots', (n) => `https://e.org/${'.'.repeat(n)}x`],
  ['mail schemes', (n) => 'mailto:'.repeat(n / 7)],
  ['mail names', (n) => `mailto:${'a.'.repeat(n / 2)}@`],
  ['at signs', (n) => '@'.repeat(n)],
  ['mentions', (n) => '@Ann '.repeat(n / 5)],
  ['host parts', (n) => `http://${'a.'.repeat(n / 2)}`],
  ['host dashes', (n) => `http://${'-'.repeat(n)}.org`],
  ['user names', (n) => `http://${'a:'.repeat(n / 2)}@e.org`],
  ['line breaks', (n) => '\n'.repeat(n)],
  ['quotes in links', (n) => `https://e.org/${`"'`.repeat(n / 2)}`],
  ['spaces', (n) => `${' '.repeat(n)}http://`],
  ['right-to-left overrides', (n) => '\u202e'.repeat(n)],
];

const msFor = (text: string): number => cpuMsOf(() => render(text));

for (const [what, make] of ADVERSARIAL)
  test.serial(`rendering ${what} costs in proportion to their number, up to 100 KB`, (t) => {
    msFor(make(2_000));
    const [half, whole, hundred] = [msFor(make(9_000)), msFor(make(18_000)), msFor(make(100_000))];
    // Quadratic work would take 4 times as long for twice the size; times below the threshold are too short to compare.
    t.true(whole < Math.max(30, half * 3.5), `${half.toFixed(1)} ms, then ${whole.toFixed(1)} ms for twice as much`);
    t.true(hundred < Math.max(60, whole * 14), `${hundred.toFixed(1)} ms for 100 KB`);
  });
