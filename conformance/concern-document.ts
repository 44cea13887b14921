// Owns tests of read and write concerns as documents: what of a concern reaches the server's command.
// Source: the read and write concern specification. Needs a server, to have commands.

import type { Document, MongoClient } from 'mongodb';
import type { Deployment } from './deployment.ts';
import { Mismatch, expectThat } from './fault.ts';
import { PASSED, failed, type Verdict } from './row.ts';
import type { Subject } from './subject.ts';
import { Matcher } from './unified/matcher.ts';

interface ConcernCase {
  readonly description: string;
  readonly valid: boolean;
  readonly readConcern?: Document;
  readonly readConcernDocument?: Document;
  readonly writeConcern?: Document;
  readonly writeConcernDocument?: Document | null;
  /** Nothing is sent. */
  readonly isServerDefault?: boolean | null;
}

const DATABASE = 'conformance-concerns';
const COLLECTION = 'documents';

const matcher = new Matcher({ value: () => undefined, lsid: () => undefined });

export async function runConcernDocuments(
  content: unknown,
  subject: Subject,
  deployment: Deployment,
  report: (test: string, verdict: Verdict) => void
): Promise<void> {
  const client = new subject.Client(deployment.uri.toString(), { monitorCommands: true });
  try {
    await client.connect();
    for (const one of (content as { tests: readonly ConcernCase[] }).tests) {
      report(one.description, await attempt(one, client));
    }
  } finally {
    await client.close();
    await deployment.client.db(DATABASE).dropDatabase();
  }
}

async function attempt(one: ConcernCase, client: MongoClient): Promise<Verdict> {
  const name = one.writeConcern === undefined ? 'readConcern' : 'writeConcern';
  const { sent, error } = await sentConcern(one, name, client);
  try {
    if (!one.valid) {
      expectThat(sent === undefined && error !== undefined, 'the concern was accepted');
      return PASSED;
    }
    const document = one[`${name}Document`];
    if (sent === undefined) throw new Mismatch('no command was sent', { cause: error });
    const expected = one.isServerDefault === true ? { $$exists: false } : document;
    matcher.match({ [name]: sent[name] as unknown }, { [name]: expected }, 'the command');
    return PASSED;
  } catch (fault) {
    return failed(fault);
  }
}

/** The command as it was sent; whether the server could satisfy the concern does not matter. */
async function sentConcern(
  { readConcern, writeConcern }: ConcernCase,
  name: 'readConcern' | 'writeConcern',
  client: MongoClient
): Promise<{ sent: Document | undefined; error: unknown }> {
  let sent: Document | undefined;
  const listen = ({ command }: { command: Document }): void => void (sent = command);
  client.on('commandStarted', listen);
  try {
    const options = { readConcern, writeConcern } as Document;
    const collection = client.db(DATABASE).collection(COLLECTION, options);
    if (name === 'readConcern') await collection.findOne({});
    else await collection.insertOne({});
    return { sent, error: undefined };
  } catch (error) {
    return { sent, error };
  } finally {
    client.off('commandStarted', listen);
  }
}
