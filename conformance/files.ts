// Owns which files there are below a directory, and which kind of test each holds, told by its
// content alone. Must not know how a kind is run.

import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseExtendedJSON } from './extended-json.ts';

export type Kind =
  | 'unified'
  | 'bson-corpus'
  | 'binary-vector'
  | 'connection-string'
  | 'concern-document'
  | 'legacy'
  | 'other'
  | 'unreadable';

export interface TestFile {
  readonly path: string;
  readonly kind: Kind;
  /** The parsed content, for kinds that are run; for `unified` and `binary-vector` with Extended JSON's types. */
  readonly content: unknown;
  /** For kinds that are not run: what the file is. */
  readonly note?: string;
}

/** Keys by which files of other formats are known, and what those need that a client does not show. */
const LEGACY: ReadonlyArray<readonly [keys: readonly string[], note: string]> = [
  [['phases', 'uri'], 'server discovery with simulated replies, inside the core'],
  [['topology_description'], 'server selection with simulated topologies, inside the core'],
  [['avg_rtt_ms', 'new_rtt_ms'], 'the average of round-trip times, inside the core'],
  [['events', 'operations', 'style'], 'a connection pool on its own, inside the core'],
  [['error', 'seeds'], 'DNS records of mongodb.net, which are not there'],
  [['uri', 'hosts'], 'DNS records of mongodb.net, which are not there'],
  [['uri', 'seeds'], 'DNS records of mongodb.net, which are not there'],
  [['uri', 'numSeeds'], 'DNS records of mongodb.net, which are not there'],
  [['key_vault_data', 'tests'], 'client-side encryption'],
  [['database_name', 'tests'], 'replaced by the unified test format'],
  [['data', 'tests'], 'replaced by the unified test format']
];

/** Every JSON file at or below a path, in the order of their names. */
export function* findFiles(path: string): Generator<string> {
  if (!statSync(path).isDirectory()) {
    yield path;
    return;
  }
  const entries = readdirSync(path).sort();
  for (const name of entries) {
    const inner = join(path, name);
    if (statSync(inner).isDirectory()) yield* findFiles(inner);
    else if (name.endsWith('.json')) yield inner;
  }
}

export function readTestFile(path: string): TestFile {
  const text = readFileSync(path, 'utf8');
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    return { path, kind: 'unreadable', content: undefined, note: (error as Error).message };
  }
  const keys = content !== null && typeof content === 'object' ? Object.keys(content) : [];
  const { tests } = (content ?? {}) as { tests?: unknown };
  const kind = kindOf(keys, Array.isArray(tests) ? (tests as unknown[]) : []);
  if (kind === 'unified' || kind === 'binary-vector') {
    return { path, kind, content: revived(text, content) };
  }
  if (kind !== 'other') return { path, kind, content };
  const legacy = LEGACY.find(([wanted]) => wanted.every(key => keys.includes(key)));
  return legacy === undefined
    ? { path, kind, content, note: `keys ${keys.slice(0, 5).join(', ') || 'none'}` }
    : { path, kind: 'legacy', content, note: legacy[1] };
}

function kindOf(keys: readonly string[], tests: readonly unknown[]): Kind {
  const has = (key: string): boolean => keys.includes(key);
  if (has('schemaVersion')) return 'unified';
  if (has('bson_type')) return 'bson-corpus';
  const [first] = tests as ReadonlyArray<Record<string, unknown> | undefined>;
  if (first === undefined || typeof first !== 'object') return 'other';
  if (has('test_key') && 'vector' in first) return 'binary-vector';
  if ('uri' in first) return 'connection-string';
  if ('writeConcernDocument' in first || 'readConcernDocument' in first) return 'concern-document';
  return 'other';
}

/** A file that is invalid on purpose may not even be Extended JSON. */
function revived(text: string, plain: unknown): unknown {
  try {
    return parseExtendedJSON(text);
  } catch {
    return plain;
  }
}
