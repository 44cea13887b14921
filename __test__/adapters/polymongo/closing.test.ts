/** The states of a wrapper, and its end: what runs is waited for, or fails. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { Proxy } from '../../support/proxy.ts';
import { until, Wrappers, type WrappedModel, type Wrapper } from './wrappers.ts';

describe('A wrapper', () => {
  let on: Wrappers;

  before(async () => {
    on = await Wrappers.open();
  });
  after(() => on.close());
  afterEach(() => on.clear());

  function modelOf(wrapper: Wrapper): WrappedModel {
    const { mongoose } = wrapper.adv;
    return wrapper.wrapModel(mongoose.model('User', new mongoose.Schema({ name: String })));
  }

  it('is connecting, connected, and disconnected while no server answers', async () => {
    const proxy = await Proxy.before(Number(new URL(on.uri).port));
    try {
      const mongoURI = `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`;
      const wrapper = on.ours({ mongoURI, defaultDB: on.database('a') });
      assert.equal(wrapper.getConnectionState(), 'not initialized');
      const connecting = wrapper.connect();
      assert.equal(wrapper.getConnectionState(), 'connecting');
      assert.equal(wrapper.isConnected(), false);
      await connecting;
      assert.equal(wrapper.getConnectionState(), 'connected');
      await proxy.close();
      await until('it is lost', () => wrapper.getConnectionState() === 'disconnected');
      assert.equal(wrapper.isConnected(), false);
    } finally {
      await proxy.close().catch(() => undefined);
    }
  });

  for (const method of ['closeAll', 'disconnect']) {
    it(`is disconnecting while ${method}() waits for what runs`, async () => {
      const wrapper = on.ours({ defaultDB: on.database('a') });
      const found = await slowFind(wrapper, 300);
      const closing = wrapper[method]();
      assert.equal(wrapper.getConnectionState(), 'disconnecting');
      assert.equal(wrapper.isConnected(), false);
      assert.equal((await found.result).length, 1);
      await closing;
      assert.equal(wrapper.getConnectionState(), 'not initialized');
      assert.equal(await found.User.countDocuments(), 1);
      assert.equal(wrapper.getConnectionState(), 'connected');
    });
  }

  it('has what runs fail with forceCloseAll()', async () => {
    const wrapper = on.ours({ defaultDB: on.database('a') });
    const { result } = await slowFind(wrapper, 3_000);
    const failed = assert.rejects(result, (error: Error) => error.name.startsWith('Mongo'));
    const since = performance.now();
    await wrapper.forceCloseAll();
    await failed;
    assert.ok(performance.now() - since < 2_500, 'it was waited for');
    assert.equal(wrapper.getConnectionState(), 'not initialized');
  });

  /** A query that takes its time, and is at the server. */
  async function slowFind(
    wrapper: Wrapper,
    ms: number
  ): Promise<{ User: WrappedModel; result: Promise<unknown[]> }> {
    const User = modelOf(wrapper);
    await User.create({ name: 'x' });
    const result = User.find({ $where: `sleep(${ms}) || true` }).exec() as Promise<unknown[]>;
    const mine = { ns: `${User.db.name}.users`, 'command.filter.$where': { $exists: true } };
    await until('it runs', async () => {
      const { inprog } = await on.pool.db('admin').command({ currentOp: 1, ...mine });
      return inprog.length > 0;
    });
    return { User, result };
  }
});
