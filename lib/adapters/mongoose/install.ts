/**
 * Makes polypool the driver of a Mongoose, and undoes it. It decides which instances change and when
 * they may; what the driver does is `driver.ts`'s.
 */
import { driverOn, hasOwnDriver, nativeOf, type PolyPoolDriver } from './driver';
import { recogniseErrors } from './errors';
import { addJSON, removeJSON } from './json';
import type { MongooseInstance } from './instance';
import { STATE, type Connection, type Mongoose } from './mongoose';

/** What undoes the installation, by instance. */
const installed = new WeakMap<Mongoose, () => void>();

/**
 * Has a Mongoose connect by polypool from now on: the instance given, and every `new Mongoose()` of
 * the same package after it. Call it before the first `connect()`; models may exist already.
 * Installing twice is installing once.
 *
 * @param mongoose - the package's export, or an instance
 * @returns what gives Mongoose its own driver back; it, too, wants every connection closed
 * @throws MongooseError while one of the instance's connections is open
 */
export function install(mongoose: MongooseInstance): () => void {
  const instance = instanceOf(mongoose);
  const known = installed.get(instance);
  if (known !== undefined) return known;
  const native = nativeOf(instance.__driver);
  const driver = driverOn(native);
  change(instance, driver);
  addJSON(instance);
  instance.driver.set(driver);
  const forget = hasOwnDriver(instance) ? recogniseErrors(instance.mongo) : undefined;
  const undo = (): void => {
    if (installed.get(instance) !== undo) return;
    change(instance, native);
    if (instance.driver.get() === driver) instance.driver.set(native);
    withoutPlugins(instance, driver);
    removeJSON(instance);
    forget?.();
    installed.delete(instance);
  };
  installed.set(instance, undo);
  return undo;
}

/** The instance that a caller means, who may have imported the package as a namespace. */
export function instanceOf(given: MongooseInstance, who = 'install()'): Mongoose {
  const instance = ((given as { default?: MongooseInstance } | undefined)?.default ??
    given) as unknown as Partial<Mongoose> | undefined;
  if (typeof instance?.setDriver !== 'function' || typeof instance.driver?.set !== 'function') {
    throw new TypeError(`${who} takes Mongoose 8 or later: the package, or an instance of it`);
  }
  return instance as Mongoose;
}

/**
 * Mongoose replaces the default connection, and has the models follow. Who listens to the old one
 * follows here; who has it in hand finds it open when the new one is.
 *
 * @throws MongooseError while a connection is open
 */
function change(instance: Mongoose, driver: Mongoose['__driver']): void {
  if (instance.__driver === driver) return;
  refuseOpen(instance);
  const { connections } = instance;
  const [before] = connections;
  instance.setDriver(driver);
  if (before !== undefined) hand(before, instance.connections[0]!);
  // The package exports the array itself.
  connections.splice(0, connections.length, ...instance.connections);
  instance.connections = connections;
}

function refuseOpen({ connections, Error: MongooseError }: Mongoose): void {
  const open = connections.filter(({ readyState }) => readyState !== STATE.DISCONNECTED);
  if (open.length === 0) return;
  const names = open.map(({ id, name }) => name || `connection ${String(id)}`);
  throw new MongooseError(
    `The driver of Mongoose can't change while connections are open (${names.join(', ')}): ` +
      'do it before the first connect(), or await mongoose.disconnect()'
  );
}

function hand(before: Connection, after: Connection): void {
  for (const name of before.eventNames()) {
    for (const listener of before.rawListeners(name)) {
      const moved = listener as (...args: unknown[]) => void;
      before.off(name, moved);
      after.on(name, moved);
    }
  }
  Object.assign(after.config, before.config);
  after.options = before.options;
  after.id = before.id;
  // As connections by `useDb()` are. What waits for it to open does so then.
  after.otherDbs.push(before);
}

function withoutPlugins({ plugins }: Mongoose, driver: PolyPoolDriver): void {
  const kept = plugins.filter(([plugin]) => !driver.plugins.includes(plugin));
  plugins.splice(0, plugins.length, ...kept);
}
