import type { Client } from '../../helpers/client.ts';
import { newHook } from '../../helpers/fixtures.ts';
import { startServer, type TestOptions, type TestServer } from '../../helpers/server.ts';

/** A server with Ann and the webhook of the bot Deploy in Lobby. `hook`: its path, `/hooks/<token>`. */
type HookSite = {
  readonly site: TestServer;
  readonly ann: Client;
  readonly hook: string;
  readonly token: string;
};

/** Without a limit on posts unless `env` sets one. The caller closes `site`. */
export async function openHookSite(env: TestOptions['env'] = {}): Promise<HookSite> {
  const site = await startServer({ env: { POSTS_PER_SECOND: '0', ...env } });
  const ann = await site.signUp('Ann');
  const hook = await newHook(ann, 'Deploy');
  return { site, ann, hook, token: hook.slice('/hooks/'.length) };
}

/** The number of messages in Lobby. */
export async function messageCount(client: Client): Promise<number> {
  const { messages } = (await client.get('/groups/lobby', 'application/json')).json();
  if (typeof messages !== 'number') throw new Error('the group cannot be read');
  return messages;
}

type Posted = {
  readonly seq: number;
  readonly body: string;
  readonly html: string;
  readonly mentions: readonly string[];
  readonly author: { readonly name: string; readonly as?: string; readonly bot: boolean };
};

/** The newest message of Lobby; throws when there is none. */
export async function newestMessage<T = Posted>(client: Client): Promise<T> {
  const [message] = (await client.get('/groups/lobby/messages?limit=1', 'application/json')).json<T[]>();
  if (!message) throw new Error('no message');
  return message;
}
