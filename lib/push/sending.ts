import { LRUCache } from 'lru-cache';
import type { Core } from '../core.ts';
import { StoreUnavailable } from '../errors.ts';
import type { Resolve } from '../outbound/name-lookup.ts';
import { send } from '../outbound/request.ts';
import { addressesOf, DestinationRefused, parseTarget } from '../outbound/ssrf-guard.ts';
import { contactOf, type Keys, keysOf } from './keys.ts';
import type { Device } from './port.ts';
import type { Notice } from './rules.ts';
import { isSafe, type Subscription } from './subscription.ts';

/** `gone`: the subscription no longer exists; the device was removed. */
export type Outcome = 'sent' | 'gone' | 'failed';

/** A notice for one device. `topic`: the push service keeps only the last undelivered notice per topic (RFC 8030, section 5.4). */
export type Push = { readonly device: Device; readonly notice: Notice; readonly topic: string; readonly isUrgent: boolean };

export type SendOptions = {
  /** Time limit of a request to a push service. */
  readonly pushWithinMs?: number;
  /** Resolves host names; DNS unless a test replaces it. */
  readonly resolve?: Resolve;
};

const PUSH_WITHIN_MS = 5000;
/** How long a push service keeps a notice for an offline device. */
const TTL_SECONDS = 86_400;
/** Lifetime of a VAPID token. It is reused for half of it, because signing costs as much as encrypting. */
const SIGNED_FOR_MS = 12 * 3_600_000;
const MAX_SIGNED = 100;
const ENCODING = 'aes128gcm';

/** Sends notices to push services and records the outcome per device. */
export class Sender {
  readonly #core: Core;
  readonly #options: SendOptions;
  readonly #signed = new LRUCache<string, { readonly header: string; readonly until: number }>({ max: MAX_SIGNED });
  #keys: Promise<Keys | undefined> | undefined;

  constructor(core: Core, options: SendOptions = {}) {
    this.#core = core;
    this.#options = options;
  }

  /** Sends a notice, unless the session of the device has ended. Failures of the push service are outcomes. Errors: StoreUnavailable. */
  async send(push: Push, stop: AbortSignal): Promise<Outcome> {
    const outcome = (await this.#hasSession(push.device)) ? await this.#try(push, stop) : 'gone';
    const { store, now, meters } = this.#core;
    meters.pushes[outcome] += 1;
    if (outcome === 'sent') await store.push.recordSuccess(push.device.id, now());
    else if (outcome === 'gone') await store.push.remove(push.device.id);
    else await store.push.recordFailure(push.device.id);
    return outcome;
  }

  async #hasSession({ session, user }: Device): Promise<boolean> {
    const { lookupCache, now } = this.#core;
    const [opened, owner] = await Promise.all([lookupCache.sessions.get(session, now()), lookupCache.users.byId(user)]);
    return opened?.userId === user && owner?.disabled === false;
  }

  async #try(push: Push, stop: AbortSignal): Promise<Outcome> {
    const startedAt = performance.now();
    try {
      const status = await this.#call(push, AbortSignal.any([stop, AbortSignal.timeout(this.#options.pushWithinMs ?? PUSH_WITHIN_MS)]));
      this.#core.logger.debug({ device: push.device.id, status, ms: Math.round(performance.now() - startedAt) }, 'notice pushed');
      return status === 404 || status === 410 ? 'gone' : status >= 200 && status < 300 ? 'sent' : 'failed';
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      this.#core.logger.debug({ err: error, device: push.device.id }, 'notice not pushed');
      return 'failed';
    }
  }

  /** Resolves to the status of the response. */
  async #call({ device, notice, topic, isUrgent }: Push, signal: AbortSignal): Promise<number> {
    const { endpoint, keys } = this.#opened(device);
    const url = parseTarget(endpoint);
    if (!isSafe(url)) throw new DestinationRefused('Push services must use https.');
    const addresses = await addressesOf(url, this.#core.config, { resolve: this.#options.resolve, signal });
    const { default: webPush } = await import('web-push'); // loaded with the first notice
    const { cipherText } = webPush.encrypt(keys.p256dh, keys.auth, JSON.stringify(notice), ENCODING);
    const headers = {
      Authorization: await this.#authorization(url.origin),
      'Content-Type': 'application/octet-stream',
      'Content-Encoding': ENCODING,
      TTL: String(TTL_SECONDS),
      Urgency: isUrgent ? 'high' : 'normal',
      Topic: topic,
    };
    return (await send({ url, addresses, headers, body: cipherText, signal })).status;
  }

  #opened({ sealed }: Device): Subscription {
    const opened = this.#core.secrets.open(sealed);
    if (opened === undefined) throw new Error('No key of SECRET_KEYS opens the subscription of this device.');
    return JSON.parse(opened);
  }

  async #authorization(audience: string): Promise<string> {
    const { config, now } = this.#core;
    const known = this.#signed.get(audience);
    if (known && known.until > now()) return known.header;
    const { default: webPush } = await import('web-push');
    const { publicKey, privateKey } = await this.#ownKeys();
    const expires = Math.floor((now() + SIGNED_FOR_MS) / 1000);
    const { Authorization: header } = webPush.getVapidHeaders(audience, contactOf(config), publicKey, privateKey, ENCODING, expires);
    this.#signed.set(audience, { header, until: now() + SIGNED_FOR_MS / 2 });
    return header;
  }

  async #ownKeys(): Promise<Keys> {
    this.#keys ??= keysOf(this.#core);
    const keys = await this.#keys.catch((error) => {
      this.#keys = undefined;
      throw error;
    });
    if (keys) return keys;
    throw new Error('No key of SECRET_KEYS opens the VAPID keys of this server.');
  }
}
