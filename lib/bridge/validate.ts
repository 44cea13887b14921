/**
 * Checks a caller's BSON bytes in Rust, before anything is made of them. Faces
 * `src/codec/validate.rs`.
 */
import { binding } from './binding';

/** What is wrong with bytes that should be one well-formed BSON document; null when nothing is. */
export function documentFault(bytes: Uint8Array): string | null {
  return binding().validateDocument(bytes);
}
