//! One server's address: host name, IP literal or Unix domain socket.
//!
//! Parses one element of a connection string's host list. An error quotes the host and never the
//! port's text: in `mongodb://user:password` the port is a password.

use std::fmt;
use std::net::Ipv6Addr;

use super::error::{ConfigError, ErrorClass, Result};
use super::uri::decode_component;

/// The port of a host without one.
const DEFAULT_PORT: u16 = 27017;

/// What tells a Unix domain socket from a host name; in lower case only, as in the driver.
const SOCKET_SUFFIX: &str = ".sock";

/// Characters that a host name cannot hold, besides controls.
const FORBIDDEN_IN_HOST: [char; 11] = [' ', '#', '<', '>', '?', '@', '[', '\\', ']', '^', '|'];

/// A server's address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HostAddress {
    /// Host and port.
    Tcp {
        /// Lower-case host name or IP address; an IPv6 address without brackets.
        host: String,
        /// 1 to 65535; 27017 unless given.
        port: u16,
    },
    /// A Unix domain socket.
    Unix {
        /// The decoded path.
        path: String,
    },
}

impl HostAddress {
    /// Parses `host`, `host:port`, `[ipv6]:port` or a percent-encoded path that ends in `.sock`.
    pub(super) fn parse(text: &str) -> Result<Self> {
        if text.is_empty() {
            return Err(parse_error("The host list of the connection string has an empty host"));
        }
        if text.ends_with(SOCKET_SUFFIX) {
            return match decode_component(text) {
                Some(path) => Ok(Self::Unix { path }),
                None => Err(parse_error(
                    "A Unix domain socket in the connection string has an invalid percent-encoding",
                )),
            };
        }
        if let Some(literal) = text.strip_prefix('[') {
            return parse_ipv6(literal);
        }
        let (host, port) = match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        };
        let name = parse_name(host)?;
        Ok(Self::Tcp { port: parse_port(&name, port)?, host: name })
    }
}

impl fmt::Display for HostAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix { path } => f.write_str(path),
        }
    }
}

fn parse_ipv6(literal: &str) -> Result<HostAddress> {
    let (address, after) = literal.split_once(']').ok_or_else(|| {
        parse_error("An IPv6 address in the connection string lacks its closing bracket")
    })?;
    let address: Ipv6Addr = address.parse().map_err(|_| {
        parse_error("The brackets in the connection string do not hold an IPv6 address")
    })?;
    let port = match after.strip_prefix(':') {
        Some(port) => Some(port),
        None if after.is_empty() => None,
        None => {
            return Err(parse_error(
                "An IPv6 address in the connection string is followed by something other than a port",
            ));
        }
    };
    let host = address.to_string();
    Ok(HostAddress::Tcp { port: parse_port(&host, port)?, host })
}

fn parse_name(host: &str) -> Result<String> {
    let decoded = decode_component(host).ok_or_else(|| {
        parse_error("A host in the connection string has an invalid percent-encoding")
    })?;
    if decoded.is_empty() {
        return Err(parse_error(
            "The host list of the connection string has a port without a host",
        ));
    }
    if decoded.contains('/') {
        return Err(parse_error(
            "The path of a Unix domain socket in the connection string must end in \".sock\"",
        ));
    }
    if decoded.contains(FORBIDDEN_IN_HOST) || decoded.contains(char::is_control) {
        return Err(parse_error(
            "A host in the connection string contains a character that no host name has",
        ));
    }
    Ok(decoded.to_lowercase())
}

/// An empty port means the default one, as in the driver.
fn parse_port(host: &str, port: Option<&str>) -> Result<u16> {
    let Some(text) = port.filter(|text| !text.is_empty()) else {
        return Ok(DEFAULT_PORT);
    };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<u16>() {
        Ok(port) if digits && port != 0 => Ok(port),
        _ => {
            let fault = if !digits {
                "it is not a number"
            } else if text.bytes().all(|byte| byte == b'0') {
                "it is zero"
            } else {
                "it is out of range"
            };
            Err(parse_error(format!(
                "Invalid port of host \"{host}\" in the connection string: \
                 it must be a number from 1 to 65535, and {fault}"
            )))
        }
    }
}

fn parse_error(message: impl fmt::Display) -> ConfigError {
    ConfigError::uri(ErrorClass::Parse, message)
}
