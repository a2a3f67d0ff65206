import type { Core } from '../core.ts';
import type { StoreState } from '../store/health.ts';
import type { Histogram } from './histogram.ts';

type Labels = Readonly<Record<string, string>>;

/** One number of a family; `metricName` when it is not the family's own, as of a histogram's parts. */
export type Sample = { readonly value: number; readonly labels: Labels; readonly metricName?: string };

/** A metric as the Prometheus client library says it in JSON: what processes tell each other. */
export type Family = {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  /** How the numbers of several processes become one. */
  readonly aggregator: string;
  readonly values: readonly Sample[];
};

const STORE_ANSWERS_WITHIN_MS = 1000;

/** All that Parley measures of itself, as it stands now in this process. Never rejects: a part that is away is a value, not an error. */
export async function familiesOf(core: Core): Promise<Family[]> {
  const { meters, bus, store, health } = core;
  const hasStore = await answersSoon(health.check(store));
  return [
    gauge('parley_processes', 'Server processes whose numbers are in this answer.', 1),
    gauge('parley_streams_open', 'Open streams, by format.', ...byLabel('format', meters.streams)),
    counter('parley_deliveries_total', 'Log entries sent live, times the streams each went to.', meters.deliveries),
    counter('parley_stream_bytes_total', 'Bytes written to streams, heartbeats included.', meters.streamBytes),
    counter('parley_replay_reads_total', 'Windows of a log read to bring streams up to date.', meters.windows),
    counter('parley_gaps_repaired_total', 'Reads that found entries which the bus had not brought.', meters.gaps),
    counter('parley_slow_readers_dropped_total', 'Streams cut off with more than 1 MiB unread.', meters.slowReaders),
    counter('parley_stream_resets_total', 'Streams told to load the page again.', meters.resets),
    histogram('parley_append_batch_entries', 'Entries that one write to the store took along.', meters.appendBatch),
    histogram('parley_append_duration_seconds', 'From when an entry was asked for until it was durable.', meters.appendSeconds),
    counter(
      'parley_append_retries_total',
      'Writes to the store tried again: another process was first (conflict), or no answer came (unknown).',
      ...byLabel('reason', meters.appendRetries),
    ),
    counter('parley_webhook_calls_total', "Calls of bots' outgoing webhooks, by what came of them.", ...byLabel('result', meters.calls)),
    counter('parley_pushes_total', 'Notices pushed to devices, by what came of them.', ...byLabel('result', meters.pushes)),
    { ...gauge('parley_bus_up', 'Whether events pass between processes: 1 or 0.', Number(bus.isUp())), aggregator: 'min' },
    counter('parley_bus_events_published_total', 'Events given to the bus.', meters.busPublished),
    counter('parley_bus_events_received_total', 'Events heard from the bus, the own ones included.', meters.busReceived),
    {
      ...gauge('parley_store_up', 'Whether the store answered within a second and took the last writes: 1 or 0.', Number(hasStore)),
      aggregator: 'min',
    },
    requests(core),
    counter(
      'parley_event_loop_active_seconds_total',
      'Time in which the process was at work rather than waiting.',
      performance.eventLoopUtilization().active / 1000,
    ),
  ];
}

const answersSoon = (asked: Promise<StoreState>): Promise<boolean> => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), STORE_ANSWERS_WITHIN_MS);
  void asked.then(({ isUp }) => resolve(isUp));
  return promise.finally(() => clearTimeout(timer));
};

const simple =
  (type: 'counter' | 'gauge') =>
  (name: string, help: string, ...values: (number | Sample)[]): Family => {
    const samples = values.map((value) => (typeof value === 'number' ? { value, labels: {} } : value));
    return { name, help, type, aggregator: 'sum', values: samples };
  };
const counter = simple('counter');
const gauge = simple('gauge');

const byLabel = (label: string, values: Readonly<Record<string, number>>): Sample[] =>
  Object.entries(values).map(([key, value]) => ({ value, labels: { [label]: key } }));

const histogram = (name: string, help: string, of: Histogram): Family => ({
  name,
  help,
  type: 'histogram',
  aggregator: 'sum',
  values: partsOf(name, of, {}),
});

function requests({ meters }: Core): Family {
  const name = 'parley_http_request_duration_seconds';
  const help = 'HTTP requests, until the answer was out; of a stream, until it began.';
  const values = [...meters.requests.values()].flatMap(({ labels, seconds }) => partsOf(name, seconds, labels));
  return { name, help, type: 'histogram', aggregator: 'sum', values };
}

/** As the text format wants a histogram: https://prometheus.io/docs/instrumenting/exposition_formats/ */
function partsOf(name: string, of: Histogram, labels: Labels): Sample[] {
  const counts = of.cumulative();
  const buckets = counts.map((value, index) => {
    const le = String(of.bounds[index] ?? '+Inf');
    return { value, labels: { ...labels, le }, metricName: `${name}_bucket` };
  });
  return [
    ...buckets,
    { value: of.sum, labels, metricName: `${name}_sum` },
    { value: counts.at(-1) ?? 0, labels, metricName: `${name}_count` },
  ];
}
