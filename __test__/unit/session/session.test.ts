/** The life of a session: what it is lent, its transactions' ends, its own end. */
import assert from 'node:assert/strict';
import { setImmediate as tick } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { Binary, Long, Timestamp, type Document } from 'bson';
import type { ClientSession } from '../../../lib/session.ts';
import { BARE } from '../operations/scope.ts';
import { internal } from '../../support/internal.ts';
import { clusterTime, document, failure, HANDLE, Home, refusal, same } from './home.ts';

const { executeCommand } =
  internal<typeof import('../../../lib/operations/execute.ts')>('operations/execute');
const { insertOneOperation } =
  internal<typeof import('../../../lib/operations/insert.ts')>('operations/insert');

/** A session in a transaction that the server has. */
async function inTransaction(home: Home, options = {}): Promise<ClientSession> {
  const session = home.session();
  session.startTransaction(options);
  const insert = insertOneOperation(BARE, { _id: 1 }, { session });
  await executeCommand(home, insert.operation);
  return session;
}

/** The commands after the first one, without what every command of a transaction has. */
function ends(home: Home): Document[] {
  return home.requests.slice(1).map(({ command }) => {
    const { txnNumber, autocommit, ...rest } = command;
    same([txnNumber, autocommit], [Long.fromNumber(1), false]);
    return rest;
  });
}

const lost = (): ReturnType<typeof failure> =>
  failure({ class: 'MongoNetworkError', labels: ['RetryableWriteError'] });

describe('A session', () => {
  it('has an id from the first look at it on, and keeps it', async () => {
    const home = new Home();
    const session = home.session();
    assert.deepEqual(
      [session.explicit, session.hasEnded, session.transaction.state, session.inTransaction()],
      [true, false, 'NO_TRANSACTION', false]
    );
    const { id } = session;
    assert.deepEqual([id.id.sub_type, id.id.length()], [Binary.SUBTYPE_UUID, 16]);
    await session.endSession();
    assert.equal(session.id, id);
  });

  it('tells itself from others', () => {
    const home = new Home();
    const [session, other] = [home.session(), home.session()];
    assert.deepEqual(
      [session.equals(session), session.equals(other), session.equals({} as never)],
      [true, false, false]
    );
  });

  it('gives back what it was lent, once, and says that it has ended', async () => {
    const home = new Home();
    const session = home.session();
    assert.ok(session.id);
    const ended: unknown[] = [];
    session.on('ended', one => ended.push(one));
    const ending = session.endSession();
    assert.equal(session.hasEnded, true, 'at once');
    await ending;
    await session.endSession();
    assert.deepEqual([home.returned, ended], [[HANDLE], [session]]);
  });

  it('gives nothing back when it was lent nothing', async () => {
    const home = new Home();
    const session = home.session();
    await session.endSession();
    assert.deepEqual([home.returned, session.id.id.length()], [[], 16]);
  });

  it('gives back what it was lent when it is dropped', async () => {
    const home = new Home();
    for (let i = 0; i < 1_000; i++) assert.ok(home.session().id);
    for (let i = 0; i < 100 && home.returned.length < 1_000; i++) {
      globalThis.gc!();
      await tick();
    }
    assert.equal(home.returned.length, 1_000);
  });

  it('takes a later cluster time, and refuses what is none', () => {
    const session = new Home().session();
    session.advanceClusterTime(clusterTime(2) as never);
    session.advanceClusterTime(clusterTime(1) as never);
    same(session.clusterTime, clusterTime(2));
    const stamp = new Timestamp({ t: 1, i: 1 });
    const refused: Array<readonly [unknown, RegExp]> = [
      [undefined, /must be an object/],
      [5, /must be an object/],
      [{}, /valid BSON Timestamp/],
      [{ clusterTime: 5 }, /valid BSON Timestamp/],
      [{ clusterTime: stamp }, /valid "signature"/],
      [{ clusterTime: stamp, signature: { hash: new Binary(), keyId: '0' } }, /valid "signature"/],
      [{ clusterTime: stamp, signature: { hash: 'x', keyId: 0 } }, /valid "signature"/]
    ];
    for (const [value, message] of refused) {
      assert.throws(() => session.advanceClusterTime(value as never), {
        name: 'MongoInvalidArgumentError',
        message
      });
    }
  });

  it('cannot become part of a document', () => {
    assert.throws(() => new Home().session().toBSON(), { name: 'MongoRuntimeError' });
  });
});

describe('The sessions of a client', () => {
  it('end with it, and abort what is open', async () => {
    const home = new Home();
    const idle = home.session();
    const busy = await inTransaction(home);
    await home.sessions.end();
    assert.deepEqual([idle.hasEnded, busy.hasEnded], [true, true]);
    same(ends(home), [{ abortTransaction: 1 }]);
  });

  it('are kept while they are in a transaction, so that it is aborted', async () => {
    const home = new Home();
    await inTransaction(home);
    for (let i = 0; i < 10; i++) {
      globalThis.gc!();
      await tick();
    }
    assert.deepEqual(home.returned, []);
    await home.sessions.end();
    same(ends(home), [{ abortTransaction: 1 }]);
  });

  it('end when the command that starts their transaction has been answered', async () => {
    const home = new Home();
    let answer!: (reply: ReturnType<typeof document>) => void;
    home.replies.push(new Promise(resolve => (answer = resolve)));
    const starting = inTransaction(home);
    await tick();
    const ending = home.sessions.end();
    answer(document({ ok: 1 }));
    await Promise.all([starting, ending]);
    same(ends(home), [{ abortTransaction: 1 }]);
  });
});

describe('A transaction', () => {
  it('without an operation begins and ends here', async () => {
    const home = new Home();
    const session = home.session();
    session.startTransaction();
    await session.commitTransaction();
    await session.commitTransaction();
    assert.equal(session.transaction.state, 'TRANSACTION_COMMITTED_EMPTY');
    session.startTransaction();
    await session.abortTransaction();
    assert.deepEqual([home.requests, session.transaction.state], [[], 'TRANSACTION_ABORTED']);
  });

  it('can be neither started, committed nor aborted twice', async () => {
    const session = await inTransaction(new Home());
    const refusedFor = (message: string): object => ({ name: 'MongoTransactionError', message });
    assert.throws(() => session.startTransaction(), refusedFor('Transaction already in progress'));
    await session.abortTransaction();
    await assert.rejects(
      session.commitTransaction(),
      refusedFor('Cannot call commitTransaction after calling abortTransaction')
    );
    await assert.rejects(
      session.abortTransaction(),
      refusedFor('Cannot call abortTransaction twice')
    );
    session.startTransaction();
    await session.commitTransaction();
    await assert.rejects(
      session.abortTransaction(),
      refusedFor('Cannot call abortTransaction after calling commitTransaction')
    );
    const fresh = new Home().session();
    await assert.rejects(fresh.commitTransaction(), refusedFor('No transaction started'));
    await assert.rejects(fresh.abortTransaction(), refusedFor('No transaction started'));
  });

  it('is aborted by the end of its session', async () => {
    const home = new Home();
    const session = await inTransaction(home, { writeConcern: { w: 1, journal: true } });
    await session[Symbol.asyncDispose]();
    same(ends(home), [{ abortTransaction: 1, writeConcern: { w: 1, wtimeout: 10_000, j: true } }]);
    assert.equal(session.hasEnded, true);
  });

  it('is aborted once more when the connection breaks, and whatever the server says', async () => {
    const home = new Home();
    const session = await inTransaction(home);
    home.replies.push(lost(), refusal({ code: 251 }));
    await session.abortTransaction();
    assert.equal(session.transaction.state, 'TRANSACTION_ABORTED');
    same(ends(home), [{ abortTransaction: 1 }, { abortTransaction: 1 }]);
  });
});

describe('A commit', () => {
  it('carries the write concern that was given, and majority from the second time on', async () => {
    const home = new Home();
    const session = await inTransaction(home, { writeConcern: { w: 1 } });
    await session.commitTransaction();
    await session.commitTransaction();
    same(ends(home), [
      { commitTransaction: 1, writeConcern: { w: 1, wtimeout: 10_000 } },
      { commitTransaction: 1, writeConcern: { w: 'majority', wtimeout: 10_000 } }
    ]);
  });

  it('is sent once more when the connection breaks, to whatever router', async () => {
    const home = new Home();
    const session = await inTransaction(home);
    home.replies.push(lost());
    await session.commitTransaction();
    same(ends(home), [
      { commitTransaction: 1 },
      { commitTransaction: 1, writeConcern: { w: 'majority', wtimeout: 10_000 } }
    ]);
    assert.deepEqual(home.requests.at(-1)!.options, { unpin: true });
  });

  const unknown = ['UnknownTransactionCommitResult'];
  const LABELS: Record<string, { replies: () => ReturnType<typeof document>[]; labels: string[] }> =
    {
      'after two broken connections': {
        replies: () => [lost(), lost()],
        labels: ['RetryableWriteError', ...unknown]
      },
      'when it took too long': { replies: () => [refusal({ code: 50 })], labels: unknown },
      'when it is not as durable as asked for': {
        replies: () => [document({ ok: 1, writeConcernError: { code: 64, errmsg: 'slow' } })],
        labels: unknown
      }
    };
  for (const [when, { replies, labels }] of Object.entries(LABELS)) {
    it(`leaves its outcome open ${when}`, async () => {
      const home = new Home();
      const session = await inTransaction(home);
      home.replies.push(...replies());
      await assert.rejects(session.commitTransaction(), (error: { errorLabels: string[] }) => {
        assert.deepEqual(error.errorLabels.sort(), labels);
        return true;
      });
      assert.equal(session.transaction.state, 'TRANSACTION_COMMITTED');
    });
  }

  const SETTLED: Record<string, () => ReturnType<typeof document>> = {
    'a conflict': () => refusal({ code: 112 }, ['TransientTransactionError']),
    'a write concern nobody can meet': () =>
      document({
        ok: 1,
        writeConcernError: { code: 100, codeName: 'UnsatisfiableWriteConcern', errmsg: 'no' }
      }),
    'any other refusal': () => refusal({ code: 11000 }, ['Other'])
  };
  for (const [what, reply] of Object.entries(SETTLED)) {
    it(`has failed for certain after ${what}`, async () => {
      const home = new Home();
      const session = await inTransaction(home);
      home.replies.push(reply());
      await assert.rejects(session.commitTransaction(), (error: { errorLabels: string[] }) => {
        assert.equal(error.errorLabels.includes(unknown[0]!), false);
        return true;
      });
      assert.equal(home.requests.length, 2);
    });
  }
});
