//! The farm file.

use super::check;
use super::keys::{
    BACKGROUND, BUILDERS, CREATEREPO, FALLBACK, FILE, HUB, METHODS, MODULE_TASK, REPO, WEIGHTS,
};
use super::{
    BUILDERS_MAX, Background, BuilderGroup, Createrepo, Farm, Hub, Model, ModuleTask, Opening,
    Repo, RepoWait, Weights,
};
use crate::load::Finding;
use crate::name::Arch;
use crate::settings::{self, Node, Reader, Section, Value};
use crate::time::Millis;
use crate::trace::Fallback;

impl Farm {
    /// Reads a farm file; `input` is the index of the file in the places of findings.
    ///
    /// # Errors
    /// Every problem found, each with line and column; a file with a problem yields no farm.
    pub fn read(bytes: &[u8], input: u32) -> Result<Self, Vec<Finding>> {
        Self::read_to_vary(bytes, input, |_| {})
    }

    /// Reads a farm file whose numbers will be varied: problems of the farm made by `vary` are
    /// reported, not those of the farm as written.
    ///
    /// # Errors
    /// As [`Farm::read`].
    pub fn read_to_vary(
        bytes: &[u8],
        input: u32,
        vary: impl FnOnce(&mut Self),
    ) -> Result<Self, Vec<Finding>> {
        let root = settings::parse(bytes, input).map_err(|finding| vec![finding])?;
        let mut reader = Reader::default();
        let file = reader.section(&root, "", FILE);
        reader.require(&file, "builders");
        let mut farm = Self {
            model: model(&mut reader, &file),
            builders: builders(&mut reader, &file),
            background: background(&mut reader, &file),
            hub: file.find("hub").map(|node| hub(&mut reader, node)).unwrap_or_default(),
            repo: file.find("repo").map(|node| repo(&mut reader, node)).unwrap_or_default(),
            module_task: file
                .find("module_task")
                .map(|node| module_task(&mut reader, node))
                .unwrap_or_default(),
            weights: file
                .find("weights")
                .map(|node| weights(&mut reader, node))
                .unwrap_or_default(),
            fallback: file
                .find("fallback")
                .map(|node| fallback(&mut reader, node))
                .unwrap_or_default(),
            given: root.keys(),
            remarks: Vec::new(),
            unused_by_modules: Vec::new(),
        };
        let mut varied = farm.clone();
        vary(&mut varied);
        farm.remarks = check::farm(&mut reader, &file, &varied);
        farm.unused_by_modules = check::unused_by_modules(&file, &varied);
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
                reader.wrong(node.place, format!("builders `{}` are listed twice", group.name));
            }
            groups.push(group);
        }
    }
    groups
}

fn builder_group(reader: &mut Reader, node: &Node) -> Option<BuilderGroup> {
    let section = reader.section(node, "builders", BUILDERS);
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
    twice(reader, node, "builders.arches", &group.arches);
    twice(reader, node, "builders.channels", &group.channels);
    group.refuses = reader.values(&section, "refuses", method).unwrap_or_default();
    group.refuses_until = reader.value(&section, "refuses_until", duration);
    if group.refuses.is_empty() && group.refuses_until.is_some() {
        reader.wrong(node.place, "`builders.refuses_until` requires `builders.refuses`");
    }
    group.cpus = reader.value(&section, "cpus", settings::positive_count);
    group.speed = reader.value(&section, "speed", speed).unwrap_or(1.0);
    group.price_per_hour = reader.value(&section, "price_per_hour", settings::number);
    Some(group)
}

/// Reads the speed of builders: a speed far from 1 is a mistake, and at a speed near 0 no task
/// would end within the range of dates.
fn speed(text: &str) -> Result<f64, String> {
    match settings::positive_number(text)? {
        speed if (0.001..=1000.0).contains(&speed) => Ok(speed),
        _ => Err(format!("must lie between 0.001 and 1000, not `{text}`")),
    }
}

/// Reads a duration of at most a year, like that of a recorded task.
fn duration(text: &str) -> Result<Millis, String> {
    const YEAR: Millis = Millis::from_secs(366 * 86_400);
    match settings::duration(text)? {
        span if span > YEAR => Err(format!("must be at most a year, not `{text}`")),
        span => Ok(span),
    }
}

/// Reads the same, and not zero.
fn interval(text: &str) -> Result<Millis, String> {
    settings::interval(text).and_then(|_| duration(text))
}

/// Reads a polling interval.
fn period(text: &str) -> Result<Millis, String> {
    settings::period(text).and_then(|_| duration(text))
}

/// Reports items that a list names more than once.
fn twice<T: PartialEq + std::fmt::Display>(
    reader: &mut Reader,
    node: &Node,
    name: &str,
    values: &[T],
) {
    for (at, value) in values.iter().enumerate() {
        if values[..at].contains(value) {
            reader.wrong(node.place, format!("`{name}` has {value} twice"));
        }
    }
}

/// Reads the number of builders in a group, which is limited because each takes memory and time.
fn group_size(text: &str) -> Result<u32, String> {
    match settings::count(text)? {
        number if number > BUILDERS_MAX => Err(format!("must be at most {BUILDERS_MAX}")),
        number => Ok(number),
    }
}

/// Reads a number of tasks, or `unreported`: then the hub's limit applies.
fn max_jobs(text: &str) -> Result<Option<u32>, String> {
    if text == "unreported" { Ok(None) } else { settings::count(text).map(Some) }
}

fn method(text: &str) -> Result<String, String> {
    let words: Vec<(&str, &str)> = METHODS.iter().map(|&word| (word, word)).collect();
    settings::word(text, &words).map(str::to_owned)
}

fn arch(text: &str) -> Result<Arch, String> {
    match text {
        "noarch" => Err("must not list noarch: every builder builds it".to_owned()),
        _ => settings::text(text).map(|text| Arch::from(text.as_str())),
    }
}

fn background(reader: &mut Reader, file: &Section<'_>) -> Vec<Background> {
    let mut all = Vec::new();
    for node in reader.items(file, "background").unwrap_or_default() {
        let section = reader.section(node, "background", BACKGROUND);
        let arch = reader.required(&section, "arch", arch);
        let channel = reader.value(&section, "channel", settings::text);
        let load = reader.required(&section, "load", settings::share);
        if let (Some(arch), Some(load)) = (arch, load) {
            let channel = channel.unwrap_or_else(|| "default".to_owned());
            let is_it = |other: &Background| other.arch == arch && other.channel == channel;
            if all.iter().any(is_it) {
                let what = format!("background of {arch} in channel {channel} is listed twice");
                reader.wrong(node.place, what);
            }
            all.push(Background { arch, channel, load });
        }
    }
    all
}

fn hub(reader: &mut Reader, node: &Node) -> Hub {
    let section = reader.section(node, "hub", HUB);
    let mut hub = Hub::default();
    // Without a pause, polls or retries would repeat endlessly at one moment.
    let periods = [
        ("run_interval", &mut hub.run_interval),
        ("builder_sleep", &mut hub.builder_sleep),
        ("retry_interval", &mut hub.retry_interval),
        ("client_retry", &mut hub.client_retry),
    ];
    for (key, place) in periods {
        if let Some(span) = reader.value(&section, key, period) {
            *place = span;
        }
    }
    let turn = reader.value(&section, "builder_turn", interval);
    hub.builder_turn = turn.unwrap_or(hub.builder_turn);
    let spans = [
        ("submit_interval", &mut hub.submit_interval),
        ("macros_build", &mut hub.macros_build),
        ("ready_timeout", &mut hub.ready_timeout),
        ("assign_timeout", &mut hub.assign_timeout),
        ("host_timeout", &mut hub.host_timeout),
        ("soft_refusal_timeout", &mut hub.soft_refusal_timeout),
    ];
    for (key, place) in spans {
        if let Some(span) = reader.value(&section, key, duration) {
            *place = span;
        }
    }
    hub.max_jobs = reader.value(&section, "max_jobs", settings::count).unwrap_or(hub.max_jobs);
    let counts =
        [("free_tasks_max", &mut hub.free_tasks_max), ("macros_tries", &mut hub.macros_tries)];
    for (key, place) in counts {
        if let Some(number) = reader.value(&section, key, settings::positive_count) {
            *place = number;
        }
    }
    let weights = [
        ("capacity_overcommit", &mut hub.capacity_overcommit),
        ("unit_weight", &mut hub.unit_weight),
    ];
    for (key, place) in weights {
        if let Some(weight) = reader.value(&section, key, settings::number) {
            *place = weight;
        }
    }
    let priorities = [
        ("priority", &mut hub.priority),
        ("child_priority", &mut hub.child_priority),
        ("tag_priority", &mut hub.tag_priority),
    ];
    for (key, place) in priorities {
        if let Some(number) = reader.value(&section, key, priority) {
            *place = number;
        }
    }
    hub
}

fn priority(text: &str) -> Result<i32, String> {
    const FAR: i32 = 1_000_000;
    match text.parse() {
        Ok(number) if (-FAR..=FAR).contains(&number) => Ok(number),
        Ok(_) => Err(format!("must lie between -{FAR} and {FAR}")),
        Err(_) => Err(format!("must be a whole number, not `{text}`")),
    }
}

/// Reads an amount of lower urgency: requests of the manager never precede others.
fn lower_priority(text: &str) -> Result<i32, String> {
    match priority(text)? {
        number if number < 0 => Err("must not be less than 0".to_owned()),
        number => Ok(number),
    }
}

fn repo(reader: &mut Reader, node: &Node) -> Repo {
    let section = reader.section(node, "repo", REPO);
    let mut repo = Repo::default();
    if let Some(time) = section.find("createrepo") {
        repo.createrepo = createrepo(reader, &section, time);
    }
    let spans = [
        ("check_interval", &mut repo.check_interval),
        ("wait_poll", &mut repo.wait_poll),
        ("lag_window", &mut repo.lag_window),
        ("auto_interval", &mut repo.auto_interval),
    ];
    for (key, place) in spans {
        if let Some(span) = reader.value(&section, key, period) {
            *place = span;
        }
    }
    let spans = [
        ("wait_timeout", &mut repo.wait_timeout),
        ("lag", &mut repo.lag),
        ("auto_lag", &mut repo.auto_lag),
    ];
    for (key, place) in spans {
        if let Some(span) = reader.value(&section, key, duration) {
            *place = span;
        }
    }
    repo.priority = reader.value(&section, "priority", priority).unwrap_or(repo.priority);
    let tasks = reader.value(&section, "tasks_max", settings::positive_count);
    repo.tasks_max = tasks.unwrap_or(repo.tasks_max);
    repo.retries = reader.value(&section, "retries", settings::count).unwrap_or(repo.retries);
    let words = [("subtask", RepoWait::Subtask), ("request", RepoWait::Request)];
    let wait = reader.value(&section, "wait", |text| settings::word(text, &words));
    repo.wait = wait.unwrap_or(repo.wait);
    let words = [("true", true), ("false", false)];
    let auto = reader.value(&section, "auto", |text| settings::word(text, &words));
    repo.auto = auto.unwrap_or(repo.auto);
    let later = reader.value(&section, "auto_priority", lower_priority);
    repo.auto_priority = later.unwrap_or(repo.auto_priority);
    repo
}

fn module_task(reader: &mut Reader, node: &Node) -> ModuleTask {
    let section = reader.section(node, "module_task", MODULE_TASK);
    let words = [("assigned", Opening::Assigned), ("free", Opening::Free)];
    let open = reader.value(&section, "open", |text| settings::word(text, &words));
    ModuleTask { open: open.unwrap_or_default() }
}

/// Reads a fixed time, the word `trace`, or `{base: 20s, per_build: 100ms}`.
fn createrepo(reader: &mut Reader, section: &Section<'_>, node: &Node) -> Createrepo {
    if let Value::Map(_) = node.value {
        let size = reader.section(node, "repo.createrepo", CREATEREPO);
        let base = reader.required(&size, "base", duration).unwrap_or_default();
        let per_build = reader.required(&size, "per_build", duration).unwrap_or_default();
        return Createrepo::BySize { base, per_build };
    }
    let time = reader.value(section, "createrepo", |text| match text {
        "trace" => Ok(Createrepo::Trace),
        _ => duration(text).map(Createrepo::Fixed),
    });
    time.unwrap_or(Createrepo::Trace)
}

fn weights(reader: &mut Reader, node: &Node) -> Weights {
    let section = reader.section(node, "weights", WEIGHTS);
    let mut weights = Weights::default();
    let numbers = [
        ("buildArch", &mut weights.build_arch),
        ("buildSRPMFromSCM", &mut weights.build_srpm),
        ("createrepo", &mut weights.createrepo),
        ("createdistrepo", &mut weights.createdistrepo),
        ("tagBuild", &mut weights.tag_build),
        ("waitrepo", &mut weights.waitrepo),
        ("history_max", &mut weights.history_max),
    ];
    for (key, place) in numbers {
        if let Some(weight) = reader.value(&section, key, settings::number) {
            *place = weight;
        }
    }
    let per = reader.value(&section, "history_per", interval);
    weights.history_per = per.unwrap_or(weights.history_per);
    weights
}

fn fallback(reader: &mut Reader, node: &Node) -> Fallback {
    let section = reader.section(node, "fallback", FALLBACK);
    let mut fallback = Fallback::default();
    let runs = [
        ("buildArch", &mut fallback.build_arch),
        ("buildSRPMFromSCM", &mut fallback.build_srpm),
        ("tagBuild", &mut fallback.tag_build),
        ("createrepo", &mut fallback.createrepo),
    ];
    for (key, place) in runs {
        if let Some(run) = reader.value(&section, key, duration) {
            *place = run;
        }
    }
    fallback
}
