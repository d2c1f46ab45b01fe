//! The narrative: well-formed XHTML of basic formatting only. https://hl7.org/fhir/R4/narrative.html#xhtml

use super::issues::shortened;

const NAMESPACE: &str = "http://www.w3.org/1999/xhtml";

/// Elements that the constraint `txt-1` allows, sorted.
#[rustfmt::skip]
const ELEMENTS: &[&str] = &[
    "a", "abbr", "acronym", "address", "area", "b", "bdo", "big", "blockquote", "br", "caption", "cite", "code",
    "col", "colgroup", "dd", "del", "dfn", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i",
    "img", "ins", "kbd", "li", "map", "ol", "p", "pre", "q", "samp", "small", "span", "strong", "sub", "sup", "table",
    "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "ul", "var",
];

/// Attributes that the constraint `txt-1` allows, with `xmlns` and `xml:lang`, sorted.
#[rustfmt::skip]
const ATTRIBUTES: &[&str] = &[
    "abbr", "accesskey", "align", "alt", "axis", "bgcolor", "border", "cellhalign", "cellpadding", "cellspacing",
    "cellvalign", "char", "charoff", "charset", "cite", "class", "colspan", "compact", "coords", "dir", "frame",
    "headers", "height", "href", "hreflang", "hspace", "id", "lang", "longdesc", "name", "nowrap", "rel", "rev",
    "rowspan", "rules", "scope", "shape", "span", "src", "start", "style", "summary", "tabindex", "title", "type",
    "valign", "value", "vspace", "width", "xml:lang", "xmlns",
];

/// What is wrong with a narrative, as the end of a sentence that begins with the value.
pub(super) fn fault(text: &str) -> Option<String> {
    let mut reader = Reader { text, at: 0, open: Vec::new(), content: false };
    reader.document().err()
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Names of the elements that are not closed yet.
    open: Vec<&'a str>,
    /// There is a text or an image (constraint `txt-2`).
    content: bool,
}

type Step<T> = Result<T, String>;

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn document(&mut self) -> Step<()> {
        self.skip_space();
        if !self.rest().starts_with("<div") {
            return Err("is no narrative; it must be one XHTML `div`".to_owned());
        }
        loop {
            self.markup()?;
            if self.open.is_empty() {
                break;
            }
            self.characters()?;
        }
        self.skip_space();
        if !self.rest().is_empty() {
            return Err("goes on after its `div`; put all content into one `div`".to_owned());
        }
        if !self.content {
            return Err("has neither text nor image; give it content or leave `text` out".to_owned());
        }
        Ok(())
    }

    fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_ascii_start().len();
    }

    /// Characters up to the next markup.
    fn characters(&mut self) -> Step<()> {
        let rest = self.rest();
        let end = rest.find('<').ok_or_else(|| format!("does not close `{}`", self.open.last().unwrap_or(&"div")))?;
        let text = &rest[..end];
        check_entities(text)?;
        self.content |= !text.trim_ascii().is_empty();
        self.at += end;
        Ok(())
    }

    /// One tag, comment or CDATA section; the text stands at a `<`.
    fn markup(&mut self) -> Step<()> {
        let rest = self.rest();
        if let Some(comment) = rest.strip_prefix("<!--") {
            let end = comment.find("-->").ok_or("does not close a comment")?;
            self.at += 4 + end + 3;
        } else if let Some(data) = rest.strip_prefix("<![CDATA[") {
            let end = data.find("]]>").ok_or("does not close a CDATA section")?;
            self.content |= !data[..end].trim_ascii().is_empty();
            self.at += 9 + end + 3;
        } else if rest.starts_with("<!") || rest.starts_with("<?") {
            return Err("holds a declaration or processing instruction; only elements, texts and comments are allowed"
                .to_owned());
        } else if rest.starts_with("</") {
            self.at += 2;
            self.end_tag()?;
        } else {
            self.at += 1;
            self.start_tag()?;
        }
        Ok(())
    }

    fn end_tag(&mut self) -> Step<()> {
        let name = self.name();
        self.skip_space();
        self.expect('>')?;
        match self.open.pop() {
            Some(open) if open == name => Ok(()),
            Some(open) => Err(format!("closes `{}` where `{open}` is open", shortened(name))),
            None => Err(format!("closes `{}`, which is not open", shortened(name))),
        }
    }

    fn start_tag(&mut self) -> Step<()> {
        let name = self.name();
        if ELEMENTS.binary_search(&name).is_err() {
            let name = shortened(name);
            return Err(format!(
                "holds the element `{name}`; only basic formatting is allowed, no scripts, forms or frames"
            ));
        }
        self.content |= name == "img";
        let mut seen: Vec<&str> = Vec::new();
        loop {
            let before = self.at;
            self.skip_space();
            if self.rest().starts_with(['>', '/']) {
                break;
            }
            if before == self.at {
                return Err(format!("is not well-formed in the element `{name}`"));
            }
            let attribute = self.attribute(name)?;
            if seen.contains(&attribute) {
                return Err(format!("gives the attribute `{attribute}` of `{name}` twice"));
            }
            seen.push(attribute);
        }
        if self.open.is_empty() && !seen.contains(&"xmlns") {
            return Err(format!("has no namespace; write `<div xmlns=\"{NAMESPACE}\">`"));
        }
        self.open.push(name);
        if self.rest().starts_with('/') {
            self.at += 1;
            self.open.pop();
        }
        self.expect('>')
    }

    fn attribute(&mut self, element: &str) -> Step<&'a str> {
        let name = self.name();
        if ATTRIBUTES.binary_search(&name).is_err() {
            let name = shortened(name);
            return Err(format!(
                "holds the attribute `{name}` in `{element}`; only basic formatting is allowed, no event handlers"
            ));
        }
        self.skip_space();
        self.expect('=')?;
        self.skip_space();
        let quote = self.rest().chars().next().filter(|quote| matches!(quote, '"' | '\''));
        let quote = quote.ok_or_else(|| format!("needs quotes around the value of `{name}`"))?;
        let value = &self.rest()[1..];
        let end = value.find(quote).ok_or_else(|| format!("does not close the value of `{name}`"))?;
        let value = &value[..end];
        if value.contains('<') {
            return Err(format!("has a `<` in the value of `{name}`; write `&lt;`"));
        }
        check_entities(value)?;
        check_value(name, value)?;
        self.at += end + 2;
        Ok(name)
    }

    fn name(&mut self) -> &'a str {
        let rest = self.rest();
        let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':') || byte >= 0x80;
        let end = rest.bytes().position(|byte| !part(byte)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn expect(&mut self, letter: char) -> Step<()> {
        if !self.rest().starts_with(letter) {
            return Err(format!("is not well-formed; a `{letter}` is missing"));
        }
        self.at += 1;
        Ok(())
    }
}

/// The namespace is the one of XHTML, and no address starts a script.
fn check_value(name: &str, value: &str) -> Step<()> {
    if name == "xmlns" && value != NAMESPACE {
        return Err(format!("has the namespace `{}`; write `{NAMESPACE}`", shortened(value)));
    }
    let address = matches!(name, "href" | "src" | "cite" | "longdesc");
    if address {
        // Browsers skip white space and control characters here, and read references like `&#106;`.
        let scheme: String =
            value.chars().filter(|letter| !letter.is_ascii_whitespace()).take_while(|letter| *letter != ':').collect();
        let scheme = scheme.to_ascii_lowercase();
        let has_scheme = scheme.len() < value.len();
        if has_scheme && (matches!(scheme.as_str(), "javascript" | "vbscript") || scheme.contains("&#")) {
            return Err(format!("starts a script in `{name}`; scripts are not allowed"));
        }
    }
    Ok(())
}

/// Every `&` begins a character reference.
fn check_entities(text: &str) -> Step<()> {
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        rest = &rest[at + 1..];
        let end = rest.find(';').unwrap_or(0);
        let name = &rest[..end];
        let good = match name
            .strip_prefix("#x")
            .map(|digits| (digits, 16))
            .or(name.strip_prefix('#').map(|digits| (digits, 10)))
        {
            Some((digits, radix)) => u32::from_str_radix(digits, radix).ok().and_then(char::from_u32).is_some(),
            None => !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        };
        if !good {
            return Err("holds a `&` that begins no character reference; write `&amp;`".to_owned());
        }
    }
    Ok(())
}
