//! The form of an artifact: name-epoch:version-release.arch.

/// The parts of a NEVRA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::load) struct Nevra<'a> {
    pub(in crate::load) name: &'a str,
    pub(in crate::load) epoch: u64,
    pub(in crate::load) version: &'a str,
    pub(in crate::load) release: &'a str,
    pub(in crate::load) arch: &'a str,
}

impl<'a> Nevra<'a> {
    /// Splits a NEVRA from its end, because a name may contain any number of dashes. The epoch is
    /// required; name and epoch must not be empty.
    pub(in crate::load) fn parse(text: &'a str) -> Option<Self> {
        let (rest, arch) = text.rsplit_once('.')?;
        let (rest, release) = rest.rsplit_once('-')?;
        let (rest, version) = rest.rsplit_once(':')?;
        let (name, epoch) = rest.rsplit_once('-')?;
        let digits = !epoch.is_empty() && epoch.bytes().all(|byte| byte.is_ascii_digit());
        if name.is_empty() || !digits {
            return None;
        }
        Some(Self { name, epoch: epoch.parse().ok()?, version, release, arch })
    }
}

#[cfg(test)]
mod tests {
    use super::Nevra;

    #[test]
    fn a_nevra_is_taken_apart_from_its_end() {
        let nevra = Nevra::parse("perl-DBD-MySQL-0:4.046-3.module+el8.1.0.x86_64").expect("valid");
        assert_eq!((nevra.name, nevra.epoch, nevra.version), ("perl-DBD-MySQL", 0, "4.046"));
        assert_eq!((nevra.release, nevra.arch), ("3.module+el8.1.0", "x86_64"));
    }

    #[test]
    fn a_nevra_needs_a_name_and_an_epoch_in_digits() {
        for wrong in
            ["", "bar-1-1.x86_64", "0:1-1.x86_64", "-0:1-1.x", "bar-x:1-1.x", "bar-1x:1-1.x"]
        {
            assert_eq!(Nevra::parse(wrong), None, "{wrong}");
        }
    }
}
