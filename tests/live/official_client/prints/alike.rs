//! The only allowed differences between two texts of koji's client:
//!
//! * times, and the language of the client's greeting;
//! * numbers that name a task, a build, a repo, a request, a tag or a target;
//! * the load of builders, and which builder took a task that any can run;
//! * through which states a task was seen to go, and in which order: that is when the client looked. Each task of
//!   a tree stands once, with how it ended;
//! * whether an arch of a build that failed had failed by itself, or was canceled with the build: which came first.
//!   The build says which arch it failed for;
//! * the order of members of a struct, of the children of a task, and of files;
//! * how many blanks stand between two columns.

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Words before the number of a thing.
const NAMING: [&str; 10] = [
    "task:",
    "Task:",
    "task",
    "repo",
    "request:",
    "id",
    "'id':",
    "\"id\":",
    "\"build_tag\":",
    "\"dest_tag\":",
];

/// Returns the lines of a text without allowed differences.
pub(super) fn alike(text: &str, server: &str) -> Vec<String> {
    let text = text.replace(server, "<hub>");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if let Some(from) = lines.iter().position(|line| line.starts_with("Watching tasks")) {
        let to = lines[from..].iter().position(String::is_empty).map_or(lines.len(), |n| from + n);
        let tree = tree(&lines[from + 1..to]);
        lines.splice(from + 1..to, tree);
    }
    lines = lines.iter().map(|text| line(text)).collect();
    lines
        .chunk_by_mut(|one, other| one.starts_with('/') && other.starts_with('/'))
        .for_each(<[String]>::sort_unstable);
    if lines.iter().any(|line| line.trim_start().starts_with("Task: #")) {
        lines = blocks(&lines);
    }
    lines
}

fn line(text: &str) -> String {
    let indent = text.len() - text.trim_start().len();
    if text.ends_with("kojiadmin!") {
        return "<hello>, kojiadmin!".to_owned();
    }
    let words = untimed(text.split_whitespace().collect());
    let mut plain: Vec<String> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        plain.push(number(word, at.checked_sub(1).map(|before| words[before])));
    }
    let is_host = plain.len() > 4 && matches!(plain[1].as_str(), "Y" | "N");
    if is_host && let Some((_, capacity)) = plain[3].clone().split_once('/') {
        plain[3] = format!("<load>/{capacity}");
    }
    let is_channel = plain.len() == 7 && plain[6].ends_with('%');
    if is_channel {
        plain[4] = "<load>".to_owned();
        plain[6] = "<load>".to_owned();
    }
    if plain.first().is_some_and(|word| word == "Host:") {
        plain.truncate(1);
    }
    if plain.first().is_some_and(|word| word == "Extra:") {
        plain.sort_unstable_by_key(|word| word.replace(['{', '}', ','], ""));
        plain.iter_mut().for_each(|word| *word = word.replace(['{', '}', ','], ""));
    }
    format!("{}{}", " ".repeat(indent), plain.join(" "))
}

/// Puts one word in the place of a time, such as `Sun Nov 22 12:02:35 2026` and
/// `Sun, 22 Nov 2026 12:02:37 UTC`.
fn untimed(words: Vec<&str>) -> Vec<&str> {
    let mut plain = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let is_day = WEEKDAYS.contains(&words[at].trim_end_matches(','));
        let rest = &words[at..words.len().min(at + 5)];
        if is_day && rest.iter().any(|word| word.matches(':').count() == 2) {
            plain.push("<time>");
            at += 5 + usize::from(words.get(at + 5) == Some(&"UTC"));
        } else {
            plain.push(words[at]);
            at += 1;
        }
    }
    plain
}

/// Puts a sign in the place of a number that names something.
fn number(word: &str, before: Option<&str>) -> String {
    let core = word.trim_matches(['[', ']', '(', ')', ',', ';']);
    let is_number = !core.is_empty() && core.bytes().all(|byte| byte.is_ascii_digit());
    let is_enclosed = word.starts_with(['[', '(']) && core.len() < word.len();
    let is_named = before.is_none_or(|before| NAMING.contains(&before)) || is_enclosed;
    if is_number && is_named && word != "[1]" {
        return word.replace(core, "#");
    }
    // The last two numbers are those of the buildroot and of its repo.
    if let Some(path) = word.strip_prefix("/var/lib/mock/") {
        let tag = path.rsplitn(3, '-').last().unwrap_or_default();
        return format!("/var/lib/mock/{tag}-#-#/");
    }
    for mark in ["taskID=", "repoID=", "buildID=", "work/tasks/"] {
        if let Some(at) = word.find(mark) {
            let (head, tail) = word.split_at(at + mark.len());
            let is_path = mark.ends_with('/');
            let tail = tail.trim_start_matches(|c: char| c.is_ascii_digit() || is_path && c == '/');
            return format!("{head}#{tail}");
        }
    }
    word.to_owned()
}

/// Returns each task of a watched tree once, with its last state; the lines that count them are
/// redundant.
fn tree(lines: &[String]) -> Vec<String> {
    let mut last: Vec<(String, String)> = Vec::new();
    for line in lines {
        let Some((task, states)) = line.split_once(": ") else { continue };
        // A fault may hold the arrow.
        let is_failed = states.contains("FAILED: ");
        let state = match (states.find("FAILED: "), states.rsplit_once(" -> ")) {
            (Some(at), _) if is_failed => &states[at..],
            (_, Some((_, state))) => state,
            (_, None) => states,
        };
        let has_ended = is_failed || state == "canceled";
        let state = if has_ended && task.contains(" buildArch (") { "<not closed>" } else { state };
        match last.iter_mut().find(|(known, _)| known == task) {
            Some((_, known)) => *known = state.to_owned(),
            None => last.push((task.to_owned(), state.to_owned())),
        }
    }
    let mut lines: Vec<String> =
        last.into_iter().map(|(task, state)| line(&format!("{task}: {state}"))).collect();
    lines.sort_unstable();
    lines
}

/// Sorts the tasks of a tree that are printed one after the other, separated by empty lines.
fn blocks(lines: &[String]) -> Vec<String> {
    let mut blocks: Vec<&[String]> =
        lines.split(|line| line.is_empty()).filter(|block| !block.is_empty()).collect();
    blocks.sort_unstable();
    blocks.join(&String::new())
}

#[test]
fn what_may_differ_is_taken_out_and_nothing_else() {
    let there = "Watching tasks (this may be safely interrupted)...\n46 build (f99, x): free\n  \
                 47 tagBuild (noarch): closed\n46 build (f99, x): free -> closed\n  0 free  2 done\n\n";
    let here = "Watching tasks (this may be safely interrupted)...\n6 build (f99, x): closed\n  \
                7 tagBuild (noarch): free -> closed\n";
    let tree = |text: &str| {
        alike(text, "http://x").into_iter().filter(|l| !l.is_empty()).collect::<Vec<_>>()
    };
    assert_eq!(tree(there), tree(here));
    assert_ne!(tree(there), tree(&here.replace("-> closed", "-> canceled")));
    let one = |text: &str| alike(text, "http://x").concat();
    assert_eq!(one("Finished: Sun, 22 Nov 2026 12:02:42 UTC"), "Finished: <time>");
    assert_eq!(one("Build: bash-5.2-1.f99 (6)"), "Build: bash-5.2-1.f99 (#)");
    assert_eq!(one("x86-01 Y   Y    1.0/4.0  x86_64  -"), "x86-01 Y Y <load>/4.0 x86_64 -");
    assert_eq!(one("Weight: 12"), "Weight: 12");
}
