//! Arches of tags and of RPMs: which RPMs a tag of one arch takes.
//!
//! koji names a tag's arch by its base (`i386`, `armhfp`), RPMs carry the exact one (`i686`,
//! `armv7hl`). The tables are those of pungi's compose arches, which the Module Build Service uses.

use crate::name::Arch;

/// A base arch that RPMs never carry, or not alone.
struct BaseArch {
    /// koji's name of it.
    name: &'static str,
    /// The arch that its documents carry.
    document: &'static str,
    /// The arches of its RPMs, best first.
    rpms: &'static [&'static str],
}

const BASES: [BaseArch; 4] = [
    BaseArch { name: "i386", document: "i686", rpms: &["athlon", "i686", "i586", "i486", "i386"] },
    BaseArch { name: "armhfp", document: "armv7hnl", rpms: &["armv7hnl", "armv7hl", "armv6hl"] },
    BaseArch {
        name: "arm",
        document: "armv7l",
        rpms: &["armv7l", "armv6l", "armv5tejl", "armv5tel", "armv4tl"],
    },
    BaseArch {
        name: "sparc",
        document: "sparc64v",
        rpms: &["sparc64v", "sparcv9v", "sparcv9", "sparcv8", "sparc"],
    },
];

fn base(arch: &Arch) -> Option<&'static BaseArch> {
    let arch = arch.as_str();
    BASES.iter().find(|base| base.name == arch || base.rpms.contains(&arch))
}

/// Returns the arch that the document of a tag's arch carries: the exact one for a base arch.
pub(super) fn document_arch(arch: &Arch) -> Arch {
    let named = BASES.iter().find(|base| base.name == arch.as_str());
    named.map_or_else(|| arch.clone(), |base| base.document.into())
}

/// Returns the RPM arches that a tag's arch takes as multilib.
pub(super) fn multilib(arch: &Arch) -> &'static [&'static str] {
    match arch.as_str() {
        "x86_64" => &["athlon", "i386", "i486", "i586", "i686"],
        "ppc64" => &["ppc"],
        "s390x" => &["s390"],
        _ => &[],
    }
}

/// Returns whether an RPM's arch is that of a tag, both named by base or exactly.
pub(super) fn is_of_base(rpm: &Arch, tag: &Arch) -> bool {
    rpm == tag || base(tag).is_some_and(|base| base.rpms.contains(&rpm.as_str()))
}

/// Returns whether a name in `ExclusiveArch` or `ExcludeArch` means a tag's arch; `noarch` does not.
pub(super) fn names_arch(listed: &Arch, tag: &Arch) -> bool {
    match base(tag) {
        // An exact arch takes those that come after it, not a better one; the base's own name takes all.
        Some(base) => {
            let exact = base.rpms.iter().position(|arch| *arch == tag.as_str());
            let at = exact.filter(|_| base.name != tag.as_str()).unwrap_or(0);
            base.rpms[at..].contains(&listed.as_str())
        }
        None => listed == tag,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_arch_takes_the_exact_ones() {
        let arch = Arch::from;
        assert!(is_of_base(&arch("armv7hl"), &arch("armhfp")));
        assert!(is_of_base(&arch("i686"), &arch("i386")));
        assert!(!is_of_base(&arch("i686"), &arch("x86_64")));
        assert!(is_of_base(&arch("riscv64"), &arch("riscv64")));
        assert_eq!(document_arch(&arch("i386")), arch("i686"));
        assert_eq!(document_arch(&arch("armhfp")), arch("armv7hnl"));
        assert_eq!(document_arch(&arch("i686")), arch("i686"));
    }

    #[test]
    fn lists_of_a_spec_name_the_exact_arches() {
        let arch = Arch::from;
        assert!(names_arch(&arch("i586"), &arch("i686")));
        assert!(!names_arch(&arch("athlon"), &arch("i686")));
        assert!(names_arch(&arch("athlon"), &arch("i386")));
        assert!(names_arch(&arch("armv7hl"), &arch("armhfp")));
        assert!(!names_arch(&arch("noarch"), &arch("x86_64")));
        assert!(!names_arch(&arch("i686"), &arch("x86_64")), "multilib arches are not meant");
    }
}
