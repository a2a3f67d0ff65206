import type { Client } from './client.ts';

export type StreamEvent = { readonly id: string | undefined; readonly event: string; readonly data: string };

/** A reader of one event stream that waits for events, never for a time. */
export class EventReader {
  readonly events: StreamEvent[] = [];
  /** The initial cursor of a stream of one group; it has no data, so it is no event and not in `events`. */
  opening: string | undefined;
  #hasOpening = false;
  readonly #controller = new AbortController();
  #waiters: (() => void)[] = [];
  #isOver = false;

  static async open(client: Client, path: string, headers: Record<string, string> = {}): Promise<EventReader> {
    const reader = new EventReader();
    reader.#hasOpening = path.startsWith('/groups/');
    const response = await client.open(path, { headers: { Accept: 'text/event-stream', ...headers }, signal: reader.#controller.signal });
    if (response.status !== 200 || !response.body) throw new Error(`stream answered ${response.status}: ${await response.text()}`);
    void reader.#read(response.body);
    return reader;
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let buffer = '';
    try {
      for await (const chunk of body) {
        buffer += decoder.decode(chunk, { stream: true });
        const blocks = buffer.split('\n\n');
        buffer = blocks.pop() ?? '';
        for (const block of blocks) this.#take(block);
      }
    } catch {
      // aborted by close(), or the connection has ended
    }
    this.#isOver = true;
    this.#wake();
  }

  #take(block: string): void {
    const lines = block.split('\n').filter((line) => line !== '' && !line.startsWith(':'));
    if (lines.length === 0) return;
    const values = (name: string): string[] =>
      lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).replace(/^ /, ''));
    const [first, ...more] = lines;
    if (this.#hasOpening && first?.startsWith('id:') && more.length === 0) {
      this.#hasOpening = false;
      this.opening = values('id').at(-1);
      this.#wake();
      return;
    }
    this.#hasOpening = false;
    this.events.push({ id: values('id').at(-1), event: values('event').at(-1) ?? 'message', data: values('data').join('\n') });
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }

  /** Resolves once `found` is true of the events so far. Rejects when the stream ends before. */
  async until(found: (events: readonly StreamEvent[]) => boolean): Promise<readonly StreamEvent[]> {
    while (!found(this.events)) {
      if (this.#isOver) throw new Error(`the stream ended after ${this.events.length} events`);
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
    return this.events;
  }

  /** Resolves when the server has ended the stream. */
  async ended(): Promise<readonly StreamEvent[]> {
    while (!this.#isOver) await new Promise<void>((resolve) => this.#waiters.push(resolve));
    return this.events;
  }

  /** The cursors seen, in order. */
  get ids(): number[] {
    return this.events.flatMap(({ id }) => (id === undefined ? [] : [Number.parseInt(id, 10)]));
  }

  close(): void {
    this.#controller.abort();
  }
}
