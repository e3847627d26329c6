use super::*;

mod messages;

const HEADER: &str = "package,method,arch,run_seconds,outcome";

fn read(text: &str) -> History {
    History::read(&[("trace.csv", text.as_bytes())])
}

fn history(rows: &[&str]) -> History {
    let history = read(&format!("{HEADER}\n{}\n", rows.join("\n")));
    assert_eq!(history.findings, []);
    history
}

fn estimate(history: &History, package: &str, arch: &str) -> (u64, &'static str) {
    let (run, from) = history.estimate(BUILD_ARCH, &package.into(), &arch.into());
    (run.0 / 1000, from.as_str())
}

fn samples(history: &History, package: &str, arch: &str) -> Samples {
    history.samples(BUILD_ARCH, &package.into(), &arch.into())
}

/// Line, column, code and message of every finding.
fn told(history: &History) -> Vec<(u32, u32, Code, &str)> {
    let findings = history.findings.iter();
    findings.map(|f| (f.place.line, f.place.column, f.code, f.message.as_str())).collect()
}

#[test]
fn an_estimate_is_the_median_and_falls_back_one_step_at_a_time() {
    let history = history(&[
        "perl,buildArch,x86_64,100,closed",
        "perl,buildArch,x86_64,300,closed",
        "perl,buildArch,x86_64,110,closed",
        "perl,buildArch,s390x,900,failed",
        "httpd,buildArch,s390x,40,closed",
        "httpd,buildArch,s390x,50,closed",
        "perl,buildSRPMFromSCM,noarch,7,closed",
    ]);
    assert_eq!(estimate(&history, "perl", "x86_64"), (110, "package-arch"));
    assert_eq!(estimate(&history, "perl", "s390x"), (110, "package"));
    assert_eq!(estimate(&history, "php", "s390x"), (45, "arch"));
    // 40 50 100 110 300: the SRPM row is of another method.
    assert_eq!(estimate(&history, "php", "aarch64"), (100, "all"));
    let tag = history.estimate(TAG_BUILD, &"perl".into(), &"noarch".into());
    assert_eq!(tag, (Millis::from_secs(2), EstimateFrom::Default));
}

#[test]
fn the_median_of_an_even_number_is_rounded_to_a_millisecond() {
    let history =
        history(&["perl,buildArch,x86_64,0.001,closed", "perl,buildArch,x86_64,0.004,closed"]);
    let (run, _) = history.estimate(BUILD_ARCH, &"perl".into(), &"x86_64".into());
    assert_eq!(run, Millis(3));
}

#[test]
fn without_a_trace_the_defaults_hold() {
    let history = History::default();
    let seconds = [BUILD_ARCH, BUILD_SRPM, TAG_BUILD, CREATEREPO].map(|method| {
        let (run, from) = history.estimate(method, &"perl".into(), &"x86_64".into());
        assert_eq!(from, EstimateFrom::Default);
        run.0 / 1000
    });
    assert_eq!(seconds, [600, 30, 2, 60]);
    let draw = samples(&history, "perl", "x86_64").replay(3);
    assert_eq!(draw, Draw { run: Millis::from_secs(600), outcome: RowOutcome::Closed });
}

#[test]
fn other_fallbacks_hold_where_nothing_is_recorded_and_nowhere_else() {
    let fallback = Fallback {
        build_arch: Millis::from_secs(7),
        build_srpm: Millis::from_secs(5),
        tag_build: Millis::from_secs(3),
        createrepo: Millis::from_secs(1),
    };
    let history = History::default().with_fallback(fallback.clone());
    let seconds = [BUILD_ARCH, BUILD_SRPM, TAG_BUILD, CREATEREPO].map(|method| {
        let drawn = history.samples(method, &"perl".into(), &"x86_64".into()).replay(1);
        let (run, _) = history.estimate(method, &"perl".into(), &"x86_64".into());
        assert_eq!(run, drawn.run);
        run.0 / 1000
    });
    assert_eq!(seconds, [7, 5, 3, 1]);
    let text = b"package,method,arch,run_seconds,outcome\nperl,buildArch,x86_64,42,closed\n";
    let history = History::read(&[("t.csv", text)]).with_fallback(fallback);
    let run = |method| history.estimate(method, &"bash".into(), &"x86_64".into()).0.0 / 1000;
    assert_eq!((run(BUILD_ARCH), run(TAG_BUILD)), (42, 3));
}

#[test]
fn replay_takes_the_rows_in_order_then_round_again() {
    let history = history(&[
        "perl,buildArch,x86_64,10,failed",
        "perl,buildArch,x86_64,99,canceled",
        "perl,buildArch,x86_64,20,closed",
        "perl,buildArch,x86_64,30,closed",
    ]);
    let samples = samples(&history, "perl", "x86_64");
    let replayed: Vec<_> = (1..=4).map(|attempt| samples.replay(attempt)).collect();
    let draw = |seconds, outcome| Draw { run: Millis::from_secs(seconds), outcome };
    assert_eq!(
        replayed,
        [
            draw(10, RowOutcome::Failed),
            draw(20, RowOutcome::Closed),
            draw(30, RowOutcome::Closed),
            draw(10, RowOutcome::Failed),
        ]
    );
    assert_eq!(samples.replay_closed(3), Millis::from_secs(20));
    assert_eq!(samples.replay_failed(2), Millis::from_secs(10));
}

#[test]
fn a_package_that_only_failed_fails_again_and_its_success_is_estimated_from_others() {
    let history = history(&["perl,buildArch,x86_64,10,failed", "httpd,buildArch,x86_64,70,closed"]);
    let perl = samples(&history, "perl", "x86_64");
    assert_eq!(perl.replay(1).outcome, RowOutcome::Failed);
    assert_eq!(perl.replay(1).run, Millis::from_secs(10));
    assert_eq!((perl.replay_closed(1), perl.from), (Millis::from_secs(70), EstimateFrom::Arch));
    // A failure elsewhere says nothing about a package without rows: it passes.
    let php = samples(&history, "php", "x86_64");
    assert_eq!(php.replay(1), Draw { run: Millis::from_secs(70), outcome: RowOutcome::Closed });
}

#[test]
fn five_rows_are_resampled_as_they_are() {
    let rows: Vec<String> = (1..=5).map(|n| format!("perl,buildArch,x86_64,{n},closed")).collect();
    let history = history(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    let samples = samples(&history, "perl", "x86_64");
    let drawn = [0.0, 0.19, 0.2, 0.5, 0.999].map(|uniform| samples.resample(uniform).run.0);
    assert_eq!(drawn, [1000, 1000, 2000, 3000, 5000]);
}

#[test]
fn few_rows_shrink_towards_the_pool() {
    // Two packages of two rows each: ln 100, ln 400 and ln 1600, ln 6400, in units of ln 2.
    // Means m, m + 4 (grand m + 2); within = (1+1+1+1)/2 = 2; of means = 8; between = 8 - 2/2 = 7.
    // The mean of the first weighs 2·7/(2·7 + 2) = 7/8: level m + 2/8, that is 200·2^0.25.
    let history = history(&[
        "small,buildArch,x86_64,100,closed",
        "small,buildArch,x86_64,400,closed",
        "large,buildArch,x86_64,1600,closed",
        "large,buildArch,x86_64,6400,closed",
    ]);
    let samples = samples(&history, "small", "x86_64");
    // Residuals are -1, 1, -1, 1, stretched by sqrt 2. The second uniform is the rest of the first.
    let step = 2_f64.powf(2_f64.sqrt());
    let level = 200.0 * 2_f64.powf(0.25);
    let near = |run: Millis, seconds: f64| (run.as_secs_f64() - seconds).abs() < 0.001;
    assert!(near(samples.resample(0.05).run, level / step));
    assert!(near(samples.resample(0.2).run, level * step));
    assert!(near(samples.resample(0.7).run, level * step));
}

#[test]
fn a_pool_that_never_varies_is_drawn_without_spread() {
    let history = history(&["perl,buildArch,x86_64,60,closed", "php,buildArch,x86_64,60,closed"]);
    let samples = samples(&history, "perl", "x86_64");
    for uniform in [0.0, 0.3, 0.99] {
        assert_eq!(samples.resample(uniform).run, Millis::from_secs(60));
    }
}

#[test]
fn what_a_build_is_made_of_follows_the_rows() {
    let history = history(&[
        "perl,buildArch,x86_64,60,closed",
        "perl,buildArch,noarch,60,closed",
        "docs,buildArch,noarch,60,closed",
        "llvm,build,ppc64le,60,closed",
        "mixed,build,x86_64,60,closed",
        "mixed,buildArch,x86_64,60,closed",
    ]);
    let shape = |package: &str| history.build_shape(&package.into());
    assert_eq!(shape("perl"), BuildShape::PerArch);
    assert_eq!(shape("docs"), BuildShape::Noarch);
    assert_eq!(shape("llvm"), BuildShape::Whole("ppc64le".into()));
    assert_eq!(shape("mixed"), BuildShape::PerArch);
    assert_eq!(shape("unknown"), BuildShape::Unknown);
}

#[test]
fn optional_columns_are_read_and_may_be_empty() {
    let history = read(
        "package,method,arch,run_seconds,outcome,queued_seconds,started_at,module,nvr,source\n\
         perl,buildArch,x86_64,1.5,closed,30,2026-11-22T12:00:00Z,perl:5.30,perl-5.30-1,dump\n\
         \"perl\",buildArch,noarch,,canceled,,,,,\n",
    );
    assert_eq!(history.findings, []);
    let row = &history.rows()[0];
    assert_eq!(row.run, Millis(1500));
    assert_eq!(row.queued, Some(Millis::from_secs(30)));
    assert_eq!(row.started_at, Some("2026-11-22T12:00:00Z".parse().unwrap()));
    assert_eq!(row.module.as_deref(), Some("perl:5.30"));
    assert_eq!(history.rows()[1].nvr, None);
    assert_eq!(history.files[0].records, 2);
}

#[test]
fn each_wrong_field_is_told_with_line_and_column_and_its_row_left_out() {
    let history = read(&format!(
        "{HEADER}\n\
         perl,buildArch,x86_64,-3,closed\n\
         perl,buildArch,x86_64,soon,exploded\n\
         \n\
         perl,buildArch,x86_64,NaN,closed\n\
         \"pé,rl\",buildArch,x86_64,1e300,closed\n\
         perl,buildArch,x86_64\n\
         perl,,x86_64,1,closed\n\
         perl,buildArch,x86_64,5,closed\n"
    ));
    assert_eq!(
        told(&history),
        [
            (2, 23, Code::TraceTime, "run_seconds `-3` is negative"),
            (3, 23, Code::TraceTime, "run_seconds `soon` is not a number of seconds"),
            (3, 28, Code::TraceOutcome, "unknown outcome `exploded`"),
            (5, 23, Code::TraceTime, "run_seconds `NaN` is not a number of seconds"),
            (6, 26, Code::TraceTime, "run_seconds `1e300` is longer than a year"),
            (7, 22, Code::TraceRow, "the row has 3 fields, the header 5"),
            (8, 6, Code::TraceRow, "`method` is empty"),
        ]
    );
    assert!(history.is_wrong());
    assert_eq!(history.rows().len(), 1);
}

#[test]
fn a_start_is_read_in_three_formats_and_refused_where_a_clock_was_wrong() {
    let header = "package,method,arch,run_seconds,outcome,started_at";
    let start = |text: &str| read(&format!("{header}\nperl,buildArch,x86_64,1,closed,{text}\n"));
    for text in ["1617147032.156", "2021-03-30 23:30:32.156", "2021-03-31T01:30:32.156+02:00"] {
        let history = start(text);
        assert_eq!(history.findings, [], "{text}");
        let moment = Some("2021-03-30T23:30:32.156Z".parse().unwrap());
        assert_eq!(history.rows()[0].started_at, moment, "{text}");
    }
    for (text, why) in [
        ("1970-01-01T00:00:00Z", "is before the year 2001"),
        ("2199-01-01T00:00:00Z", "is after the year 2100"),
        ("soon", "is not a time"),
    ] {
        let message = format!("started_at `{text}` {why}");
        assert_eq!(told(&start(text)), [(2, 32, Code::TraceTime, &*message)]);
    }
}

#[test]
fn a_build_without_a_package_is_told() {
    let history =
        read(&format!("{HEADER}\n,buildArch,x86_64,1,closed\n,createrepo,noarch,1,closed\n"));
    assert_eq!(told(&history), [(2, 1, Code::TraceRow, "`package` is empty")]);
    assert_eq!(history.rows().len(), 1);
}

#[test]
fn missing_and_repeated_columns_stop_the_file_and_name_themselves() {
    let history = read("package,method,arch,arch,run_secs\nperl,buildArch,x86_64,x86_64,1\n");
    assert_eq!(
        told(&history),
        [
            (1, 21, Code::TraceColumn, "column `arch` occurs twice"),
            (1, 26, Code::TraceColumnUnknown, "unknown column `run_secs` is ignored"),
            (1, 34, Code::TraceColumn, "columns are missing: `run_seconds`, `outcome`"),
        ]
    );
    assert_eq!(history.rows(), []);
    for nothing in ["", "\n\n"] {
        assert_eq!(told(&read(nothing))[0].2, Code::TraceColumn, "{nothing:?}");
    }
}

#[test]
fn an_odd_method_and_a_repeated_task_are_warnings() {
    let history = read(
        "package,method,arch,run_seconds,outcome,started_at\n\
         perl,buildarch,x86_64,1,closed,2026-11-22T12:00:00Z\n\
         perl,buildarch,x86_64,1,closed,2026-11-22T12:00:00Z\n",
    );
    let codes: Vec<Code> = history.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::TraceMethod, Code::TraceDuplicate]);
    assert_eq!(history.findings[0].hint.as_deref(), Some("did you mean `buildArch`?"));
    assert!(!history.is_wrong());
    assert_eq!(history.rows().len(), 1);
}

#[test]
fn bytes_that_are_no_text_are_one_finding() {
    let history = History::read(&[("junk", &b"package\n\xff\xfe"[..])]);
    assert_eq!(told(&history), [(2, 1, Code::TraceText, "the trace is not UTF-8 text")]);
}

#[test]
fn a_history_of_one_row_far_off_names_it() {
    let runs = [100, 101, 99, 102, 98, 100, 103, 97, 900];
    let rows: Vec<String> =
        runs.iter().map(|run| format!("perl,buildArch,x86_64,{run},closed")).collect();
    let history = history(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    let outliers = history.outliers();
    assert_eq!(outliers.len(), 1, "{outliers:?}");
    assert_eq!(outliers[0].row.run, Millis::from_secs(900));
    assert_eq!(outliers[0].median, Millis::from_secs(100));
    assert!((outliers[0].times - 9.0).abs() < 1e-9);
}

#[test]
fn written_rows_read_back_and_keep_every_column() {
    let text = "package,method,arch,run_seconds,outcome,queued_seconds,started_at,module,nvr,source\n\
                perl,buildArch,x86_64,1.500,closed,30.000,2026-11-22T12:00:00Z,perl:5.30,perl-5.30-1,\"a, b\"\n\
                ,createrepo,noarch,60.000,failed,,,,,\n";
    let history = read(text);
    assert_eq!(history.findings, []);
    assert_eq!(history.to_csv(), text);
}

#[test]
fn a_fit_replaces_rows_where_there_are_enough_and_the_pool_where_there_are_few() {
    let many = (0..40).map(|n| format!("perl,buildArch,x86_64,{},closed", 100 + n * n));
    let few = ["php,buildArch,x86_64,300,closed".to_owned()];
    let rows: Vec<String> = many.chain(few).collect();
    let history = history(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(samples(&history, "perl", "x86_64").fits, None);
    let history = history.fitted();
    let closed = |package| samples(&history, package, "x86_64").fits.unwrap().closed;
    assert_eq!(closed("perl").rows, 40);
    assert!(closed("perl").goodness.is_some());
    let Family::Lognormal { sigma, .. } = closed("php").family else { panic!() };
    assert!(sigma > 0.0 && closed("php").goodness.is_none());
    // Nothing of php on s390x: the package on any arch; nothing of go: the pool of the arch.
    assert_eq!(samples(&history, "php", "s390x").from, EstimateFrom::Package);
    assert_eq!(closed("go").rows, 41);
    assert_eq!(history.fits().len(), 2);
}
