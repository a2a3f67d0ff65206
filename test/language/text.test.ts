import test from 'ava';
import { currentLanguage, inLanguage, setLanguage } from '../../lib/language/current.ts';
import { translateScript, translateTemplate } from '../../lib/language/source.ts';
import { plural, t as text } from '../../lib/language/text.ts';
import { runOutsideRequest, runRequest } from '../../lib/request-scope.ts';
import { datesIn } from '../../lib/text/dates.ts';
import { createViews } from '../../lib/views/render.ts';

const joined = (name: string): string => text`${name} joined`;
const isGone = (n: number): string => text`There is no text ${n} of this in a catalogue.`;

test('a text is in the current language, and English where the catalogue lacks it', (t) => {
  t.is(joined('Ann'), 'Ann joined');
  t.is(
    inLanguage('fr', () => joined('Ann')),
    'Arrivée\u00a0: Ann',
  );
  t.is(
    inLanguage('fr', () => joined('{1} $& {2}')),
    'Arrivée\u00a0: {1} $& {2}',
    'a value is only text',
  );
  t.is(
    inLanguage('fr', () => isGone(3)),
    'There is no text 3 of this in a catalogue.',
  );
});

test('plural forms follow the rules of the language', (t) => {
  const forms = (numbers: readonly number[]) => numbers.map((n) => plural(n, 'other change'));
  t.deepEqual(forms([0, 1, 2]), ['0 other changes', '1 other change', '2 other changes']);
  t.deepEqual(
    inLanguage('fr', () => forms([0, 1, 2, 1_000_000])),
    ['0 autre changement', '1 autre changement', '2 autres changements', '1000000 d’autres changements'],
  );
});

test('the language of a request does not reach work outside of it', async (t) => {
  const trace = { trace: '0'.repeat(32), span: '0'.repeat(16), flags: '00' } as const;
  await runRequest(trace, async () => {
    t.is(currentLanguage(), 'en');
    setLanguage('fr');
    await Promise.resolve();
    t.is(currentLanguage(), 'fr');
    t.is(runOutsideRequest(currentLanguage), 'en');
  });
  t.is(currentLanguage(), 'en');
  setLanguage('fr');
  t.is(currentLanguage(), 'en', 'outside of any request there is nothing to set');
});

test('the source of a template and of a script gets the texts of the language', (t) => {
  const source = `<p title="{{ t('just now') }}">{{ f(t('just now'), x) }} {% trans %}somebody{% endtrans %} {{ t('A "b" <c>') }} {{ t(variable) }}</p>`;
  t.is(
    translateTemplate(source, 'en'),
    `<p title="just now">{{ f('just now', x) }} somebody A &quot;b&quot; &lt;c&gt; {{ t(variable) }}</p>`,
  );
  t.is(
    translateTemplate(source, 'fr'),
    `<p title="à l’instant">{{ f('à l’instant', x) }} quelqu’un A &quot;b&quot; &lt;c&gt; {{ t(variable) }}</p>`,
  );
  t.is(
    translateScript(`a(t('somebody'), let('somebody'), t('x', 1), o.t('somebody'))`, 'fr'),
    `a(t('quelqu’un'), let('somebody'), t('x', 1), o.t('somebody'))`,
  );
});

test('dates are written as the language writes them', (t) => {
  const at = Date.UTC(2026, 10, 12, 14, 2);
  const french = datesIn('Europe/Paris', false, 'fr');
  t.is(french.dayLabel(at), 'jeudi 12 novembre 2026');
  t.is(french.time(at), '15:02');
  t.is(french.when(at, at + 86_400_000), 'Hier');
  t.is(datesIn('UTC').when(at, at + 86_400_000), 'Yesterday');
});

test('pages name their language, and scripts with texts differ by it', (t) => {
  const views = createViews({ dev: false });
  const page = () => views.render('error.njk', ERROR);
  t.regex(page(), /<html lang="en"/);
  t.regex(inLanguage('fr', page), /<html lang="fr"/);
  const script = inLanguage('fr', () => views.asset('app.js'));
  t.regex(script, /^\/static\/[0-9a-f]{16}\/fr\/app\.js$/);
  t.is(views.assets.get(script, '')?.status, 200);
  t.is(
    inLanguage('fr', () => views.asset('css/app.css')),
    views.asset('css/app.css'),
  );
});

const ERROR = {
  ...{ title: 'x', nonce: 'n', path: '/', flash: null, viewer: null, look: { theme: '', density: '', timeZone: '', clock: '' } },
  ...{ status: 404, heading: 'Not Found', message: 'x', requestId: 'r', back: '/', again: null },
};
