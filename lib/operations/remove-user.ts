/** `dropUser`: the command. Its reply says nothing but that it worked. */
import type { RemoveUserOptions } from 'mongodb';
import { writeOperation } from './command';
import type { DatabaseScope, Operation } from './operation';

export function removeUserOperation(
  scope: DatabaseScope,
  username: string,
  options: RemoveUserOptions | null | undefined
): Operation {
  return writeOperation(scope, { dropUser: username }, options, { movable: true });
}
