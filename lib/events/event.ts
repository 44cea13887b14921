/**
 * Events out of records: which file makes which. Faces `src/pool/events`, where the records are
 * documented.
 */
import { readCommandEvent, type CommandEventName } from './command';
import { readConnectionEvent, type ConnectionEventName } from './connection';
import { readDeploymentEvent, type DeploymentEventName } from './deployment';
import type { Document, ResolvedBSONOptions } from '../bson/options';
import { LOGGED_NAMES, type KindName, type LoggedName } from './kinds';
import { readSelectionEvent } from './selection';

/** What a client adds to the records of its events. */
export interface EventContext {
  /** The number of its topology. */
  readonly topologyId: number;
  /** Its options with every default in place. */
  readonly options: Document;
  /** How it reads documents. */
  readonly bson: ResolvedBSONOptions;
}

/** The event that a record describes, an instance of the driver's class. */
export function readEvent(name: KindName, record: Buffer, context: EventContext): object {
  if (name.startsWith('command')) {
    return readCommandEvent(name as CommandEventName, record, context);
  }
  if (name.startsWith('connection')) {
    return readConnectionEvent(name as ConnectionEventName, record, context);
  }
  if (isLogged(name)) return readSelectionEvent(name, record, context);
  return readDeploymentEvent(name as DeploymentEventName, record, context);
}

function isLogged(name: KindName): name is LoggedName {
  return (LOGGED_NAMES as readonly string[]).includes(name);
}
