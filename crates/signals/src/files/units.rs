//! `units CASES.csv`: cases in, the clusters in their units out.

use super::Table;
use super::table::Column;
use crate::Day;
use crate::units::{
    Added, Case, Change, Diseases, Missed, Place, Rule, Span, Tracker, Unit, UnitKind, Why, half_width,
};
use base::zone::day_text;
use base::{Error, Result};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::io::Read;
use std::sync::Arc;

/// Clusters of the cases in a file, by the rows given or by those that come with the engine.
///
/// Columns of the cases: `id`, `unit`, `disease`, `onset`; also `unit_kind` (`class` where it is left out), `version`,
/// `reported`, `death`, `admitted`, `withdrawn` (`yes`, `1`, a date: yes; empty, `no`, `0`: no). A case in several units
/// has a row for each. Without `version` a later row of a case replaces the earlier one, unless it differs in the unit
/// kind alone. Rows are taken as they arrived: by `reported` where that stands, else in their order.
///
/// Prints `unit_kind,unit,disease,rule,version,kind,level,counted,cases,first_onset,last_onset,reached,state,told,members`:
/// `reached` is the onset of the case with which the threshold was reached, `told` the day on which it could be known
/// (`reported`, empty without), `state` either `open`, or `taken-back` for what stood for a while and then fell under the
/// threshold by a correction. Cases that no rule counts in a unit follow, a row a disease, with the state
/// `without-unit` (they have none), `other-unit-kind` (rules of the disease count in other kinds) or `without-rule` (a
/// disease of the table for which the rules given have none).
///
/// # Errors
/// What is wrong with a row or a rule, with row and column: also a disease that neither rules nor table know, unless
/// `json` is asked for, which lists it.
pub fn units(cases: impl Read, what: &str, rules: Option<&[Rule]>, json: bool) -> Result<String> {
    let rules = rules.unwrap_or_else(|| crate::units::thresholds());
    let (rows, read) = read(cases, what)?;
    let diseases: &Diseases = crate::units::diseases();
    let mut tracker = Tracker::new(rules, diseases);
    let mut story = Story::default();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for Arrived { case, reported, .. } in rows.iter().cloned() {
        let (added, changes) = tracker.add(case);
        let word = match added {
            Added::New => "cases",
            Added::Corrected => "corrections",
            Added::Duplicate => "duplicates",
            Added::Stale => "stale",
            Added::Contradicts => "contradictions",
        };
        *counts.entry(word).or_default() += 1;
        changes.iter().for_each(|change| story.hear(change, reported));
    }
    counts.insert("duplicate rows", read.duplicates);
    counts.insert("onset from report", read.without_onset);
    let asides = asides(&tracker, &rows, diseases);
    let lines = story.lines(&tracker);
    if json {
        return Ok(as_json(&lines, rules, &counts, &asides));
    }
    // The first row is named, so that the file can be mended from above.
    let unknown = asides.iter().filter(|aside| aside.why == Missed::Rule && !diseases.knows(&aside.disease));
    if let Some(aside) = unknown.min_by_key(|aside| aside.first_row) {
        let known = Vec::from_iter(tracker.counted_diseases()).join(", ");
        let name: String = aside.disease.chars().take(40).collect();
        return Err(Error::invalid(format!(
            "{what}: row {}, column `disease`: `{name}` is no disease of the thresholds; there are: {known}; or give \
             rules of your own with --rules",
            aside.first_row
        )));
    }
    Ok(as_table(&lines, rules, &asides))
}

/// A version of a case, the day on which it arrived, and its row.
#[derive(Clone)]
struct Arrived {
    case: Case,
    reported: Option<Day>,
    row: usize,
}

/// Cases of a disease that no rule counts in a unit.
struct Aside {
    why: Missed,
    disease: String,
    first_row: usize,
    onsets: (Day, Day),
    members: Vec<Arc<str>>,
}

/// What no rule counts, of the latest versions; why, then by disease.
fn asides(tracker: &Tracker, rows: &[Arrived], diseases: &Diseases) -> Vec<Aside> {
    let mut latest: HashMap<&str, (u32, usize)> = HashMap::new();
    for Arrived { case, row, .. } in rows {
        let known = latest.entry(&case.id).or_default();
        *known = (*known).max((case.version, *row));
    }
    let mut found: BTreeMap<(Missed, String), Vec<(usize, &Case)>> = BTreeMap::new();
    for case in tracker.cases() {
        let Some(why) = tracker.missed(case) else { continue };
        let disease = diseases.keys(&case.disease).swap_remove(0);
        let row = latest.get(&*case.id).map_or(0, |(_, row)| *row);
        found.entry((why, disease)).or_default().push((row, case));
    }
    let aside = |((why, disease), mut cases): ((Missed, String), Vec<(usize, &Case)>)| {
        cases.sort();
        let onsets = cases.iter().map(|(_, case)| case.onset);
        Aside {
            why,
            disease,
            first_row: cases[0].0,
            onsets: onsets.fold((Day::MAX, Day::MIN), |(first, last), day| (first.min(day), last.max(day))),
            members: cases.iter().map(|(_, case)| case.id.clone()).collect(),
        }
    };
    found.into_iter().map(aside).collect()
}

/// What was met while reading.
#[derive(Default)]
struct Met {
    duplicates: usize,
    without_onset: usize,
}

struct Columns {
    id: Column,
    unit: Column,
    kind: Option<Column>,
    disease: Column,
    onset: Column,
    version: Option<Column>,
    reported: Option<Column>,
    flags: [Option<Column>; 3],
}

impl Columns {
    fn of<R: Read>(table: &Table<R>) -> Result<Columns> {
        Ok(Columns {
            id: table.column(&["id", "case"])?,
            unit: table.column(&["unit"])?,
            kind: table.column_if(&["unit_kind"]),
            disease: table.column(&["disease"])?,
            onset: table.column(&["onset"])?,
            version: table.column_if(&["version"]),
            reported: table.column_if(&["reported", "report"]),
            flags: ["death", "admitted", "withdrawn"].map(|name| table.column_if(&[name])),
        })
    }
}

/// The versions of cases in the order in which they arrived, with the day on which each did.
fn read(from: impl Read, what: &str) -> Result<(Vec<Arrived>, Met)> {
    let mut table = Table::open(from, what)?;
    let columns = Columns::of(&table)?;
    let mut met = Met::default();
    let mut rows: Vec<Arrived> = Vec::new();
    // By id: the places of its versions in `rows`, the latest last.
    let mut known: HashMap<Arc<str>, Vec<usize>> = HashMap::new();
    while table.advance()? {
        let (mut case, reported) = row(&table, &columns, &mut met)?;
        let versions = known.entry(case.id.clone()).or_default();
        let same = match &columns.version {
            Some(_) => versions.iter().copied().find(|nth| rows[*nth].case.version == case.version),
            None => versions.last().copied().filter(|nth| goes_on(&rows[*nth].case, &case)),
        };
        if columns.version.is_none() {
            let last = versions.last().map_or(0, |nth| rows[*nth].case.version);
            case.version = if same.is_some() { last } else { last + 1 };
        }
        let Some(nth) = same else {
            versions.push(rows.len());
            rows.push(Arrived { case, reported, row: table.row() });
            continue;
        };
        let standing = &mut rows[nth].case;
        let contradicts = case.disease != standing.disease
            || case.onset != standing.onset
            || (case.death, case.admitted, case.withdrawn) != (standing.death, standing.admitted, standing.withdrawn);
        if contradicts {
            let text =
                "stands with this version already and says something else; give the correction a later `version`";
            return Err(table.wrong(&columns.id, text));
        }
        let before = standing.units.len();
        let more: Vec<Unit> = case.units.into_iter().filter(|unit| !standing.units.contains(unit)).collect();
        standing.units.extend(more);
        met.duplicates += usize::from(standing.units.len() == before);
    }
    if let Some(column) = &columns.reported {
        let last = rows.iter().filter_map(|arrived| arrived.reported).max();
        // Nobody falls ill after the last report of a file; a day is left for what was being written.
        let late = |arrived: &&Arrived| last.is_some_and(|last| arrived.case.onset > last + 1);
        if let Some(arrived) = rows.iter().find(late) {
            let (row, onset, name) = (arrived.row, day_text(arrived.case.onset), column.name());
            let text = format!("`{onset}` is more than a day after the last day in `{name}`; correct the onset");
            return Err(Error::invalid(format!("{what}: row {row}, column `onset`: {text}")));
        }
        rows.sort_by_key(|arrived| arrived.reported.unwrap_or(Day::MAX));
    }
    Ok((rows, met))
}

/// Whether a row says the same of a case as the row before, or adds a unit of another kind to it.
fn goes_on(standing: &Case, case: &Case) -> bool {
    let same = standing.disease == case.disease
        && standing.onset == case.onset
        && (standing.death, standing.admitted, standing.withdrawn) == (case.death, case.admitted, case.withdrawn);
    let fits =
        |unit: &Unit| standing.units.contains(unit) || standing.units.iter().all(|known| known.kind != unit.kind);
    same && case.units.iter().all(fits)
}

fn row<R: Read>(table: &Table<R>, columns: &Columns, met: &mut Met) -> Result<(Case, Option<Day>)> {
    if table.text(&columns.id).is_empty() {
        return Err(table.wrong(&columns.id, "is empty; every case has an id"));
    }
    let reported = match &columns.reported {
        Some(column) if !table.text(column).is_empty() => Some(day(table, column)?),
        _ => None,
    };
    let onset = match (table.text(&columns.onset).is_empty(), reported) {
        (true, Some(reported)) => {
            met.without_onset += 1;
            reported
        }
        _ => day(table, &columns.onset)?,
    };
    if let (Some(column), Some(_)) = (&columns.reported, reported.filter(|reported| *reported < onset)) {
        let text = format!("is before the onset, {}; correct the one or the other", day_text(onset));
        return Err(table.wrong(column, &text));
    }
    let version = match &columns.version {
        Some(column) => {
            let version = table.count(column)?;
            if version > f64::from(u32::MAX) {
                return Err(table.wrong(column, "is too large"));
            }
            version as u32
        }
        None => 0,
    };
    let kind = match &columns.kind {
        Some(column) => UnitKind::named(table.text(column))
            .map_err(|error| table.wrong(column, &format!("is refused: {}", error.text())))?,
        None => UnitKind::Class,
    };
    let name = half_width(table.text(&columns.unit));
    let units = if name.is_empty() { Vec::new() } else { vec![Unit { kind, name: name.into() }] };
    let [death, admitted, withdrawn] = columns.flags.each_ref().map(|column| flag(table, column.as_ref()));
    let case = Case {
        version,
        id: table.text(&columns.id).into(),
        disease: table.text(&columns.disease).to_owned(),
        onset,
        units,
        death: death?,
        admitted: admitted?,
        withdrawn: withdrawn?,
    };
    Ok((case, reported))
}

/// A day of the years in which cases are counted: what lies outside is a slip of the pen.
fn day<R: Read>(table: &Table<R>, column: &Column) -> Result<Day> {
    let day = table.day(column)?;
    // Days since 1970-01-01 of 1900-01-01 and 2200-12-31.
    if !(-25_567..=84_370).contains(&day) {
        return Err(table.wrong(column, "is out of range; give a day of 1900 to 2200"));
    }
    Ok(day)
}

fn flag<R: Read>(table: &Table<R>, column: Option<&Column>) -> Result<bool> {
    let Some(column) = column else { return Ok(false) };
    match table.text(column).to_lowercase().as_str() {
        "" | "0" | "no" | "false" | "否" => Ok(false),
        "1" | "yes" | "true" | "是" => Ok(true),
        _ => table.day(column).map(|_| true).map_err(|_| table.wrong(column, "is neither yes, no nor a day")),
    }
}

/// Clusters that stand or stood, with the day on which each was told first.
#[derive(Default)]
struct Story {
    open: HashMap<(Place, Span), Option<Day>>,
    taken_back: Vec<(Place, Span, Option<Day>)>,
}

/// A row that is printed.
struct Line {
    place: Place,
    span: Span,
    state: &'static str,
    told: Option<Day>,
    members: Vec<Arc<str>>,
}

impl Story {
    fn hear(&mut self, change: &Change, day: Option<Day>) {
        let place = &change.place;
        let mut first = None;
        for span in &change.was {
            let told = self.open.remove(&(place.clone(), *span)).flatten();
            first = match (first, told) {
                (Some(one), Some(other)) => Some(Day::min(one, other)),
                (one, other) => one.or(other),
            };
            if change.why == Why::TakenBack {
                self.taken_back.push((place.clone(), *span, day));
            }
        }
        let told = if change.was.is_empty() { day } else { first };
        for span in &change.now {
            self.open.insert((place.clone(), *span), told);
        }
    }

    fn lines(self, tracker: &Tracker) -> Vec<Line> {
        let mut lines: Vec<Line> = tracker
            .clusters()
            .into_iter()
            .map(|cluster| Line {
                told: self.open.get(&(cluster.place.clone(), cluster.span)).copied().flatten(),
                place: cluster.place,
                span: cluster.span,
                state: "open",
                members: cluster.members,
            })
            .collect();
        let back = self.taken_back.into_iter();
        lines.extend(back.map(|(place, span, told)| Line {
            place,
            span,
            state: "taken-back",
            told,
            members: Vec::new(),
        }));
        lines
    }
}

fn as_table(lines: &[Line], rules: &[Rule], asides: &[Aside]) -> String {
    let mut out = "unit_kind,unit,disease,rule,version,kind,level,counted,cases,first_onset,last_onset,reached,state,\
                   told,members\n"
        .to_owned();
    for line in lines {
        let (place, span, rule) = (&line.place, &line.span, &rules[line.place.rule]);
        let cells = [
            place.unit.kind.name(),
            &place.unit.name,
            &place.disease,
            &rule.rule,
            &rule.version,
            rule.kind.name(),
            &rule.level,
            rule.counted.name(),
        ];
        cells.iter().for_each(|cell| {
            let _ = write!(out, "{},", quoted(cell));
        });
        let told = line.told.map(day_text).unwrap_or_default();
        let days = [span.first_onset, span.last_onset, span.reached].map(day_text).join(",");
        let members = line.members.join(" ");
        let _ = writeln!(out, "{},{days},{},{told},{}", span.counted, line.state, quoted(&members));
    }
    for aside in asides {
        let (disease, cases, members) = (quoted(&aside.disease), aside.members.len(), aside.members.join(" "));
        let (first, last) = (day_text(aside.onsets.0), day_text(aside.onsets.1));
        let state = match aside.why {
            Missed::Rule => "without-rule",
            Missed::Unit => "without-unit",
            Missed::UnitKind => "other-unit-kind",
        };
        let _ = writeln!(out, ",,{disease},,,,,,{cases},{first},{last},,{state},,{}", quoted(&members));
    }
    out
}

/// A cell as CSV writes it.
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

fn as_json(lines: &[Line], rules: &[Rule], counts: &BTreeMap<&str, usize>, asides: &[Aside]) -> String {
    let clusters: Vec<Value> = lines
        .iter()
        .map(|line| {
            let (place, span, rule) = (&line.place, &line.span, &rules[line.place.rule]);
            json!({
                "unit_kind": place.unit.kind, "unit": &*place.unit.name, "disease": &*place.disease,
                "rule": rule.rule, "version": rule.version, "kind": rule.kind, "level": rule.level,
                "counted": rule.counted, "least": rule.least, "window_days": rule.window_days,
                "sure": rule.sure, "source": rule.source, "zh": rule.zh, "en": rule.en,
                "cases": span.counted, "first_onset": day_text(span.first_onset),
                "last_onset": day_text(span.last_onset), "reached": day_text(span.reached),
                "state": line.state, "told": line.told.map(day_text),
                "members": line.members.iter().map(|id| &**id).collect::<Vec<&str>>(),
            })
        })
        .collect();
    let missed = |why: Missed| -> Vec<Value> {
        let of_it = asides.iter().filter(|aside| aside.why == why);
        let one = |aside: &Aside| json!({ "disease": aside.disease, "cases": aside.members.len(), "first_row": aside.first_row });
        of_it.map(one).collect()
    };
    let answer = json!({
        "clusters": clusters, "read": counts, "without_rule": missed(Missed::Rule),
        "without_unit": missed(Missed::Unit), "other_unit_kind": missed(Missed::UnitKind),
    });
    let mut text = answer.to_string();
    text.push('\n');
    text
}

/// The rows of a file of thresholds, in place of those that come with the engine.
pub fn unit_rules(from: impl Read, what: &str) -> Result<Vec<Rule>> {
    let rules = Rule::read(from, what)?;
    if rules.is_empty() {
        return Err(Error::invalid(format!(
            "{what}: the file has no row; leave it out to use the rows that come with the engine"
        )));
    }
    Ok(rules)
}
