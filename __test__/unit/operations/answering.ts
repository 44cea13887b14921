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
}

/**
 * Answers each command with the next reply (an `ErrorRecord` when it has a class), and when there
 * is none left, as if all its statements had worked.
 */
export function answering(...replies: Document[]): Answering {
  const commands: Document[] = [];
  const requests: CommandRequest[] = [];
  const command = (request: CommandRequest): Promise<Reply> => {
    const { sequence } = request;
    const sent = decoded(request);
    commands.push(sent);
    requests.push(request);
    const reply = replies.shift() ?? { ok: 1, n: sequence?.count ?? 0 };
    const answer = Buffer.from(serialize(reply));
    const type = reply['class'] === undefined ? kind.DOCUMENT : kind.ERROR;
    return Promise.resolve(new Reply(type, answer, 0, answer.length));
  };
  const hold = { command } as unknown as Hold;
  return { on: { hold: () => hold }, commands, requests };
}

function decoded({ command, sequence, serialize: options }: CommandRequest): Document {
  const head = serialize(command, options);
  const bytes = Buffer.alloc(head.length + (sequence?.size ?? 0));
  bytes.set(head);
  sequence?.appendTo(bytes, 0, head.length);
  return deserialize(bytes);
}
