/** What stands where the driver has client-side encryption, which polypool does not do. */
import { driverErrors } from '../error';

/** The error for anything that asks for encryption. `what` names the option or the class. */
export function encryptionError(what: string): Error {
  const { MongoCompatibilityError } = driverErrors();
  return new MongoCompatibilityError(
    `${what}: polypool does not encrypt or decrypt on the client; use the mongodb package for it`
  );
}

/**
 * Collections with encrypted fields come with others that hold what encryption needs.
 * @throws MongoCompatibilityError
 */
export function refuseEncryption(options: { encryptedFields?: unknown } | null | undefined): void {
  if (options?.encryptedFields) throw encryptionError('options.encryptedFields');
}

/** Importable under the driver's name; making one says what to do instead. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- its name is all there is to it
export class ClientEncryption {
  constructor() {
    throw encryptionError('ClientEncryption');
  }
}
