// Owns what counts as a difference between two pictures, and the short list of those that are there
// on purpose, with their reasons. A rule that no longer applies to anything fails the run.

/** Where two pictures differ. */
export interface Difference {
  /** Keys and indexes from the top, with dots between them. */
  readonly path: string;
  readonly polypool: unknown;
  readonly driver: unknown;
}

/** The innermost places where two pictures differ. */
export function differences(polypool: unknown, driver: unknown, path = ''): Difference[] {
  if (Object.is(polypool, driver)) return [];
  if (!isParent(polypool) || !isParent(driver)) return [{ path, polypool, driver }];
  if (Array.isArray(polypool) !== Array.isArray(driver)) return [{ path, polypool, driver }];
  // Of a result and an error, or of two errors of different kinds, nothing more is to be compared.
  if (hasEnded(polypool) && hasEnded(driver) && polypool['#keys'] !== driver['#keys']) {
    return [{ path, polypool, driver }];
  }
  if (polypool['#class'] !== driver['#class']) return [{ path, polypool, driver }];
  const keys = new Set([...Object.keys(polypool), ...Object.keys(driver)]);
  return [...keys].flatMap(key => differencesAt(key, polypool, driver, path));
}

type Parent = Record<string, unknown>;

function differencesAt(key: string, ours: Parent, theirs: Parent, path: string): Difference[] {
  return differences(ours[key], theirs[key], path === '' ? key : `${path}.${key}`);
}

/** A list of keys, without one of them. */
function without(keys: unknown, key: string): string {
  return String(keys)
    .split(',')
    .filter(other => other !== key)
    .join();
}

function isParent(value: unknown): value is Parent {
  return typeof value === 'object' && value !== null;
}

/** How a call ended, see `Settled`. */
function hasEnded(value: Parent): boolean {
  return ['value', 'rejected', 'thrown'].includes(value['#keys'] as string);
}

/** The class of the error that a call ended with, early or late. */
function errorOf(settled: unknown): unknown {
  if (!isParent(settled)) return undefined;
  const error = settled['rejected'] ?? settled['thrown'] ?? settled;
  return isParent(error) ? error['#class'] : undefined;
}

/** A kind of difference that is meant to be. */
interface Rule {
  readonly reason: string;
  /** Scenarios that may have it: `Class.method scenario`. */
  readonly scenarios: RegExp;
  allows(difference: Difference): boolean;
}

const RULES: readonly Rule[] = [
  {
    reason:
      'timeoutMS is a limit, of which the server is told; the driver 7.8 takes it without effect',
    scenarios:
      /^(Collection\.bulkWrite passes its options to the server|GridFSBucket\.openUploadStream obeys its options)$/,
    allows: ({ path, polypool, driver }) =>
      /^commands\.\d+\.(#keys|maxTimeMS)$/.test(path) &&
      (driver === undefined || without(polypool, 'maxTimeMS') === driver)
  },
  {
    reason:
      'of many chunks that are written at once a command has several; the driver sends all at once',
    scenarios: /^GridFSBucket\.openUploadStream stores a write of many chunks$/,
    allows: ({ path }) => path.startsWith('commands')
  },
  {
    reason: 'messages go on to name the option or the document that is at fault',
    scenarios: /./,
    allows: ({ path, polypool, driver }) => path.endsWith('message') && startsWith(polypool, driver)
  },
  {
    reason: 'a read preference of a wrong type is told which types there are, not its value',
    scenarios: /withReadPreference/,
    allows: ({ path, driver }) =>
      path.endsWith('message') && driver === 'Invalid read preference: 5'
  },
  {
    reason:
      'arguments of a wrong type are refused before anything is sent, where the driver fails by accident or sends them',
    scenarios:
      /insertOne .*not a document|Many .*not documents|no operation|makes no statement|Db.collection gives|Db.command gives|Db.aggregate runs|createIndexes gives/,
    allows: ({ polypool }) => errorOf(polypool) === 'MongoInvalidArgumentError'
  },
  {
    reason: 'what was refused before anything was sent is no command',
    scenarios: /insertOne .*not a document|Many .*not documents|Db.command gives the reply/,
    allows: ({ path }) => path.startsWith('commands')
  },
  {
    reason: 'a command may be a Map, to which the driver would add properties',
    scenarios: /Db.command gives the reply/,
    allows: ({ path, driver }) =>
      path === 'settled.value.1' && errorOf(driver) === 'MongoServerError'
  },
  {
    reason: 'null stands for no options, on which the driver trips',
    scenarios: /findOne pass further options|countDocuments obeys/,
    allows: ({ path, driver }) =>
      errorOf(driver) === 'TypeError' || (path.startsWith('commands') && driver === undefined)
  },
  {
    reason: 'countDocuments counts with raw as well, where the driver gives 0',
    scenarios: /countDocuments obeys/,
    allows: ({ polypool, driver }) => polypool === 7 && driver === 0
  },
  {
    reason:
      'later batches are asked for in the size that was set; the server itself counts the limit, and 0 is its default',
    scenarios: /limit and skip|batchSize goes|limit goes/,
    allows: ({ path, polypool, driver }) =>
      (path.endsWith('batchSize') && (driver === 0 || Number(driver) < Number(polypool))) ||
      (path.endsWith('#keys') && String(driver).replace('batchSize,', '') === polypool)
  },
  {
    reason: 'the errors of a closed pool have a code',
    scenarios: /startSession are there/,
    allows: ({ path, polypool }) => path.endsWith('code') && polypool === 'POLYPOOL_CLOSED'
  },
  {
    reason: 'later batches are read as the first was, and need not say how',
    scenarios: /startSession read a snapshot/,
    allows: ({ path, driver }) =>
      /^commands\.\d+\.readConcern$/.test(path) ||
      (path.startsWith('commands') && String(driver).endsWith(',getMore,readConcern'))
  },
  {
    reason: 'the profiler cuts the number of a write off with the documents, which come before it',
    scenarios: /(insertMany|bulkWrite) splits/,
    allows: ({ path, polypool, driver }) =>
      (path.endsWith('txnNumber') && polypool === undefined) ||
      (path.endsWith('#keys') && driver === `${String(polypool)},txnNumber`)
  },
  {
    reason: 'after close() errors have a code that tells them from those before connect()',
    scenarios: /MongoClient\.(close|\[Symbol.asyncDispose\])/,
    allows: ({ path, polypool }) => path.endsWith('code') && polypool === 'POLYPOOL_CLOSED'
  },
  {
    reason:
      'bypassDocumentValidation: false is sent, as the CRUD specification has it; the driver leaves it out of some commands',
    scenarios: /(insertMany|bulkWrite) (is refused by a validator|passes its options)/,
    allows: ({ path, driver, polypool }) =>
      (path.endsWith('.bypassDocumentValidation') && driver === undefined && polypool === false) ||
      (path.endsWith('#keys') &&
        String(polypool).replace('bypassDocumentValidation,', '') === driver)
  },
  {
    reason: 'what a reply lacks is said in other words',
    scenarios: /runCursorCommand gives the error/,
    allows: ({ path }) => /rejected\.(message|cause)/.test(path)
  },
  {
    reason:
      'maxAwaitTimeMS() of a cursor that awaits data goes to the server; in the driver only the option does',
    scenarios: /addCursorFlag asks/,
    allows: ({ path }) => /^commands.*(maxTimeMS|#keys)$/.test(path)
  },
  {
    reason:
      'a file whose last chunks are missing is an error, as the GridFS specification has it; the driver gives a part for the whole',
    scenarios: /openDownloadStream fails when the last chunk is missing/,
    allows: ({ path, driver }) => path === 'settled.value.3' && driver === 'end'
  },
  {
    reason:
      'a command event shows what was sent, in which the Map that the driver sorts by is a document',
    scenarios: /command events/,
    allows: ({ path }) => path.endsWith('command.sort')
  }
];

function startsWith(text: unknown, start: unknown): boolean {
  return typeof text === 'string' && typeof start === 'string' && text.startsWith(start);
}

const applied = new Set<Rule>();

export function isDeliberate(title: string, difference: Difference): boolean {
  const rule = RULES.find(one => one.scenarios.test(title) && one.allows(difference));
  if (rule !== undefined) applied.add(rule);
  return rule !== undefined;
}

/** Reasons that nothing in this process needed. */
export function unusedReasons(): string[] {
  return RULES.filter(rule => !applied.has(rule)).map(({ reason }) => reason);
}
