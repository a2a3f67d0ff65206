import type { Appender, Indexer, Passwords, Thumbnailer } from '../core.ts';
import { lazily } from '../lazily.ts';
import type { openAppender } from '../log/appender.ts';
import type { Logger } from '../logger.ts';
import type { LogIndexer } from '../search/indexer.ts';

/** Loads bcrypt at the first password: most CLI commands need none. */
export function lazyPasswords(cost: number): Passwords {
  const { open } = lazily(async () => (await import('../accounts/password.ts')).openPasswords(cost));
  return {
    hash: async (...input) => (await open()).hash(...input),
    verify: async (...input) => (await open()).verify(...input),
  };
}

/** Loads the thumbnailer at the first image. */
export function lazyThumbnailer(logger: Logger): Thumbnailer {
  const { open, opened, settled } = lazily(async () => (await import('../files/thumbnails.ts')).openThumbnailer(logger));
  return {
    create: async (...image) => (await open()).create(...image),
    square: async (...image) => (await open()).square(...image),
    close: () => void settled().then(() => opened()?.close()),
  };
}

/** A part that a server loads before the first request, since a module cannot be loaded without a free file handle. */
type Preloaded = { load(): Promise<void> };

/** Loads the writers of logs at the first entry: most CLI commands write none. Entries that wait for it keep their order. */
export function lazyAppender(dependencies: Parameters<typeof openAppender>[0]): Appender & Preloaded {
  const { open, opened, settled } = lazily(async () => (await import('../log/appender.ts')).openAppender(dependencies));
  return {
    append: (...input) => opened()?.append(...input) ?? open().then((appender) => appender.append(...input)),
    async idle() {
      await settled();
      await opened()?.idle();
    },
    load: async () => void (await open()),
  };
}

/** Loads the indexer when it starts, or at the first search. Entries before that need no note: it then compares with the logs themselves. */
export function lazyIndexer(dependencies: ConstructorParameters<typeof LogIndexer>[0]): Indexer & Preloaded {
  const { open, opened, settled } = lazily(async () => new (await import('../search/indexer.ts')).LogIndexer(dependencies));
  return {
    note: (group) => opened()?.note(group),
    catchUp: async (groups) => (await open()).catchUp(groups),
    start: async () => (await open()).start(),
    async stop() {
      await settled();
      await opened()?.stop();
    },
    load: async () => void (await open()),
  };
}
