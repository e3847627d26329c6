//! The section `serve`: where the service listens, who may use it, and what it takes.

use std::net::{IpAddr, SocketAddr};

use super::check::{address, yes_no};
use super::keys::{AUTH, OIDC, PROXY, SERVE};
use super::{Auth, Oidc, Proxy, Serve};
use crate::settings::{self, Node, Reader, Value};

/// Reads the section.
pub(super) fn serve(reader: &mut Reader, node: &Node) -> Serve {
    let section = reader.section(node, "serve", SERVE);
    let usual = Serve::default();
    let serve = Serve {
        listen: reader.value(&section, "listen", socket).unwrap_or(usual.listen),
        auth: section.find("auth").and_then(|node| auth(reader, node)).unwrap_or_default(),
        admins: reader.values(&section, "admins", settings::text).unwrap_or_default(),
        submitters: reader.values(&section, "submitters", settings::text).unwrap_or_default(),
        first_id: reader.value(&section, "first_id", settings::positive_count),
        takes_yaml: reader.value(&section, "yaml", yes_no).unwrap_or_default(),
    };
    let is_loopback = serve.listen.parse::<SocketAddr>().is_ok_and(|at| at.ip().is_loopback());
    if serve.auth == Auth::None && !is_loopback {
        let message = "`serve.listen` must be an address of the loopback interface, such as \
                       127.0.0.1:8080, where `serve.auth` is none";
        reader.wrong(node.place, message);
    }
    serve
}

fn socket(text: &str) -> Result<String, String> {
    match text.parse::<SocketAddr>() {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => {
            Err(format!("must be an address and a port, such as 127.0.0.1:8080, not `{text}`"))
        }
    }
}

fn auth(reader: &mut Reader, node: &Node) -> Option<Auth> {
    if let Value::Text(text) = &node.value {
        if text != "none" {
            reader.wrong(node.place, "`serve.auth` must be none, or hold `proxy` or `oidc`");
        }
        return Some(Auth::None);
    }
    let section = reader.section(node, "serve.auth", AUTH);
    match (section.find("proxy"), section.find("oidc")) {
        (Some(node), None) => proxy(reader, node).map(Auth::Proxy),
        (None, Some(node)) => oidc(reader, node).map(Auth::Oidc),
        (None, None) | (Some(_), Some(_)) => {
            reader.wrong(node.place, "`serve.auth` must be none, or hold `proxy` or `oidc`");
            None
        }
    }
}

fn proxy(reader: &mut Reader, node: &Node) -> Option<Proxy> {
    let section = reader.section(node, "serve.auth.proxy", PROXY);
    let header = reader.required(&section, "header", header);
    reader.require(&section, "from");
    let from = reader.values(&section, "from", ip);
    if section.find("from").is_some_and(|node| node.value == Value::List(Vec::new())) {
        reader.wrong(node.place, "`serve.auth.proxy.from` is empty: nobody could send anything");
    }
    let groups_header = reader.value(&section, "groups_header", self::header);
    Some(Proxy { header: header?, groups_header, from: from? })
}

fn header(text: &str) -> Result<String, String> {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if text.is_empty() || !text.chars().all(is_fine) {
        return Err(format!(
            "must be the name of an HTTP header, such as X-Remote-User, not `{text}`"
        ));
    }
    Ok(text.to_ascii_lowercase())
}

fn ip(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| format!("must be an IP address, not `{text}`"))
}

fn oidc(reader: &mut Reader, node: &Node) -> Option<Oidc> {
    let section = reader.section(node, "serve.auth.oidc", OIDC);
    let introspection = reader.required(&section, "introspection", address);
    let userinfo = reader.required(&section, "userinfo", address);
    let client_id = reader.required(&section, "client_id", settings::text);
    let secret_file = reader.required(&section, "secret_file", settings::text);
    let required_scope = reader.value(&section, "required_scope", settings::text);
    Some(Oidc {
        introspection: introspection?,
        userinfo: userinfo?,
        client_id: client_id?,
        secret_file: secret_file?,
        required_scope,
    })
}
