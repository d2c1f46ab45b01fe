//! The reference page, made from the settings and the limits.

use super::ALL;

const HEAD: &str = "\
# Configuration

This page is printed by `jingluo admin settings`; do not edit it by hand.

A setting is given, the later winning over the earlier, as a line `name = value` in the file `jingluo.conf` in the data
folder, as an environment variable (`JINGLUO_` and the name in capitals), or on the command line: `--listen`,
`--tls-cert`, `--tls-key`, `--plain`, and `--set NAME=VALUE` for every setting. A name that is not listed here is an error.

| setting | default | values | what it does |
|---|---|---|---|
";

/// The page as Markdown.
pub fn reference() -> String {
    let mut page = HEAD.to_owned();
    for setting in ALL {
        let default = if setting.default.is_empty() { "–".to_owned() } else { format!("`{}`", setting.default) };
        page.push_str(&format!("| `{}` | {default} | {} | {} |\n", setting.name, setting.values, setting.text));
    }
    page.push_str(
        "\nFixed limits (of bodies, pages, nesting, searches and so on) are no settings: they are listed with their \
         reasons in `crates/base/src/limits.rs`, and an error that comes from one names it.\n",
    );
    page
}
