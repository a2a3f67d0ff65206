import type { Registry } from 'prom-client';
import type { Core } from '../core.ts';
import { type Family, familiesOf } from './families.ts';

/** The text that Prometheus reads, and its media type. */
type Exposition = { readonly type: string; readonly text: string };

/** What this process says of itself: Parley's own metrics and those of its runtime. */
export type Snapshot = () => Promise<Family[]>;

/** What the runtime says of a delay that it has not measured yet is far above this. */
const NEVER_SECONDS = 1e9;

/** The client library is loaded and the runtime's metrics are collected from the first call on: who never asks pays nothing. */
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

/** Of several processes the newest start counts. A delay not measured yet is left out, where the library says NaN or 292 years. */
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

/** The numbers of these processes as one, for Prometheus to read. */
export async function expose(snapshots: readonly (readonly Family[])[]): Promise<Exposition> {
  const registry = await aggregate(snapshots);
  return { type: registry.contentType, text: await registry.metrics() };
}

/** The same as one snapshot. */
export async function merge(snapshots: readonly (readonly Family[])[]): Promise<Family[]> {
  return (await (await aggregate(snapshots)).getMetricsAsJSON()).map(asFamily);
}

async function aggregate(snapshots: readonly (readonly Family[])[]): Promise<Registry> {
  const { AggregatorRegistry } = await import('prom-client');
  return AggregatorRegistry.aggregate([...snapshots]);
}
