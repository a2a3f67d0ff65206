import test from 'ava';
import { present, redisService, requireOrSkip } from '../helpers/services.ts';
import { busContract, head, listen, randomGroup } from './bus.ts';
import { killed, opener } from './bus-outage.ts';

const cluster = await redisService({ cluster: true });
const testCluster = requireOrSkip(test, cluster);

busContract(testCluster, (t) => opener(present(cluster).url)(t));

killed(testCluster, 'Redis Cluster', { cluster: true });

testCluster('groups of many shards all pass', async (t) => {
  const { here, there } = await opener(present(cluster).url)(t);
  const groups = Array.from({ length: 200 }, randomGroup);
  const ears = await Promise.all(groups.map((group) => listen(there, group)));
  for (const group of groups) here.publish(head(group, 1));
  for (const ear of ears) t.is((await ear.until(1)).length, 1);
});
