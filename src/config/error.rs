//! What can be wrong with a connection string or an options document.
//!
//! Owns the error's class (which of the driver's error classes JS throws) and its wording's
//! guarantees: a message names the part at fault and holds nothing of the user information of a
//! connection string. Must not know how options are resolved.

use std::fmt;

/// The error class of the official driver that the JS side throws for a [`ConfigError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// `MongoParseError`: the connection string or an option cannot be read.
    Parse,
    /// `MongoInvalidArgumentError`: an option is well formed and its value is not allowed.
    InvalidArgument,
    /// `MongoAPIError`: options that exclude each other, an option without a value.
    Api,
    /// `MongoMissingCredentialsError`: the authentication mechanism needs a user name.
    MissingCredentials,
    /// `MongoCompatibilityError`: the driver can do it and polypool cannot yet.
    Compatibility,
}

impl ErrorClass {
    /// The class name in the driver's `lib/error`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Parse => "MongoParseError",
            Self::InvalidArgument => "MongoInvalidArgumentError",
            Self::Api => "MongoAPIError",
            Self::MissingCredentials => "MongoMissingCredentialsError",
            Self::Compatibility => "MongoCompatibilityError",
        }
    }
}

/// Where the value at fault came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The connection string.
    Uri,
    /// The options document.
    Options,
}

/// A connection string or options document that cannot become a [`Config`](super::Config).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConfigError {
    /// The driver's error class.
    class: ErrorClass,
    /// Where the value at fault came from; decides whether the message may quote it.
    origin: Origin,
    /// The sentence for the user; holds no secret.
    message: String,
}

impl ConfigError {
    /// An error about the connection string as a whole or one of its parts.
    pub(super) fn uri(class: ErrorClass, message: impl fmt::Display) -> Self {
        Self::new(class, Origin::Uri, message)
    }

    /// An error about the options document or the combination of both.
    pub(super) fn options(class: ErrorClass, message: impl fmt::Display) -> Self {
        Self::new(class, Origin::Options, message)
    }

    pub(super) fn new(class: ErrorClass, origin: Origin, message: impl fmt::Display) -> Self {
        Self { class, origin, message: message.to_string() }
    }

    /// A feature of the driver that polypool lacks.
    pub(super) fn unsupported(message: impl fmt::Display) -> Self {
        Self::options(ErrorClass::Compatibility, message)
    }

    /// The driver's error class.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        self.class
    }

    /// Where the value at fault came from.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// The sentence for the user.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// The result of a step of the resolution.
pub(super) type Result<T, E = ConfigError> = std::result::Result<T, E>;
