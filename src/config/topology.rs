//! Which servers, and how they are found: hosts or SRV record, direct, load-balanced, monitored.
//!
//! Owns the combinations that the driver forbids before any lookup. Must not know DNS.

use std::time::Duration;

use super::error::{ConfigError, ErrorClass, Result};
use super::host::HostAddress;
use super::provided::Provided;
use super::uri::Seeds;

/// Options that mean something for SRV records only.
const SRV_ONLY: [&str; 4] =
    ["srvMaxHosts", "srvServiceName", "srvAllowedHostsSuffix", "srvHostValidator"];

/// An SRV record to look up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Srv {
    /// The name in the connection string.
    pub host: String,
    /// The service in `_service._tcp.host`.
    pub service_name: String,
    /// How many of the record's hosts to use; 0 means all.
    pub max_hosts: u32,
}

/// How servers are monitored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ServerMonitoringMode {
    /// Polling on a function platform, else streaming.
    Auto,
    /// Polling.
    Poll,
    /// Streaming where the server can.
    Stream,
}

impl ServerMonitoringMode {
    /// The driver's spelling.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Poll => "poll",
            Self::Stream => "stream",
        }
    }

    fn resolve(provided: &Provided) -> Result<Self> {
        let modes = [Self::Auto, Self::Poll, Self::Stream];
        let Some(given) = provided.first("serverMonitoringMode") else {
            return Ok(Self::Auto);
        };
        let found = given
            .value
            .as_str()
            .and_then(|text| modes.into_iter().find(|mode| mode.name() == text));
        found.ok_or_else(|| given.must_be(ErrorClass::Parse, "one of auto, poll, stream"))
    }
}

/// The servers and how they are found and watched.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Topology {
    /// The seeds; empty when an SRV record names them. Exactly one with `direct`.
    pub hosts: Vec<HostAddress>,
    /// The SRV record, in place of hosts.
    pub srv: Option<Srv>,
    /// `replicaSet`; never with `load_balanced`.
    pub replica_set: Option<String>,
    /// `directConnection`.
    pub direct: bool,
    /// `loadBalanced`; an SRV record's text may turn it on as well.
    pub load_balanced: bool,
    /// `heartbeatFrequencyMS`, as given.
    pub heartbeat_frequency: Duration,
    /// `minHeartbeatFrequencyMS`.
    pub min_heartbeat_frequency: Duration,
    /// `localThresholdMS`.
    pub local_threshold: Duration,
    /// `serverSelectionTimeoutMS`; `None` for 0, which waits without end.
    pub server_selection_timeout: Option<Duration>,
    /// `serverMonitoringMode`.
    pub monitoring_mode: ServerMonitoringMode,
}

impl Topology {
    /// Reads and checks the options.
    pub(super) fn resolve(seeds: Seeds, provided: &Provided) -> Result<Self> {
        if provided.in_options("loadBalanced") {
            return Err(parse_error("loadBalanced is an option of the connection string only"));
        }
        if provided.in_uri("srvHostValidator") {
            return Err(parse_error(
                "srvHostValidator cannot be in the connection string, only in the options",
            ));
        }
        let max_hosts = provided.unsigned("srvMaxHosts")?;
        let service_name = provided.text("srvServiceName")?.unwrap_or_default();
        let (hosts, srv) = match seeds {
            Seeds::Hosts(hosts) => (hosts, None),
            Seeds::Srv(host) => {
                let max_hosts = u32::try_from(max_hosts).unwrap_or(u32::MAX);
                let srv = Srv { host, service_name, max_hosts };
                (Vec::new(), Some(srv))
            }
        };
        let millis = |name| provided.unsigned(name).map(Duration::from_millis);
        let topology = Self {
            hosts,
            srv,
            replica_set: provided.text("replicaSet")?,
            direct: provided.boolean("directConnection")?,
            load_balanced: provided.boolean("loadBalanced")?,
            heartbeat_frequency: millis("heartbeatFrequencyMS")?,
            min_heartbeat_frequency: millis("minHeartbeatFrequencyMS")?,
            local_threshold: millis("localThresholdMS")?,
            server_selection_timeout: super::pool::limit(provided, "serverSelectionTimeoutMS")?,
            monitoring_mode: ServerMonitoringMode::resolve(provided)?,
        };
        topology.check()?;
        topology.check_srv(provided)?;
        Ok(topology)
    }

    fn check(&self) -> Result<()> {
        if self.load_balanced {
            let fault = if self.hosts.len() > 1 {
                "several hosts"
            } else if self.replica_set.is_some() {
                "replicaSet"
            } else if self.direct {
                "directConnection"
            } else if self.srv.as_ref().is_some_and(|srv| srv.max_hosts > 0) {
                "srvMaxHosts"
            } else {
                return Ok(());
            };
            return Err(parse_error(format!("loadBalanced cannot be combined with {fault}")));
        }
        if self.direct && self.srv.is_none() && self.hosts.len() != 1 {
            return Err(parse_error("directConnection requires exactly one host"));
        }
        Ok(())
    }

    fn check_srv(&self, provided: &Provided) -> Result<()> {
        let given: Vec<&str> = SRV_ONLY.into_iter().filter(|name| provided.has(name)).collect();
        let Some(srv) = &self.srv else {
            if given.is_empty() {
                return Ok(());
            }
            return Err(parse_error(format!(
                "Cannot use {} with a connection string that is not mongodb+srv",
                given.join(", ")
            )));
        };
        if self.direct {
            return Err(ConfigError::options(
                ErrorClass::Api,
                "directConnection cannot be used with a mongodb+srv connection string",
            ));
        }
        if srv.max_hosts > 0 && self.replica_set.is_some() {
            return Err(parse_error("srvMaxHosts cannot be combined with replicaSet"));
        }
        let unsupported = ["srvAllowedHostsSuffix", "srvHostValidator"];
        match unsupported.into_iter().find(|name| provided.has(name)) {
            Some(name) => {
                Err(ConfigError::unsupported(format!("polypool does not support {name} yet")))
            }
            None => Ok(()),
        }
    }
}

fn parse_error(message: impl std::fmt::Display) -> ConfigError {
    ConfigError::options(ErrorClass::Parse, message)
}
