// Owns the suite of MongoDB's driver benchmark: which of its tasks can be run here, and its composites.
// Must not know what a task does.

import { closeTaskClients, openTaskClients } from '../driver-bench/clients';
import type { TaskClient } from '../driver-bench/clients';
import { bsonTasks } from '../driver-bench/bson';
import { clientBulkWriteTasks } from '../driver-bench/client-bulk-write';
import {
  BSON_TASKS,
  MULTI_TASKS,
  PARALLEL_TASKS,
  SINGLE_TASKS,
  TASKS,
  composites
} from '../driver-bench/composites';
import type { TaskName } from '../driver-bench/composites';
import { multiTasks, singleTasks } from '../driver-bench/documents';
import { gridFSTasks, parallelGridFSTasks } from '../driver-bench/gridfs';
import { ldjsonTasks } from '../driver-bench/ldjson';
import { taskCase } from '../driver-bench/task';
import type { Task } from '../driver-bench/task';
import type { Archive } from '../data';
import type { Rounds } from '../schedule';
import { median } from '../statistics';
import type { Composition, Metric, Setting, Skip, Suite } from '../suite';

/** The first MongoDB with the `bulkWrite` command. */
const CLIENT_BULK_WRITE_VERSION = 8;

const SCORE: Metric = { name: 'score', unit: 'MB/s', better: 'higher', figure: 'score' };

/** What the composites call the contender that is the driver, whose codec js-bson is. */
const DRIVER = 'mongodb';
const DRIVER_CODEC = 'js-bson';

export const driverBenchSuite: Suite = {
  name: 'driver-bench',
  caseNames: TASKS,
  open: async setting => {
    const skips = await obstacles(setting);
    const clients = await openTaskClients(setting.uri, setting.database.name);
    const tasks = allTasks(clients, setting).filter(
      task => !skips.some(({ name }) => name === task.name)
    );
    return {
      cases: tasks.map(task => taskCase(task, setting)),
      skips,
      compose: results => compose(results, skips, setting),
      close: () => closeTaskClients(clients)
    };
  }
};

/** In the specification's order. */
function allTasks(clients: readonly TaskClient[], setting: Setting): Task[] {
  const tasks = [
    ...bsonTasks(setting),
    ...singleTasks(clients, setting),
    ...multiTasks(clients, setting),
    ...clientBulkWriteTasks(clients, setting),
    ...gridFSTasks(clients, setting),
    ...ldjsonTasks(clients, setting),
    ...parallelGridFSTasks(clients, setting)
  ];
  return tasks.sort((one, other) => TASKS.indexOf(one.name) - TASKS.indexOf(other.name));
}

async function obstacles({ data, database }: Setting): Promise<Skip[]> {
  const needs: readonly (readonly [readonly TaskName[], Archive])[] = [
    [BSON_TASKS, 'extended_bson'],
    [[...SINGLE_TASKS, ...MULTI_TASKS], 'single_and_multi_document'],
    [PARALLEL_TASKS, 'parallel']
  ];
  const version = await database.serverVersion();
  const isTooOld = Number.parseInt(version, 10) < CLIENT_BULK_WRITE_VERSION;
  return needs.flatMap(([names, archive]) => {
    const missing = data.obstacle(archive);
    return names.flatMap(name => {
      const needsServer = isTooOld && name.includes('Client BulkWrite');
      const old = needsServer ? `the bulkWrite command is MongoDB 8.0's, this is ${version}` : '';
      const reason = missing ?? old;
      return reason === '' ? [] : { name, reason };
    });
  });
}

function compose(
  results: ReadonlyMap<string, Rounds>,
  skips: readonly Skip[],
  { full }: Setting
): Composition[] {
  const scores = new Map([...results].map(([task, rounds]) => [task, taskScores(rounds)]));
  const missing = new Set(skips.map(({ name }) => name));
  return composites(scores, missing).map(score => {
    const lost = score.missing.length;
    const notes = [
      ...(lost > 0 ? [`without ${lost} tasks that this server can't run`] : []),
      ...(full ? [] : ["a short run: --full has the specification's iterations and sizes"])
    ];
    return {
      name: score.name,
      metrics: [SCORE],
      rounds: new Map([...score.scores].map(([name, value]) => [name, [{ score: value }]])),
      note: notes.join('; ') || undefined
    };
  });
}

function taskScores(rounds: Rounds): ReadonlyMap<string, number> {
  return new Map(
    [...rounds].map(([contender, lane]) => [
      contender === DRIVER_CODEC ? DRIVER : contender,
      median(lane.map(({ score }) => score!))
    ])
  );
}
