//! Recorded exchanges with real hubs against koji's typed calls and answers.

mod canonical;
mod mutants;

use std::fs;
use std::path::{Path, PathBuf};

use modplan::koji::calls::{self, SubCall};
use modplan::koji::shapes::Upload;
use modplan::koji::{Arguments, Fault, FaultKind, Value, codec};
use serde::Deserialize;

use crate::support;
use canonical::canonical;

/// One recorded exchange.
#[derive(Deserialize)]
struct Exchange {
    n: u32,
    method: String,
    req_file: String,
    resp_file: String,
    #[serde(skip)]
    directory: PathBuf,
}

impl Exchange {
    /// Returns the request; `None` for an upload and for a GET, which are not XML.
    fn request(&self) -> Option<String> {
        let text = read(&self.directory.join(&self.req_file))?;
        text.contains("<methodCall").then_some(text)
    }

    fn answer(&self) -> Option<String> {
        let text = read(&self.directory.join(&self.resp_file))?;
        text.contains("<methodResponse").then_some(text)
    }

    fn name(&self) -> String {
        format!("{} {}", self.directory.join(&self.req_file).display(), self.n)
    }
}

fn read(path: &Path) -> Option<String> {
    String::from_utf8(fs::read(path).ok()?).ok()
}

/// Returns every recorded exchange; `None` where the recordings are absent.
fn exchanges() -> Option<Vec<Exchange>> {
    let mut all = Vec::new();
    for sub in ["wire/koji", "wire/koji-worker"] {
        let directory = support::shared(sub)?;
        let index = fs::read(directory.join("index.json")).expect("the index is there");
        let exchanges: Vec<Exchange> = serde_json::from_slice(&index).expect("an index");
        all.extend(exchanges.into_iter().map(|e| Exchange { directory: directory.clone(), ..e }));
    }
    Some(all)
}

/// The outcome of a request.
#[derive(PartialEq)]
enum Written {
    Typed,
    /// By the codec alone: koji has no such method, or refused its arguments.
    Untyped,
}

/// Writes a recorded call again and compares both; koji's answer shows whether it may be refused.
fn write_again(exchange: &Exchange, text: &str) -> Written {
    let (method, params) = codec::read_call(text).expect("a call");
    let typed = calls::of(&method).map(|entry| (entry.respell)(Arguments::of(params.clone())));
    let (params, written) = match typed {
        Some(Ok(arguments)) => (arguments.into_params(), Written::Typed),
        Some(Err(fault)) => {
            let answer = exchange.answer().and_then(|text| codec::read_answer(&text).ok());
            assert!(matches!(answer, Some(Err(_))), "{}: {fault}", exchange.name());
            (params, Written::Untyped)
        }
        None => (params, Written::Untyped),
    };
    let again = codec::write_call(&method, params);
    assert_eq!(canonical(&again), canonical(text), "{}", exchange.name());
    written
}

#[test]
#[expect(clippy::print_stdout, reason = "the counts are part of the evidence")]
fn recorded_requests_are_written_again_byte_for_byte() {
    let Some(all) = exchanges() else { return };
    let written: Vec<Written> = all
        .iter()
        .filter_map(|exchange| Some(write_again(exchange, &exchange.request()?)))
        .collect();
    let typed = written.iter().filter(|written| **written == Written::Typed).count();
    println!("recorded requests reproduced from typed calls: {typed}");
    println!("recorded requests through the codec alone: {}", written.len() - typed);
    assert!(typed > 400 && written.len() > 460, "{typed} of {}", written.len());
}

/// Returns whether an answer has everything recorded; koji may omit nil members.
fn covers(typed: &Value, recorded: &Value) -> Result<(), String> {
    match (typed, recorded) {
        (Value::Struct(typed), Value::Struct(recorded)) => {
            for (name, value) in recorded {
                let own = typed.get(name).unwrap_or(&Value::Nil);
                covers(own, value).map_err(|why| format!("{name}: {why}"))?;
            }
            Ok(())
        }
        (Value::List(typed), Value::List(recorded)) if typed.len() == recorded.len() => {
            typed.iter().zip(recorded).try_for_each(|(typed, recorded)| covers(typed, recorded))
        }
        _ if typed == recorded => Ok(()),
        _ => Err(format!("{typed:?} for {recorded:?}")),
    }
}

/// Reads an answer as its method's own type.
fn read_typed(method: &str, answer: &Value) -> Result<(), String> {
    let own = match method {
        "rawUpload" | "upload" => {
            Value::of(&answer.clone().read::<Upload>().map_err(|e| e.to_string())?)
        }
        // These return their arguments; a plug-in's test method says hello.
        "echo" => Value::List(answer.as_list().ok_or("no list")?.to_vec()),
        "hello" => answer.as_str().ok_or("no text")?.into(),
        _ => {
            let entry = calls::of(method).ok_or_else(|| format!("no typed call {method}"))?;
            (entry.reread)(answer.clone()).map_err(|mismatch| mismatch.to_string())?
        }
    };
    covers(&own, answer)
}

/// Reads each answer of a multicall as the type of its own call.
fn read_each(request: &str, answers: &Value) -> Result<(), String> {
    let (_, params) = codec::read_call(request).map_err(|error| error.to_string())?;
    let calls: Vec<SubCall> = params[0].clone().read().map_err(|error| error.to_string())?;
    let answers = answers.as_list().ok_or("no list")?;
    assert_eq!(calls.len(), answers.len());
    for (call, answer) in calls.iter().zip(answers) {
        match answer.as_list() {
            Some([one]) => read_typed(&call.method, one)?,
            Some(_) => return Err("a list of other than one".to_owned()),
            None => {
                let code = answer.get("faultCode").and_then(Value::as_int);
                code.ok_or("neither a list nor a fault")?;
            }
        }
    }
    Ok(())
}

#[test]
#[expect(clippy::print_stdout, reason = "the counts are part of the evidence")]
fn recorded_answers_are_read_as_typed_values() {
    let Some(all) = exchanges() else { return };
    let (mut values, mut faults) = (0, 0);
    for exchange in &all {
        let Some(text) = exchange.answer() else { continue };
        match codec::read_answer(&text).expect("an answer") {
            Ok(answer) => {
                let request = exchange.request();
                let read = match (exchange.method.as_str(), request) {
                    ("multiCall", Some(request)) => read_each(&request, &answer),
                    (method, _) => read_typed(method, &answer),
                };
                assert_eq!(read, Ok(()), "{}", exchange.name());
                values += 1;
            }
            Err(fault) => {
                assert!(!matches!(fault.kind, FaultKind::Other(_)), "{}", exchange.name());
                faults += 1;
            }
        }
    }
    println!("recorded answers read as typed values: {values}, as typed faults: {faults}");
    assert!(values + faults > 465, "{values} and {faults}");
}

#[test]
fn every_kind_of_value_goes_through_xml_and_back() {
    let long = 1 << 40;
    let values = vec![
        Value::Nil,
        Value::Bool(true),
        Value::Int(i64::from(i32::MIN)),
        Value::Int(long),
        Value::Int(-long),
        Value::Double(1_795_348_964.303_519),
        Value::Double(0.0),
        "".into(),
        " blanks and\r\n<&>\"' é ".into(),
        Value::Bytes(vec![0, 255, 10]),
        Value::Date("20261122T12:02:28".to_owned()),
        Value::List(Vec::new()),
        Value::Struct([("a b".to_owned(), Value::List(vec![Value::Nil]))].into()),
    ];
    let text = codec::write_call("echo", values.clone());
    assert!(text.contains("<i8>1099511627776</i8>"), "{text}");
    assert_eq!(codec::read_call(&text), Ok(("echo".to_owned(), values.clone())));
    let answer = codec::write_answer(Ok(Value::List(values.clone())));
    assert_eq!(codec::read_answer(&answer), Ok(Ok(Value::List(values))));
    let fault = Fault::new(1005, "error building package (arch aarch64)");
    assert_eq!(codec::read_answer(&codec::write_answer(Err(fault.clone()))), Ok(Err(fault)));
    let bare = "<?xml version='1.0'?><methodResponse><params><param><value>x</value></param></params>\
                </methodResponse>";
    assert_eq!(codec::read_answer(bare), Ok(Ok("x".into())));
}

#[test]
fn what_is_no_answer_is_named() {
    let read = |text: &str| codec::read_answer(text).expect_err("no answer").to_string();
    assert_eq!(read(""), "an empty text");
    assert!(
        read("<!DOCTYPE html><html><body>Bad Gateway</body></html>")
            .starts_with("an HTML page, perhaps from a proxy or a login page: \"<!DOCTYPE html>")
    );
    assert_eq!(read("<methodResponse><params><param><val"), "XML-RPC that breaks off");
    assert_eq!(
        read(
            "<methodResponse><params><param><value><int>x</int></value></param></params></methodResponse>"
        ),
        "XML-RPC that cannot be understood"
    );
    assert_eq!(read("Invalid request: x"), "no XML-RPC: \"Invalid request: x\"");
    let deep = "<value><array><data>".repeat(100_000);
    assert_eq!(read(&format!("<methodResponse>{deep}")), "values nest more than 128 levels deep");
}
