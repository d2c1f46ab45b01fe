//! What may come out of a narrative: elements, attributes, addresses, styles.

/// Elements whose tags come out.
#[rustfmt::skip]
pub const ELEMENTS: &[&str] = &[
    "a", "abbr", "acronym", "address", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "cite", "code", "col",
    "colgroup", "dd", "del", "dfn", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins",
    "kbd", "li", "ol", "p", "pre", "q", "samp", "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot",
    "th", "thead", "tr", "ul",
];
/// Elements that have no end tag in HTML.
pub const VOID: &[&str] = &["br", "col", "hr", "img"];
/// Elements that vanish with all they contain. Any other unknown element loses its tags and keeps its text.
#[rustfmt::skip]
pub const SWALLOWED: &[&str] = &[
    "applet", "audio", "canvas", "frameset", "head", "iframe", "math", "noembed", "noframes", "noscript",
    "object", "option", "plaintext", "portal", "script", "select", "style", "svg", "template", "textarea", "title", "video",
];
/// Attributes whose value is only text or a size.
#[rustfmt::skip]
const ATTRIBUTES: &[&str] = &[
    "abbr", "align", "alt", "border", "cellpadding", "cellspacing", "colspan", "dir", "headers", "height", "id", "lang",
    "rowspan", "scope", "span", "summary", "title", "valign", "width",
];
/// Properties whose values are plain words, numbers and colours.
#[rustfmt::skip]
const STYLES: &[&str] = &[
    "background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left", "border-right",
    "border-spacing", "border-style", "border-top", "border-width", "color", "font-size", "font-style", "font-weight",
    "line-height", "margin", "margin-left", "padding", "padding-left", "text-align", "text-decoration", "text-indent",
    "vertical-align", "white-space", "width",
];
/// What an address may begin with.
const LINKS: &[&str] = &["http://", "https://", "mailto:", "tel:", "#"];
const IMAGES: &[&str] =
    &["data:image/png;base64,", "data:image/jpeg;base64,", "data:image/gif;base64,", "data:image/webp;base64,"];

/// The name as the list has it.
pub fn listed(list: &[&'static str], name: &str) -> Option<&'static str> {
    list.iter().copied().find(|known| *known == name)
}

/// The value of an attribute as it may come out.
pub fn kept(element: &str, attribute: &str, value: &str) -> Option<String> {
    match attribute {
        "style" => Some(style(value)).filter(|style| !style.is_empty()),
        "href" if element == "a" => Some(value.to_owned()).filter(|value| is_link(value)),
        "src" if element == "img" => Some(value.to_owned()).filter(|value| is_image(value)),
        _ => listed(ATTRIBUTES, attribute).map(|_| value.to_owned()),
    }
}

/// A browser ignores blanks and control characters in a scheme, so they count as not there.
fn is_link(url: &str) -> bool {
    let url: String = url.chars().filter(|character| !character.is_whitespace() && !character.is_control()).collect();
    LINKS.iter().any(|scheme| url.to_ascii_lowercase().starts_with(scheme))
}

pub fn is_image(url: &str) -> bool {
    let base64 = |data: &str| data.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/= \n\r\t".contains(&byte));
    IMAGES.iter().any(|prefix| url.strip_prefix(prefix).is_some_and(base64))
}

/// The declarations with an allowed property and a value of plain words, numbers and colours.
fn style(value: &str) -> String {
    let mut kept = Vec::new();
    for declaration in value.split(';') {
        let Some((property, value)) = declaration.split_once(':') else { continue };
        let (property, value) = (property.trim().to_ascii_lowercase(), value.trim());
        let value = value.strip_suffix("!important").unwrap_or(value).trim();
        if listed(STYLES, &property).is_some() && is_plain_value(value) {
            kept.push(format!("{property}:{value}"));
        }
    }
    kept.join(";")
}

fn is_plain_value(value: &str) -> bool {
    let inner = ["rgb(", "rgba("].iter().find_map(|function| value.strip_prefix(function)?.strip_suffix(')'));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" #.,%+-".contains(&byte);
    !value.is_empty() && inner.unwrap_or(value).bytes().all(plain)
}
