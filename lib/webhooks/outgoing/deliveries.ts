import { setTimeout as delay } from 'node:timers/promises';
import type { Core } from '../../core.ts';
import { StoreUnavailable } from '../../errors.ts';
import type { UserId } from '../../ids.ts';
import type { Resolve } from '../../outbound/name-lookup.ts';
import { type Call, Slots } from './concurrency.ts';
import type { Delivery } from './deliveries-port.ts';
import type { Webhook } from './port.ts';
import { KEPT_MS, outcomeOf, type Result } from './retry.ts';

export type DeliveryOptions = {
  /** How long a call may take in all. */
  readonly callWithinMs?: number;
  /** How long a stopping server waits for calls under way. */
  readonly finishWithinMs?: number;
  /** How names are looked up; by DNS unless a test says otherwise. */
  readonly resolve?: Resolve;
};

const CALL_WITHIN_MS = 7000;
/** Whoever has claimed a delivery must be done by then; else somebody sends it again. */
export const LEASE_MS = 60_000;
const MAX_CLAIMED_AT_ONCE = 32;
const FINISH_WITHIN_MS = 4000;
/** A timer waits no longer and no shorter than this, whatever is due: it only wakes, and then the clock is asked. */
const [SHORTEST_MS, LONGEST_MS] = [20, 60_000];

/**
 * Calls bots, oldest delivery first, as places are free. What is to be sent is in the store alone, so that several processes share the work and one
 * that dies loses none of it: its claims run out after LEASE_MS, and others send what it did not.
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
    // On SQLite, others that write beside this process say so; elsewhere who writes also sends.
    const others = core.store.signals?.listen(() => this.wake());
    this.#listening = [core.webhookCalls.onNotify(() => this.wake()), ...(others ? [others] : [])];
  }

  /** Looks for what is due, soon. */
  wake(): void {
    this.#isWoken = true;
    if (!this.#isClosing) this.#pumping ??= this.#pump();
  }

  /** Wakes, and removes what was finished long ago. */
  async sweep(): Promise<void> {
    this.wake();
    await this.#core.store.deliveries.sweep(this.#core.now() - KEPT_MS);
  }

  /** Resolves when nothing is due and no call is under way. */
  async idle(): Promise<void> {
    while (this.#pumping || this.#running.size > 0) await Promise.all([this.#pumping, ...this.#running]);
  }

  /** Claims nothing more; waits a little for calls under way, then breaks them off, to be made again by another process. */
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
      this.#core.logger.warn({ err: error }, 'deliveries could not be looked for; the sweep will try again');
    } finally {
      this.#pumping = undefined;
      if (this.#isWoken && !this.#isClosing) this.wake();
    }
  }

  async #round(): Promise<void> {
    const { copyPending } = await import('./outbox.ts');
    await copyPending(this.#core);
    const refused = new Set<UserId>(); // until another call is over, which begins another round
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
    this.#timer = setTimeout(() => this.wake(), Math.min(Math.max(next - now, SHORTEST_MS), LONGEST_MS)).unref();
  }

  /** Resolves when the delivery is claimed and under way, or when it has to wait: then its bot is among `refused`. */
  async #begin(delivery: Delivery, refused: Set<UserId>): Promise<void> {
    const { store, now } = this.#core;
    const webhook = await store.webhooks.byBot(delivery.bot);
    const call = { origin: webhook ? originOf(webhook) : delivery.bot, bot: delivery.bot, group: delivery.group };
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

  /** Never rejects. What cannot be written is found again when the claim runs out. */
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
      if (webhook) await noteHealth(this.#core, webhook, result);
    } catch (error) {
      this.#core.logger.warn({ err: error, delivery: delivery.id }, 'what came of a delivery is not known; it will be sent again');
    } finally {
      this.#slots.release(call, isFailure);
    }
  }

  async #attempt(delivery: Delivery, webhook: Webhook | undefined): Promise<Result> {
    const { attempt } = await import('./attempt.ts'); // with it comes all that speaks to others
    const { callWithinMs: timeoutMs = CALL_WITHIN_MS, resolve } = this.#options;
    const startedAt = this.#core.now();
    return attempt(this.#core, delivery, webhook, { timeoutMs, resolve, stop: this.#stop.signal }).catch((error): Result => {
      if (error instanceof StoreUnavailable) throw error;
      this.#core.logger.error({ err: error, delivery: delivery.id }, 'a delivery could not be made');
      return {
        kind: 'failed',
        attempt: { at: startedAt, status: null, ms: 0, error: 'It could not be made: the log of the server says why.', answer: null },
      };
    });
  }
}

/** Bots at one address share its places. */
function originOf({ url }: Webhook): string {
  return URL.parse(url)?.origin ?? url;
}
