import type { Registry } from 'prom-client';
import type { Core } from '../core.ts';
import { type Family, familiesOf } from './families.ts';

/** A document in the Prometheus text format, and its media type. */
type Exposition = { readonly type: string; readonly text: string };

/** The metrics of this process: Parley's own and those of Node.js. */
export type Snapshot = () => Promise<Family[]>;

/** Values above this mean that the runtime has not measured the delay yet. */
const NEVER_SECONDS = 1e9;

/** Loads the client library and starts collecting the metrics of Node.js at the first call, so that unscraped servers pay nothing. */
export function openSnapshot(core: Core): Snapshot {
  let runtime: Promise<Registry> | undefined;
  return async () => {
    runtime ??= collectRuntime();
    const [own, ofRuntime] = await Promise.all([familiesOf(core), runtime.then((registry) => registry.getMetricsAsJSON())]);
    return [...own, ...ofRuntime.map(asFamily)];
  };
}

async function collectRuntime(): Promise<Registry> {
  const { Registry, collectDefaultMetrics } = await import('prom-client');
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** Converts a library metric. 'omit' becomes 'max' (the newest start of several processes counts); unmeasured delays (NaN or 292 years) are removed. */
function asFamily(metric: Awaited<ReturnType<Registry['getMetricsAsJSON']>>[number]): Family {
  const { name, help, type, aggregator, values } = metric;
  const isMeasured = ({ value }: { readonly value: number }): boolean =>
    Number.isFinite(value) && !(name === 'nodejs_eventloop_lag_min_seconds' && value > NEVER_SECONDS);
  return {
    name,
    help,
    type: String(type),
    aggregator: aggregator === 'omit' ? 'max' : aggregator,
    values: values.filter(isMeasured).map((value) => ({ ...value, labels: labelsOf(value.labels) })),
  };
}

const labelsOf = (labels: Readonly<Partial<Record<string, string | number>>>): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]));

/** The aggregated metrics of several processes as a Prometheus document. */
export async function expose(snapshots: readonly (readonly Family[])[]): Promise<Exposition> {
  const registry = await aggregate(snapshots);
  return { type: registry.contentType, text: await registry.metrics() };
}

/** The aggregated metrics of several processes as one snapshot. */
export async function merge(snapshots: readonly (readonly Family[])[]): Promise<Family[]> {
  return (await (await aggregate(snapshots)).getMetricsAsJSON()).map(asFamily);
}

async function aggregate(snapshots: readonly (readonly Family[])[]): Promise<Registry> {
  const { AggregatorRegistry } = await import('prom-client');
  return AggregatorRegistry.aggregate([...snapshots]);
}
