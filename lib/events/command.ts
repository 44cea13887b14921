/**
 * Command events. Their command and reply are read as documents of the user's; what a sensitive
 * command says is left out, as in the driver.
 */
import { deserialize } from '../bson/bson';
import { decodeOne } from '../bson/decode';
import type { BSONLibrary } from '../bson/library';
import { resolveBSONOptions, type Document, type ResolvedBSONOptions } from '../bson/options';
import { fromRecord, type ErrorRecord } from '../error';
import { commandClasses, instance } from './classes';
import type { EventContext } from './event';
import type { EventName } from './kinds';

export type CommandEventName = Extract<EventName, `command${string}`>;

/** What Rust writes of every command, see `src/pool/events/command.rs`. */
interface CommandRecord {
  address: string;
  connectionId: number;
  serverConnectionId?: number;
  serviceId?: unknown;
  requestId: number;
  databaseName: string;
  commandName: string;
  duration: number;
  failure?: ErrorRecord;
}

/** How commands are read, by the library of a pool's documents: longs and binaries stay what they are. */
const commandOptions = new WeakMap<BSONLibrary, ResolvedBSONOptions>();

export function readCommandEvent(
  name: CommandEventName,
  bytes: Buffer,
  context: EventContext
): object {
  const classes = commandClasses();
  const record = deserialize(bytes, {
    allowObjectSmallerThanBufferSize: true
  }) as unknown as CommandRecord;
  const { commandName, databaseName, duration } = record;
  const isSecret = classes.SENSITIVE_COMMANDS.has(commandName);
  const index = bytes.readInt32LE(0);
  const shared = { name, ...origin(record) };
  if (name === 'commandStarted') {
    return instance(classes.CommandStartedEvent, {
      ...(isSecret && { commandObj: { [commandName]: true } }),
      ...shared,
      databaseName,
      commandName,
      command: isSecret ? {} : read(bytes, index, ofCommands(context.bson.library))
    });
  }
  const ended = { ...shared, databaseName, commandName, duration };
  if (name === 'commandSucceeded') {
    const { bson } = context;
    const options = bson.raw ? resolveBSONOptions({ raw: false }, bson) : bson;
    const reply = isSecret ? {} : read(bytes, index, options);
    return instance(classes.CommandSucceededEvent, { ...ended, reply });
  }
  const failure = isSecret && isAnswer(record.failure!) ? {} : fromRecord(record.failure!);
  return instance(classes.CommandFailedEvent, { ...ended, failure });
}

/** What a server says of a secret may show it; that a connection broke, the client says itself. */
function isAnswer({ class: type }: ErrorRecord): boolean {
  return !type.startsWith('MongoNetwork');
}

function origin(record: CommandRecord): object {
  const { address, connectionId, serverConnectionId, serviceId, requestId } = record;
  return {
    address,
    connectionId,
    serviceId,
    requestId,
    serverConnectionId: serverConnectionId === undefined ? null : BigInt(serverConnectionId)
  };
}

function ofCommands(library: BSONLibrary): ResolvedBSONOptions {
  let options = commandOptions.get(library);
  if (options === undefined) {
    options = resolveBSONOptions({ promoteLongs: false }, undefined, library);
    commandOptions.set(library, options);
  }
  return options;
}

function read(buffer: Buffer, index: number, options: ResolvedBSONOptions): Document {
  return decodeOne({ buffer, start: 0, end: buffer.length }, index, options);
}
