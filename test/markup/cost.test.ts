import test from 'ava';
import { renderBody } from '../../lib/markup/html.ts';
import { bodyAsProse, bodyAsText } from '../../lib/markup/rich-content-text.ts';
import { cpuMsOf } from '../helpers/cpu.ts';

const render = (source: string): string => renderBody(source, 'markdown', []);
const nested = '- - - - - - - - x\n';

test('markup: a message of 64 KB costs little, whatever is nested in it; shorter ones keep their markup', (t) => {
  const heavy = [
    nested,
    '> > > > x\n',
    '1. 1. 1. x\n',
    '> - > - x\n',
    '-\t-\t-\t- x\n',
    '# x\n',
    '*a* ',
    'http://b.c ',
    '[a](http://b.c) ',
    '```r\na(1) + "b"\n```\n',
  ];
  for (const piece of heavy) {
    const body = `**a**\n\n${piece.repeat(65_500 / piece.length)}`;
    for (const work of [() => render(body), () => bodyAsText(body, 'markdown'), () => bodyAsProse(body, 'markdown')])
      t.true(cpuMsOf(work) < 40, `${JSON.stringify(piece)}: ${cpuMsOf(work)} ms`);
  }
  t.true(render(nested.repeat(150)).includes('<li>'));
  t.false(render(nested.repeat(200)).includes('<li>'));
  t.true(render('- x\n'.repeat(900)).includes('<li>'));
});

test('rich content: its texts share the limit, in HTML and in text', (t) => {
  const card = (count: number) => JSON.stringify({ cards: Array.from({ length: count }, () => ({ text: nested.repeat(10) })) });
  t.true(renderBody(card(10), 'model', []).includes('<li>'));
  t.false(renderBody(card(30), 'model', []).includes('<li>'));
  t.true(renderBody(card(30), 'model', []).includes('- - - - - - - - x'));
  t.is(bodyAsText(card(30), 'model'), `${nested.repeat(10).trimEnd()}\n`.repeat(30).trimEnd());
  t.true(cpuMsOf(() => renderBody(card(100), 'model', [])) < 60);
});
