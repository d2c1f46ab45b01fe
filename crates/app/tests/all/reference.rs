//! The settings' reference page is what the binary prints.

use crate::jingluo::{fails, ok};

#[test]
fn the_page_is_what_the_binary_prints() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
    let written = std::fs::read_to_string(page).unwrap_or_default();
    let printed = ok(&["admin", "settings"]);
    assert!(written == printed, "run: jingluo admin settings > docs/configuration.md");
}

#[test]
fn every_command_has_a_help_and_names_what_it_does_not_know() {
    for words in
        [&["serve"][..], &["demo"], &["city"], &["import"], &["check"], &["admin", "token"], &["admin", "account"]]
    {
        let help = ok(&[words, &["--help"]].concat());
        assert!(help.contains("--data"), "{help}");
        let error = fails(&[words, &["--unknown"]].concat());
        assert!(error.contains("`--unknown`"), "{error}");
    }
    assert!(fails(&["srve"]).contains("`srve`"));
    assert!(fails(&["admin", "tken"]).contains("tken"));
}

#[test]
fn an_unknown_setting_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("jingluo.conf"), "listn = 127.0.0.1:0\n").unwrap();
    let error = fails(&["check", "--data", folder.path().to_str().unwrap()]);
    assert!(error.contains("`listn`") && error.contains("line 1"), "{error}");
}
