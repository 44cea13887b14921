// Owns reading the CPU time that the main thread alone has used, wherever the platform tells it.
// Must not know what is measured: wall time and the CPU of other threads are not its business.

import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

/** Reads main-thread CPU time in microseconds since some fixed point. */
export type ThreadClock = () => number;

type WithThreadCpuUsage = typeof process & {
  /** Node 23.9 and later: CPU of the calling thread, in microseconds. */
  threadCpuUsage?: () => { user: number; system: number };
};

const NANOSECONDS_PER_MICROSECOND = 1_000;

/** What `switchOut` sleeps on; nobody ever wakes it. */
const nobody = new Int32Array(new SharedArrayBuffer(4));

/**
 * The clock of this platform, or why there is none. Process CPU is no substitute: it counts the
 * garbage collector's and a native core's threads.
 */
export function threadClock(): { clock: ThreadClock } | { reason: string } {
  const { threadCpuUsage } = process as WithThreadCpuUsage;
  if (threadCpuUsage) {
    return {
      clock: () => {
        switchOut();
        const { user, system } = threadCpuUsage.call(process);
        return user + system;
      }
    };
  }
  if (process.platform !== 'linux') {
    return {
      reason: `Node ${process.versions.node} on ${process.platform} has no clock of one thread's CPU`
    };
  }
  // The first thread's id is the process id; the bench never measures from a worker.
  const path = `/proc/self/task/${process.pid}/schedstat`;
  try {
    readFileSync(path);
  } catch (error) {
    return { reason: `this kernel keeps no ${path}: ${(error as Error).message}` };
  }
  return { clock: scheduleClock(path) };
}

/** The first number of `schedstat` is the time spent on a CPU, in nanoseconds. */
function scheduleClock(path: string): ThreadClock {
  const buffer = Buffer.alloc(96);
  return () => {
    switchOut();
    const file = openSync(path, 'r');
    try {
      const length = readSync(file, buffer);
      return (
        Number.parseInt(buffer.toString('latin1', 0, length), 10) / NANOSECONDS_PER_MICROSECOND
      );
    } finally {
      closeSync(file);
    }
  };
}

/**
 * Sleeps a millisecond: the kernel brings a thread's account up to date when it leaves the CPU, or
 * else only at its tick, up to 4 ms late. A sleep costs no CPU; read outside of timed stretches.
 */
function switchOut(): void {
  Atomics.wait(nobody, 0, 0, 1);
}
