import type { Worker } from 'node:cluster';

/**
 * Closes the connections that were being passed to a worker when it died, so that their clients retry. The cluster module of Node.js 24
 * would leave each open without a response for ever, since it waits for that worker to accept or reject the connection.
 * The messages are the module's own, `{cmd: 'NODE_CLUSTER', act: 'newconn', seq}` with the connection and `{cmd: 'NODE_CLUSTER', ack: <seq>}`
 * back. If a later Node.js changes them, this function has no effect, and test/cluster/crash.test.ts fails.
 */
export function closeLostConnections(worker: Worker): void {
  const channel = worker.process;
  const inTransit = new Map<number, Closable>();
  const { send } = channel;
  Object.assign(channel, {
    send: (message: unknown, handle: unknown, ...rest: unknown[]): boolean => {
      if (isClusterMessage(message) && 'act' in message && message.act === 'newconn' && 'seq' in message && isClosable(handle))
        inTransit.set(Number(message.seq), handle);
      return Reflect.apply(send, channel, [message, handle, ...rest]);
    },
  });
  channel.on('internalMessage', (message: unknown) => {
    if (isClusterMessage(message) && 'ack' in message) inTransit.delete(Number(message.ack));
  });
  const closeAll = (): void => {
    for (const handle of inTransit.values()) handle.close();
    inTransit.clear();
  };
  // When the channel is closed, all messages of the worker have been received. `disconnect` is not always emitted while a connection is in transit.
  const pollForEnd = (): void => void (channel.connected ? setImmediate(pollForEnd) : closeAll());
  channel.once('disconnect', closeAll);
  channel.once('exit', pollForEnd);
}

type Closable = { close(): void };

const isClosable = (handle: unknown): handle is Closable =>
  typeof handle === 'object' && handle !== null && 'close' in handle && typeof handle.close === 'function';

const isClusterMessage = (message: unknown): message is object =>
  typeof message === 'object' && message !== null && 'cmd' in message && message.cmd === 'NODE_CLUSTER';
