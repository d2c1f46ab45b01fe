//! From the lines of a file to drafts of institutions: columns by their Chinese or English names, cells by what they say.

use crate::directory::codes::{self, Class, Code};
use crate::directory::picture::{Area, AreaKind, Picture};
use crate::directory::service::institution::code_problem;
use base::{Error, Result};
use identity::OrganisationCode;
use runtime::csv::Line;
use runtime::program::Said;

/// Characters of a text cell.
const TEXT_CHARS_MAX: usize = 200;

/// A column of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Name,
    Code,
    Kind,
    Level,
    Parent,
    District,
    Street,
    Address,
    Phone,
    Active,
    ValidFrom,
}

/// Each column with the names it may carry; the first two are the Chinese and the English one of the template.
pub const COLUMNS: [(Column, &[&str]); 11] = [
    (Column::Name, &["名称", "name", "机构名称"]),
    (Column::Code, &["统一社会信用代码", "code", "代码", "机构代码", "uscc"]),
    (Column::Kind, &["类别", "kind", "机构类别", "类别代码"]),
    (Column::Level, &["等级", "level", "机构等级", "级别"]),
    (Column::Parent, &["上级代码", "parent", "上级机构代码", "上级"]),
    (Column::District, &["区", "district", "区划代码", "区县", "所属区"]),
    (Column::Street, &["街道", "street", "街道代码", "所属街道"]),
    (Column::Address, &["地址", "address"]),
    (Column::Phone, &["电话", "phone", "联系电话"]),
    (Column::Active, &["在用", "active", "是否在用", "状态"]),
    (Column::ValidFrom, &["启用日期", "valid_from", "有效期起", "生效日期"]),
];

/// What is wrong with a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    pub column: Column,
    pub text: Said,
}

/// What a line says. A cell that is empty says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    pub line: usize,
    pub name: String,
    /// None only beside a flaw.
    pub code: Option<String>,
    pub kind: Option<String>,
    pub level: Option<String>,
    /// The code of the institution above.
    pub parent: Option<String>,
    pub area: Option<String>,
    pub address: Option<String>,
    pub phone: Option<String>,
    pub active: Option<bool>,
    pub valid_from: Option<String>,
    pub flaws: Vec<Flaw>,
}

impl Column {
    /// The Chinese name.
    pub fn title(self) -> &'static str {
        COLUMNS.iter().find(|(column, _)| *column == self).map_or("", |(_, names)| names[0])
    }

    /// The English name.
    pub fn key(self) -> &'static str {
        COLUMNS.iter().find(|(column, _)| *column == self).map_or("", |(_, names)| names[1])
    }
}

/// A column of a file; none where it has no heading.
pub type Heading = Option<Column>;

/// The columns of the file in order, and every line as a draft, with what is wrong in its own cells. `day` is today,
/// `2026-11-22`.
///
/// # Errors
/// `Invalid` where the head is not that of such a file.
pub fn drafts(lines: &[Line], picture: &Picture, day: &str) -> Result<(Vec<Heading>, Vec<Draft>)> {
    let Some((head, lines)) = lines.split_first() else {
        return Err(invalid("文件为空；请从模板开始", "the file is empty; begin with the template"));
    };
    let columns = columns(head)?;
    let draft = |line: &Line| Cells { columns: &columns, line, picture, day, flaws: Vec::new() }.draft();
    match lines.is_empty() {
        true => Err(invalid("文件只有表头，没有数据行", "the file has a head and no lines below it")),
        false => {
            let drafts = lines.iter().map(draft).collect();
            Ok((columns, drafts))
        }
    }
}

fn invalid(zh: impl Into<String>, en: impl Into<String>) -> Error {
    Error::invalid(Said::new(zh, en).both())
}

fn columns(head: &Line) -> Result<Vec<Heading>> {
    let mut found: Vec<Heading> = Vec::new();
    for cell in &head.cells {
        if cell.is_empty() {
            found.push(None);
            continue;
        }
        let name = fhir::fold(cell);
        let known = COLUMNS.iter().find(|(_, names)| names.iter().any(|known| fhir::fold(known) == name));
        let Some((column, _)) = known else {
            let names = |nth: usize| COLUMNS.iter().map(|(_, names)| names[nth]).collect::<Vec<_>>();
            let (cell, zh, en) = (short(cell), names(0).join("、"), names(1).join(", "));
            return Err(invalid(
                format!("没有 `{cell}` 这一列；可用的列：{zh}"),
                format!("there is no column `{cell}`; the columns are: {en}"),
            ));
        };
        if found.contains(&Some(*column)) {
            let (title, key) = (column.title(), column.key());
            return Err(invalid(
                format!("`{title}` 列重复出现"),
                format!("the column `{title}` ({key}) is there twice"),
            ));
        }
        found.push(Some(*column));
    }
    for needed in [Column::Name, Column::Code] {
        if !found.contains(&Some(needed)) {
            let (title, key) = (needed.title(), needed.key());
            return Err(invalid(format!("缺少 `{title}` 列"), format!("the column `{title}` ({key}) is missing")));
        }
    }
    Ok(found)
}

struct Cells<'a> {
    columns: &'a [Heading],
    line: &'a Line,
    picture: &'a Picture,
    day: &'a str,
    flaws: Vec<Flaw>,
}

impl Cells<'_> {
    fn draft(mut self) -> Draft {
        self.fits_the_head();
        let name = self.plain(Column::Name).unwrap_or_default();
        if self.text(Column::Name).is_none() {
            self.flaw(Column::Name, "机构名称不能为空", "an institution needs a name");
        }
        let code = self.code(Column::Code);
        if code.is_none() && self.text(Column::Code).is_none() {
            self.flaw(Column::Code, "统一社会信用代码（18 位）不能为空", "an institution needs its 18-character code");
        }
        let draft = Draft {
            line: self.line.number,
            name,
            code,
            kind: self.kind(),
            level: self.named(Column::Level, codes::levels(), ("机构等级", "level")),
            parent: self.code(Column::Parent),
            area: self.area(),
            address: self.plain(Column::Address),
            phone: self.phone(),
            active: self.active(),
            valid_from: self.day_of(Column::ValidFrom),
            flaws: Vec::new(),
        };
        Draft { flaws: self.flaws, ..draft }
    }

    fn flaw(&mut self, column: Column, zh: impl Into<String>, en: impl Into<String>) {
        self.flaws.push(Flaw { column, text: Said::new(zh, en) });
    }

    /// No more cells than the head has, and none below a missing heading.
    fn fits_the_head(&mut self) {
        let (has, most) = (self.line.cells.len(), self.columns.len());
        if has > most {
            let zh = format!("本行有 {has} 个单元格，表头只有 {most} 列；含逗号的内容请加引号");
            let en =
                format!("the line has {has} cells and the head {most}; put cells with commas into quotation marks");
            self.flaw(Column::Name, zh, en);
        }
        let cells = self.columns.iter().zip(&self.line.cells);
        let stray = cells.zip(1..).find(|((column, cell), _)| column.is_none() && !cell.is_empty());
        if let Some((_, nth)) = stray {
            let zh = format!("第 {nth} 列没有表头，但本行有内容");
            self.flaw(Column::Name, zh, format!("column {nth} has no heading, but the line has text in it"));
        }
    }

    /// What the cell says, without the apostrophe that our own files put before what looks like a formula.
    fn text(&self, column: Column) -> Option<&str> {
        let at = self.columns.iter().position(|known| *known == Some(column))?;
        let text = self.line.cells.get(at)?;
        let text = text.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@'])).unwrap_or(text);
        (!text.is_empty()).then_some(text)
    }

    fn plain(&mut self, column: Column) -> Option<String> {
        let text = self.text(column)?.to_owned();
        if text.chars().count() > TEXT_CHARS_MAX {
            self.flaw(
                column,
                format!("最多 {TEXT_CHARS_MAX} 个字符"),
                format!("at most {TEXT_CHARS_MAX} characters fit"),
            );
        } else if text.chars().any(char::is_control) {
            let en = "the cell holds a line break or another control character";
            self.flaw(column, "单元格含有换行或其他控制字符", en);
        } else if text.starts_with(['=', '+', '-', '@']) {
            let en = "the cell begins like a formula; write plain text";
            self.flaw(column, "单元格以公式符号开头；请填写普通文字", en);
        } else {
            return Some(text);
        }
        None
    }

    fn code(&mut self, column: Column) -> Option<String> {
        let text = self.text(column)?;
        match OrganisationCode::parse(text) {
            Ok(code) => Some(code.text().to_owned()),
            Err(refusal) => {
                self.flaws.push(Flaw { column, text: code_problem(refusal) });
                None
            }
        }
    }

    fn kind(&mut self) -> Option<String> {
        let kind = self.named(Column::Kind, codes::kinds(), ("机构类别", "kind of institution"))?;
        if matches!(Class::of_kind(&kind), Some(Class::Institution | Class::Commission)) {
            return Some(kind);
        }
        self.flaw(
            Column::Kind,
            format!("`{kind}` 类没有自己的统一社会信用代码；这里只导入机构与主管部门"),
            format!("`{kind}` has no code of its own; here are institutions and authorities"),
        );
        None
    }

    fn named(&mut self, column: Column, codes: &'static [Code], (zh, en): (&str, &str)) -> Option<String> {
        let text = self.text(column)?;
        match codes::meant(codes, text, self.day) {
            Some(code) => Some(code.code.clone()),
            None => {
                let text = short(text);
                self.flaw(
                    column,
                    format!("没有{zh} `{text}`；请使用代码表中的代码或名称"),
                    format!("there is no {en} `{text}`; use a code or name of the list of codes"),
                );
                None
            }
        }
    }

    /// The street where one is told, else the district.
    fn area(&mut self) -> Option<String> {
        let district = self.area_in(Column::District, None);
        let street = self.area_in(Column::Street, district.as_deref());
        if let (Some(district), Some(street)) = (&district, &street)
            && !street.starts_with(district.as_str())
        {
            self.flaw(
                Column::Street,
                format!("街道 `{street}` 不在区 `{district}` 内"),
                format!("the street `{street}` is not in the district `{district}`"),
            );
        }
        street.or(district)
    }

    /// An area by its code, or by its name where that is the only one so called.
    fn area_in(&mut self, column: Column, within: Option<&str>) -> Option<String> {
        let text = self.text(column)?.to_owned();
        let kind = if column == Column::District { AreaKind::District } else { AreaKind::Street };
        let is_code = text.bytes().all(|byte| byte.is_ascii_digit());
        // A record without areas cannot tell which codes there are.
        if self.picture.areas.is_empty() && is_code && matches!(text.len(), 6 | 9 | 12) {
            return Some(text);
        }
        let fits = |area: &&Area| match is_code {
            true => area.row.code == text && (area.kind == kind || column == Column::District),
            false => {
                let is_within = within.is_none_or(|district| area.row.code.starts_with(district));
                area.row.name == text && area.kind == kind && is_within
            }
        };
        let found: Vec<&str> = self.picture.areas.iter().filter(fits).map(|area| area.row.code.as_str()).collect();
        if let [code] = found.as_slice() {
            return Some((*code).to_owned());
        }
        let text = short(&text);
        let (zh, en, count) = (kind.words().zh, kind.name(), found.len());
        match count {
            0 => self.flaw(
                column,
                format!("目录中没有{zh} `{text}`；请填写区划代码"),
                format!("the directory has no {en} `{text}`; use its code"),
            ),
            _ => self.flaw(
                column,
                format!("有 {count} 个区划叫 `{text}`；请填写区划代码"),
                format!("`{text}` is the name of {count} areas; use the code"),
            ),
        }
        None
    }

    fn phone(&mut self) -> Option<String> {
        let text = self.text(Column::Phone)?.to_owned();
        let fits = |letter: char| letter.is_ascii_digit() || " +-()/,;*#（）转、".contains(letter);
        if text.chars().count() <= 60 && text.chars().all(fits) && text.chars().any(|letter| letter.is_ascii_digit()) {
            return Some(text);
        }
        let text = short(&text);
        self.flaw(Column::Phone, format!("`{text}` 不是电话号码"), format!("`{text}` is no phone number"));
        None
    }

    fn active(&mut self) -> Option<bool> {
        let text = fhir::fold(self.text(Column::Active)?);
        match text.as_str() {
            "是" | "在用" | "启用" | "正常" | "true" | "yes" | "y" | "1" => Some(true),
            "否" | "停用" | "注销" | "false" | "no" | "n" | "0" => Some(false),
            _ => {
                let text = short(&text);
                let zh = format!("`{text}` 既不是“是”也不是“否”");
                self.flaw(Column::Active, zh, format!("`{text}` is neither 是 (yes) nor 否 (no)"));
                None
            }
        }
    }

    fn day_of(&mut self, column: Column) -> Option<String> {
        let text = self.text(column)?.to_owned();
        let day = written_day(&text);
        if day.is_none() {
            let text = short(&text);
            let zh = format!("`{text}` 不是日期；请写成 `2026-11-22`");
            self.flaw(column, zh, format!("`{text}` is no day such as `2026-11-22`"));
        }
        day
    }
}

/// `2026-11-22`, `2026/11/22`, `2026.11.22`, `20261122` or `2026年11月22日`.
fn written_day(text: &str) -> Option<String> {
    let parts: Vec<&str> = match text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => vec![&text[..4], &text[4..6], &text[6..]],
        false => text.trim_end_matches('日').split(['-', '/', '.', '年', '月']).collect(),
    };
    let [year, month, day] = parts.as_slice() else { return None };
    let (year, month, day): (i16, i8, i8) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    let is_day = (1800..=2999).contains(&year) && base::zone::Zone::default().day_start(year, month, day).is_some();
    is_day.then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// What is repeated to the sender of a cell.
fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_offices_write_them() {
        for text in ["2026-11-02", "2026/11/2", "2026.11.2", "20261102", "2026年11月2日"] {
            assert_eq!(written_day(text).as_deref(), Some("2026-11-02"), "{text}");
        }
        for text in ["2026-02-30", "2026-13-01", "26-1-1", "yesterday", "", "2026-11"] {
            assert_eq!(written_day(text), None, "{text}");
        }
    }
}
