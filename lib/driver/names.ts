/**
 * Puts the driver's names among a module's exports, so that an import of `mongodb` works when it is
 * made one of polypool. It decides how a name is there (as a value or as a getter that loads), not
 * which names there are.
 */
import { eachDriverClass } from './classes';
import { ClientEncryption } from './client-encryption';
import * as constants from './constants';

/** Adds them to what a CommonJS module exports. */
export function addDriverNames(exports: object): void {
  Object.assign(exports, constants, { ClientEncryption });
  eachDriverClass((name, get) => Object.defineProperty(exports, name, { enumerable: true, get }));
}
