//! Everything that can go wrong, grouped by who must act.
//!
//! Every error means that no photo came out. [`Error::code`] is stable; messages are for people and may change.

use thiserror::Error as ThisError;

/// Why a photo was refused.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are no picture that anybody knows. Whoever lets such files through goes by this: pictures that we know and cannot scrub are
    /// [`Error::Unsupported`].
    #[error("{0}")]
    UnknownFormat(String),
    /// A known format or feature that we do not handle, other kinds of pictures among them.
    #[error("{0}")]
    Unsupported(String),
    /// A format, or a kind of picture, that this build was made without: see the feature `formats`.
    #[error("{0}")]
    NotInBuild(String),
    /// The file breaks its format's rules.
    #[error("{what} (at byte {offset})")]
    Malformed {
        /// What is wrong, in the container's terms.
        what: String,
        /// Where, counted from the start of the file.
        offset: usize,
    },
    /// The photo is larger than [`Limits`](crate::Limits) allow.
    #[error("{0}")]
    LimitExceeded(String),
    /// An option is unknown or out of its range.
    #[error("{0}")]
    InvalidOption(String),
    /// The face model is missing, damaged or rejected its input.
    #[error("{0}")]
    Model(String),
    /// Our own output failed its verification, and was thrown away.
    #[error("{0}")]
    NotClean(String),
}

impl Error {
    /// The stable, kebab-case code of the public contract.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownFormat(_) => "unknown-format",
            Self::Unsupported(_) | Self::NotInBuild(_) => "unsupported",
            Self::Malformed { .. } => "malformed",
            Self::LimitExceeded(_) => "limit-exceeded",
            Self::InvalidOption(_) => "invalid-option",
            Self::Model(_) => "model",
            Self::NotClean(_) => "not-clean",
        }
    }

    #[cfg(not(feature = "formats"))]
    pub(crate) fn not_in_build(what: &str) -> Self {
        Self::NotInBuild(format!("{what}: this build is for JPEG and PNG alone, and not for every kind of them"))
    }

    pub(crate) fn malformed(what: impl Into<String>, offset: usize) -> Self {
        Self::Malformed { what: what.into(), offset }
    }
}
