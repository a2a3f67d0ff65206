import { setTimeout as delay } from 'node:timers/promises';
import type { Core } from '../../core.ts';
import { StoreUnavailable } from '../../errors.ts';
import type { UserId } from '../../ids.ts';
import type { Resolve } from '../../outbound/name-lookup.ts';
import { runOutsideRequest } from '../../request-scope.ts';
import { type Call, Slots } from './concurrency.ts';
import type { Delivery } from './deliveries-port.ts';
import { ACTION_EVENT, COMMAND_EVENT, INTEGRATION_EVENT, type Webhook } from './port.ts';
import { KEPT_MS, outcomeOf, type Result } from './retry.ts';

export type DeliveryOptions = {
  /** The time limit of a whole request, ms. */
  readonly callWithinMs?: number;
  /** How long a stopping server waits for requests in progress, ms. */
  readonly finishWithinMs?: number;
  /** Resolves host names; DNS by default. */
  readonly resolve?: Resolve;
};

const CALL_WITHIN_MS = 7000;
/** For the use of an action and a command, since a person waits. */
const ACTION_WITHIN_MS = 3000;
/** A claim expires after this time; then another process sends the delivery. */
export const LEASE_MS = 60_000;
const MAX_CLAIMED_AT_ONCE = 32;
const FINISH_WITHIN_MS = 4000;
/** The bounds of the timer for the next due delivery. */
const [MIN_TIMER_MS, MAX_TIMER_MS] = [20, 60_000];

/**
 * Sends deliveries, oldest first, as slots are free. The queue is only in the store, so that several processes share the work and nothing is lost
 * when one dies: its claims expire after LEASE_MS, and others send those deliveries.
 */
export class Deliveries {
  readonly #core: Core;
  readonly #options: DeliveryOptions;
  readonly #slots = new Slots();
  readonly #running = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  readonly #listening: readonly (() => void)[];
  #pumping: Promise<void> | undefined;
  #isWoken = false;
  #isClosing = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(core: Core, options: DeliveryOptions = {}) {
    this.#core = core;
    this.#options = options;
    // On SQLite, other processes that write send a signal; on MongoDB every server process sends what it writes.
    const others = core.store.signals?.listen(() => this.wake());
    this.#listening = [core.webhookCalls.onNotify(() => this.wake()), ...(others ? [others] : [])];
  }

  /** Schedules a check for due deliveries. */
  wake(): void {
    this.#isWoken = true;
    if (!this.#isClosing) this.#pumping ??= runOutsideRequest(() => this.#pump()); // what is recorded is English, whoever caused the call
  }

  /** Wakes, and removes expired deliveries. Errors: StoreUnavailable. */
  async sweep(): Promise<void> {
    this.wake();
    await this.#core.store.deliveries.sweep(this.#core.now() - KEPT_MS);
  }

  /** Resolves when nothing is due and no request is in progress. */
  async idle(): Promise<void> {
    while (this.#pumping || this.#running.size > 0) await Promise.all([this.#pumping, ...this.#running]);
  }

  /** Stops claiming; waits for requests in progress up to the time limit, then aborts them; another process repeats them. */
  async stop(): Promise<void> {
    this.#isClosing = true;
    for (const stop of this.#listening) stop();
    clearTimeout(this.#timer);
    const grace = new AbortController();
    const done = this.idle();
    const { finishWithinMs = FINISH_WITHIN_MS } = this.#options;
    await Promise.race([done, delay(finishWithinMs, undefined, { signal: grace.signal, ref: false }).catch(() => {})]);
    grace.abort();
    this.#stop.abort();
    await done;
  }

  async #pump(): Promise<void> {
    try {
      while (this.#isWoken && !this.#isClosing) {
        this.#isWoken = false;
        await this.#round();
      }
      if (!this.#isClosing) await this.#setTimer();
    } catch (error) {
      this.#core.logger.warn({ err: error }, 'reading due deliveries failed; the next sweep retries');
    } finally {
      this.#pumping = undefined;
      if (this.#isWoken && !this.#isClosing) this.wake();
    }
  }

  async #round(): Promise<void> {
    const { copyPending } = await import('./outbox.ts');
    await copyPending(this.#core);
    const refused = new Set<UserId>(); // until another request ends, which starts another round
    while (this.#slots.free > 0 && !this.#isClosing) {
      const limit = Math.min(this.#slots.free, MAX_CLAIMED_AT_ONCE);
      const { bots, groups } = this.#slots.waiting();
      const due = await this.#core.store.deliveries.due(this.#core.now(), limit, { bots: [...bots, ...refused], groups });
      if (due.length === 0) return;
      await Promise.all(due.map((delivery) => this.#begin(delivery, refused)));
    }
  }

  async #setTimer(): Promise<void> {
    const now = this.#core.now();
    const next = await this.#core.store.deliveries.nextDue(now);
    clearTimeout(this.#timer);
    if (next === undefined || this.#isClosing) return;
    this.#timer = setTimeout(() => this.wake(), Math.min(Math.max(next - now, MIN_TIMER_MS), MAX_TIMER_MS)).unref();
  }

  /** Resolves when the delivery is claimed and being sent, or when it has to wait: then its bot is added to `refused`. */
  async #begin(delivery: Delivery, refused: Set<UserId>): Promise<void> {
    const { store, now } = this.#core;
    const webhook = await store.webhooks.byBot(delivery.bot);
    const isOwn = delivery.event === INTEGRATION_EVENT; // of the action: where it goes is read later, so its bot stands for the destination
    const call = { origin: webhook && !isOwn ? originOf(webhook) : delivery.bot, bot: delivery.bot, group: delivery.group };
    if (!this.#slots.take(call)) return void refused.add(delivery.bot);
    const isClaimed = await store.deliveries.claim(delivery.id, delivery.rev, now() + LEASE_MS).catch((error) => {
      this.#slots.release(call, undefined);
      throw error;
    });
    if (!isClaimed) return this.#slots.release(call, undefined);
    const work = this.#carryOut({ ...delivery, rev: delivery.rev + 1 }, webhook, call);
    this.#running.add(work);
    void work.finally(() => {
      this.#running.delete(work);
      this.wake();
    });
  }

  /** Never rejects. If the outcome cannot be stored, the delivery is sent again when the claim expires. */
  async #carryOut(delivery: Delivery, webhook: Webhook | undefined, call: Call): Promise<void> {
    let isFailure: boolean | undefined;
    try {
      const result = await this.#attempt(delivery, webhook);
      isFailure = result.kind === 'failed' ? true : result.kind === 'delivered' ? false : undefined;
      const isOurs = await this.#core.store.deliveries.recordOutcome(
        delivery.id,
        delivery.rev,
        outcomeOf(delivery, result, this.#core.now()),
      );
      if (isOurs) this.#core.meters.called(result.kind);
      const { noteHealth } = await import('./health.ts');
      if (webhook && delivery.event !== INTEGRATION_EVENT) await noteHealth(this.#core, webhook, result);
    } catch (error) {
      this.#core.logger.warn({ err: error, delivery: delivery.id }, 'storing the outcome of a delivery failed; it will be sent again');
    } finally {
      this.#slots.release(call, isFailure);
    }
  }

  async #attempt(delivery: Delivery, webhook: Webhook | undefined): Promise<Result> {
    const { attempt } = await import('./attempt.ts'); // loads the HTTP client
    const { callWithinMs = CALL_WITHIN_MS, resolve } = this.#options;
    const isAwaited = delivery.event === ACTION_EVENT || delivery.event === COMMAND_EVENT;
    const timeoutMs = isAwaited ? Math.min(ACTION_WITHIN_MS, callWithinMs) : callWithinMs;
    const startedAt = this.#core.now();
    return attempt(this.#core, delivery, webhook, { timeoutMs, resolve, stop: this.#stop.signal }).catch((error): Result => {
      if (error instanceof StoreUnavailable) throw error;
      this.#core.logger.error({ err: error, delivery: delivery.id }, 'sending a delivery failed');
      return {
        kind: 'failed',
        attempt: { at: startedAt, status: null, ms: 0, error: 'The request could not be made; see the log of the server.', answer: null },
      };
    });
  }
}

/** The origin of a webhook: bots with the same origin share its slots. */
function originOf({ url }: Webhook): string {
  return URL.parse(url)?.origin ?? url;
}
