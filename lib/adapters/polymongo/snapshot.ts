/** The connections of one pool, in the form that users of PolyMongo know. It does not know which pool it is. */
import type { PolyPool, PoolStats } from 'polypool';
import type { PoolSnapshot } from './types';

/** @param most - its connections at most; those of its options by default */
export function snapshotOf(
  { total, waitQueue }: Pick<PoolStats, 'total' | 'waitQueue'>,
  { maxPoolSize, minPoolSize, maxIdleTimeMS }: PolyPool['options'],
  most = maxPoolSize
): PoolSnapshot {
  return {
    totalConnections: total.size,
    availableConnections: total.available,
    inUseConnections: total.inUse,
    waitQueueSize: waitQueue.size,
    maxPoolSize: most,
    minPoolSize,
    maxIdleTimeMS: maxIdleTimeMS || undefined
  };
}
