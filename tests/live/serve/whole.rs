//! The service as a program under what may happen to it: killed, beside another one, and asked wrongly.

use serde_json::json;

use super::client::{Site, document};

#[test]
fn a_killed_process_is_replaced_by_one_that_builds_nothing_twice() {
    let Some(site) = Site::new(&[]) else { return };
    let service = site.serve(&[]);
    let text = document("app", "1", "", &["app", "apptool", "applib"]);
    let answer = service.post("module-builds/", &json!({"modulemd": text}));
    assert_eq!(answer.status, 201, "{}", answer.body);
    let id = answer.json()[0]["id"].as_u64().expect("a number");
    service.build_in(id, &["wait", "build", "done"]);
    drop(service);
    let service = site.serve(&[]);
    let build = service.build_in(id, &["ready"]);
    let inits = build["state_trace"].as_array().expect("a list");
    assert_eq!(inits.iter().filter(|step| step["state_name"] == "init").count(), 1);
    assert_eq!(service.get("module-builds/?name=app")["meta"]["total"], 1);
}

#[test]
fn wrong_requests_are_refused_and_the_service_goes_on() {
    let Some(site) = Site::new(&[]) else { return };
    let service = site.serve(&[]);
    let at = "/module-build-service/2/module-builds/";
    let ask = |method: &str, path: &str| service.ask(method, path, None).status;
    assert_eq!(ask("DELETE", at), 405);
    assert_eq!(ask("POST", "/module-build-service/2/about/"), 405);
    assert_eq!(ask("GET", "/module-build-service/3/about/"), 404);
    assert_eq!(ask("GET", "/etc/passwd"), 404);
    assert_eq!(ask("POST", at), 400);
    let huge = format!(
        "POST {at} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 52428800\r\n\r\n{}",
        "x".repeat(3 << 20)
    );
    assert_eq!(service.raw(huge.as_bytes()).status, 413);
    let flood = format!("GET {at} HTTP/1.1\r\nHost: x\r\n{}\r\n", "A: b\r\n".repeat(100_000));
    assert!(matches!(service.raw(flood.as_bytes()).status, 0 | 431));
    let body = json!({"scmurl": "file:///etc/passwd?#1", "branch": "f28"});
    assert_eq!(service.post("module-builds/", &body).status, 403);
    let foreign = |line: &str| {
        let text = format!(
            "POST {at} HTTP/1.1\r\n{line}Connection: close\r\nContent-Length: 2\r\n\r\n{{}}"
        );
        service.raw(text.as_bytes()).status
    };
    assert_eq!(foreign("Host: 127.0.0.1\r\nOrigin: https://evil.example.org\r\n"), 403);
    assert_eq!(foreign("Host: rebound.example.org\r\n"), 403);
    assert_eq!(foreign("Host: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\n"), 400);
    let answer = service.ask("GET", "/healthz", None);
    assert!(answer.head.contains("content-type: application/json"), "{}", answer.head);
    assert_eq!((answer.status, answer.body.as_str()), (200, "{\"status\":\"ok\"}"));
}

#[test]
fn pages_figures_and_the_description_are_there() {
    let Some(site) = Site::new(&[]) else { return };
    let service = site.serve(&[]);
    let text = document("app", "1", "", &["app"]).replace("summary: s", "summary: <script>");
    let answer = service.post("module-builds/", &json!({"modulemd": text, "owner": "<b>kim"}));
    assert_eq!(answer.status, 201, "{}", answer.body);
    service.build_in(2, &["ready"]);
    let page = service.ask("GET", "/", None);
    assert!(page.body.contains("<a href=\"/builds/2\">app:1:"), "{}", page.body);
    assert!(page.body.contains("ready, ") && page.body.contains("&lt;b&gt;kim"), "{}", page.body);
    assert!(page.head.contains("content-security-policy: default-src 'none'"), "{}", page.head);
    let page = service.ask("GET", "/builds/2", None);
    assert!(page.body.contains("batch 2, complete, app-"), "{}", page.body);
    assert_eq!(service.ask("GET", "/builds/99", None).status, 404);
    let figures = service.ask("GET", "/metrics", None);
    assert!(
        figures.body.contains("modplan_module_builds{state=\"ready\"} 2\n"),
        "{}",
        figures.body
    );
    assert!(figures.body.contains("modplan_requests_total{method=\"POST\",status=\"201\"} 1\n"));
    let openapi = service.ask("GET", "/openapi.json", None).json();
    assert!(openapi["paths"]["/module-build-service/2/module-builds/"]["post"].is_object());
}
