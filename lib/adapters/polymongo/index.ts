/**
 * What `polypool/polymongo` exports: the class, as `require('polymongo')` gives it, and its types in the
 * namespaces where that package has them. It does nothing itself.
 */
import type * as Shapes from './types';
import { instance } from './instance';
import { PolyMongoWrapper } from './wrapper';

class PolyMongo extends PolyMongoWrapper {
  /** For types alone. */
  static readonly Types = Object.freeze({});
  /** For those who import it by its name. */
  static readonly PolyMongo = PolyMongo;
  static readonly PolyMongoWrapper = PolyMongoWrapper;

  /** One pool for all databases; connects with the first operation. */
  static createWrapper(options: Shapes.PolyMongoOptions): PolyMongo {
    return new PolyMongo(options);
  }

  /**
   * The process's wrapper: the first call makes it, later ones get it, from any copy of this module.
   * @param options - may be left out once there is one; others than before are an error
   * @throws Error without options when there is none yet, and for other options
   */
  static getInstance(options?: Shapes.PolyMongoOptions): PolyMongo {
    return instance(options, given => new PolyMongo(given));
  }
}

// eslint-disable-next-line @typescript-eslint/no-namespace -- where users have its types from: `PolyMongo.Types.wrapperOptions`
namespace PolyMongo {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- see above
  export namespace Types {
    export type wrapperOptions = Shapes.PolyMongoOptions;
    export type Options = Shapes.PolyMongoOptions;
    export type debugOptions = Shapes.PolyMongoDebugOptions;
    export type DebugOptions = Shapes.PolyMongoDebugOptions;
    export type eventName = Shapes.PolyMongoEventName;
    export type EventName = Shapes.PolyMongoEventName;
    export type eventMap = Shapes.PolyMongoEventMap;
    export type EventMap = Shapes.PolyMongoEventMap;
    export type connectEvent = Shapes.PolyMongoConnectEvent;
    export type ConnectEvent = Shapes.PolyMongoConnectEvent;
    export type disconnectEvent = Shapes.PolyMongoDisconnectEvent;
    export type DisconnectEvent = Shapes.PolyMongoDisconnectEvent;
    export type errorEvent = Shapes.PolyMongoErrorEvent;
    export type ErrorEvent = Shapes.PolyMongoErrorEvent;
    export type connectResult = Shapes.PolyMongoConnectResult;
    export type ConnectResult = Shapes.PolyMongoConnectResult;
    export type disconnectResult = Shapes.PolyMongoDisconnectResult;
    export type DisconnectResult = Shapes.PolyMongoDisconnectResult;
    export type advancedAccess = Shapes.PolyMongoAdvancedAccess;
    export type AdvancedAccess = Shapes.PolyMongoAdvancedAccess;
    export type actionsApi = Shapes.PolyMongoActionsApi;
    export type ActionsApi = Shapes.PolyMongoActionsApi;
    export type poolApi = Shapes.PolyMongoPoolApi;
    export type PoolApi = Shapes.PolyMongoPoolApi;
    export type scaleApi = Shapes.PolyMongoScaleApi;
    export type ScaleApi = Shapes.PolyMongoScaleApi;
    export type statsApi = Shapes.PolyMongoStatsApi;
    export type StatsApi = Shapes.PolyMongoStatsApi;
    export type pingResult = Shapes.PolyMongoPingResult;
    export type PingResult = Shapes.PolyMongoPingResult;
    export type streamRecord = Shapes.PolyMongoStreamRecord;
    export type StreamRecord = Shapes.PolyMongoStreamRecord;
    export type databaseActionSummary = Shapes.PolyMongoActionSummary;
    export type DatabaseActionSummary = Shapes.PolyMongoActionSummary;
    export type databaseImportSummary = Shapes.PolyMongoImportSummary;
    export type DatabaseImportSummary = Shapes.PolyMongoImportSummary;
    export type databaseExportSummary = Shapes.PolyMongoExportSummary;
    export type DatabaseExportSummary = Shapes.PolyMongoExportSummary;
    export type databaseCopySummary = Shapes.PolyMongoCopySummary;
    export type DatabaseCopySummary = Shapes.PolyMongoCopySummary;
    export type dbConfig = Shapes.DBSpecificConfig;
    export type DBConfig = Shapes.DBSpecificConfig;
    export type stats = Shapes.PolyMongoConnectionStats;
    export type ConnectionStats = Shapes.PolyMongoConnectionStats;
    export type wrappedModel<T> = Shapes.PolyMongoModel<T>;
    export type WrappedModel<T> = Shapes.PolyMongoModel<T>;
  }
}

export = PolyMongo;
