import { DomainError } from '../errors.ts';
import { t } from '../language/text.ts';
import { networkOf } from '../network.ts';

/** Limits on the bodies of requests by people who are not logged in. */
export type BodyLimits = {
  /** Of one body: enough for every form before the log-in. */
  readonly maxBytes: number;
  /** How long one body may take to arrive. */
  readonly withinMs: number;
  /** Of all bodies that are arriving at this process. */
  readonly maxTotalBytes: number;
  /** Of those from one network (see networkOf). */
  readonly maxNetworkBytes: number;
};

export const BODY_LIMITS: BodyLimits = {
  maxBytes: 16_384,
  withinMs: 10_000,
  maxTotalBytes: 16_777_216,
  maxNetworkBytes: 2_097_152,
};

/** The memory of one body that is arriving. `refused` rejects (`unavailable`) when the memory is needed for another body. */
type Hold = {
  /** Counts further bytes of memory, and refuses the bodies that have been arriving longest if there are too many bytes. */
  take(bytes: number): void;
  readonly refused: Promise<never>;
  release(): void;
};

/** Counts the memory of the bodies that people who are not logged in are sending to this process. */
export type BodyBudget = { readonly limits: BodyLimits; hold(address: string): Hold };

/** Bodies in the order of their start. */
type Network = { bytes: number; readonly bodies: Set<Body> };
type Body = { bytes: number; readonly network: string; readonly refuse: () => void };

/**
 * Opens a budget. When a limit is reached, the body that has been arriving longest is refused, of the network that holds most: a form that arrives in
 * one piece is read even while others send theirs slowly.
 */
export function openBodyBudget(given: Partial<BodyLimits> = {}): BodyBudget {
  const limits = { ...BODY_LIMITS, ...given };
  const networks = new Map<string, Network>();
  let total = 0;

  const remove = (body: Body): void => {
    const network = networks.get(body.network);
    if (!network?.bodies.delete(body)) return;
    network.bytes -= body.bytes;
    total -= body.bytes;
    if (network.bodies.size === 0) networks.delete(body.network);
  };
  const refuseOldest = (network: Network | undefined): void => {
    const [oldest] = network?.bodies ?? [];
    if (!oldest) return;
    remove(oldest);
    oldest.refuse();
  };
  const heaviest = (): Network | undefined => {
    let most: Network | undefined;
    for (const network of networks.values()) if (network.bytes > (most?.bytes ?? -1)) most = network;
    return most;
  };

  return {
    limits,
    hold(address) {
      const { promise, reject } = Promise.withResolvers<never>();
      promise.catch(() => {}); // a body may end without anybody waiting
      const refusal = t`Too many forms are arriving at once. Send it again in a moment.`; // in the language of this request: another one may refuse it
      const refuse = (): void => reject(new DomainError('unavailable', refusal, { retryAfterMs: 5000 }));
      const body: Body = { bytes: 0, network: networkOf(address), refuse };
      const network = networks.get(body.network) ?? { bytes: 0, bodies: new Set() };
      networks.set(body.network, network);
      network.bodies.add(body);
      const take = (bytes: number): void => {
        if (!network.bodies.has(body)) return;
        body.bytes += bytes;
        network.bytes += bytes;
        total += bytes;
        while (network.bytes > limits.maxNetworkBytes) refuseOldest(network);
        while (total > limits.maxTotalBytes) refuseOldest(heaviest());
      };
      return { take, refused: promise, release: () => remove(body) };
    },
  };
}
