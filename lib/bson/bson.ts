/**
 * The one place that imports the `bson` package, so that what of it loads at start stays in sight.
 * It adds nothing to it.
 */
export {
  Binary,
  BSON,
  BSONError,
  BSONRegExp,
  BSONSymbol,
  BSONType,
  Code,
  DBRef,
  Decimal128,
  deserialize,
  Double,
  EJSON,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  onDemand,
  serialize,
  Timestamp,
  UUID
} from 'bson';
