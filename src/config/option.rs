//! The one table of options: name, kind, default, and what polypool does with each.
//!
//! The names, kinds and defaults are those of the official driver 7.8. Every default of the
//! project lives here, once. An option of polypool's own is one more row. Must not know values.

/// How a value is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `true` or `false`, also as text.
    Boolean,
    /// A whole number, also as text.
    Integer,
    /// A whole number of at least zero, also as text. As in the driver, what comes after the whole
    /// number is left out.
    Unsigned,
    /// The same of an option of polypool's own: a fraction, or text behind the number, is an error.
    Count,
    /// A string; numbers and booleans are written out.
    Text,
    /// A document.
    Record,
    /// Anything, unchecked.
    Any,
    /// Read by a module of its own.
    Special,
}

/// The value of an option that nobody gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Preset {
    /// Stays absent.
    Absent,
    /// A boolean.
    Boolean(bool),
    /// A number; milliseconds where the name ends in `MS`.
    Number(u32),
    /// A string.
    Text(&'static str),
}

/// What polypool does with an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// A typed field of [`Config`](super::Config).
    Core,
    /// Handed back to JS, which acts on it.
    Js,
    /// Accepted without effect, as in the driver.
    Ignored,
    /// Socket tuning that polypool does not apply: a warning, unless it asks for the default.
    Tuning,
    /// Not supported by polypool yet: an error.
    Refused,
    /// Not supported by polypool yet: an error once TLS is on, without effect before.
    RefusedWithTls,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct OptionSpec {
    /// The driver's spelling.
    pub(super) name: &'static str,
    /// How its value is read.
    pub(super) kind: Kind,
    /// Its value when nobody gave one.
    pub(super) preset: Preset,
    /// What polypool does with it.
    pub(super) effect: Effect,
    /// The advice of its deprecation warning.
    pub(super) deprecated: Option<&'static str>,
    /// Whether its value must never be quoted.
    pub(super) secret: bool,
}

const fn row(name: &'static str, kind: Kind) -> OptionSpec {
    OptionSpec {
        name,
        kind,
        preset: Preset::Absent,
        effect: Effect::Core,
        deprecated: None,
        secret: false,
    }
}

impl OptionSpec {
    const fn preset(mut self, preset: Preset) -> Self {
        self.preset = preset;
        self
    }
    const fn number(self, preset: u32) -> Self {
        self.preset(Preset::Number(preset))
    }
    const fn boolean(self, preset: bool) -> Self {
        self.preset(Preset::Boolean(preset))
    }
    const fn text(self, preset: &'static str) -> Self {
        self.preset(Preset::Text(preset))
    }
    const fn effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }
    const fn deprecated(mut self, advice: &'static str) -> Self {
        self.deprecated = Some(advice);
        self
    }
    const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }
}

use Effect::{Ignored, Js, Refused, RefusedWithTls, Tuning};
use Kind::{Any, Boolean, Count, Integer, Record, Special, Text, Unsigned};

/// Every option the driver knows.
pub(super) static OPTIONS: &[OptionSpec] = &[
    // Identity and authentication
    row("appName", Text),
    row("auth", Special).secret(),
    row("authMechanism", Special),
    row("authMechanismProperties", Special).secret(),
    row("authSource", Special),
    row("dbName", Text).text("test"),
    row("dbSpecific", Special).secret(),
    row("driverInfo", Special),
    row("name", Special),
    row("serverApi", Special),
    // Topology and discovery
    row("directConnection", Boolean).boolean(false),
    row("fallbackURIs", Special).secret(),
    row("heartbeatFrequencyMS", Unsigned).number(10_000),
    row("loadBalanced", Boolean).boolean(false),
    row("localThresholdMS", Unsigned).number(15),
    row("minHeartbeatFrequencyMS", Unsigned).number(500),
    row("monitorCommands", Boolean).boolean(false),
    row("replicaSet", Text),
    row("serverMonitoringMode", Special).text("auto"),
    row("serverSelectionTimeoutMS", Unsigned).number(30_000),
    row("srvAllowedHostsSuffix", Special),
    row("srvHostValidator", Special),
    row("srvMaxHosts", Unsigned).number(0),
    row("srvServiceName", Text).text("mongodb"),
    // Pool and sockets
    row("autoSelectFamily", Boolean).boolean(true).effect(Tuning),
    row("autoSelectFamilyAttemptTimeout", Unsigned).effect(Tuning),
    row("breaker", Special),
    row("compressors", Special).text("none"),
    row("connectRetry", Special),
    row("connectTimeoutMS", Unsigned).number(30_000),
    row("family", Special).effect(Tuning),
    row("hints", Any).effect(Tuning),
    row("keepAliveInitialDelay", Any).effect(Tuning),
    row("leakMS", Count).number(0),
    row("localAddress", Any).effect(Refused),
    row("localPort", Any).effect(Refused),
    row("lookup", Any).effect(Refused),
    row("maxConnecting", Special).number(2),
    row("maxIdleTimeMS", Unsigned).number(0),
    row("maxPoolSize", Unsigned).number(100),
    row("maxQueued", Count).number(0),
    row("minPoolSize", Unsigned).number(0),
    row("noDelay", Boolean).boolean(true).effect(Tuning),
    row("proxyHost", Text).effect(Refused),
    row("proxyPassword", Text).effect(Refused).secret(),
    row("proxyPort", Unsigned).effect(Refused),
    row("proxyUsername", Text).effect(Refused).secret(),
    row("refreshIntervalMS", Count).number(0),
    row("socketTimeoutMS", Unsigned).number(0),
    row("tenants", Special),
    row("timeoutMS", Special).effect(Js),
    row("waitQueueTimeoutMS", Unsigned).number(0),
    row("warm", Boolean).boolean(false),
    row("zlibCompressionLevel", Integer).number(0),
    // Reads, writes and retries
    row("enableOverloadRetargeting", Boolean).boolean(false),
    row("fsync", Special).deprecated("Please use journal instead"),
    row("j", Special).deprecated("Please use journal instead"),
    row("journal", Special),
    row("maxAdaptiveRetries", Unsigned).number(2),
    row("maxStalenessSeconds", Special),
    row("readConcern", Special),
    row("readConcernLevel", Special),
    row("readPreference", Special).text("primary"),
    row("readPreferenceTags", Special),
    row("retryReads", Boolean).boolean(true),
    row("retryWrites", Boolean).boolean(true),
    row("w", Special),
    row("writeConcern", Special),
    row("wtimeout", Special).deprecated("Please use wtimeoutMS instead"),
    row("wtimeoutMS", Special),
    // TLS
    row("ALPNProtocols", Any).effect(RefusedWithTls),
    row("allowPartialTrustChain", Any).effect(Ignored),
    row("ca", Special),
    row("cert", Special),
    row("checkServerIdentity", Any).effect(RefusedWithTls),
    row("ciphers", Any).effect(RefusedWithTls),
    row("crl", Any).effect(RefusedWithTls),
    row("ecdhCurve", Any).effect(RefusedWithTls),
    row("enableTrace", Any).effect(Ignored),
    row("key", Special).secret(),
    row("minDHSize", Any).effect(RefusedWithTls),
    row("passphrase", Special).secret(),
    row("pfx", Any).effect(RefusedWithTls),
    row("pskCallback", Any).effect(Ignored),
    row("rejectUnauthorized", Special),
    row("requestCert", Any).effect(Ignored),
    row("requestOCSP", Any).effect(Ignored),
    row("secureContext", Any).effect(RefusedWithTls),
    row("secureProtocol", Any).effect(RefusedWithTls),
    row("servername", Text).effect(RefusedWithTls),
    row("session", Any).effect(Ignored),
    row("SNICallback", Any).effect(Ignored),
    row("ssl", Special),
    row("tls", Special),
    row("tlsAllowInvalidCertificates", Special),
    row("tlsAllowInvalidHostnames", Special),
    row("tlsCAFile", Text),
    row("tlsCertificateKeyFile", Text),
    row("tlsCertificateKeyFilePassword", Special).secret(),
    row("tlsCRLFile", Text).effect(RefusedWithTls),
    row("tlsInsecure", Special),
    // Acted on by JS
    row("__skipPingOnConnect", Boolean).effect(Js),
    row("autoEncryption", Record).effect(Refused),
    row("bsonRegExp", Boolean).effect(Js),
    row("checkKeys", Boolean).effect(Js),
    row("coalesce", Boolean).effect(Js),
    row("connectionType", Any).effect(Ignored),
    row("debug", Boolean).effect(Js),
    row("drainMS", Count).number(8_000).effect(Js),
    row("enableUtf8Validation", Boolean).boolean(true).effect(Js),
    row("fieldsAsRaw", Record).effect(Js),
    row("forceServerObjectId", Boolean).boolean(false).effect(Js),
    row("handleSignals", Boolean).effect(Js),
    row("healthIntervalMS", Count).effect(Js),
    row("ignoreUndefined", Boolean).effect(Js),
    row("index", Any).effect(Ignored),
    row("logLevel", Text).effect(Js),
    row("logPath", Text).effect(Js),
    row("minInternalBufferSize", Unsigned).effect(Js),
    row("mongodbLogComponentSeverities", Record).effect(Js),
    row("mongodbLogMaxDocumentLength", Unsigned).effect(Js),
    row("mongodbLogPath", Text).effect(Js),
    row("pkFactory", Record).effect(Js),
    row("promoteBuffers", Boolean).effect(Js),
    row("promoteLongs", Boolean).effect(Js),
    row("promoteValues", Boolean).effect(Js),
    row("raw", Boolean).boolean(false).effect(Js),
    row("requireTenant", Boolean).boolean(false).effect(Js),
    row("runtimeAdapters", Record).effect(Js),
    row("serializeFunctions", Boolean).effect(Js),
    row("slowMS", Count).effect(Js),
    row("srvPoller", Any).effect(Ignored),
    row("useBigInt64", Boolean).effect(Js),
];

/// The fields of `connectRetry`; times in milliseconds.
pub(super) static CONNECT_RETRY: [(&str, f64); 4] =
    [("attempts", 5.0), ("baseMS", 1_000.0), ("maxMS", 30_000.0), ("jitter", 0.5)];

/// The fields of `breaker`; times in milliseconds.
pub(super) static BREAKER: [(&str, u32); 4] =
    [("failures", 5), ("windowMS", 10_000), ("openMS", 5_000), ("halfOpen", 1)];

/// The least `refreshIntervalMS` but 0, in milliseconds: each time all connections are made anew.
pub(super) const SHORTEST_REFRESH_MS: u64 = 1_000;

/// `ttl` of a `dbSpecific` entry with `autoClose`, in milliseconds.
pub(super) const DEDICATED_TTL_MS: u32 = 60_000;

/// The row of `name`, whatever its case.
pub(super) fn find(name: &str) -> Option<&'static OptionSpec> {
    OPTIONS.iter().find(|spec| spec.name.eq_ignore_ascii_case(name))
}

/// The option a user most likely meant by `name`.
pub(super) fn suggest(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    let tolerated = 1 + name.len() / 5;
    OPTIONS
        .iter()
        .map(|spec| {
            let distance = strsim::damerau_levenshtein(&spec.name.to_ascii_lowercase(), &name);
            (distance, spec.name)
        })
        .filter(|(distance, candidate)| *distance <= tolerated && candidate.len() > 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
