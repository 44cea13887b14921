//! Who connects: user name, password, authentication database and mechanism.
//!
//! Owns the rules of the driver's `MongoCredentials`: the default source of each mechanism, what a
//! mechanism requires and forbids. Secrets stay inside: `Debug` leaves the password out, and no
//! message quotes anything but a mechanism's name.

use std::fmt;

use bson::{Bson, Document};

use super::error::{ConfigError, ErrorClass, Result};
use super::given::Given;
use super::mechanism_properties as properties;
use super::provided::Provided;

/// An authentication mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mechanism {
    /// Negotiated with the server: SCRAM-SHA-256, else SCRAM-SHA-1.
    Default,
    /// Identity of an AWS environment.
    Aws,
    /// Kerberos.
    Gssapi,
    /// User name and password in clear, for LDAP.
    Plain,
    /// Salted challenge and response with SHA-1.
    ScramSha1,
    /// Salted challenge and response with SHA-256.
    ScramSha256,
    /// The client's certificate.
    X509,
    /// `OpenID Connect` tokens.
    Oidc,
}

/// In the driver's order, which decides what an abbreviation means.
const MECHANISMS: [Mechanism; 8] = [
    Mechanism::Aws,
    Mechanism::Default,
    Mechanism::Gssapi,
    Mechanism::Plain,
    Mechanism::ScramSha1,
    Mechanism::ScramSha256,
    Mechanism::X509,
    Mechanism::Oidc,
];

/// The source of credentials that the server does not keep itself.
pub(super) const EXTERNAL: &str = "$external";

impl Mechanism {
    /// The name in connection strings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "DEFAULT",
            Self::Aws => "MONGODB-AWS",
            Self::Gssapi => "GSSAPI",
            Self::Plain => "PLAIN",
            Self::ScramSha1 => "SCRAM-SHA-1",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::X509 => "MONGODB-X509",
            Self::Oidc => "MONGODB-OIDC",
        }
    }

    /// Whether the source can only be `$external`.
    #[must_use]
    pub fn is_external(self) -> bool {
        matches!(self, Self::Aws | Self::Gssapi | Self::X509 | Self::Oidc)
    }

    /// The driver takes any whole words of a name, in any case.
    fn find(text: &str) -> Option<Self> {
        let text = text.to_ascii_uppercase();
        MECHANISMS.into_iter().find(|mechanism| {
            let name = mechanism.name();
            let edge = |at: usize| {
                let word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
                let bytes = name.as_bytes();
                let before = at.checked_sub(1).and_then(|index| bytes.get(index));
                word(before) != word(bytes.get(at))
            };
            !text.is_empty()
                && name.match_indices(&text).any(|(at, found)| edge(at) && edge(at + found.len()))
        })
    }
}

/// Resolved credentials.
#[derive(Clone, PartialEq)]
pub struct Credential {
    /// Empty for mechanisms that take it from elsewhere.
    pub username: String,
    /// `None` for mechanisms without one; empty when the user gave none.
    pub password: Option<String>,
    /// The database that knows the user.
    pub source: String,
    /// Whether `authSource` was given, so that an SRV record's text may not change the source.
    pub source_is_given: bool,
    /// The mechanism.
    pub mechanism: Mechanism,
    /// `authMechanismProperties`.
    pub properties: Document,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("source", &self.source)
            .field("mechanism", &self.mechanism)
            .finish_non_exhaustive()
    }
}

impl Credential {
    /// The credentials among the options, where there are any.
    pub(super) fn resolve(provided: &Provided, database: Option<&str>) -> Result<Option<Self>> {
        let asked = ["auth", "authMechanism", "authMechanismProperties", "authSource"];
        if !asked.iter().any(|name| provided.has(name)) {
            return Ok(None);
        }
        let (username, password) = match provided.first("auth") {
            Some(auth) => user_info(&auth)?,
            None => (String::new(), String::new()),
        };
        let mechanism = match provided.first("authMechanism") {
            Some(given) => read_mechanism(&given)?,
            None => Mechanism::Default,
        };
        let properties = properties::read(provided)?;
        let source = read_source(provided, mechanism, database)?;
        if username.is_empty()
            && password.is_empty()
            && mechanism == Mechanism::Default
            && properties.is_empty()
        {
            return Ok(None);
        }
        let mut credential = Self {
            username,
            password: Some(password),
            source,
            source_is_given: provided.has("authSource"),
            mechanism,
            properties,
        };
        credential.check()?;
        if matches!(mechanism, Mechanism::X509 | Mechanism::Oidc) {
            credential.password = None;
        }
        Ok(Some(credential))
    }

    fn has_password(&self) -> bool {
        self.password.as_ref().is_some_and(|password| !password.is_empty())
    }

    fn check(&self) -> Result<()> {
        let name = self.mechanism.name();
        match self.mechanism {
            Mechanism::Gssapi
            | Mechanism::Plain
            | Mechanism::ScramSha1
            | Mechanism::ScramSha256
                if self.username.is_empty() =>
            {
                return Err(ConfigError::options(
                    ErrorClass::MissingCredentials,
                    format!("Mechanism {name} needs a user name"),
                ));
            }
            Mechanism::Aws if !self.username.is_empty() || self.has_password() => {
                return Err(api_error(
                    "Mechanism MONGODB-AWS takes no user name or password: \
                     it reads its credentials from the environment",
                ));
            }
            Mechanism::X509 if self.has_password() => {
                return Err(api_error("Mechanism MONGODB-X509 takes no password"));
            }
            Mechanism::Oidc => {
                properties::check_oidc(&self.properties, &self.username, self.has_password())?;
            }
            _ => {}
        }
        if self.mechanism.is_external() && self.source != EXTERNAL {
            return Err(api_error(format!(
                "Invalid authSource for mechanism {name}: it must be \"{EXTERNAL}\""
            )));
        }
        properties::check_canonicalization(&self.properties)?;
        self.check_supported()
    }

    fn check_supported(&self) -> Result<()> {
        match self.mechanism {
            Mechanism::Aws | Mechanism::Gssapi => Err(ConfigError::unsupported(format!(
                "polypool does not support authMechanism {} yet",
                self.mechanism.name()
            ))),
            Mechanism::Oidc => properties::check_oidc_supported(&self.properties),
            _ => Ok(()),
        }
    }
}

fn user_info(auth: &Given<'_>) -> Result<(String, String)> {
    let fault = || {
        auth.fault(ErrorClass::Parse, "must be an object with username and password, both strings")
    };
    let Bson::Document(record) = auth.value else {
        return Err(fault());
    };
    let part = |name: &str| match record.get(name) {
        Some(Bson::String(text)) => Ok(text.clone()),
        Some(Bson::Null | Bson::Undefined) => Ok(String::new()),
        _ => Err(fault()),
    };
    Ok((part("username")?, part("password")?))
}

fn read_mechanism(given: &Given<'_>) -> Result<Mechanism> {
    let found = given.value.as_str().and_then(Mechanism::find);
    found.ok_or_else(|| {
        let names: Vec<&str> = MECHANISMS.iter().map(|mechanism| mechanism.name()).collect();
        given.must_be(ErrorClass::Parse, &format!("one of {}", names.join(", ")))
    })
}

/// `authSource`, else what the mechanism says, else the database, else `admin`.
fn read_source(
    provided: &Provided,
    mechanism: Mechanism,
    database: Option<&str>,
) -> Result<String> {
    if let Some(given) = provided.first("authSource") {
        let source = given.text()?;
        let fixed = matches!(mechanism, Mechanism::Gssapi | Mechanism::X509);
        if fixed && source != EXTERNAL {
            return Err(given.must_be(
                ErrorClass::Parse,
                &format!("\"{EXTERNAL}\" for authMechanism {}", mechanism.name()),
            ));
        }
        return Ok(source);
    }
    if mechanism.is_external() {
        return Ok(EXTERNAL.to_owned());
    }
    let fallback = match mechanism {
        Mechanism::Plain => EXTERNAL,
        _ => "admin",
    };
    Ok(database.unwrap_or(fallback).to_owned())
}

fn api_error(message: impl fmt::Display) -> ConfigError {
    ConfigError::options(ErrorClass::Api, message)
}
