// Owns the process that keeps handles of one kind and contender, so that its memory is theirs alone.
// Must not know how many it will be asked for.
//
// Arguments: kind, contender, connection string. Sends `{}` when it is ready; answers `{ count }` with
// what making so many handles more came to, `{ seconds }` with what reading through them did, and
// `{ warmUp }` after so many reads that count for nothing.

import { setTimeout as delay } from 'node:timers/promises';
import { threadClock } from '../clock';
import { fly } from '../flight';
import { openSource } from './kinds';
import type { Contender, Handle, Kind } from './kinds';

/** Handles made, or read, at a time. */
const IN_FLIGHT = 16;
const READS_IN_FLIGHT = 64;
/** What was freed is given back after a while, in milliseconds. */
const SETTLE_MS = 200;
const COLLECTIONS = 3;

const MICROSECONDS_PER_MILLISECOND = 1_000;

/** What making handles came to. */
export interface Made {
  /** Bytes that the resident set grew by. */
  readonly grown: number;
  /** Bytes of the resident set. */
  readonly resident: number;
  /** Microseconds for each handle, with its first read. */
  readonly each: number;
}

export interface Read {
  /** Reads a second. */
  readonly throughput: number;
  /** Microseconds of the main thread for each, where there is a clock. */
  readonly cpu?: number;
}

/** What is asked of this process. */
type Request = { count: number } | { seconds: number } | { warmUp: number };

const [kind, contender, uri] = process.argv.slice(2) as [Kind, Contender, string];

async function main(): Promise<void> {
  const source = await openSource(kind, contender, uri);
  // The first brings in all code, and opens the connections that the others share.
  const first = await source.handle(0);
  const inFlight = READS_IN_FLIGHT;
  const warmUp = async (atLeast: number): Promise<object> => {
    await fly({ operation: () => first.read(), inFlight, seconds: 0.1, atLeast, clock: undefined });
    return {};
  };
  await warmUp(inFlight);
  const handles: Handle[] = [];

  const make = async (count: number): Promise<Made> => {
    const before = await residentBytes();
    const start = performance.now();
    const end = handles.length + count;
    let next = handles.length;
    // Number 0 was the first.
    const line = async (): Promise<void> => {
      while (next < end) {
        const handle = await source.handle(++next);
        await handle.read();
        handles.push(handle);
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, line));
    const wall = performance.now() - start;
    const resident = await residentBytes();
    return {
      grown: resident - before,
      resident,
      each: (wall * MICROSECONDS_PER_MILLISECOND) / count
    };
  };

  const read = async (seconds: number): Promise<Read> => {
    const found = threadClock();
    const operation = (index: number): Promise<void> => handles[index % handles.length]!.read();
    await fly({ operation, inFlight, seconds: seconds / 2, clock: undefined });
    const { throughput, cpu } = await fly({
      operation,
      inFlight,
      seconds,
      clock: 'clock' in found ? found.clock : undefined
    });
    return { throughput: throughput!, ...(cpu !== undefined && { cpu }) };
  };

  const answer = (message: Request): Promise<object> => {
    if ('count' in message) return make(message.count);
    return 'seconds' in message ? read(message.seconds) : warmUp(message.warmUp);
  };
  process.on('message', (message: Request) => {
    void answer(message).then(result => process.send!(result));
  });
  process.once('disconnect', () => void source.close());
  process.send!({});
}

async function residentBytes(): Promise<number> {
  for (let made = 0; made < COLLECTIONS; made++) {
    globalThis.gc?.();
    await delay(SETTLE_MS / COLLECTIONS);
  }
  return process.memoryUsage.rss();
}

void main();
