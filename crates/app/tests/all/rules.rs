//! Shipped rules: those of the demonstration city hold where its data are, and nowhere else.

use crate::http::Client;
use crate::jingluo::{Server, fails, ok};
use tempfile::tempdir;

const TABLE: &str = "/api/rules/recognition.window";

/// Windows that the demonstration city has set for itself.
pub fn of_the_city(client: &Client) -> u64 {
    client.get(&format!("{TABLE}?scope=city")).json()["total"].as_u64().unwrap()
}

#[test]
fn a_real_folder_has_no_rule_of_the_demonstration_city() {
    let place = tempdir().unwrap();
    let data = place.path().join("data");
    let dir = data.to_str().unwrap();
    let server = Server::start(&data);
    let tables = server.client.get("/api/rules").json();
    for table in tables["tables"].as_array().unwrap() {
        let name = table["name"].as_str().unwrap();
        let rows = server.client.get(&format!("/api/rules/{name}?count=500")).json();
        for row in rows["rows"].as_array().unwrap() {
            assert_eq!(row["scope"]["level"], "nation", "{row}");
            assert!(!row.to_string().contains("演示"), "{row}");
        }
    }
    let shipped = server.client.get(TABLE).json()["total"].as_u64().unwrap();
    assert!(shipped > 20, "{shipped}");
    // Somebody has imported the files of a city: one command brings its rules, another takes them out.
    assert!(ok(&["admin", "rules", "demonstration", "--data", dir]).contains(" 0 taken out"));
    let own = of_the_city(&server.client);
    assert!(own > 100, "{own}");
    assert!(server.stop().success());
    let server = Server::start(&data);
    assert_eq!(of_the_city(&server.client), own, "they stay");
    ok(&["admin", "rules", "shipped", "--data", dir]);
    assert_eq!(of_the_city(&server.client), 0);
    assert_eq!(server.client.get(TABLE).json()["total"], shipped);
    assert!(fails(&["admin", "rules", "--data", dir]).contains("demonstration, shipped"));
    assert!(fails(&["admin", "rules", "demonstration", "--data", "/nowhere/at/all"]).contains("no data folder"));
}

#[test]
fn a_city_brings_its_own_rules() {
    let place = tempdir().unwrap();
    let data = place.path().join("data");
    ok(&["city", "--residents", "100", "--days", "1", "--only", "registrations", "--data", data.to_str().unwrap()]);
    let server = Server::start(&data);
    assert!(of_the_city(&server.client) > 100);
}
