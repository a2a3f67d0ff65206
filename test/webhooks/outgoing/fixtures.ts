import type { ExecutionContext } from 'ava';
import type { User } from '../../../lib/accounts/port.ts';
import type { OpenCore } from '../../../lib/app.ts';
import { createBot } from '../../../lib/bots/operations.ts';
import { openGroup } from '../../../lib/groups/operations.ts';
import type { GroupAccess } from '../../../lib/groups/rules.ts';
import * as messages from '../../../lib/messages/operations.ts';
import type { Delivery } from '../../../lib/webhooks/outgoing/deliveries-port.ts';
import { setWebhook, type WebhookInput } from '../../../lib/webhooks/outgoing/operations.ts';
import { userNamed } from '../../helpers/fixtures.ts';
import { Receiver } from '../../helpers/receiver.ts';
import { Clock, startServerFor, type TestOptions, type TestServer } from '../../helpers/server.ts';

/** A server that may call 127.0.0.1, with Ann in Lobby and a clock that only the test advances. */
type Fixture = {
  readonly site: TestServer;
  readonly core: OpenCore;
  readonly clock: Clock;
  readonly ann: User;
  /** Creates a bot in Lobby with a webhook to a receiver of its own. */
  bot(name: string, input?: Partial<WebhookInput>): Promise<Called>;
  /** A user's access to Lobby now. */
  at(user?: User): Promise<GroupAccess>;
  /** Posts a message in Lobby, as Ann by default. Resolves to its seq. */
  postText(body: string, user?: User): Promise<number>;
  /** Sends all due deliveries; resolves when their outcomes are stored. */
  settled(): Promise<void>;
  deliveries(bot: Called): Promise<Delivery[]>;
  /** The messages of Lobby, as `author: body`. */
  talk(): Promise<string[]>;
};

export type Called = { readonly user: User; readonly receiver: Receiver; readonly secret: string };

export async function openFixture(t: ExecutionContext, options: TestOptions = {}): Promise<Fixture> {
  const clock = new Clock(Date.UTC(2026, 0, 2, 12));
  const env = { ALLOW_OUTGOING: '127.0.0.1', POSTS_PER_SECOND: '0', ...options.env };
  const site = await startServerFor(t, { clock, ...options, env });
  await site.signUp('Ann');
  return fixtureOn(t, site);
}

export async function fixtureOn(t: ExecutionContext, site: TestServer): Promise<Fixture> {
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
    postText: async (body, user = ann) => (await messages.post(core, await at(user), { body })).message.seq,
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
