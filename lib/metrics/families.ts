import type { Core } from '../core.ts';
import type { StoreState } from '../store/health.ts';
import type { Histogram } from './histogram.ts';

type Labels = Readonly<Record<string, string>>;

/** One sample of a family; `metricName` if it differs from the family's name, as for parts of histograms. */
type Sample = { readonly value: number; readonly labels: Labels; readonly metricName?: string };

/** A metric in the JSON of the Prometheus client library; processes send these to each other. */
export type Family = {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  /** How the values of several processes are aggregated. */
  readonly aggregator: string;
  readonly values: readonly Sample[];
};

const STORE_ANSWERS_WITHIN_MS = 1000;

/** The current values of Parley's own metrics in this process. Never rejects: an unavailable store or bus is a value. */
export async function familiesOf(core: Core): Promise<Family[]> {
  const { meters, bus, store, health } = core;
  const hasStore = await answersSoon(health.check(store));
  return [
    gauge('parley_processes', 'Server processes aggregated in this response.', 1),
    gauge('parley_streams_open', 'Open streams, by format.', ...byLabel('format', meters.streams)),
    counter('parley_deliveries_total', 'Log entries sent live, multiplied by the streams they were sent to.', meters.deliveries),
    counter('parley_stream_bytes_total', 'Bytes written to streams, heartbeats included.', meters.streamBytes),
    counter('parley_replay_reads_total', 'Windows of a log read to bring streams up to date.', meters.windows),
    counter('parley_gaps_repaired_total', 'Reads that found entries that the bus had not delivered.', meters.gaps),
    counter('parley_slow_readers_dropped_total', 'Streams closed with more than 1 MiB unsent.', meters.slowReaders),
    counter('parley_stream_resets_total', 'Streams that sent the event reset.', meters.resets),
    histogram('parley_append_batch_entries', 'Entries per write to the store.', meters.appendBatch),
    histogram('parley_append_duration_seconds', 'Time from the request to append an entry until it is durable.', meters.appendSeconds),
    counter(
      'parley_append_retries_total',
      'Retried writes to the store: another process took the seq (conflict), or the store did not answer (unknown).',
      ...byLabel('reason', meters.appendRetries),
    ),
    counter('parley_webhook_calls_total', "Calls of bots' outgoing webhooks, by result.", ...byLabel('result', meters.calls)),
    counter('parley_pushes_total', 'Push notifications, by result.', ...byLabel('result', meters.pushes)),
    counter('parley_mails_total', 'Mails, by result; failed ones may be repeated.', ...byLabel('result', meters.mails)),
    counter('parley_security_events_total', 'Security events, by name.', ...byLabel('event', meters.securityEvents)),
    counter(
      'parley_connections_refused_total',
      'Connections closed by a limit: MAX_CONNECTIONS (total) or MAX_CONNECTIONS_PER_ADDRESS (address).',
      ...byLabel('limit', meters.refusedConnections),
    ),
    counter(
      'parley_csp_reports_total',
      'Violations of the Content-Security-Policy that browsers reported, by directive.',
      ...byLabel('directive', meters.cspReports),
    ),
    { ...gauge('parley_bus_up', 'Whether events pass between processes: 1 or 0.', Number(bus.isUp())), aggregator: 'min' },
    counter('parley_bus_events_published_total', 'Events published to the bus.', meters.busPublished),
    counter('parley_bus_events_received_total', 'Events received from the bus, including those of this process.', meters.busReceived),
    counter(
      'parley_bus_messages_refused_total',
      'Messages on Redis that were dropped: not signed by one of the servers.',
      ...byLabel('reason', meters.busRefused),
    ),
    {
      ...gauge('parley_store_up', 'Whether the store answered within 1 s and the last writes succeeded: 1 or 0.', Number(hasStore)),
      aggregator: 'min',
    },
    requests(core),
    counter(
      'parley_event_loop_active_seconds_total',
      'Time in which the event loop was active.',
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
  const help = 'Duration of HTTP requests until the response was sent; for streams, until it began.';
  const values = [...meters.requests.values()].flatMap(({ labels, seconds }) => partsOf(name, seconds, labels));
  return { name, help, type: 'histogram', aggregator: 'sum', values };
}

/** A histogram in the text format: https://prometheus.io/docs/instrumenting/exposition_formats/ */
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
