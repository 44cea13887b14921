//! Whether connections are encrypted, and with which certificates.
//!
//! Owns the combinations of the TLS options, as in the driver, and which of them rustls cannot do.
//! Contents of keys stay inside: `Debug` shows sources by kind only. Reads no file.

use std::fmt;
use std::path::PathBuf;

use bson::Bson;

use super::error::{ConfigError, ErrorClass, Result};
use super::given::Given;
use super::option::{Effect, OPTIONS};
use super::provided::Provided;

/// PEM text, in a file of the user's or in memory.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Pem {
    /// A file, read when connecting.
    File(PathBuf),
    /// The text itself.
    Bytes(Vec<u8>),
}

impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File(_) => "Pem::File(..)",
            Self::Bytes(_) => "Pem::Bytes(..)",
        })
    }
}

/// The client's own certificate and its private key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// Certificate chain.
    pub certificate: Pem,
    /// Private key, not encrypted; may be the same file.
    pub key: Pem,
}

/// Resolved TLS options of encrypted connections.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tls {
    /// The only authorities trusted; the usual public ones by default.
    pub authorities: Option<Pem>,
    /// What the client identifies itself with.
    pub identity: Option<Identity>,
    /// Accept any certificate, for any host name.
    pub accepts_invalid_certificates: bool,
}

/// `tls` as given, if at all, and the options that apply when it is on.
#[derive(Default)]
pub(super) struct TlsResolution {
    /// `tls` or `ssl`, where given.
    pub(super) switch: Option<bool>,
    /// What applies when TLS is on.
    pub(super) tls: Tls,
    /// The reason why it cannot be turned on, if there is one.
    refusal: Option<ConfigError>,
}

impl TlsResolution {
    /// Reads and combines the options.
    pub(super) fn resolve(provided: &Provided) -> Result<Self> {
        let accepts_invalid = accepts_invalid_certificates(provided)?;
        let hostnames = provided.boolean("tlsAllowInvalidHostnames")?;
        let identity = identity(provided)?;
        let mut refusal = None;
        if hostnames && !accepts_invalid {
            refusal = Some(refuse("tlsAllowInvalidHostnames without tlsAllowInvalidCertificates"));
        }
        let password = ["passphrase", "tlsCertificateKeyFilePassword"]
            .into_iter()
            .find(|name| provided.has(name));
        if let Some(name) = password.filter(|_| identity.is_some()) {
            refusal = Some(refuse(&format!("encrypted private keys ({name})")));
        }
        let refused = OPTIONS
            .iter()
            .find(|spec| spec.effect == Effect::RefusedWithTls && provided.has(spec.name));
        if let Some(spec) = refused {
            refusal = Some(refuse(&format!("the TLS option {}", spec.name)));
        }
        Ok(Self {
            switch: switch(provided)?,
            tls: Tls {
                authorities: authorities(provided)?,
                identity,
                accepts_invalid_certificates: accepts_invalid,
            },
            refusal,
        })
    }

    /// The TLS options when TLS is on. SRV records turn it on unless the user turned it off.
    pub(super) fn into_tls(self, is_srv: bool) -> Result<Option<Tls>> {
        if !self.switch.unwrap_or(is_srv) {
            return Ok(None);
        }
        match self.refusal {
            Some(refusal) => Err(refusal),
            None => Ok(Some(self.tls)),
        }
    }
}

fn refuse(what: &str) -> ConfigError {
    ConfigError::unsupported(format!("polypool does not support {what} yet"))
}

/// All values of `tls` and `ssl` must agree.
fn switch(provided: &Provided) -> Result<Option<bool>> {
    let mut agreed = None;
    for given in provided.all("tls").into_iter().chain(provided.all("ssl")) {
        let value = given.boolean()?;
        if *agreed.get_or_insert(value) != value {
            return Err(given.fault(
                ErrorClass::Parse,
                "contradicts another value: all values of tls and ssl must be the same",
            ));
        }
    }
    Ok(agreed)
}

fn accepts_invalid_certificates(provided: &Provided) -> Result<bool> {
    for name in ["tlsAllowInvalidCertificates", "tlsAllowInvalidHostnames"] {
        if provided.has("tlsInsecure") && provided.has(name) {
            return Err(ConfigError::options(
                ErrorClass::Api,
                format!("The option tlsInsecure cannot be used with the option {name}"),
            ));
        }
    }
    let named = provided.boolean("tlsAllowInvalidCertificates")?;
    let insecure = provided.boolean("tlsInsecure")?;
    // Node.js skips the check for the value false alone, and the driver hands it the value as it is.
    Ok(match provided.first("rejectUnauthorized") {
        Some(given) if !insecure => *given.value == Bson::Boolean(false),
        _ => named || insecure,
    })
}

fn authorities(provided: &Provided) -> Result<Option<Pem>> {
    match provided.first("ca") {
        Some(given) => Ok(Some(Pem::Bytes(read_pem(&given)?))),
        None => file(provided, "tlsCAFile"),
    }
}

fn identity(provided: &Provided) -> Result<Option<Identity>> {
    let in_memory = |name: &str| {
        let given = provided.first(name);
        given.map(|given| read_pem(&given).map(Pem::Bytes)).transpose()
    };
    let file = file(provided, "tlsCertificateKeyFile")?;
    let certificate = in_memory("cert")?.or_else(|| file.clone());
    let key = in_memory("key")?.or(file);
    match (certificate, key) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => Ok(Some(Identity { certificate, key })),
        (Some(_), None) => Err(incomplete("cert", "key")),
        (None, Some(_)) => Err(incomplete("key", "cert")),
    }
}

fn incomplete(given: &str, missing: &str) -> ConfigError {
    ConfigError::options(
        ErrorClass::InvalidArgument,
        format!("options.{given} needs options.{missing} or tlsCertificateKeyFile"),
    )
}

fn file(provided: &Provided, name: &str) -> Result<Option<Pem>> {
    let path = provided.text(name)?;
    Ok(path.map(|path| Pem::File(PathBuf::from(path))))
}

/// Bytes, text, or an array of either.
fn read_pem(given: &Given<'_>) -> Result<Vec<u8>> {
    let parts = match given.value {
        Bson::Array(parts) => parts.as_slice(),
        value => std::slice::from_ref(value),
    };
    let mut pem = Vec::new();
    for part in parts {
        match part {
            Bson::String(text) => pem.extend_from_slice(text.as_bytes()),
            Bson::Binary(binary) => pem.extend_from_slice(&binary.bytes),
            _ => {
                let expected = "PEM text or bytes, or an array of them";
                return Err(given.must_be(ErrorClass::InvalidArgument, expected));
            }
        }
        if !pem.ends_with(b"\n") {
            pem.push(b'\n');
        }
    }
    Ok(pem)
}
