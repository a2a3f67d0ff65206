import { Readable } from 'node:stream';
import sharp from 'sharp';
import { campfireKey } from '../../lib/accounts/campfire-key.ts';
import type { User } from '../../lib/accounts/port.ts';
import { createToken } from '../../lib/accounts/tokens.ts';
import { ANN, BOB, BOT, EVE, GARDEN, GROUP, LATER, MINTED, OFFER } from '../../lib/api/samples.ts';
import { createBot } from '../../lib/bots/operations.ts';
import type { Environment } from '../../lib/config.ts';
import type { Group } from '../../lib/groups/port.ts';
import { uploadPicture } from '../../lib/people/avatar.ts';
import { setWebhook } from '../../lib/webhooks/outgoing/operations.ts';
import { deliveryId, NEW } from '../../lib/webhooks/outgoing/outbox.ts';
import type { Client } from '../helpers/client.ts';
import { groupAt, userNamed } from '../helpers/fixtures.ts';
import { startServer, type TestServer } from '../helpers/server.ts';

/** A server with the users, the group and the messages of the examples. */
export type World = {
  readonly site: TestServer;
  /** Ann's browser. */
  readonly ann: Client;
  readonly botToken: string;
  readonly annToken: string;
  /** The sample secrets and ids of the examples, with their real values. */
  readonly standIns: readonly (readonly [sample: string, real: string])[];
  /** Replaces samples by real values. */
  real(text: string): string;
  /** Replaces real ids and the origin by samples. */
  sample(text: string): string;
};

/** `env`: settings besides the defaults. */
export async function makeWorld(env: Environment = {}): Promise<World> {
  const site = await startServer({ env: { POSTS_PER_SECOND: '0', ...env } });
  const ann = await site.signUp(ANN.name);
  const bob = await site.signUp(BOB.name);
  await site.signUp(EVE.name);
  for (const { name, open } of [
    { ...GROUP, open: false },
    { ...GARDEN, open: true },
  ])
    await (open ? bob : ann).json('POST', '/groups', { name, open });
  await ann.json('POST', '/groups/team/members', { action: 'add', name: BOB.name });
  const [annUser, bobUser, eveUser] = await Promise.all([
    userNamed(site.core, ANN.name),
    userNamed(site.core, BOB.name),
    userNamed(site.core, EVE.name),
  ]);
  const [team, garden] = await Promise.all([groupAt(site.core, 'team'), groupAt(site.core, 'garden')]);
  const bot = await createBot(site.core, annUser.id, { name: BOT.name, group: team });
  await ann.json('POST', '/groups/team/settings', { action: 'topic', topic: 'What we ship' });
  const program = site.client().bearer(bot.token);
  for (const message of [{ body: 'Deploying 6 …' }, { body: 'oops', actions: [OFFER] }])
    await program.json('POST', '/groups/team/messages', message);
  await bob.json('POST', '/groups/team/messages', { body: 'Is 6 out?' });
  const form = new FormData();
  form.set('body', 'A map');
  form.set('attachment', new Blob(['here be trees']), 'map.txt');
  const upload = await bob.send('/groups/garden/messages', { method: 'POST', body: form, headers: { Accept: 'application/json' } });
  const [file] = upload.json<{ attachments: { id: string }[] }>().attachments;
  const { code } = (await bob.get('/groups/garden/settings', 'application/json')).json<{ code: string }>();
  const avatar = await addPicture(site, eveUser);
  const called = await addDelivery(site, bot.user, team);
  const { token: annToken } = await createToken(site.core, annUser);
  const { id: draft } = (await program.json('POST', '/groups/team/drafts', { body: 'Hm, twelve', format: 'markdown' })).json<{
    id: string;
  }>();
  const { id: ephemeral } = (await program.json('POST', '/groups/team/ephemeral', { user: BOB.name, body: 'Look' })).json<{ id: string }>();
  const later = await program.json('POST', '/groups/team/scheduled', { body: 'Back at nine', at: LATER });
  const { id: scheduled } = later.json<{ id: string }>();
  const ids = [
    [ANN.id, annUser.id],
    [BOB.id, bobUser.id],
    [EVE.id, eveUser.id],
    [BOT.id, bot.user.id],
    [GROUP.id, team.id],
    [GARDEN.id, garden.id],
  ] as const;
  const secrets = [
    ['ID-KEY', campfireKey(site.core, bot.user)],
    ['TOKEN', bot.hook.slice('/hooks/'.length)],
    ['FILE', file?.id ?? ''],
    ['CODE', code],
    ['AVATAR', avatar],
    ['DELIVERY', called],
    ['DRAFT', draft],
    ['EPHEMERAL', ephemeral],
    ['SCHEDULED', scheduled],
  ] as const;
  const standIns = [...ids, ...secrets];
  return {
    ...{ site, ann, botToken: bot.token, annToken, standIns },
    real: (text) => standIns.reduce((said, [sample, real]) => said.replaceAll(sample, real), text),
    sample: (text) =>
      [...ids, ['DELIVERY', called] as const, ['DRAFT', draft] as const, ['SCHEDULED', scheduled] as const]
        .reduce((said, [sample, real]) => said.replaceAll(real, sample), text)
        .replaceAll(site.url, MINTED.origin),
  };
}

/** Gives a person a picture; resolves to its id. */
async function addPicture({ core }: TestServer, user: User): Promise<string> {
  const content = await sharp({ create: { width: 20, height: 10, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  await uploadPicture(core, user, Readable.from([content]));
  return (await core.store.users.byId(user.id))?.avatar ?? '';
}

/** Creates a failed delivery with a webhook URL that is refused without a call. Resolves to the delivery's id. */
async function addDelivery({ core }: TestServer, user: User, { id: group }: Group): Promise<string> {
  const { id: bot } = user;
  const { webhook } = await setWebhook(core, user, { url: 'https://bots.example.org/', on: 'keyword', keywords: ['nobody says this'] });
  const stored = await core.store.webhooks.byBot(webhook.bot);
  if (stored) await core.store.webhooks.put({ ...stored, url: 'http://127.0.0.1:9/', rev: stored.rev + 1 });
  const [id, now] = [deliveryId('sample', bot), core.now()];
  const attempt = { at: now, status: 500, ms: 12, error: 'The URL responded 500.', answer: null, answerBytes: 17 };
  const failed = { state: 'failed', reason: 'Given up after 8 attempts.', attempts: [attempt], finishedAt: now } as const;
  await core.store.deliveries.insert([
    { ...NEW, id, bot, group, seq: 900, message: 900, event: 'posted', due: now, createdAt: now, ...failed },
  ]);
  return id;
}
