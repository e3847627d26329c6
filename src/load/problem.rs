//! Problems of inputs, with their places: a finding is data, never an error.

use std::fmt;

use crate::yaml::{self, Fault, Mark};

pub use crate::yaml::Place;

/// The severity of a finding: an error makes `check` exit with 1, a warning does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// A problem because of which part of the input was refused.
    Error,
    /// A problem in spite of which the input was read.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

macro_rules! codes {
    ($($variant:ident $text:literal $severity:ident $summary:literal;)+) => {
        /// The stable name of a kind of finding.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $summary] $variant,)+
        }

        impl Code {
            /// Every code, in the order of the documentation's table.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Returns the code as printed, such as `arch-drift`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// Returns the severity of findings with this code.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)+ }
            }

            /// Returns the meaning of the code, in one sentence.
            #[must_use]
            pub fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary,)+ }
            }
        }
    };
}

codes! {
    OtherFile "other-file" Warning "A file of a directory contains no modules, and is skipped.";
    TooLarge "too-large" Error "The input, unpacked, is larger than --max-input-bytes.";
    Checksum "checksum" Error "The file is not the one that repomd.xml describes.";
    Repository "repository" Error "The index of a repository, repomd.xml, is unreadable or points outside the repository.";
    NoModules "no-modules" Warning "A repository lists no modules.";
    Compression "compression" Error "The compressed data is broken.";
    Encoding "encoding" Error "The bytes are not UTF-8.";
    Characters "characters" Error "The document contains a forbidden character: NUL, a control character.";
    YamlSyntax "yaml-syntax" Error "The text is not valid YAML.";
    Alias "alias" Error "An alias or merge key; modulemd forbids both.";
    Nesting "nesting" Error "Lists or maps nest too deeply.";
    Truncated "truncated" Warning "The file seems truncated: only its last document has no end.";
    DocumentShape "document-shape" Error "The document is not a map of `document`, `version` and `data`.";
    DocumentType "document-type" Error "The document's type or version is unknown.";
    MisplacedDocument "misplaced-document" Error "A document of this kind is not allowed in this file.";
    RepeatedKey "repeated-key" Error "A key occurs twice in one map.";
    EqualRepeat "equal-repeat" Warning "A key occurs twice in one map with equal values; the reference library accepts that.";
    EmptyDirectory "empty-directory" Warning "Nothing in a directory is read: no file has one of the expected names.";
    UnknownField "unknown-field" Error "The format has no such field (with --strict, and in packager v3).";
    MissingField "missing-field" Error "A mandatory field is missing or empty.";
    WrongShape "wrong-shape" Error "A value is a text, a list or a map where another of them is expected.";
    BadValue "bad-value" Error "A boolean, an integer or a date is malformed or out of range.";
    BadName "bad-name" Error "The name of a module, a stream or a context is invalid.";
    BadNevra "bad-nevra" Error "An artifact is not of the form name-epoch:version-release.arch.";
    StreamSet "stream-set" Error "A set of streams mixes signs or includes an empty name.";
    BuildOrder "build-order" Error "buildorder and buildafter contradict each other.";
    BuildAfterCycle "buildafter-cycle" Error "Components wait for each other in a cycle.";
    ComponentArch "component-arch" Error "A component requests an arch outside buildopts.arches.";
    Duplicate "duplicate" Error "One file contains two different documents of the same identity.";
    DuplicateInput "duplicate-input" Warning "Two inputs contain different documents of the same identity; the first is used.";
    WideBuildOrder "wide-buildorder" Warning "A buildorder exceeds 32 bits; the reference library truncates it.";
    WrappedBuildOrder "wrapped-buildorder" Warning "A buildorder of 18446744073709551615 is read as -1.";
    DashedStream "dashed-stream" Warning "The name of a stream starts with a dash, which excludes a stream in dependencies.";
    JsonSyntax "json-syntax" Error "The text is not valid JSON.";
    JsonShape "json-shape" Error "The JSON is neither a PDC dump nor a page of a Module Build Service.";
    BadRow "bad-row" Error "A row lacks a field or has one of the wrong type.";
    InactiveRow "inactive-row" Warning "Rows of unfinished builds are skipped.";
    IncompleteDump "incomplete-dump" Warning "The dump ends before its last page.";
    UnknownDependencies "unknown-dependencies" Warning "A row does not list the dependencies of its module.";
    EmbeddedModulemd "embedded-modulemd" Warning "The modulemd inside a row is unreadable; the fields of the row are used.";
    NoDocument "no-document" Warning "Builds known only from rows cannot be written as modulemd, and are left out.";
    SourceDisagreement "source-disagreement" Warning "Two sources disagree on a dependency of one NSVC; both places are named.";
    NewestUnreadable "newest-unreadable" Error "The newest document of a stream is unreadable, and an older one is not used instead.";
    ComponentOrder "component-order" Error "The components of a module cannot be ordered into batches.";
    IncludedModule "included-module" Error "A module includes another that is not loaded, so its components are missing.";
    NoArchLeft "no-arch-left" Warning "A component is built for none of the requested arches, and is left out.";
    NotConvertible "not-convertible" Warning "A packager document is readable, but cannot be converted to a stream.";
    PackagerFile "packager-file" Error "A packager file must contain exactly one document.";
    DefaultsConflict "defaults-conflict" Error "Defaults of one module disagree and neither is newer.";
    DefaultStream "default-stream" Warning "Default streams of one module disagree and neither is newer, so there is no default.";
    LostZero "lost-zero" Warning "A stream in a requirement or in defaults is not loaded, but one with more zeros at its end is.";
    ArchDrift "arch-drift" Warning "Dependencies or components of one NSVC differ between arches.";
    UnknownModule "unknown-module" Error "A module is buildrequired in any stream, but no build of it is loaded.";
    UnknownRuntimeModule "unknown-runtime-module" Warning "A module or stream is required at run time, but no build of it is loaded.";
    AllStreamsNegated "all-streams-negated" Error "The `-x` items of a requirement leave no stream.";
    AmbiguousStream "ambiguous-stream" Error "A requirement allows several streams where only one is accepted.";
    NoBaseModule "no-base-module" Error "A group requires no base module, or one without a loaded build.";
    StreamNotXyz "stream-not-xyz" Error "A base module with virtual streams has a stream without three parts, so compatible releases are unknown.";
    NoBuild "no-build" Error "A required stream has no build for any candidate platform.";
    NoProvider "no-provider" Error "A buildrequired module has no usable build.";
    Unsolvable "unsolvable" Error "The buildrequires of a dependency group conflict with each other.";
    RefusedStreams "refused-streams" Warning "A combination of streams is unavailable, while others are available.";
    TooManyKeys "too-many-keys" Error "A dependency group allows more combinations of streams than can be listed.";
    DroppedGroup "dropped-group" Error "A dependency group is ignored, because another one has no buildrequires.";
    SameContext "same-context" Error "Several expanded documents have the same context, so only one of them can be built.";
    NotProvenBest "not-proven-best" Warning "The search for the newest buildroot was cut short.";
    Cycle "cycle" Warning "Modules of a plan wait for each other; the plan drops some edges.";
    Dangling "dangling" Warning "A module of a plan requires a stream that is not loaded, or has no compatible context.";
    UnservedArch "unserved-arch" Warning "No builder of the farm builds an arch of the loaded documents; the arch is left out.";
    LeftOut "left-out" Warning "A plan leaves out modules because a file misspells a requirement.";
    SeveralPlatforms "several-platforms" Warning "The modules of a plan build on more than one platform.";
    EndOfLife "end-of-life" Warning "A plan rebuilds streams that reach their end of life.";
    SourceUrls "source-urls" Error "A file of source URLs lacks a column, or one of its rows is invalid.";
    SettingSyntax "setting-syntax" Error "A farm, scenario or configuration file is not readable YAML.";
    SettingUnknown "setting-unknown" Error "A farm, scenario or configuration file has a key that does not exist.";
    SettingValue "setting-value" Error "A value of a farm, scenario or configuration file is missing or invalid.";
    SettingUnused "setting-unused" Warning "A key of a farm or scenario file has no effect on a rebuild of modules.";
    FarmIdle "farm-idle" Warning "Builders of a farm serve no channel that any task uses.";
    FarmFull "farm-full" Warning "Builders of a farm have so few places that waiting builds can fill them all.";
    TraceClock "trace-clock" Warning "Times of a trace contradict each other: a clock was set back or is ahead.";
    TraceColumn "trace-column" Error "A trace lacks a required column, or has one twice.";
    TraceColumnUnknown "trace-column-unknown" Warning "A trace has an unknown column, which is ignored.";
    TraceDuplicate "trace-duplicate" Warning "A trace records the same task twice; the first is used.";
    TraceMethod "trace-method" Warning "A trace has a method that koji itself does not have.";
    TraceOutcome "trace-outcome" Error "A trace has an outcome other than closed, failed or canceled.";
    TracePackage "trace-package" Warning "Tasks of a trace do not name their package.";
    TraceRow "trace-row" Error "A row of a trace lacks a required field.";
    TraceShape "trace-shape" Error "The JSON contains neither koji tasks, builds nor bus messages.";
    TraceText "trace-text" Error "A trace is not text.";
    TraceTime "trace-time" Error "A time of a trace is negative, implausible or unreadable.";
}

/// One problem, with its place, in words for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The kind of problem.
    pub code: Code,
    /// Its place.
    pub place: Place,
    /// The problem, naming field and value.
    pub message: String,
    /// A hint, if any.
    pub hint: Option<String>,
}

impl Finding {
    /// Makes a finding without a hint.
    pub fn new(code: Code, place: Place, message: impl Into<String>) -> Self {
        Self { code, place, message: message.into(), hint: None }
    }

    /// Returns the finding with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Returns how bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why an input or a part of it was not read, before it has an index among the inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: Code,
    pub(crate) mark: Mark,
    pub(crate) message: String,
}

impl From<yaml::Refusal> for Refusal {
    fn from(refusal: yaml::Refusal) -> Self {
        let yaml::Refusal { fault, mark, message } = refusal;
        let code = match fault {
            Fault::Syntax => Code::YamlSyntax,
            Fault::Nesting => Code::Nesting,
            Fault::Alias => Code::Alias,
            Fault::Characters => Code::Characters,
            Fault::Encoding => Code::Encoding,
        };
        Self { code, mark, message }
    }
}
