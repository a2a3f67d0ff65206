import { type Db, MongoClient, type MongoClientOptions } from 'mongodb';
import type { OnFault } from '../../errors.ts';
import type { OnStep, SchemaState } from '../migration.ts';
import { StoreMissing } from '../missing.ts';
import type { Store } from '../port.ts';
import { credentialStore } from './accounts/credentials.ts';
import { addressStore, linkStore, mailStore } from './accounts/mail.ts';
import { oauthClientStore, oauthGrantStore } from './accounts/oauth.ts';
import { appender } from './appending.ts';
import { backupStore } from './backup.ts';
import { collectionsOf, isSetUp } from './collections.ts';
import { cursorStore } from './cursors.ts';
import { deliveryStore } from './deliveries.ts';
import { unavailableBy } from './faults.ts';
import { contentKeyStore, fileRecords, fileStore } from './files.ts';
import { fileContent } from './files-content.ts';
import { groupStore } from './groups/groups.ts';
import { removalStore } from './groups/removals.ts';
import { createHeads } from './heads.ts';
import { logReads } from './log.ts';
import { membershipStore } from './memberships.ts';
import { mentionCounts } from './mentions.ts';
import { commandStore } from './messages/commands.ts';
import { ephemeralStore } from './messages/ephemerals.ts';
import { followStore } from './messages/follows.ts';
import { savedStore } from './messages/saved.ts';
import { scheduledStore } from './messages/scheduled.ts';
import { migrate, schemaOf } from './migrate.ts';
import { pushStore } from './push.ts';
import { rewriteStore, scrubbing } from './scrubbing.ts';
import { searchStore } from './search.ts';
import { securityStore } from './security.ts';
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
  /** Called before each step by which an older database is migrated. */
  readonly onStep?: OnStep;
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
 * Opens the store on MongoDB, migrated to the current schema. Rejects with StoreUnavailable, which names the cause, when the server does not answer or
 * the driver does not take `url`.
 */
export async function openMongo({
  url,
  serverSelectionTimeoutMs = 2000,
  mustExist = false,
  onFault = () => {},
  onStep = () => {},
}: MongoOptions): Promise<Store> {
  const limits = limitsOf(serverSelectionTimeoutMs);
  const timeoutMs = serverSelectionTimeoutMs + 500;
  await setUp(url, limits, { timeoutMs, mustExist, onStep });
  const client = clientOf(url, { ...limits, socketTimeoutMS: serverSelectionTimeoutMs });
  return storeOn(client, url, { timeoutMs, onFault });
}

const limitsOf = (ms: number): MongoClientOptions => ({ serverSelectionTimeoutMS: ms, connectTimeoutMS: ms, waitQueueTimeoutMS: ms });

/** What opening the database would do to its schema. Changes nothing. Rejects with StoreMissing when it has no collections of Parley, else as `openMongo`. */
export async function readMongoSchema(url: string): Promise<SchemaState> {
  const client = clientOf(url, limitsOf(SCHEMA_WAIT_MS));
  try {
    await answer(() => client.connect(), SCHEMA_WAIT_MS);
    if (!(await answer(() => isSetUp(database(client, url)), SCHEMA_WAIT_MS))) throw new StoreMissing('MONGODB_URL');
    return await answer(() => schemaOf(database(client, url)), SCHEMA_WAIT_MS);
  } finally {
    await client.close();
  }
}

const SCHEMA_WAIT_MS = 30_000;
const MIGRATION_WAIT_MS = 24 * 3_600_000;

/** On a separate connection with a long timeout: indexing a large log takes longer than any request may. */
async function setUp(
  url: string,
  limits: MongoClientOptions,
  { timeoutMs, mustExist, onStep }: { readonly timeoutMs: number } & Required<Pick<MongoOptions, 'mustExist' | 'onStep'>>,
): Promise<void> {
  const client = clientOf(url, limits);
  try {
    await answer(() => client.connect(), timeoutMs);
    if (mustExist && !(await answer(() => isSetUp(database(client, url)), timeoutMs))) throw new StoreMissing('MONGODB_URL');
    await answer(() => migrate(database(client, url), undefined, onStep), MIGRATION_WAIT_MS);
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
    now: async () => ((await database(client, url).command({ hello: 1 })) as { localTime: Date }).localTime.getTime(),
    size: () => bytesOf(database(client, url)),
    flush: heads.flush,
    close: () => client.close(),
  });
  return {
    kind: 'mongo',
    settings: guard(settingStore(collections)),
    users: guard(userStore(collections)),
    sessions: guard(sessionStore(collections)),
    tokens: guard(tokenStore(collections)),
    credentials: guard(credentialStore(collections)),
    groups: guard(groupStore(collections, timeoutMs)),
    removals: guard(removalStore(collections)),
    memberships: guard(membershipStore(collections, timeoutMs)),
    log: {
      ...guard({ ...logReads(collections, heads), ...mentionCounts(collections), ...scrubbing(collections) }),
      append: appender(collections, heads, { timeoutMs, onFault }),
    },
    cursors: guard(cursorStore(collections)),
    saved: guard(savedStore(collections)),
    follows: guard(followStore(collections)),
    commands: guard(commandStore(collections)),
    ephemerals: guard(ephemeralStore(collections)),
    scheduled: guard(scheduledStore(collections)),
    files: fileStore(guard(fileRecords(collections)), fileContent(database(client, url))),
    contentKeys: guard(contentKeyStore(collections)),
    rewrite: guard(rewriteStore(collections)),
    webhooks: guard(webhookStore(collections)),
    deliveries: guard(deliveryStore(collections)),
    push: guard(pushStore(collections)),
    security: guard(securityStore(collections)),
    addresses: guard(addressStore(collections)),
    links: guard(linkStore(collections)),
    mails: guard(mailStore(collections)),
    oauthClients: guard(oauthClientStore(collections)),
    oauthGrants: guard(oauthGrantStore(collections)),
    search: guard(searchStore(collections)),
    backup: backupStore(collections, heads, guard),
    size: lifecycle.size,
    ping: lifecycle.ping,
    now: lifecycle.now,
    async close() {
      await lifecycle.flush().catch(() => {});
      await lifecycle.close().catch(() => {});
    },
  };
}

/** Of all collections but those with the content of files. */
async function bytesOf(db: Db): Promise<number> {
  const [all, content] = await Promise.all([db.stats(), contentBytes(db)]);
  return Number(all.storageSize ?? 0) + Number(all.indexSize ?? 0) - content;
}

async function contentBytes(db: Db): Promise<number> {
  const [stats] = await db
    .collection('fs.chunks')
    .aggregate<{ readonly storageStats?: { readonly storageSize?: number } }>([{ $collStats: { storageStats: {} } }])
    .toArray()
    .catch(() => []); // a server without this stage, or without files
  return stats?.storageStats?.storageSize ?? 0;
}

/** The driver's own default would be `test`. */
function database(client: MongoClient, url: string) {
  const isNamed = /^mongodb(\+srv)?:\/\/[^/]+\/[^?]/.test(url);
  return client.db(isNamed ? undefined : 'parley');
}
