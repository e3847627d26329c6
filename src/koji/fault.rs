//! Faults: koji's errors, with a number for the kind and a text for people.

use std::fmt;

/// A fault, as koji answers it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text} (koji fault {}, {kind})", kind.code())]
pub struct Fault {
    /// Its kind.
    pub kind: FaultKind,
    /// koji's text.
    pub text: String,
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $name:ident = $code:literal,)*) => {
        /// The kind of a fault: koji's error classes by their numbers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum FaultKind {
            $($(#[doc = $doc])* $name,)*
            /// A number that koji 1.36 does not know.
            Other(i64),
        }

        impl FaultKind {
            /// Every kind with its own number.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Returns the kind of a number.
            #[must_use]
            pub fn of(code: i64) -> Self {
                match code {
                    $($code => Self::$name,)*
                    other => Self::Other(other),
                }
            }

            /// Returns koji's number.
            #[must_use]
            pub fn code(self) -> i64 {
                match self {
                    $(Self::$name => $code,)*
                    Self::Other(code) => code,
                }
            }
        }

        impl fmt::Display for FaultKind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$name => stringify!($name),)*
                    Self::Other(_) => "unknown",
                })
            }
        }
    };
}

kinds! {
    /// An exception that koji did not expect; may carry a traceback.
    Unexpected = 1,
    /// Anything without its own kind.
    Generic = 1000,
    /// A database lock was not available in time.
    LockTimeout = 1001,
    /// Wrong user or password, a bad session key, no exclusive session.
    Auth = 1002,
    /// A tag refuses the build.
    Tag = 1003,
    /// A permission is missing, or a policy denies the call.
    NotAllowed = 1004,
    /// A build failed.
    Build = 1005,
    /// The user is locked by another, exclusive session.
    AuthLock = 1006,
    /// The session must be renewed.
    AuthExpired = 1007,
    /// A call number below the last one.
    Sequence = 1008,
    /// The call with this number was done; its result is not kept.
    Retry = 1009,
    /// A build failed before it began.
    PreBuild = 1010,
    /// A build failed after it ended.
    PostBuild = 1011,
    /// A buildroot could not be made.
    Buildroot = 1012,
    /// The function is gone.
    Deprecated = 1013,
    /// The hub is offline.
    Offline = 1014,
    /// A live CD failed.
    LiveCd = 1015,
    /// A plug-in failed.
    Plugin = 1016,
    /// A plug-in's callback failed.
    Callback = 1017,
    /// An appliance failed.
    Appliance = 1018,
    /// Parameters do not fit the method.
    Parameter = 1019,
    /// An import failed.
    Import = 1020,
    /// The hub is misconfigured.
    Configuration = 1021,
    /// A live medium failed.
    LiveMedia = 1022,
    /// Kerberos refused.
    GssApi = 1023,
    /// A name is too long or has characters that are not allowed.
    NameValidation = 1024,
}

impl Fault {
    /// Makes a fault from koji's number and text.
    #[must_use]
    pub fn new(code: i64, text: impl Into<String>) -> Self {
        Self::of(FaultKind::of(code), text)
    }

    /// Makes a fault of a kind.
    #[must_use]
    pub fn of(kind: FaultKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into() }
    }

    /// Makes a fault without its own kind.
    #[must_use]
    pub fn generic(text: impl Into<String>) -> Self {
        Self::of(FaultKind::Generic, text)
    }

    /// Returns koji's number.
    #[must_use]
    pub fn code(&self) -> i64 {
        self.kind.code()
    }

    /// Returns whether the database aborted the call, which was rolled back and may be repeated:
    /// koji reports a deadlock as an unexpected exception.
    #[must_use]
    pub fn is_database_trouble(&self) -> bool {
        const NAMES: [&str; 3] = ["DeadlockDetected", "SerializationFailure", "OperationalError"];
        self.kind == FaultKind::LockTimeout
            || self.kind == FaultKind::Unexpected && NAMES.iter().any(|n| self.text.contains(n))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_and_its_number_belong_together() {
        for &kind in FaultKind::ALL {
            assert_eq!(FaultKind::of(kind.code()), kind);
        }
        assert_eq!(FaultKind::of(4711), FaultKind::Other(4711));
        assert_eq!(FaultKind::Other(4711).code(), 4711);
    }

    #[test]
    fn a_deadlock_is_the_databases_trouble_and_an_exception_is_not() {
        let deadlock = "<class 'psycopg2.errors.DeadlockDetected'>: deadlock detected";
        assert!(Fault::new(1, deadlock).is_database_trouble());
        assert!(!Fault::new(1, "<class 'FileNotFoundError'>: x").is_database_trouble());
        assert!(!Fault::new(1000, deadlock).is_database_trouble());
    }
}
