import type { Format } from '../../lib/log/entry.ts';

/** A body that is within every limit and takes long to lay out. All contain the word `needle`. */
export type Shape = { readonly name: string; readonly format: Format; readonly body: string };

const MAX = 65_500;
const filled = (piece: string, bytes = MAX): string => `needle **a**\n\n${piece.repeat(Math.floor((bytes - 20) / piece.length))}`;
/** The most of a piece that is still laid out: its cost is just below the limit of one message; the rest is plain words. */
const most = (piece: string, count: number): string =>
  `${piece.repeat(count)}\n\nneedle\n\n${'word '.repeat((MAX - piece.length * count) / 6)}`;

const CODE: Readonly<Record<string, string>> = {
  js: 'const a = "x" + /b/.exec(c); // d\n',
  ts: 'type A<B> = { readonly c: B };\n',
  python: 'def a(b): return f"{b}" + 1  # c\n',
  ruby: 'def a(b) = "#{b}" + :c  # d\n',
  cs: 'int x = $"{y}"; // z\n',
  cpp: 'template <class T> int a = 1; // b\n',
  css: 'a.b > c:hover { color: #fff; }\n',
  sql: "SELECT a FROM b WHERE c = 'd'; -- e\n",
  sh: 'for a in $(b "$c"); do echo "$a"; done\n',
  json: '{"a": [1, true, "b"]}\n',
  xml: '<a b="c">d</a>\n',
  yaml: 'a: [1, "b", *c]\n',
  php: '<?php $a = "b $c"; // d\n',
  perl: 'my $a = qw(b c); # d\n',
  swift: 'let a: Int? = b ?? "\\(c)" // d\n',
  r: 'a(1) + "b"\n',
};

const slip = (n: number) => ({
  title: `Title ${n}`,
  text: '- - a *b* [c](http://d.e)\n',
  fields: Array.from({ length: 8 }, (_, at) => ({ title: `Field ${at}`, value: '**a** `b` <http://c.d>', short: true })),
  actions: Array.from({ length: 5 }, (_, at) => ({ text: `Open ${at}`, url: `http://a.b/${at}` })),
});

const model = (count: number): string => JSON.stringify({ text: 'needle', cards: Array.from({ length: count }, (_, n) => slip(n)) });

/** Markup of every kind, code of every language, rich content. */
export const SHAPES: readonly Shape[] = [
  ...Object.entries({
    'list markers, 64 KB': filled('- - - - - - - - x\n'),
    'list markers, short': `needle\n\n${'- - - - - - - - x\n'.repeat(150)}`,
    'list markers': most('- - - - - - - - x\n', 150),
    quotes: most('> > > > > > > > x\n', 150),
    emphasis: most('*a **b** c* ', 500),
    delimiters: most('*a_', 1800),
    links: most('[a](http://b.c) ', 500),
    addresses: most('http://b.c ', 550),
    table: most('|a|b|c|d|e|f|\n|-|-|-|-|-|-|\n|1|2|3|4|5|6|\n|1|2|3|4|5|6|\n\n', 100),
    mentions: most('@Ann @Bob ', 300),
    emoji: most(':tada: :+1: ', 900),
    escapes: filled('"<&>" \n'),
  }).map(([name, body]): Shape => ({ name, format: 'markdown', body })),
  ...Object.entries(CODE).map(
    ([language, line]): Shape => ({
      name: `code ${language}`,
      format: 'markdown',
      body: `needle\n\`\`\`${language}\n${line.repeat(7900 / line.length)}needle\n\`\`\`\n${'word '.repeat(11_000)}`,
    }),
  ),
  { name: 'plain text', format: 'text', body: `needle ${'http://a.b @Ann "<&>"\n'.repeat(2900)}` },
  { name: 'rich content, few cards', format: 'model', body: model(11) },
  { name: 'rich content, many cards', format: 'model', body: model(60) },
];

/** One of each in turn, each different from all others, also from those of another `salt`. */
export const heavyBodies = (count: number, shapes: readonly Shape[] = SHAPES, salt = ''): Shape[] =>
  Array.from({ length: count }, (_, n) => {
    const { name, format, body } = shapes[n % shapes.length] ?? { name: '', format: 'text', body: '' };
    return { name, format, body: body.replaceAll('needle', `needle ${salt}${n}`) };
  });
