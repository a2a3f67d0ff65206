import { Histogram } from './histogram.ts';

/** From 0.25 ms (an append on a fast disk) past the 2 s timeout of an append. */
const APPEND_SECONDS = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const BATCH_ENTRIES = [1, 2, 4, 8, 16, 32, 64, 128, 256];
const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The labels of a request. Clients cannot increase the number of their values. */
type RequestLabels = { readonly method: string; readonly route: string; readonly status: string };

/** Counters of this process since its start. Plain numbers, so counting has no measurable cost. Read by `familiesOf`. */
export class Meters {
  /** Open streams by format: a gauge; all others only increase. */
  readonly streams = { html: 0, json: 0, text: 0, frame: 0, sidebar: 0 };
  /** Entries sent live, multiplied by the streams they were sent to. */
  deliveries = 0;
  /** Bytes handed to the sockets of streams. */
  streamBytes = 0;
  /** Windows of a log that were read for streams that were behind. */
  windows = 0;
  /** Reads that found entries that the bus had not delivered. */
  gaps = 0;
  slowReaders = 0;
  resets = 0;
  /** Retried batches: a seq was taken (`conflict`), or the store did not answer (`unknown`). */
  readonly appendRetries = { conflict: 0, unknown: 0 };
  readonly appendBatch = new Histogram(BATCH_ENTRIES);
  /** Seconds from the request to append an entry until it is durable; without refused entries. */
  readonly appendSeconds = new Histogram(APPEND_SECONDS);
  /** Calls of bots' webhooks, by result. */
  readonly calls = { delivered: 0, failed: 0, refused: 0, gone: 0, dropped: 0, stopped: 0 };
  /** Push notifications, by result; `dropped`: the queue was full. */
  readonly pushes = { sent: 0, gone: 0, failed: 0, dropped: 0 };
  busPublished = 0;
  busReceived = 0;
  readonly requests = new Map<string, { readonly labels: RequestLabels; readonly seconds: Histogram }>();

  /** Counts an attempt to write a batch; `stopped`: why it ended before the last entry, if it did. */
  appended(entries: number, stopped: keyof Meters['appendRetries'] | undefined): void {
    this.appendBatch.observe(entries);
    if (stopped !== undefined) this.appendRetries[stopped] += 1;
  }

  called(result: keyof Meters['calls']): void {
    this.calls[result] += 1;
  }

  requested(labels: RequestLabels, seconds: number): void {
    const key = `${labels.method} ${labels.status} ${labels.route}`;
    const known = this.requests.get(key) ?? { labels, seconds: new Histogram(REQUEST_SECONDS) };
    this.requests.set(key, known);
    known.seconds.observe(seconds);
  }
}
