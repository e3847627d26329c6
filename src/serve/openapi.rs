//! The description of the REST API, as OpenAPI 3.1.

use serde_json::{Map, Value, json};

/// What lists of module builds may be asked by, each with what it means.
const BUILD_FILTERS: &[(&str, &str)] = &[
    ("state", "A state by name or number; several by repeating."),
    ("name", "The module."),
    ("stream", "Its stream."),
    ("version", "Its version."),
    ("context", "Its context."),
    ("owner", "Who submitted it."),
    ("scmurl", "Where its document is from."),
    ("koji_tag", "The tag of its components."),
    ("nsvc", "name:stream:version:context; the end may be left out."),
    ("rpm", "An RPM of it."),
    ("virtual_stream", "Another name of its stream, of a base module; several by repeating."),
    ("stream_version_lte", "The number of its stream is not above this one, of a base module."),
    ("base_module_br", "The base module that it is built on, as N:S:V:C."),
    ("submitted_after", "Submitted then or later."),
    ("submitted_before", "Submitted then or earlier."),
    ("modified_after", "Changed then or later."),
    ("modified_before", "Changed then or earlier."),
    ("completed_after", "Ended then or later."),
    ("completed_before", "Ended then or earlier."),
];

const COMPONENT_FILTERS: &[(&str, &str)] = &[
    ("state", "koji's state by name or number; several by repeating."),
    ("package", "The package."),
    ("nvr", "What was built."),
    ("task_id", "koji's task."),
    ("module_build", "The number of its module build."),
];

const PAGING: &[(&str, &str)] = &[
    ("page", "The page, from 1."),
    ("per_page", "Rows on a page, 10 when left out and 1000 at most."),
    ("order_by", "A column, rising; several by repeating. Not with order_desc_by."),
    ("order_desc_by", "A column, falling; several by repeating. Not with order_by."),
    ("verbose", "true: every field."),
];

/// Returns the description.
#[must_use]
pub fn openapi() -> Value {
    let mut paths = Map::new();
    for version in [1, 2] {
        let mut add = |path: &str, methods: Value| {
            paths.insert(format!("/module-build-service/{version}/{path}"), methods);
        };
        add("about/", json!({"get": get("What the service is", &[], &[200])}));
        add("rebuild-strategies/", json!({"get": get("How much may be reused", &[], &[200])}));
        let submitted = "Submit a module build: one for each context";
        add(
            "module-builds/",
            json!({
                "get": get("Module builds", &[BUILD_FILTERS, PAGING].concat(), &[200, 400]),
                "post": write(submitted, "Submission", 201, &[400, 401, 403, 409, 413, 422, 429, 503]),
            }),
        );
        add(
            "module-builds/{id}",
            by_number(json!({
                "get": get("A module build", &[("verbose", "true: every field.")], &[200, 404]),
                "patch": write("Cancel a module build", "Cancel", 200, &[400, 401, 403, 404, 413, 429, 503]),
            })),
        );
        add(
            "module-builds/{id}/messages",
            by_number(json!({
                "get": get("What happened to a module build", PAGING, &[200, 404]),
            })),
        );
        add(
            "component-builds/",
            json!({
                "get": get("Component builds", &[COMPONENT_FILTERS, PAGING].concat(), &[200, 400]),
            }),
        );
        add(
            "component-builds/{id}",
            by_number(json!({
                "get": get("A component build", &[("verbose", "true: every field.")], &[200, 404]),
            })),
        );
        add(
            "component-builds/{id}/messages",
            by_number(json!({
                "get": get("What happened to a component", PAGING, &[200, 404]),
            })),
        );
        add(
            "import-module/",
            json!({
                "post": write("Import a module", "Import", 201, &[400, 401, 403, 413, 422, 429, 503]),
            }),
        );
    }
    paths.insert(
        "/healthz".to_owned(),
        json!({"get": get("Whether the store answers", &[], &[200])}),
    );
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "modplan serve",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Builds modules on request, with the API of the Module Build Service.",
        },
        "paths": paths,
        "components": {"schemas": schemas(), "securitySchemes": {
            "token": {"type": "http", "scheme": "bearer", "description": "Of the identity provider."},
        }},
    })
}

/// Adds the number in a path to its methods.
fn by_number(mut methods: Value) -> Value {
    methods["parameters"] = json!([{
        "name": "id", "in": "path", "required": true,
        "schema": {"type": "integer", "minimum": 1},
    }]);
    methods
}

fn get(summary: &str, parameters: &[(&str, &str)], statuses: &[u16]) -> Value {
    let parameter = |(name, description): &(&str, &str)| {
        json!({
            "name": name, "in": "query", "description": description,
            "schema": {"type": "array", "items": {"type": "string"}},
        })
    };
    let parameters: Vec<Value> = parameters.iter().map(parameter).collect();
    json!({"summary": summary, "parameters": parameters, "responses": responses(statuses)})
}

fn write(summary: &str, schema: &str, good: u16, bad: &[u16]) -> Value {
    let reference = format!("#/components/schemas/{schema}");
    json!({
        "summary": summary,
        "security": [{"token": []}, {}],
        "requestBody": {
            "required": true,
            "content": {"application/json": {"schema": {"$ref": reference}}},
        },
        "responses": responses(&[&[good], bad].concat()),
    })
}

fn responses(statuses: &[u16]) -> Value {
    let response = |status: &u16| {
        let (description, schema) = match status {
            200 => ("As asked", json!({})),
            201 => ("Submitted or imported", json!({})),
            400 => ("The request is wrong", error()),
            401 => ("Who sends it is not known", error()),
            403 => ("Who sends it may not", error()),
            404 => ("It is not there", error()),
            409 => ("The build is there and has not failed", error()),
            413 => ("The body is too large", error()),
            422 => ("The document cannot be built", error()),
            429 => ("Too many requests", error()),
            _ => ("The store, the sources or the identity provider are away", error()),
        };
        let content = json!({"application/json": {"schema": schema}});
        (status.to_string(), json!({"description": description, "content": content}))
    };
    Value::Object(statuses.iter().map(response).collect())
}

fn error() -> Value {
    json!({"$ref": "#/components/schemas/Error"})
}

fn schemas() -> Value {
    let text = json!({"type": ["string", "null"]});
    let streams = json!({
        "type": "object",
        "additionalProperties": {"type": "array", "items": {"type": "string"}},
    });
    json!({
        "Error": {
            "type": "object",
            "required": ["status", "error", "message"],
            "properties": {
                "status": {"type": "integer"},
                "error": {"type": "string"},
                "message": {"type": "string"},
            },
        },
        "Submission": {
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "scmurl": text, "branch": text, "modulemd": text, "module_name": text,
                "module_stream": text, "owner": text, "rebuild_strategy": text,
                "scratch": {"type": "boolean"},
                "buildrequire_overrides": streams, "require_overrides": streams,
                "rpm_component_ref_overrides": {
                    "type": "object", "additionalProperties": {"type": "string"},
                },
            },
        },
        "Cancel": {
            "type": "object",
            "required": ["state"],
            "properties": {"state": {"enum": ["failed", "4", 4]}},
        },
        "Import": {
            "type": "object",
            "required": ["scmurl"],
            "additionalProperties": false,
            "properties": {"scmurl": {"type": "string"}},
        },
    })
}
