import type { Core } from '../core.ts';
import { invalid, notFound, tooMany } from '../errors.ts';
import { labelOf } from '../http/user-agent.ts';
import type { UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import { DestinationRefused, refuseLiteral } from '../outbound/ssrf-guard.ts';
import { sha256 } from '../secrets.ts';
import type { Device } from './port.ts';
import { type Outcome, Sender, type SendOptions } from './sending.ts';
import { parseSubscription, type Subscription } from './subscription.ts';

/** Per user. The device that was reached least recently is removed for a new one. */
const MAX_DEVICES = 20;
const CHANGES = { perSecond: 0.5, burst: 20 };

/** The id of the device with this endpoint. */
export const deviceId = (endpoint: string): string => sha256(endpoint);

type NewDevice = { readonly session: string; readonly userAgent: string };

/**
 * Registers a browser for push notifications to this user until the session ends. Idempotent.
 * Errors: `invalid` (endpoint, keys), `tooMany`.
 */
export async function addDevice(core: Core, user: UserId, given: Subscription, { session, userAgent }: NewDevice): Promise<Device> {
  checkRate(core, user);
  const subscription = parseSubscription(given);
  await refuseLiteral(new URL(subscription.endpoint), core.config).catch((error) => {
    throw error instanceof DestinationRefused ? invalid('endpoint', error.message) : error;
  });
  const id = deviceId(subscription.endpoint);
  const sealed = core.secrets.seal(JSON.stringify(subscription));
  const device = { id, user, session, sealed, label: labelOf(userAgent), createdAt: core.now(), lastOkAt: null, failures: 0 };
  await core.store.push.put(device);
  await makeRoom(core, user, id);
  return (await core.store.push.ofUser(user)).find((one) => one.id === id) ?? device;
}

async function makeRoom(core: Core, user: UserId, added: string): Promise<void> {
  const others = (await core.store.push.ofUser(user)).filter(({ id }) => id !== added);
  const lastSeen = ({ createdAt, lastOkAt }: Device): number => lastOkAt ?? createdAt;
  const tooMuch = others.sort((a, b) => lastSeen(a) - lastSeen(b)).slice(0, Math.max(0, others.length + 1 - MAX_DEVICES));
  for (const { id } of tooMuch) await core.store.push.remove(id);
}

function checkRate(core: Core, user: UserId): void {
  const waitMs = core.rateLimiter.take(`push:${user}`, CHANGES.perSecond, CHANGES.burst);
  if (waitMs > 0) throw tooMany(t`Too many changes to your devices. Try again in a moment.`, waitMs);
}

/** Resolves to whether the user had this device. */
export const removeDevice = (core: Core, user: UserId, id: string): Promise<boolean> => core.store.push.remove(id, user);

/** Sends a test notification to a device of the user. Errors: `notFound`, `tooMany`. */
export async function tryDevice(core: Core, user: UserId, id: string, options: SendOptions = {}): Promise<Outcome> {
  checkRate(core, user);
  const device = (await core.store.push.ofUser(user)).find((one) => one.id === id);
  if (!device) throw notFound(t`There is no such device.`);
  const { name } = core.site.identity;
  const text = { author: name, title: name, body: t`Notifications reach this device.` };
  const notice = { group: null, seq: null, ...text, tag: 'test', url: `${core.config.basePath}/settings` };
  return new Sender(core, options).send({ device, notice, topic: 'test', isUrgent: true }, new AbortController().signal);
}
