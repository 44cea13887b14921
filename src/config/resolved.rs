//! The resolved options as a document, for JS: `client.options` under the driver's own names.
//!
//! Holds no secret: no password, no private key, no pass phrase. Must not resolve anything.

use std::time::Duration;

use bson::{Bson, Document, doc};

use super::Config;
use super::concern::read_concern_document;
use super::credential::Credential;
use super::dedicated::Dedicated;
use super::fallback;
use super::host::HostAddress;
use super::pool::Pool;
use super::retries::Retries;
use super::tls::{Pem, Tls};
use super::topology::Topology;

/// A number as JS has it: an integer where BSON's 32 bits hold it, else a double.
pub(super) fn number(value: u64) -> Bson {
    match i32::try_from(value) {
        Ok(value) => Bson::Int32(value),
        #[expect(clippy::cast_precision_loss, reason = "a JS number is a double anyway")]
        Err(_) => Bson::Double(value as f64),
    }
}

/// A time span in milliseconds.
pub(super) fn milliseconds(span: Duration) -> Bson {
    number(u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
}

/// A limit in milliseconds, of which 0 means none.
fn limit(span: Option<Duration>) -> Bson {
    milliseconds(span.unwrap_or_default())
}

impl Config {
    /// The resolved options under the driver's names, and `warnings`: what the driver would warn
    /// of, and what polypool does not apply.
    #[must_use]
    pub fn resolved(&self) -> Document {
        let mut document = doc! { "dbName": &self.db_name };
        topology(&self.topology, &mut document);
        pool(&self.pool, &mut document);
        self.tenants.add_to(&mut document);
        if let Some(breaker) = self.breaker {
            document.insert("breaker", breaker.to_document());
        }
        document.insert("readPreference", self.read_preference.to_document());
        if let Some(level) = &self.read_concern {
            document.insert("readConcern", read_concern_document(level));
        }
        if let Some(concern) = &self.write_concern {
            document.insert("writeConcern", concern.to_document());
        }
        retries(self.retries, &mut document);
        if !self.fallbacks.is_empty() {
            let names: Vec<_> = self.fallbacks.iter().map(fallback::name).collect();
            document.insert("fallbackURIs", names);
        }
        if !self.dedicated.is_empty() {
            let all: Vec<_> = self.dedicated.iter().map(Dedicated::to_document).collect();
            document.insert("dbSpecific", all);
        }
        if let Some(retry) = self.connect_retry {
            document.insert("connectRetry", retry.to_document());
        }
        self.handshake(&mut document);
        if let Some(credential) = &self.credential {
            document.insert("credentials", credentials(credential));
        }
        self.tls_options(&mut document);
        document.insert("monitorCommands", self.monitor_commands);
        for (name, value) in &self.passthrough {
            document.insert(*name, value.clone());
        }
        document.insert("warnings", self.warnings.clone());
        document
    }

    fn handshake(&self, document: &mut Document) {
        if let Some(name) = &self.app_name {
            document.insert("appName", name);
        }
        let compressors: Vec<&str> = match self.compressors.as_slice() {
            [] => vec!["none"],
            compressors => compressors.iter().map(|compressor| compressor.name()).collect(),
        };
        document.insert("compressors", compressors);
        document.insert("zlibCompressionLevel", self.zlib_level);
        document.insert("driverInfo", self.driver_info.to_document());
        if let Some(api) = self.server_api {
            document.insert("serverApi", api.to_document());
        }
    }

    fn tls_options(&self, document: &mut Document) {
        match (&self.tls, self.tls_is_given) {
            (Some(tls), _) => tls_document(tls, document),
            (None, true) => {
                document.insert("tls", false);
            }
            (None, false) => {}
        }
    }
}

fn topology(topology: &Topology, document: &mut Document) {
    let hosts = topology.hosts.iter().map(|host| match host {
        HostAddress::Tcp { host, port } => {
            doc! { "host": host, "port": i32::from(*port), "isIPv6": host.contains(':') }
        }
        HostAddress::Unix { path } => doc! { "socketPath": path },
    });
    document.insert("hosts", hosts.collect::<Vec<_>>());
    let (service_name, max_hosts) = match &topology.srv {
        Some(srv) => {
            document.insert("srvHost", &srv.host);
            (srv.service_name.as_str(), srv.max_hosts)
        }
        None => ("mongodb", 0),
    };
    document.insert("srvServiceName", service_name);
    document.insert("srvMaxHosts", number(max_hosts.into()));
    if let Some(name) = &topology.replica_set {
        document.insert("replicaSet", name);
    }
    document.insert("directConnection", topology.direct);
    document.insert("loadBalanced", topology.load_balanced);
    let spans = [
        ("heartbeatFrequencyMS", topology.heartbeat_frequency),
        ("minHeartbeatFrequencyMS", topology.min_heartbeat_frequency),
        ("localThresholdMS", topology.local_threshold),
    ];
    for (name, span) in spans {
        document.insert(name, milliseconds(span));
    }
    document.insert("serverSelectionTimeoutMS", limit(topology.server_selection_timeout));
    document.insert("serverMonitoringMode", topology.monitoring_mode.name());
}

fn pool(pool: &Pool, document: &mut Document) {
    let max_size = pool.max_size.map_or(0, u32::from);
    document.insert("maxPoolSize", number(max_size.into()));
    document.insert("minPoolSize", number(pool.min_size.into()));
    document.insert("maxConnecting", number(u32::from(pool.max_connecting).into()));
    document.insert("maxIdleTimeMS", limit(pool.max_idle_time));
    document.insert("waitQueueTimeoutMS", limit(pool.wait_queue_timeout));
    if pool.leak_after.is_some() {
        document.insert("leakMS", limit(pool.leak_after));
    }
    if let Some(most) = pool.max_queued {
        document.insert("maxQueued", number(u32::from(most).into()));
    }
    if pool.refresh_interval.is_some() {
        document.insert("refreshIntervalMS", limit(pool.refresh_interval));
    }
    if pool.warm {
        document.insert("warm", true);
    }
    document.insert("connectTimeoutMS", limit(pool.connect_timeout));
    document.insert("socketTimeoutMS", limit(pool.socket_timeout));
}

fn retries(retries: Retries, document: &mut Document) {
    document.insert("retryReads", retries.reads);
    document.insert("retryWrites", retries.writes);
    document.insert("maxAdaptiveRetries", number(retries.max_adaptive.into()));
    document.insert("enableOverloadRetargeting", retries.retargeting);
}

fn credentials(credential: &Credential) -> Document {
    doc! {
        "username": &credential.username,
        "source": &credential.source,
        "mechanism": credential.mechanism.name(),
        "mechanismProperties": credential.properties.clone(),
    }
}

fn tls_document(tls: &Tls, document: &mut Document) {
    document.insert("tls", true);
    document.insert("rejectUnauthorized", !tls.accepts_invalid_certificates);
    if let Some(Pem::File(path)) = &tls.authorities {
        document.insert("tlsCAFile", path.to_string_lossy().into_owned());
    }
    let certificate = tls.identity.as_ref().map(|identity| &identity.certificate);
    if let Some(Pem::File(path)) = certificate {
        document.insert("tlsCertificateKeyFile", path.to_string_lossy().into_owned());
    }
}
