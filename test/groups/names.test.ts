import test from 'ava';
import { DomainError } from '../../lib/errors.ts';
import { normaliseCode, parseGroupName, parseTopic, slugOf } from '../../lib/groups/group.ts';

const SLUGS: [name: string, slug: string][] = [
  ['Lobby', 'lobby'],
  ['Release  Notes!', 'release-notes'],
  ['Größe & Maß', 'grosse-mass'],
  ['Кошки', 'koshki'],
  ['Καλημέρα', 'kalimera'],
  ['🦊🦊', ''],
  ['---', ''],
  ['join', 'g-join'],
  ['New', 'g-new'],
  ['System', 'g-system'],
  ['2026', 'g-2026'],
  ['<script>alert(1)</script>', 'script-alert-1-script'],
  ['../../etc/passwd', 'etc-passwd'],
  ['now . or _ later', 'now-or-later'],
  ['v1.2~rc_3', 'v12rc3'],
];

for (const [name, slug] of SLUGS)
  test(`the slug of ${JSON.stringify(name)} is ${JSON.stringify(slug)}`, async (t) => {
    if (slug === 'grosse-mass') t.regex(await slugOf(name), /^gr(o|oe)sse-(and-)?mass$/);
    else t.is(await slugOf(name), slug);
  });

test('slugs: short and safe in a path', async (t) => {
  for (const name of ['x'.repeat(64), '한국어 그룹', 'شبكة', '東京 オフィス', '%2e%2e%2f', 'a/b?c#d', 'é'.repeat(64), `${'a '.repeat(32)}`])
    t.regex(await slugOf(name), /^([a-z0-9]([a-z0-9-]{0,46}[a-z0-9])?)?$/);
});

const refusal = (work: () => unknown): string | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof DomainError ? `${error.code} ${error.field}` : String(error);
  }
};

test('group name: 1 to 64 visible characters', (t) => {
  for (const name of ['x', 'x'.repeat(64), '🦊'.repeat(64), 'خانه\u200cی ما', '👨\u200d👩\u200d👧 family'])
    t.is(parseGroupName(name), name.normalize('NFC'));
  for (const name of [
    '',
    '  ',
    '\u2800',
    '\u3164\u200b',
    'x'.repeat(65),
    'a\u202eb',
    'a\u2066b',
    'a\u200bb',
    'a\u0000b',
    'a\u001b[31mb',
    'a\u061cb',
  ])
    t.is(
      refusal(() => parseGroupName(name)),
      'invalid name',
      JSON.stringify(name),
    );
  t.is(parseGroupName(' two \n lines\u2028here '), 'two lines here');
});

test('topic: up to 250 characters, without control and bidirectional characters', (t) => {
  t.is(parseTopic('  what\n we do '), 'what we do');
  t.is(parseTopic(''), '');
  for (const topic of ['x'.repeat(251), 'a\u202eb', 'a\u001b]0;title\u0007'])
    t.is(
      refusal(() => parseTopic(topic)),
      'invalid topic',
      JSON.stringify(topic),
    );
});

test('join code: normalized for case and separators', (t) => {
  for (const typed of ['abcd-efgh-jkmn', ' ABCD EFGH JKMN ', 'abcdefghjkmn', 'abcd–efgh–jkmn']) t.is(normaliseCode(typed), 'abcdefghjkmn');
  t.is(normaliseCode('- -'), '');
});
