import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import test from 'ava';
import { filesOf, pluralKey } from '../../lib/language/catalogue.ts';
import { LANGUAGES } from '../../lib/language/current.ts';
import { taggedTemplates, untranslated, untranslatedInScript, usedTexts } from './texts.ts';

type Text = string | Readonly<Record<string, string>>;

const entriesOf = (file: string): [string, Text][] => Object.entries(JSON.parse(readFileSync(file, 'utf8')));
const OTHERS = LANGUAGES.filter((language) => language !== 'en');

/** What a translation must have as the English text has it: values, expressions, tags with their attributes. */
const fixedParts = (text: string): string[] => (text.match(/\{\d+\}|\{\{.*?\}\}|\{%.*?%\}|<[^>]*>/g) ?? []).toSorted();

for (const language of OTHERS) {
  const files = filesOf(language);
  const entries = files.flatMap(entriesOf);
  const catalogue = new Map(entries);
  /** As usedTexts has it: whether it is a plural, and the text. */
  const idOf = (key: string, isPlural: boolean): string => (isPlural ? `{n} ${pluralKey(key)}` : key);
  const known = new Set(entries.map(([key, text]) => idOf(key, typeof text === 'object')));

  test(`${language}: every text of the interface is in the catalogue, and nothing else`, (t) => {
    const used = usedTexts();
    t.true(used.length > 20);
    const missing = used.filter(({ key, isPlural }) => !known.has(idOf(key, isPlural)));
    t.deepEqual(
      missing.map(({ key, file }) => `${file}: ${key}`),
      [],
      'missing',
    );
    const keys = new Set(used.map(({ key, isPlural }) => idOf(key, isPlural)));
    t.deepEqual(
      [...known].filter((key) => !keys.has(key)),
      [],
      'unused',
    );
  });

  test(`${language}: each text is in one file, once, and is not empty`, (t) => {
    const twice = [...Map.groupBy(entries, ([key]) => key)].flatMap(([key, all]) => (all.length > 1 ? [key] : []));
    t.deepEqual(twice, []);
    const lines = files.flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/^ {2}"((?:[^"\\]|\\.)*)":/gm)].map(([, key]) => key));
    t.is(lines.length, catalogue.size, 'a key stands twice in a file, or a line has another form');
    t.deepEqual(
      entries.filter(([, text]) => (typeof text === 'string' ? text.trim() === '' : Object.values(text).includes(''))),
      [],
    );
  });

  test(`${language}: a translation has the values and tags of the English text`, (t) => {
    for (const [english, text] of entries)
      if (typeof text === 'string') t.deepEqual(fixedParts(text), fixedParts(english), `${basename(language)}: ${english}`);
  });

  test(`${language}: a text with a number has the forms of the plural rules`, (t) => {
    const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
    for (const [english, text] of entries)
      if (typeof text === 'object') {
        t.deepEqual(Object.keys(text).toSorted(), pluralCategories.toSorted(), english);
        for (const form of Object.values(text)) t.true(form.includes('{n}'), `${english}: ${form}`);
      }
  });
}

/** In English for everybody: the description of the API, and files that are kept. */
const ENGLISH = /^templates\/(?:api|export)\//;

test('templates have no text outside of t() and trans', (t) => {
  const found = globSync('templates/**/*.njk')
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !ENGLISH.test(file))
    .flatMap((file) => untranslated(readFileSync(file, 'utf8')).map((text) => `${file}: ${text}`));
  t.deepEqual(found, []);
});

/** In scripts: keys, a header, a type of dragged content, an interface of browsers; parts of markup, a media query, lengths, classes, a selector. */
const NO_TEXTS = new Set([
  ...['Enter', 'Escape', 'Link', 'Files', 'Notification'],
  ...['<html data-kept ', '<div id="scroller"', '<time datetime="…">${isToday ? clock : ', '(hover: none), (width < 40rem)'],
  ...['…px auto auto …px', 'files under'],
  'details[name="panel"][open], dialog[open], [popover]:popover-open, form.edit, [role="listbox"]:not([hidden])',
]);

test('scripts have no text outside of t()', (t) => {
  const found = globSync('static/{*,js/*}.js').flatMap((file) =>
    untranslatedInScript(readFileSync(file, 'utf8')).map((text) => ({ text, line: `${file}: ${text}` })),
  );
  t.deepEqual(
    found.filter(({ text }) => !NO_TEXTS.has(text)).map(({ line }) => line),
    [],
  );
  t.deepEqual(
    [...NO_TEXTS].filter((one) => !found.some(({ text }) => text === one)),
    [],
    'not in the scripts any more',
  );
});

/** Whose errors only programs and operators see, in English. */
const FOR_PROGRAMS = /^lib\/(?:api|backup|cli|compat|encryption|export|import|mcp|metrics|store|webhooks|outbound|language)\//;
const PLAIN_ERROR =
  /\b(?:conflict|forbidden|notFound|tooMany|unauthenticated|unavailable)\(\s*['`"].*|\binvalid\(\s*(?:'[^']*'|[\w.]+),\s*['`"].*/g;

test('the messages of errors that people see can be translated', (t) => {
  const found = globSync('lib/**/*.ts')
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !FOR_PROGRAMS.test(file))
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(PLAIN_ERROR)].map(([text]) => `${file}: ${text}`));
  t.deepEqual(found, []);
});

test('a forgotten text is found, a translated one is not', (t) => {
  t.deepEqual(
    untranslated(`<p title="{{ t('Close it') }}">{{ t('Close') }} {% trans %}as {{ name }}{% endtrans %} {{ n | plural('member') }}</p>`),
    [],
  );
  t.deepEqual(untranslated(`{# note #}<p title="Close it">Close {{ field({label: 'Your name'}) }}</p>{% if a == 'admin' %}{% endif %}`), [
    'Your name',
    'Close it',
    'Close',
  ]);
  const script =
    "// It's a note\nsay(t('Said it')); say('Copied'); b.title = 'not so'; f('Content-Type', 'POST', 'htmx:error'); // It's so\n";
  t.deepEqual(
    untranslatedInScript(
      `${script}c = \`What \${name} shows\`; throw new TypeError('It failed.'); make('b', { className: 'a quiet one' });`,
    ),
    [...['Copied', 'not so', 'What … shows']],
  );
  t.deepEqual(taggedTemplates('a(t`One $'.concat('{f(`x $', '{1}`)} of $', '{b}.`, other`no`, t`Two`)')), ['One {1} of {2}.', 'Two']);
});
