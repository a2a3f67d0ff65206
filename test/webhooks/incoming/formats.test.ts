import test from 'ava';
import fc from 'fast-check';
import { breachesIn, HOSTILE_TEXTS } from '../../../fixtures/hostile.ts';
import { DISCORD_CLIENTS } from '../../../fixtures/webhooks/discord-clients.ts';
import { FORGE_CLIENTS } from '../../../fixtures/webhooks/forge-clients.ts';
import { HOOKS_CLIENTS } from '../../../fixtures/webhooks/hooks-clients.ts';
import { INTERACTIVE_CLIENTS } from '../../../fixtures/webhooks/interactive-clients.ts';
import { NOTICE_CLIENTS } from '../../../fixtures/webhooks/notice-clients.ts';
import { SLACK_CLIENTS } from '../../../fixtures/webhooks/slack-clients.ts';
import { renderBody } from '../../../lib/markup/html.ts';
import { parseRichContent, richContentIn } from '../../../lib/markup/rich-content.ts';
import { bodyAsText, bodyOf } from '../../../lib/markup/rich-content-text.ts';
import type { JsonObject } from '../../../lib/webhooks/incoming/formats/read.ts';
import { FORMATS, understand } from '../../../lib/webhooks/incoming/formats/registry.ts';
import { inflate, readPayload } from '../../../lib/webhooks/incoming/payload.ts';
import { cpuMsOf } from '../../helpers/cpu.ts';

/** The JSON of every recorded payload. */
const SHAPES: readonly { readonly headers: Readonly<Record<string, string>>; readonly value: JsonObject }[] = [
  ...SLACK_CLIENTS,
  ...HOOKS_CLIENTS,
  ...DISCORD_CLIENTS,
  ...NOTICE_CLIENTS,
  ...FORGE_CLIENTS,
  ...INTERACTIVE_CLIENTS,
].flatMap(({ headers = {}, body }) => {
  if (typeof body !== 'string' || !body.startsWith('{')) return [];
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return [{ headers: lower, value: JSON.parse(body) as JsonObject }];
});

const SAFE_URL = /^(?:https?:\/\/|mailto:)/;

/** The rendered message of a payload; asserts that it is safe and bounded. Undefined without visible content. */
function shown(headers: Readonly<Record<string, string>>, value: JsonObject, maxBytes = 65_536): string | undefined {
  const model = understand((name) => headers[name] ?? '', { value, files: [], isMultipart: false });
  if (!model) return undefined;
  const { body, format } = bodyOf(model, maxBytes);
  if (Buffer.byteLength(body) > Math.max(maxBytes, 60)) throw new Error(`${Buffer.byteLength(body)} bytes of ${maxBytes}`);
  if (format === 'model' && !parseRichContent(body)) throw new Error('it cannot be read again');
  const html = renderBody(body, format, []);
  const breaches = breachesIn(html);
  if (breaches.length > 0) throw new Error(breaches.join('\n'));
  for (const [, url = ''] of html.matchAll(/href="([^"]*)"/g)) if (!SAFE_URL.test(url)) throw new Error(`a link to ${url}`);
  if (typeof bodyAsText(body, format) !== 'string') throw new Error('it has no text');
  return html;
}

const mapped = (value: unknown, change: (leaf: unknown, path: string) => unknown, path = ''): unknown => {
  if (Array.isArray(value)) return value.map((one, index) => mapped(one, change, `${path}.${index}`));
  if (typeof value !== 'object' || value === null) return change(value, path);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, mapped(one, change, `${path}.${name}`)]));
};

test('formats: every recorded payload is distinct', (t) => {
  t.true(SHAPES.length > 70);
  for (const { headers, value } of SHAPES) t.truthy(shown(headers, value), JSON.stringify(value));
});

/** Links, marks and entities of the supported markup dialects. */
const HOSTILE_MARKUP = [
  '[pwned](javascript:pwned())',
  '[pwned](JaVaScRiPt:pwned) ![pwned](data:text/html,pwned)',
  '<javascript:pwned()|pwned> <data:text/html,pwned> <https://e.org/"onmouseover="pwned()|pwned>',
  '[pwned](https://e.org/"onmouseover="pwned())',
  '**<b id=pwned>** `<b id=pwned>` ~~</s><b id=pwned>~~ ||<b id=pwned>||',
  '&lt;b id=pwned&gt; &amp;lt;b id=pwned&amp;gt;',
  '```<b id=pwned>\n</code></pre><b id=pwned>```',
  '|<b id=pwned>|\n|-|\n|<b id=pwned>|',
  '# <b id=pwned>\n> <b id=pwned>\n1. <b id=pwned>\n-# <b id=pwned>',
];

test('formats: hostile text in any field of any format stays text', (t) => {
  for (const { headers, value } of SHAPES)
    for (const text of [...HOSTILE_TEXTS, ...HOSTILE_MARKUP]) {
      shown(headers, mapped(value, (leaf) => (typeof leaf === 'string' ? text : leaf)) as JsonObject);
      shown(headers, mapped(value, (leaf) => (typeof leaf === 'string' ? `${leaf} ${text}` : leaf)) as JsonObject);
    }
  t.pass();
});

/** Values of unexpected types. */
const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    ...[
      null,
      0,
      -1,
      1e308,
      Number.MAX_SAFE_INTEGER,
      true,
      '',
      [],
      {},
      [[]],
      [null],
      { toString: 1, valueOf: 1 },
      { __proto__: null, text: [] },
    ],
    ...[
      'javascript:pwned()',
      'https://',
      'http://[',
      'data:x',
      ':::',
      '0001-01-01T00:00:00Z',
      'constructor',
      '__proto__',
      '\ue0000\ue001',
      '\ud800',
    ],
  ),
);

const ODD_LEAVES: readonly unknown[] = [null, 1e308, [[{}]], '', { toString: 1, valueOf: 1 }];

test('formats: each value may be missing or of another type', (t) => {
  for (const { headers, value } of SHAPES) {
    const places: string[] = [];
    mapped(value, (leaf, path) => {
      places.push(path);
      return leaf;
    });
    for (const place of places)
      for (const instead of ODD_LEAVES) shown(headers, mapped(value, (leaf, path) => (path === place ? instead : leaf)) as JsonObject);
  }
  t.pass();
});

test('formats: no format throws, whatever the fields contain', (t) => {
  fc.assert(
    fc.property(
      fc.constantFrom(...SHAPES),
      fc.array(fc.tuple(fc.nat(60), odd), { minLength: 1, maxLength: 5 }),
      ({ headers, value }, changes) => {
        let at = 0;
        const broken = mapped(value, (leaf) => {
          at += 1;
          const change = changes.find(([index]) => index === at);
          return change ? change[1] : leaf;
        });
        shown(headers, broken as JsonObject);
      },
    ),
    { numRuns: 1500 },
  );
  t.pass();
});

test('formats: whole branches of a payload may be anything', (t) => {
  fc.assert(
    fc.property(fc.constantFrom(...SHAPES), fc.nat(20), odd, ({ headers, value }, index, change) => {
      const names = Object.keys(value);
      const name = names[index % names.length] ?? '';
      shown(headers, { ...value, [name]: change });
    }),
    { numRuns: 1500 },
  );
  t.pass();
});

const FIELDS = [
  ...[
    'text',
    'content',
    'message',
    'title',
    'blocks',
    'attachments',
    'embeds',
    'props',
    'alerts',
    'type',
    'data',
    'timestamp',
    'specversion',
    'source',
  ],
  ...[
    'username',
    'alias',
    'avatar',
    'emoji',
    'icon_emoji',
    'fields',
    'actions',
    'elements',
    'color',
    'ts',
    'fallback',
    'object_kind',
    'project',
    '@type',
  ],
  ...[
    'repository',
    'sender',
    'commits',
    'ref',
    'issue',
    'pull_request',
    'comment',
    'action',
    'version',
    'orgId',
    'sections',
    'url',
    'style',
    'constructor',
  ],
];
const loose: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, odd, fc.constantFrom(...HOSTILE_TEXTS), fc.array(tie('value'), { maxLength: 4 }), tie('object')),
  object: fc.dictionary(fc.constantFrom(...FIELDS), tie('value'), { maxKeys: 6 }),
})).object;
const EVENTS = ['', 'push', 'pull_request', 'issue_comment', 'ping', 'workflow_run', 'release', 'constructor', '\u0000'];

test('formats: no JSON makes a format throw, with any header', (t) => {
  fc.assert(
    fc.property(
      loose,
      fc.constantFrom('x-github-event', 'x-gitea-event', 'x-gitlab-event', 'ce-type'),
      fc.constantFrom(...EVENTS),
      (value, name, event) => {
        const headers = { [name]: event, 'ce-specversion': name === 'ce-type' ? '1.0' : '' };
        shown(headers, value as JsonObject);
        for (const format of FORMATS)
          richContentIn(
            format((header) => headers[header as keyof typeof headers] ?? '', { value: value as JsonObject, files: [], isMultipart: true }),
          );
      },
    ),
    { numRuns: 1500 },
  );
  t.pass();
});

test('formats: a body never exceeds its maximum length in bytes', (t) => {
  fc.assert(
    fc.property(fc.constantFrom(...SHAPES), fc.integer({ min: 80, max: 3000 }), fc.nat(400), ({ headers, value }, maxBytes, repeat) => {
      shown(
        headers,
        mapped(value, (leaf) => (typeof leaf === 'string' && leaf.length > 3 ? `${leaf}${'é"\n'.repeat(repeat)}` : leaf)) as JsonObject,
        maxBytes,
      );
    }),
    { numRuns: 600 },
  );
  t.pass();
});

test('rich content: stored content is parsed unchanged, and anything else as none', (t) => {
  fc.assert(
    fc.property(loose, (value) => {
      const model = richContentIn({ text: 'x', cards: [value, { title: 't', ...(value as object) }] });
      t.deepEqual(model && parseRichContent(JSON.stringify(model)), model);
    }),
  );
  for (const body of ['', 'text', '[]', 'null', '{}', '{"cards":[]}', '{"text":"\\u200b"}', '{"cards":[{}]}'])
    t.is(parseRichContent(body), undefined, body);
});

test('formats: any bytes are parsed or refused, never another error', async (t) => {
  const types = fc.constantFrom(
    '',
    'application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'multipart/form-data',
    'text/xml',
    'text/plain; charset=utf-16le',
    'text/plain; charset=\u0000',
  );
  const pieces = fc.constantFrom(
    '{',
    '}',
    '"text":',
    '"',
    'payload=',
    '%',
    '%zz',
    '&',
    '=',
    '--x\r\n',
    '--x--',
    'Content-Disposition: form-data; name="a"\r\n\r\n',
    '<Message>',
    '<Subject>a<',
    '\ufeff',
    '\u0000',
    'é',
  );
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.array(pieces, { maxLength: 12 }).map((all) => Buffer.from(all.join(''))),
      ),
      types,
      fc.constantFrom('', 'gzip', 'deflate', 'br'),
      async (bytes, type, encoding) => {
        try {
          const payload = await readPayload(await inflate(Buffer.from(bytes), encoding), type);
          if (payload.kind === 'object') shown({}, payload.parsed.value);
        } catch (error) {
          if (!(error instanceof Error) || error.name !== 'DomainError') throw error;
        }
      },
    ),
    { numRuns: 800 },
  );
  t.pass();
});

test('formats: JSON nested 100,000 levels deep is shown as far as it is readable', (t) => {
  const deep = (open: string, close: string): JsonObject => JSON.parse(`{"x":${open.repeat(100_000)}1${close.repeat(100_000)}}`);
  t.regex(shown({}, deep('[', ']')) ?? '', /\[…\]/);
  t.regex(shown({}, deep('{"a":', '}')) ?? '', /\{…\}/);
  for (const name of ['text', 'blocks', 'attachments', 'embeds', 'content', 'message', 'data', 'alerts'])
    shown({}, { text: 'x', [name]: deep('[', ']').x });
  shown({}, { type: 'x', timestamp: 1, data: deep('{"data":', '}').x });
  t.pass();
});

const msFor = (value: JsonObject): number => cpuMsOf(() => shown({}, value, 1_000_000));

const PIECES = [
  '*',
  '_',
  '~',
  '`',
  '```',
  '[',
  '](',
  '[a](',
  '[a](b',
  '<',
  '<a|',
  '<http://a|',
  '>',
  '> ',
  '- ',
  '1. ',
  '|',
  '||',
  '|-',
  '#',
  '# ',
  '-# ',
  '&lt;',
  ':',
  ':a',
  '\\',
  'http://',
  'https://e.org/_',
  '![',
  '**a',
  '_a ',
  '*a*',
  '(',
  '\n',
  '\n\n',
  '@',
  '<t:1',
  '\ue000',
  ' ',
  '|a|b|\n|-|-|\n',
  '- - ',
  '**',
  '***',
  '`a``',
  '~~~',
  '  ',
  '\t',
  'a  ',
];

/** Payloads with a text in mrkdwn, in Discord's Markdown, in styled text and in plain text. */
const placed = (field: string, text: string): JsonObject =>
  field === 'rich'
    ? {
        blocks: [
          {
            type: 'rich_text',
            elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: `y${text}`, style: { bold: true } }] }],
          },
        ],
      }
    : { [field]: text };

for (const field of ['text', 'content', 'rich', 'message'])
  for (const piece of PIECES)
    test.serial(`${JSON.stringify(piece.replaceAll(' ', '␠'))} over and over in ${field} costs in proportion`, (t) => {
      const make = (size: number): JsonObject => placed(field, `${piece.repeat(size / piece.length)}\`x`);
      msFor(make(2_000));
      const [part, whole] = [msFor(make(30_000)), msFor(make(120_000))];
      // Quadratic work would take 16 times as long; times below the threshold are too short to compare.
      t.true(whole < Math.max(500, part * 8), `${part.toFixed(1)} ms, then ${whole.toFixed(1)} ms for four times as much`);
    });
