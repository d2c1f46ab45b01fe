//! CSV files (RFC 4180) as offices write them: UTF-8 with or without a byte order mark, or GB18030; quoted cells with
//! line breaks in them; lines ended by CRLF, LF or CR.

use crate::program::Said;
use base::{Error, Result};
use encoding_rs::{Encoding, GB18030, UTF_8};
use std::borrow::Cow;

/// The byte order marks of UTF-8 and of GB18030. No UTF-8 begins with the second.
const MARKS: [&[u8]; 2] = [b"\xef\xbb\xbf", b"\x84\x31\x95\x33"];

/// What one file may hold.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub bytes_max: usize,
    pub lines_max: usize,
    pub columns_max: usize,
    /// Characters of one cell.
    pub cell_chars_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { bytes_max: 8 << 20, lines_max: 10_001, columns_max: 64, cell_chars_max: 1_000 }
    }
}

/// One line that is not empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file, from 1, where the line begins.
    pub number: usize,
    /// Without blanks around them.
    pub cells: Vec<String>,
}

/// Every line of a file.
///
/// # Errors
/// `TooCostly` where a limit is reached; `Invalid`, with the line, where the text is not CSV.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Vec<Line>> {
    if bytes.len() > limits.bytes_max {
        let (has, most) = (bytes.len(), limits.bytes_max);
        return Err(too_costly(
            format!("文件有 {has} 字节，最多读取 {most} 字节；请分批上传"),
            format!("the file has {has} bytes; at most {most} are read, send it in parts"),
        ));
    }
    let text = decode(bytes)?;
    let mut reader = Reader { rest: &text, number: 1, limits };
    let mut lines = Vec::new();
    while let Some(line) = reader.line()? {
        if line.cells.iter().all(String::is_empty) {
            continue;
        }
        if lines.len() >= limits.lines_max {
            let most = limits.lines_max;
            return Err(too_costly(
                format!("文件超过 {most} 行；请分批上传"),
                format!("the file has more than {most} lines; send it in parts"),
            ));
        }
        lines.push(line);
    }
    Ok(lines)
}

/// The file's text. What is no UTF-8 is read as GB18030, in which most office programs in China save.
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes)
        && encoding != UTF_8
    {
        return Err(invalid(
            "文件为 UTF-16 编码；请另存为 UTF-8 编码的 CSV",
            "the file is UTF-16; save it as CSV in UTF-8",
        ));
    }
    let marked = MARKS.iter().find_map(|mark| bytes.strip_prefix(*mark));
    let bytes = marked.unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => GB18030.decode_without_bom_handling_and_without_replacement(bytes).ok_or_else(|| {
            invalid(
                "文件既不是 UTF-8 也不是 GB18030 编码；请另存为 UTF-8 编码的 CSV",
                "the file is neither UTF-8 nor GB18030; save it as CSV in UTF-8",
            )
        })?,
    };
    match text.find('\0') {
        None => Ok(text),
        Some(at) => {
            let line = 1 + text[..at].matches('\n').count();
            Err(invalid(
                format!("第 {line} 行含有空字符（NUL），不是文本文件；请另存为 CSV"),
                format!("line {line} holds a NUL character, so this is no text; save it as CSV"),
            ))
        }
    }
}

fn invalid(zh: impl Into<String>, en: impl Into<String>) -> Error {
    Error::invalid(Said::new(zh, en).both())
}

fn too_costly(zh: impl Into<String>, en: impl Into<String>) -> Error {
    Error::too_costly(Said::new(zh, en).both())
}

struct Reader<'a> {
    rest: &'a str,
    number: usize,
    limits: &'a Limits,
}

impl Reader<'_> {
    /// The next line; none at the end.
    fn line(&mut self) -> Result<Option<Line>> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let mut line = Line { number: self.number, cells: Vec::new() };
        loop {
            let cell = if self.rest.starts_with('"') { self.quoted(line.number)? } else { self.plain() };
            if cell.chars().count() > self.limits.cell_chars_max {
                let (number, most) = (line.number, self.limits.cell_chars_max);
                return Err(too_costly(
                    format!("第 {number} 行有单元格超过 {most} 个字符；可能缺少引号"),
                    format!("line {number} has a cell of more than {most} characters; a quotation mark may be missing"),
                ));
            }
            line.cells.push(cell);
            if line.cells.len() > self.limits.columns_max {
                let (number, most) = (line.number, self.limits.columns_max);
                return Err(too_costly(
                    format!("第 {number} 行超过 {most} 个单元格"),
                    format!("line {number} has more than {most} cells"),
                ));
            }
            match self.rest.strip_prefix(',') {
                Some(rest) => self.rest = rest,
                None => break,
            }
        }
        self.end_line();
        Ok(Some(line))
    }

    /// Up to the next comma or line end.
    fn plain(&mut self) -> String {
        let end = self.rest.find([',', '\n', '\r']).unwrap_or(self.rest.len());
        let (cell, rest) = self.rest.split_at(end);
        self.rest = rest;
        cell.trim().to_owned()
    }

    /// After a quotation mark, up to the next single one.
    fn quoted(&mut self, line: usize) -> Result<String> {
        let mut cell = String::new();
        let mut rest = &self.rest[1..];
        loop {
            let Some(end) = rest.find('"') else {
                return Err(invalid(
                    format!("第 {line} 行的引号没有闭合"),
                    format!("line {line} opens a quotation mark that is never closed"),
                ));
            };
            cell.push_str(&rest[..end]);
            rest = &rest[end + 1..];
            match rest.strip_prefix('"') {
                Some(more) => {
                    cell.push('"');
                    rest = more;
                }
                None => break,
            }
        }
        self.number += cell.matches('\n').count();
        let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        self.rest = &rest[blank..];
        if !(self.rest.is_empty() || self.rest.starts_with([',', '\n', '\r'])) {
            return Err(invalid(
                format!("第 {line} 行的闭合引号之后还有文字"),
                format!("line {line} has text after a closing quotation mark"),
            ));
        }
        Ok(cell.trim().to_owned())
    }

    fn end_line(&mut self) {
        let ended = ["\r\n", "\n", "\r"].iter().find_map(|end| self.rest.strip_prefix(end));
        if let Some(rest) = ended {
            self.rest = rest;
            self.number += 1;
        }
    }
}

/// Appends one line. A cell that an office program would take for a formula gets an apostrophe before it.
pub fn write_line(out: &mut String, cells: impl Iterator<Item = String>) {
    for (nth, cell) in cells.enumerate() {
        if nth > 0 {
            out.push(',');
        }
        let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err();
        let cell = if is_formula { format!("'{cell}") } else { cell };
        match cell.contains(['"', ',', '\n', '\r']) {
            true => out.push_str(&format!("\"{}\"", cell.replace('"', "\"\""))),
            false => out.push_str(&cell),
        }
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(bytes: &[u8]) -> Vec<(usize, Vec<String>)> {
        read(bytes, &Limits::default()).unwrap().into_iter().map(|line| (line.number, line.cells)).collect()
    }

    fn refused(bytes: &[u8]) -> String {
        read(bytes, &Limits::default()).unwrap_err().text().to_owned()
    }

    #[test]
    fn lines_quotes_and_ends() {
        let text = "a, b ,\"c, \"\"d\"\"\"\r\n\r\n\"1\n2\",x\ry\n,,\n";
        let expected: Vec<(usize, Vec<String>)> = vec![
            (1, vec!["a".into(), "b".into(), "c, \"d\"".into()]),
            (3, vec!["1\n2".into(), "x".into()]),
            (5, vec!["y".into()]),
        ];
        assert_eq!(cells(text.as_bytes()), expected);
        assert_eq!(cells(b""), []);
    }

    #[test]
    fn utf_8_with_a_mark_and_gb18030_read_alike() {
        let text = "名称,编码\n平川市第一人民医院,1\n";
        let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        let (office, _, _) = GB18030.encode(text);
        assert_eq!(cells(&marked), cells(text.as_bytes()));
        assert_eq!(cells(&office), cells(text.as_bytes()));
        let office_marked = [b"\x84\x31\x95\x33".as_slice(), &office].concat();
        assert_eq!(cells(&office_marked), cells(text.as_bytes()));
        assert_eq!(cells(b"\x84\x31\x95\x33"), []);
    }

    #[test]
    fn what_is_no_csv_is_refused_with_its_line() {
        assert_eq!(refused(b"a\n\"b"), "第 2 行的引号没有闭合 / line 2 opens a quotation mark that is never closed");
        assert!(refused(b"a\nb\0c").contains("line 2"));
        assert!(refused(b"a\n\"b").contains("line 2"));
        assert!(refused(b"a\n\"b\"c").contains("line 2"));
        assert!(refused(b"\xff\xfea\0").contains("UTF-16"));
        assert!(refused(b"\xff\xff\xff").contains("GB18030"));
        assert!(refused("x,".repeat(100).as_bytes()).contains("64 cells"));
        assert!(refused("x\n".repeat(10_002).as_bytes()).contains("10001 lines"));
        assert!(refused("x".repeat(1_001).as_bytes()).contains("1000 characters"));
        assert!(refused(&vec![b'x'; (8 << 20) + 1]).contains("bytes"));
    }

    #[test]
    fn no_cell_becomes_a_formula() {
        let mut out = String::new();
        let row = ["=1+1", "@x", "-5", "+86 21", "a,b", "say \"x\""];
        write_line(&mut out, row.iter().map(|cell| (*cell).to_owned()));
        assert_eq!(out, "'=1+1,'@x,-5,'+86 21,\"a,b\",\"say \"\"x\"\"\"\r\n");
    }
}
