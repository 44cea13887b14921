// Owns what a task of MongoDB's driver benchmark is, and how it becomes a case of the bench.
// Must not know any one task.

import { repeat } from '../repetition';
import type { Rounds } from '../schedule';
import type { Case, Lane, Metric, Setting } from '../suite';
import type { TaskName } from './composites';

/** The specification's megabyte. */
const BYTES_PER_MEGABYTE = 1_000_000;
const MILLISECONDS_PER_SECOND = 1_000;

/** The turns of a task whose iterations take seconds, in a short run. */
const LONG_ROUNDS = 3;

/** The part of a round's length that a turn of a task takes at least, by default. */
const TURN = 0.25;

/** The specification's limits of iterations: 100 that take a minute at least, 5 minutes at most. */
const FULL = { iterations: 100, leastMS: 60_000, mostMS: 300_000 };

const METRICS: readonly Metric[] = [
  { name: 'score', unit: 'MB/s', better: 'higher', figure: 'score' },
  { name: 'main-thread CPU', unit: 'ms', better: 'lower', figure: 'cpu' }
];

/** One contender's way through a task. */
export interface TaskRun {
  readonly contender: string;
  /** Before each iteration; not counted. */
  before?(): Promise<void> | void;
  /** One iteration, its result checked. */
  run(): Promise<void> | void;
}

export interface Task {
  readonly name: TaskName;
  /** Bytes that an iteration counts for, by the specification. */
  readonly bytes: number;
  readonly runs: readonly TaskRun[];
  /** An iteration takes seconds: few turns have to do in a short run, and each is its own lead-in. */
  readonly isLong?: boolean;
  setUp?(): Promise<void>;
  tearDown?(): Promise<void>;
}

/** The case that runs a task: in turns as everything else, or as long as the specification asks for. */
export function taskCase(task: Task, setting: Setting): Case {
  const { name, isLong } = task;
  return {
    name,
    metrics: METRICS,
    lanes: task.runs.map(run => taskLane(task, run, setting)),
    ...(isLong && !setting.full && { mostRounds: LONG_ROUNDS }),
    ...(setting.full && !setting.quick && { enough: isEnough }),
    setUp: async () => task.setUp?.(),
    tearDown: async () => task.tearDown?.()
  };
}

function taskLane(
  { bytes, isLong }: Task,
  run: TaskRun,
  { seconds, clock, full, quick }: Setting
): Lane {
  const iterate = async (turnSeconds: number) => {
    const { wall, ...rest } = await repeat({
      prepare: async () => run.before?.(),
      operation: async () => run.run(),
      seconds: turnSeconds,
      clock
    });
    const score = bytes / BYTES_PER_MEGABYTE / (wall! / MILLISECONDS_PER_SECOND);
    return { wall: wall!, score, ...rest };
  };
  // A turn of no time is one iteration.
  const turn = full ? 0 : seconds * TURN;
  const unmeasured = async (): Promise<void> => {
    await iterate(turn);
  };
  return {
    contender: run.contender,
    warmUp: unmeasured,
    // Iterations of the specification's size are their own lead-in.
    ...(!full && !quick && !isLong && { leadIn: () => iterate(0).then(() => undefined) }),
    round: () => iterate(turn)
  };
}

/** Whether every lane has run as long as the specification asks for. */
export function isEnough(rounds: Rounds): boolean {
  return [...rounds.values()].every(lane => {
    const total = lane.reduce((sum, { wall }) => sum + wall!, 0);
    return (lane.length >= FULL.iterations && total >= FULL.leastMS) || total >= FULL.mostMS;
  });
}
