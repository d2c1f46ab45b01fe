//! Rules as lines of a CSV file: the shipped seeds, and what offices import and export. Every flaw names its line and
//! column; the fields of a form go the same way.

use super::library::id_of;
use super::model::{AppliesBy, Row, RuleColumn, RuleTable, Scope, Sure, Value, ValueKind};
use crate::csv::{self, Line};
use crate::program::{Said, Words};
use base::zone::{day_named, day_text};
use base::{Error, Result};
use std::collections::{BTreeMap, HashMap};

/// Characters of one field.
const FIELD_CHARS_MAX: usize = 1_000;
/// Texts of one list.
const TEXTS_MAX: usize = 200;

/// What every row has beside the columns of its table, in the order of an export.
const COMMON: [(&str, Words); 7] = [
    ("scope", Words { zh: "适用范围", en: "Scope" }),
    ("from", Words { zh: "生效日", en: "First day" }),
    ("to", Words { zh: "失效日", en: "Last day" }),
    ("applies_by", Words { zh: "依据日期", en: "Goes by" }),
    ("source", Words { zh: "依据", en: "Source" }),
    ("sure", Words { zh: "把握", en: "Sureness" }),
    ("lifted", Words { zh: "停用", en: "Lifted" }),
];
/// What an export tells beside that; an import passes over it.
const TOLD: [(&str, Words); 2] =
    [("origin", Words { zh: "来自", en: "Origin" }), ("version", Words { zh: "版本", en: "Version" })];

/// Something wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// 0 where it is no line of a file.
    pub line: usize,
    /// Key of the column; empty for the row as a whole.
    pub column: String,
    pub title: Said,
    pub text: Said,
}

/// A file as it was read: its rows with their lines, and what is wrong.
#[derive(Debug, Default)]
pub struct Sheet {
    pub rows: Vec<(usize, Row)>,
    pub flaws: Vec<Flaw>,
}

impl Flaw {
    pub fn new(column: &str, title: Words, zh: impl Into<String>, en: impl Into<String>) -> Flaw {
        let title = Said::new(title.zh, title.en);
        Flaw { line: 0, column: column.to_owned(), title, text: Said::new(zh, en) }
    }

    /// Of the row as a whole.
    pub fn of_row(text: Said) -> Flaw {
        Flaw { line: 0, column: String::new(), title: Said::new("整行", "the row"), text }
    }

    /// With its place, in both languages.
    pub fn said(&self) -> Said {
        let (line, title, text) = (self.line, &self.title, &self.text);
        match line {
            0 => Said::new(format!("{}：{}", title.zh, text.zh), format!("{}: {}", title.en, text.en)),
            _ => Said::new(
                format!("第 {line} 行，{}：{}", title.zh, text.zh),
                format!("line {line}, {}: {}", title.en, text.en),
            ),
        }
    }
}

/// Reads a file of rows of a table.
///
/// # Errors
/// Where the text is no CSV, too large, or its heading is not understood. Flaws of lines are in the sheet.
pub fn read(table: &RuleTable, bytes: &[u8], shipped: bool) -> Result<Sheet> {
    let lines = csv::read(bytes, &csv::Limits::default())?;
    let Some((heading, lines)) = lines.split_first() else {
        return Err(said("文件没有任何行", "the file has no lines"));
    };
    let columns = columns(table, heading)?;
    let mut sheet = Sheet::default();
    let mut lines_by_id: HashMap<String, usize> = HashMap::new();
    for line in lines {
        let read = cells(&columns, line).and_then(|cells| row_of(table, &cells, shipped));
        match read {
            Ok(row) => match lines_by_id.insert(row.id.clone(), line.number) {
                None => sheet.rows.push((line.number, row)),
                Some(first) => sheet.flaws.push(Flaw {
                    line: line.number,
                    ..Flaw::of_row(Said::new(
                        format!("与第 {first} 行是同一条规则（关键字、范围和生效日相同）"),
                        format!("the same rule as line {first} (same key, scope and first day)"),
                    ))
                }),
            },
            Err(flaws) => {
                sheet.flaws.extend(flaws.into_iter().map(|flaw| Flaw { line: line.number, ..flaw }));
            }
        }
    }
    Ok(sheet)
}

/// Writes rows as a file, with the Chinese heading; a byte order mark lets office programs read it.
pub fn write<'a>(table: &RuleTable, rows: impl Iterator<Item = &'a Row>) -> String {
    let mut out = String::from("\u{feff}");
    let titles = COMMON.iter().map(|(_, title)| title.zh).chain(table.columns.iter().map(|column| column.title.zh));
    csv::write_line(&mut out, titles.chain(TOLD.iter().map(|(_, title)| title.zh)).map(str::to_owned));
    for row in rows {
        let common = [
            row.scope.to_string(),
            day_text(row.from),
            row.to.map(day_text).unwrap_or_default(),
            row.applies_by.name().to_owned(),
            row.source.clone(),
            row.sure.name().to_owned(),
            if row.lifted { "yes" } else { "" }.to_owned(),
        ];
        let value = |column: &RuleColumn| row.values.get(column.key).map(Value::cell).unwrap_or_default();
        let told = [if row.shipped { "shipped" } else { "local" }.to_owned(), row.version.to_string()];
        csv::write_line(&mut out, common.into_iter().chain(table.columns.iter().map(value)).chain(told));
    }
    out
}

/// The key of the column that each cell stands in; none for those that are passed over.
fn columns(table: &RuleTable, heading: &Line) -> Result<Vec<Option<&'static str>>> {
    let own = table.columns.iter().map(|column| (column.key, column.title));
    let known: Vec<(&'static str, Words)> = COMMON.into_iter().chain(own).collect();
    let is = |cell: &str, key: &str, title: Words| {
        let same = |name: &str| name.eq_ignore_ascii_case(cell);
        same(key) || same(title.zh) || same(title.en)
    };
    let mut columns = Vec::new();
    for cell in &heading.cells {
        if cell.is_empty() || TOLD.iter().any(|(key, title)| is(cell, key, *title)) {
            columns.push(None);
            continue;
        }
        let Some((key, _)) = known.iter().find(|(key, title)| is(cell, key, *title)) else {
            let names =
                known.iter().map(|(key, title)| format!("{}（{key}）", title.zh)).collect::<Vec<_>>().join("、");
            return Err(said(
                format!("没有名为“{cell}”的列；可用的列：{names}"),
                format!("there is no column `{cell}`; there are: {names}"),
            ));
        };
        if columns.contains(&Some(*key)) {
            return Err(said(format!("列“{cell}”出现了两次"), format!("the column `{cell}` is there twice")));
        }
        columns.push(Some(*key));
    }
    let needed = COMMON[..2]
        .iter()
        .copied()
        .chain(table.key_columns().filter(|column| column.required).map(|column| (column.key, column.title)));
    for (key, title) in needed {
        if !columns.contains(&Some(key)) {
            return Err(said(
                format!("缺少列“{}”（{key}）", title.zh),
                format!("the column `{key}` ({}) is missing", title.en),
            ));
        }
    }
    Ok(columns)
}

fn said(zh: impl Into<String>, en: impl Into<String>) -> Error {
    Error::invalid(Said::new(zh, en).both())
}

/// The cells of a line by the keys of their columns; empty ones are left out.
fn cells(columns: &[Option<&'static str>], line: &Line) -> std::result::Result<BTreeMap<String, String>, Vec<Flaw>> {
    if line.cells[columns.len().min(line.cells.len())..].iter().any(|cell| !cell.is_empty()) {
        let (has, most) = (line.cells.len(), columns.len());
        return Err(vec![Flaw::of_row(Said::new(
            format!("有 {has} 个单元格，标题行只有 {most} 列；可能缺少引号"),
            format!("has {has} cells, and the heading has {most}; a quotation mark may be missing"),
        ))]);
    }
    let pairs = columns.iter().zip(&line.cells).filter(|(_, cell)| !cell.is_empty());
    Ok(pairs.filter_map(|(key, cell)| Some(((*key)?.to_owned(), plain(cell).to_owned()))).collect())
}

/// An export puts an apostrophe before what an office program would take for a formula.
fn plain(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@'])).unwrap_or(cell)
}

/// Whether a row of the table has a field of this key.
pub fn is_field(table: &RuleTable, key: &str) -> bool {
    COMMON.iter().any(|(known, _)| *known == key) || table.column(key).is_some()
}

/// A row from its fields, by the keys of the columns. Source and sureness of a shipped row are told; for a local one,
/// sureness is `local` unless something else is said.
pub fn row_of(
    table: &RuleTable,
    fields: &BTreeMap<String, String>,
    shipped: bool,
) -> std::result::Result<Row, Vec<Flaw>> {
    let mut reading = Reading { fields, flaws: Vec::new() };
    let lifted = reading.flag("lifted").unwrap_or(false);
    let mut row = Row {
        id: String::new(),
        version: 1,
        scope: reading.scope(),
        from: reading.first_day(),
        to: reading.day("to"),
        recorded: 0,
        applies_by: reading.one_of(
            "applies_by",
            AppliesBy::ALL.map(AppliesBy::name),
            AppliesBy::named,
            AppliesBy::Event,
        ),
        source: reading.text("source").unwrap_or_default(),
        sure: reading.one_of("sure", Sure::ALL.map(Sure::name), Sure::named, Sure::Local),
        shipped,
        lifted,
        values: BTreeMap::new(),
    };
    for column in table.columns {
        let needed = column.required && (column.is_key || !lifted);
        match reading.value(column) {
            Some(value) => drop(row.values.insert(column.key.to_owned(), value)),
            None if needed && !reading.has_flaw(column.key) => {
                reading.flaw(column.key, column.title, "不能为空", "must not be empty");
            }
            None => {}
        }
    }
    if row.to.is_some_and(|to| to < row.from) {
        reading.flaw("to", COMMON[2].1, "早于生效日", "is before the first day");
    }
    if row.source.is_empty() && !reading.has_flaw("source") {
        reading.flaw("source", COMMON[4].1, "不能为空：规则要写明依据", "must not be empty: a rule names its source");
    }
    if reading.flaws.is_empty()
        && !lifted
        && let Err(text) = (table.check)(&row)
    {
        reading.flaws.push(Flaw::of_row(text));
    }
    row.id = id_of(table, &row);
    if reading.flaws.is_empty() { Ok(row) } else { Err(reading.flaws) }
}

struct Reading<'a> {
    fields: &'a BTreeMap<String, String>,
    flaws: Vec<Flaw>,
}

impl Reading<'_> {
    fn flaw(&mut self, key: &str, title: Words, zh: impl Into<String>, en: impl Into<String>) {
        self.flaws.push(Flaw::new(key, title, zh, en));
    }

    fn has_flaw(&self, key: &str) -> bool {
        self.flaws.iter().any(|flaw| flaw.column == key)
    }

    /// A common field as text.
    fn text(&mut self, key: &str) -> Option<String> {
        self.field(key, title_of(key))
    }

    fn field(&mut self, key: &str, title: Words) -> Option<String> {
        let text = self.fields.get(key).map(|text| text.trim()).filter(|text| !text.is_empty())?;
        if text.chars().count() > FIELD_CHARS_MAX {
            let (zh, en) =
                (format!("超过 {FIELD_CHARS_MAX} 个字符"), format!("has more than {FIELD_CHARS_MAX} characters"));
            self.flaw(key, title, zh, en);
            return None;
        }
        if text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')) {
            self.flaw(key, title, "含有控制字符", "holds a control character");
            return None;
        }
        Some(text.to_owned())
    }

    fn scope(&mut self) -> Scope {
        let text = self.text("scope").unwrap_or_default();
        let (level, code) = text.split_once(':').map_or((text.as_str(), None), |(level, code)| (level, Some(code)));
        let fits = |scope: &Scope| match scope {
            Scope::District(code) => code.len() == 6 && code.bytes().all(|digit| digit.is_ascii_digit()),
            Scope::Institution(id) => crate::record::is_id(id),
            Scope::Nation | Scope::City => true,
        };
        Scope::named(level, code).filter(fits).unwrap_or_else(|| {
            let zh = format!("“{text}”不是适用范围；写 nation、city、district:区划代码（六位）或 institution:机构编号");
            let en = format!("`{text}` is no scope; write nation, city, district:SIX DIGITS or institution:ID");
            self.flaw("scope", COMMON[0].1, zh, en);
            Scope::City
        })
    }

    fn first_day(&mut self) -> i32 {
        let day = self.day("from");
        if day.is_none() && !self.has_flaw("from") {
            self.flaw("from", COMMON[1].1, "不能为空", "must not be empty");
        }
        day.unwrap_or_default()
    }

    fn day(&mut self, key: &'static str) -> Option<i32> {
        let text = self.text(key)?;
        self.day_in(key, title_of(key), &text)
    }

    fn day_in(&mut self, key: &str, title: Words, text: &str) -> Option<i32> {
        let day = day_named(text);
        if day.is_none() {
            let zh = format!("“{text}”不是日期；写作 2026-11-22");
            self.flaw(key, title, zh, format!("`{text}` is no date; write 2026-11-22"));
        }
        day
    }

    fn flag(&mut self, key: &'static str) -> Option<bool> {
        let text = self.text(key)?;
        self.flag_in(key, title_of(key), &text)
    }

    fn flag_in(&mut self, key: &str, title: Words, text: &str) -> Option<bool> {
        let flag = match text.to_ascii_lowercase().as_str() {
            "yes" | "true" | "1" | "是" => Some(true),
            "no" | "false" | "0" | "否" => Some(false),
            _ => None,
        };
        if flag.is_none() {
            self.flaw(key, title, format!("“{text}”应为 是 或 否"), format!("`{text}` is neither yes nor no"));
        }
        flag
    }

    fn one_of<T: Copy, const N: usize>(
        &mut self,
        key: &'static str,
        names: [&'static str; N],
        named: fn(&str) -> Option<T>,
        unsaid: T,
    ) -> T {
        let Some(text) = self.text(key) else { return unsaid };
        named(&text).unwrap_or_else(|| {
            let names = names.join(", ");
            let zh = format!("“{text}”应为其中之一：{names}");
            self.flaw(key, title_of(key), zh, format!("`{text}` is none of: {names}"));
            unsaid
        })
    }

    fn value(&mut self, column: &RuleColumn) -> Option<Value> {
        let (key, title) = (column.key, column.title);
        let text = self.field(key, title)?;
        match column.kind {
            ValueKind::Text if column.is_key && text.contains(['\n', '\r', '\t']) => {
                self.flaw(key, title, "不能换行", "must not break the line");
                None
            }
            ValueKind::Text => Some(Value::Text(text)),
            ValueKind::Code(codes) => {
                let known = codes.contains(&text.as_str());
                if !known {
                    let codes = codes.join(", ");
                    let zh = format!("“{text}”应为其中之一：{codes}");
                    self.flaw(key, title, zh, format!("`{text}` is none of: {codes}"));
                }
                known.then_some(Value::Text(text))
            }
            ValueKind::Texts => {
                let texts: Vec<String> =
                    text.split([';', '；']).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect();
                if texts.len() > TEXTS_MAX {
                    let zh = format!("超过 {TEXTS_MAX} 项");
                    self.flaw(key, title, zh, format!("has more than {TEXTS_MAX} parts"));
                    return None;
                }
                Some(Value::Texts(texts)).filter(|value| *value != Value::Texts(Vec::new()))
            }
            ValueKind::Integer => {
                let number = text.parse().ok();
                if number.is_none() {
                    let zh = format!("“{text}”不是整数");
                    self.flaw(key, title, zh, format!("`{text}` is no whole number"));
                }
                number.map(Value::Integer)
            }
            ValueKind::Flag => self.flag_in(key, title, &text).map(Value::Flag),
            ValueKind::Date => self.day_in(key, title, &text).map(Value::Date),
        }
    }
}

fn title_of(key: &str) -> Words {
    let common = COMMON.iter().find(|(known, _)| *known == key);
    common.map_or(Words { zh: "", en: "" }, |(_, title)| *title)
}
