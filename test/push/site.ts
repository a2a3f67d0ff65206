import type { ExecutionContext } from 'ava';
import type { Client } from '../helpers/client.ts';
import { type PushDevice, PushService } from '../helpers/push-service.ts';
import type { TestOptions } from '../helpers/server.ts';
import { openSite, type Site } from '../helpers/site.ts';

/** Ann and Bob in Lobby, on a server that may reach a push service on this machine. */
export type PushSite = Site & {
  readonly service: PushService;
  /** Subscribes a user's browser. */
  device(who: Client, service?: PushService): Promise<PushDevice>;
  /** Posts a message and waits until all its notifications were sent. */
  postText(who: Client, body: string, slug?: string): Promise<number>;
  level(who: Client, level: string, slug?: string): Promise<void>;
};

export async function openPushSite(t: ExecutionContext, options: TestOptions = {}): Promise<PushSite> {
  const site = await openSite(t, { ...options, env: { ALLOW_OUTGOING: '127.0.0.1', ...options.env } });
  const service = await PushService.open(t);
  return {
    ...site,
    service,
    async device(who, at = service) {
      const device = at.device();
      const { status, text } = await who.json('POST', '/settings/push', device.subscription);
      if (status !== 201) throw new Error(`the device was not taken: ${status} ${text}`);
      return device;
    },
    async postText(who, body, slug = 'lobby') {
      const { status, text, json } = await who.json('POST', `/groups/${slug}/messages`, { body });
      if (status !== 201) throw new Error(`not said: ${status} ${text}`);
      await site.server.pusher.idle();
      return json<{ seq: number }>().seq;
    },
    async level(who, level, slug = 'lobby') {
      const { status } = await who.json('POST', `/groups/${slug}/settings`, { action: 'level', level });
      if (status >= 300) throw new Error(`the level was not taken: ${status}`);
    },
  };
}

export const devicesOf = async (who: Client) =>
  (await who.get('/settings/push', 'application/json')).json<{ key: string; devices: { id: string; label: string; failures: number }[] }>();
