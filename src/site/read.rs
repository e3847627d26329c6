//! Reading a configuration.

use super::check::{
    absolute_path, address, koji_name, signing_key, source_template, store, tag_prefix,
};
use super::keys::{
    DEPENDANTS, FAILURES_SHARE, FILE, FINAL_REPO, GATE, KOJI, LIMITS, MAIL, MAIL_TO, NAMES, SCM,
    SIGNING,
};
use super::{
    Dependants, FailuresShare, FinalRepo, Gate, KojiAccess, Limits, Mail, NameRules, Scm, Signing,
    Site, platforms, services,
};
use crate::load::Finding;
use crate::settings::{self, Node, Reader, Section, Value};
use crate::time::Millis;

impl Site {
    /// Reads a configuration; `input` is what the findings' places call the file.
    ///
    /// # Errors
    /// Every problem found, each with line and column; a configuration with a problem is none.
    pub fn read(bytes: &[u8], input: u32) -> Result<Self, Vec<Finding>> {
        let root = settings::parse(bytes, input).map_err(|finding| vec![finding])?;
        let mut reader = Reader::default();
        let file = reader.section(&root, "", FILE);
        reader.require(&file, "platforms");
        let find = |key| file.find(key);
        let mut site = Self::default();
        if let Some(node) = find("koji") {
            site.koji = koji(&mut reader, node);
        }
        if let Some(node) = find("platforms") {
            site.platforms = platforms::platforms(&mut reader, node);
        }
        if let Some(node) = find("names") {
            site.names = names(&mut reader, node);
        }
        if let Some(node) = find("scm") {
            site.scm = scm(&mut reader, node);
        }
        if let Some(node) = find("gate") {
            site.gate = gate(&mut reader, node).unwrap_or_default();
        }
        site.signing = find("signing").and_then(|node| signing(&mut reader, node));
        site.final_repo = find("final_repo").and_then(|node| {
            let section = reader.section(node, "final_repo", FINAL_REPO);
            let directory = reader.required(&section, "directory", absolute_path)?;
            Some(FinalRepo { directory })
        });
        site.mail = find("mail").and_then(|node| mail(&mut reader, node));
        site.dependants = find("dependants").and_then(|node| dependants(&mut reader, node));
        if let Some(node) = find("limits") {
            site.limits = limits(&mut reader, node);
        }
        site.store = reader.value(&file, "store", store);
        services::check(&mut reader, &file);
        reader.finish(site)
    }
}

fn koji(reader: &mut Reader, node: &Node) -> KojiAccess {
    let section = reader.section(node, "koji", KOJI);
    let access = KojiAccess {
        profile: reader.value(&section, "profile", settings::text),
        user: reader.value(&section, "user", settings::text),
        password_file: reader.value(&section, "password_file", settings::text),
    };
    if access.user.is_some() != access.password_file.is_some() {
        reader.wrong(node.place, "`koji.user` and `koji.password_file` go together");
    }
    access
}

fn names(reader: &mut Reader, node: &Node) -> NameRules {
    let section = reader.section(node, "names", NAMES);
    let usual = NameRules::default();
    NameRules {
        tag_prefix: reader.value(&section, "tag_prefix", tag_prefix).unwrap_or(usual.tag_prefix),
        content_generator: reader
            .value(&section, "content_generator", koji_name)
            .unwrap_or(usual.content_generator),
        first_index: reader.value(&section, "first_index", settings::positive_count),
        tag_permission: reader.value(&section, "tag_permission", koji_name),
    }
}

fn scm(reader: &mut Reader, node: &Node) -> Scm {
    let section = reader.section(node, "scm", SCM);
    let usual = Scm::default();
    let scm = Scm {
        allow: reader.values(&section, "allow", address).unwrap_or_default(),
        component: reader.value(&section, "component", source_template),
        clone_timeout: reader
            .value(&section, "clone_timeout", settings::interval)
            .unwrap_or(usual.clone_timeout),
    };
    if let Some(component) = scm.component.as_ref().filter(|url| !scm.allows(url)) {
        let place = section.find("component").map_or(node.place, |node| node.place);
        reader.wrong(place, format!("`scm.component` {component} is not below `scm.allow`"));
    }
    scm
}

/// How long the command of a gate may take, where the site does not say.
const GATE_TIMEOUT: Millis = Millis::from_secs(3600);

fn gate(reader: &mut Reader, node: &Node) -> Option<Gate> {
    #[derive(Clone, Copy)]
    enum Kind {
        None,
        Script,
        ResultsDb,
        Greenwave,
    }
    const KINDS: [(&str, Kind); 4] = [
        ("none", Kind::None),
        ("script", Kind::Script),
        ("resultsdb", Kind::ResultsDb),
        ("greenwave", Kind::Greenwave),
    ];
    let section = reader.section(node, "gate", GATE);
    let kind = reader.required(&section, "kind", |text| settings::word(text, &KINDS))?;
    let own: &[&str] = match kind {
        Kind::None => &[],
        Kind::Script => &["command", "timeout"],
        Kind::ResultsDb => &["url", "required"],
        Kind::Greenwave => &["url", "context", "product_version"],
    };
    for key in GATE.iter().filter(|key| **key != "kind" && !own.contains(key)) {
        if let Some(place) = section.find(key).and_then(|_| section.place_of(key)) {
            reader.wrong(place, format!("`gate.{key}` does not belong to this kind of gate"));
        }
    }
    let needed = own.iter().filter(|key| **key != "timeout");
    needed.for_each(|key| reader.require(&section, key));
    let url = if own.contains(&"url") { reader.value(&section, "url", address) } else { None };
    match kind {
        Kind::None => Some(Gate::None),
        Kind::Script => {
            let command = reader.values(&section, "command", settings::text)?;
            if command.is_empty() {
                reader.wrong(node.place, "`gate.command` is empty: name a program");
            }
            let timeout = reader.value(&section, "timeout", settings::period);
            Some(Gate::Script { command, timeout: timeout.unwrap_or(GATE_TIMEOUT) })
        }
        Kind::ResultsDb => {
            let required = reader.values(&section, "required", settings::text)?;
            Some(Gate::ResultsDb { url: url?, required })
        }
        Kind::Greenwave => {
            let context = reader.value(&section, "context", settings::text)?;
            let product_version = reader.value(&section, "product_version", settings::text)?;
            Some(Gate::Greenwave { url: url?, context, product_version })
        }
    }
}

fn signing(reader: &mut Reader, node: &Node) -> Option<Signing> {
    const USUAL: Millis = Millis::from_secs(4 * 3600);
    let section = reader.section(node, "signing", SIGNING);
    reader.require(&section, "keys");
    let keys = reader.values(&section, "keys", signing_key)?;
    if section.find("keys").is_some_and(|node| node.value == Value::List(Vec::new())) {
        reader.wrong(node.place, "`signing.keys` is empty: leave the section out to sign nothing");
    }
    let timeout = reader.value(&section, "timeout", settings::interval).unwrap_or(USUAL);
    Some(Signing { keys, timeout })
}

fn mail(reader: &mut Reader, node: &Node) -> Option<Mail> {
    let section = reader.section(node, "mail", MAIL);
    let smtp = reader.value(&section, "smtp", address);
    let spool = reader.value(&section, "spool", settings::text);
    if section.find("smtp").is_some() == section.find("spool").is_some() {
        reader.wrong(node.place, "`mail` needs either `smtp` or `spool`");
        return None;
    }
    let from = reader.value(&section, "from", settings::text);
    let to = section.find("to").map(|node| reader.section(node, "mail.to", MAIL_TO));
    let default = to.as_ref().and_then(|to| reader.values(to, "default", settings::text));
    let owners = to.as_ref().and_then(|to| reader.value(to, "owners", settings::text));
    if let Some(directory) = spool {
        return Some(Mail::Spool { directory });
    }
    reader.require(&section, "from");
    reader.require(&section, "to");
    Some(Mail::Smtp { server: smtp?, from: from?, default_to: default.unwrap_or_default(), owners })
}

fn dependants(reader: &mut Reader, node: &Node) -> Option<Dependants> {
    let section = reader.section(node, "dependants", DEPENDANTS);
    if section.find("pdc").is_some() == section.find("inputs").is_some() {
        reader.wrong(node.place, "`dependants` needs either `pdc` or `inputs`");
        return None;
    }
    if let Some(paths) = reader.values(&section, "inputs", settings::text) {
        return Some(Dependants::Inputs { paths });
    }
    reader.value(&section, "pdc", address).map(|url| Dependants::Pdc { url })
}

fn limits(reader: &mut Reader, node: &Node) -> Limits {
    let section = reader.section(node, "limits", LIMITS);
    let usual = Limits::default();
    let count = |reader: &mut Reader, key, usual| {
        reader.value(&section, key, settings::positive_count).unwrap_or(usual)
    };
    Limits {
        max_builds: count(reader, "max_builds", usual.max_builds),
        tasks_in_flight: count(reader, "tasks_in_flight", usual.tasks_in_flight),
        repos_in_flight: count(reader, "repos_in_flight", usual.repos_in_flight),
        submit_interval: reader
            .value(&section, "submit_interval", settings::duration)
            .unwrap_or(usual.submit_interval),
        poll: reader.value(&section, "poll", settings::period).unwrap_or(usual.poll),
        priority: reader.value(&section, "priority", settings::count).unwrap_or(usual.priority),
        failures_share: failures_share(reader, &section).unwrap_or(usual.failures_share),
        farm_load_max: reader
            .value(&section, "farm_load_max", settings::share)
            .unwrap_or(usual.farm_load_max),
    }
}

fn failures_share(reader: &mut Reader, section: &Section<'_>) -> Option<FailuresShare> {
    let node = section.find("failures_share")?;
    let section = reader.section(node, "limits.failures_share", FAILURES_SHARE);
    let share = reader.required(&section, "share", settings::share);
    let from = reader.value(&section, "from", settings::count);
    Some(FailuresShare {
        share: share?,
        from: from.unwrap_or(Limits::default().failures_share.from),
    })
}
