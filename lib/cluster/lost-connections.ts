import type { Worker } from 'node:cluster';

/**
 * Closes the connections that were on their way to a worker when it died, so that their clients try again. Left to the cluster module
 * (Node.js 24) each would stay open and unanswered for ever: it waits for that worker to say whether it took the connection.
 * The messages are the module's own, `{cmd: 'NODE_CLUSTER', act: 'newconn', seq}` with the connection and `{cmd: 'NODE_CLUSTER', ack: <seq>}`
 * back. Should a later Node.js word them otherwise, nothing is done here, and test/cluster/crash.test.ts shows it.
 */
export function closeLostConnections(worker: Worker): void {
  const channel = worker.process;
  const onTheWay = new Map<number, Closable>();
  const { send } = channel;
  Object.assign(channel, {
    send: (message: unknown, handle: unknown, ...rest: unknown[]): boolean => {
      if (isOurs(message) && 'act' in message && message.act === 'newconn' && 'seq' in message && isClosable(handle))
        onTheWay.set(Number(message.seq), handle);
      return Reflect.apply(send, channel, [message, handle, ...rest]);
    },
  });
  channel.on('internalMessage', (message: unknown) => {
    if (isOurs(message) && 'ack' in message) onTheWay.delete(Number(message.ack));
  });
  const closeAll = (): void => {
    for (const handle of onTheWay.values()) handle.close();
    onTheWay.clear();
  };
  // Once the channel is at its end all that the worker had said has been heard. That is not always announced while a connection is on its way.
  const lookForEnd = (): void => void (channel.connected ? setImmediate(lookForEnd) : closeAll());
  channel.once('disconnect', closeAll);
  channel.once('exit', lookForEnd);
}

type Closable = { close(): void };

const isClosable = (handle: unknown): handle is Closable =>
  typeof handle === 'object' && handle !== null && 'close' in handle && typeof handle.close === 'function';

const isOurs = (message: unknown): message is object =>
  typeof message === 'object' && message !== null && 'cmd' in message && message.cmd === 'NODE_CLUSTER';
