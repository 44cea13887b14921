/** Requests with documents that are bytes already: in the shared buffer, and too large for it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deserialize, serialize } from 'bson';
import { internal } from '../../support/internal.ts';

const { kind, Submission } =
  internal<typeof import('../../../lib/bridge/request.ts')>('bridge/request');
const { DocumentSequence } = internal<typeof import('../../../lib/bson/encode.ts')>('bson/encode');

const HEADER = 24;

/** The commands that a submission of one insert, after a ping, makes of `length` characters. */
function commandsOf(length: number): object[] {
  const sent: Buffer[] = [];
  const submission = new Submission(bytes => sent.push(Buffer.from(bytes)));
  const sequence = new DocumentSequence('documents');
  sequence.add(serialize({ text: 'x'.repeat(length) }));
  sequence.add(serialize({ _id: 2 }));
  submission.append({ kind: kind.COMMAND, hold: 1, database: 'd', command: { ping: 1 } }, 1, 1);
  const command = { insert: 'c' };
  submission.append({ kind: kind.COMMAND, hold: 1, database: 'd', command, sequence }, 2, 1);
  submission.flush();
  const bytes = Buffer.concat(sent);
  const commands: object[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32LE(at)) {
    const end = at + bytes.readUInt32LE(at);
    commands.push(deserialize(bytes.subarray(at + HEADER + 'd'.length, end)));
  }
  return commands;
}

describe('Submission', () => {
  for (const length of [10, 200_000, 300_000, 2_000_000]) {
    it(`appends documents to their command, ${length} bytes of them`, () => {
      assert.deepEqual(commandsOf(length), [
        { ping: 1 },
        { insert: 'c', documents: [{ text: 'x'.repeat(length) }, { _id: 2 }] }
      ]);
    });
  }
});
