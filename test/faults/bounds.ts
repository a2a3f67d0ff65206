/** Of the servers in a run, ms. */
export const HEARTBEAT_MS = 1000;
/** Two processors that also run the servers, the stores, all clients and perhaps other tests may hold anything up for so long, ms. */
const SLACK_MS = 8000;
/** The longest silence on a stream that has a heartbeat (whose pauses differ by a tenth), ms. */
export const LONGEST_SILENCE_MS = 1.1 * HEARTBEAT_MS + SLACK_MS;
/** From the answer to a writer until the message is at a reader on another process, whatever Redis does, ms. */
export const LONGEST_DELAY_MS = 2000 + SLACK_MS;
/** A request is answered, if only with 503, ms. */
export const LONGEST_ANSWER_MS = 20_000;
/** Something goes on: the next messages are acknowledged, a reader catches up, ms. */
export const LONGEST_WAIT_MS = 60_000;
/** Told to stop, a server is gone, ms. */
export const LONGEST_STOP_MS = 10_000 + SLACK_MS / 4;
/** What a server may hold more than when it was warm, once everybody has left, bytes: what is remembered of profiles, windows and statements. */
export const MAX_HELD_BYTES = 40 * 1024 * 1024;
/** What it may take more of the machine: C libraries give back late, and not all. */
export const MAX_GROWTH_BYTES = 300 * 1024 * 1024;
