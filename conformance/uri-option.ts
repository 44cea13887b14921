// Owns where a client's resolved options show an option of the connection string, whatever its name
// and form there are. Must not know how clients are made.

import type { Document } from 'mongodb';
import { inspect } from 'node:util';
import { Mismatch } from './fault.ts';
import { Matcher } from './unified/matcher.ts';

type Lookup = (options: Document, expected: unknown) => unknown;

/** By name in small letters: options that resolve to a part of another one, or to another name. */
const LOOKUPS: Readonly<Record<string, Lookup>> = {
  authmechanism: within('credentials', 'mechanism'),
  authmechanismproperties: within('credentials', 'mechanismProperties'),
  authsource: within('credentials', 'source'),
  journal: within('writeConcern', 'journal'),
  maxstalenessseconds: within('readPreference', 'maxStalenessSeconds'),
  readconcernlevel: within('readConcern', 'level'),
  readpreference: within('readPreference', 'mode'),
  readpreferencetags: within('readPreference', 'tags'),
  w: within('writeConcern', 'w'),
  wtimeoutms: within('writeConcern', 'wtimeoutMS'),
  ssl: options => options['tls'] as unknown,
  tlsallowinvalidcertificates: rejectsNothing,
  tlsinsecure: rejectsNothing,
  // A function that accepts every name, which only a client whose connections Node.js makes has.
  tlsallowinvalidhostnames: (options, expected) =>
    'checkServerIdentity' in options ? options['checkServerIdentity'] !== undefined : expected,
  // The driver takes it, warns that it has no effect, and forgets it.
  timeoutms: (_, expected) => expected,
  // A secret need not be shown.
  tlscertificatekeyfilepassword: (options, expected) =>
    (options['passphrase'] as unknown) ??
    (options['tlsCertificateKeyFilePassword'] as unknown) ??
    expected
};

const matcher = new Matcher({ value: () => undefined, lsid: () => undefined });

/** What an option is instead; undefined when it is as expected. */
export function expectedOption(
  name: string,
  expected: unknown,
  options: Document
): string | undefined {
  const key = name.toLowerCase();
  const found = LOOKUPS[key]?.(options, expected) ?? named(options, key);
  try {
    matcher.match(found, expected, 'the option');
    return undefined;
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    return `${inspect(found)}, not ${inspect(expected)}`;
  }
}

/** Node.js has the opposite, whether to reject; without TLS a client need not show it. */
function rejectsNothing(options: Document, expected: unknown): unknown {
  return 'rejectUnauthorized' in options ? options['rejectUnauthorized'] === false : expected;
}

function within(group: string, field: string): Lookup {
  return options => (options[group] as Document | undefined)?.[field] as unknown;
}

function named(options: Document, key: string): unknown {
  return Object.entries(options).find(([name]) => name.toLowerCase() === key)?.[1];
}
