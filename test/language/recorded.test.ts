import { globSync, readFileSync } from 'node:fs';
import test from 'ava';
import { inLanguage } from '../../lib/language/current.ts';
import { recordedIn } from '../../lib/language/recorded.ts';
import { t as text } from '../../lib/language/text.ts';
import { RECORDED, recordedReason } from '../../lib/webhooks/outgoing/recorded.ts';

const shown = recordedIn([() => text`somebody`, (a, b) => text`${a} added ${b}`]);
const inFrench = (recorded: string): string => inLanguage('fr', () => shown(recorded));

test('recorded texts are shown in the current language, with their values', (t) => {
  t.is(inFrench('somebody'), 'quelqu’un');
  t.is(inFrench('Ann (a.b) added $& {1}\nB'), 'Ann (a.b) a ajouté $& {1}\nB');
  t.is(inFrench('Somebody'), 'Somebody', 'another text is shown as it was recorded');
  t.is(shown('somebody'), 'somebody');
});

test('recorded texts of webhooks: each is one that is recorded, and has a translation', (t) => {
  const source = ['lib/webhooks/outgoing/*.ts', 'lib/outbound/*.ts']
    .flatMap((pattern) => globSync(pattern))
    .filter((file) => !file.endsWith('recorded.ts'))
    .map((file) => readFileSync(file, 'utf8').replace(/\$\{(?:[^{}`]|\{[^{}]*\})*\}/g, '…'))
    .join('\n');
  t.true(RECORDED.length > 25);
  for (const recorded of RECORDED) {
    const english = inLanguage('en', () => recorded('…', '…'));
    t.true(source.includes(english), `nothing records: ${english}`);
    t.not(
      inLanguage('fr', () => recorded('…', '…')),
      english,
    );
  }
  t.is(
    inLanguage('fr', () => recordedReason('The response was not posted: its Content-Type is text/x.')),
    'La réponse n’a pas été publiée\u00a0: son Content-Type est text/x.',
  );
});
