// Owns the tasks of MongoDB's driver benchmark by name, and its composite scores: plain averages of
// the tasks' scores (specifications/source/benchmarking, version of 2025). Must not know how a task is run.

export const BSON_TASKS = [
  'Flat BSON Encoding',
  'Flat BSON Decoding',
  'Deep BSON Encoding',
  'Deep BSON Decoding',
  'Full BSON Encoding',
  'Full BSON Decoding'
] as const;

export const SINGLE_TASKS = [
  'Run command',
  'Find one by ID',
  'Small doc insertOne',
  'Large doc insertOne'
] as const;

export const MULTI_TASKS = [
  'Find many and empty the cursor',
  'Small doc bulk insert',
  'Large doc bulk insert',
  'Small doc Collection BulkWrite insert',
  'Large doc Collection BulkWrite insert',
  'Small doc Client BulkWrite insert',
  'Large doc Client BulkWrite insert',
  'Small doc Client BulkWrite Mixed Operations',
  'Small doc Collection BulkWrite Mixed Operations',
  'GridFS upload',
  'GridFS download'
] as const;

export const PARALLEL_TASKS = [
  'LDJSON multi-file import',
  'LDJSON multi-file export',
  'GridFS multi-file upload',
  'GridFS multi-file download'
] as const;

export const TASKS = [...BSON_TASKS, ...SINGLE_TASKS, ...MULTI_TASKS, ...PARALLEL_TASKS] as const;

export type TaskName = (typeof TASKS)[number];

/** A composite that averages tasks. */
interface Average {
  readonly name: string;
  readonly tasks: readonly TaskName[];
}

const READ_TASKS = [
  'Find one by ID',
  'Find many and empty the cursor',
  'GridFS download',
  'LDJSON multi-file export',
  'GridFS multi-file download'
] as const satisfies readonly TaskName[];

/** Everything that reads or writes documents of the data sets, apart from BSON by itself. */
const WRITE_TASKS = [...SINGLE_TASKS, ...MULTI_TASKS, ...PARALLEL_TASKS].filter(
  name => name !== 'Run command' && !(READ_TASKS as readonly string[]).includes(name)
);

const READ_BENCH: Average = { name: 'ReadBench', tasks: READ_TASKS };
const WRITE_BENCH: Average = { name: 'WriteBench', tasks: WRITE_TASKS };

const AVERAGES: readonly Average[] = [
  { name: 'BSONBench', tasks: BSON_TASKS },
  { name: 'SingleBench', tasks: SINGLE_TASKS.filter(name => name !== 'Run command') },
  { name: 'MultiBench', tasks: MULTI_TASKS },
  { name: 'ParallelBench', tasks: PARALLEL_TASKS },
  READ_BENCH,
  WRITE_BENCH
];

/** The average of two composites, not of their tasks. */
const DRIVER_BENCH = 'DriverBench';

/** What a composite came to. */
export interface Score {
  readonly name: string;
  /** MB/s by contender; only of contenders that ran all the tasks that count. */
  readonly scores: ReadonlyMap<string, number>;
  /** Tasks of the composite that could not be run here. */
  readonly missing: readonly TaskName[];
}

/**
 * The composites that can be told from the tasks that ran. A task that was impossible here (`missing`)
 * is left out for every contender alike; one that was merely not asked for leaves the composite out.
 *
 * @param results - the tasks' scores in MB/s, by task and contender
 */
export function composites(
  results: ReadonlyMap<string, ReadonlyMap<string, number>>,
  missing: ReadonlySet<string>
): Score[] {
  const scores = AVERAGES.flatMap(average => averageOf(average, results, missing) ?? []);
  const read = scores.find(({ name }) => name === READ_BENCH.name);
  const write = scores.find(({ name }) => name === WRITE_BENCH.name);
  if (!read || !write) return scores;
  const both = [...read.scores].flatMap(([contender, score]) => {
    const other = write.scores.get(contender);
    return other === undefined ? [] : [[contender, (score + other) / 2] as const];
  });
  const lost = [...read.missing, ...write.missing];
  return [...scores, { name: DRIVER_BENCH, scores: new Map(both), missing: lost }];
}

function averageOf(
  { name, tasks }: Average,
  results: ReadonlyMap<string, ReadonlyMap<string, number>>,
  missing: ReadonlySet<string>
): Score | undefined {
  const counted = tasks.filter(task => !missing.has(task));
  const found = counted.map(task => results.get(task));
  if (found.length === 0 || found.includes(undefined)) return undefined;
  const sums = new Map<string, number>();
  for (const contender of found[0]!.keys()) {
    const each = found.map(scores => scores!.get(contender));
    if (each.includes(undefined)) continue;
    sums.set(contender, each.reduce<number>((sum, score) => sum + score!, 0) / each.length);
  }
  return { name, scores: sums, missing: tasks.filter(task => missing.has(task)) };
}
