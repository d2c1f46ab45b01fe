//! Imports through the API: an upload becomes an import, is shown, remembered, bounded and stopped.

use crate::harness::{House, house};
use base::{Kind, Role};
use runtime::import::{ImportOptions, Source};
use runtime::imports::{ImportSettings, ImportState, ImportView, Imports, RUNNING_MAX};
use runtime::live::{Event, Live, Shows};
use std::fs;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

fn imports(house: &House, live: &Live) -> Imports {
    let folder = house.dir.path().join("uploads");
    let settings = ImportSettings { folder, upload_bytes_max: 1 << 20, options: ImportOptions::default() };
    Imports::new(house.store.clone(), live.clone(), settings).unwrap()
}

fn live(house: &House) -> Live {
    Live::start(house.store.clone(), house.cx()).unwrap()
}

fn ended(house: &House, imports: &Imports, id: &str) -> ImportView {
    for _ in 0..1_000 {
        let view = imports.one(&house.cx(), id).unwrap();
        if view.state != ImportState::Running {
            return view;
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
    panic!("the import has not ended");
}

fn uploads(house: &House) -> usize {
    fs::read_dir(house.dir.path().join("uploads")).unwrap().count()
}

const LINES: &str =
    "{\"resourceType\":\"Patient\",\"id\":\"p1\"}\n{\"resourceType\":\"Patient\",\"id\":\"p2\"}\n{\"no\":1}\n";

#[test]
fn an_upload_is_imported_told_of_and_remembered() {
    let house = house();
    let live = live(&house);
    let imports = imports(&house, &live);
    let subscription = live.subscribe(None, Shows { counts: false, imports: true }).unwrap();
    let mut upload = imports.begin(&house.cx(), "C:\\exports\\patients.ndjson", false).unwrap();
    upload.write(LINES.as_bytes()).unwrap();
    let id = upload.start(&house.cx()).unwrap().id;
    let view = ended(&house, &imports, &id);
    assert_eq!((view.state, view.name.as_str()), (ImportState::Done, "patients.ndjson"));
    assert_eq!((view.read, view.stored, view.refused), (3, 2, 1));
    assert_eq!((view.refusals[0].file.as_str(), view.refusals[0].line), ("patients.ndjson", 3));
    assert_eq!((view.by_type[0].type_.as_str(), view.by_type[0].stored), ("Patient", 2));
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(Some(events)) = subscription.poll(&mut context) else { panic!("nothing was told") };
    assert!(events.iter().any(|event| matches!(event, Event::Import(told) if told.id == id)));
    imports.stop();
    assert_eq!(uploads(&house), 0);
    let again = self::imports(&house, &live);
    assert_eq!(again.list(&house.cx()).unwrap(), [view]);
    live.stop();
}

#[test]
fn uploads_are_bounded_in_number_and_size_and_leave_nothing() {
    let house = house();
    let live = live(&house);
    let imports = imports(&house, &live);
    let mut held: Vec<_> = (0..RUNNING_MAX).map(|_| imports.begin(&house.cx(), "a.json", false).unwrap()).collect();
    assert_eq!(imports.begin(&house.cx(), "b.json", false).map(|_| ()).unwrap_err().kind, Kind::Busy);
    let mut large = held.pop().unwrap();
    assert_eq!(large.write(&vec![b' '; (1 << 20) + 1]).unwrap_err().kind, Kind::TooCostly);
    drop(large);
    let empty = imports.begin(&house.cx(), "b.json", false).unwrap();
    assert_eq!(empty.start(&house.cx()).map(|_| ()).unwrap_err().kind, Kind::Invalid);
    drop(held);
    assert_eq!(uploads(&house), 0);
    live.stop();
}

#[test]
fn an_import_that_lost_its_process_is_shown_as_stopped() {
    let house = house();
    let live = live(&house);
    let imports = imports(&house, &live);
    let mut upload = imports.begin(&house.cx(), "a.ndjson", false).unwrap();
    upload.write(LINES.as_bytes()).unwrap();
    let id = upload.start(&house.cx()).unwrap().id;
    ended(&house, &imports, &id);
    imports.stop();
    // As a crash leaves it: the row says that it runs, and the file lies there.
    let row = store::ShelfOp::Row {
        space: "imports".into(),
        key: id.clone(),
        sort: String::new(),
        doc: Some(serde_json::to_vec(&ImportView::new(&id, "a.ndjson", Some(1), crate::harness::NOW)).unwrap()),
    };
    let batch = store::Batch { shelves: vec![row], ..store::Batch::default() };
    house.store.write(&house.cx(), batch).unwrap();
    fs::write(house.dir.path().join("uploads/x.upload"), "{}").unwrap();
    let again = self::imports(&house, &live);
    let view = again.one(&house.cx(), &id).unwrap();
    assert_eq!(view.state, ImportState::Stopped);
    assert!(view.message.is_some());
    assert_eq!(uploads(&house), 0);
    live.stop();
}

#[test]
fn an_import_of_the_command_line_is_shown_among_the_others() {
    let house = house();
    let live = live(&house);
    let imports = imports(&house, &live);
    let source = Source::stream("standard input", Box::new(std::io::Cursor::new(LINES.as_bytes().to_vec())));
    let report = imports.beside(&house.cx(), "examples", vec![source], &ImportOptions::default(), &|_, _| {}).unwrap();
    assert!(report.finished);
    let shown = imports.list(&house.cx()).unwrap();
    assert_eq!((shown[0].name.as_str(), shown[0].state, shown[0].stored), ("examples", ImportState::Done, 2));
    live.stop();
}

#[test]
fn only_integration_accounts_import() {
    let house = house();
    let live = live(&house);
    let imports = imports(&house, &live);
    for role in [Role::Admin, Role::Officer, Role::Clinician, Role::Resident] {
        let cx = house.as_role(role, Some("o1"));
        assert_eq!(imports.begin(&cx, "a.json", false).map(|_| ()).unwrap_err().kind, Kind::Forbidden);
        assert_eq!(imports.list(&cx).unwrap_err().kind, Kind::Forbidden);
        assert_eq!(imports.stop_one(&cx, "x").map(|_| ()).unwrap_err().kind, Kind::Forbidden);
    }
    live.stop();
}
