import { MongoClient, type MongoClientOptions } from 'mongodb';
import type { OnFault } from '../../errors.ts';
import { StoreMissing } from '../missing.ts';
import type { Store } from '../port.ts';
import { appender } from './appending.ts';
import { collectionsOf, createIndexes, isSetUp } from './collections.ts';
import { cursorStore } from './cursors.ts';
import { deliveryStore } from './deliveries.ts';
import { unavailableBy } from './faults.ts';
import { fileRecords, fileStore } from './files.ts';
import { fileContent } from './files-content.ts';
import { groupStore } from './groups.ts';
import { createHeads } from './heads.ts';
import { logReads } from './log.ts';
import { membershipStore } from './memberships.ts';
import { mentionCounts } from './mentions.ts';
import { pushStore } from './push.ts';
import { savedStore } from './saved.ts';
import { scrubbing } from './scrubbing.ts';
import { searchStore } from './search.ts';
import { sessionStore } from './sessions.ts';
import { settingStore } from './settings.ts';
import { answer, guarded } from './timeout.ts';
import { tokenStore } from './tokens.ts';
import { userStore } from './users.ts';
import { webhookStore } from './webhooks.ts';

type MongoOptions = {
  /** `mongodb://…/<database>`; without a database it is `parley`. Needs a replica set or a sharded cluster (retryable writes). */
  readonly url: string;
  /** Timeout of server selection and of one attempt. Every method resolves or rejects within 500 ms more. */
  readonly serverSelectionTimeoutMs?: number;
  /** Reject with StoreMissing when the database has no collections of Parley, instead of creating them. */
  readonly mustExist?: boolean;
  /** Called for each failure of the server or the driver. */
  readonly onFault?: OnFault;
};

// A write is acknowledged when the majority has journaled it, and a read sees only such writes, so neither is ever rolled back.
const DURABLE: MongoClientOptions = {
  appName: 'parley',
  writeConcern: { w: 'majority', journal: true },
  readConcern: { level: 'majority' },
  readPreference: 'primary',
  retryWrites: true,
  retryReads: true,
  ignoreUndefined: true,
};

/**
 * Opens the store on MongoDB and creates missing indexes. Rejects with StoreUnavailable, which names the cause, when the server does not answer or
 * the driver does not take `url`.
 */
export async function openMongo({
  url,
  serverSelectionTimeoutMs = 2000,
  mustExist = false,
  onFault = () => {},
}: MongoOptions): Promise<Store> {
  const limits = {
    serverSelectionTimeoutMS: serverSelectionTimeoutMs,
    connectTimeoutMS: serverSelectionTimeoutMs,
    waitQueueTimeoutMS: serverSelectionTimeoutMs,
  };
  const timeoutMs = serverSelectionTimeoutMs + 500;
  await setUp(url, limits, { timeoutMs, mustExist });
  const client = clientOf(url, { ...limits, socketTimeoutMS: serverSelectionTimeoutMs });
  return storeOn(client, url, { timeoutMs, onFault });
}

/** On a separate connection with a long timeout: indexing a large log takes longer than any request may. */
async function setUp(
  url: string,
  limits: MongoClientOptions,
  { timeoutMs, mustExist }: { readonly timeoutMs: number; readonly mustExist: boolean },
): Promise<void> {
  const client = clientOf(url, limits);
  try {
    await answer(() => client.connect(), timeoutMs);
    if (mustExist && !(await answer(() => isSetUp(database(client, url)), timeoutMs))) throw new StoreMissing('MONGODB_URL');
    await answer(() => createIndexes(database(client, url)), 600_000);
  } finally {
    await client.close();
  }
}

function clientOf(url: string, limits: MongoClientOptions): MongoClient {
  try {
    return new MongoClient(url, { ...DURABLE, ...limits });
  } catch (error) {
    throw unavailableBy(error) ?? error;
  }
}

type Limits = { readonly timeoutMs: number; readonly onFault: OnFault };

function storeOn(client: MongoClient, url: string, { timeoutMs, onFault }: Limits): Store {
  const collections = collectionsOf(database(client, url));
  const heads = createHeads(collections);
  const guard = <T extends object>(methods: T): T => guarded(methods, timeoutMs, onFault);
  const lifecycle = guard({
    ping: async () => void (await collections.settings.findOne({ _id: 'ping' })),
    flush: heads.flush,
    close: () => client.close(),
  });
  return {
    kind: 'mongo',
    settings: guard(settingStore(collections)),
    users: guard(userStore(collections)),
    sessions: guard(sessionStore(collections)),
    tokens: guard(tokenStore(collections)),
    groups: guard(groupStore(collections, timeoutMs)),
    memberships: guard(membershipStore(collections, timeoutMs)),
    log: {
      ...guard({ ...logReads(collections, heads), ...mentionCounts(collections), ...scrubbing(collections) }),
      append: appender(collections, heads, { timeoutMs, onFault }),
    },
    cursors: guard(cursorStore(collections)),
    saved: guard(savedStore(collections)),
    files: fileStore(guard(fileRecords(collections)), fileContent(database(client, url))),
    webhooks: guard(webhookStore(collections)),
    deliveries: guard(deliveryStore(collections)),
    push: guard(pushStore(collections)),
    search: guard(searchStore(collections)),
    ping: lifecycle.ping,
    async close() {
      await lifecycle.flush().catch(() => {});
      await lifecycle.close().catch(() => {});
    },
  };
}

/** The driver's own default would be `test`. */
function database(client: MongoClient, url: string) {
  const isNamed = /^mongodb(\+srv)?:\/\/[^/]+\/[^?]/.test(url);
  return client.db(isNamed ? undefined : 'parley');
}
