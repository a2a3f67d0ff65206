import { randomBytes } from 'node:crypto';
import type { BusEvent } from '../events.ts';
import { asGroupId, type GroupId } from '../ids.ts';
import type { Logger } from '../logger.ts';
import { type EnvelopeOptions, Envelopes } from './envelopes.ts';
import { Listeners } from './listeners.ts';
import type { Bus, Listener, Presence, SharedLimits, SharedTexts } from './port.ts';
import { openClusterLink } from './redis-cluster.ts';
import { openRedisLimits } from './redis-limits.ts';
import { type Link, type LinkEvents, openLink } from './redis-link.ts';
import { openRedisPresence } from './redis-presence.ts';
import { openRedisTexts } from './redis-texts.ts';
import { Unsent } from './unsent.ts';
import { decode, encode } from './wire.ts';

type RedisBusOptions = Pick<EnvelopeOptions, 'secrets' | 'sealer'> &
  Partial<Pick<EnvelopeOptions, 'refused'>> & {
    /** `redis://…` (or `rediss://…` for TLS); several, separated by commas, name nodes of one Redis Cluster. */
    readonly url: string;
    /** The prefix of all channels and keys, so that several installations can share a Redis. */
    readonly prefix?: string;
    /** ms since the epoch, for leases. */
    readonly now: () => number;
    readonly logger?: Pick<Logger, 'info' | 'warn' | 'error'>;
  };

const FIRST_CONNECTION_MS = 2000;
const ROUND_TRIP_MS = 1000;
/** A connection is reopened after this many lost probes in a row: its other end may be gone without closing it. */
const PROBES_BEFORE_RECONNECT = 3;

/**
 * Opens the bus that several processes share through Redis pub/sub. Resolves once it is connected, or after 2 s: a server also
 * starts while Redis is down, and connects when it is up.
 */
export async function openRedisBus(options: RedisBusOptions): Promise<Bus> {
  const bus = new RedisBus(options);
  await bus.firstConnection();
  return bus;
}

class RedisBus implements Bus {
  readonly presence: Presence;
  readonly limits: SharedLimits;
  readonly texts: SharedTexts;
  readonly #link: Link;
  readonly #log: RedisBusOptions['logger'];
  readonly #envelopes: Envelopes;
  readonly #listeners: Listeners;
  readonly #gapCallbacks = new Set<() => void>();
  readonly #subscriptions = new Map<GroupId, Promise<void>>();
  /** Identifies events of this process, which it also receives from Redis but has already delivered locally. */
  readonly #sender = randomBytes(8).toString('hex');
  readonly #prefix: string;
  readonly #probePrefix: string;
  readonly #probes = new Map<string, () => void>();
  readonly #unsent = new Unsent();
  readonly #connected = Promise.withResolvers<void>();
  #lostProbes = 0;
  #isDown = false;
  #closed = false;

  constructor({ url, prefix = 'parley', now, logger, secrets, sealer, refused = { malformed: 0, forged: 0, stale: 0 } }: RedisBusOptions) {
    this.#envelopes = new Envelopes({ secrets, sealer, refused, logger, sender: this.#sender });
    this.#prefix = prefix;
    this.#probePrefix = `${prefix}:{probe-${this.#sender}-`;
    this.#log = logger;
    this.#listeners = new Listeners(logger);
    const events: LinkEvents = {
      channels: () => [...this.#probeChannels(), ...this.#listeners.groups().map((group) => this.#channelOf(group))],
      message: (channel, payload) => this.#receive(channel, payload),
      ready: () => this.#ready(),
      trouble: (error) => this.#onTrouble(error),
    };
    const urls = url.split(',').map((part) => part.trim());
    this.#link = urls.length > 1 ? openClusterLink(urls, events) : openLink(url, events);
    this.presence = openRedisPresence(this.#link, prefix, now);
    this.limits = openRedisLimits(this.#link, prefix);
    this.texts = openRedisTexts(this.#link, prefix, this.#envelopes);
  }

  #channelOf(group: GroupId): string {
    return `${this.#prefix}:{${group}}`;
  }

  #probeChannels(): string[] {
    return this.#link.probeChannels((i) => `${this.#probePrefix}${i}}`);
  }

  #groupOf(channel: string): GroupId {
    return asGroupId(channel.slice(this.#prefix.length + 2, -1));
  }

  async firstConnection(): Promise<void> {
    const timer = setTimeout(this.#connected.resolve, FIRST_CONNECTION_MS);
    await this.#connected.promise;
    clearTimeout(timer);
  }

  publish(event: BusEvent): void {
    if (this.#closed) return;
    this.#listeners.deliver(event);
    this.#send(event);
  }

  #send(event: BusEvent): void {
    const channel = this.#channelOf(event.group);
    this.#link.publish(channel, this.#envelopes.seal(channel, encode(event))).catch(() => this.#unsent.add(event));
  }

  /** Sends what could not be sent before: processes whose connections were not lost do not know that they missed events. */
  #sendUnsent(): void {
    for (const event of this.#unsent.take()) this.#send(event);
  }

  async subscribe(group: GroupId, listener: Listener): Promise<() => void> {
    if (this.#closed) return () => {};
    const remove = this.#listeners.add(group, listener);
    const subscription = this.#subscriptions.get(group) ?? this.#link.subscribe(this.#channelOf(group));
    this.#subscriptions.set(group, subscription);
    await subscription;
    return () => {
      remove();
      if (this.#listeners.has(group) || !this.#subscriptions.delete(group)) return;
      this.#link.unsubscribe(this.#channelOf(group));
    };
  }

  onGap(callback: () => void): () => void {
    const own = () => callback();
    this.#gapCallbacks.add(own);
    return () => this.#gapCallbacks.delete(own);
  }

  isUp(): boolean {
    return !this.#closed && this.#link.isReady() && this.#lostProbes === 0;
  }

  async ping(): Promise<void> {
    const channels = this.#link.isReady() ? this.#probeChannels() : [];
    if (channels.length === 0) throw new Error('Redis is not connected');
    try {
      await Promise.all(channels.map((channel) => this.#probe(channel)));
      this.#lostProbes = 0;
      this.#sendUnsent();
    } catch (error) {
      this.#probeLost();
      throw error;
    }
  }

  async #probe(channel: string): Promise<void> {
    const probe = randomBytes(8).toString('hex');
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(new Error(`no response from Redis within ${ROUND_TRIP_MS} ms`)), ROUND_TRIP_MS);
    this.#probes.set(probe, resolve);
    try {
      await Promise.all([promise, this.#link.publish(channel, probe)]);
    } finally {
      clearTimeout(timer);
      this.#probes.delete(probe);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#listeners.clear();
    this.#gapCallbacks.clear();
    await this.#link.close();
  }

  #receive(channel: string, payload: string): void {
    if (channel.startsWith(this.#probePrefix)) this.#probes.get(payload)?.();
    else this.#onMessage(channel, payload);
  }

  #onMessage(channel: string, payload: string): void {
    if (payload.startsWith(`${this.#sender} `)) return;
    const text = this.#envelopes.open(channel, payload);
    const event = text === undefined ? undefined : decode(text, this.#groupOf(channel));
    if (event) this.#listeners.deliver(event);
  }

  #ready(): void {
    this.#lostProbes = 0;
    if (this.#isDown) this.#log?.info({}, 'Redis is available again');
    this.#isDown = false;
    this.#connected.resolve();
    this.#sendUnsent();
    for (const callback of this.#gapCallbacks) callback();
  }

  /** Logs once per outage, not per reconnection attempt. */
  #onTrouble(error: Error): void {
    if (this.#isDown || this.#closed) return;
    this.#isDown = true;
    this.#log?.warn({ reason: error.message }, 'Redis is not available: events of other processes are delayed until it is');
  }

  #probeLost(): void {
    this.#lostProbes += 1;
    if (this.#closed || this.#lostProbes % PROBES_BEFORE_RECONNECT !== 0 || !this.#link.isReady()) return;
    this.#onTrouble(new Error('probes were lost'));
    this.#link.reconnect();
  }
}
