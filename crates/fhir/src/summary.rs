//! A resource in part: `_summary` and `_elements`. https://hl7.org/fhir/R4/search.html#summary

use crate::definitions::{ElementDef, Shape, ValueType, r4};
use crate::json::{Kind, Tree, minify, write_member_name};
use crate::resource::Resource;
use crate::search::Summary;

const SUBSETTED: &[u8] =
    br#"{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}"#;

/// The resource with only the parts that `summary` or `elements` (names of top-level elements; empty for all) ask for,
/// tagged SUBSETTED. Mandatory elements, `id` and `meta` always stay. `Summary::Count` is a matter of the whole search
/// and leaves the resource as it is.
pub fn summarize(resource: &Resource, summary: Summary, elements: &[String]) -> Vec<u8> {
    let whole = matches!(summary, Summary::False | Summary::Count);
    if whole && elements.is_empty() {
        return resource.to_json();
    }
    let mut out = Vec::with_capacity(resource.text_len());
    let shape = r4().shape_of(resource.type_id());
    let keep = |name: &str, element: &ElementDef| {
        let asked = elements.is_empty() || elements.iter().any(|asked| asked == name || asked == element.name);
        let shown = match summary {
            Summary::False | Summary::Count => true,
            Summary::True => element.summary || element.modifier,
            Summary::Text => element.name == "text",
            Summary::Data => element.name != "text",
        };
        element.mandatory() || element.name == "id" || (asked && shown)
    };
    let writer = Writer { tree: &resource.tree, deep: summary == Summary::True };
    out.extend_from_slice(b"{\"resourceType\":\"");
    out.extend_from_slice(resource.type_name().as_bytes());
    out.push(b'"');
    let mut tagged = false;
    for at in resource.tree.children(0) {
        let name = resource.tree.key(at);
        if name == "meta" {
            writer.meta(Some(at), &mut out);
            tagged = true;
        } else if let Some((element, value)) = known(shape, name)
            && keep(name.trim_start_matches('_'), element)
        {
            out.push(b',');
            write_member_name(&resource.tree, at, &mut out);
            writer.value(at, value, &mut out);
        }
        // R4 wants `meta` early; a resource without one gets it after its id.
        if name == "id" && resource.tree.member(0, "meta").is_none() {
            writer.meta(None, &mut out);
            tagged = true;
        }
    }
    if !tagged {
        writer.meta(None, &mut out);
    }
    out.push(b'}');
    out
}

/// The element and value type of a JSON name; what stands beside a primitive (`_name`) goes with the primitive.
fn known(shape: &'static Shape, name: &str) -> Option<(&'static ElementDef, ValueType)> {
    let (element, type_) = shape.member(name.strip_prefix('_').unwrap_or(name))?;
    Some((element, type_.value))
}

struct Writer<'a> {
    tree: &'a Tree,
    /// Leave out what is not marked as summary within objects, too.
    deep: bool,
}

impl Writer<'_> {
    /// `,"meta":{…}` with the tag SUBSETTED.
    fn meta(&self, meta: Option<u32>, out: &mut Vec<u8>) {
        out.extend_from_slice(b",\"meta\":{");
        let mut tagged = false;
        for (nth, at) in meta.into_iter().flat_map(|meta| self.tree.children(meta)).enumerate() {
            if nth > 0 {
                out.push(b',');
            }
            write_member_name(self.tree, at, out);
            if self.tree.key(at) == "tag" {
                out.push(b'[');
                out.extend_from_slice(SUBSETTED);
                for tag in self.tree.children(at) {
                    out.push(b',');
                    minify(self.tree, tag, out);
                }
                out.push(b']');
                tagged = true;
            } else {
                minify(self.tree, at, out);
            }
        }
        if !tagged {
            if out.last() != Some(&b'{') {
                out.push(b',');
            }
            out.extend_from_slice(b"\"tag\":[");
            out.extend_from_slice(SUBSETTED);
            out.push(b']');
        }
        out.push(b'}');
    }

    fn value(&self, at: u32, value: ValueType, out: &mut Vec<u8>) {
        let shape = match value {
            ValueType::Object(shape) if self.deep && r4().shape(shape).path != "Extension" => r4().shape(shape),
            // A primitive, a nested resource, or an object that is shown whole.
            _ => return minify(self.tree, at, out),
        };
        if self.tree.node(at).kind == Kind::Array {
            out.push(b'[');
            for (nth, item) in self.tree.children(at).enumerate() {
                if nth > 0 {
                    out.push(b',');
                }
                self.object(item, shape, out);
            }
            out.push(b']');
        } else {
            self.object(at, shape, out);
        }
    }

    /// The members of an object that belong to the summary; all of them where none does, for no object may be empty.
    fn object(&self, at: u32, shape: &'static Shape, out: &mut Vec<u8>) {
        let start = out.len();
        out.push(b'{');
        for child in self.tree.children(at) {
            let Some((element, value)) = known(shape, self.tree.key(child)) else { continue };
            if !(element.summary || element.modifier || element.mandatory()) {
                continue;
            }
            if out.len() > start + 1 {
                out.push(b',');
            }
            write_member_name(self.tree, child, out);
            self.value(child, value, out);
        }
        if out.len() == start + 1 {
            out.truncate(start);
            minify(self.tree, at, out);
            return;
        }
        out.push(b'}');
    }
}
