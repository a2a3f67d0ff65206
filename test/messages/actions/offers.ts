import type { ExecutionContext } from 'ava';
import type { User } from '../../../lib/accounts/port.ts';
import { createBot } from '../../../lib/bots/operations.ts';
import type { Entry } from '../../../lib/log/entry.ts';
import type { Answer, Client } from '../../helpers/client.ts';
import { wholeLog } from '../../helpers/core-fixture.ts';
import type { TestOptions } from '../../helpers/server.ts';
import { openSite, type Site } from '../../helpers/site.ts';

export type ActionJson = {
  readonly id: string;
  readonly label: string;
  readonly state: {
    readonly open: boolean;
    readonly count: number | null;
    readonly by: readonly { readonly id: string; readonly name: string }[];
    readonly last: { readonly by: { readonly name: string }; readonly at: string } | null;
    readonly waiting: boolean;
  };
  readonly [field: string]: unknown;
};
export type MessageJson = {
  readonly seq: number;
  readonly rev: number;
  readonly actions: readonly ActionJson[];
  readonly [field: string]: unknown;
};

/** Lobby with Ann, who moderates it, Bob, and a bot with a token. */
export type Offers = Site & {
  readonly bot: Client;
  readonly botUser: User;
  /** Posts a message of the bot with actions; resolves to its path. */
  offer(actions: readonly object[], body?: string): Promise<string>;
  use(
    who: Client,
    path: string,
    action: string,
    values?: Readonly<Record<string, string>>,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  /** The message as somebody reads it. */
  read(who: Client, path: string): Promise<MessageJson>;
  /** The uses in the log. */
  acts(): Promise<(Entry & { kind: 'act' })[]>;
};

export const APPROVE = { id: 'approve', label: 'Approve', style: 'primary', done: 'Approved', choice: 'decision' };
export const REJECT = { id: 'reject', label: 'Reject', style: 'danger', choice: 'decision' };

export async function openOffers(t: ExecutionContext, options: TestOptions = {}): Promise<Offers> {
  const site = await openSite(t, options);
  const { token, user: botUser } = await createBot(site.core, undefined, { name: 'deploy', group: site.lobby });
  const bot = site.client().bearer(token);
  return {
    ...site,
    bot,
    botUser,
    async offer(actions, body = 'Deploy 1.4.2?') {
      const { status, text, json } = await bot.json('POST', '/groups/lobby/messages', { body, actions });
      if (status !== 201) throw new Error(`the offer was not posted: ${status} ${text}`);
      return json<{ url: string }>().url;
    },
    use: (who, path, action, values, headers) =>
      who.json('POST', `${path}/actions/${action}`, values === undefined ? undefined : { values }, headers),
    read: async (who, path) => (await who.get(path, 'application/json')).json<MessageJson>(),
    acts: async () => (await wholeLog(site.core, site.lobby.id)).filter((entry) => entry.kind === 'act'),
  };
}

/** The state of an action of a message. */
export function stateIn(message: object, id: string): ActionJson['state'] {
  const found = (message as MessageJson).actions.find((one) => one.id === id);
  if (!found) throw new Error(`the message has no action ${id}`);
  return found.state;
}
