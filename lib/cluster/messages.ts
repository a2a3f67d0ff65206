// What workers and their supervisor tell each other. Apart from workers.ts, because a server without workers loads only this.

/** From a worker: it accepts connections. The lines are to be printed. */
export type Listening = { readonly listening: readonly string[] };
/** From a worker: it no longer accepts connections and has none left. It waits for GO, since a connection may still be in transit to it. */
export const LEFT = 'left';
/** To a worker: it has been replaced; it ends its streams, finishes its requests and exits. */
export const LEAVE = 'leave';
/** To a worker: no more connections are in transit to it; it may exit. */
export const GO = 'go';
