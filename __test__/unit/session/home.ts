/**
 * What a session is given in tests: a client whose hold notes what it is asked, and answers what
 * the test says. It knows no verb.
 */
import assert from 'node:assert/strict';
import { Binary, EJSON, serialize, Timestamp, type Document } from 'bson';
import type { ClientSessionOptions } from 'mongodb';
import type { Reply } from '../../../lib/bridge/completion.ts';
import type { CommandRequest, Hold } from '../../../lib/bridge/pool.ts';
import type { Executor } from '../../../lib/operations/execute.ts';
import type { ClientSession } from '../../../lib/session.ts';
import { internal } from '../../support/internal.ts';

const completion =
  internal<typeof import('../../../lib/bridge/completion.ts')>('bridge/completion');
const { ClientSession: Session } = internal<typeof import('../../../lib/session.ts')>('session');
const { ActiveSessions } =
  internal<typeof import('../../../lib/active-sessions.ts')>('active-sessions');

/** The handle of every session that is lent. */
export const HANDLE = 5;

export const time = (seconds: number): Timestamp => new Timestamp({ t: seconds, i: 1 });

/** A cluster time with a signature that has the types of one. */
export function clusterTime(seconds: number) {
  return {
    clusterTime: time(seconds),
    signature: { hash: new Binary(Buffer.alloc(20)), keyId: 0 }
  };
}

/** Compares values that BSON's classes, of whichever copy of the package, are part of. */
export function same(actual: unknown, expected: unknown): void {
  const [plain, wanted] = [actual, expected].map(value =>
    EJSON.serialize(value, { relaxed: false })
  );
  assert.deepEqual(plain, wanted);
}

/** A server's reply to a command. */
export function document(content: Document): Reply {
  const bytes = Buffer.from(serialize(content));
  return new completion.Reply(completion.kind.DOCUMENT, bytes, 0, bytes.length);
}

/** An error, as Rust says it. */
export function failure(record: Document): Reply {
  const bytes = Buffer.from(serialize({ message: 'no', ...record }));
  return new completion.Reply(completion.kind.ERROR, bytes, 0, bytes.length);
}

/** A server's refusal. */
export function refusal(response: Document, labels: readonly string[] = []): Reply {
  return failure({
    class: 'MongoServerError',
    labels,
    response: { ok: 0, errmsg: 'no', ...response }
  });
}

/** A first batch, with what else the server said. */
export function batch(meta: Document, documents: readonly Document[] = [], cursor = 0): Reply {
  const prefix = Buffer.alloc(8);
  prefix.writeUInt32LE(cursor, 0);
  prefix.writeUInt32LE(documents.length, 4);
  const parts = [...documents, meta].map(part => serialize(part));
  const bytes = Buffer.concat([prefix, ...parts]);
  return new completion.Reply(completion.kind.BATCH, bytes, 0, bytes.length);
}

/** A client for sessions. */
export class Home {
  /** Commands that were sent, with what else their requests said. */
  readonly requests: CommandRequest[] = [];
  /** Handles of sessions that were given back. */
  readonly returned: number[] = [];
  /** What answers the next commands; `{ ok: 1 }` when there is nothing. */
  readonly replies: Array<Reply | Promise<Reply>> = [];
  /** The client's own settings and limits. */
  settings: Document = {};
  limits: Document = { maxWireVersion: 17 };
  /** Whether a connection broke under a session without anybody noticing here. */
  broken = false;
  /** Whether the servers know retryable writes; undefined until {@link connectTo}. */
  retryableWrites: boolean | undefined = true;
  connects = 0;
  readonly sessions = new ActiveSessions();
  /** Sessions lent so far. */
  #lent = 0;
  readonly #hold = this.#holdOf();

  get #home() {
    return {
      client: this as never,
      executor: this as Executor,
      sessions: this.sessions,
      hold: () => this.#hold
    };
  }

  session(options?: ClientSessionOptions): ClientSession {
    return new Session(this.#home, options);
  }

  hold(): Hold {
    return this.#hold;
  }

  connectTo(): Promise<unknown> {
    this.connects += 1;
    this.retryableWrites = true;
    return Promise.resolve();
  }

  /** The last command that was sent. */
  get command(): Document {
    return this.requests.at(-1)!.command;
  }

  #holdOf(): Hold {
    const send = (request: CommandRequest): Promise<Reply> => {
      this.requests.push(request);
      return Promise.resolve(this.replies.shift() ?? document({ ok: 1 }));
    };
    const hold = {
      openSession: () => {
        this.#lent += 1;
        const id = new Binary(Buffer.alloc(16, this.#lent), Binary.SUBTYPE_UUID);
        return { handle: HANDLE, id, txnNumber: 0 };
      },
      retryableWrites: () => this.retryableWrites,
      isSessionBroken: () => this.broken,
      endSession: (handle: number) => this.returned.push(handle),
      command: send,
      openCursor: send
    };
    return hold as unknown as Hold;
  }
}
