// Owns how a test listens to a pool: notes what it hears, and waits for what it is about. Must not know
// what any event says.

import type { MongoClientEvents } from 'mongodb';
import type { PolyPool } from 'polypool';

/** Far above what a busy machine needs, in milliseconds. */
export const DEADLINE_MS = 30_000;

/** An event of a pool's. */
export type Name = Exclude<keyof MongoClientEvents, 'open'>;

export const COMMANDS: Name[] = ['commandStarted', 'commandSucceeded', 'commandFailed'];
export const SERVERS: Name[] = [
  'topologyOpening',
  'topologyDescriptionChanged',
  'serverOpening',
  'serverDescriptionChanged',
  'serverClosed',
  'topologyClosed'
];

/** Notes the names of events, and the events. */
export function note(pool: PolyPool, names: readonly Name[]): Array<[name: Name, event: any]> {
  const heard: Array<[name: Name, event: any]> = [];
  for (const name of names) pool.on(name, (event?: unknown) => heard.push([name, event]));
  return heard;
}

export function namesOf(heard: ReadonlyArray<[name: Name, event: any]>): Name[] {
  return heard.map(([name]) => name);
}

/** The next event of a kind for which `is` holds. Keeps the process alive, which listeners do not. */
export function next<K extends Name>(
  pool: PolyPool,
  name: K,
  is: (event: Parameters<MongoClientEvents[K]>[0]) => boolean = () => true
): Promise<Parameters<MongoClientEvents[K]>[0]> {
  return new Promise((resolve, reject) => {
    const listener = (event: Parameters<MongoClientEvents[K]>[0]): void => {
      if (!is(event)) return;
      clearTimeout(timer);
      pool.off(name, listener);
      resolve(event);
    };
    const timer = setTimeout(() => {
      pool.off(name, listener);
      reject(new Error(`No ${name} within ${DEADLINE_MS} ms`));
    }, DEADLINE_MS);
    pool.on(name, listener);
  });
}
