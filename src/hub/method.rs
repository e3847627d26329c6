//! Methods of tasks: what the simulated hub knows of koji's.

/// The methods that are simulated; every other one is a piece of work like any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "koji's own names")]
pub enum Method {
    Build,
    BuildArch,
    BuildSrpm,
    ChainBuild,
    CreateDistRepo,
    Createrepo,
    DistRepo,
    ModuleBuild,
    NewRepo,
    Other,
    TagBuild,
    WaitRepo,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 12] = [
        Self::Build,
        Self::BuildArch,
        Self::BuildSrpm,
        Self::ChainBuild,
        Self::CreateDistRepo,
        Self::Createrepo,
        Self::DistRepo,
        Self::ModuleBuild,
        Self::NewRepo,
        Self::Other,
        Self::TagBuild,
        Self::WaitRepo,
    ];

    /// Returns koji's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::BuildArch => "buildArch",
            Self::BuildSrpm => "buildSRPMFromSCM",
            Self::ChainBuild => "chainbuild",
            Self::CreateDistRepo => "createdistrepo",
            Self::Createrepo => "createrepo",
            Self::DistRepo => "distRepo",
            Self::ModuleBuild => "moduleBuild",
            Self::NewRepo => "newRepo",
            Self::Other => "other",
            Self::TagBuild => "tagBuild",
            Self::WaitRepo => "waitrepo",
        }
    }

    /// Returns what koji has an open task weigh, its history left out.
    #[must_use]
    pub fn weight(self) -> f64 {
        crate::koji::weight(self.as_str()).unwrap_or(1.0)
    }

    /// Returns whether a noarch task of this method is refused to builders without an arch of its
    /// build tag, which koji does when it creates the task.
    pub(super) fn keeps_to_tag_arches(self) -> bool {
        matches!(self, Self::BuildArch | Self::BuildSrpm)
    }
}
