import { setTimeout as delay } from 'node:timers/promises';
import type { Streams } from './streams.ts';
import { dial, requestBytes, type Target, Wire } from './wire.ts';

export type PostPlan = {
  readonly target: Target;
  /** Paths to post to, in turn. */
  readonly paths: readonly string[];
  readonly body: string;
  /** POST by default; GET without the body. */
  readonly method?: 'GET';
  /** Each connection waits this long after a response, ms. */
  readonly pauseMs?: number;
  /** Maximum number of concurrent requests. */
  readonly connections: number;
  /**
   * With streams: maximum number of messages in flight, from the request until every stream of its group has it.
   * Undefined: each connection sends the next request after the response.
   */
  readonly underWay?: number;
  /** Number of streams that receive each message. */
  readonly audience: number;
  /** Ends after this time, or after `count` messages. */
  readonly forMs?: number;
  readonly count?: number;
};

/** `latencies`: ms from request to response, sorted. */
export type Posted = { readonly messages: number; readonly ms: number; readonly latencies: readonly number[] };

/** Posts messages as the plan says. */
export class Poster {
  readonly #plan: PostPlan;
  readonly #streams: Streams;
  readonly #requests: readonly Buffer[];
  readonly #free: Wire[] = [];
  readonly #latencies: number[] = [];
  readonly #before: number;
  #sent = 0;
  #answered = 0;
  #isOver = false;
  #end: { resolve: () => void; reject: (error: unknown) => void } | undefined;

  constructor(plan: PostPlan, streams: Streams) {
    this.#plan = plan;
    this.#streams = streams;
    this.#before = streams.delivered;
    this.#requests = plan.paths.map((path) =>
      plan.method === 'GET' ? requestBytes('GET', path, plan.target) : requestBytes('POST', path, plan.target, plan.body),
    );
  }

  async run(): Promise<Posted> {
    const { connections, target, forMs, audience } = this.#plan;
    for (let i = 0; i < connections; i += 1) this.#free.push(new Wire(await dial(target)));
    const wires = [...this.#free];
    const startedAt = performance.now();
    if (forMs !== undefined) setTimeout(() => this.#finish(), forMs);
    this.#streams.onDelivered = () => this.#pump();
    await new Promise<void>((resolve, reject) => {
      this.#end = { resolve, reject };
      this.#pump();
    });
    await this.#streams.until(this.#before + this.#sent * audience);
    const ms = performance.now() - startedAt;
    this.#streams.onDelivered = () => {};
    for (const wire of wires) wire.close();
    return { messages: this.#sent, ms, latencies: this.#latencies.sort((a, b) => a - b) };
  }

  #finish(): void {
    this.#isOver = true;
    if (this.#answered === this.#sent) this.#end?.resolve();
  }

  #pump(): void {
    while (!this.#isOver && this.#hasRoom()) {
      const wire = this.#free.pop();
      if (!wire) return;
      void this.#post(wire);
    }
  }

  #hasRoom(): boolean {
    const { underWay, audience } = this.#plan;
    if (underWay === undefined) return true;
    const everywhere = audience === 0 ? this.#answered : Math.floor((this.#streams.delivered - this.#before) / audience);
    return this.#sent - everywhere < underWay;
  }

  async #post(wire: Wire): Promise<void> {
    const request = this.#requests[this.#sent % this.#requests.length];
    this.#sent += 1;
    if (this.#sent === this.#plan.count) this.#isOver = true;
    if (!request) return;
    const startedAt = performance.now();
    try {
      const status = await wire.send(request);
      if (status >= 300) throw new Error(`a post was answered ${status}`);
    } catch (error) {
      this.#end?.reject(error);
      return;
    }
    this.#latencies.push(performance.now() - startedAt);
    this.#answered += 1;
    if (this.#isOver && this.#answered === this.#sent) return this.#end?.resolve();
    const { pauseMs } = this.#plan;
    if (pauseMs !== undefined) await delay(pauseMs);
    this.#free.push(wire);
    this.#pump();
  }
}
