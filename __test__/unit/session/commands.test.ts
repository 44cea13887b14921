/** What a session adds to the commands of its operations, and what it learns from their replies. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Long, type Document } from 'bson';
import type { Scope } from '../../../lib/operations/operation.ts';
import type { ClientSession } from '../../../lib/session.ts';
import { BARE, FULL } from '../operations/scope.ts';
import { internal } from '../../support/internal.ts';
import {
  batch,
  clusterTime,
  document,
  failure,
  HANDLE,
  Home,
  refusal,
  same,
  time
} from './home.ts';

const { executeCommand, executeCursor } =
  internal<typeof import('../../../lib/operations/execute.ts')>('operations/execute');
const { findOperation } =
  internal<typeof import('../../../lib/operations/find.ts')>('operations/find');
const { insertOneOperation } =
  internal<typeof import('../../../lib/operations/insert.ts')>('operations/insert');
const { updateOperation } =
  internal<typeof import('../../../lib/operations/update.ts')>('operations/update');
const { runCommandOperation } =
  internal<typeof import('../../../lib/operations/run-command.ts')>('operations/run-command');
const { estimatedCountOperation } =
  internal<typeof import('../../../lib/operations/count.ts')>('operations/count');

/** Options as builders are given them. */
function within(session: ClientSession, options: object = {}): { session: never } {
  return { ...options, session: session as never };
}

async function insert(home: Home, session: ClientSession, scope = BARE, options = {}) {
  const { operation } = insertOneOperation(scope, { _id: 1 }, within(session, options));
  return await executeCommand(home, operation);
}

async function updateMany(home: Home, session: ClientSession, scope: Scope = BARE) {
  const change = { $set: { a: 1 } };
  const operation = updateOperation(scope, { multi: true }, {}, change, within(session));
  return await executeCommand(home, operation);
}

async function find(home: Home, session: ClientSession, scope: Scope = BARE, options = {}) {
  home.replies.push(batch({ ok: 1 }));
  return await executeCursor(home, findOperation(scope, {}, within(session, options)));
}

async function run(home: Home, session: ClientSession, command: Document = { ping: 1 }) {
  return await executeCommand(home, runCommandOperation('d', command, within(session)));
}

/** What commands carry for their session, by name. */
function carried(home: Home): Document {
  const names = ['txnNumber', 'startTransaction', 'autocommit', 'readConcern', 'writeConcern'];
  return Object.fromEntries(
    names.filter(name => name in home.command).map(name => [name, home.command[name]])
  );
}

const number = (value: number): Long => Long.fromNumber(value);

describe('An operation in a session', () => {
  it('runs with the server session that Rust lent, and carries nothing else', async () => {
    const home = new Home();
    await run(home, home.session());
    const { session, retry, inTransaction, options } = home.requests[0]!;
    same(
      { session, retry, inTransaction, options },
      { session: HANDLE, retry: undefined, inTransaction: false, options: undefined }
    );
    same(home.command, { ping: 1 });
  });

  it('is numbered when it is a write that may be sent again', async () => {
    const home = new Home();
    const session = home.session();
    await insert(home, session);
    await updateMany(home, session);
    await insert(home, session);
    same(
      home.requests.map(({ command, retry }) => [command['txnNumber'], retry]),
      [
        [number(1), 'write'],
        [undefined, undefined],
        [number(2), 'write']
      ]
    );
    assert.equal(session.serverSession.txnNumber, 2);
  });

  it('is not numbered where the client or the servers have no retries', async () => {
    const home = new Home();
    const session = home.session();
    await insert(home, session, { ...BARE, retryWrites: false });
    home.retryableWrites = false;
    await insert(home, session);
    same(
      home.requests.map(({ command, retry }) => [command['txnNumber'], retry]),
      [
        [undefined, undefined],
        [undefined, undefined]
      ]
    );
  });

  it('may be sent again as a read if the client agrees', async () => {
    const home = new Home();
    await find(home, home.session());
    await find(home, home.session(), { ...BARE, retryReads: false });
    same(
      home.requests.map(({ retry }) => retry),
      ['read', undefined]
    );
  });

  it('waits for servers to be known', async () => {
    const home = new Home();
    home.retryableWrites = undefined;
    await insert(home, home.session());
    same([home.connects, home.command['txnNumber']], [1, number(1)]);
  });

  it('does not change the command of a user', async () => {
    const home = new Home();
    const session = home.session();
    session.advanceOperationTime(time(1));
    const command = Object.freeze({ find: 'c', readConcern: Object.freeze({ level: 'local' }) });
    await run(home, session, command);
    same(home.command, {
      find: 'c',
      readConcern: { level: 'local', afterClusterTime: time(1) }
    });
    await run(home, session, new Map([['find', 'c']]));
    same(home.command, { find: 'c', readConcern: { afterClusterTime: time(1) } });
  });

  it('notes when it was used', async () => {
    const home = new Home();
    const session = home.session();
    session.serverSession.lastUse = -1;
    await run(home, session);
    assert.ok(session.serverSession.lastUse >= 0);
  });
});

describe('An operation is refused', () => {
  it('in a session that has ended', async () => {
    const home = new Home();
    const session = home.session();
    await session.endSession();
    await assert.rejects(insert(home, session), {
      name: 'MongoExpiredSessionError',
      message: 'Use of expired sessions is not permitted'
    });
    same(home.requests, []);
  });

  it("in another client's session", async () => {
    const home = new Home();
    await assert.rejects(insert(new Home(), home.session()), {
      name: 'MongoInvalidArgumentError',
      message: 'ClientSession must be from the same MongoClient'
    });
  });

  it('in a session when it asks for no answer', async () => {
    const home = new Home();
    await assert.rejects(insert(home, home.session(), { ...BARE, writeConcern: { w: 0 } }), {
      name: 'MongoAPIError',
      message: 'Cannot have explicit session with unacknowledged writes'
    });
  });

  it('in a snapshot session where servers have no snapshots', async () => {
    const home = new Home();
    home.limits = { maxWireVersion: 9 };
    await assert.rejects(find(home, home.session({ snapshot: true })), {
      name: 'MongoCompatibilityError',
      message: 'Snapshot reads require MongoDB 5.0 or later'
    });
  });

  it('in a transaction when it is to read elsewhere than from the primary', async () => {
    const home = new Home();
    const session = home.session();
    session.startTransaction();
    const message = 'Read preference in a transaction must be primary, not: secondary';
    const expected = { name: 'MongoTransactionError', message };
    await assert.rejects(find(home, session, BARE, { readPreference: 'secondary' }), expected);
    await assert.rejects(
      executeCommand(
        home,
        runCommandOperation('d', { ping: 1 }, { ...within(session), readPreference: 'secondary' })
      ),
      expected
    );
    await session.abortTransaction();
    session.startTransaction({ readPreference: 'secondary' });
    await assert.rejects(find(home, session), expected);
  });
});

describe('A transaction', () => {
  it('is started by its first command alone, and numbered throughout', async () => {
    const home = new Home();
    const session = home.session();
    session.startTransaction();
    await insert(home, session);
    const first = carried(home);
    await updateMany(home, session);
    same(first, { txnNumber: number(1), startTransaction: true, autocommit: false });
    same(carried(home), { txnNumber: number(1), autocommit: false });
    same(
      home.requests.map(({ inTransaction, retry }) => [inTransaction, retry]),
      [
        [true, undefined],
        [true, undefined]
      ]
    );
    assert.equal(session.transaction.state, 'TRANSACTION_IN_PROGRESS');
  });

  it('has concerns of its own, whatever its operations and collections have', async () => {
    const home = new Home();
    const session = home.session();
    session.startTransaction({ readConcern: { level: 'snapshot' } });
    await find(home, session, FULL, { readConcern: 'local', readPreference: 'primary' });
    same(carried(home)['readConcern'], { level: 'snapshot' });
    await insert(home, session, FULL, { writeConcern: { w: 3 } });
    same(carried(home), { txnNumber: number(1), autocommit: false });
  });

  it("has its session's defaults, and its client's", async () => {
    const home = new Home();
    home.settings = { readConcern: { level: 'majority' }, writeConcern: { w: 2 } };
    const plain = home.session();
    plain.startTransaction();
    await insert(home, plain);
    same(carried(home)['readConcern'], { level: 'majority' });
    const session = home.session({
      defaultTransactionOptions: { readConcern: 'local', maxCommitTimeMS: 9 }
    });
    session.startTransaction();
    await insert(home, session);
    same(carried(home)['readConcern'], { level: 'local' });
    await session.commitTransaction();
    same(home.command, {
      commitTransaction: 1,
      writeConcern: { w: 2, wtimeout: 10_000 },
      maxTimeMS: 9,
      txnNumber: number(1),
      autocommit: false
    });
  });

  it('begins after what its session has seen', async () => {
    const home = new Home();
    const session = home.session();
    session.advanceOperationTime(time(3));
    session.startTransaction({ readConcern: 'majority' });
    await insert(home, session);
    same(carried(home)['readConcern'], {
      level: 'majority',
      afterClusterTime: time(3)
    });
    await find(home, session);
    assert.equal(carried(home)['readConcern'], undefined);
  });

  it('lets operations that are started at once wait for the first', async () => {
    const home = new Home();
    const session = home.session();
    session.startTransaction();
    let answer!: (reply: ReturnType<typeof document>) => void;
    home.replies.push(new Promise(resolve => (answer = resolve)));
    const inserts = [insert(home, session), insert(home, session), insert(home, session)];
    await new Promise(setImmediate);
    assert.equal(home.requests.length, 1);
    answer(document({ ok: 1 }));
    await Promise.all(inserts);
    same(
      home.requests.map(({ command }) => command['startTransaction']),
      [true, undefined, undefined]
    );
  });

  it('is left by the next operation, which has a number of its own', async () => {
    const home = new Home();
    const session = home.session();
    session.startTransaction();
    await insert(home, session);
    await session.commitTransaction();
    assert.equal(session.transaction.state, 'TRANSACTION_COMMITTED');
    await find(home, session);
    same([session.transaction.state, carried(home)], ['NO_TRANSACTION', {}]);
    await insert(home, session);
    same(carried(home), { txnNumber: number(2) });
  });

  it('is on the server even if its first command was refused, unless that may come again', async () => {
    const home = new Home();
    const session = home.session();
    const start = async (reply: ReturnType<typeof refusal>): Promise<string> => {
      session.startTransaction();
      home.replies.push(reply);
      await assert.rejects(insert(home, session));
      const { state } = session.transaction;
      await session.abortTransaction();
      return state;
    };
    assert.equal(await start(refusal({ code: 112 })), 'TRANSACTION_IN_PROGRESS');
    assert.equal(await start(failure({ class: 'MongoNetworkError' })), 'TRANSACTION_IN_PROGRESS');
    const busy = refusal({ code: 462 }, ['SystemOverloadedError', 'RetryableError']);
    assert.equal(await start(busy), 'STARTING_TRANSACTION');
    assert.equal(
      await start(failure({ class: 'MongoServerSelectionError' })),
      'STARTING_TRANSACTION'
    );
  });

  it('keeps the token of a router for its commit', async () => {
    const home = new Home();
    const session = home.session();
    session.startTransaction();
    home.replies.push(document({ ok: 1, recoveryToken: { shard: 'a' } }));
    await insert(home, session);
    assert.equal(session.isPinned, true);
    await session.commitTransaction();
    same(home.command['recoveryToken'], { shard: 'a' });
  });
});

describe('A causally consistent session', () => {
  it('reads and writes after its last operation', async () => {
    const home = new Home();
    const session = home.session();
    home.replies.push(document({ ok: 1, operationTime: time(5) }));
    await run(home, session);
    await find(home, session, FULL);
    same(carried(home)['readConcern'], {
      level: 'majority',
      afterClusterTime: time(5)
    });
    await updateMany(home, session);
    same(carried(home)['readConcern'], { afterClusterTime: time(5) });
    await run(home, session, { dbStats: 1 });
    assert.equal(carried(home)['readConcern'], undefined);
  });

  it('learns the time from refusals and batches, too, and never goes back', async () => {
    const home = new Home();
    const session = home.session();
    home.replies.push(
      refusal({ code: 11000, operationTime: time(7), $clusterTime: clusterTime(7) })
    );
    await assert.rejects(insert(home, session));
    same([session.operationTime, session.clusterTime?.clusterTime], [time(7), time(7)]);
    home.replies.push(batch({ ok: 1, operationTime: time(9), $clusterTime: clusterTime(9) }));
    await executeCursor(home, findOperation(BARE, {}, within(session)));
    home.replies.push(document({ ok: 1, operationTime: time(8), $clusterTime: clusterTime(8) }));
    await run(home, session);
    same([session.operationTime, session.clusterTime?.clusterTime], [time(9), time(9)]);
  });

  it('reads times as the driver does, however documents are to be read', async () => {
    const home = new Home();
    const session = home.session();
    home.replies.push(document({ ok: 1, operationTime: time(4), $clusterTime: clusterTime(4) }));
    const options = { ...within(session), raw: true, promoteBuffers: true, useBigInt64: true };
    await executeCommand(home, estimatedCountOperation(BARE, options));
    same([session.operationTime, session.clusterTime], [time(4), clusterTime(4)]);
  });

  it('is none without causal consistency', async () => {
    const home = new Home();
    const session = home.session({ causalConsistency: false });
    home.replies.push(document({ ok: 1, operationTime: time(5) }));
    await run(home, session);
    await find(home, session);
    same([session.operationTime, carried(home)], [undefined, {}]);
  });
});

describe('A snapshot session', () => {
  const settled = { level: 'snapshot', atClusterTime: time(6) };

  it('reads at the time of its first read', async () => {
    const home = new Home();
    const session = home.session({ snapshot: true });
    home.replies.push(batch({ ok: 1, cursor: { id: 0, atClusterTime: time(6) } }));
    await executeCursor(home, findOperation(BARE, {}, within(session)));
    same(carried(home)['readConcern'], { level: 'snapshot' });
    home.replies.push(batch({ ok: 1, cursor: { id: 0, atClusterTime: time(9) } }));
    await executeCursor(home, findOperation(BARE, {}, within(session)));
    same([carried(home)['readConcern'], session.snapshotTime], [settled, time(6)]);
  });

  it('learns that time from distinct, too', async () => {
    const home = new Home();
    const session = home.session({ snapshot: true });
    home.replies.push(document({ ok: 1, values: [], atClusterTime: time(6) }));
    await run(home, session, { distinct: 'c', key: 'a' });
    await find(home, session);
    same(carried(home)['readConcern'], settled);
  });

  it('has no transactions, and no causal consistency beside it', () => {
    const home = new Home();
    assert.throws(() => home.session({ snapshot: true }).startTransaction(), {
      name: 'MongoCompatibilityError',
      message: 'Transactions are not supported in snapshot sessions'
    });
    assert.throws(() => home.session({ snapshot: true, causalConsistency: true }), {
      name: 'MongoInvalidArgumentError',
      message: 'Properties "causalConsistency" and "snapshot" are mutually exclusive'
    });
  });
});

describe('A session', () => {
  it('hands a cluster time that it was given to the server, once', async () => {
    const home = new Home();
    const session = home.session();
    session.advanceClusterTime(clusterTime(5) as never);
    session.advanceClusterTime(clusterTime(4) as never);
    await run(home, session);
    await run(home, session);
    same(
      home.requests.map(({ options }) => options),
      [{ clusterTime: clusterTime(5) }, undefined]
    );
  });

  it('is dirty when a connection broke under it', async () => {
    const home = new Home();
    const session = home.session();
    home.replies.push(refusal({ code: 1 }));
    await assert.rejects(run(home, session));
    assert.equal(session.serverSession.isDirty, false);
    home.replies.push(failure({ class: 'MongoNetworkError' }));
    await assert.rejects(run(home, session));
    assert.equal(session.serverSession.isDirty, true);
  });

  it('is dirty, too, when what ran was sent again and done', async () => {
    const home = new Home();
    const session = home.session();
    await run(home, session);
    home.broken = true;
    await session.endSession();
    home.broken = false;
    assert.equal(session.serverSession.isDirty, true);
  });
});

describe('A refusal with the code of illegal operations', () => {
  it('is taken for missing retryable writes when a write got it, as in the driver', async () => {
    const home = new Home();
    home.replies.push(refusal({ code: 20 }), refusal({ code: 20 }));
    await assert.rejects(insert(home, home.session()), {
      name: 'MongoServerError',
      message: /does not support retryable writes/
    });
    await assert.rejects(run(home, home.session()), { name: 'MongoServerError', code: 20 });
  });
});
