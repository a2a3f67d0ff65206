import { openDirectory } from '../../lib/accounts/directory.ts';
import type { Core } from '../../lib/core.ts';
import { StoreUnavailable } from '../../lib/errors.ts';
import { openAppender } from '../../lib/log/appender.ts';
import type { Entry } from '../../lib/log/entry.ts';
import type { Appended } from '../../lib/log/port.ts';
import { currentRequest } from '../../lib/request-scope.ts';
import type { Store } from '../../lib/store/port.ts';

/**
 * What happens to one append:
 * - `lost`: all is written, the answer does not come; `dropped`: nothing is written, no answer; `torn`: the first half is written, no answer.
 * - a function: it runs first, then the append goes on as if nothing were.
 */
type AppendFault = 'lost' | 'dropped' | 'torn' | (() => Promise<unknown>);

/** The faults of one store, set by a test while it runs. */
export class Faults {
  /** The faults of the next appends, in order; none once it is empty. */
  readonly appends: AppendFault[] = [];
  /** Every method rejects with StoreUnavailable. */
  isAway = false;
  /** The names of the log methods that were called. */
  readonly asked: string[] = [];
  /** The same with the id of the trace of the request that called them; undefined in the background. */
  readonly calls: { readonly name: string; readonly trace: string | undefined }[] = [];
  /** The batches that were appended. */
  readonly batches: (readonly Entry[])[] = [];
  #askedWhileAway: (() => void)[] = [];

  /** Resolves when the failing store rejects its next call. */
  refusal(): Promise<void> {
    return new Promise((resolve) => this.#askedWhileAway.push(resolve));
  }

  refuse(): StoreUnavailable {
    for (const resolve of this.#askedWhileAway.splice(0)) resolve();
    return new StoreUnavailable('away, as the test wants it');
  }
}

/** A real store whose responses are lost as `faults` says, at the moment that a test needs. */
export function faultyStore(store: Store, faults: Faults): Store {
  const {
    users,
    sessions,
    tokens,
    groups,
    memberships,
    settings,
    files,
    webhooks,
    deliveries,
    search,
    cursors,
    saved,
    scheduled,
    push,
    security,
  } = store;
  const log = { ...store.log, append: (group: Entry['group'], entries: readonly Entry[]) => append(store, faults, group, entries) };
  return {
    ...store,
    users: awayable(users, faults),
    sessions: awayable(sessions, faults),
    tokens: awayable(tokens, faults),
    groups: awayable(groups, faults),
    memberships: awayable(memberships, faults),
    settings: awayable(settings, faults),
    files: awayable(files, faults),
    cursors: awayable(cursors, faults),
    saved: awayable(saved, faults),
    scheduled: awayable(scheduled, faults),
    webhooks: awayable(webhooks, faults),
    deliveries: awayable(deliveries, faults),
    search: awayable(search, faults),
    push: awayable(push, faults),
    security: awayable(security, faults),
    log: { ...awayable(log, faults), append: log.append },
  };
}

/** The same core over a faulty store, with a writer of its own. */
export function faultyCore<C extends Core>(core: C, faults: Faults): C {
  const store = faultyStore(core.store, faults);
  return { ...core, store, directory: openDirectory({ store }), appender: openAppender({ ...core, store }) };
}

function awayable<T extends object>(methods: T, faults: Faults): T {
  return new Proxy(methods, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return async (...args: unknown[]) => {
        faults.asked.push(String(name));
        faults.calls.push({ name: String(name), trace: currentRequest()?.trace.trace });
        if (faults.isAway) throw faults.refuse();
        return Reflect.apply(method, target, args);
      };
    },
  });
}

async function append(store: Store, faults: Faults, group: Entry['group'], entries: readonly Entry[]): Promise<Appended> {
  faults.batches.push(entries);
  if (faults.isAway) {
    faults.refuse();
    return { written: 0, stopped: 'unknown' };
  }
  const fault = faults.appends.shift();
  if (typeof fault === 'function') await fault();
  if (fault === undefined || typeof fault === 'function') return store.log.append(group, entries);
  if (fault === 'lost') await store.log.append(group, entries);
  if (fault === 'torn') await store.log.append(group, entries.slice(0, Math.ceil(entries.length / 2)));
  return { written: 0, stopped: 'unknown' };
}

/** Replaces the store of a running core by a faulty one, in place. */
export function makeFaulty({ store }: Core, faults: Faults): void {
  Object.assign(store, faultyStore({ ...store }, faults));
}
