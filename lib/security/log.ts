import type { Directory, SecurityLog } from '../core.ts';
import { type Random, randomId, type UserId } from '../ids.ts';
import type { Logger } from '../logger.ts';
import type { Meters } from '../metrics/meters.ts';
import { currentRequest, runOutsideRequest } from '../request-scope.ts';
import type { Store } from '../store/port.ts';
import { isFailure, keptOf, SERVER, type SecurityEvent, type SecurityRecord, type SecurityVia } from './event.ts';
import type { SecurityStore } from './port.ts';

const MAX_DETAIL = 200;
/**
 * Failed log-ins are stored this much later, ms: a known name, whose failure is stored, must not be answered later than an unknown one, even if
 * the store blocks the process for a moment.
 */
const STORE_FAILURES_AFTER_MS = 500;
/** Time between attempts when the store does not answer, ms, and how many records wait for it. */
const RETRY_MS = 2000;
const MAX_WAITING = 1000;
/** Records per call of the store, which may take a limited time. */
const BATCH = 50;

type Parts = {
  readonly store: Pick<Store, 'security'>;
  readonly directory: Directory;
  readonly logger: Logger;
  readonly meters: Pick<Meters, 'securityEvents'>;
  readonly now: () => number;
  readonly random: Random;
  /** How acts outside a request are done. */
  readonly via: Extract<SecurityVia, 'cli' | 'server'>;
};

/** Counts, logs and stores security events. They are stored in the background: no request waits for it, and none fails because of it. */
export function openSecurityLog(parts: Parts): SecurityLog {
  const { store, logger, meters, now, random, via } = parts;
  let waiting: SecurityRecord[] = [];
  let timer: NodeJS.Timeout | undefined;
  let due = Number.POSITIVE_INFINITY;
  let writing: Promise<void> = Promise.resolve();
  let count = 0;

  const writeAll = async (): Promise<void> => {
    const records = waiting;
    waiting = [];
    try {
      if (records.length > 0) await storeAll(store.security, records);
    } catch (err) {
      logger.warn({ err, count: records.length }, 'security events are not stored yet');
      waiting = [...records, ...waiting].slice(-MAX_WAITING);
      writeIn(RETRY_MS);
    }
  };
  const writeNow = (): Promise<void> => {
    clearTimeout(timer);
    due = Number.POSITIVE_INFINITY;
    writing = writing.then(writeAll);
    return writing;
  };
  const writeIn = (ms: number): void => {
    if (performance.now() + ms >= due) return;
    clearTimeout(timer);
    due = performance.now() + ms;
    timer = runOutsideRequest(() => setTimeout(() => void writeNow(), ms).unref());
  };
  const newId = (): string => String(count++).padStart(8, '0') + randomId(random, 10);

  return {
    record(happened) {
      meters.securityEvents[happened.event] += 1;
      if (happened.event === 'login_throttled') return; // the answer costs next to nothing, and so must the record
      const common = { ...commonOf(happened, via), at: now() };
      void log(parts, common);
      const owners = new Set([SERVER, ...[common.user, common.by].flatMap((id) => id ?? [])]);
      waiting.push(...[...owners].map((owner) => ({ ...common, owner, id: newId() })));
      if (waiting.length > MAX_WAITING) waiting = waiting.slice(-MAX_WAITING);
      writeIn(isFailure(common) ? STORE_FAILURES_AFTER_MS : 0);
    },
    idle: writeNow,
  };
}

async function storeAll(security: SecurityStore, records: readonly SecurityRecord[]): Promise<void> {
  for (let at = 0; at < records.length; at += BATCH) await security.insert(records.slice(at, at + BATCH));
  const lists = Map.groupBy(records, (record) => `${record.owner} ${isFailure(record)}`);
  for (const [first] of lists.values()) if (first) await security.trim(first.owner, isFailure(first), keptOf(first));
}

function commonOf({ event, user, detail, by }: SecurityEvent, via: SecurityVia): Omit<SecurityRecord, 'owner' | 'id' | 'at'> {
  const request = currentRequest();
  return {
    event,
    user: user ?? null,
    by: by ?? request?.actor?.user ?? null,
    via: request ? (request.actor?.via ?? 'browser') : via,
    address: request?.address ?? null,
    detail: detail === undefined ? null : detail.slice(0, MAX_DETAIL),
  };
}

/** Writes one line; `by` only if it is somebody else. Never rejects. */
async function log({ directory, logger }: Parts, { event, user, by, via, address, detail }: ReturnType<typeof commonOf>): Promise<void> {
  const ids = [user, by].flatMap((id) => id ?? []);
  const profiles = await directory.profiles(ids).catch(() => new Map<UserId, { readonly name: string }>());
  const named = (id: UserId) => ({ id, name: profiles.get(id)?.name ?? null });
  logger.info(
    {
      event,
      ...(user === null ? {} : { user: named(user) }),
      ...(by === null || by === user ? {} : { by: named(by) }),
      ...{ via, address },
      ...(detail === null ? {} : { detail }),
    },
    'security event',
  );
}
