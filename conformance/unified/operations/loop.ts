// Owns the operation `loop`: the same operations over and over until the run is asked to end, with
// errors kept instead of thrown. Must not know what asks for the end.

import { Fault, Mismatch, describeError } from '../../fault.ts';
import type { Operation } from '../format/file.ts';
import type { TestRun } from '../test-run.ts';
import type { Arguments } from './arguments.ts';

/** What is kept of an error: its text, and when it came, in seconds since the epoch. */
interface Kept {
  error: string;
  time: number;
}

export async function runLoop(given: Arguments, run: TestRun): Promise<void> {
  const operations = given.take<Operation[]>('operations');
  const errors = keptList(given.takeOptional('storeErrorsAsEntity'), run);
  const failures = keptList(given.takeOptional('storeFailuresAsEntity'), run);
  const successes = counter(given.takeOptional('storeSuccessesAsEntity'), run);
  const iterations = counter(given.takeOptional('storeIterationsAsEntity'), run);
  while (!run.loopsMustEnd()) {
    try {
      for (const operation of operations) {
        await run.execute(operation);
        successes();
      }
    } catch (error) {
      const isFailure = error instanceof Mismatch;
      const kept = (isFailure ? failures : errors) ?? failures ?? errors;
      if (kept === undefined) throw error;
      kept.push({ error: describeError(error), time: Date.now() / 1000 });
    }
    iterations();
  }
}

/** The list of this name, new unless it is there; undefined without a name. */
function keptList(name: string | undefined, { entities }: TestRun): Kept[] | undefined {
  if (name === undefined) return undefined;
  if (!entities.has(name)) entities.add('value', name, []);
  const list = entities.get('value', name);
  if (!Array.isArray(list)) throw new Fault(`Entity ${name} is no list`);
  return list as Kept[];
}

/** Counts in an entity of this name; without a name, nowhere. */
function counter(name: string | undefined, { entities }: TestRun): () => void {
  if (name === undefined) return () => undefined;
  let count = 0;
  entities.add('value', name, count);
  return () => {
    count += 1;
    entities.setValue(name, count);
  };
}
