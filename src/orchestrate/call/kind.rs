//! The kinds of calls, by the words of scenarios and journals.

/// The kinds of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallKind {
    /// [`Call::BuildModule`].
    BuildModule,
    /// [`Call::CreateTarget`].
    CreateTarget,
    /// [`Call::BuildComponent`].
    BuildComponent,
    /// [`Call::CancelComponent`].
    CancelComponent,
    /// [`Call::TagComponent`].
    TagComponent,
    /// [`Call::MakeRepo`].
    MakeRepo,
    /// [`Call::WaitRepo`].
    WaitRepo,
    /// [`Call::Import`].
    Import,
    /// [`Call::EndTask`].
    EndTask,
    /// [`Call::Fetch`].
    Fetch,
    /// [`Call::Publish`].
    Publish,
    /// [`Call::RequestTest`].
    RequestTest,
    /// [`Call::AskDependants`].
    AskDependants,
    /// [`Call::Mail`].
    Mail,
    /// [`Call::Poll`].
    Poll,
}

impl CallKind {
    /// Every kind.
    pub const ALL: [Self; 15] = [
        Self::BuildModule,
        Self::CreateTarget,
        Self::BuildComponent,
        Self::CancelComponent,
        Self::TagComponent,
        Self::MakeRepo,
        Self::WaitRepo,
        Self::Import,
        Self::EndTask,
        Self::Fetch,
        Self::Publish,
        Self::RequestTest,
        Self::AskDependants,
        Self::Mail,
        Self::Poll,
    ];

    /// Returns the word used in scenarios and journals.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BuildModule => "build-module",
            Self::CreateTarget => "create-target",
            Self::BuildComponent => "build-component",
            Self::CancelComponent => "cancel-component",
            Self::TagComponent => "tag-component",
            Self::MakeRepo => "make-repo",
            Self::WaitRepo => "wait-repo",
            Self::Import => "import",
            Self::EndTask => "end-task",
            Self::Fetch => "fetch",
            Self::Publish => "publish",
            Self::RequestTest => "request-test",
            Self::AskDependants => "ask-dependants",
            Self::Mail => "mail",
            Self::Poll => "poll",
        }
    }
}
