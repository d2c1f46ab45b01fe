//! Every setting of the platform: one documented constant each. `docs/configuration.md` is generated from this list
//! (`jingluo admin settings`), and a test holds the two equal.

mod load;
mod reference;

pub use load::load;
pub use reference::reference;

use anyhow::{Context, bail};
use base::zone::Zone;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// One setting. Its name in the environment is `JINGLUO_` and the name in capitals.
pub struct Setting {
    pub name: &'static str,
    pub default: &'static str,
    /// The unit or the allowed values.
    pub values: &'static str,
    pub text: &'static str,
}

pub const LISTEN: Setting = Setting {
    name: "listen",
    default: "127.0.0.1:8080",
    values: "address:port",
    text: "Where `serve` and `demo` listen; port 0 takes a free one and prints it. Without TLS only a loopback address \
           is accepted, unless `plain` is set.",
};
pub const TLS_CERT: Setting = Setting {
    name: "tls_cert",
    default: "",
    values: "file",
    text: "Certificate chain in PEM form. Needs `tls_key`. A new certificate is read at the next start.",
};
pub const TLS_KEY: Setting =
    Setting { name: "tls_key", default: "", values: "file", text: "Private key in PEM form (PKCS#8, PKCS#1 or SEC1)." };
pub const PLAIN: Setting = Setting {
    name: "plain",
    default: "no",
    values: "yes, no",
    text: "Serve without TLS on any address. Only behind a proxy that speaks TLS: passwords and records travel in the \
           clear up to it.",
};
pub const BASE_URL: Setting = Setting {
    name: "base_url",
    default: "",
    values: "URL",
    text: "The address by which clients reach the server, such as `https://record.example.org`; page links and \
           `Location` use it. Empty: made from `listen`.",
};
pub const ZONE: Setting = Setting {
    name: "zone",
    default: base::zone::ZONE_DEFAULT,
    values: "IANA time zone",
    text: "The zone of the city: dates without an offset are read in it, days are counted in it. Fixed for a data \
           folder once it holds records: what is indexed is not indexed again.",
};
pub const LOG_FORMAT: Setting = Setting {
    name: "log_format",
    default: "human",
    values: "human, json",
    text: "How log lines on standard error look.",
};
pub const LOG_LEVEL: Setting = Setting {
    name: "log_level",
    default: "info",
    values: "error, warn, info, debug, trace",
    text: "What is logged; also a list by module such as `info,web=debug`. No level logs personal data.",
};
pub const THREADS: Setting = Setting {
    name: "threads",
    default: "0",
    values: "0–256 threads",
    text: "Threads that serve connections; 0 is one for each processor.",
};
pub const READERS: Setting = Setting {
    name: "readers",
    default: "8",
    values: "1–256 connections",
    text: "Connections to the database that read at the same time.",
};
pub const CACHE_MIB: Setting = Setting {
    name: "cache_mib",
    default: "64",
    values: "1–65536 MiB",
    text: "Pages that the writer keeps in memory; each reader keeps an eighth of it.",
};
pub const DISK_RESERVE_MIB: Setting = Setting {
    name: "disk_reserve_mib",
    default: "256",
    values: "1–1048576 MiB",
    text: "Free space on the disk below which writes are refused with `busy`, so that reads can still be audited.",
};
pub const STORE_SYNC: Setting = Setting {
    name: "store_sync",
    default: "yes",
    values: "yes, no",
    text: "Whether an acknowledged write is on the disk before the answer. `no` is for tests of other things: a power \
           loss then loses acknowledged writes.",
};
pub const IMPORT_WORKERS: Setting = Setting {
    name: "import_workers",
    default: "3",
    values: "1–64 threads",
    text: "Threads of an import that parse and check; one more than there are processors is best.",
};
pub const CONNECTIONS_MAX: Setting = Setting {
    name: "connections_max",
    default: "2000",
    values: "1–100000",
    text: "Connections at the same time; more wait to be accepted.",
};
pub const HEADER_SECONDS_MAX: Setting = Setting {
    name: "header_seconds_max",
    default: "15",
    values: "1–600 s",
    text: "Time for the TLS handshake, and for the head of a request; a client that is slower is cut off.",
};
pub const IDLE_SECONDS_MAX: Setting = Setting {
    name: "idle_seconds_max",
    default: "75",
    values: "5–3600 s",
    text: "A connection on which nothing is sent or received for so long is closed.",
};
pub const STOP_SECONDS_MAX: Setting = Setting {
    name: "stop_seconds_max",
    default: "20",
    values: "1–600 s",
    text: "How long a stop (SIGTERM, SIGINT) waits for requests in work before it closes the store.",
};

/// All of them, in the order of the reference page.
pub const ALL: [&Setting; 18] = [
    &LISTEN,
    &TLS_CERT,
    &TLS_KEY,
    &PLAIN,
    &BASE_URL,
    &ZONE,
    &LOG_FORMAT,
    &LOG_LEVEL,
    &THREADS,
    &READERS,
    &CACHE_MIB,
    &DISK_RESERVE_MIB,
    &STORE_SYNC,
    &IMPORT_WORKERS,
    &CONNECTIONS_MAX,
    &HEADER_SECONDS_MAX,
    &IDLE_SECONDS_MAX,
    &STOP_SECONDS_MAX,
];

/// The settings of this process, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    pub listen: SocketAddr,
    /// Certificate chain and key.
    pub tls: Option<(PathBuf, PathBuf)>,
    pub plain: bool,
    /// Without a slash at the end; none if it is made from `listen`.
    pub base_url: Option<String>,
    pub zone: Zone,
    pub log_as_json: bool,
    pub log_level: String,
    pub threads: usize,
    pub readers: usize,
    pub cache_mib: usize,
    pub disk_reserve_bytes: u64,
    pub store_sync: bool,
    pub import_workers: usize,
    pub connections_max: usize,
    pub header_seconds_max: u64,
    pub idle_seconds_max: u64,
    pub stop_seconds_max: u64,
}

/// The raw values with where each came from, for messages.
#[derive(Debug, Default)]
pub struct Values(HashMap<&'static str, (String, String)>);

impl Values {
    /// Sets a value by its name; later ones win.
    pub fn set(&mut self, name: &str, value: &str, origin: &str) -> anyhow::Result<()> {
        let Some(setting) = ALL.iter().find(|setting| setting.name == name) else {
            bail!("there is no setting `{name}` ({origin}); `jingluo admin settings` lists them");
        };
        self.0.insert(setting.name, (value.to_owned(), origin.to_owned()));
        Ok(())
    }

    /// Checks all values.
    pub fn check(&self) -> anyhow::Result<Settings> {
        let tls = match (self.get(&TLS_CERT), self.get(&TLS_KEY)) {
            ("", "") => None,
            ("", _) | (_, "") => bail!("`tls_cert` and `tls_key` go together: one of them is missing"),
            (cert, key) => Some((PathBuf::from(cert), PathBuf::from(key))),
        };
        let base_url = self.get(&BASE_URL).trim_end_matches('/');
        if !base_url.is_empty() && !base_url.starts_with("http://") && !base_url.starts_with("https://") {
            bail!("`base_url` starts with `http://` or `https://`; `{base_url}` does not ({})", self.origin(&BASE_URL));
        }
        Ok(Settings {
            listen: self.address()?,
            tls,
            plain: self.yes(&PLAIN)?,
            base_url: (!base_url.is_empty()).then(|| base_url.to_owned()),
            zone: Zone::named(self.get(&ZONE)).with_context(|| format!("`zone` ({})", self.origin(&ZONE)))?,
            log_as_json: self.one_of(&LOG_FORMAT, &["human", "json"])? == "json",
            log_level: self.get(&LOG_LEVEL).to_owned(),
            threads: self.number(&THREADS, 0..=256)?,
            readers: self.number(&READERS, 1..=256)?,
            cache_mib: self.number(&CACHE_MIB, 1..=65_536)?,
            disk_reserve_bytes: (self.number(&DISK_RESERVE_MIB, 1..=1_048_576)? as u64) << 20,
            store_sync: self.yes(&STORE_SYNC)?,
            import_workers: self.number(&IMPORT_WORKERS, 1..=64)?,
            connections_max: self.number(&CONNECTIONS_MAX, 1..=100_000)?,
            header_seconds_max: self.number(&HEADER_SECONDS_MAX, 1..=600)? as u64,
            idle_seconds_max: self.number(&IDLE_SECONDS_MAX, 5..=3_600)? as u64,
            stop_seconds_max: self.number(&STOP_SECONDS_MAX, 1..=600)? as u64,
        })
    }

    fn get(&self, setting: &Setting) -> &str {
        self.0.get(setting.name).map_or(setting.default, |(value, _)| value)
    }

    fn origin(&self, setting: &Setting) -> &str {
        self.0.get(setting.name).map_or("its default", |(_, origin)| origin)
    }

    fn address(&self) -> anyhow::Result<SocketAddr> {
        let text = self.get(&LISTEN).replace("localhost:", "127.0.0.1:");
        text.parse().map_err(|_| {
            anyhow::anyhow!(
                "`listen` is an address and a port such as `127.0.0.1:8080`; `{text}` is not ({})",
                self.origin(&LISTEN)
            )
        })
    }

    fn number(&self, setting: &Setting, range: RangeInclusive<usize>) -> anyhow::Result<usize> {
        let value = self.get(setting);
        value.parse().ok().filter(|number| range.contains(number)).with_context(|| {
            let (low, high) = (range.start(), range.end());
            format!("`{}` is a number from {low} to {high}; `{value}` is not ({})", setting.name, self.origin(setting))
        })
    }

    fn yes(&self, setting: &Setting) -> anyhow::Result<bool> {
        Ok(self.one_of(setting, &["yes", "no"])? == "yes")
    }

    fn one_of<'a>(&self, setting: &Setting, allowed: &[&'a str]) -> anyhow::Result<&'a str> {
        let value = self.get(setting);
        allowed.iter().copied().find(|candidate| *candidate == value).with_context(|| {
            format!("`{}` is one of {}; `{value}` is not ({})", setting.name, allowed.join(", "), self.origin(setting))
        })
    }
}
