use super::*;
use crate::orchestrate::{BuildId, Command, RepoMaker};

fn entries() -> Vec<Entry> {
    let build = BuildId(0);
    vec![
        (Timestamp(0), Event::Requested { request: 0, module: ModuleIx(3) }),
        (Timestamp(0), Event::Fetched { build }),
        (Timestamp(2500), Event::TargetMade { build }),
    ]
}

fn inputs() -> Inputs {
    let [trace, farm, scenario] = ["t", "none", "s"].map(str::to_owned);
    Inputs { trace, farm, scenario, limits: "at most 9 builds".to_owned() }
}

fn heading() -> Heading {
    Heading::new("r", inputs())
}

fn text() -> String {
    write(&heading(), &entries())
}

fn wrong(text: impl AsRef<[u8]>) -> (usize, String) {
    let error = read(text.as_ref(), &heading()).unwrap_err();
    (error.line, error.what)
}

#[test]
fn every_prefix_of_whole_lines_reads_back() {
    let text = text();
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    assert_eq!(ends.len(), 4);
    // No line, the heading, and the heading with each event.
    assert_eq!(read(b"", &heading()).unwrap(), []);
    for (end, kept) in ends.into_iter().zip(0..) {
        assert_eq!(read(&text.as_bytes()[..end], &heading()).unwrap(), entries()[..kept]);
    }
}

#[test]
fn a_cut_line_says_how_to_go_on() {
    let text = text();
    let error = read(&text.as_bytes()[..text.len() - 20], &heading()).unwrap_err();
    assert_eq!((error.line, &*error.what), (4, "the journal is cut inside this line"));
    assert_eq!(error.hint, "remove line 4 to go on from line 3");
    let error = read(&text.as_bytes()[..20], &heading()).unwrap_err();
    assert_eq!((error.line, &*error.hint), (1, "remove it to begin anew"));
}

#[test]
fn an_edited_line_is_told() {
    let text = text();
    let edited = text.replace("\"module\":3", "\"module\":4");
    assert_eq!(
        wrong(&edited),
        (2, "its check does not fit: this line or one before it was edited".to_owned())
    );
    assert_eq!(wrong(text.replace("2500", "2400")).0, 4);
    let lines: Vec<&str> = text.lines().collect();
    let gap = format!("{}\n{}\n{}\n", lines[0], lines[1], lines[3]);
    assert_eq!(wrong(&gap), (3, "event 2 stands where 1 is due".to_owned()));
    // Without its heading, or with the heading of another journal.
    let headless = "its heading is missing: this is the line of an event".to_owned();
    for first in [1, 2] {
        assert_eq!(wrong(lines[first..].join("\n") + "\n"), (1, headless.clone()));
    }
    let other = Heading::new("r", Inputs { trace: "u".to_owned(), ..inputs() });
    let mixed = Lines::new(other.clone()).heading() + &lines[1..].join("\n") + "\n";
    let error = read(mixed.as_bytes(), &other).unwrap_err();
    assert_eq!((error.line, error.what.contains("edited")), (2, true));
}

#[test]
fn a_line_that_is_no_text_is_told_and_lines_may_end_in_cr_lf() {
    let mut bytes = text().into_bytes();
    let second = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    bytes[second + 4] = 0xff;
    assert_eq!(wrong(&bytes), (2, "it is not UTF-8 from byte 5 on".to_owned()));
    let by_an_editor = text().replace('\n', "\r\n");
    assert_eq!(read(by_an_editor.as_bytes(), &heading()).unwrap(), entries());
}

#[test]
fn a_repo_says_by_whom_only_where_that_is_not_koji() {
    let row = |by| {
        let (build, module) = (BuildId(0), ModuleIx(0));
        let command = Box::new(Command::MakeRepo { build, module, attempt: 1, by });
        vec![(Timestamp(0), Event::Refused { command })]
    };
    let koji = write(&heading(), &row(RepoMaker::Koji));
    assert!(koji.contains(r#""make-repo":{"build":0,"module":0,"attempt":1}"#), "{koji}");
    assert_eq!(read(koji.as_bytes(), &heading()).unwrap(), row(RepoMaker::Koji));
    let own = write(&heading(), &row(RepoMaker::Orchestrator));
    assert!(own.contains(r#""make-repo":{"build":0,"module":0,"attempt":1,"by":"self"}"#), "{own}");
    assert_eq!(read(own.as_bytes(), &heading()).unwrap(), row(RepoMaker::Orchestrator));
}

#[test]
fn another_version_and_another_run_are_told() {
    let text = text();
    let told = |old| format!("it has format {old}, and this program reads format 3");
    for old in [1, 2] {
        let older = text.replace("\"format\":3", &format!("\"format\":{old}"));
        assert_eq!(wrong(older), (1, told(old)));
    }
    // As the first version began: without a heading.
    let first = r#"{"format":1,"run":"r","sequence":0,"time":0,"event":{"fetched":{"build":0}}}"#;
    assert_eq!(wrong(format!("{first}\n")), (1, told(1)));
    let other = Heading::new("s", inputs());
    let error = read(text.as_bytes(), &other).unwrap_err();
    assert_eq!(error.to_string(), "line 1: this is a journal of r, not of s");
    assert_eq!(wrong("garbage\n").0, 1);
    let unknown = text.replace("\"requested\"", "\"requisted\"");
    assert!(wrong(&unknown).1.starts_with("it is no journal row: unknown variant"));
}

#[test]
fn another_input_is_told_by_its_name() {
    let told = |change: fn(&mut Inputs)| {
        let mut inputs = inputs();
        change(&mut inputs);
        let error = read(text().as_bytes(), &Heading::new("r", inputs)).unwrap_err();
        assert_eq!((error.line, &*error.hint), (1, OTHER_RUN));
        error.what
    };
    assert_eq!(told(|inputs| inputs.scenario = "x".into()), "it was written with another scenario");
    assert_eq!(
        told(|inputs| (inputs.trace, inputs.farm) = ("x".into(), "y".into())),
        "it was written with another trace and another farm"
    );
    assert_eq!(
        told(|inputs| inputs.limits = "other".into()),
        "it was written with `at most 9 builds`, not `other`"
    );
}
