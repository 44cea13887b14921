/**
 * The `explain` option: which of its forms asks for what, and the command that asks for it.
 * It does not know which commands can be explained.
 */
import type { ExplainCommandOptions, ExplainVerbosityLike } from 'mongodb';
import type { Document } from './bson/options';

/** A verbosity: `true` stands for `allPlansExecution`, `false` for `queryPlanner`. */
export type Explain = ExplainVerbosityLike | ExplainCommandOptions;

/** The command that explains `command` instead of running it. */
export function explained(command: Document, explain: Explain): Document {
  const { verbosity, maxTimeMS } =
    typeof explain === 'object' ? explain : { verbosity: explain, maxTimeMS: undefined };
  return {
    explain: command,
    verbosity:
      typeof verbosity === 'boolean'
        ? verbosity
          ? 'allPlansExecution'
          : 'queryPlanner'
        : verbosity,
    ...(typeof maxTimeMS === 'number' && { maxTimeMS })
  };
}

/**
 * What a cursor's `explain(verbosity, options)` asks for. An object without a verbosity (the
 * driver's former `{ timeoutMS }`) asks for the default.
 */
export function explainArgument(argument: unknown): Explain {
  if (argument === undefined || argument === null) return true;
  if (typeof argument !== 'object') return argument as ExplainVerbosityLike;
  return 'verbosity' in argument ? (argument as ExplainCommandOptions) : true;
}
