//! A scanner that finds the borders of JSON values without parsing them: enough to open a Bundle entry by entry, so that
//! one bad entry is refused alone and a file of any size needs the memory of one entry.

/// What a look for the end of a value gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The value ends before this offset.
    At(usize),
    /// The bytes end first.
    Short,
    /// This is no JSON.
    Malformed,
}

/// The first offset from `at` that is not white space.
pub fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() && matches!(bytes[at], b' ' | b'\n' | b'\r' | b'\t') {
        at += 1;
    }
    at
}

/// The end of the value that starts at `at`. Brackets are counted, not matched by kind: the parser tells such errors.
pub fn skip_value(bytes: &[u8], at: usize) -> End {
    match bytes.get(at) {
        None => End::Short,
        Some(b'"') => skip_string(bytes, at),
        Some(b'{' | b'[') => skip_nested(bytes, at),
        Some(b',' | b':' | b'}' | b']') => End::Malformed,
        Some(_) => {
            match bytes[at..].iter().position(|byte| matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t'))
            {
                Some(length) => End::At(at + length),
                None => End::Short,
            }
        }
    }
}

fn skip_string(bytes: &[u8], at: usize) -> End {
    let mut here = at + 1;
    while here < bytes.len() {
        match bytes[here] {
            b'"' => return End::At(here + 1),
            b'\\' => here += 2,
            _ => here += 1,
        }
    }
    End::Short
}

fn skip_nested(bytes: &[u8], at: usize) -> End {
    let (mut depth, mut here) = (0_usize, at);
    while here < bytes.len() {
        match bytes[here] {
            b'"' => match skip_string(bytes, here) {
                End::At(end) => {
                    here = end;
                    continue;
                }
                other => return other,
            },
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return End::At(here + 1);
                }
            }
            _ => {}
        }
        here += 1;
    }
    End::Short
}

/// One member of an object: its key without quotes (escapes as written) and the place of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member<'a> {
    pub key: &'a [u8],
    pub start: usize,
    pub end: usize,
}

/// The members of the object that `bytes` starts with, until the first fault.
pub struct Members<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// The members of an object; none if `bytes` is no object.
pub fn members(bytes: &[u8]) -> Members<'_> {
    let start = skip_space(bytes, 0);
    let at = if bytes.get(start) == Some(&b'{') { start + 1 } else { bytes.len() };
    Members { bytes, at }
}

impl<'a> Iterator for Members<'a> {
    type Item = Member<'a>;

    fn next(&mut self) -> Option<Member<'a>> {
        let mut at = skip_space(self.bytes, self.at);
        if self.bytes.get(at) == Some(&b',') {
            at = skip_space(self.bytes, at + 1);
        }
        let (key, start) = key_at(self.bytes, at)?;
        match skip_value(self.bytes, start) {
            End::At(end) => {
                self.at = end;
                Some(Member { key, start, end })
            }
            // The value is cut off: told with its start, so that a stream can go on inside it.
            End::Short => {
                self.at = self.bytes.len();
                Some(Member { key, start, end: usize::MAX })
            }
            End::Malformed => None,
        }
    }
}

/// The key at `at` and where its value starts.
fn key_at(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let End::At(end) = skip_string(bytes, at) else { return None };
    let colon = skip_space(bytes, end);
    if bytes.get(colon) != Some(&b':') {
        return None;
    }
    let start = skip_space(bytes, colon + 1);
    (start < bytes.len()).then_some((&bytes[at + 1..end - 1], start))
}

/// What a document is, as far as the import has to know before it parses it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    pub is_bundle: bool,
    /// `Bundle.type`, if it was found.
    pub kind: Option<String>,
    /// Where the array of entries starts, if it was found.
    pub entries: Option<usize>,
}

/// Looks at the first members: for anything but a Bundle at no more than `resourceType`.
pub fn head(bytes: &[u8]) -> Head {
    let mut head = Head::default();
    for member in members(bytes) {
        match member.key {
            b"resourceType" => {
                head.is_bundle = text_of(bytes, &member) == Some("Bundle");
                if !head.is_bundle {
                    return head;
                }
            }
            b"type" => head.kind = text_of(bytes, &member).map(str::to_owned),
            b"entry" if head.entries.is_none() => head.entries = Some(member.start),
            _ => {}
        }
    }
    head
}

/// The text of a string member that has no escapes, as every code has.
pub fn text_of<'a>(bytes: &'a [u8], member: &Member<'_>) -> Option<&'a str> {
    let raw = bytes.get(member.start..member.end)?;
    let inner = raw.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    std::str::from_utf8(inner).ok().filter(|text| !text.contains('\\'))
}

/// The items of the array that starts at `at`, as (start, end), until the first fault.
pub struct Items<'a> {
    bytes: &'a [u8],
    at: usize,
}

pub fn items(bytes: &[u8], at: usize) -> Items<'_> {
    let at = if bytes.get(at) == Some(&b'[') { at + 1 } else { bytes.len() };
    Items { bytes, at }
}

impl Iterator for Items<'_> {
    type Item = (usize, usize);

    fn next(&mut self) -> Option<(usize, usize)> {
        let mut start = skip_space(self.bytes, self.at);
        if self.bytes.get(start) == Some(&b',') {
            start = skip_space(self.bytes, start + 1);
        }
        match skip_value(self.bytes, start) {
            End::At(end) => {
                self.at = end;
                Some((start, end))
            }
            _ => None,
        }
    }
}

/// The parts of a Bundle entry that the import looks at.
#[derive(Clone, Copy, Debug, Default)]
pub struct EntryParts<'a> {
    pub full_url: Option<&'a str>,
    pub resource: Option<&'a [u8]>,
    pub method: Option<&'a str>,
    pub url: Option<&'a str>,
    pub if_none_exist: bool,
    pub mode: Option<&'a str>,
}

pub fn entry_parts(entry: &[u8]) -> EntryParts<'_> {
    let mut parts = EntryParts::default();
    for member in members(entry) {
        let value = entry.get(member.start..member.end).unwrap_or_default();
        match member.key {
            b"fullUrl" => parts.full_url = text_of(entry, &member),
            b"resource" => parts.resource = Some(value),
            b"search" => parts.mode = member_text(value, b"mode"),
            b"request" => {
                parts.method = member_text(value, b"method");
                parts.url = member_text(value, b"url");
                parts.if_none_exist = members(value).any(|inner| inner.key == b"ifNoneExist");
            }
            _ => {}
        }
    }
    parts
}

/// The text of one member of an object.
pub fn member_text<'a>(object: &'a [u8], key: &[u8]) -> Option<&'a str> {
    let member = members(object).find(|member| member.key == key)?;
    text_of(object, &member)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_borders_of_values() {
        let text = br#"{"a":"x\"}","b":[1,{"c":"]"}],"d":true}"#;
        let found: Vec<&[u8]> = members(text).map(|member| &text[member.start..member.end]).collect();
        assert_eq!(found, [&br#""x\"}""#[..], br#"[1,{"c":"]"}]"#, b"true"]);
        assert_eq!(skip_value(text, 0), End::At(text.len()));
        assert_eq!(skip_value(&text[..20], 0), End::Short);
    }

    #[test]
    fn tells_a_bundle_from_a_resource() {
        assert_eq!(head(br#"{"resourceType":"Patient","x":"#), Head::default());
        let found = head(br#" {"resourceType" : "Bundle", "type":"collection","entry" : [ {"resource":{"#);
        assert_eq!((found.is_bundle, found.kind.as_deref(), found.entries), (true, Some("collection"), Some(59)));
    }

    #[test]
    fn reads_the_parts_of_an_entry() {
        let entry = br#"{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient","ifNoneExist":"a=b"}}"#;
        let parts = entry_parts(entry);
        assert_eq!((parts.full_url, parts.method, parts.if_none_exist), (Some("urn:uuid:1"), Some("POST"), true));
        assert_eq!(parts.resource, Some(&br#"{"resourceType":"Patient"}"#[..]));
    }

    #[test]
    fn nothing_is_read_from_malformed_text() {
        for text in [&b""[..], b"[", b"{", b"{\"a\"", b"{\"a\":", b"}}}", b"{]", b"\"", b"{\"a\":}"] {
            assert!(members(text).all(|member| member.end == usize::MAX), "{}", String::from_utf8_lossy(text));
            let _ = head(text);
        }
    }
}
