import { AsyncLocalStorage } from 'node:async_hooks';
import type { UserId } from './ids.ts';
import { inLanguage } from './language/current.ts';
import type { Trace } from './trace.ts';

/** How long one write may wait for the store, ms. */
export const STORE_WAIT_MS = 2000;
/** How much longer one request may wait, all its calls together, ms. */
const REQUEST_REST_MS = 500;

/**
 * The time that one request has waited for the store; overlapping calls count once. The age of the request does not matter: an upload may take
 * minutes, and a log-in waits for its password hash.
 */
export class StoreWait {
  #waitedMs = 0;
  #pending = 0;
  #since = 0;
  #isOver = false;
  readonly #now: () => number;
  readonly #limitMs: number;

  /** `now`: a monotonic clock, ms; `writeMs`: how long one write may take. */
  constructor(now = () => performance.now(), writeMs = STORE_WAIT_MS) {
    this.#now = now;
    this.#limitMs = writeMs + REQUEST_REST_MS;
  }

  /** A call of the store begins. Returns the function that ends it. */
  begin(): () => void {
    if (this.#pending === 0) this.#since = this.#now();
    this.#pending += 1;
    return () => {
      this.#pending -= 1;
      if (this.#pending === 0) this.#waitedMs += this.#now() - this.#since;
    };
  }

  /** The timeout of the next call, ms: `limitMs`, or the rest of the request's time (2,500 ms) if that is less. 0 or less: the call must not be made. */
  limit(limitMs: number): number {
    if (this.#isOver) return limitMs;
    const pendingMs = this.#pending === 0 ? 0 : this.#now() - this.#since;
    return Math.min(limitMs, this.#limitMs - this.#waitedMs - pendingMs);
  }

  /** The response has started. Work that continues, such as a stream, is limited by the timeout of each call only. */
  end(): void {
    this.#isOver = true;
  }
}

/** What all code that runs for one request shares. */
type RequestScope = {
  readonly trace: Trace;
  readonly storeWait: StoreWait;
  /** Of the client, as configured (TRUST_PROXY). */
  readonly address: string;
  /** Who is logged in, once that is known. */
  actor?: Actor;
};

type Actor = { readonly user: UserId; readonly via: 'browser' | 'token' };

// The request that the current asynchronous context belongs to. Not shared state.
const current = new AsyncLocalStorage<RequestScope | undefined>();

/** Runs `work`, and what it starts, as one request of `trace` by the client at `address`. Its wait for the store is limited until `work` has settled. */
export async function runRequest<T>(trace: Trace, work: () => Promise<T>, address = '', writeMs = STORE_WAIT_MS): Promise<T> {
  const storeWait = new StoreWait(undefined, writeMs);
  try {
    return await inLanguage('en', () => current.run({ trace, storeWait, address }, work));
  } finally {
    storeWait.end();
  }
}

/** Runs `work`, and what it starts, without a request: for work that serves many requests. */
export const runOutsideRequest = <T>(work: () => T): T => inLanguage('en', () => current.run(undefined, work));

/** The request of the current asynchronous context. */
export const currentRequest = (): RequestScope | undefined => current.getStore();

/** Names who is logged in, for what the current request does. */
export function setActor(actor: Actor): void {
  const request = current.getStore();
  if (request) request.actor = actor;
}
