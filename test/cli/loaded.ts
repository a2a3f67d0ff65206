import { subscribe } from 'node:diagnostics_channel';
import { registerHooks } from 'node:module';
import { isMainThread } from 'node:worker_threads';

/*
 * Loaded before a command (`node --import`): tells on standard error, a line of JSON each time, which packages are loaded, and whether fetch
 * is (undici, which Node.js loads when it is first needed), when the process listens and when it ends. Its threads tell nothing.
 */
const packages = new Set<string>();
registerHooks({
  load: (url, context, next) => {
    const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
    if (name !== undefined) packages.add(name);
    return next(url, context);
  },
});

function report(at: 'listening' | 'end'): void {
  const { moduleLoadList } = process as unknown as { moduleLoadList: readonly string[] };
  const hasFetch = moduleLoadList.some((name) => name.includes('undici'));
  process.stderr.write(`${JSON.stringify({ at, packages: [...packages].sort(), hasFetch })}\n`);
}

if (isMainThread) {
  subscribe('tracing:net.server.listen:asyncEnd', () => report('listening'));
  process.once('exit', () => report('end'));
}
