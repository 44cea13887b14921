//! The parts of a connection string: scheme, user information, host list, database, query pairs.
//!
//! Splits and percent-decodes; knows nothing of what an option means. Accepts what
//! `mongodb-connection-string-url` 7 accepts, and is stricter in one place only: an unescaped `@`
//! in the database part, which is nearly always the tail of an unescaped password.

use percent_encoding::percent_decode_str;

use super::error::{ConfigError, ErrorClass, Result};
use super::host::HostAddress;

/// The characters that must be percent-encoded in a user name or password.
const RESERVED_IN_USER_INFO: [char; 7] = [':', '/', '?', '#', '[', ']', '@'];

const MUST_BE_ENCODED: &str = "must be percent-encoded: write @ as %40, : as %3A, / as %2F, \
                               ? as %3F, # as %23, [ as %5B, ] as %5D and % as %25";

/// User name and password of a connection string, decoded. Never printed.
#[derive(PartialEq, Eq)]
pub(super) struct UserInfo {
    /// Not empty.
    pub(super) username: String,
    /// Empty when the connection string has none.
    pub(super) password: String,
}

/// Where a connection string points.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seeds {
    /// `mongodb://`: the hosts as written.
    Hosts(Vec<HostAddress>),
    /// `mongodb+srv://`: the name whose SRV record lists the hosts.
    Srv(String),
}

/// A connection string in parts.
pub(super) struct Uri {
    /// Host list or SRV name.
    pub(super) seeds: Seeds,
    /// User information, where given.
    pub(super) user_info: Option<UserInfo>,
    /// The decoded database, where given and not empty.
    pub(super) database: Option<String>,
    /// Query pairs in order, decoded as form data; names as written.
    pub(super) pairs: Vec<(String, String)>,
}

/// The parts before decoding.
struct Split<'a> {
    srv: bool,
    user_info: Option<&'a str>,
    hosts: &'a str,
    /// From the first `/` or `?` after the hosts, without a fragment.
    rest: &'a str,
}

/// Whether text after the user information holds an `@` again: the password may then continue in
/// what looks like hosts or options, so no error about the connection string may quote anything.
pub(super) fn is_ambiguous(uri: &str) -> bool {
    uri.matches('@').nth(1).is_some()
}

/// The error that replaces every quoting one when [`is_ambiguous`].
pub(super) fn ambiguous_error() -> ConfigError {
    parse_error(format!(
        "The connection string cannot be read and has more than one \"@\"; \
         special characters in the user name or password {MUST_BE_ENCODED}"
    ))
}

impl Uri {
    /// Splits and decodes `uri`.
    pub(super) fn parse(uri: &str) -> Result<Self> {
        let split = split(uri)?;
        let user_info = split.user_info.map(parse_user_info).transpose()?;
        let (path, query) = split.rest.split_once('?').unwrap_or((split.rest, ""));
        Ok(Self {
            seeds: parse_seeds(split.srv, split.hosts)?,
            database: parse_database(path, user_info.is_some())?,
            user_info,
            pairs: parse_query(query),
        })
    }
}

fn split(uri: &str) -> Result<Split<'_>> {
    let uri = uri.trim_matches(|c: char| c.is_ascii_whitespace() || c.is_ascii_control());
    let (srv, body) = if let Some(body) = uri.strip_prefix("mongodb://") {
        (false, body)
    } else if let Some(body) = uri.strip_prefix("mongodb+srv://") {
        (true, body)
    } else {
        return Err(parse_error(
            "Invalid scheme: a connection string starts with \"mongodb://\" or \"mongodb+srv://\"",
        ));
    };
    let (user_info, after) = match body.split_once('@') {
        Some((user_info, after)) => (Some(user_info), after),
        None => (None, body),
    };
    let end = after.find(['/', '?']).unwrap_or(after.len());
    let (hosts, rest) = after.split_at(end);
    if hosts.contains('@') {
        return Err(parse_error(format!(
            "The connection string has an unescaped \"@\" before its host; \
             special characters in the user name or password {MUST_BE_ENCODED}"
        )));
    }
    let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
    Ok(Split { srv, user_info, hosts, rest })
}

fn parse_user_info(text: &str) -> Result<UserInfo> {
    let (username, password) = text.split_once(':').unwrap_or((text, ""));
    if username.is_empty() {
        return Err(parse_error("The connection string has an empty user name before \"@\""));
    }
    Ok(UserInfo {
        username: decode_user_info(username, "user name")?,
        password: decode_user_info(password, "password")?,
    })
}

fn decode_user_info(text: &str, part: &str) -> Result<String> {
    if text.contains(RESERVED_IN_USER_INFO) {
        return Err(parse_error(format!(
            "The {part} in the connection string contains unescaped characters; \
             special characters in the user name or password {MUST_BE_ENCODED}"
        )));
    }
    decode_component(text).ok_or_else(|| {
        parse_error(format!(
            "The {part} in the connection string has an invalid percent-encoding; \
             special characters in the user name or password {MUST_BE_ENCODED}"
        ))
    })
}

fn parse_seeds(srv: bool, hosts: &str) -> Result<Seeds> {
    if hosts.is_empty() || hosts.starts_with(':') {
        return Err(parse_error(
            "The connection string has no host; the path of a Unix domain socket \
             must be percent-encoded, as in mongodb://%2Ftmp%2Fmongodb-27017.sock",
        ));
    }
    if !srv {
        let parsed: Result<Vec<_>> = hosts.split(',').map(HostAddress::parse).collect();
        return parsed.map(Seeds::Hosts);
    }
    if hosts.contains(',') {
        return Err(parse_error(
            "A mongodb+srv connection string has one host name; this one has several",
        ));
    }
    if hosts.contains(':') {
        return Err(parse_error(
            "A mongodb+srv connection string has no port; the SRV record gives the ports",
        ));
    }
    match HostAddress::parse(hosts)? {
        HostAddress::Tcp { host, .. } => Ok(Seeds::Srv(host)),
        HostAddress::Unix { .. } => Err(parse_error(
            "A mongodb+srv connection string names a DNS record, not a Unix domain socket",
        )),
    }
}

fn parse_database(path: &str, has_user_info: bool) -> Result<Option<String>> {
    let name = path.strip_prefix('/').unwrap_or(path);
    if has_user_info && name.contains('@') {
        return Err(parse_error(format!(
            "The connection string has an unescaped \"@\" in its database part; \
             special characters in the user name or password {MUST_BE_ENCODED}"
        )));
    }
    let name = decode_component(name).ok_or_else(|| {
        parse_error("The database in the connection string has an invalid percent-encoding")
    })?;
    Ok(Some(name).filter(|name| !name.is_empty()))
}

/// Form data, as `URLSearchParams` reads it: `+` is a space and a broken escape stays as it is.
fn parse_query(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode_form(name), decode_form(value))
        })
        .collect()
}

fn decode_form(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

/// Strict percent-decoding, as `decodeURIComponent` does: `None` for a `%` without two hexadecimal
/// digits and for bytes that are not UTF-8.
pub(super) fn decode_component(text: &str) -> Option<String> {
    let escapes_are_whole = text.split('%').skip(1).all(|after| {
        let digits = after.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    if !escapes_are_whole {
        return None;
    }
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

fn parse_error(message: impl std::fmt::Display) -> ConfigError {
    ConfigError::uri(ErrorClass::Parse, message)
}
