import { createHmac } from 'node:crypto';
import test from 'ava';
import { createHook, rotateBot, setHookSecrets } from '../../../lib/bots/operations.ts';
import { sha256 } from '../../../lib/secrets.ts';
import { newHookSecret, sealSecrets } from '../../../lib/webhooks/incoming/secrets.ts';
import { sign } from '../../../lib/webhooks/signing.ts';
import type { Answer } from '../../helpers/client.ts';
import { groupAt, userNamed } from '../../helpers/fixtures.ts';
import { messageCount, openHookSite } from './fixtures.ts';

const { site, ann } = await openHookSite();
const [bot, group] = await Promise.all([userNamed(site.core, 'Deploy'), groupAt(site.core, 'lobby')]);
test.after.always(() => site.close());

const hookWith = (...secrets: string[]): Promise<string> => createHook(site.core, bot, group, sealSecrets(site.core, secrets));
const post = (path: string, body: string, headers: Record<string, string> = {}): Promise<Answer> =>
  site.client().send(path, { method: 'POST', body, headers });
const seconds = (): number => Math.floor(site.clock.now() / 1000);
const count = (): Promise<number> => messageCount(ann);

async function isTaken(answer: Promise<Answer>): Promise<boolean> {
  const before = await count();
  const { status, text } = await answer;
  const posted = (await count()) - before;
  if (status === 200 && text === 'ok' && posted === 1) return true;
  if (status === 403 && text === 'action_prohibited' && posted === 0) return false;
  throw new Error(`${status} ${text}, ${posted} posted`);
}

test.serial('incoming webhook: with a secret, only signed requests are accepted', async (t) => {
  const secret = newHookSecret(site.core);
  const hook = await hookWith(secret);
  const body = '{"text":"signed"}';
  t.true(await isTaken(post(hook, body, sign([secret], 'msg_1', seconds(), body))));
  t.false(await isTaken(post(hook, body)));
  t.false(await isTaken(post(hook, '{"text":"forged"}', sign([secret], 'msg_2', seconds(), body))));
  t.false(await isTaken(post(hook, body, sign([newHookSecret(site.core)], 'msg_3', seconds(), body))));
  t.false(await isTaken(post(hook, body, sign([secret], 'msg_4', seconds() - 301, body))));
  t.true(await isTaken(post(hook, body, sign([secret], 'msg_5', seconds() - 300, body))));
  const discord = await post(hook, '{"content":"x"}', {});
  t.is(discord.text, 'action_prohibited', 'what is not believed is not read either');
  t.is((await post(hook.replace('/hooks/', '/api/webhooks/1/'), '{"content":"x"}')).json().code, 50013);
});

test.serial('incoming webhook: signatures of GitHub and tokens of GitLab are accepted', async (t) => {
  const hook = await hookWith('the-secret-of-a-forge');
  const body = '{"zen":"Half measures are as bad as nothing at all."}';
  const mac = createHmac('sha256', 'the-secret-of-a-forge').update(body).digest('hex');
  t.true(await isTaken(post(hook, body, { 'X-GitHub-Event': 'ping', 'X-Hub-Signature-256': `sha256=${mac}` })));
  t.false(await isTaken(post(hook, `${body} `, { 'X-GitHub-Event': 'ping', 'X-Hub-Signature-256': `sha256=${mac}` })));
  t.true(await isTaken(post(hook, '{"object_kind":"push"}', { 'X-Gitlab-Event': 'Push Hook', 'X-Gitlab-Token': 'the-secret-of-a-forge' })));
  t.false(await isTaken(post(hook, '{"object_kind":"push"}', { 'X-Gitlab-Event': 'Push Hook', 'X-Gitlab-Token': 'the-secret-of-a-forg' })));
});

test.serial('incoming webhook: a retry with a new signature is the same delivery', async (t) => {
  const secret = newHookSecret(site.core);
  const hook = await hookWith(secret);
  t.true(await isTaken(post(hook, 'once', sign([secret], 'msg_again', seconds(), 'once'))));
  site.clock.turn(3_600_000);
  const before = await count();
  t.is((await post(hook, 'once', sign([secret], 'msg_again', seconds(), 'once'))).text, 'ok');
  t.is((await post(hook, 'other', sign([secret], 'msg_again', seconds(), 'other'))).text, 'key_reused');
  t.is(await count(), before);
});

test.serial('incoming webhook: a secret can be rotated without a gap and removed, and is kept by a new webhook', async (t) => {
  const [old, next] = [newHookSecret(site.core), newHookSecret(site.core)];
  const hook = await hookWith(old);
  const by = (secret: string, path = hook) => isTaken(post(path, 'x', sign([secret], newHookSecret(site.core), seconds(), 'x')));
  t.deepEqual([await by(old), await by(next)], [true, false]);
  await setHookSecrets(site.core, bot, [next, old]);
  t.deepEqual([await by(old), await by(next)], [true, true]);
  await setHookSecrets(site.core, bot, [next]);
  t.deepEqual([await by(old), await by(next)], [false, true]);
  const rotated = await rotateBot(site.core, bot.id, bot);
  t.deepEqual([await by(next, rotated.hook), await isTaken(post(rotated.hook, 'x'))], [true, false]);
  await setHookSecrets(site.core, bot, []);
  t.true(await isTaken(post(rotated.hook, 'x')));
});

test.serial("incoming webhook: secrets are encrypted in the store; the webhook's page only shows that they exist", async (t) => {
  const secret = newHookSecret(site.core);
  const hook = await hookWith(secret);
  const token = await site.core.store.tokens.byHash(sha256(hook.slice('/hooks/'.length)));
  t.truthy(token?.secrets);
  t.false(JSON.stringify(token).includes(secret.slice('whsec_'.length)));
  const page = (await site.client().get(hook, 'text/html')).text;
  t.regex(page, /Requests must be signed/);
  t.false(page.includes(secret));
});

test('incoming webhook: secrets that are too short or too many are refused', (t) => {
  for (const secrets of [['short'], ['with a space in it at all'], Array.from({ length: 6 }, () => newHookSecret(site.core))])
    t.throws(() => sealSecrets(site.core, secrets), { name: 'DomainError' });
});
