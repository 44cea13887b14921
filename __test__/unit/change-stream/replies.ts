// Owns a change stream without a server: over replies that a test lays down, it notes what was
// asked for. Must not know what a test is about.

import assert from 'node:assert/strict';
import { serialize, type Document } from 'bson';
import type { ChangeStreamOptions } from 'mongodb';
import type { CommandRequest, Hold } from '../../../lib/bridge/pool.ts';
import { internal } from '../../support/internal.ts';
import { BARE } from '../operations/scope.ts';

const { kind, Reply } =
  internal<typeof import('../../../lib/bridge/completion.ts')>('bridge/completion');
const { ActiveStreams } =
  internal<typeof import('../../../lib/change-streams/active.ts')>('change-streams/active');
const { watch } = internal<typeof import('../../../lib/change-stream.ts')>('change-stream');

type Reply = InstanceType<typeof Reply>;

/** The only handle there is. */
export const HANDLE = 7;

/** A token by its number. */
export const token = (n: number): Document => ({ _data: String(n) });
/** An event by its token's number. */
export const change = (n: number): Document => ({ _id: token(n), n });

/** What the server says around the documents of a batch. */
interface Around {
  /** The number of its `postBatchResumeToken`. */
  token?: number;
  operationTime?: unknown;
  /** The cursor ends with it. */
  last?: boolean;
}

export function batch(documents: readonly Document[], around: Around = {}): Reply {
  const prefix = Buffer.alloc(8);
  prefix.writeUInt32LE(around.last ? 0 : HANDLE, 0);
  prefix.writeUInt32LE(documents.length, 4);
  const { operationTime } = around;
  const meta = {
    cursor: { ...(around.token !== undefined && { postBatchResumeToken: token(around.token) }) },
    ...(operationTime !== undefined && { operationTime })
  };
  const bytes = Buffer.concat([prefix, ...[...documents, meta].map(one => serialize(one))]);
  return new Reply(kind.BATCH, bytes, 0, bytes.length);
}

export function failure(name: string, labels: string[] = []): Reply {
  const response = { ok: 0, code: 280, errmsg: name };
  const record = { class: name, message: name, labels };
  const isServers = name === 'MongoServerError';
  const bytes = Buffer.from(serialize(isServers ? { ...record, response } : record));
  return new Reply(kind.ERROR, bytes, 0, bytes.length);
}

/** The connection broke. */
export const broken = (): Reply => failure('MongoNetworkError');

/** A stream over replies to what it asks, and the list of that. */
export function streamOver(
  options: ChangeStreamOptions,
  ...replies: Array<Reply | Promise<Reply>>
) {
  const asked: unknown[] = [];
  const answer = (what: unknown): Promise<Reply> => {
    asked.push(what);
    return Promise.resolve(replies.shift() ?? assert.fail(`nothing answers ${String(what)}`));
  };
  const hold = {
    openCursor: ({ command }: CommandRequest) => {
      const [stage] = command['pipeline'] as Document[];
      return answer(stage!['$changeStream']);
    },
    getMore: () => answer('more'),
    killCursor: () => {
      asked.push('kill');
      return Promise.resolve(new Reply(kind.DONE, Buffer.alloc(0), 0, 0));
    }
  } as unknown as Hold;
  const watched = { scope: BARE, collection: 'c' };
  const watcher = { hold: () => hold, limits: {}, streams: new ActiveStreams() };
  return { stream: watch<Document, any>({}, watcher, watched, [], options), asked };
}
