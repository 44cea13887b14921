/** An executor for tests that need no server: it keeps what is sent and answers as it is told to. */
import { deserialize, serialize, type Document } from 'bson';
import type { CommandRequest, Hold } from '../../../lib/bridge/pool.ts';
import type { Executor } from '../../../lib/operations/execute.ts';
import { internal } from '../../support/internal.ts';

const { kind, Reply } =
  internal<typeof import('../../../lib/bridge/completion.ts')>('bridge/completion');

type Reply = InstanceType<typeof Reply>;

/** What an executor was asked for, the documents that went beside a command inside it. */
export interface Answering {
  readonly on: Executor;
  readonly commands: Document[];
  readonly requests: CommandRequest[];
  /** Cursors that were asked for more, and those that were killed, by their handles. */
  readonly fetched: number[];
  readonly killed: number[];
}

/** A reply that is a cursor's batch: the handle for the next one, documents, and the rest of it. */
export interface BatchReply {
  readonly cursor: number;
  readonly documents: readonly Document[];
  readonly meta: Document;
}

/**
 * Answers each command with the next reply (an `ErrorRecord` when it has a class), and when there
 * is none left, as if all its statements had worked. Cursors' replies are {@link BatchReply}s.
 */
export function answering(...replies: Array<Document | BatchReply>): Answering {
  const commands: Document[] = [];
  const requests: CommandRequest[] = [];
  const [fetched, killed]: number[][] = [[], []];
  const command = (request: CommandRequest): Promise<Reply> => {
    commands.push(decoded(request));
    requests.push(request);
    return answer(replies.shift() ?? { ok: 1, n: request.sequence?.count ?? 0 });
  };
  const getMore = (cursor: number): Promise<Reply> => {
    fetched!.push(cursor);
    return answer(replies.shift()!);
  };
  const killCursor = (cursor: number): Promise<Reply> => {
    killed!.push(cursor);
    return answer({});
  };
  const hold = { command, openCursor: command, getMore, killCursor } as unknown as Hold;
  return { on: { hold: () => hold }, commands, requests, fetched: fetched!, killed: killed! };
}

function answer(reply: Document | BatchReply): Promise<Reply> {
  const isBatch = reply['documents'] !== undefined;
  const bytes = isBatch ? framed(reply as BatchReply) : Buffer.from(serialize(reply));
  const type = !('class' in reply) ? (isBatch ? kind.BATCH : kind.DOCUMENT) : kind.ERROR;
  return Promise.resolve(new Reply(type, bytes, 0, bytes.length));
}

/** As `src/codec/batch.rs` frames a batch. */
function framed({ cursor, documents, meta }: BatchReply): Buffer {
  const prefix = Buffer.alloc(8);
  prefix.writeUInt32LE(cursor, 0);
  prefix.writeUInt32LE(documents.length, 4);
  return Buffer.concat([prefix, ...documents.map(one => serialize(one)), serialize(meta)]);
}

function decoded({ command, sequence, serialize: options }: CommandRequest): Document {
  const head = serialize(command, options);
  const bytes = Buffer.alloc(head.length + (sequence?.size ?? 0));
  bytes.set(head);
  sequence?.appendTo(bytes, 0, head.length);
  return deserialize(bytes);
}
