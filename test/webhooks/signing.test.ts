import { createHmac } from 'node:crypto';
import test from 'ava';
import {
  type HeaderOf,
  isAuthenticated,
  isGitlabToken,
  isHubSigned,
  isSigned,
  secretOf,
  sign,
  TOLERANCE_MS,
} from '../../lib/webhooks/signing.ts';

const headers =
  (given: Readonly<Record<string, string>>): HeaderOf =>
  (name) =>
    given[name] ?? '';
const bytes = (text: string): Buffer => Buffer.from(text);

/** The example of the specification's libraries. */
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const SECONDS = 1614265330;
const BODY = '{"test": 2432232314}';
const SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
const signed = (more: Readonly<Record<string, string>> = {}) =>
  headers({ 'webhook-id': ID, 'webhook-timestamp': String(SECONDS), 'webhook-signature': SIGNATURE, ...more });
const NOW = SECONDS * 1000;

test('signing: the example of the Standard Webhooks libraries is reproduced', (t) => {
  t.is(sign([SECRET], ID, SECONDS, BODY)['webhook-signature'], SIGNATURE);
  t.true(isSigned([SECRET], signed(), bytes(BODY), NOW));
  t.true(isSigned([SECRET.slice('whsec_'.length)], signed(), bytes(BODY), NOW), 'without its prefix too');
});

const OTHER = secretOf(new Uint8Array(32).fill(7));

const REFUSED: [what: string, run: () => boolean][] = [
  ['another body', () => isSigned([SECRET], signed(), bytes(`${BODY} `), NOW)],
  ['another secret', () => isSigned([OTHER], signed(), bytes(BODY), NOW)],
  ['no secret', () => isSigned([], signed(), bytes(BODY), NOW)],
  ['another id', () => isSigned([SECRET], signed({ 'webhook-id': 'msg_other' }), bytes(BODY), NOW)],
  ['another time', () => isSigned([SECRET], signed({ 'webhook-timestamp': String(SECONDS + 1) }), bytes(BODY), NOW)],
  ['no id', () => isSigned([SECRET], headers(sign([SECRET], '', SECONDS, BODY)), bytes(BODY), NOW)],
  ['no time', () => isSigned([SECRET], signed({ 'webhook-timestamp': '' }), bytes(BODY), NOW)],
  ['a time that is no number', () => isSigned([SECRET], signed({ 'webhook-timestamp': '1e9' }), bytes(BODY), NOW)],
  ['no signature', () => isSigned([SECRET], signed({ 'webhook-signature': '' }), bytes(BODY), NOW)],
  [
    'the signature of another version alone',
    () => isSigned([SECRET], signed({ 'webhook-signature': SIGNATURE.replace('v1,', 'v2,') }), bytes(BODY), NOW),
  ],
  ['a part of the signature', () => isSigned([SECRET], signed({ 'webhook-signature': SIGNATURE.slice(0, 20) }), bytes(BODY), NOW)],
  ['a delivery that is too old', () => isSigned([SECRET], signed(), bytes(BODY), NOW + TOLERANCE_MS + 1)],
  ['a delivery from too far ahead', () => isSigned([SECRET], signed(), bytes(BODY), NOW - TOLERANCE_MS - 1)],
];
for (const [what, run] of REFUSED) test(`signing: a Standard Webhook with ${what} is not accepted`, (t) => t.false(run()));

test('signing: a timestamp within 5 minutes either way is accepted', (t) => {
  for (const ms of [-TOLERANCE_MS, TOLERANCE_MS]) t.true(isSigned([SECRET], signed(), bytes(BODY), NOW + ms));
});

test('signing: during a rotation a signature by any secret is accepted', (t) => {
  const both = sign([OTHER, SECRET], 'msg_1', SECONDS, BODY);
  t.is(both['webhook-signature']?.split(' ').length, 2);
  for (const secret of [OTHER, SECRET]) t.true(isSigned([secret], headers(both), bytes(BODY), NOW));
  const old = sign([SECRET], 'msg_1', SECONDS, BODY);
  t.true(isSigned([OTHER, SECRET], headers(old), bytes(BODY), NOW));
  t.true(isSigned([SECRET], signed({ 'webhook-signature': `v1a,xx v2,${'A'.repeat(44)} ${SIGNATURE}` }), bytes(BODY), NOW));
});

test('signing: a created signature verifies, with any secret and bytes', (t) => {
  for (const secret of [OTHER, 'a plain secret of words', 'short-but-16-chars'])
    for (const body of ['', 'é\u0000\n', '{"a":1}'])
      t.true(isSigned([secret], headers(sign([secret], 'i', SECONDS, body)), bytes(body), NOW));
});

test("signing: the example of GitHub's documentation verifies, and no variation of it", (t) => {
  const secret = "It's a Secret to Everybody";
  const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
  const given = headers({ 'x-hub-signature-256': signature });
  t.true(isHubSigned([secret], given, bytes('Hello, World!')));
  t.true(isHubSigned(['other secret', secret], given, bytes('Hello, World!')));
  t.false(isHubSigned([secret], given, bytes('Hello, World')));
  t.false(isHubSigned(['other secret'], given, bytes('Hello, World!')));
  for (const odd of ['', 'sha256=', 'sha256=zz', signature.slice(0, -1), `${signature}0`])
    t.false(isHubSigned([secret], headers({ 'x-hub-signature-256': odd }), bytes('Hello, World!')));
});

test("signing: Gitea's signature has no prefix", (t) => {
  const hex = createHmac('sha256', 'gitea secret').update('body').digest('hex');
  t.true(isHubSigned(['gitea secret'], headers({ 'x-gitea-signature': hex }), bytes('body')));
  t.false(isHubSigned(['gitea secret'], headers({ 'x-gitea-signature': hex }), bytes('Body')));
});

test("signing: GitLab's token must equal one of the secrets", (t) => {
  for (const [token, isRight] of [
    ['the token', true],
    ['the other', true],
    ['the toke', false],
    ['the token ', false],
    ['', false],
  ] as const)
    t.is(isGitlabToken(['the token', 'the other'], headers({ 'x-gitlab-token': token })), isRight, token);
  t.false(isGitlabToken([''], headers({})));
});

test('signing: any one scheme authenticates; none does not', (t) => {
  t.true(isAuthenticated([SECRET], signed(), bytes(BODY), NOW));
  t.true(isAuthenticated([SECRET], headers({ 'x-gitlab-token': SECRET }), bytes(BODY), NOW));
  t.false(isAuthenticated([SECRET], headers({}), bytes(BODY), NOW));
});
