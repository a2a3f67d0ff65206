/** Heartbeat of the servers in a run, ms. */
export const HEARTBEAT_MS = 1000;
/** Interval of the sweep, which removes unused files and writes missing lines, ms. */
export const SWEEP_MS = 1000;
/** Delay that a busy machine of two cores (servers, stores, clients, other tests) may add to anything, ms. */
const SLACK_MS = 8000;
/** Longest silence on a stream with a heartbeat (jitter of 10 %), ms. */
export const LONGEST_SILENCE_MS = 1.1 * HEARTBEAT_MS + SLACK_MS;
/** From the response to a writer until a reader on another process has the message, whatever the state of Redis, ms. */
export const LONGEST_DELAY_MS = 2000 + SLACK_MS;
/** Time until a request is answered, possibly with 503, ms. */
export const LONGEST_ANSWER_MS = 20_000;
/** Time until progress is visible: further messages are acknowledged, or a reader catches up, ms. */
export const LONGEST_WAIT_MS = 60_000;
/** Time from SIGTERM until the process has ended, ms. */
export const LONGEST_STOP_MS = 10_000 + SLACK_MS / 4;
/** Growth of the retained heap after all clients have left, compared with the warm server, bytes: caches of rendered texts (32 MiB), rows, profiles and windows. */
export const MAX_HELD_BYTES = 64 * 1024 * 1024;
/** Growth of the resident memory: C libraries return memory late, and not all of it. */
export const MAX_GROWTH_BYTES = 300 * 1024 * 1024;
