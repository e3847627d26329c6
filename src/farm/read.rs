//! The farm file.

use super::check;
use super::{Background, BuilderGroup, Createrepo, Farm, Hub, Model, Repo};
use crate::load::Finding;
use crate::name::Arch;
use crate::settings::{self, Node, Reader, Section, Value};

impl Farm {
    /// Reads a farm file; `input` is what the findings' places call the file.
    ///
    /// # Errors
    /// Every problem found, each with line and column; a farm with a problem is no farm.
    pub fn read(bytes: &[u8], input: u32) -> Result<Self, Vec<Finding>> {
        Self::read_to_vary(bytes, input, |_| {})
    }

    /// Reads a farm file of which numbers are going to be varied: what would be wrong with the farm
    /// that `vary` makes of it is told, not what is wrong with it as it stands.
    ///
    /// # Errors
    /// As [`Farm::read`].
    pub fn read_to_vary(
        bytes: &[u8],
        input: u32,
        vary: impl FnOnce(&mut Self),
    ) -> Result<Self, Vec<Finding>> {
        let root = settings::parse(bytes, input).map_err(|finding| vec![finding])?;
        let mut reader = Reader::new(&[]);
        let known = ["model", "builders", "background", "hub", "repo"];
        let file = reader.section(&root, "", &known);
        reader.require(&file, "builders");
        let mut farm = Self {
            model: model(&mut reader, &file),
            builders: builders(&mut reader, &file),
            background: background(&mut reader, &file),
            hub: file.find("hub").map(|node| hub(&mut reader, node)).unwrap_or_default(),
            repo: file.find("repo").map(|node| repo(&mut reader, node)).unwrap_or_default(),
            remarks: Vec::new(),
        };
        let mut varied = farm.clone();
        vary(&mut varied);
        farm.remarks = check::farm(&mut reader, &file, &varied);
        reader.finish(farm)
    }
}

fn model(reader: &mut Reader, file: &Section<'_>) -> Model {
    let words = [("ideal", Model::Ideal), ("koji", Model::Koji)];
    reader.value(file, "model", |text| settings::word(text, &words)).unwrap_or_default()
}

fn builders(reader: &mut Reader, file: &Section<'_>) -> Vec<BuilderGroup> {
    let mut groups: Vec<BuilderGroup> = Vec::new();
    for node in reader.items(file, "builders").unwrap_or_default() {
        if let Some(group) = builder_group(reader, node) {
            if groups.iter().any(|earlier| earlier.name == group.name) {
                reader.wrong(node.place, format!("builders `{}` are given twice", group.name));
            }
            groups.push(group);
        }
    }
    groups
}

fn builder_group(reader: &mut Reader, node: &Node) -> Option<BuilderGroup> {
    let known = [
        "name",
        "count",
        "arches",
        "capacity",
        "max_jobs",
        "channels",
        "cpus",
        "speed",
        "price_per_hour",
    ];
    let section = reader.section(node, "builders", &known);
    let name = reader.required(&section, "name", settings::text);
    let count = reader.required(&section, "count", group_size);
    reader.require(&section, "arches");
    let arches = reader.values(&section, "arches", arch);
    if section.find("arches").is_some_and(|node| node.value == Value::List(Vec::new())) {
        reader.wrong(node.place, "`builders.arches` is empty: builders without an arch do nothing");
    }
    let mut group = BuilderGroup::new(name?, count?, arches?);
    group.capacity = reader.value(&section, "capacity", settings::number).unwrap_or(group.capacity);
    group.max_jobs = reader.value(&section, "max_jobs", max_jobs).unwrap_or(group.max_jobs);
    if let Some(channels) = reader.values(&section, "channels", settings::text) {
        group.channels = channels;
    }
    group.cpus = reader.value(&section, "cpus", settings::positive_count);
    group.speed = reader.value(&section, "speed", settings::positive_number).unwrap_or(1.0);
    group.price_per_hour = reader.value(&section, "price_per_hour", settings::number);
    Some(group)
}

/// Reads how many builders a group has. A million is more than any farm has, and each takes memory.
fn group_size(text: &str) -> Result<u32, String> {
    const BUILDERS_MAX: u32 = 1_000_000;
    match settings::count(text)? {
        number if number > BUILDERS_MAX => Err(format!("must be {BUILDERS_MAX} at most")),
        number => Ok(number),
    }
}

/// Reads a number of tasks, or `unreported`: then the hub's own limit holds.
fn max_jobs(text: &str) -> Result<Option<u32>, String> {
    if text == "unreported" { Ok(None) } else { settings::count(text).map(Some) }
}

fn arch(text: &str) -> Result<Arch, String> {
    match text {
        "noarch" => Err("must not list noarch: every builder takes it".to_owned()),
        _ => settings::text(text).map(|text| Arch::from(text.as_str())),
    }
}

fn background(reader: &mut Reader, file: &Section<'_>) -> Vec<Background> {
    let mut all = Vec::new();
    for node in reader.items(file, "background").unwrap_or_default() {
        let section = reader.section(node, "background", &["arch", "channel", "load"]);
        let arch = reader.required(&section, "arch", arch);
        let channel = reader.value(&section, "channel", settings::text);
        let load = reader.required(&section, "load", settings::share);
        if let (Some(arch), Some(load)) = (arch, load) {
            let channel = channel.unwrap_or_else(|| "default".to_owned());
            all.push(Background { arch, channel, load });
        }
    }
    all
}

fn hub(reader: &mut Reader, node: &Node) -> Hub {
    let known = [
        "run_interval",
        "builder_sleep",
        "builder_turn",
        "retry_interval",
        "client_retry",
        "submit_interval",
        "max_jobs",
        "capacity_overcommit",
        "ready_timeout",
        "assign_timeout",
        "host_timeout",
        "soft_refusal_timeout",
        "priority",
        "tag_priority",
        "macros_build",
    ];
    let section = reader.section(node, "hub", &known);
    let mut hub = Hub::default();
    // Without a pause a builder would poll, or a call be tried again, for ever in no time.
    let pauses = [
        ("builder_sleep", &mut hub.builder_sleep),
        ("builder_turn", &mut hub.builder_turn),
        ("retry_interval", &mut hub.retry_interval),
        ("client_retry", &mut hub.client_retry),
    ];
    for (key, place) in pauses {
        if let Some(span) = reader.value(&section, key, settings::interval) {
            *place = span;
        }
    }
    let spans = [
        ("run_interval", &mut hub.run_interval),
        ("submit_interval", &mut hub.submit_interval),
        ("macros_build", &mut hub.macros_build),
        ("ready_timeout", &mut hub.ready_timeout),
        ("assign_timeout", &mut hub.assign_timeout),
        ("host_timeout", &mut hub.host_timeout),
        ("soft_refusal_timeout", &mut hub.soft_refusal_timeout),
    ];
    for (key, place) in spans {
        if let Some(span) = reader.value(&section, key, settings::duration) {
            *place = span;
        }
    }
    if let Some(jobs) = reader.value(&section, "max_jobs", settings::count) {
        hub.max_jobs = jobs;
    }
    if let Some(weight) = reader.value(&section, "capacity_overcommit", settings::number) {
        hub.capacity_overcommit = weight;
    }
    for (key, place) in [("priority", &mut hub.priority), ("tag_priority", &mut hub.tag_priority)] {
        if let Some(number) = reader.value(&section, key, priority) {
            *place = number;
        }
    }
    hub
}

fn priority(text: &str) -> Result<i32, String> {
    text.parse().map_err(|_| format!("must be a whole number, not `{text}`"))
}

fn repo(reader: &mut Reader, node: &Node) -> Repo {
    let known = [
        "createrepo",
        "check_interval",
        "priority",
        "tasks_max",
        "tries",
        "wait_poll",
        "wait_timeout",
        "lag",
        "lag_window",
    ];
    let section = reader.section(node, "repo", &known);
    let mut repo = Repo::default();
    if let Some(time) = section.find("createrepo") {
        repo.createrepo = createrepo(reader, &section, time);
    }
    let spans = [
        ("check_interval", &mut repo.check_interval),
        ("wait_poll", &mut repo.wait_poll),
        ("lag_window", &mut repo.lag_window),
    ];
    for (key, place) in spans {
        if let Some(span) = reader.value(&section, key, settings::interval) {
            *place = span;
        }
    }
    for (key, place) in [("wait_timeout", &mut repo.wait_timeout), ("lag", &mut repo.lag)] {
        if let Some(span) = reader.value(&section, key, settings::duration) {
            *place = span;
        }
    }
    repo.priority = reader.value(&section, "priority", priority).unwrap_or(repo.priority);
    for (key, place) in [("tasks_max", &mut repo.tasks_max), ("tries", &mut repo.tries)] {
        if let Some(number) = reader.value(&section, key, settings::positive_count) {
            *place = number;
        }
    }
    repo
}

/// Reads a fixed time, the word `trace`, or `{base: 20s, per_build: 100ms}`.
fn createrepo(reader: &mut Reader, section: &Section<'_>, node: &Node) -> Createrepo {
    if let Value::Map(_) = node.value {
        let size = reader.section(node, "repo.createrepo", &["base", "per_build"]);
        let base = reader.required(&size, "base", settings::duration).unwrap_or_default();
        let per_build = reader.required(&size, "per_build", settings::duration).unwrap_or_default();
        return Createrepo::BySize { base, per_build };
    }
    let time = reader.value(section, "createrepo", |text| match text {
        "trace" => Ok(Createrepo::Trace),
        _ => settings::duration(text).map(Createrepo::Fixed),
    });
    time.unwrap_or(Createrepo::Trace)
}
