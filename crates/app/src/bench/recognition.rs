//! Order-time questions over CDS Hooks, as doctors of several hospitals ask them: as fast as they are answered, or at a fixed
//! rate while results stream in. Every question belongs to a visit of its own, so every offer is a new card that the
//! record keeps.

use super::figures::{Done, Figures};
use super::http::{Connection, Place, in_time, on_one_thread};
use anyhow::{Context, bail};
use base::{Clock, Stopwatch};
use city::Rng;
use serde::Deserialize;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;
use tokio::task::{JoinSet, LocalSet};

const SERVICE: &str = "/cds-services/jingluo-order-select";
/// So many failures end a run: the figures would be about something else.
const ERRORS_MAX: u64 = 100;
/// Results of a report that streams in; each report is one transaction.
const RESULTS_OF_REPORT: u64 = 5;
/// Reports that are under way at once.
const STREAMS: usize = 4;
const SEED: u64 = 6;

pub struct Ask<'a> {
    /// Without a path.
    pub url: &'a str,
    pub questions: &'a str,
    /// Lines of institution and token.
    pub tokens: &'a str,
    /// Who writes the results that stream in.
    pub writer: &'a str,
    pub clients: usize,
    pub seconds: u64,
    /// Questions a second; none: as fast as they are answered.
    pub rate: Option<u64>,
    /// Results a second that stream in meanwhile.
    pub stream: u64,
    pub name: &'a str,
    pub keep: Option<&'a str>,
}

#[derive(Clone, Deserialize)]
struct Question {
    institution: String,
    patient: String,
    code: String,
    display: String,
}

/// What the answers said.
#[derive(Default)]
struct Told {
    figures: Figures,
    offers: u64,
    information: u64,
    not_known: u64,
}

/// What all clients share.
struct Run {
    questions: Vec<Question>,
    places: HashMap<String, Place>,
    /// Tells the visits of this run from those of any other.
    mark: i64,
    whole: Stopwatch,
    next: RefCell<usize>,
    told: RefCell<Told>,
    /// Connections that wait for a question, by institution.
    idle: RefCell<HashMap<String, Vec<Connection>>>,
}

pub fn run(ask: &Ask<'_>) -> anyhow::Result<()> {
    let run = Rc::new(Run::of(ask)?);
    let until = Duration::from_secs(ask.seconds);
    let streamed = on_one_thread(in_time(until, async {
        let local = LocalSet::new();
        local.run_until(work(ask, &run, until)).await
    }))?;
    let took = run.whole.elapsed();
    let told = std::mem::take(&mut *run.told.borrow_mut());
    if let (Some(error), true) = (&told.figures.first_error, told.figures.done.is_empty()) {
        bail!("nothing was answered: {error}");
    }
    let answered = told.figures.done.len().max(1) as f64;
    crate::say::line(&format!(
        "of the answers {:.1} % hold an offer, {:.1} % information, {} `not known`",
        100.0 * told.offers as f64 / answered,
        100.0 * told.information as f64 / answered,
        told.not_known,
    ));
    let offers = 100.0 * told.offers as f64 / answered;
    told.figures.tell(ask.name, ask.clients, 1, took, ask.keep)?;
    keep_more(ask, offers, told.not_known)?;
    if let Some(streamed) = streamed {
        streamed.tell(&format!("{} stream", ask.name), STREAMS, RESULTS_OF_REPORT, took, ask.keep)?;
    }
    Ok(())
}

/// What the table needs beside the times.
fn keep_more(ask: &Ask<'_>, offers: f64, not_known: u64) -> anyhow::Result<()> {
    use std::io::Write as _;
    let Some(file) = ask.keep else { return Ok(()) };
    let line = serde_json::json!({ "name": format!("{} offers", ask.name), "percent": offers, "not_known": not_known });
    writeln!(std::fs::OpenOptions::new().create(true).append(true).open(file)?, "{line}")?;
    Ok(())
}

async fn work(ask: &Ask<'_>, run: &Rc<Run>, until: Duration) -> anyhow::Result<Option<Figures>> {
    let stream = (ask.stream > 0).then(|| {
        let place = Place::of(&format!("{}/fhir", ask.url), ask.writer)?;
        Ok::<_, anyhow::Error>(tokio::task::spawn_local(stream(Rc::clone(run), place, ask.stream, until)))
    });
    let stream = stream.transpose()?;
    match ask.rate {
        Some(rate) => open_loop(run, rate, until).await?,
        None => closed_loop(run, ask.clients, until).await?,
    }
    match stream {
        Some(stream) => Ok(Some(stream.await??)),
        None => Ok(None),
    }
}

/// Each client asks again when it has its answer.
async fn closed_loop(run: &Rc<Run>, clients: usize, until: Duration) -> anyhow::Result<()> {
    let mut all = JoinSet::new();
    for _ in 0..clients {
        let run = Rc::clone(run);
        all.spawn_local(async move {
            while run.whole.elapsed() < until && run.told.borrow().figures.errors < ERRORS_MAX {
                let begun = run.whole.elapsed();
                run.ask(begun).await?;
            }
            Ok::<_, anyhow::Error>(())
        });
    }
    while let Some(client) = all.join_next().await {
        client??;
    }
    Ok(())
}

/// Questions come when they come: at random gaps of a fixed rate, whether or not the ones before are answered. The time of
/// an answer counts from the moment at which the question was due.
async fn open_loop(run: &Rc<Run>, rate: u64, until: Duration) -> anyhow::Result<()> {
    let mut rng = Rng::of(SEED, 1, rate);
    let (mut due, mut all) = (Duration::ZERO, JoinSet::new());
    while due < until && run.told.borrow().figures.errors < ERRORS_MAX {
        pause_until(run, due).await;
        let (run, at) = (Rc::clone(run), due);
        all.spawn_local(async move { run.ask(at).await });
        due += Duration::from_secs_f64(rng.exponential(1.0 / rate as f64));
        while let Some(answered) = all.try_join_next() {
            answered??;
        }
    }
    while let Some(answered) = all.join_next().await {
        answered??;
    }
    Ok(())
}

async fn pause_until(run: &Run, due: Duration) {
    if let Some(left) = due.checked_sub(run.whole.elapsed()) {
        tokio::time::sleep(left).await;
    }
}

/// Reports of other examinations of the same patients, each a transaction, at a fixed rate.
async fn stream(run: Rc<Run>, place: Place, results: u64, until: Duration) -> anyhow::Result<Figures> {
    let each = Duration::from_secs_f64(RESULTS_OF_REPORT as f64 / results as f64);
    let next = Rc::new(RefCell::new(0_u32));
    let mut all = JoinSet::new();
    for _ in 0..STREAMS {
        let (run, place, next) = (Rc::clone(&run), place.clone(), Rc::clone(&next));
        all.spawn_local(async move {
            let mut connection = Connection::open(&place).await?;
            let mut figures = Figures::default();
            loop {
                let nth = next.replace_with(|next| *next + 1);
                let due = each * nth;
                if due >= until || figures.errors >= ERRORS_MAX {
                    return Ok::<_, anyhow::Error>(figures);
                }
                pause_until(&run, due).await;
                let status = connection.post(run.report(nth as usize).as_bytes()).await?;
                figures.took(due, run.whole.elapsed(), (status != 200).then(|| connection.text()));
            }
        });
    }
    let mut whole = Figures::default();
    while let Some(client) = all.join_next().await {
        whole.add(client??);
    }
    Ok(whole)
}

impl Run {
    fn of(ask: &Ask<'_>) -> anyhow::Result<Run> {
        let read = |file: &str| std::fs::read_to_string(file).with_context(|| format!("`{file}` cannot be read"));
        let mut places = HashMap::new();
        for line in read(ask.tokens)?.lines() {
            let (institution, token) = line.split_once(' ').with_context(|| format!("`{}`: no token", ask.tokens))?;
            places.insert(institution.to_owned(), Place::of(&format!("{}{SERVICE}", ask.url), token)?);
        }
        let questions = read(ask.questions)?;
        let questions = questions.lines().map(serde_json::from_str);
        let questions: Vec<Question> = questions.collect::<Result<_, _>>().context("no question")?;
        let questions: Vec<_> = questions.into_iter().filter(|one| places.contains_key(&one.institution)).collect();
        if questions.is_empty() {
            bail!("`{}` holds no question of an institution with a token", ask.questions);
        }
        Ok(Run {
            questions,
            places,
            mark: Clock::System.now(),
            whole: Stopwatch::start(),
            next: RefCell::default(),
            told: RefCell::default(),
            idle: RefCell::default(),
        })
    }

    /// Asks the next question, which was due at `due`.
    async fn ask(&self, due: Duration) -> anyhow::Result<()> {
        let nth = self.next.replace_with(|next| *next + 1);
        let question = &self.questions[nth % self.questions.len()];
        let idle = self.idle.borrow_mut().get_mut(&question.institution).and_then(Vec::pop);
        let mut connection = match idle {
            Some(connection) => connection,
            None => Connection::open(&self.places[&question.institution]).await?,
        };
        let status = connection.post(question.body(self.mark, nth).as_bytes()).await?;
        let ended = self.whole.elapsed();
        {
            let mut told = self.told.borrow_mut();
            told.figures.took(due, ended, (status != 200).then(|| connection.text()));
            let holds = |text: &str| memory_holds(connection.content(), text.as_bytes());
            told.offers += u64::from(holds(r#""kind":"offer""#));
            told.information += u64::from(holds(r#""kind":"information""#));
            told.not_known += u64::from(holds(r#""code":"not-known""#));
        }
        self.idle.borrow_mut().entry(question.institution.clone()).or_default().push(connection);
        Ok(())
    }

    /// A transaction of one report with its results, issued now.
    fn report(&self, nth: usize) -> String {
        // Other patients than those that are asked about at the moment.
        let question = &self.questions[(nth * 7 + self.questions.len() / 2) % self.questions.len()];
        let Question { institution, patient, code, display } = question;
        let now = base::zone::instant_text(Clock::System.now());
        let mark = self.mark;
        let common = format!(
            r#""status":"final","subject":{{"reference":"Patient/{patient}"}},"effectiveDateTime":"{now}","issued":"{now}","performer":[{{"reference":"Organization/{institution}"}}],"meta":{{"source":"urn:jingluo:institution:{institution}"}}"#
        );
        let mut entries = Vec::new();
        let mut results = Vec::new();
        for result in 0..RESULTS_OF_REPORT {
            let url = format!("urn:uuid:{mark:012x}-{nth:08x}-{result}");
            let (loinc, value) = (LOINC[result as usize % LOINC.len()], 3 + (nth as u64 + result) % 9);
            entries.push(format!(
                r#"{{"fullUrl":"{url}","resource":{{"resourceType":"Observation",{common},"code":{{"coding":[{{"system":"http://loinc.org","code":"{loinc}"}}]}},"valueQuantity":{{"value":{value}.5,"system":"http://unitsofmeasure.org","code":"mmol/L"}}}},"request":{{"method":"POST","url":"Observation"}}}}"#
            ));
            results.push(format!(r#"{{"reference":"{url}"}}"#));
        }
        entries.push(format!(
            r#"{{"resource":{{"resourceType":"DiagnosticReport",{common},"code":{{"coding":[{{"system":"urn:jingluo:local:{institution}","code":"{code}","display":"{display}"}}]}},"result":[{}]}},"request":{{"method":"POST","url":"DiagnosticReport"}}}}"#,
            results.join(",")
        ));
        format!(r#"{{"resourceType":"Bundle","type":"transaction","entry":[{}]}}"#, entries.join(","))
    }
}

/// Electrolytes, which stream in whatever was ordered.
const LOINC: [&str; 5] = ["2823-3", "2951-2", "2075-0", "2000-8", "2601-3"];

impl Question {
    fn body(&self, mark: i64, nth: usize) -> String {
        let Question { institution, patient, code, display } = self;
        format!(
            r#"{{"hook":"order-select","hookInstance":"{mark:012x}-{nth}","context":{{"userId":"PractitionerRole/bench","patientId":"{patient}","encounterId":"bench-{mark}-{nth}","selections":["ServiceRequest/o"],"draftOrders":{{"resourceType":"Bundle","type":"collection","entry":[{{"resource":{{"resourceType":"ServiceRequest","id":"o","status":"draft","intent":"order","subject":{{"reference":"Patient/{patient}"}},"code":{{"coding":[{{"system":"urn:jingluo:local:{institution}","code":"{code}","display":"{display}"}}],"text":"{display}"}}}}}}]}}}}}}"#
        )
    }
}

impl Figures {
    /// An answer to what was due at `due`; `wrong` is what it said where it was not as it should be.
    fn took(&mut self, due: Duration, ended: Duration, wrong: Option<&str>) {
        match wrong {
            Some(text) => self.failed(text),
            None => {
                let micros = u32::try_from(ended.saturating_sub(due).as_micros()).unwrap_or(u32::MAX);
                self.done.push(Done { at_micros: ended.as_micros() as u64, micros });
            }
        }
    }
}

fn memory_holds(memory: &[u8], text: &[u8]) -> bool {
    memory.windows(text.len()).any(|part| part == text)
}
