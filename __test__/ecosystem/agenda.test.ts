/** Agenda keeps jobs in a database that a PolyPool reaches, locks them there and runs them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { it, type TestContext } from 'node:test';
import { MongoBackend, MongoChangeStreamNotificationChannel } from '@agendajs/mongo-backend';
import { Agenda, backoffStrategies, type AgendaOptions, type Job } from 'agenda';
import type { Document } from 'mongodb';
import { describeOnBoth, type Handed } from './both.ts';
import { eventually } from './eventually.ts';

const HOUR_MS = 3_600_000;
/** A timer of agenda's keeps the process for half of this after each job, whatever becomes of it. */
const LOCK_MS = 8_000;

describeOnBoth('agenda', on => {
  it('runs a job now, with its data, and notes that it did', async t => {
    const { agenda, jobs } = open(t, on);
    const welcomed: string[] = [];
    agenda.define('welcome', async (job: Job<{ name: string }>) => {
      welcomed.push(job.attrs.data.name);
    });
    await agenda.start();
    await agenda.now('welcome', { name: 'ada' });
    const done = await eventually('the end', () => jobs.findOne({ lastFinishedAt: { $type: 9 } }));
    assert.deepEqual(welcomed, ['ada']);
    assert.deepEqual(
      [done['name'], done['data'], done['lockedAt'], done['nextRunAt']],
      ['welcome', { name: 'ada' }, null, null]
    );
    const indexes = await jobs.indexes();
    assert.ok(indexes.some(({ name }) => name === 'findAndLockNextJobIndex'));
  });

  it('runs a job when its time has come, not before', async t => {
    const { agenda, jobs } = open(t, on);
    const ran: Date[] = [];
    agenda.define('remind', async () => void ran.push(new Date()));
    agenda.define('later', async () => void assert.fail('ran too early'));
    await agenda.start();
    const due = new Date(Date.now() + 150);
    await agenda.schedule('in 2 hours', 'later', { it: 1 });
    await agenda.schedule(due, 'remind', { it: 2 });
    const [at] = await eventually('the reminder', () => ran.length > 0 && ran);
    assert.ok(at! >= due);
    const later = await jobs.findOne({ name: 'later' });
    assert.ok(later?.['nextRunAt'] > new Date(Date.now() + HOUR_MS));
    assert.equal(later?.['lastRunAt'], null);
  });

  it('runs a job again and again, and keeps one of it however often it is asked for', async t => {
    const { agenda, jobs } = open(t, on);
    let ticks = 0;
    agenda.define('tick', async () => {
      ticks++;
    });
    await agenda.ready;
    await agenda.every(HOUR_MS, 'tick');
    await agenda.every('0.02 seconds', 'tick');
    await agenda.start();
    await eventually('three ticks', () => ticks >= 3);
    const kept = await jobs.find().toArray();
    assert.deepEqual(
      kept.map(({ name, type, repeatInterval }) => [name, type, repeatInterval]),
      [['tick', 'single', '0.02 seconds']]
    );
  });

  it('runs each job once, however many work', async t => {
    const { agenda: first, jobs } = open(t, on, { name: 'first' });
    const { agenda: second } = open(t, on, { name: 'second' }, jobs.collectionName);
    const ran: number[] = [];
    for (const agenda of [first, second]) {
      agenda.define('count', async (job: Job<{ n: number }>) => void ran.push(job.attrs.data.n), {
        concurrency: 3,
        lockLimit: 3
      });
    }
    await Promise.all([first.ready, second.ready]);
    const numbers = Array.from({ length: 30 }, (_, n) => n);
    await Promise.all(numbers.map(n => first.now('count', { n })));
    await Promise.all([first.start(), second.start()]);
    const done = { lastFinishedAt: { $type: 'date' } };
    await eventually('all', async () => (await jobs.countDocuments(done)) === numbers.length);
    assert.deepEqual(
      ran.sort((a, b) => a - b),
      numbers
    );
  });

  it('holds the lock of a job while it runs, and takes over one that was left behind', async t => {
    const { agenda, jobs } = open(t, on);
    const seen: Array<Document | null> = [];
    agenda.define('work', async job => {
      const { lockedAt } = job.attrs;
      seen.push(await jobs.findOne({ name: 'work', lockedAt: { $gte: lockedAt } }));
    });
    await agenda.ready;
    const job = await agenda.schedule(new Date(), 'work');
    // As if locked by a worker that died longer ago than locks live.
    const long = new Date(Date.now() - HOUR_MS);
    await jobs.updateOne({ name: job.attrs.name }, { $set: { lockedAt: long } });
    await agenda.start();
    await eventually('the job', () => seen.length > 0);
    assert.ok(seen[0]?.['lockedAt'] > long);
  });

  it('tries a job again that failed, as often as it may', async t => {
    const { agenda, jobs } = open(t, on);
    let tries = 0;
    const backoff = backoffStrategies.constant({ delay: 10, maxRetries: 2 });
    agenda.define(
      'flaky',
      async () => {
        tries++;
        throw new Error(`try ${tries} failed`);
      },
      { backoff }
    );
    const events: string[] = [];
    agenda.on('retry', (_job: unknown, { attempt }) => events.push(`retry ${attempt}`));
    agenda.on('fail:flaky', error => events.push(error.message));
    await agenda.start();
    const exhausted = once(agenda, 'retry exhausted');
    await agenda.now('flaky');
    await exhausted;
    assert.equal(tries, 3);
    assert.deepEqual(
      events.filter(event => event.startsWith('retry')),
      ['retry 1', 'retry 2']
    );
    const failed = await eventually('the third failure', () => jobs.findOne({ failCount: 3 }));
    assert.equal(failed['failReason'], 'try 3 failed');
    assert.equal(failed['nextRunAt'], null);
  });

  it('cancels jobs by what they are about', async t => {
    const { agenda, jobs } = open(t, on);
    await agenda.ready;
    const soon = new Date(Date.now() + HOUR_MS);
    for (const user of [1, 1, 2]) await agenda.schedule(soon, 'mail', { user });
    assert.equal(await agenda.cancel({ name: 'mail', data: { user: 1 } }), 2);
    const left = await jobs.find().toArray();
    assert.deepEqual(
      left.map(({ data }) => data),
      [{ user: 2 }]
    );
    agenda.define('other', async () => undefined);
    assert.equal(await agenda.purge(), 1);
  });

  it('keeps one of a job that must be unique', async t => {
    const { agenda, jobs } = open(t, on);
    await agenda.ready;
    for (const size of [1, 2, 3]) {
      const job = agenda.create('index', { shop: 7, size }).unique({ 'data.shop': 7 });
      await job.schedule('in 1 hour').save();
    }
    const kept = await jobs.find().toArray();
    assert.deepEqual(
      kept.map(({ data }) => data),
      [{ shop: 7, size: 3 }]
    );
  });

  it('disables, finds and counts jobs', async t => {
    const { agenda } = open(t, on);
    await agenda.ready;
    for (const name of ['a', 'a', 'b']) await agenda.schedule('in 1 hour', name);
    assert.equal(await agenda.disable({ name: 'a' }), 2);
    assert.equal(await agenda.disable({ name: 'b' }), 1);
    assert.equal(await agenda.enable({ name: 'b' }), 1);
    const found = await agenda.queryJobs({ search: 'A', sort: { name: 'asc' }, limit: 1 });
    assert.deepEqual([found.total, found.jobs.map(({ name }) => name)], [2, ['a']]);
    const overview = await agenda.getJobsOverview();
    assert.deepEqual(overview.map(({ name, total, paused }) => [name, total, paused]).sort(), [
      ['a', 2, 2],
      ['b', 1, 0]
    ]);
  });

  it('moves the lock of a long job and keeps its progress', async t => {
    const { agenda, jobs } = open(t, on);
    agenda.define('long', async job => {
      await job.touch(50);
      assert.equal((await jobs.findOne({ name: 'long' }))?.['progress'], 50);
    });
    await agenda.start();
    const success = once(agenda, 'success:long');
    await agenda.now('long');
    await success;
  });

  it('keeps a log of what happened to jobs', async t => {
    const { agenda } = open(t, on, { logging: true });
    agenda.define('logged', async () => undefined);
    await agenda.start();
    await agenda.now('logged');
    const { entries } = await eventually('the log', async () => {
      const log = await agenda.getLogs({ jobName: 'logged', sort: 'asc' });
      return log.entries.some(({ event }) => event === 'complete') && log;
    });
    const events = entries.map(({ event }) => event);
    assert.deepEqual(events.sort(), ['complete', 'locked', 'start', 'success']);
    assert.equal(await agenda.clearLogs(), 4);
  });

  it('hears of new jobs by a change stream, long before it would look for them', async t => {
    const collection = `jobs_${opened++}`;
    const notificationChannel = new MongoChangeStreamNotificationChannel({
      db: on.db,
      collection
    });
    t.after(() => notificationChannel.disconnect());
    const { agenda } = open(t, on, { notificationChannel, processEvery: LOCK_MS }, collection);
    let ran = 0;
    agenda.define('urgent', async () => {
      ran++;
    });
    await agenda.start();
    const started = Date.now();
    await eventually('the job to run', async () => {
      // The stream is opened without waiting, and does not show what came before.
      if (ran === 0) await agenda.now('urgent');
      return ran > 0;
    });
    assert.ok(Date.now() - started < LOCK_MS / 2);
    assert.ok(notificationChannel.getResumeToken());
  });
});

/** So that each test has a collection of its own. */
let opened = 0;

/** An agenda on a collection of its own, and that collection as it is stored. */
function open(
  t: TestContext,
  on: Handed,
  options: Partial<AgendaOptions> = {},
  collection = `jobs_${opened++}`
) {
  const backend = new MongoBackend({
    mongo: on.db,
    collection,
    logCollection: `${collection}_log`
  });
  const defaults = { processEvery: 25, defaultLockLifetime: LOCK_MS };
  const agenda = new Agenda({ backend, ...defaults, ...options });
  agenda.on('error', error => {
    t.diagnostic(String(error.stack));
  });
  t.after(() => agenda.drain());
  return { agenda, jobs: on.stored.collection(collection) };
}
