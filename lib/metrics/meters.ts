import { Histogram } from './histogram.ts';

/** From a quarter of a millisecond, an append on a quick disk, to the 2 s after which it is given up. */
const APPEND_SECONDS = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const BATCH_ENTRIES = [1, 2, 4, 8, 16, 32, 64, 128, 256];
const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What a request is counted under. Each has few values, whatever clients send. */
type RequestLabels = { readonly method: string; readonly route: string; readonly status: string };

/** What this process has counted since it started: plain numbers, so that counting costs nothing that could be seen. Read by `metricsOf`. */
export class Meters {
  /** Open streams by format; the only ones that also go down. */
  readonly streams = { html: 0, json: 0, text: 0, frame: 0, sidebar: 0 };
  /** Entries times the up-to-date streams they went to. */
  deliveries = 0;
  /** Bytes handed to the sockets of streams. */
  streamBytes = 0;
  /** Windows of a log read to bring streams up to date. */
  windows = 0;
  /** Reads that found entries which the bus had not brought. */
  gaps = 0;
  slowReaders = 0;
  resets = 0;
  /** Batches that met a seq already taken, and batches that the store did not answer for: both are tried again. */
  readonly appendRetries = { conflict: 0, unknown: 0 };
  readonly appendBatch = new Histogram(BATCH_ENTRIES);
  /** Seconds from when an entry is asked for until it is durable; refused ones are left out. */
  readonly appendSeconds = new Histogram(APPEND_SECONDS);
  /** Calls of bots' webhooks, by what came of them. */
  readonly calls = { delivered: 0, failed: 0, refused: 0, gone: 0, dropped: 0, stopped: 0 };
  /** Notices to devices, by what came of them; `dropped`: what there was no room for. */
  readonly pushes = { sent: 0, gone: 0, failed: 0, dropped: 0 };
  busPublished = 0;
  busReceived = 0;
  readonly requests = new Map<string, { readonly labels: RequestLabels; readonly seconds: Histogram }>();

  /** An attempt to write a batch is over: of how many entries, and why it stopped before the last, if it did. */
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
