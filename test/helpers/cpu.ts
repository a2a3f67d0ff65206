/** What some work costs: CPU of this thread alone (ms), so that whatever runs beside it has no part in it. The lesser of two runs. */
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
