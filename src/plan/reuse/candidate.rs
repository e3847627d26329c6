//! The build whose components are reused.
//!
//! As in the service, it has the same name and stream, and was made in a buildroot of the same
//! streams: on the target platform, or otherwise on an older release of the same major one, the
//! highest first. Releases with a common virtual stream are recognised by their names, because the
//! platform itself need not be loaded: `el8.4.0` and `el8.6.0` are both of `el8`.

use std::collections::BTreeMap;

use super::Reason;
use crate::load::Stream;
use crate::name::{ModuleName, NameStream, StreamName};
use crate::plan::made_on::platform_of;
use crate::plan::platform::{Platforms, StreamVersion};

/// The target of a rebuild.
#[derive(Clone, Copy, Debug)]
pub struct On<'a> {
    /// The platform; `None` for the one that the document was built on.
    pub platform: Option<&'a NameStream>,
    /// The rules for base modules.
    pub platforms: &'a Platforms,
}

/// Finds the build to reuse, among builds of one name and stream and any others.
///
/// If a build records no buildroot, its context decides: equal contexts mean equal buildroots, on
/// the same platform. On another platform contexts always differ, and the pinned streams of the
/// last dependency group are compared instead.
///
/// # Errors
/// Why there is none.
pub fn candidate<'a>(
    wanted: &Stream,
    on: On<'_>,
    earlier: impl IntoIterator<Item = &'a Stream>,
) -> Result<&'a Stream, Reason> {
    let same_stream: Vec<&Stream> = earlier
        .into_iter()
        .filter(|other| (&other.name, &other.stream) == (&wanted.name, &wanted.stream))
        .collect();
    let age = |stream: &Stream| (stream.version, stream.context.clone(), stream.arch.clone());
    let newest = same_stream.iter().copied().max_by_key(|stream| age(stream));
    let Some(newest) = newest else { return Err(Reason::NoEarlierBuild) };
    let own = platform_of(wanted, on.platforms);
    let Some(base) = on.platform.cloned().or(own.clone()) else {
        // The platform is unknown, so only the context shows whether the buildroot was the same.
        let same = same_stream.into_iter().filter(|other| other.context == wanted.context);
        return same.max_by_key(|stream| age(stream)).ok_or_else(|| other_streams(wanted, newest));
    };
    let moved = own.as_ref() != Some(&base);
    let fits = |other: &&'a Stream| {
        let release = usable(platform_of(other, on.platforms).as_ref(), &base, on.platforms)?;
        let same_platform = !moved && platform_of(other, on.platforms).as_ref() == Some(&base);
        let is_same = if wanted.locks.is_empty() || other.locks.is_empty() {
            other.context == wanted.context && !moved
                || !same_platform && pins(wanted, on.platforms) == pins(other, on.platforms)
        } else {
            locks(wanted, on.platforms) == locks(other, on.platforms)
        };
        is_same.then_some((release, *other))
    };
    let best = same_stream.iter().filter_map(fits);
    let best = best.max_by_key(|(release, stream)| (*release, age(stream)));
    best.map(|(_, stream)| stream).ok_or_else(|| {
        let is_usable = |other: &&&Stream| {
            usable(platform_of(other, on.platforms).as_ref(), &base, on.platforms).is_some()
        };
        match same_stream.iter().filter(is_usable).max_by_key(|stream| age(stream)) {
            Some(other) => other_streams(wanted, other),
            None => Reason::OtherPlatform {
                build: printed(newest),
                on: platform_of(newest, on.platforms),
                wanted: base.clone(),
            },
        }
    })
}

/// Returns the rank of an earlier build's platform for a target: its number if it is the target or
/// an older release of the same major one, otherwise `None`.
fn usable(
    made_on: Option<&NameStream>,
    base: &NameStream,
    platforms: &Platforms,
) -> Option<StreamVersion> {
    let made_on = made_on?;
    let number = |base: &NameStream| platforms.padded_stream_version(&base.stream);
    let release = |base: &NameStream| base.stream.as_str().split('.').next().map(str::to_owned);
    if made_on == base {
        return Some(number(base));
    }
    let is_compatible = made_on.name == base.name
        && platforms.is_xyz(&base.stream)
        && platforms.is_xyz(&made_on.stream)
        && release(made_on) == release(base)
        && (number(base).major_start()..=number(base)).contains(&number(made_on));
    is_compatible.then(|| number(made_on))
}

/// Returns the recorded streams of a buildroot, without the platform's.
fn locks(stream: &Stream, platforms: &Platforms) -> BTreeMap<ModuleName, StreamName> {
    let others = stream.locks.iter().filter(|(name, _)| !platforms.is_base(name));
    others.map(|(name, lock)| (name.clone(), lock.stream.clone())).collect()
}

/// Returns the pinned streams of the last dependency group, except the platform's; `None` if any is
/// open.
fn pins(stream: &Stream, platforms: &Platforms) -> Option<BTreeMap<ModuleName, StreamName>> {
    let group = stream.dependencies.last()?;
    let others = group.buildrequires.iter().filter(|(name, _)| !platforms.is_base(name));
    others
        .map(|(name, needed)| {
            let mut streams = needed.streams.iter();
            let only = streams.next().filter(|stream| stream.negated().is_none())?;
            streams.next().is_none().then(|| (name.clone(), only.clone()))
        })
        .collect()
}

fn other_streams(wanted: &Stream, other: &Stream) -> Reason {
    let platforms = Platforms::default();
    let (ours, theirs) = (locks(wanted, &platforms), locks(other, &platforms));
    let names = ours.keys().chain(theirs.keys());
    let differs = names.filter(|name| ours.get(*name) != theirs.get(*name)).min().cloned();
    let is_recorded = !wanted.locks.is_empty() && !other.locks.is_empty();
    Reason::OtherStreams { build: printed(other), differs: differs.filter(|_| is_recorded) }
}

fn printed(stream: &Stream) -> String {
    let Stream { name, stream, version, context, .. } = stream;
    let context = context.as_ref().map_or("00000000", |context| context.as_str());
    format!("{name}:{stream}:{version}:{context}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::parse_text;

    /// Makes builds of `m:1` from `version context platform perl` words, with locks.
    fn builds(words: &[&str]) -> Vec<Stream> {
        let document = |words: &&str| {
            let [version, context, platform, perl] = words.split(' ').collect::<Vec<_>>()[..]
            else {
                panic!("{words}")
            };
            let lock = |stream| format!("{{stream: \"{stream}\", version: 1, context: c}}");
            format!(
                "---\ndocument: modulemd\nversion: 2\ndata:\n  name: m\n  stream: \"1\"\n  version: {version}\n  \
                 context: {context}\n  summary: s\n  description: d\n  license: {{module: [MIT]}}\n  \
                 dependencies: [{{buildrequires: {{platform: [{platform}], perl: [\"{perl}\"]}}}}]\n  \
                 xmd: {{mbs: {{buildrequires: {{platform: {}, perl: {}}}}}}}\n",
                lock(platform),
                lock(perl)
            )
        };
        let text: String = words.iter().map(document).collect();
        let snapshot = parse_text("m.yaml", &text);
        assert!(snapshot.findings.is_empty(), "{:?}", snapshot.findings);
        snapshot.streams
    }

    fn taken(wanted: &str, platform: Option<&str>, earlier: &[&str]) -> Result<String, String> {
        let wanted = &builds(&[wanted])[0];
        let earlier = builds(earlier);
        let platforms = Platforms::default();
        let platform = platform.map(|stream| NameStream::new("platform", stream));
        let on = On { platform: platform.as_ref(), platforms: &platforms };
        let found = candidate(wanted, on, &earlier);
        found.map(printed).map_err(|reason| reason.to_string())
    }

    #[test]
    fn an_older_release_of_the_platform_will_do_and_the_highest_is_first() {
        let wanted = "9 c9 el8.6.0 5.30";
        let earlier =
            ["1 c1 el8.2.0 5.30", "2 c2 el8.5.0 5.30", "3 c3 el8.4.0 5.30", "4 c4 el8.5.0 5.26"];
        assert_eq!(taken(wanted, None, &earlier), Ok("m:1:2:c2".to_owned()));
        let exact = ["1 c1 el8.6.0 5.30", "2 c2 el8.5.0 5.30"];
        assert_eq!(taken(wanted, None, &exact), Ok("m:1:1:c1".to_owned()));
    }

    #[test]
    fn another_platform_will_not_do_and_is_named() {
        let wanted = "9 c9 el8.6.0 5.30";
        for other in ["el8.8.0", "el9.0.0", "f40"] {
            let earlier = [format!("1 c1 {other} 5.30")];
            let told = taken(wanted, None, &[&earlier[0]]).unwrap_err();
            let expected = format!(
                "the earlier build m:1:1:c1 was made on platform:{other}, which platform:el8.6.0 cannot use"
            );
            assert_eq!(told, expected);
        }
        let told = taken(wanted, None, &["1 c1 el8.6.0 5.26"]).unwrap_err();
        assert_eq!(told, "the earlier build m:1:1:c1 was made with another stream of perl");
        assert!(taken(wanted, None, &[]).unwrap_err().starts_with("there is no earlier build"));
    }

    #[test]
    fn the_platform_to_build_on_counts_and_not_the_one_it_was_built_on() {
        let (wanted, same) = ("9 c9 el8.6.0 5.30", ["9 c9 el8.6.0 5.30"]);
        assert!(taken(wanted, Some("el9.0.0"), &same).is_err());
        assert!(taken(wanted, Some("el8.4.0"), &same).is_err());
        assert_eq!(taken(wanted, Some("el8.8.0"), &same), Ok("m:1:9:c9".to_owned()));
    }
}
