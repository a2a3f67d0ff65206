import { registerCompletionHandler, type TestFn } from 'ava';
import {
  freshDatabase,
  isMissing,
  type Missing,
  mongoService,
  present,
  redisService,
  requireOrSkip,
  type Service,
  type ServiceOptions,
} from './services.ts';

/** MongoDB and Redis for the tests of one file; stopped after them. */
type SharedServices = {
  readonly mongo: Service | Missing;
  readonly redis: Service | Missing;
  /** Registers tests that need both. */
  readonly shared: ReturnType<typeof requireOrSkip>;
  /** The environment of servers that share a new database and the Redis server. For the inside of tests. */
  freshEnv(): { readonly MONGODB_URL: string; readonly REDIS_URL: string };
};

/** `redis`: the options of the Redis server. */
export async function sharedServices(test: TestFn, options: { readonly redis?: ServiceOptions } = {}): Promise<SharedServices> {
  const [mongo, redis] = await Promise.all([mongoForFile(), redisService(options.redis).then(stopAtEnd)]);
  return {
    mongo,
    redis,
    shared: requireOrSkip(test, mongo, redis),
    freshEnv: () => ({ MONGODB_URL: freshDatabase(present(mongo)), REDIS_URL: present(redis).url }),
  };
}

/** The MongoDB server for the tests of one file; stopped after them. */
export const mongoForFile = async (): Promise<Service | Missing> => stopAtEnd(await mongoService());

/** Not by a hook: ava refuses hooks and tests that are declared after anything was awaited since the first one. */
function stopAtEnd(service: Service | Missing): Service | Missing {
  if (!isMissing(service)) registerCompletionHandler(() => void service.stop());
  return service;
}
