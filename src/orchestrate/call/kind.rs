//! The kinds of calls, by the words of scenarios and journals.

/// The kinds of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallKind {
    /// [`Call::BuildModule`](super::Call::BuildModule).
    BuildModule,
    /// [`Call::CreateTarget`](super::Call::CreateTarget).
    CreateTarget,
    /// [`Call::BuildComponent`](super::Call::BuildComponent).
    BuildComponent,
    /// [`Call::CancelComponent`](super::Call::CancelComponent).
    CancelComponent,
    /// [`Call::TagComponent`](super::Call::TagComponent).
    TagComponent,
    /// [`Call::MakeRepo`](super::Call::MakeRepo).
    MakeRepo,
    /// [`Call::WaitRepo`](super::Call::WaitRepo).
    WaitRepo,
    /// [`Call::Import`](super::Call::Import).
    Import,
    /// [`Call::EndTask`](super::Call::EndTask).
    EndTask,
    /// [`Call::Fetch`](super::Call::Fetch).
    Fetch,
    /// [`Call::Publish`](super::Call::Publish).
    Publish,
    /// [`Call::RequestTest`](super::Call::RequestTest).
    RequestTest,
    /// [`Call::AskDependants`](super::Call::AskDependants).
    AskDependants,
    /// [`Call::Mail`](super::Call::Mail).
    Mail,
    /// [`Call::Poll`](super::Call::Poll).
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
