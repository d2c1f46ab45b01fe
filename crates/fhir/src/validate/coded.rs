//! Codes of required bindings, and the types that references name.

use super::issues::{Step, shortened};
use super::near::nearest;
use super::walk::Walk;
use crate::definitions::{Binding, TypeId};
use crate::json::Kind;

/// How many codes a message lists.
const CODES_MAX: usize = 12;

impl Walk<'_> {
    pub fn wrong_code(&mut self, code: &str, binding: &'static Binding) {
        self.found.report("code-invalid", || {
            let codes = binding.plain_codes();
            let way_out = if codes.len() <= CODES_MAX {
                let listed: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
                format!("use one of {}", listed.join(", "))
            } else if let Some(near) = nearest(code, codes.iter().copied()) {
                format!("did you mean `{near}`?")
            } else {
                format!("use one of its {} codes", codes.len())
            };
            format!("`{}` is no code of the value set {}; {way_out}", shortened(code), binding.url)
        });
    }

    /// A Coding or CodeableConcept against a required binding: one coding must be from the value set.
    pub fn coded(&mut self, at: u32, type_name: &str, binding: &'static Binding) {
        if binding.open() || self.kind(at) != Kind::Object {
            return;
        }
        let tree = self.tree;
        let codings: Vec<u32> = match type_name {
            "Coding" => vec![at],
            "CodeableConcept" => {
                let codings = tree.member(at, "coding").filter(|codings| self.kind(*codings) == Kind::Array);
                codings.map(|codings| tree.children(codings).collect()).unwrap_or_default()
            }
            _ => return,
        };
        let pair = |coding: &u32| {
            let text = |name| tree.member(*coding, name).and_then(|at| tree.string(at)).unwrap_or_default();
            (text("system"), text("code"))
        };
        if codings.iter().map(pair).any(|(system, code)| binding.has(&system, &code)) {
            return;
        }
        let told = codings.first().map(pair);
        self.found.report("code-invalid", || {
            let what = match told {
                Some((system, code)) => format!("`{}` of the system `{}` is", shortened(&code), shortened(&system)),
                None => "a concept without coding is".to_owned(),
            };
            let listed: Vec<String> =
                binding.codes.iter().take(CODES_MAX).map(|(system, code)| format!("`{system}|{code}`")).collect();
            format!("{what} not in the value set {}; use one of {}", binding.url, listed.join(", "))
        });
    }

    /// A relative reference against the types that the element may point at.
    pub fn target(&mut self, at: u32, targets: &'static [TypeId]) {
        let tree = self.tree;
        let Some(text) = tree.member(at, "reference").and_then(|at| tree.string(at)) else { return };
        let Some((name, _)) = text.split_once(['/', '?']) else { return };
        let Some(type_) = self.defs.type_named(name) else { return };
        if targets.contains(&type_) {
            return;
        }
        let defs = self.defs;
        self.found.report_at(Step::Member("reference"), "value", || {
            let names: Vec<String> = targets.iter().map(|type_| format!("`{}`", defs.type_name(*type_))).collect();
            format!("`{}` names the type `{name}`, but here only {} may be meant", shortened(&text), names.join(", "))
        });
    }
}
