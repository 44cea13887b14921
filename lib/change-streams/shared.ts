/** Who shares a stream: those who watch the same, through the same pool, with the same options. */
import type { Document } from '../bson/options';
import type { Watched } from '../operations/watch';
import type { ActiveStreams } from './active';
import { Hub, type Source } from './hub';
import type { WatchOptions } from './options';

/** The hub for a stream, made if there is none. `open` opens the one stream that feeds it. */
export function hubFor(
  streams: ActiveStreams,
  watched: Watched,
  pipeline: readonly Document[],
  options: WatchOptions,
  open: (hub: Hub) => Source
): Hub {
  const key = keyOf(watched, pipeline, options);
  const known = streams.hubs.get(key);
  if (known !== undefined) return known;
  const database = watched.cluster ? undefined : watched.scope.database;
  const hub: Hub = new Hub(
    database,
    () => open(hub),
    () => {
      if (streams.hubs.get(key) === hub) streams.hubs.delete(key);
    }
  );
  streams.hubs.set(key, hub);
  return hub;
}

/** What the events depend on, as bytes: equal for equal streams, however they were written. */
function keyOf(
  { scope, collection, cluster }: Watched,
  pipeline: readonly Document[],
  options: WatchOptions
): string {
  const { database, bson, readPreference, readConcern } = scope;
  const inherited = { bson: bson.given, readPreference, readConcern };
  const what = { database, collection, cluster, pipeline, options, inherited };
  const bytes = bson.library.serialize(what, { ignoreUndefined: true });
  return Buffer.from(bytes).toString('base64');
}
