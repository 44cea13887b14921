/**
 * Connects a Mongoose and hands out the pool under it. It knows how to ask Mongoose, not how the pool
 * comes about.
 */
import type { PolyPool } from 'polypool';
import { install, instanceOf } from './install';
import type { MongooseInstance } from './instance';
import type { ConnectionOptions } from './mongoose';

/**
 * Installs polypool in a Mongoose, opens its default connection, and returns that connection's pool.
 *
 * @throws MongooseError when Mongoose has another connection open
 * @throws MongooseServerSelectionError, as `mongoose.connect()` does, when no server is found
 */
export async function connect(
  mongoose: MongooseInstance,
  uri: string,
  options: ConnectionOptions
): Promise<PolyPool> {
  install(mongoose);
  const instance = instanceOf(mongoose);
  await instance.connect(uri, options);
  return instance.connection.client!;
}
