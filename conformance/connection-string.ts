// Owns tests of connection strings and their options: what the tested client makes of a URI without
// connecting. Source: the connection string, URI options, authentication and concern specifications.
// Must not know how a client parses.

import type { Document } from 'mongodb';
import { Mismatch, expectThat } from './fault.ts';
import { PASSED, failed, skipped, type Verdict } from './row.ts';
import type { Subject, SubjectName } from './subject.ts';
import { Matcher } from './unified/matcher.ts';
import { expectedOption } from './uri-option.ts';

interface UriCase {
  readonly description: string;
  readonly uri: string;
  readonly valid: boolean;
  /** Something is deprecated, unknown or of no use. */
  readonly warning?: boolean | null;
  readonly hosts?: ReadonlyArray<{ type: string; host: string; port: number | null }> | null;
  readonly auth?: { username?: string | null; password?: string | null; db?: string | null } | null;
  readonly options?: Document | null;
  readonly readConcern?: Document;
  readonly writeConcern?: Document;
  readonly credential?: Document | null;
}

interface Exclusion {
  readonly reason: string;
  /** In the connection string. */
  readonly pattern: RegExp;
  readonly subject?: SubjectName;
}

/** What clients deliberately do not do, by what a connection string asks for. */
const EXCLUSIONS: readonly Exclusion[] = [
  {
    reason: 'an option for drivers that use one thread',
    pattern: /[?&]serverSelectionTryOnce=/i
  },
  {
    reason: 'an option of TLS that Node.js does not have',
    pattern: /[?&]tlsDisable(OCSPEndpointCheck|CertificateRevocationCheck)=/i
  },
  {
    reason: 'AWS credentials in a connection string, which the driver refuses since 7.0',
    pattern: /^[^?]*@.*authMechanism=MONGODB-AWS/i
  },
  { reason: 'Kerberos', pattern: /authMechanism=GSSAPI/i, subject: 'polypool' },
  { reason: 'a SOCKS5 proxy', pattern: /[?&]proxyHost=/i, subject: 'polypool' },
  {
    reason: 'OpenID Connect without a callback, in other environments than Kubernetes',
    pattern: /ENVIRONMENT:(test|azure|gcp)/i,
    subject: 'polypool'
  }
];

const DEFAULT_PORT = 27_017;
/** What ends like this is a Unix domain socket to the driver, wherever it is. */
const SOCKET = '.sock';

export async function runConnectionStrings(
  content: unknown,
  subject: Subject,
  wanted: (test: string) => boolean,
  report: (test: string, verdict: Verdict) => void
): Promise<void> {
  for (const one of (content as { tests: readonly UriCase[] }).tests) {
    if (!wanted(one.description)) continue;
    const exclusion = EXCLUSIONS.find(
      ({ pattern, subject: only = subject.name }) => only === subject.name && pattern.test(one.uri)
    );
    const verdict = exclusion
      ? skipped(`excluded: ${exclusion.reason}`)
      : await attempt(one, subject);
    report(one.description, verdict);
  }
}

async function attempt(one: UriCase, subject: Subject): Promise<Verdict> {
  let client;
  try {
    client = new subject.Client(one.uri);
  } catch (error) {
    return refused(one, error);
  }
  try {
    expectThat(one.valid, 'the connection string was accepted');
    // What is made of an option that there is a warning about is up to the driver, too.
    if (one.warning === true) return PASSED;
    checkParts(one, client.options);
    return PASSED;
  } catch (error) {
    return failed(error);
  } finally {
    await client.close();
  }
}

/**
 * Where the specification has a warning, the driver for Node.js refuses the connection string, and
 * so may every client that stands in for it.
 */
function refused({ valid, warning }: UriCase, error: unknown): Verdict {
  if (!valid || warning === true) return PASSED;
  return failed(new Mismatch('the connection string was refused', { cause: error }));
}

function checkParts(one: UriCase, options: Document): void {
  checkHosts(one.hosts, options['hosts'] as Document[]);
  if (one.auth != null) checkAuth(one.auth, options);
  if (one.credential !== undefined) checkCredential(one.credential, options);
  for (const [name, expected] of Object.entries(one.options ?? {})) {
    const fault = expectedOption(name, expected, options);
    expectThat(fault === undefined, `the option ${name} is ${fault}`);
  }
  for (const name of ['readConcern', 'writeConcern'] as const) {
    if (one[name] !== undefined) same(options[name] ?? {}, one[name], name);
  }
}

function checkHosts(expected: UriCase['hosts'], hosts: readonly Document[]): void {
  if (expected == null) return;
  const found = hosts.map(host => {
    const path = (host['socketPath'] ?? host['path']) as string | undefined;
    return path === undefined ? `${host['host']}:${host['port']}` : path;
  });
  const wanted = expected.map(({ type, host, port }) =>
    type === 'unix' || host.endsWith(SOCKET) ? host : `${host}:${port ?? DEFAULT_PORT}`
  );
  expectThat(found.join() === wanted.join(), `the hosts are ${found.join()}, not ${wanted.join()}`);
}

function checkAuth(expected: NonNullable<UriCase['auth']>, options: Document): void {
  const found = (options['credentials'] ?? {}) as { username?: string; password?: string };
  if (expected.username != null) same(found.username, expected.username, 'the user name');
  // A client may show no secrets.
  if (expected.password != null && found.password !== undefined) {
    same(found.password, expected.password, 'the password');
  }
  if (expected.db != null) same(options['dbName'], expected.db, 'the database');
}

function checkCredential(expected: Document | null, options: Document): void {
  const found = options['credentials'] as Document | undefined;
  if (expected === null) {
    expectThat(found === undefined, 'there are credentials');
    return;
  }
  expectThat(found !== undefined, 'there are no credentials');
  const mechanism = found['mechanism'] as string | undefined;
  const shown: Document = {
    username: found['username'] || null,
    password: found['password'] || null,
    source: found['source'],
    mechanism: mechanism === 'DEFAULT' ? null : (mechanism ?? null),
    mechanism_properties: nullIfEmpty(found['mechanismProperties'])
  };
  for (const [name, value] of Object.entries(expected)) {
    if (name === 'password' && shown[name] === null) continue;
    same(shown[name], value, `the credential's ${name}`);
  }
}

function nullIfEmpty(properties: unknown): unknown {
  return Object.keys(properties ?? {}).length === 0 ? null : properties;
}

const matcher = new Matcher({ value: () => undefined, lsid: () => undefined });

/** Fields that the client adds are allowed. @throws Mismatch */
function same(actual: unknown, expected: unknown, what: string): void {
  matcher.match(actual, expected, what);
}
