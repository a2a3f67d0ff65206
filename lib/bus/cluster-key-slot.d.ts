/** The package has no types of its own. */
declare module 'cluster-key-slot' {
  /** The hash slot (0 to 16383) of a Redis Cluster that a key or sharded channel belongs to. */
  export default function calculateSlot(key: string): number;
}
