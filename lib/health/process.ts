/**
 * What this process needs: its memory, its processors' time, how late its event loop is. It asks the
 * process alone, and cheaply; it knows nothing of databases.
 */
import { performance, type EventLoopUtilization } from 'node:perf_hooks';
import type { HealthStatus } from './status';

/** Limits beyond which a process is degraded. A process that answers is never worse. */
export interface ProcessLimits {
  /** Of the heap's limit, between 0 and 1. @defaultValue 0.9 */
  maxHeapUse?: number;
  /** Milliseconds that the event loop may be late. @defaultValue 100 */
  maxDelayMS?: number;
}

export interface MemoryHealth {
  readonly status: HealthStatus;
  /** Memory of the process that is in RAM, in bytes; polypool's connections included. */
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  /** Where V8 gives up; see `--max-old-space-size`. */
  readonly heapLimitBytes: number;
  /** Of buffers and the like, in bytes. */
  readonly externalBytes: number;
  readonly message?: string;
}

export interface CPUHealth {
  readonly status: HealthStatus;
  /** Time of one processor that the process's threads took, in percent, since it was asked last. */
  readonly percent: number;
  /** The machine's, over 1, 5 and 15 minutes; zeros on Windows, which has none. */
  readonly loadAverage: readonly number[];
  /** How late a timer was that was set to measure that, in milliseconds. */
  readonly eventLoopDelayMS: number;
  /** The share of time in which JavaScript ran, between 0 and 1, since it was asked last. */
  readonly eventLoopUtilization: number;
  readonly message?: string;
}

/** The heap use that is still healthy. */
const MAX_HEAP_USE = 0.9;
/** Milliseconds of delay that are still healthy. */
const MAX_DELAY_MS = 100;
/** The shortest time that a timer can be set to, in milliseconds. */
const SHORTEST_MS = 1;

export function memoryHealth({ maxHeapUse = MAX_HEAP_USE }: ProcessLimits): MemoryHealth {
  const {
    used_heap_size: used,
    heap_size_limit: limit,
    external_memory
  } = process.getBuiltinModule('node:v8').getHeapStatistics();
  const isFull = used > limit * maxHeapUse;
  return {
    status: isFull ? 'degraded' : 'healthy',
    rssBytes: process.memoryUsage.rss(),
    heapUsedBytes: used,
    heapLimitBytes: limit,
    externalBytes: external_memory,
    ...(isFull && { message: `The heap is ${Math.round((used / limit) * 100)} % full` })
  };
}

/** Measures the time between two looks at it. What it needs of Node is loaded when it is used. */
export class ProcessMeter {
  #since = performance.now();
  #cpu = process.cpuUsage();
  #loop: EventLoopUtilization = performance.eventLoopUtilization();

  /** Takes a millisecond: a timer has to come in late. */
  async measure({ maxDelayMS = MAX_DELAY_MS }: ProcessLimits): Promise<CPUHealth> {
    const eventLoopDelayMS = await delayOfTimer();
    const [now, cpu, loop] = [
      performance.now(),
      process.cpuUsage(),
      performance.eventLoopUtilization()
    ];
    const spent = (cpu.user + cpu.system - this.#cpu.user - this.#cpu.system) / 1_000;
    const percent = (spent / (now - this.#since)) * 100;
    const { utilization } = performance.eventLoopUtilization(loop, this.#loop);
    this.#since = now;
    this.#cpu = cpu;
    this.#loop = loop;
    const isLate = eventLoopDelayMS > maxDelayMS;
    return {
      status: isLate ? 'degraded' : 'healthy',
      percent: round(percent),
      loadAverage: process.getBuiltinModule('node:os').loadavg(),
      eventLoopDelayMS: round(eventLoopDelayMS),
      eventLoopUtilization: round(utilization),
      ...(isLate && { message: `The event loop is ${Math.round(eventLoopDelayMS)} ms late` })
    };
  }
}

async function delayOfTimer(): Promise<number> {
  const start = performance.now();
  await new Promise(resolve => setTimeout(resolve, SHORTEST_MS));
  return Math.max(0, performance.now() - start - SHORTEST_MS);
}

/** To three places. */
export function round(number: number): number {
  return Math.round(number * 1_000) / 1_000;
}
