import type { Core } from '../core.ts';
import type { Group } from '../groups/port.ts';
import { Tail } from '../live/tail.ts';
import type { Entry } from '../log/entry.ts';
import { fold } from '../log/fold.ts';
import { withholdErased } from '../log/withhold.ts';
import { entryJson, entryText, type MessageLocation } from '../messages/presenter.ts';
import { contextOfLines } from '../messages/threads/context.ts';
import type { Session } from './command.ts';
import { findGroup } from './lookup.ts';

export type TailOptions = { readonly lines: number; readonly follow?: true };

/** Poll interval of the log. With Redis, polling only catches what the bus loses. */
const POLL_MS = 150;
const POLL_WITH_BUS_MS = 1000;
const WINDOW = 200;

/** Prints the last `lines` messages and every entry after the first of them; with `follow`, also new entries until the process is interrupted. */
export async function tail({ core, out }: Session, slug: string, { lines, follow }: TailOptions): Promise<void> {
  const group = await findGroup(core, slug);
  const printer = new Printer(core, group, out.json);
  const head = await core.store.log.head(group.id);
  const stop = stopSignal();
  let seq = (await firstSeq(core, group, head.n, lines)) - 1;
  while (seq < head.seq && !stop.aborted) {
    const entries = await core.store.log.range(group.id, seq + 1, Math.min(seq + WINDOW, head.seq));
    if (entries.length === 0) break;
    await printer.print(entries);
    seq = entries.at(-1)?.seq ?? head.seq;
  }
  if (follow && !stop.aborted) await followFrom(core, group, seq, printer, stop);
}

/** The seq of the oldest of the last `count` messages; past the end for 0. */
async function firstSeq(core: Core, group: Group, n: number, count: number): Promise<number> {
  if (count > n) return 1;
  if (count === 0) return (await core.store.log.head(group.id)).seq + 1;
  const [first] = await core.store.log.messages(group.id, n - count + 1, n - count + 1);
  return first?.seq ?? 1;
}

async function followFrom(core: Core, group: Group, seq: number, printer: Printer, stop: AbortSignal): Promise<void> {
  const log = new Tail(group.id, seq, {
    store: core.store,
    // After the stop, a pending read may find the store closed; its result and error are ignored.
    deliver: (entries) => stop.aborted || printer.enqueue(entries),
    onError: (error) => stop.aborted || core.logger.warn({ err: error }, 'reading the group failed; retrying'),
  });
  const unsubscribe = await core.bus.subscribe(group.id, (event) => log.onEvent(event));
  const timer = setInterval(() => log.probe(), core.config.redisUrl === undefined ? POLL_MS : POLL_WITH_BUS_MS);
  log.probe();
  await new Promise<void>((resolve) => (stop.aborted ? resolve() : stop.addEventListener('abort', () => resolve())));
  clearInterval(timer);
  unsubscribe();
  await printer.idle();
}

/** Aborted by SIGINT, SIGTERM, or an error of standard output (its reader exited). */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  process.stdout.once('error', stop);
  return controller.signal;
}

/** Prints entries in the order of the calls. */
class Printer {
  readonly #core: Core;
  readonly #json: boolean;
  #place: MessageLocation;
  #last: Promise<void> = Promise.resolve();

  constructor(core: Core, group: Group, json: boolean) {
    this.#core = core;
    this.#json = json;
    this.#place = group;
  }

  /** Prints after the entries enqueued before. */
  enqueue(entries: readonly Entry[]): void {
    this.#last = this.#last
      .then(() => this.print(entries))
      .catch((error) => this.#core.logger.error({ err: error }, 'printing entries failed'));
  }

  idle(): Promise<void> {
    return this.#last;
  }

  async print(entries: readonly Entry[]): Promise<void> {
    const { profiles, related } = await contextOfLines(this.#core, entries.map(lineOf));
    const lines: string[] = [];
    const readable = await withholdErased(this.#core.store.log, entries); // here too, because no server may be running that scrubs
    for (const entry of readable.entries) {
      if (entry.kind === 'rename') this.#place = { slug: entry.slug };
      const line = this.#json
        ? JSON.stringify(await entryJson(this.#core, entry, this.#place, { profiles, related }))
        : await entryText(this.#core, entry, profiles);
      if (line !== undefined) lines.push(`${line}\n`);
    }
    await written(lines.join(''));
  }
}

const lineOf = (entry: Entry) =>
  entry.kind === 'message' ? { type: 'message' as const, folded: fold(entry, []) } : { type: 'line' as const, entry };

/** Resolves when the text is written, or the output has failed. */
const written = (text: string): Promise<void> => new Promise((resolve) => void process.stdout.write(text, () => resolve()));
