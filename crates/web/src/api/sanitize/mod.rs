//! Narratives made harmless: XHTML of unknown origin in, HTML of allowed elements, attributes and styles out.
//!
//! What is not on a list does not come out. The output is written anew from what was read: every element is closed, every
//! attribute quoted, every text escaped, so that no browser reads it otherwise. It is shown in a sandbox all the same.

mod allowed;
mod text;

use allowed::{ELEMENTS, SWALLOWED, VOID, is_image, kept, listed};
use text::{decoded, escape};

/// Elements open at the same time; deeper ones lose their tags.
const DEPTH_MAX: usize = 100;

/// The narrative as harmless HTML.
pub fn sanitize(xhtml: &str) -> String {
    let mut writer = Writer { out: String::with_capacity(xhtml.len()), open: Vec::new(), swallowing: None };
    let mut rest = xhtml;
    while let Some(at) = rest.find('<') {
        writer.text(&rest[..at]);
        rest = markup(&rest[at..], &mut writer);
    }
    writer.text(rest);
    writer.finish()
}

/// What has been written, and which elements wait for their end.
struct Writer {
    out: String,
    open: Vec<&'static str>,
    /// The swallowed element that hides everything, and how often it is open.
    swallowing: Option<(&'static str, usize)>,
}

struct Tag<'a> {
    name: String,
    attributes: Vec<(String, &'a str)>,
    closed: bool,
}

/// Takes one piece of markup off the front of `rest`, which begins with `<`.
fn markup<'a>(rest: &'a str, writer: &mut Writer) -> &'a str {
    let after = |text: &'a str, end: &str| text.find(end).map_or("", |at| &text[at + end.len()..]);
    if let Some(comment) = rest.strip_prefix("<!--") {
        return after(comment, "-->");
    }
    if let Some(data) = rest.strip_prefix("<![CDATA[") {
        let end = data.find("]]>").unwrap_or(data.len());
        writer.plain(&data[..end]);
        return after(data, "]]>");
    }
    if rest.starts_with("<!") || rest.starts_with("<?") {
        return after(rest, ">");
    }
    if let Some(end_tag) = rest.strip_prefix("</") {
        let name: String = end_tag.chars().take_while(|character| is_name(*character)).collect();
        writer.end(&name.to_ascii_lowercase());
        return after(end_tag, ">");
    }
    if !rest[1..].starts_with(|character: char| character.is_ascii_alphabetic()) {
        writer.plain("<");
        return &rest[1..];
    }
    let (tag, rest) = start_tag(&rest[1..]);
    writer.start(&tag);
    rest
}

fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | ':')
}

/// Reads a start tag behind its `<`; a tag that never ends takes all the rest with it.
fn start_tag(text: &str) -> (Tag<'_>, &str) {
    let name_end = text.find(|character: char| !is_name(character)).unwrap_or(text.len());
    let mut tag = Tag { name: text[..name_end].to_ascii_lowercase(), attributes: Vec::new(), closed: false };
    let mut rest = &text[name_end..];
    loop {
        rest = rest.trim_start();
        if let Some(behind) = rest.strip_prefix('>') {
            return (tag, behind);
        }
        if let Some(behind) = rest.strip_prefix("/>") {
            tag.closed = true;
            return (tag, behind);
        }
        let end = rest.find(|character: char| character.is_whitespace() || matches!(character, '=' | '>' | '/'));
        let Some(end) = end else { return (tag, "") };
        let name = rest[..end].to_ascii_lowercase();
        if end == 0 {
            // A stray `=` or `/`.
            rest = &rest[1..];
            continue;
        }
        rest = rest[end..].trim_start();
        let value;
        (value, rest) = attribute_value(rest);
        tag.attributes.push((name, value));
    }
}

/// The value behind an attribute's name, and what follows.
fn attribute_value(rest: &str) -> (&str, &str) {
    let Some(behind) = rest.strip_prefix('=') else { return ("", rest) };
    let behind = behind.trim_start();
    for quote in ['"', '\''] {
        if let Some(quoted) = behind.strip_prefix(quote) {
            return quoted.split_once(quote).unwrap_or((quoted, ""));
        }
    }
    let end = behind.find(|character: char| character.is_whitespace() || character == '>').unwrap_or(behind.len());
    behind.split_at(end)
}

impl Writer {
    fn start(&mut self, tag: &Tag<'_>) {
        if let Some((name, count)) = &mut self.swallowing {
            if *name == tag.name && !tag.closed {
                *count += 1;
            }
            return;
        }
        if let Some(name) = listed(SWALLOWED, &tag.name) {
            if !tag.closed {
                self.swallowing = Some((name, 1));
            }
            return;
        }
        let Some(name) = listed(ELEMENTS, &tag.name) else { return };
        if self.open.len() >= DEPTH_MAX {
            return;
        }
        if name == "img" && !tag.attributes.iter().any(|(name, value)| name == "src" && is_image(&decoded(value))) {
            let alt = tag.attributes.iter().find(|(name, _)| name == "alt");
            return self.plain(&alt.map(|(_, value)| decoded(value)).unwrap_or_default());
        }
        self.out.push('<');
        self.out.push_str(name);
        for (attribute, value) in &tag.attributes {
            if let Some(value) = kept(name, attribute, &decoded(value)) {
                self.out.push_str(&format!(" {attribute}=\""));
                escape(&value, &mut self.out);
                self.out.push('"');
            }
        }
        if name == "a" {
            self.out.push_str(" rel=\"noopener noreferrer\"");
        }
        self.out.push('>');
        match (VOID.contains(&name), tag.closed) {
            (true, _) => {}
            (false, true) => self.close(name),
            (false, false) => self.open.push(name),
        }
    }

    /// Ends an element and those left open inside it; the end of one that is not open is left out.
    fn end(&mut self, name: &str) {
        if let Some((swallowed, count)) = &mut self.swallowing {
            if *swallowed == name {
                *count -= 1;
                if *count == 0 {
                    self.swallowing = None;
                }
            }
            return;
        }
        let Some(at) = self.open.iter().rposition(|open| *open == name) else { return };
        for open in self.open.split_off(at).into_iter().rev() {
            self.close(open);
        }
    }

    fn close(&mut self, name: &str) {
        self.out.push_str(&format!("</{name}>"));
    }

    /// Text of the narrative, with its entities.
    fn text(&mut self, text: &str) {
        self.plain(&decoded(text));
    }

    fn plain(&mut self, text: &str) {
        if self.swallowing.is_none() {
            escape(text, &mut self.out);
        }
    }

    fn finish(mut self) -> String {
        for open in std::mem::take(&mut self.open).into_iter().rev() {
            self.close(open);
        }
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every row of `given/narratives.tsv`: what goes in, what comes out, why.
    #[test]
    fn narratives_come_out_as_given() {
        for (nth, line) in include_str!("given/narratives.tsv").lines().enumerate().skip(1) {
            let columns: Vec<&str> = line.split('\t').collect();
            let [input, expected, why] = columns[..] else { panic!("row {nth} has not three columns") };
            assert_eq!(sanitize(input), expected, "row {nth}: {why}");
        }
    }

    #[test]
    fn sanitized_twice_is_sanitized_once() {
        for line in include_str!("given/narratives.tsv").lines().skip(1) {
            let once = sanitize(line.split('\t').next().unwrap_or_default());
            assert_eq!(sanitize(&once), once);
        }
    }

    #[test]
    fn deep_and_broken_markup_ends() {
        let deep = "<div>".repeat(100_000);
        assert_eq!(sanitize(&deep).matches("<div>").count(), DEPTH_MAX);
        assert_eq!(sanitize(&deep).matches("</div>").count(), DEPTH_MAX);
        for broken in [
            "<",
            "</",
            "<a",
            "<a href",
            "<a href=",
            "<a href='",
            "<!--",
            "<![CDATA[",
            "&",
            "&#",
            "&#x110000;",
            "<a/ =b>",
        ] {
            let out = sanitize(broken);
            assert!(!out.contains("<!") && !out.contains('\''), "{broken} gave {out}");
        }
    }
}
