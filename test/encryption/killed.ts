/**
 * Converts the store that the environment names with the keys of ENCRYPTION_KEYS, and is killed by SIGKILL at the step that its argument numbers:
 * `node test/encryption/killed.ts 12`. A step is one text that is changed, one piece of a file, or the moment before or after one call of the store.
 */
import { readConfig } from '../../lib/config.ts';
import { convert, readProgress } from '../../lib/encryption/conversion.ts';
import { openCore } from '../../lib/open-core.ts';
import type { Store } from '../../lib/store/port.ts';

const core = await openCore(readConfig(), { role: 'visitor', storeWaitMs: 30_000 });
if (!core.encryption) throw new Error('no keys');
const { raw, keyring } = core.encryption;

let left = Number(process.argv[2]);
function step(): void {
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
}

async function* piecewise(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of source) {
    step();
    yield piece;
  }
}

/** An argument with a step in each of its own steps. */
function stepping(argument: unknown): unknown {
  if (typeof argument === 'object' && argument !== null && Symbol.asyncIterator in argument)
    return piecewise(argument as AsyncIterable<Uint8Array>);
  if (typeof argument !== 'function') return argument;
  return (...args: unknown[]) => {
    step();
    return argument(...args);
  };
}

const WATCHED: readonly (keyof Store)[] = ['rewrite', 'files', 'contentKeys', 'settings'];

const watched = <T extends object>(part: T): T =>
  new Proxy(part, {
    get(target, name) {
      const method = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return async (...args: unknown[]) => {
        step();
        const result = await method.apply(target, args.map(stepping));
        step();
        return result;
      };
    },
  });

const store = { ...raw, ...Object.fromEntries(WATCHED.map((name) => [name, watched(raw[name] as object)])) };
await convert(store, keyring, await readProgress(raw), { by: `${process.pid}`, now: core.now, step: async () => {} });
await core.close();
