/** CPU time of this thread for some work, ms; the lesser of two runs. Other processes do not count. */
export function cpuMsOf(work: () => unknown): number {
  return Math.min(
    ...[1, 2].map(() => {
      const before = process.threadCpuUsage();
      work();
      const { user, system } = process.threadCpuUsage(before);
      return (user + system) / 1000;
    }),
  );
}
