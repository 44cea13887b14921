/**
 * The options of `createWrapper`: what they must be, what stands in for those that are missing, and what
 * they mean for a pool. It opens nothing.
 */
import type { PolyPoolOptions } from 'polypool';
import type { PolyMongoOptions, Preset } from './types';
import { databaseIn, valueIn } from './uri';

/** Sizes and times of a pool. */
type Sizes = Pick<
  PolyPoolOptions,
  'maxPoolSize' | 'minPoolSize' | 'maxIdleTimeMS' | 'serverSelectionTimeoutMS' | 'connectTimeoutMS'
>;

/** Milliseconds in which a server must be found, and a connection made: PolyMongo's, a third of the driver's. */
const PATIENCE_MS = 10_000;

const USUAL: Sizes = {
  maxPoolSize: 10,
  minPoolSize: 0,
  serverSelectionTimeoutMS: PATIENCE_MS,
  connectTimeoutMS: PATIENCE_MS
};

const PRESETS: Record<Preset, Sizes> = {
  production: { ...USUAL, maxPoolSize: 50, minPoolSize: 5, maxIdleTimeMS: 60_000 },
  development: { ...USUAL, maxPoolSize: 5, serverSelectionTimeoutMS: 3_000 },
  // A frozen instance wakes up with connections that are gone: few of them, and none for long.
  serverless: {
    ...USUAL,
    maxPoolSize: 2,
    maxIdleTimeMS: 10_000,
    serverSelectionTimeoutMS: 5_000,
    connectTimeoutMS: 5_000
  }
};

/** Where operations go that name no database, and whether others can be named. */
export interface DatabaseRules {
  readonly home: string;
  /** `.db()` leads home whatever it is given. */
  readonly only: boolean;
}

/** What must hold of an option, and how to say so. */
type Rule = readonly [path: string, holds: (value: never) => boolean, must: string];

const isText = (value: unknown): boolean => typeof value === 'string';
const isBoolean = (value: unknown): boolean => typeof value === 'boolean';
const atLeast = (least: number) => (value: unknown) => typeof value === 'number' && value >= least;

const RULES: readonly Rule[] = [
  ['defaultDB', isText, 'must be a string'],
  ['preferURI', isBoolean, 'must be a boolean'],
  [
    'preset',
    value => Object.hasOwn(PRESETS, value),
    `must be one of ${Object.keys(PRESETS).join(', ')}`
  ],
  ['maxPoolSize', atLeast(1), 'must be a positive number'],
  ['minFreeConnections', atLeast(0), 'must be a non-negative number'],
  ['idleTimeoutMS', atLeast(0), 'must be a non-negative number'],
  ['coldStart', isBoolean, 'must be a boolean'],
  ['debug', value => isBoolean(value) || isObject(value), 'must be a boolean or an object'],
  ['debug.log', isBoolean, 'must be a boolean'],
  ['debug.logPath', isText, 'must be a string'],
  ['debug.logHandler', value => typeof value === 'function', 'must be a function'],
  ['logPath', isText, 'must be a string'],
  ['retry', value => atLeast(0)(value) || isObject(value), 'must be a non-negative number'],
  ['retry.attempts', atLeast(0), 'must be a non-negative number'],
  ['retry.stepMS', atLeast(0), 'must be a non-negative number'],
  ['dbSpecific', Array.isArray, 'must be an array']
];

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/**
 * What the users of PolyMongo know its complaints by.
 * @throws Error naming the option
 */
export function checkOptions(options: PolyMongoOptions): void {
  const { mongoURI, minFreeConnections, maxPoolSize } = (options ??
    {}) as Partial<PolyMongoOptions>;
  if (!mongoURI) throw new Error('mongoURI is required');
  if (typeof mongoURI !== 'string') throw new Error('mongoURI must be a string');
  if (!/^mongodb(\+srv)?:\/\//.test(mongoURI)) {
    throw new Error('mongoURI must start with mongodb:// or mongodb+srv://');
  }
  for (const [path, holds, must] of RULES) {
    const value = at(options, path);
    if (value !== undefined && !holds(value as never)) throw new Error(`${path} ${must}`);
  }
  if (minFreeConnections !== undefined && minFreeConnections > (maxPoolSize ?? Infinity)) {
    throw new Error('minFreeConnections cannot be greater than maxPoolSize');
  }
}

function at(options: object, path: string): unknown {
  let value: unknown = options;
  for (const name of path.split('.')) {
    if (!isObject(value)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

export function databaseRules({ mongoURI, defaultDB, preferURI }: PolyMongoOptions): DatabaseRules {
  const named = databaseIn(mongoURI);
  if (named === undefined) return { home: defaultDB || 'default', only: false };
  if (preferURI === false) return { home: defaultDB || named, only: false };
  return { home: named, only: true };
}

/** The options of the pool, but for what is logged. */
export function poolOptions(options: PolyMongoOptions): PolyPoolOptions {
  const { preset, maxPoolSize, minFreeConnections, idleTimeoutMS, poolOptions: further } = options;
  // What the connection string says comes before what is only usual.
  const usual = Object.entries(preset ? PRESETS[preset] : USUAL).filter(
    ([name]) => valueIn(options.mongoURI, name) === undefined
  );
  const sizes = Object.fromEntries(usual) as Sizes;
  const given =
    maxPoolSize ?? further?.maxPoolSize ?? Number(valueIn(options.mongoURI, 'maxPoolSize') ?? 0);
  // Who allows fewer connections than a preset keeps has not asked for those. 0 is any number.
  if (sizes.minPoolSize && given > 0) sizes.minPoolSize = Math.min(sizes.minPoolSize, given);
  return {
    handleSignals: true,
    ...sizes,
    ...further,
    ...(maxPoolSize !== undefined && { maxPoolSize }),
    ...(minFreeConnections !== undefined && { minPoolSize: minFreeConnections }),
    ...(idleTimeoutMS !== undefined && { maxIdleTimeMS: idleTimeoutMS }),
    ...(options.dbSpecific?.length && { dbSpecific: options.dbSpecific })
  };
}
