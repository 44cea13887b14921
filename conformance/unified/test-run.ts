// Owns one run of one test: its entities, fail points, and how an operation is carried out and its
// result judged. Must not know what operations do (operations/), nor what surrounds the test
// (run-test.ts).

import type { Deployment } from '../deployment.ts';
import { Fault, Mismatch, describeError, isVerdict } from '../fault.ts';
import type { Workshop } from './create-entities.ts';
import type { EntityMap } from './entities.ts';
import { matchError } from './expected-error.ts';
import { FailPoints } from './fail-points.ts';
import type { Operation } from './format/file.ts';
import { Matcher } from './matcher.ts';
import { Arguments } from './operations/arguments.ts';
import { CollectionResult, CursorResult, Documents } from './operations/operation.ts';
import { runSpecial } from './operations/test-runner.ts';
import { findVerb } from './operations/verbs.ts';

/** The object of special operations. */
const TEST_RUNNER = 'testRunner';

/** How long loops go on, in milliseconds, before they are asked to end. */
const LOOP_MS = 3_000;

export class TestRun {
  readonly workshop: Workshop;
  readonly failPoints: FailPoints;
  readonly matcher: Matcher;
  /** When loops must end, by `performance.now()`. */
  readonly #loopsEndAt = performance.now() + LOOP_MS;
  /** The test is over, or has taken too long. */
  #ended = false;

  constructor(workshop: Workshop) {
    this.workshop = workshop;
    this.failPoints = new FailPoints(workshop.deployment);
    this.matcher = new Matcher(workshop.entities);
  }

  get entities(): EntityMap {
    return this.workshop.entities;
  }

  get deployment(): Deployment {
    return this.workshop.deployment;
  }

  loopsMustEnd(): boolean {
    return this.#ended || performance.now() > this.#loopsEndAt;
  }

  /** Starts no further operation. */
  end(): void {
    this.#ended = true;
  }

  /**
   * Carries out an operation and compares what comes of it.
   * @param options - `rethrow`: an error that was expected is thrown nevertheless
   * @throws Mismatch, Fault; and what the client throws, unless that was expected
   */
  async execute(operation: Operation, { rethrow = false } = {}): Promise<void> {
    if (this.#ended) throw new Fault('The test is over');
    let result: unknown;
    try {
      result = await this.#carryOut(operation);
    } catch (error) {
      this.#judgeError(error, operation);
      if (rethrow) throw error;
      return;
    }
    if (operation.expectError !== undefined) {
      throw new Mismatch(
        `${operation.name} succeeded but should fail: ${JSON.stringify(operation.expectError)}`
      );
    }
    if (operation.ignoreResultAndError !== true) this.#judgeResult(result, operation);
    if (operation.saveResultAsEntity !== undefined) {
      this.#save(result, operation.saveResultAsEntity);
    }
  }

  #carryOut({ name, object, arguments: given }: Operation): unknown {
    const args = new Arguments(given, this.entities);
    if (object === TEST_RUNNER) return runSpecial(name, args, this);
    const { kind, value } = this.entities.entity(object);
    return findVerb(kind, name)(value, args, this, object);
  }

  #judgeError(error: unknown, { name, expectError, ignoreResultAndError }: Operation): void {
    if (isVerdict(error)) throw error;
    if (expectError !== undefined) {
      matchError(error, expectError, this.matcher);
    } else if (ignoreResultAndError !== true) {
      throw new Mismatch(`${name} failed: ${describeError(error)}`, { cause: error });
    }
  }

  #judgeResult(result: unknown, operation: Operation): void {
    if (!('expectResult' in operation)) return;
    const { name, expectResult: expected } = operation;
    const path = `result of ${name}`;
    if (result instanceof Documents) {
      if (Array.isArray(expected)) this.matcher.matchAll(result.list, expected, path);
      else this.matcher.match(result.list, expected, path);
      return;
    }
    this.matcher.match(result, expected, path);
  }

  #save(result: unknown, name: string): void {
    if (result instanceof CursorResult) this.entities.add('cursor', name, result.cursor);
    else if (result instanceof CollectionResult) {
      this.entities.add('collection', name, result.collection);
    } else if (result === undefined) throw new Fault(`There is no result to be ${name}`);
    else this.entities.add('value', name, result instanceof Documents ? result.list : result);
  }
}
