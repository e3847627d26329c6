//! What is wrong with an input, and where: a finding is data, never an error.

use std::fmt;

use crate::yaml::{self, Fault, Mark};

pub use crate::yaml::Place;

/// How bad a finding is: an error makes `check` answer no, a warning does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something is wrong and part of the input was refused.
    Error,
    /// Something is odd; the input was read all the same.
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

            /// Returns how bad a finding of this code is, always the same for one code.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)+ }
            }

            /// Returns what the code means, in one sentence.
            #[must_use]
            pub fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary,)+ }
            }
        }
    };
}

codes! {
    OtherFile "other-file" Warning "A file of a directory holds no modules, and is left out.";
    TooLarge "too-large" Error "The input, unpacked, is larger than --max-input-bytes.";
    Checksum "checksum" Error "The file is not the one that repomd.xml describes.";
    Repository "repository" Error "The index of a repository, repomd.xml, cannot be read or leads elsewhere.";
    NoModules "no-modules" Warning "A repository lists no modules.";
    Compression "compression" Error "The compressed data is broken.";
    Encoding "encoding" Error "The bytes are not UTF-8.";
    Characters "characters" Error "A character that no document may hold: NUL, a control character.";
    YamlSyntax "yaml-syntax" Error "The text is not valid YAML.";
    Alias "alias" Error "An alias or merge key; modulemd forbids both.";
    Nesting "nesting" Error "Lists or maps nest too deeply.";
    Truncated "truncated" Warning "The file seems to be cut short: its last document alone lacks its end.";
    DocumentShape "document-shape" Error "The document is not a map of `document`, `version` and `data`.";
    DocumentType "document-type" Error "The document's type or version is unknown.";
    MisplacedDocument "misplaced-document" Error "The document is of a kind that does not belong in this file.";
    RepeatedKey "repeated-key" Error "A key stands twice in one map.";
    EqualRepeat "equal-repeat" Warning "A key stands twice in one map with equal values; the reference library reads that.";
    EmptyDirectory "empty-directory" Warning "Nothing in a directory is read: no file of it has a name that is looked for.";
    UnknownField "unknown-field" Error "A field that the format does not know (with --strict, and in packager v3).";
    MissingField "missing-field" Error "A mandatory field is missing or empty.";
    WrongShape "wrong-shape" Error "A text, a list or a map stands where another of them belongs.";
    BadValue "bad-value" Error "A boolean, an integer or a date is malformed or out of range.";
    BadName "bad-name" Error "The name of a module, a stream or a context breaks its rules.";
    BadNevra "bad-nevra" Error "An artifact is not written name-epoch:version-release.arch.";
    StreamSet "stream-set" Error "A set of streams mixes signs or holds an empty one.";
    BuildOrder "build-order" Error "buildorder and buildafter contradict each other.";
    BuildAfterCycle "buildafter-cycle" Error "Components wait for each other in a circle.";
    ComponentArch "component-arch" Error "A component asks for an arch outside buildopts.arches.";
    Duplicate "duplicate" Error "One file holds two different documents of the same identity.";
    DuplicateInput "duplicate-input" Warning "Two inputs hold different documents of the same identity; the first is taken.";
    WideBuildOrder "wide-buildorder" Warning "A buildorder beyond 32 bits, which the reference library cuts.";
    WrappedBuildOrder "wrapped-buildorder" Warning "A buildorder of 18446744073709551615, read as -1.";
    DashedStream "dashed-stream" Warning "A stream's own name starts with a dash, which dependencies read as `not`.";
    JsonSyntax "json-syntax" Error "The text is not valid JSON.";
    JsonShape "json-shape" Error "The JSON is neither a PDC dump nor a page of a Module Build Service.";
    BadRow "bad-row" Error "A row lacks a field or has one of the wrong type.";
    InactiveRow "inactive-row" Warning "Rows of builds that never finished are left out.";
    IncompleteDump "incomplete-dump" Warning "The dump ends before its last page.";
    UnknownDependencies "unknown-dependencies" Warning "A row does not say what its module depends on.";
    EmbeddedModulemd "embedded-modulemd" Warning "The modulemd that a row carries cannot be read; the row's own fields are taken.";
    NoDocument "no-document" Warning "Builds known from rows alone cannot be written as modulemd, and are left out.";
    SourceDisagreement "source-disagreement" Warning "Two sources disagree on a dependency of one NSVC; both places are named.";
    NewestUnreadable "newest-unreadable" Error "The newest document of a stream cannot be read, and an older one is not taken in its place.";
    ComponentOrder "component-order" Error "The components of a module cannot be ordered into batches.";
    IncludedModule "included-module" Error "A module includes another of which no document is loaded: its components are missing.";
    NoArchLeft "no-arch-left" Warning "A component is built for none of the arches asked for, and is left out.";
    NotConvertible "not-convertible" Warning "The packager document reads, but cannot become a stream.";
    PackagerFile "packager-file" Error "A packager file must hold exactly one document.";
    DefaultsConflict "defaults-conflict" Error "Defaults of one module disagree and neither is newer.";
    DefaultStream "default-stream" Warning "Default streams of one module disagree and neither is newer: there is none.";
    LostZero "lost-zero" Warning "A stream that is required or named by defaults is not loaded, but one with more zeros at its end is.";
    ArchDrift "arch-drift" Warning "Dependencies or components of one NSVC differ between arches.";
    UnknownModule "unknown-module" Error "A module is buildrequired in any stream, and no build of it is loaded.";
    UnknownRuntimeModule "unknown-runtime-module" Warning "A module or stream is required at run time, and no build of it is loaded.";
    AllStreamsNegated "all-streams-negated" Error "The `-x` items of a requirement leave no stream.";
    AmbiguousStream "ambiguous-stream" Error "A requirement leaves several streams open where that is refused.";
    NoBaseModule "no-base-module" Error "A group requires no base module to build on, or one of which no build is loaded.";
    StreamNotXyz "stream-not-xyz" Error "A base module with virtual streams has a stream without three parts: compatible releases cannot be told.";
    NoBuild "no-build" Error "A required stream has no build for any platform in question.";
    NoProvider "no-provider" Error "A buildrequired module has no build that could be used.";
    Unsolvable "unsolvable" Error "What a dependency group buildrequires cannot be had together.";
    RefusedStreams "refused-streams" Warning "A combination of streams cannot be had, while others can.";
    TooManyKeys "too-many-keys" Error "A dependency group leaves more combinations of streams open than are listed.";
    DroppedGroup "dropped-group" Error "A dependency group is ignored, since another one has no buildrequires.";
    SameContext "same-context" Error "Several expanded documents have one context, so that only one of them can be built.";
    NotProvenBest "not-proven-best" Warning "The search for the newest buildroot was cut short.";
    Cycle "cycle" Warning "Modules of a plan wait for each other; the plan leaves some edges out.";
    Dangling "dangling" Warning "A module of a plan requires what is not loaded, or no context of it fits.";
    UnservedArch "unserved-arch" Warning "No builder of the farm builds an arch that the inputs have documents for; it is left out.";
    LeftOut "left-out" Warning "A plan leaves modules out because a file spells a requirement wrong.";
    SeveralPlatforms "several-platforms" Warning "The modules of a plan build on more than one platform.";
    EndOfLife "end-of-life" Warning "A plan rebuilds streams that reach the end of their life.";
    SourceUrls "source-urls" Error "A file of source URLs lacks a column, or a row of it is wrong.";
    SettingSyntax "setting-syntax" Error "A farm, scenario or configuration file is not readable YAML.";
    SettingUnknown "setting-unknown" Error "A farm, scenario or configuration file has a key that does not exist.";
    SettingValue "setting-value" Error "A value of a farm, scenario or configuration file is missing or wrong.";
    SettingUnused "setting-unused" Warning "A key of a farm or scenario file changes nothing in a rebuild of modules.";
    FarmIdle "farm-idle" Warning "Builders of a farm serve no channel that a task goes to.";
    FarmFull "farm-full" Warning "Builders of a farm have so few places that waiting builds can fill them all.";
    TraceClock "trace-clock" Warning "Times of a trace contradict each other: a clock was set back or is ahead.";
    TraceColumn "trace-column" Error "A trace lacks a column it needs, or has one twice.";
    TraceColumnUnknown "trace-column-unknown" Warning "A trace has a column that is not read.";
    TraceDuplicate "trace-duplicate" Warning "A trace records the same task twice; the first is taken.";
    TraceMethod "trace-method" Warning "A trace has a method that koji itself does not have.";
    TraceOutcome "trace-outcome" Error "A trace has an outcome other than closed, failed or canceled.";
    TracePackage "trace-package" Warning "Tasks of a trace do not say which package they build.";
    TraceRow "trace-row" Error "A row of a trace lacks a field it needs.";
    TraceShape "trace-shape" Error "The JSON holds neither koji tasks, builds nor bus messages.";
    TraceText "trace-text" Error "A trace is not text.";
    TraceTime "trace-time" Error "A time of a trace is negative, absurd or unreadable.";
}

/// One problem, with its place, in words for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What kind of problem it is.
    pub code: Code,
    /// Where it stands.
    pub place: Place,
    /// What is wrong, naming field and value.
    pub message: String,
    /// What to do about it, where that is known.
    pub hint: Option<String>,
}

impl Finding {
    /// Makes a finding without a hint.
    pub fn new(code: Code, place: Place, message: impl Into<String>) -> Self {
        Self { code, place, message: message.into(), hint: None }
    }

    /// Returns the finding with a hint on what to do.
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

/// Why an input or a part of it was not read, before it has a place among the inputs.
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
