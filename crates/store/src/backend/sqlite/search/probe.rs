//! One match of a criterion as key ranges of an index table.

use super::super::fault;
use super::super::read::{row_named, term};
use super::compile::kind_of;
use super::dates::{date_condition, main_date_filter, start_range, window};
use super::sql::{Sql, one_of};
use crate::prepare::CLASS_MILLIS_MAX;
use crate::shared::Shared;
use base::Result;
use fhir::definitions::IndexKind;
use fhir::index::Target;
use fhir::search::{DateTest, Match, NumberTest, Prefix, TextHow, UriHow, ValueTest};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

/// The order in which an index table gives its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// `token` and `reference`: main date, then row, newest first.
    Date,
    /// `period`: start, then row, newest first.
    Period,
    /// `text`: value, system, row.
    Text,
    /// `number`: low, then row.
    Number,
    /// `by_type`: position, newest first.
    Position,
    /// `resource`: rows themselves, newest first.
    Row,
}

impl Order {
    /// The key column of the order.
    pub const fn column(self) -> &'static str {
        match self {
            Order::Date => "t.date",
            Order::Period => "t.start",
            Order::Text => "t.value",
            Order::Number => "t.low",
            Order::Position => "t.position",
            Order::Row => "t.rid",
        }
    }
    pub const fn descending(self) -> bool {
        !matches!(self, Order::Text | Order::Number)
    }
    /// Whether one resource may stand at several places of the order.
    pub const fn repeats(self) -> bool {
        matches!(self, Order::Period | Order::Text | Order::Number)
    }
}

/// How many rows a source is likely to hold, before anything is counted. The order matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likely {
    Row,
    Unique,
    Target,
    Value,
    Code,
    Range,
    Whole,
    /// A range whose near end the index does not know: what lies before it is passed over.
    Open,
}

/// A range of one index table, called `t`.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    pub order: Order,
    pub table: &'static str,
    pub condition: Sql,
    pub likely: Likely,
    /// A condition on `r` for rows of this source alone.
    pub also: Option<Sql>,
}

impl Source {
    /// The table as a statement names it.
    pub fn from(&self) -> String {
        match self.table {
            APART_TABLE => format!("resource t INDEXED BY {APART_TABLE}"),
            table => format!("{table} t"),
        }
    }
}

/// The index of rows apart, which is asked for by its name.
pub const APART_TABLE: &str = "resource_odd";

/// What is known of one match.
#[derive(Default)]
pub struct Probe {
    pub sources: Vec<Source>,
    /// Coded values whose rows match, together with the sources; their filters are joined into one.
    pub terms: Vec<i64>,
    /// Condition on `r` that is exact and needs only seeks; none where the body must be asked (or `terms` tell).
    pub filter: Option<Sql>,
    /// Whether the sources hold more than what matches, so that candidates must be checked on the body.
    pub check: bool,
    /// No index answers it: only the body tells.
    pub body_only: bool,
    /// The filter lets odd rows through (`Head::odd`), which the body must check.
    pub odd: bool,
    /// Where the main dates of matches lie, in seconds, but for odd and wide rows.
    pub window: Option<(i64, i64)>,
}

/// Terms that one value of a search may stand for.
const TERMS_MAX: usize = 20_000;

pub fn probe(connection: &Connection, shared: &Shared, m: &Match) -> Result<Probe> {
    let path = shared.path_number(m.path);
    Ok(match &m.test {
        ValueTest::Token { system, code } => {
            by_terms(token_terms(connection, path, system.as_deref(), code.as_deref())?, false)
        }
        ValueTest::MimeType(wanted) => by_terms(mime_terms(connection, path, wanted)?, false),
        // Under other paths the texts stand in the body alone.
        ValueTest::TokenText(_) if !matches!(kind_of(m.path), IndexKind::Token) => {
            Probe { body_only: true, ..Probe::default() }
        }
        ValueTest::TokenText(text) => by_terms(text_terms(connection, path, text)?, true),
        ValueTest::Uri { how, uri, version } => {
            by_terms(uri_terms(connection, path, *how, uri, version.as_deref())?, false)
        }
        ValueTest::Identifier { system, value } => identifier(connection, path, system.as_deref(), value.as_deref())?,
        // Any target of a type: an index of targets does not tell which resources have one.
        ValueTest::Reference(Target::Local { id, .. }) if id.is_empty() => {
            Probe { body_only: true, ..Probe::default() }
        }
        ValueTest::Reference(target) => match target_row(connection, shared, target)? {
            Some(target) => by_targets(&[path], &[target]),
            None => nothing(),
        },
        // The body tells the version.
        ValueTest::Canonical { uri, .. } => match target_row(connection, shared, &Target::Url(uri.clone()))? {
            Some(target) => Probe { check: true, ..by_targets(&[path], &[target]) },
            None => nothing(),
        },
        // The body tells the type of the identifier.
        ValueTest::IdentifierOfType { value, .. } => {
            Probe { check: true, ..identifier(connection, path, None, Some(value))? }
        }
        ValueTest::Text { how, folded, .. } => text(path, *how, folded),
        // The body tells which part of the name is spelled so.
        ValueTest::Spelled { start, .. } => Probe { check: true, ..text(path, TextHow::Starts, start) },
        ValueTest::Date(test) => period(shared, m, path, test),
        ValueTest::Number(test) => number(path, test, None),
        ValueTest::Quantity { number: test, system, code } => {
            match unit_terms(connection, system.as_deref(), code.as_deref())? {
                Some(units) if units.is_empty() => nothing(),
                units => number(path, test, units),
            }
        }
    })
}

fn nothing() -> Probe {
    Probe { filter: Some(Sql::new("0")), ..Probe::default() }
}

fn by_terms(terms: Vec<i64>, check: bool) -> Probe {
    if terms.is_empty() {
        return nothing();
    }
    let sources = terms.iter().map(|&term| term_source(term)).collect();
    Probe { sources, terms, check, ..Probe::default() }
}

/// The rows of one coded value.
pub fn term_source(term: i64) -> Source {
    let condition = Sql::new("t.term = ?").bind(term);
    Source { order: Order::Date, table: "token", condition, likely: Likely::Code, also: None }
}

/// The row has one of these coded values.
pub fn term_filter(terms: &[i64]) -> Sql {
    let mut filter = Sql::new("EXISTS (SELECT 1 FROM token x WHERE ");
    filter.append(&one_of("x.term", terms));
    filter.push(" AND x.date = r.date AND x.rid = r.rid)");
    filter
}

/// References of any of the paths to any of the targets.
pub fn by_targets(paths: &[i64], targets: &[i64]) -> Probe {
    if targets.is_empty() || paths.is_empty() {
        return nothing();
    }
    let mut sources = Vec::with_capacity(paths.len() * targets.len());
    for &path in paths {
        for &target in targets {
            let condition = Sql::new("t.path = ? AND t.target = ?").bind(path).bind(target);
            sources.push(Source {
                order: Order::Date,
                table: "reference",
                condition,
                likely: Likely::Target,
                also: None,
            });
        }
    }
    let mut filter = Sql::new("EXISTS (SELECT 1 FROM reference x WHERE ");
    filter.append(&one_of("x.path", paths));
    filter.and(&one_of("x.target", targets));
    filter.push(" AND x.date = r.date AND x.rid = r.rid)");
    Probe { sources, filter: Some(filter), ..Probe::default() }
}

/// The number that a reference to this target carries in the index; none if nothing refers to it.
pub fn target_row(connection: &Connection, shared: &Shared, target: &Target) -> Result<Option<i64>> {
    match target {
        Target::Local { type_, id } => Ok(row_named(connection, shared, *type_, id)?.map(|rid| rid.0)),
        Target::Url(url) => Ok(term(connection, 0, url, "")?.map(|term| -term)),
    }
}

fn identifier(connection: &Connection, path: i64, system: Option<&str>, value: Option<&str>) -> Result<Probe> {
    let system = match system {
        None => None,
        Some("") => Some(0),
        Some(system) => match term(connection, 0, system, "")? {
            Some(term) => Some(term),
            None => return Ok(nothing()),
        },
    };
    let mut condition = Sql::new("t.path = ?").bind(path);
    if let Some(value) = value {
        condition.push(" AND t.value = ?");
        condition = condition.bind(value.to_owned());
    }
    if let Some(system) = system {
        condition.push(" AND t.system = ?");
        condition = condition.bind(system);
    }
    let filter = value.map(|_| {
        let mut filter = Sql::new("EXISTS (SELECT 1 FROM text x WHERE ");
        filter.append(&condition.renamed(&[("t.", "x.")]));
        filter.push(" AND x.rid = r.rid)");
        filter
    });
    let likely = if value.is_some() { Likely::Unique } else { Likely::Whole };
    let sources = vec![Source { order: Order::Text, table: "text", condition, likely, also: None }];
    Ok(Probe { sources, filter, ..Probe::default() })
}

fn text(path: i64, how: TextHow, folded: &str) -> Probe {
    let mut condition = Sql::new("t.path = ?").bind(path);
    let cut = cut(folded);
    let whole = cut.len() == folded.len();
    let mut filter = None;
    let (check, likely) = match how {
        TextHow::Starts => {
            let range = Sql::new(" AND t.value >= ? AND t.value < ?").bind(cut.to_owned());
            condition.append(&range.bind(format!("{cut}\u{10FFFF}")));
            (!whole, Likely::Value)
        }
        TextHow::Exact | TextHow::Equal => {
            condition.append(&Sql::new(" AND t.value = ?").bind(cut.to_owned()));
            // A text as long as the index keeps may go on in the body.
            let check = how == TextHow::Exact || folded.len() + 4 > base::limits::INDEX_TEXT_BYTES_MAX;
            let row =
                "EXISTS (SELECT 1 FROM text x WHERE x.path = ? AND x.value = ? AND x.system = 0 AND x.rid = r.rid)";
            filter = Some(Sql::new(row).bind(path).bind(cut.to_owned()));
            (check, Likely::Value)
        }
        TextHow::Contains => {
            condition.append(&Sql::new(" AND instr(t.value, ?) > 0").bind(cut.to_owned()));
            (!whole, Likely::Whole)
        }
        TextHow::Ends => {
            let ends = Sql::new(" AND substr(t.value, -length(?)) = ?").bind(cut.to_owned()).bind(cut.to_owned());
            condition.append(&ends);
            (true, Likely::Whole)
        }
    };
    let sources = vec![Source { order: Order::Text, table: "text", condition, likely, also: None }];
    Probe { sources, filter, check, ..Probe::default() }
}

/// A search text as long as indexed texts are.
fn cut(folded: &str) -> &str {
    let mut end = folded.len().min(base::limits::INDEX_TEXT_BYTES_MAX);
    while !folded.is_char_boundary(end) {
        end -= 1;
    }
    &folded[..end]
}

fn period(shared: &Shared, m: &Match, path: i64, test: &DateTest) -> Probe {
    let condition = date_condition("t.start", "t.start + t.length", test);
    let sources = (0..4)
        .map(|class: i64| {
            let mut range = Sql::new("t.class = ?").bind(path * 4 + class);
            range.append(&start_range(test, CLASS_MILLIS_MAX[class as usize]));
            range.and(&condition);
            Source { order: Order::Period, table: "period", condition: range, likely: Likely::Range, also: None }
        })
        .collect();
    let main = shared.is_main_date(m.path);
    let filter = main.then(|| main_date_filter(path, shared.path_ordinal(m.path), test)).flatten();
    Probe { sources, odd: filter.is_some(), filter, window: main.then(|| window(test)).flatten(), ..Probe::default() }
}

fn number(path: i64, test: &NumberTest, units: Option<Vec<i64>>) -> Probe {
    let (value, low, high) = (test.value, test.low, test.high);
    let mut condition = Sql::new("t.path = ?").bind(path);
    let range = match test.prefix {
        Prefix::Eq => Sql::new(" AND t.low >= ? AND t.low < ? AND t.high < ?").bind(low).bind(high).bind(high),
        Prefix::Ne => Sql::new(" AND NOT (t.low >= ? AND t.high < ?)").bind(low).bind(high),
        Prefix::Gt => Sql::new(" AND t.high > ?").bind(value),
        Prefix::Ge => Sql::new(" AND t.high >= ?").bind(value),
        Prefix::Lt => Sql::new(" AND t.low < ?").bind(value),
        Prefix::Le => Sql::new(" AND t.low <= ?").bind(value),
        Prefix::Sa => Sql::new(" AND t.low > ?").bind(value),
        Prefix::Eb => Sql::new(" AND t.low < ? AND t.high < ?").bind(value).bind(value),
        Prefix::Ap => Sql::new(" AND t.low < ? AND t.high >= ?").bind(high).bind(low),
    };
    condition.append(&range);
    if let Some(units) = units {
        condition.and(&one_of("t.unit", &units));
    }
    // A value such as `<5` or a range may reach over the bound from anywhere below.
    let likely = if matches!(test.prefix, Prefix::Gt | Prefix::Ge) { Likely::Open } else { Likely::Range };
    let sources = vec![Source { order: Order::Number, table: "number", condition, likely, also: None }];
    Probe { sources, ..Probe::default() }
}

fn token_terms(connection: &Connection, path: i64, system: Option<&str>, code: Option<&str>) -> Result<Vec<i64>> {
    match (system, code) {
        (Some(system), Some(code)) => Ok(term(connection, path, code, system)?.into_iter().collect()),
        (None, Some(code)) => {
            let sql = "SELECT number FROM term WHERE path = ? AND code = ? LIMIT ?";
            terms(connection, sql, vec![path.into(), code.to_owned().into()])
        }
        (Some(system), None) => {
            let sql = "SELECT number FROM term WHERE path = ? AND system = ? LIMIT ?";
            terms(connection, sql, vec![path.into(), system.to_owned().into()])
        }
        (None, None) => Ok(Vec::new()),
    }
}

/// Terms of this mime type with any parameters, or of any type of this kind.
fn mime_terms(connection: &Connection, path: i64, wanted: &str) -> Result<Vec<i64>> {
    // The sign after the border is the next one in the order of the index.
    let (border, beyond) = if wanted.contains('/') { (';', '<') } else { ('/', '0') };
    let sql = "SELECT number FROM term WHERE path = ? AND (code = ? OR (code >= ? AND code < ?)) LIMIT ?";
    let (from, to) = (format!("{wanted}{border}"), format!("{wanted}{beyond}"));
    terms(connection, sql, vec![path.into(), wanted.to_owned().into(), from.into(), to.into()])
}

/// Terms with a text that starts with this, or has a word that does.
fn text_terms(connection: &Connection, path: i64, text: &str) -> Result<Vec<i64>> {
    let sql = "SELECT DISTINCT t.number FROM term t CROSS JOIN term_text x ON x.term = t.number \
               WHERE t.path = ? AND instr(x.text, ?) > 0 LIMIT ?";
    terms(connection, sql, vec![path.into(), text.to_owned().into()])
}

fn uri_terms(connection: &Connection, path: i64, how: UriHow, uri: &str, version: Option<&str>) -> Result<Vec<i64>> {
    let uri = uri.to_owned();
    match (how, version) {
        (UriHow::Equal, None) => terms(
            connection,
            "SELECT number FROM term WHERE path = ? AND code = ? LIMIT ?",
            vec![path.into(), uri.into()],
        ),
        (UriHow::Equal, Some(version)) => Ok(term(connection, path, &uri, version)?.into_iter().collect()),
        (UriHow::Below, _) => {
            let sql = "SELECT number FROM term WHERE path = ? AND code >= ? AND code < ? \
                       AND (code = ? OR substr(code, length(?) + 1, 1) IN ('/', '?', '#', '|') OR substr(?, -1) = '/') LIMIT ?";
            let beyond = format!("{uri}\u{10FFFF}");
            let binds = vec![
                path.into(),
                uri.clone().into(),
                beyond.into(),
                uri.clone().into(),
                uri.clone().into(),
                uri.into(),
            ];
            terms(connection, sql, binds)
        }
        (UriHow::Above, _) => {
            let sql = "SELECT number FROM term WHERE path = ? AND code <> '' AND substr(?, 1, length(code)) = code \
                       AND (code = ? OR substr(?, length(code) + 1, 1) IN ('/', '?', '#', '|') OR substr(code, -1) = '/') LIMIT ?";
            terms(connection, sql, vec![path.into(), uri.clone().into(), uri.clone().into(), uri.into()])
        }
    }
}

/// Terms of units (path -1, `code\u{1}unit`); none where any unit will do.
fn unit_terms(connection: &Connection, system: Option<&str>, code: Option<&str>) -> Result<Option<Vec<i64>>> {
    let Some(code) = code else { return Ok(None) };
    let starts = format!("{code}\u{1}");
    let by_code =
        "SELECT number FROM term WHERE path = -1 AND code >= ? AND code < ? AND (? IS NULL OR system = ?) LIMIT ?";
    let system_value = || system.map_or(Value::Null, |system| Value::Text(system.to_owned()));
    let beyond = format!("{code}\u{2}");
    let mut found = terms(connection, by_code, vec![starts.into(), beyond.into(), system_value(), system_value()])?;
    if system.is_none() {
        let by_unit = "SELECT number FROM term WHERE path = -1 AND substr(code, -length(?)) = ? LIMIT ?";
        let ends = format!("\u{1}{code}");
        found.extend(terms(connection, by_unit, vec![ends.clone().into(), ends.into()])?);
    }
    found.sort_unstable();
    found.dedup();
    Ok(Some(found))
}

fn terms(connection: &Connection, sql: &str, mut binds: Vec<Value>) -> Result<Vec<i64>> {
    binds.push(Value::Integer(TERMS_MAX as i64 + 1));
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    let rows = statement.query_map(params_from_iter(binds), |row| row.get(0)).map_err(fault)?;
    let found = rows.collect::<rusqlite::Result<Vec<i64>>>().map_err(fault)?;
    if found.len() > TERMS_MAX {
        return Err(base::Error::too_costly(format!(
            "one value of the search stands for more than {TERMS_MAX} different codes; give more of it"
        )));
    }
    Ok(found)
}
