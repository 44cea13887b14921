/**
 * What `polypool/mongoose` exports: functions for users of Mongoose, and itself as a driver module, whose
 * classes extend those of the `mongoose` that is installed beside polypool. It decides nothing about either.
 */
import { driverOn, passesOn, type PolyPoolDriver } from './driver';
import type { MongooseDriver } from './mongoose';

export { install } from './install';
export { toJSONBytes } from './json';
/** For the adapter of PolyMongo. @internal */
export { createLazyConnection } from './lazy';
export { wrapModel } from './tenants/wrap';
export type { MongooseInstance } from './instance';

/** For `mongoose.setDriver()`, which `install` calls: Mongoose's connection on a pool of polypool's. */
export declare const Connection: new (mongoose?: unknown) => object;
/** Mongoose's collection. */
export declare const Collection: new (name: string, connection: object, options: object) => object;
/** That of Mongoose's driver. */
export declare const BulkWriteResult: unknown;
/** Throws MongoCompatibilityError when it is constructed. */
export declare const ClientEncryption: unknown;
/** Plugins that every schema gets. */
export declare const plugins: unknown[];

const NAMES = [
  'Connection',
  'Collection',
  'BulkWriteResult',
  'ClientEncryption',
  'plugins'
] as const satisfies ReadonlyArray<keyof PolyPoolDriver>;

function native(): MongooseDriver {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an optional peer, wanted by those alone who use the module as a driver
  return require('mongoose/lib/drivers/node-mongodb-native') as MongooseDriver;
}

const driver = module.exports as object;

// Mongoose assigns to the members of its driver.
for (const name of NAMES) {
  Object.defineProperty(driver, name, {
    configurable: true,
    enumerable: true,
    get() {
      return driverOn(native())[name];
    },
    set(value: unknown) {
      Object.defineProperty(driver, name, { enumerable: true, writable: true, value });
    }
  });
}
passesOn(driver, native);
