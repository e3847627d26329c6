//! Who may do what: by a proxy, and by the tokens of an identity provider.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::client::{Answer, Service, Site, document};

/// The token of the tests: it must stand in nothing that is kept or said.
const TOKEN: &str = "t0ken-of-kim-4711";
static ASKED: AtomicUsize = AtomicUsize::new(0);

/// An identity provider that knows the token of kim, who is a packager; returns its address.
fn provider() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut stream = stream;
            let mut bytes = vec![0; 8192];
            let mut request = String::new();
            // A request is whole when its body is as long as its head says.
            loop {
                let count = stream.read(&mut bytes).unwrap_or(0);
                request.push_str(&String::from_utf8_lossy(&bytes[..count]));
                let length = request.to_lowercase().split("content-length: ").nth(1).map(|rest| {
                    rest.split("\r\n").next().and_then(|text| text.parse().ok()).unwrap_or(0)
                });
                let body = request.split_once("\r\n\r\n").map(|(_, body)| body.len());
                if count == 0 || body.is_some_and(|body| body >= length.unwrap_or(0_usize)) {
                    break;
                }
            }
            ASKED.fetch_add(1, Ordering::SeqCst);
            let body = match request.contains(TOKEN) {
                false => json!({"active": false}),
                true if request.starts_with("POST /introspect") => {
                    json!({"active": true, "scope": "openid submit", "username": "kim"})
                }
                true => json!({"nickname": "kim", "groups": ["packager"]}),
            };
            let body = body.to_string();
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            drop(stream.write_all((head + &body).as_bytes()));
        }
    });
    format!("http://{address}")
}

/// Writes the way to log in into the configuration.
fn log_in_by(site: &Site, auth: &str) {
    site.case.write_config(|text| {
        text + &format!(
            "serve:\n  yaml: true\n  submitters: [packager]\n  admins: [releng]\n  auth: {auth}\n"
        )
    });
}

fn submit(service: &Service, headers: &str) -> Answer {
    let body = json!({"modulemd": document("app", "1", "", &["app"])}).to_string();
    let head = format!(
        "POST /module-build-service/2/module-builds/ HTTP/1.1\r\nHost: {}\r\n{headers}Connection: close\r\nContent-Length: {}\r\n\r\n",
        service.address,
        body.len()
    );
    service.raw((head + &body).as_bytes())
}

#[test]
fn only_the_proxy_says_who_somebody_is() {
    let Some(site) = Site::new(&["--speed", "1"]) else { return };
    log_in_by(&site, "{proxy: {header: X-User, groups_header: X-Groups, from: [127.0.0.1]}}");
    let service = site.serve(&[]);
    assert_eq!(service.get("about/")["auth_method"], "kerberos");
    assert_eq!(submit(&service, "").status, 401);
    assert_eq!(submit(&service, "X-User: kim\r\nX-User: root\r\n").status, 401);
    let answer = submit(&service, "X-User: kim\r\n");
    assert_eq!(answer.status, 403, "kim is in no group: {}", answer.body);
    let answer = submit(&service, "X-User: kim\r\nX-Groups: a, packager\r\n");
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.json()[0]["owner"], "kim");
    let cancel = |headers: &str| {
        let body = "{\"state\":\"failed\"}";
        let head = format!(
            "PATCH /module-build-service/1/module-builds/2 HTTP/1.1\r\nHost: {}\r\n{headers}Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
            service.address,
            body.len()
        );
        service.raw(head.as_bytes()).status
    };
    assert_eq!(cancel("X-User: alex\r\nX-Groups: packager\r\n"), 403);
    assert_eq!(cancel("X-User: alex\r\nX-Groups: releng\r\n"), 200);
    log_in_by(&site, "{proxy: {header: X-User, groups_header: X-Groups, from: [192.0.2.1]}}");
    let service = site.serve(&[]);
    let answer = submit(&service, "X-User: kim\r\nX-Groups: packager\r\n");
    assert_eq!(answer.status, 401, "nobody but the proxy: {}", answer.body);
}

#[test]
fn a_token_is_checked_and_kept_nowhere() {
    let Some(site) = Site::new(&["--speed", "1"]) else { return };
    let provider = provider();
    std::fs::write(site.case.path("secret"), "hidden-secret\n").expect("it is written");
    let oidc = |scope: &str, provider: &str| {
        format!(
            "{{oidc: {{introspection: \"{provider}/introspect\", userinfo: \"{provider}/userinfo\", client_id: mbs, \
             secret_file: {}, required_scope: {scope}}}}}",
            site.case.path("secret")
        )
    };
    log_in_by(&site, &oidc("submit", &provider));
    let service = site.serve(&[]);
    assert_eq!(service.get("about/")["auth_method"], "oidc");
    for (headers, wanted) in [
        (String::new(), 401),
        ("Authorization: Basic a2lt\r\n".to_owned(), 401),
        ("Authorization: Bearer \r\n".to_owned(), 401),
        ("Authorization: Bearer stale\r\n".to_owned(), 401),
        (format!("Authorization: Bearer {TOKEN}\r\n"), 201),
    ] {
        let answer = submit(&service, &headers);
        assert_eq!(answer.status, wanted, "{headers}: {}", answer.body);
        assert!(!answer.body.contains(TOKEN) && !answer.body.contains("hidden-secret"));
    }
    assert!(ASKED.load(Ordering::SeqCst) >= 3);
    assert_eq!(service.get("module-builds/2")["owner"], "kim");
    drop(service);
    let kept = std::fs::read(site.case.path("runs.db")).expect("it is there");
    let log = std::fs::read(site.case.path("runs.db-wal")).unwrap_or_default();
    for bytes in [kept, log] {
        let has = |secret: &str| bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(!has(TOKEN) && !has("hidden-secret"));
    }
    log_in_by(&site, &oidc("another", &provider));
    let answer = submit(&site.serve(&[]), &format!("Authorization: Bearer {TOKEN}\r\n"));
    assert!(answer.status == 401 && answer.body.contains("scope another"), "{}", answer.body);
    // Nobody listens where the provider was.
    let away = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    log_in_by(&site, &oidc("submit", &format!("http://{away}")));
    let answer = submit(&site.serve(&[]), &format!("Authorization: Bearer {TOKEN}\r\n"));
    assert_eq!(answer.status, 503, "{}", answer.body);
}
