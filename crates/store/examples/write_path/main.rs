//! Measures the write path without the network:
//! `cargo run --release -p store --example write_path -- DIR WORKLOAD CLIENTS BATCHES [SEARCHERS [RUN_ROWS]]`
//!
//! WORKLOAD is `a` (a transaction of Patient and Observation) or `b` (61 resources of one patient). CLIENTS threads each
//! send, wait for the commit, and send again, with full durability; SEARCHERS threads search meanwhile. DIR may hold a
//! record already: it is written on. RUN_ROWS is how many index rows may wait. Prints rates, groups, bytes written, processor
//! time, memory, and bytes a resource in the file, by table.

mod workload;

use base::limits::INDEX_RUN_ROWS;
use base::{Cx, Stopwatch};
use fhir::definitions::r4;
use fhir::search::{Handling, Search, parse_search};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use store::{Options, Store};
use workload::{Dice, pair, person};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let usage = "usage: write_path DIR a|b CLIENTS BATCHES [SEARCHERS [RUN_ROWS]]";
    let [dir, kind, clients, batches, rest @ ..] = args.as_slice() else { panic!("{usage}") };
    let dir = PathBuf::from(dir);
    let (clients, batches): (usize, usize) = (clients.parse().expect(usage), batches.parse().expect(usage));
    let searchers: usize = rest.first().map_or(0, |text| text.parse().expect(usage));
    let index_run_rows = rest.get(1).map_or(INDEX_RUN_ROWS, |text| text.parse().expect(usage));
    let options = Options { disk_reserve_bytes: 0, index_run_rows, ..Options::default() };
    let store = Store::open(&dir, options).expect("the store opens");
    let (before, stats) = (Use::now(), store.stats());
    let seconds = load(&store, kind == "b", clients, batches, searchers);
    let (after, done, watch) = (Use::now(), store.stats(), Stopwatch::start());
    store.close().expect("it closes");
    let closing = watch.elapsed().as_secs_f64();
    let resources = (done.position - stats.position) as f64;
    let sent = (done.batches - stats.batches) as f64;
    let groups = (done.groups - stats.groups) as f64;
    eprintln!(
        "{kind} {clients} clients: {:.0} batches/s, {:.0} resources/s, {:.0} groups/s of {:.1} batches",
        sent / seconds,
        resources / seconds,
        groups / seconds,
        sent / groups
    );
    eprintln!(
        "  a resource: {:.1} us processor ({:.1} us writer), {:.0} bytes written; peak memory {} MiB; closing {closing:.2} s",
        (after.processor - before.processor) * 1e6 / resources,
        (after.writer - before.writer) * 1e6 / resources,
        (after.written - before.written) / resources,
        after.peak_kib / 1024
    );
    drop(store);
    sizes(&dir);
}

/// Sends all batches; gives the seconds it took.
fn load(store: &Store, large: bool, clients: usize, batches: usize, searchers: usize) -> f64 {
    let (next, ended, found) = (AtomicUsize::new(0), AtomicBool::new(false), AtomicUsize::new(0));
    let from = store.position();
    let watch = Stopwatch::start();
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..clients)
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let nth = next.fetch_add(1, Ordering::Relaxed);
                        if nth >= batches {
                            return;
                        }
                        let mut dice = Dice(from << 32 | nth as u64);
                        let batch = if large { person(store, &mut dice) } else { pair(store, &mut dice) };
                        store.submit(&Cx::platform(), batch).expect("it is taken").wait().expect("it is written");
                    }
                })
            })
            .collect();
        for nth in 0..searchers {
            let (ended, found) = (&ended, &found);
            scope.spawn(move || {
                let search = code_search(nth);
                while !ended.load(Ordering::Relaxed) {
                    store.search(&Cx::platform(), &search).expect("it finds");
                    found.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(Duration::from_millis(2));
                }
            });
        }
        for writer in writers {
            writer.join().expect("a client ends well");
        }
        ended.store(true, Ordering::Relaxed);
    });
    let seconds = watch.elapsed().as_secs_f64();
    if searchers > 0 {
        eprintln!("  {:.0} searches/s meanwhile", found.load(Ordering::Relaxed) as f64 / seconds);
    }
    seconds
}

fn code_search(nth: usize) -> Search {
    let codes = ["4548-4", "718-7", "8867-4", "2160-0"];
    let params = [("code".to_owned(), format!("http://loinc.org|{}", codes[nth % codes.len()]))];
    let type_ = r4().type_named("Observation").expect("a type");
    let zone = base::zone::Zone::default();
    parse_search(type_, &params, Handling::Strict, &zone, "http://localhost/fhir", 0).expect("a sound search")
}

/// What this process has used so far.
struct Use {
    processor: f64,
    writer: f64,
    written: f64,
    peak_kib: u64,
}

impl Use {
    fn now() -> Use {
        let tasks = std::fs::read_dir("/proc/self/task").expect("the machine tells of its threads").flatten();
        let writer = tasks
            .map(|task| task.path())
            .find(|task| std::fs::read_to_string(task.join("comm")).is_ok_and(|name| name.trim_end() == "writer"));
        Use {
            processor: processor_seconds(Path::new("/proc/self")),
            writer: writer.map_or(0.0, |task| processor_seconds(&task)),
            written: number_of("/proc/self/io", "write_bytes:") as f64,
            peak_kib: number_of("/proc/self/status", "VmHWM:"),
        }
    }
}

fn processor_seconds(of: &Path) -> f64 {
    let text = std::fs::read_to_string(of.join("stat")).unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |nth: usize| fields.get(nth).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn number_of(file: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Bytes a resource of the checkpointed file, by table.
fn sizes(dir: &Path) {
    let connection = Connection::open(dir.join("record.db")).expect("the file opens");
    let resources: f64 =
        connection.query_row("SELECT count(*) FROM resource", [], |row| row.get(0)).expect("it counts");
    let sql = "SELECT name, sum(pgsize), sum(payload), sum(ncell * (pagetype = 'leaf')) FROM dbstat GROUP BY name ORDER BY 2 DESC";
    let mut statement = connection.prepare(sql).expect("the file tells of its pages");
    let rows = statement.query_map([], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, f64>(1)?, row.get::<_, f64>(2)?, row.get::<_, f64>(3)?))
    });
    let rows: Vec<_> = rows.and_then(Iterator::collect).expect("it lists");
    let total: f64 = rows.iter().map(|row| row.1).sum();
    eprintln!("  in the file: {:.0} bytes a resource of {resources} resources", total / resources);
    for (name, bytes, payload, cells) in rows.into_iter().filter(|row| row.1 > resources) {
        eprintln!(
            "    {name:14} {:6.1} bytes, {:4.0} % filled, {:.2} rows a resource",
            bytes / resources,
            payload * 100.0 / bytes,
            cells / resources
        );
    }
}
