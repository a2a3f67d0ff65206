import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';

/** Clock ticks per second in /proc (sysconf _SC_CLK_TCK; 100 on every Linux that Node.js supports). */
const TICKS = 100;

/** CPU seconds used so far by these processes: all threads, user and system. Linux only. */
export function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + ticksOf(pid) / TICKS, 0);
}

function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the process name before it may contain spaces
  return Number(fields[11]) + Number(fields[12]);
}

/** CPU of the threads that a process has now, in ms, to the nanosecond: for what takes less than some ticks. Linux only. */
export const threadMs = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`).reduce(
    (sum, task) => sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]) / 1e6,
    0,
  );

/** Resident memory of a process in KiB. Linux only. */
export function residentKib(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
}

/** Raises the limit of open files of this process and those that it starts to `wanted`, if it may; resolves to the limit then. */
export function allowOpenFiles(wanted: number): number {
  const limit = Number(/^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);
  if (limit >= wanted) return limit;
  try {
    execFileSync('prlimit', ['--pid', String(process.pid), `--nofile=${wanted}:${wanted}`], { stdio: 'ignore' });
    return wanted;
  } catch {
    return limit; // only root may raise it, and not in every container
  }
}

/** The process and its descendants. */
export function familyOf(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(familyOf)];
}

/** With two or more cores, the server runs on one and the load on another. */
type Cores = { readonly server: number; readonly load: number };

export function cores(): Cores | undefined {
  const isPinnable = availableParallelism() > 1 && hasTaskset();
  return isPinnable ? { server: 0, load: 1 } : undefined;
}

function hasTaskset(): boolean {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** One line that describes the machine: CPU, memory, OS, Node.js version. */
export function describeMachine(): string {
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${availableParallelism()} × ${cpu?.model.trim() ?? 'unknown processor'}, ${memory} GiB, ${process.platform} ${release()}, Node.js ${process.version}`;
}
