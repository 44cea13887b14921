// Owns the log messages of a client: taking them in, and comparing them with expected ones. Must not
// know when they are written.

import type { Document } from 'mongodb';
import { Mismatch } from '../fault.ts';
import type { ExpectedLogMessage, ExpectedLogMessages } from './format/file.ts';
import type { Matcher } from './matcher.ts';

/** What the driver writes: time, component, severity, and the message's data beside them. */
interface WrittenLog extends Document {
  readonly t: Date;
  readonly c: string;
  readonly s: string;
}

/** Severities that the driver spells differently. */
const SEVERITIES: Readonly<Record<string, string>> = { warning: 'warn' };

/** A destination for `mongodbLogPath`, which keeps what it gets. */
export class LogCollector {
  readonly messages: ExpectedLogMessage[] = [];

  write(log: WrittenLog): void {
    const { c: component, s: level, ...data } = log;
    this.messages.push({ component, level, data });
  }
}

/** `mongodbLogComponentSeverities` for what a test observes. */
export function logSeverities(observed: Readonly<Record<string, string>>): Record<string, string> {
  const chosen = Object.entries(observed).map(([component, level]) => [component, severity(level)]);
  return { default: 'off', ...Object.fromEntries(chosen) } as Record<string, string>;
}

/** @throws Mismatch */
export function matchLogMessages(
  { messages: expected, ignoreMessages = [], ignoreExtraMessages = false }: ExpectedLogMessages,
  observed: readonly ExpectedLogMessage[],
  matcher: Matcher
): void {
  const found = observed.filter(
    one => !ignoreMessages.some(ignored => fits(one, ignored, matcher))
  );
  for (const [index, wanted] of expected.entries()) {
    const one = found[index];
    if (one === undefined) {
      throw new Mismatch(`log messages end before "${title(wanted)}"${seen(found)}`);
    }
    matchMessage(one, wanted, matcher, `messages[${index}]`);
  }
  if (found.length > expected.length && !ignoreExtraMessages) {
    throw new Mismatch(
      `there are ${found.length - expected.length} more log messages${seen(found)}`
    );
  }
}

function matchMessage(
  found: ExpectedLogMessage,
  wanted: ExpectedLogMessage,
  matcher: Matcher,
  path: string
): void {
  const kind = `${found.level} of ${found.component}`;
  const wantedKind = `${severity(wanted.level)} of ${wanted.component}`;
  if (kind !== wantedKind) {
    throw new Mismatch(
      `${path} is ${kind} "${title(found)}", not ${wantedKind} "${title(wanted)}"`
    );
  }
  if (wanted.failureIsRedacted !== undefined) {
    const failure: unknown = found.data['failure'];
    if (failure === undefined) throw new Mismatch(`${path} "${title(found)}" has no failure`);
    if (isRedacted(failure) !== wanted.failureIsRedacted) {
      throw new Mismatch(`${path} "${title(found)}" redacts its failure: ${isRedacted(failure)}`);
    }
  }
  matcher.match(found.data, wanted.data, `${path}.data`);
}

function fits(found: ExpectedLogMessage, wanted: ExpectedLogMessage, matcher: Matcher): boolean {
  try {
    matchMessage(found, wanted, matcher, '');
    return true;
  } catch (error) {
    if (error instanceof Mismatch) return false;
    throw error;
  }
}

/** The driver leaves a redacted failure empty, or says that it is redacted. */
function isRedacted(failure: unknown): boolean {
  if (typeof failure === 'string') return failure.includes('(redacted)');
  if (failure === null || typeof failure !== 'object') return false;
  return Object.keys(failure).length === 0;
}

function severity(level: string): string {
  return SEVERITIES[level] ?? level;
}

function title(message: ExpectedLogMessage): string {
  const { message: text, commandName } = message.data as {
    message?: unknown;
    commandName?: unknown;
  };
  return [text, commandName].filter(part => typeof part === 'string').join(' ');
}

function seen(observed: readonly ExpectedLogMessage[]): string {
  return `; observed: ${observed.map(one => `"${title(one)}"`).join(', ') || 'none'}`;
}
