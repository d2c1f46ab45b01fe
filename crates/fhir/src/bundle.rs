//! A Bundle as a transaction, an import or a reader of messages sees it.

use crate::element::Element;
use crate::resource::{Resource, member_text};
use std::borrow::Cow;

/// A hand-written view of a Bundle.
#[derive(Clone, Debug)]
pub struct BundleView<'a> {
    /// `transaction`, `batch`, `collection`, `searchset`, `history`, `document`, `message` …
    pub kind: Cow<'a, str>,
    pub entries: Vec<EntryView<'a>>,
}

/// One entry; what its request does not say is none.
#[derive(Clone, Debug, Default)]
pub struct EntryView<'a> {
    pub full_url: Option<Cow<'a, str>>,
    pub resource: Option<Element<'a>>,
    pub method: Option<Cow<'a, str>>,
    pub url: Option<Cow<'a, str>>,
    pub if_none_match: Option<Cow<'a, str>>,
    pub if_match: Option<Cow<'a, str>>,
    pub if_none_exist: Option<Cow<'a, str>>,
    pub if_modified_since: Option<Cow<'a, str>>,
}

impl<'a> BundleView<'a> {
    /// None where the resource is no Bundle.
    pub fn of(resource: &'a Resource) -> Option<BundleView<'a>> {
        if resource.type_name() != "Bundle" {
            return None;
        }
        let root = resource.root();
        let kind = member_text(root, "type").unwrap_or_default();
        let entries = root.path("entry").map(EntryView::of).collect();
        Some(BundleView { kind, entries })
    }
}

impl<'a> EntryView<'a> {
    fn of(entry: Element<'a>) -> EntryView<'a> {
        let request = entry.get("request");
        let asked = |name| request.and_then(|request| member_text(request, name));
        EntryView {
            full_url: member_text(entry, "fullUrl"),
            resource: entry.get("resource"),
            method: asked("method"),
            url: asked("url"),
            if_none_match: asked("ifNoneMatch"),
            if_match: asked("ifMatch"),
            if_none_exist: asked("ifNoneExist"),
            if_modified_since: asked("ifModifiedSince"),
        }
    }
}
