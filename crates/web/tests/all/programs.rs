//! Programs over HTTP: what each role finds, the directory's tree and lists, imports of files, hostile files.

use crate::api_session::api;
use crate::harness::{Client, Reply, Server};
use base::{Cx, Role};
use encoding_rs::GB18030;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::Write;

const CSV: [(&str, &str); 1] = [("Content-Type", "text/csv")];
const HEAD: &str = "名称,统一社会信用代码,类别,等级,上级代码,区,街道,地址,电话,在用,启用日期";
const D1: &str = "12339901000000002U";

/// The small city of the directory's own tests.
fn city() -> (Server, Client) {
    let server = Server::start();
    let system = server.system();
    let given: Value = serde_json::from_str(include_str!("../../../programs/src/directory/given/city.json")).unwrap();
    let entry = |resource: &Value| {
        let url = format!("{}/{}", resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap());
        json!({ "resource": resource, "request": { "method": "PUT", "url": url } })
    };
    let entries: Vec<Value> = given["records"].as_array().unwrap().iter().map(entry).collect();
    system.post("/", &json!({ "resourceType": "Bundle", "type": "batch", "entry": entries })).expect(200);
    follow(&server);
    (server, system)
}

fn follow(server: &Server) {
    runtime::reactions::catch_up(&Cx::platform(), &server.store, &programs::reactions()).unwrap();
}

fn get(server: &Server, client: &Client, path: &str) -> Reply {
    client.get(&format!("http://{}/api/programs{path}", server.address))
}

fn send(server: &Server, client: &Client, operation: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    client.send("POST", &format!("http://{}/api/programs/directory/{operation}", server.address), headers, Some(body))
}

fn names(described: &Value, part: &str) -> Vec<String> {
    let items = described[part].as_array().unwrap().iter();
    items.map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

fn directory(described: &Value) -> Option<&Value> {
    described["programs"].as_array().unwrap().iter().find(|program| program["name"] == "directory")
}

#[test]
fn each_role_finds_what_it_may_use() {
    let (server, system) = city();
    let described = get(&server, &system, "").expect(200);
    let all = directory(&described).unwrap();
    assert_eq!(all["title"], json!({"zh": "机构与资源目录", "en": "Directory"}));
    assert!(names(all, "operations").contains(&"import".to_owned()));
    let import = all["operations"].as_array().unwrap().iter().find(|one| one["name"] == "import").unwrap();
    assert_eq!((&import["method"], &import["body"]), (&json!("POST"), &json!("text/csv")));
    let clinician = server.user("doctor", Role::Clinician, Some("org-h1"));
    let seen = get(&server, &clinician, "").expect(200);
    let seen = directory(&seen).unwrap();
    assert!(!names(seen, "operations").contains(&"import".to_owned()));
    assert_eq!(names(seen, "lists"), ["institutions", "posts", "beds", "equipment", "services", "areas", "alliances"]);
    let paths = |described: &Value| {
        let screens = directory(described).unwrap()["screens"].as_array().unwrap().clone();
        screens.iter().map(|screen| screen["path"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(paths(&described), ["/directory", "/directory/map", "/directory/areas", "/directory/import"]);
    let resident = server.user("someone", Role::Resident, Some("person"));
    let seen = get(&server, &resident, "").expect(200);
    assert_eq!(names(directory(&seen).unwrap(), "lists"), ["institutions", "services", "areas", "alliances"]);
    assert_eq!(paths(&seen), ["/directory", "/directory/map", "/directory/areas"]);
    let admin = server.user("boss", Role::Admin, None);
    assert!(directory(&get(&server, &admin, "").expect(200)).is_none());
    get(&server, &server.nobody(), "").refused(401, "login", "token");
}

#[test]
fn what_may_not_be_used_or_is_not_there_is_refused() {
    let (server, system) = city();
    let resident = server.user("someone", Role::Resident, Some("person"));
    let doctor = server.user("doctor", Role::Clinician, Some("org-h1"));
    let admin = server.user("boss", Role::Admin, None);
    get(&server, &resident, "/directory/lists/posts").refused(403, "forbidden", "resident");
    get(&server, &admin, "/directory/tree").refused(403, "forbidden", "admin");
    get(&server, &doctor, "/directory/lists/changes").refused(403, "forbidden", "clinician");
    send(&server, &doctor, "import", &CSV, b"x").refused(403, "forbidden", "clinician");
    get(&server, &server.nobody(), "/directory/tree").refused(401, "login", "token");
    get(&server, &system, "/nothing/tree").refused(404, "not-found", "directory");
    get(&server, &system, "/directory/nothing").refused(404, "not-found", "no operation");
    get(&server, &system, "/directory/lists/nothing").refused(404, "not-found", "no list");
    get(&server, &system, "/directory/import").refused(405, "not-supported", "POST");
    send(&server, &system, "tree", &CSV, b"").refused(405, "not-supported", "GET");
    get(&server, &system, "/directory/tree?x=1").refused(400, "invalid", "`x`");
    get(&server, &system, "/directory/tree?parent=a&parent=b").refused(400, "invalid", "twice");
    get(&server, &system, "/directory/institution").refused(400, "invalid", "`id`");
    get(&server, &system, "/directory/institution?id=x").refused(404, "not-found", "`x`");
    get(&server, &system, "/directory/lists/institutions?page=x").refused(400, "invalid", "start again");
    get(&server, &system, "/directory/lists/institutions?format=xml").refused(400, "invalid", "`csv`");
    send(&server, &system, "preview", &[("Content-Type", "application/json")], b"{}").refused(
        415,
        "not-supported",
        "CSV",
    );
}

#[test]
fn tree_lists_and_pages() {
    let (server, system) = city();
    let tree = get(&server, &system, "/directory/tree?parent=org-d1").expect(200);
    let ids: Vec<&str> = tree["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["org-h1", "org-c1"]);
    let resident = server.user("someone", Role::Resident, Some("person"));
    let shown = get(&server, &resident, "/directory/institution?id=org-h1").expect(200);
    assert_eq!((&shown["beds"], &shown["posts"]), (&json!(52), &Value::Null));
    for list in ["institutions", "posts", "beds", "equipment", "services", "areas"] {
        let whole = get(&server, &system, &format!("/directory/lists/{list}?count=500")).expect(200);
        let mut rows = Vec::new();
        let mut path = format!("/directory/lists/{list}?count=2");
        loop {
            let page = get(&server, &system, &path).expect(200);
            rows.extend(page["rows"].as_array().unwrap().clone());
            let Some(next) = page["next"].as_str() else { break };
            path = format!("/directory/lists/{list}?count=2&page={next}");
        }
        assert_eq!(Value::Array(rows), whole["rows"], "{list}");
    }
}

#[test]
fn a_list_is_downloaded_without_formulas() {
    let (server, system) = city();
    let evil = json!({"resourceType": "Organization", "id": "evil", "name": "=HYPERLINK(\"http://x\")"});
    system.put("/Organization/evil", &evil).expect(201);
    follow(&server);
    let reply = get(&server, &system, "/directory/lists/institutions?format=csv&sort=name");
    assert_eq!(reply.header("content-type"), "text/csv; charset=utf-8");
    assert!(reply.header("content-disposition").starts_with("attachment"));
    assert_eq!((reply.header("cache-control"), reply.header("x-content-type-options")), ("no-store", "nosniff"));
    let lines: Vec<&str> = reply.body.lines().collect();
    assert!(lines[0].trim_start_matches('\u{feff}').starts_with("名称,统一社会信用代码,类别"), "{}", lines[0]);
    assert_eq!(lines.len(), 9);
    assert!(reply.body.contains("\"'=HYPERLINK(\"\"http://x\"\")\","), "{}", reply.body);
    assert!(reply.body.contains("平川市第一人民医院,91350100M000100Y43,综合医院,三级甲等,东湾区,望海街道"));
}

#[test]
fn a_file_is_previewed_imported_and_then_the_same() {
    let (server, system) = city();
    let text = format!(
        "{HEAD}\r\n望海街道社区卫生服务中心,123399010000000055,,,,,,新地址7号,,,\r\n潮音护理院,12339901000000100,,,,,,,,,\r\n"
    );
    let text = text.replace("12339901000000100,", &format!("{},", code(100)));
    let preview = send(&server, &system, "preview", &CSV, text.as_bytes()).expect(200);
    assert_eq!((&preview["create"], &preview["change"], &preview["errors"]), (&json!(1), &json!(1), &json!(0)));
    // As an office saves it, as a script sends it, and packed.
    let (office, _, _) = GB18030.encode(&text);
    let office = [b"\x84\x31\x95\x33".as_slice(), &office].concat();
    let done = send(&server, &system, "import", &CSV, &office).expect(200);
    assert_eq!((&done["rows"][0]["id"], &done["rows"][0]["line"]), (&json!("org-c1"), &json!(2)));
    assert_eq!(done["rows"][1]["id"], format!("org-{}", code(100)));
    let marked = [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&marked).unwrap();
    let packed = encoder.finish().unwrap();
    let position = server.store.position();
    let again = send(&server, &system, "import", &[CSV[0], ("Content-Encoding", "gzip")], &packed).expect(200);
    assert_eq!((&again["create"], &again["change"], &again["same"]), (&json!(0), &json!(0), &json!(2)));
    assert_eq!(server.store.position(), position);
    follow(&server);
    let found = get(&server, &system, &format!("/directory/lists/institutions?q={}", code(100))).expect(200);
    assert_eq!(found["rows"][0]["name"]["name"], "潮音护理院");
    let changes = get(&server, &system, "/directory/lists/changes?count=2").expect(200);
    let who: Vec<&Value> = changes["rows"].as_array().unwrap().iter().map(|row| &row["who"]).collect();
    assert_eq!(who, ["system", "system"]);
    let read = system.get("/Organization/org-c1").expect(200);
    assert_eq!(read["meta"]["versionId"], "2");
    assert_eq!(read["address"][0]["text"], "新地址7号");
}

/// A valid code with this number in it.
fn code(number: u64) -> String {
    let body = format!("12339901{number:09}");
    let letters = "0123456789ABCDEFGHJKLMNPQRTUWXY".chars();
    letters.map(|last| format!("{body}{last}")).find(|code| identity::OrganisationCode::parse(code).is_ok()).unwrap()
}

#[test]
fn one_wrong_line_refuses_the_whole_file() {
    let (server, system) = city();
    let position = server.store.position();
    let wrong = format!("{HEAD}\n好医院,{},A100,,,,,,,,\n坏医院,{},Q999,,,,,,,,\n", code(1), code(2));
    let refused = send(&server, &system, "import", &CSV, wrong.as_bytes());
    refused.refused(
        400,
        "invalid",
        "第 3 行，类别：没有机构类别 `Q999`；请使用代码表中的代码或名称 / line 3, 类别: there is no kind",
    );
    let circle = format!("{HEAD}\n东湾区卫生健康委员会,{D1},,,91350100M000100Y43,,,,,,\n");
    send(&server, &system, "import", &CSV, circle.as_bytes()).refused(400, "invalid", "belong to itself");
    assert_eq!(server.store.position(), position);
}

#[test]
fn an_officer_keeps_the_own_district_only() {
    let (server, _) = city();
    let officer = server.user("officer", Role::Officer, Some("org-d1"));
    let own = format!("{HEAD}\n东湾卫生站,{},B200,,{D1},,,,,,\n", code(7));
    send(&server, &officer, "import", &CSV, own.as_bytes()).expect(200);
    let other = format!("{HEAD}\n西岭区中医医院,123399010000000042,,,,,,别处,,,\n");
    send(&server, &officer, "import", &CSV, other.as_bytes()).refused(400, "invalid", "outside your district");
    let lost = server.user("lost", Role::Officer, Some("nowhere"));
    send(&server, &lost, "import", &CSV, own.as_bytes()).refused(400, "invalid", "your district");
    // Nothing else became writable.
    officer.put("/Organization/x", &json!({"resourceType": "Organization", "id": "x"})).refused(
        403,
        "forbidden",
        "officer",
    );
}

#[test]
fn hostile_files_are_refused_with_what_is_wrong() {
    let (server, system) = city();
    let rows = |count: usize| {
        let mut text = format!("{HEAD}\n");
        (0..count).for_each(|nth| text.push_str(&format!("医院{nth},{},,,,,,,,,\n", "X".repeat(18))));
        text
    };
    let position = server.store.position();
    send(&server, &system, "import", &CSV, rows(100_000).as_bytes()).refused(
        413,
        "too-costly",
        "more than 10001 lines",
    );
    send(&server, &system, "import", &CSV, &vec![b'a'; 9 << 20]).refused(413, "too-costly", "bytes");
    send(&server, &system, "import", &CSV, &vec![b'a'; 65 << 20]).refused(413, "too-costly", "larger");
    send(&server, &system, "import", &CSV, b"name,code\n\0,\0\n").refused(400, "invalid", "NUL");
    send(&server, &system, "import", &CSV, b"\xff\xfen\0").refused(400, "invalid", "UTF-16");
    send(&server, &system, "import", &CSV, b"\x81\x20\xff").refused(400, "invalid", "GB18030");
    send(&server, &system, "import", &CSV, b"").refused(400, "invalid", "empty");
    send(&server, &system, "import", &CSV, b"name,code\n\"open,1").refused(400, "invalid", "never closed");
    let formula = format!("name,code\n=cmd|x,{}\n", code(3));
    send(&server, &system, "import", &CSV, formula.as_bytes()).refused(400, "invalid", "formula");
    let commas = ",".repeat(5_000_000);
    send(&server, &system, "import", &CSV, commas.as_bytes()).refused(413, "too-costly", "64 cells");
    // The file that is just allowed is judged line by line, and not all flaws are told.
    let reply = send(&server, &system, "import", &CSV, rows(10_000).as_bytes());
    assert_eq!(reply.status, 400);
    assert!(reply.json()["issue"].as_array().unwrap().len() <= 51, "{}", reply.body.len());
    assert_eq!(server.store.position(), position);
}

#[test]
fn a_session_needs_its_header_to_change_anything() {
    let (server, _) = city();
    let admin = server.user("boss", Role::Admin, None);
    let password = "a long enough password";
    let account =
        json!({"name": "keeper", "display": "keeper", "role": "integration", "scope": null, "password": password});
    api(&server, &admin, "POST", "/accounts", &[], Some(&account)).expect(201);
    let sign_in = json!({"name": "keeper", "password": password});
    let session = api(&server, &server.nobody(), "POST", "/session", &[], Some(&sign_in));
    let cookie = session.header("set-cookie").split(';').next().unwrap().to_owned();
    let csrf = session.expect(200)["csrf"].as_str().unwrap().to_owned();
    let body = format!("{HEAD}\n好医院,{},A100,,,,,,,,\n", code(1));
    let without = [("Cookie", cookie.as_str()), CSV[0]];
    send(&server, &server.nobody(), "import", &without, body.as_bytes()).refused(403, "forbidden", "X-CSRF");
    let with = [("Cookie", cookie.as_str()), ("X-CSRF", csrf.as_str()), CSV[0]];
    send(&server, &server.nobody(), "import", &with, body.as_bytes()).expect(200);
}
