//! Builders as a farm file: equal builders become a group.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{KojiRecordError, KojiRequest, KojiStep, pause, write};
use crate::farm::Farm;
use crate::koji::calls::{GetHostData, ListChannels, ListHosts};
use crate::koji::shapes::Host;
use crate::koji::{Ref, Value};
use crate::live::hub::Hub;

/// The properties of equal builders.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    arches: Vec<String>,
    channels: Vec<String>,
    /// In thousandths.
    capacity: u64,
    jobs_max: Option<i64>,
}

/// Writes the farm file and returns its number of builders. Without builders, or if they cannot build
/// modules, there is no file.
pub(super) async fn record(
    hub: &mut Hub,
    request: &KojiRequest,
    tell: &mut dyn FnMut(KojiStep),
) -> Result<usize, KojiRecordError> {
    let hosts = hub.call(&ListHosts::default()).await?;
    let enabled = hosts.iter().filter(|host| host.enabled).count();
    if enabled == 0 {
        let why = "the hub has no enabled builders: no farm.yaml is written";
        tell(KojiStep::Note(why.to_owned()));
        return Ok(0);
    }
    pause(request).await;
    let channels = hub.call(&ListChannels::default()).await?;
    let of_channel: Vec<ListHosts> = channels
        .iter()
        .map(|channel| ListHosts { channel_id: Some(Ref::Id(channel.id)), ..ListHosts::default() })
        .collect();
    let members = hub.call_all(&of_channel).await?;
    let mut channels_of: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for (channel, members) in channels.iter().zip(members) {
        for host in members.unwrap_or_default() {
            channels_of.entry(host.id).or_default().push(channel.name.clone());
        }
    }
    // A hub before 1.34 has no such call: the limits of its builders are unknown.
    let data = hub.call(&GetHostData::default()).await.unwrap_or_default();
    let jobs_of: BTreeMap<i64, i64> = data
        .into_iter()
        .filter_map(|row| Some((row.host_id, row.data.get("maxjobs").and_then(Value::as_int)?)))
        .collect();
    let text = farm(&hosts, &channels_of, &jobs_of, &request.options.server);
    // A hub without builds has builders as `add-host` leaves them, in no channel that makes repos.
    if let Err(findings) = Farm::read(text.as_bytes(), 0) {
        let why = findings.first().map_or("", |finding| finding.message.as_str());
        tell(KojiStep::Note(format!("no farm.yaml is written, as no module can be built: {why}")));
        return Ok(0);
    }
    write(&request.directory.join("farm.yaml"), &text)?;
    Ok(enabled)
}

fn farm(
    hosts: &[Host],
    channels_of: &BTreeMap<i64, Vec<String>>,
    jobs_of: &BTreeMap<i64, i64>,
    server: &str,
) -> String {
    let mut kinds: BTreeMap<Kind, Vec<&Host>> = BTreeMap::new();
    let mut order: Vec<Kind> = Vec::new();
    for host in hosts.iter().filter(|host| host.enabled) {
        let arches = host.arches.as_deref().unwrap_or_default();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "capacities are small"
        )]
        let kind = Kind {
            // Some sites list `noarch`, which every builder builds.
            arches: arches
                .split_whitespace()
                .filter(|arch| *arch != "noarch")
                .map(str::to_owned)
                .collect(),
            channels: channels_of.get(&host.id).cloned().unwrap_or_default(),
            capacity: (host.capacity.max(0.0) * 1000.0).round() as u64,
            jobs_max: jobs_of.get(&host.id).copied(),
        };
        if !kinds.contains_key(&kind) {
            order.push(kind.clone());
        }
        kinds.entry(kind).or_default().push(host);
    }
    let disabled = hosts.iter().filter(|host| !host.enabled).count();
    let mut text = format!(
        "# Builders of {server}.\n# A hub does not report cpus, speed, prices and its own \
         constants: they have defaults.\n"
    );
    if disabled > 0 {
        writeln!(text, "# Left out: {disabled} disabled builders.").expect("a string takes all");
    }
    text.push_str("model: koji\nbuilders:\n");
    let mut names: Vec<String> = Vec::new();
    for kind in order {
        let name = group_name(&kinds[&kind], &mut names);
        let jobs = kind.jobs_max.map_or(String::new(), |jobs| format!(", max_jobs: {jobs}"));
        #[expect(clippy::cast_precision_loss, reason = "capacities are small")]
        let capacity = kind.capacity as f64 / 1000.0;
        writeln!(
            text,
            "  - {{name: {name}, count: {}, arches: [{}], capacity: {capacity:?}{jobs}, channels: [{}]}}",
            kinds[&kind].len(),
            quoted(&kind.arches),
            quoted(&kind.channels),
        )
        .expect("a string takes all");
    }
    text
}

fn quoted(words: &[String]) -> String {
    let is_plain = |word: &str| {
        word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
    };
    let quoted = |word: &String| {
        if is_plain(word) && !word.is_empty() && !word.starts_with(|c: char| c.is_ascii_digit()) {
            word.clone()
        } else {
            format!("{word:?}")
        }
    };
    words.iter().map(quoted).collect::<Vec<_>>().join(", ")
}

/// Names a group after the common beginning of its builders' names.
fn group_name(hosts: &[&Host], names: &mut Vec<String>) -> String {
    let first = hosts[0].name.as_str();
    let is_common = |&end: &usize| {
        first.is_char_boundary(end) && hosts.iter().all(|host| host.name.starts_with(&first[..end]))
    };
    let end = (0..=first.len()).rev().find(is_common).unwrap_or(0);
    let common = first[..end].trim_end_matches(|c: char| c.is_ascii_digit());
    let common = common.trim_end_matches(['-', '.', '_']);
    let host = first.split('.').next().unwrap_or(first);
    let base = if common.is_empty() || hosts.len() == 1 { host } else { common };
    let mut name = base.to_owned();
    let mut nth = 2;
    while names.contains(&name) {
        name = format!("{base}-{nth}");
        nth += 1;
    }
    names.push(name.clone());
    quoted(&[name])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(id: i64, name: &str, arches: &str) -> Host {
        Host {
            id,
            name: name.to_owned(),
            arches: Some(arches.to_owned()),
            capacity: 4.0,
            enabled: true,
            ..Host::default()
        }
    }

    #[test]
    fn builders_that_are_alike_become_a_group_with_the_start_of_their_names() {
        let mut hosts = vec![
            host(1, "x86-01.example.org", "x86_64 i686"),
            host(2, "x86-02.example.org", "x86_64 i686"),
            host(3, "arm-01.example.org", "aarch64 noarch"),
        ];
        hosts.push(Host { enabled: false, ..host(4, "old", "ppc64") });
        let channels = BTreeMap::from([
            (1, vec!["default".to_owned()]),
            (2, vec!["default".to_owned()]),
            (3, vec!["default".to_owned(), "createrepo".to_owned()]),
        ]);
        let text = farm(&hosts, &channels, &BTreeMap::from([(3, 10)]), "https://koji.example.org");
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(
            lines,
            [
                "model: koji",
                "builders:",
                "  - {name: x86, count: 2, arches: [x86_64, i686], capacity: 4.0, channels: [default]}",
                "  - {name: arm-01, count: 1, arches: [aarch64], capacity: 4.0, max_jobs: 10, \
                 channels: [default, createrepo]}",
            ]
        );
        assert!(text.contains("# Left out: 1 disabled builders."));
        let read = crate::farm::Farm::read(text.as_bytes(), 0).expect("it is a farm file");
        assert_eq!(read.builders.len(), 2);
    }
}
