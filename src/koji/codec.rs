//! Calls and answers as XML-RPC.
//!
//! `dxr` handles the XML. This module adds what a client of arbitrary servers needs: a limit on the
//! nesting of values (its reader recurses), readable errors, and koji's encoding of faults.

use dxr::{FaultResponse, MethodCall, MethodResponse};

use super::fault::Fault;
use super::value::Value;

/// The maximum nesting of values; those of koji nest some ten levels.
const DEPTH_MAX: usize = 128;
/// The number of characters shown of a text that is not XML-RPC.
const SHOWN_CHARS: usize = 120;
const HEAD: &str = "<?xml version='1.0'?>\n";

/// Why a text is not an XML-RPC call or answer, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The problem.
    pub reason: String,
    /// The beginning of a text that is not XML-RPC. It may repeat the request, including secrets.
    pub start: Option<String>,
}

impl std::error::Error for Malformed {}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reason)?;
        self.start.as_ref().map_or(Ok(()), |start| write!(f, ": {start:?}"))
    }
}

impl From<String> for Malformed {
    fn from(reason: String) -> Self {
        Self { reason, start: None }
    }
}

/// Writes a call: its method and its positional parameters.
#[must_use]
pub fn write_call(method: &str, params: Vec<Value>) -> String {
    if params.is_empty() {
        // The specification allows omitting the element, but koji's client never does.
        return format!(
            "{HEAD}<methodCall><methodName>{method}</methodName><params></params></methodCall>"
        );
    }
    let params = params.into_iter().map(to_dxr).collect();
    let call = MethodCall { name: method.into(), params };
    format!("{HEAD}{}", call.to_xml().expect("every value can be written"))
}

/// Reads a call.
pub fn read_call(text: &str) -> Result<(String, Vec<Value>), Malformed> {
    check_depth(text)?;
    let call = MethodCall::from_xml(text).map_err(|_| malformed(text, "methodCall"))?;
    let params = call.params.into_iter().map(from_dxr).collect::<Result<_, _>>()?;
    Ok((call.name.into_owned(), params))
}

/// Writes an answer: a value or a fault.
#[must_use]
pub fn write_answer(answer: Result<Value, Fault>) -> String {
    let xml = match answer {
        Ok(value) => MethodResponse { value: to_dxr(value) }.to_xml(),
        Err(fault) => {
            let code = i32::try_from(fault.code()).unwrap_or(1);
            FaultResponse { fault: dxr::Fault::new(code, fault.text) }.to_xml()
        }
    };
    format!("{HEAD}{}", xml.expect("every value can be written"))
}

/// Reads an answer; a fault is an answer too.
pub fn read_answer(text: &str) -> Result<Result<Value, Fault>, Malformed> {
    check_depth(text)?;
    if is_fault(text) {
        let answer =
            FaultResponse::from_xml(text).map_err(|_| malformed(text, "methodResponse"))?;
        return Ok(Err(Fault::new(i64::from(answer.fault.code()), answer.fault.string())));
    }
    let answer = MethodResponse::from_xml(text).map_err(|_| malformed(text, "methodResponse"))?;
    from_dxr(answer.value).map(Ok)
}

/// Returns the Adler-32 checksum of RFC 1950, with which both sides check uploads.
#[must_use]
pub fn adler32(bytes: &[u8]) -> u32 {
    const BASE: u32 = 65_521;
    let (mut a, mut b) = (1_u32, 0_u32);
    for &byte in bytes {
        a = (a + u32::from(byte)) % BASE;
        b = (b + a) % BASE;
    }
    b << 16 | a
}

/// Writes bytes in base64 of RFC 4648, as koji sends pieces of files.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bytes = [chunk[0], *chunk.get(1).unwrap_or(&0), *chunk.get(2).unwrap_or(&0)];
        let number = u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]);
        for digit in 0..4 {
            let at = number >> (18 - 6 * digit) & 63;
            out.push(if digit <= chunk.len() { char::from(DIGITS[at as usize]) } else { '=' });
        }
    }
    out
}

/// Returns whether a fault comes before any parameter.
fn is_fault(text: &str) -> bool {
    let params = memchr::memmem::find(text.as_bytes(), b"<param");
    let fault = memchr::memmem::find(text.as_bytes(), b"<fault");
    fault.is_some_and(|fault| params.is_none_or(|params| fault < params))
}

/// Refuses values that nest deeper than any of koji's.
fn check_depth(text: &str) -> Result<(), Malformed> {
    let mut depth = 0_usize;
    let bytes = text.as_bytes();
    for at in memchr::memchr_iter(b'<', bytes) {
        let tag = &bytes[at + 1..];
        if tag.starts_with(b"value") {
            depth += 1;
        } else if tag.starts_with(b"/value") {
            depth = depth.saturating_sub(1);
        }
        if depth > DEPTH_MAX {
            return Err(format!("values nest more than {DEPTH_MAX} levels deep").into());
        }
    }
    Ok(())
}

/// Describes an unexpected text.
fn malformed(text: &str, expected: &str) -> Malformed {
    let start = text.trim_start();
    let is_html = ["<!doctype html", "<html"]
        .iter()
        .any(|mark| start.get(..mark.len()).is_some_and(|head| head.eq_ignore_ascii_case(mark)));
    let has_start = text.contains(&format!("<{expected}"));
    let has_end = text.trim_end().ends_with(&format!("</{expected}>"));
    let reason = match () {
        () if start.is_empty() => return "an empty text".to_owned().into(),
        () if is_html => "an HTML page, perhaps from a proxy or a login page",
        () if has_start && !has_end => "XML-RPC that breaks off",
        () if has_start => "XML-RPC that cannot be understood",
        () => "no XML-RPC",
    };
    let words: Vec<&str> = start.split_whitespace().take(SHOWN_CHARS).collect();
    let shown: String = words.join(" ").chars().take(SHOWN_CHARS).collect();
    // XML-RPC may contain a session key.
    Malformed { reason: reason.to_owned(), start: (!has_start).then_some(shown) }
}

fn to_dxr(value: Value) -> dxr::Value {
    match value {
        Value::Nil => dxr::Value::Nil,
        Value::Bool(is_it) => dxr::Value::Boolean(is_it),
        Value::Int(number) => match i32::try_from(number) {
            Ok(number) => dxr::Value::Integer(number),
            Err(_) => dxr::Value::Long(number),
        },
        Value::Double(number) => dxr::Value::Double(number),
        Value::Text(text) => dxr::Value::String(text),
        Value::Bytes(bytes) => dxr::Value::Base64(bytes),
        Value::Date(text) => match text.parse() {
            Ok(date) => dxr::Value::DateTime(date),
            Err(_) => dxr::Value::String(text),
        },
        Value::List(items) => dxr::Value::Array(items.into_iter().map(to_dxr).collect()),
        Value::Struct(members) => {
            dxr::Value::Struct(members.into_iter().map(|(name, v)| (name, to_dxr(v))).collect())
        }
    }
}

fn from_dxr(value: dxr::Value) -> Result<Value, Malformed> {
    Ok(match value {
        dxr::Value::Nil => Value::Nil,
        dxr::Value::Boolean(is_it) => Value::Bool(is_it),
        dxr::Value::Integer(number) => Value::Int(number.into()),
        dxr::Value::Long(number) => Value::Int(number),
        dxr::Value::Double(number) => Value::Double(number),
        dxr::Value::String(text) => Value::Text(text),
        dxr::Value::Base64(bytes) => Value::Bytes(bytes),
        dxr::Value::DateTime(date) => Value::Date(date.to_string()),
        dxr::Value::Array(items) => {
            Value::List(items.into_iter().map(from_dxr).collect::<Result<_, _>>()?)
        }
        dxr::Value::Struct(members) => {
            let members = members.into_iter().map(|(name, v)| Ok((name, from_dxr(v)?)));
            Value::Struct(members.collect::<Result<_, Malformed>>()?)
        }
        _ => return Err("a value of an unknown type".to_owned().into()),
    })
}
