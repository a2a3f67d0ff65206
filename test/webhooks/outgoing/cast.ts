import type { ExecutionContext } from 'ava';
import type { User } from '../../../lib/accounts/port.ts';
import type { OpenCore } from '../../../lib/app.ts';
import { createBot } from '../../../lib/bots/operations.ts';
import { openGroup } from '../../../lib/groups/operations.ts';
import type { GroupAccess } from '../../../lib/groups/rules.ts';
import * as messages from '../../../lib/messages/operations.ts';
import type { Delivery } from '../../../lib/webhooks/outgoing/deliveries-port.ts';
import { setWebhook, type WebhookInput } from '../../../lib/webhooks/outgoing/operations.ts';
import { userNamed } from '../../helpers/cast.ts';
import { Receiver } from '../../helpers/receiver.ts';
import { Clock, startServerFor, type TestOptions, type TestServer } from '../../helpers/server.ts';

/** A server that may call this machine, Ann in Lobby, and time that only the test moves. */
export type Stage = {
  readonly site: TestServer;
  readonly core: OpenCore;
  readonly clock: Clock;
  readonly ann: User;
  /** A bot in Lobby; with `input`, one that is called at a server of its own. */
  bot(name: string, input?: Partial<WebhookInput>): Promise<Called>;
  /** How somebody stands to Lobby now. */
  at(user?: User): Promise<GroupAccess>;
  /** Ann, or somebody else, says something in Lobby. */
  say(body: string, user?: User): Promise<number>;
  /** All that is due is sent, and what came of it is stored. */
  settled(): Promise<void>;
  deliveries(bot: Called): Promise<Delivery[]>;
  /** The messages of Lobby, as `author: body`. */
  talk(): Promise<string[]>;
};

export type Called = { readonly user: User; readonly receiver: Receiver; readonly secret: string };

export async function openStage(t: ExecutionContext, options: TestOptions = {}): Promise<Stage> {
  const clock = new Clock(Date.UTC(2026, 0, 2, 12));
  const env = { ALLOW_OUTGOING: '127.0.0.1', POSTS_PER_SECOND: '0', ...options.env };
  const site = await startServerFor(t, { clock, ...options, env });
  await site.signUp('Ann');
  return stageOn(t, site);
}

export async function stageOn(t: ExecutionContext, site: TestServer): Promise<Stage> {
  const { core } = site;
  const ann = await userNamed(core, 'Ann');
  const at = (user = ann): Promise<GroupAccess> => openGroup(core, user, 'lobby');
  const { group } = await at();
  return {
    site,
    core,
    clock: site.clock,
    ann,
    at,
    async bot(name, input = {}) {
      const receiver = await Receiver.open(t);
      const { user } = await createBot(core, ann.id, { name, group });
      const { secret = '' } = await setWebhook(core, user, { url: receiver.url, ...input });
      return { user, receiver, secret };
    },
    say: async (body, user = ann) => (await messages.post(core, await at(user), { body })).message.seq,
    async settled() {
      site.server.deliveries.wake();
      await site.server.deliveries.idle();
    },
    deliveries: ({ user }) => core.store.deliveries.ofBot(user.id, { limit: 100 }),
    async talk() {
      const { n } = await core.store.log.head(group.id);
      const said = await core.store.log.messages(group.id, 1, n);
      const profiles = await core.directory.profiles(said.map(({ author }) => author));
      return said.map(({ author, body }) => `${profiles.get(author)?.name}: ${body}`);
    },
  };
}
