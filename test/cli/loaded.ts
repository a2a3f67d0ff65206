import { subscribe } from 'node:diagnostics_channel';
import { registerHooks } from 'node:module';
import { isMainThread } from 'node:worker_threads';

/*
 * Loaded before a command (`node --import`): tells on standard error, a line of JSON each time, which packages and files of lib are loaded, and
 * whether fetch is (undici, which Node.js loads when it is first needed), when the process listens and when it ends. Its threads tell nothing.
 */
const packages = new Set<string>();
const files = new Set<string>();
const lib = new URL('../../lib/', import.meta.url).href;
registerHooks({
  load: (url, context, next) => {
    const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
    if (name !== undefined) packages.add(name);
    if (url.startsWith(lib)) files.add(url.slice(lib.length));
    return next(url, context);
  },
});

function report(at: 'listening' | 'end'): void {
  const { moduleLoadList } = process as unknown as { moduleLoadList: readonly string[] };
  const hasFetch = moduleLoadList.some((name) => name.includes('undici'));
  process.stderr.write(`${JSON.stringify({ at, packages: [...packages].sort(), files: [...files], hasFetch })}\n`);
}

if (isMainThread) {
  subscribe('tracing:net.server.listen:asyncEnd', () => report('listening'));
  process.once('exit', () => report('end'));
}
