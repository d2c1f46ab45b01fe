//! The values of one parameter as comparisons, a function for each type of parameter.

use super::model::{Match, NamePart, Terms, Test, TextHow, UriHow, ValueTest};
use super::near::shown;
use super::parse::Context;
use super::values::{self, list, split, unescaped};
use crate::definitions::{IndexKind, Param, ParamKind, ParamPath, TypeId};
use crate::fold::{fold, is_han};
use crate::index::plan::Form;
use crate::index::{Target, contact_text, is_id, reference_target};
use base::{Error, Result};

/// A parameter of a type, and its name as the caller wrote it.
pub(super) struct Reading<'a> {
    pub context: &'a Context<'a>,
    pub param: &'a Param,
    /// What it reads; of a part of a composite less than the parameter does by itself.
    pub paths: &'a [ParamPath],
    pub name: &'a str,
}

/// What the rows of a path of spelled names hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    Whole,
    Parts,
}

impl Reading<'_> {
    /// Every value under every path.
    pub(super) fn matches(&self, modifier: Option<&str>, value: &str) -> Result<Vec<Match>> {
        let mut matches = Vec::new();
        for value in list(self.name, value)? {
            let before = matches.len();
            self.one(modifier, value, &mut matches)?;
            self.context.spend_matches(self.name, matches.len() - before)?;
        }
        Ok(matches)
    }

    /// One value of the list under every path.
    pub(super) fn one(&self, modifier: Option<&str>, value: &str, out: &mut Vec<Match>) -> Result<()> {
        match self.param.kind {
            ParamKind::String => self.text(modifier, value, out),
            ParamKind::Token => self.token(modifier, value, out),
            ParamKind::Reference => self.reference(modifier, value, out),
            ParamKind::Uri => self.uri(modifier, value, out),
            ParamKind::Date => {
                self.no_modifier(modifier)?;
                self.under_all_paths(&ValueTest::Date(values::date(self.context, self.name, value)?), out);
                Ok(())
            }
            ParamKind::Number => {
                self.no_modifier(modifier)?;
                self.under_all_paths(&ValueTest::Number(values::number(self.name, value)?), out);
                Ok(())
            }
            ParamKind::Quantity => {
                self.no_modifier(modifier)?;
                let values::Quantity { number, system, code } = values::quantity(self.name, value)?;
                self.under_all_paths(&ValueTest::Quantity { number, system, code }, out);
                Ok(())
            }
            ParamKind::Composite | ParamKind::Special => {
                Err(Error::unsupported(format!("`{}` cannot be a part of another parameter", self.param.name)))
            }
        }
    }

    pub(super) fn under_all_paths(&self, test: &ValueTest, out: &mut Vec<Match>) {
        out.extend(self.paths.iter().map(|path| Match { path: path.path, test: test.clone() }));
    }

    fn no_modifier(&self, modifier: Option<&str>) -> Result<()> {
        modifier.map_or(Ok(()), |modifier| Err(self.bad_modifier(modifier)))
    }

    pub(super) fn bad_modifier(&self, modifier: &str) -> Error {
        let kind = self.param.kind;
        let known = match kind {
            ParamKind::String => "`:exact`, `:contains`, `:text`, `:missing`",
            ParamKind::Token => "`:not`, `:text`, `:in`, `:not-in`, `:above`, `:below`, `:of-type`, `:missing`",
            ParamKind::Reference => "a type such as `:Patient`, `:identifier`, `:above`, `:below`, `:text`, `:missing`",
            ParamKind::Uri => "`:below`, `:above`, `:missing`",
            _ => "`:missing`",
        };
        let (name, modifier) = (self.param.name, shown(modifier));
        Error::unsupported(format!(
            "the modifier `:{modifier}` is not known for `{name}`, a {}; it takes {known}",
            kind.name()
        ))
    }

    fn kind_of(&self, path: &ParamPath) -> IndexKind {
        self.context.definitions.path(path.path).kind
    }

    fn text(&self, modifier: Option<&str>, value: &str, out: &mut Vec<Match>) -> Result<()> {
        let how = match modifier {
            None => TextHow::Starts,
            Some("exact") => TextHow::Exact,
            Some("contains") => TextHow::Contains,
            Some("text") => return self.any_text(value, out),
            Some(other) => return Err(self.bad_modifier(other)),
        };
        self.text_how(how, &unescaped(value), out)
    }

    /// A text under every path; names are also held against their spelling in Latin letters, which has no blanks.
    pub(super) fn text_how(&self, how: TextHow, original: &str, out: &mut Vec<Match>) -> Result<()> {
        let folded = self.folded(original)?;
        for path in self.paths {
            let folded = match (self.spelling(path), how) {
                // What ends or holds it ends or holds the whole.
                (Some(Spelling::Parts), how) if how != TextHow::Starts => continue,
                // A whole name is written so only in Han characters, which have neither case nor accents.
                (Some(_), TextHow::Exact) if !folded.contains(is_han) => continue,
                (Some(_), _) => folded.replace(' ', ""),
                (None, _) => folded.clone(),
            };
            let test = ValueTest::Text { how, folded, original: original.to_owned() };
            out.push(Match { path: path.path, test });
            if how == TextHow::Starts {
                self.spelled_part(path, original, out);
            }
        }
        Ok(())
    }

    /// `family` and `given` are found by their pinyin, too.
    fn spelled_part(&self, path: &ParamPath, original: &str, out: &mut Vec<Match>) {
        let definitions = self.context.definitions;
        let place = definitions.path(path.path);
        let parts = [(".family", NamePart::Family, "#pinyin"), (".given", NamePart::Given, "#parts")];
        for (end, part, spelling) in parts {
            let Some(name) = place.key.strip_suffix(end) else { continue };
            let start = fold(original).replace(' ', "");
            let latin = start.bytes().all(|byte| byte.is_ascii_lowercase());
            let path = definitions.path_keyed(place.type_, &format!("{name}{spelling}"), IndexKind::Text);
            // `name` reads the spelled names itself.
            let path = path.filter(|path| self.paths.iter().all(|own| own.path != *path));
            if let (true, Some(path)) = (latin, path) {
                out.push(Match { path, test: ValueTest::Spelled { part, start } });
            }
        }
    }

    fn spelling(&self, path: &ParamPath) -> Option<Spelling> {
        let key = self.context.definitions.path(path.path).key;
        if key.ends_with("#pinyin") {
            return Some(Spelling::Whole);
        }
        key.ends_with("#parts").then_some(Spelling::Parts)
    }

    fn folded(&self, text: &str) -> Result<String> {
        let folded = fold(text);
        if folded.is_empty() {
            return Err(Error::invalid(format!("`{}` has a value without a letter or digit", shown(self.name))));
        }
        Ok(folded)
    }

    /// `:text` of strings, tokens and references: the beginning of a word of what a reader sees.
    fn any_text(&self, value: &str, out: &mut Vec<Match>) -> Result<()> {
        let folded = self.folded(&unescaped(value))?;
        let before = out.len();
        for path in self.paths.iter().filter(|path| self.spelling(path).is_none()) {
            let contact = self.has_form(path, Form::Contact);
            if !contact && !self.has_form(path, Form::Link) && !self.has_form(path, Form::Nested) {
                out.push(Match { path: path.path, test: ValueTest::TokenText(folded.clone()) });
            }
        }
        if out.len() == before {
            return Err(Error::unsupported(format!("`{}` holds no texts; leave `:text` out", self.param.name)));
        }
        Ok(())
    }

    fn token(&self, modifier: Option<&str>, value: &str, out: &mut Vec<Match>) -> Result<()> {
        match modifier {
            None => {}
            Some("text") => return self.any_text(value, out),
            Some("of-type") => return self.of_type(value, out),
            Some(other) => return Err(self.bad_modifier(other)),
        }
        let (system, code) = values::token(self.name, value)?;
        for path in self.paths {
            let test = if self.kind_of(path) == IndexKind::Identifier {
                let system = self.contact_system(path, system.clone())?;
                let contact = self.has_form(path, Form::Contact);
                let value = code.as_deref().map(|code| if contact { contact_text(code) } else { code.to_owned() });
                ValueTest::Identifier { system, value }
            } else {
                if self.only_flags(path) && !matches!(code.as_deref(), Some("true" | "false")) {
                    let text = format!("`{}={}` must be `true` or `false`", shown(self.name), shown(value));
                    return Err(Error::invalid(text));
                }
                ValueTest::Token { system: system.clone(), code: code.clone() }
            };
            out.push(Match { path: path.path, test });
        }
        Ok(())
    }

    /// `system|code|value` of identifiers.
    fn of_type(&self, value: &str, out: &mut Vec<Match>) -> Result<()> {
        let paths = self.paths.iter().filter(|path| self.has_form(path, Form::Identifier));
        let parts: Vec<String> = split(value, b'|').into_iter().map(unescaped).collect();
        let before = out.len();
        for path in paths {
            let [system, code, value] = parts.as_slice() else { continue };
            if !system.is_empty() && !code.is_empty() && !value.is_empty() {
                let (system, code, value) = (system.clone(), code.clone(), value.clone());
                out.push(Match { path: path.path, test: ValueTest::IdentifierOfType { system, code, value } });
            }
        }
        if out.len() > before {
            return Ok(());
        }
        if self.paths.iter().any(|path| self.has_form(path, Form::Identifier)) {
            let (name, value) = (shown(self.name), shown(value));
            let text = format!(
                "`{name}={value}` must have three parts, as in `http://terminology.hl7.org/CodeSystem/v2-0203|MR|446053`"
            );
            return Err(Error::invalid(text));
        }
        Err(Error::unsupported(format!("`{}` is no identifier; leave `:of-type` out", self.param.name)))
    }

    /// `:in`, `:not-in`, `:above`, `:below` of tokens.
    pub(super) fn terms(&self, modifier: &str, value: &str) -> Result<Test> {
        let coded = |path: &&ParamPath| self.kind_of(path) == IndexKind::Token && !self.only_flags(path);
        let paths: Vec<_> = self.paths.iter().filter(coded).map(|path| path.path).collect();
        if paths.is_empty() {
            let text = format!("`{}` holds no codes; leave `:{modifier}` out", self.param.name);
            return Err(Error::unsupported(text));
        }
        if modifier == "below" && self.are_mime_types() {
            return self.mime_types(value);
        }
        let mut any = Vec::new();
        for value in list(self.name, value)? {
            any.push(match modifier {
                "in" | "not-in" => self.value_set(value)?,
                _ => self.concept(modifier == "above", value)?,
            });
        }
        self.context.spend_matches(self.name, any.len())?;
        Ok(Test::Terms { paths, any, not: modifier == "not-in" })
    }

    fn are_mime_types(&self) -> bool {
        self.paths.iter().all(|path| self.context.definitions.path(path.path).key.ends_with(".contentType"))
    }

    /// `text/xml` with any parameters (`text/xml; charset=UTF-8`), `image` of any kind.
    fn mime_types(&self, value: &str) -> Result<Test> {
        let mut any = Vec::new();
        for value in list(self.name, value)? {
            self.under_all_paths(&ValueTest::MimeType(unescaped(value)), &mut any);
        }
        self.context.spend_matches(self.name, any.len())?;
        Ok(Test::Any(any))
    }

    fn value_set(&self, value: &str) -> Result<Terms> {
        let text = unescaped(value);
        let local = text.strip_prefix(self.context.base_url).and_then(|rest| rest.strip_prefix('/'));
        let text = match local {
            Some(local) if !self.context.base_url.is_empty() => local.to_owned(),
            _ => text,
        };
        let by_id = text.strip_prefix("ValueSet/").is_some_and(is_id);
        if by_id || text.contains(':') {
            return Ok(Terms::ValueSet(text));
        }
        let (name, value) = (shown(self.name), shown(value));
        Err(Error::invalid(format!("`{name}={value}` names no value set; write its canonical URL or `ValueSet/id`")))
    }

    /// The system may be left out where all of the element's codes are of one.
    fn concept(&self, above: bool, value: &str) -> Result<Terms> {
        let (system, code) = values::token(self.name, value)?;
        let own = || {
            let mut forms = self.paths.iter().flat_map(|path| self.context.definitions.forms(path.path));
            forms.find_map(|form| if let Form::Code(system) = form { Some(system.to_owned()) } else { None })
        };
        match (system.filter(|system| !system.is_empty()).or_else(own), code) {
            (Some(system), Some(code)) if above => Ok(Terms::Above { system, code }),
            (Some(system), Some(code)) => Ok(Terms::Below { system, code }),
            _ => {
                let (name, value) = (shown(self.name), shown(value));
                Err(Error::invalid(format!("`{name}={value}` must name a code of a system: `system|code`")))
            }
        }
    }

    /// `phone` finds phone numbers only, whether or not the caller says so again.
    fn contact_system(&self, path: &ParamPath, system: Option<String>) -> Result<Option<String>> {
        match (path.system, system) {
            (Some(only), None) => Ok(Some(only.to_owned())),
            (Some(only), Some(system)) if system != only => {
                let text =
                    format!("`{}` finds `{only}` only, not `{}`; use `telecom`", self.param.name, shown(&system));
                Err(Error::invalid(text))
            }
            (_, system) => Ok(system),
        }
    }

    fn has_form(&self, path: &ParamPath, form: Form) -> bool {
        self.context.definitions.forms(path.path).contains(&form)
    }

    fn only_flags(&self, path: &ParamPath) -> bool {
        let forms = self.context.definitions.forms(path.path);
        forms.iter().all(|form| matches!(form, Form::Flag | Form::Present))
    }

    fn uri(&self, modifier: Option<&str>, value: &str, out: &mut Vec<Match>) -> Result<()> {
        let how = match modifier {
            None => UriHow::Equal,
            Some("below") => UriHow::Below,
            Some("above") => UriHow::Above,
            Some(other) => return Err(self.bad_modifier(other)),
        };
        // A canonical has its version after `|`; a uri holds no such sign.
        let text = unescaped(value);
        if how != UriHow::Equal && (text.starts_with("urn:") || text.contains('|')) {
            let what = if text.contains('|') { "version; leave it out" } else { "urn" };
            let text = format!("`{}={}`: nothing is above or below a {what}", shown(self.name), shown(value));
            return Err(Error::invalid(text));
        }
        let (uri, version) = match text.split_once('|') {
            Some((uri, version)) => (uri.to_owned(), Some(version.to_owned())),
            None => (text, None),
        };
        self.under_all_paths(&ValueTest::Uri { how, uri, version }, out);
        Ok(())
    }

    fn reference(&self, modifier: Option<&str>, value: &str, out: &mut Vec<Match>) -> Result<()> {
        let only = match modifier {
            None => None,
            Some("identifier") => return self.logical(value, out),
            Some("text") => return self.any_text(value, out),
            Some(name) => match self.context.definitions.type_named(name) {
                Some(type_) if self.param.targets.contains(&type_) => Some(type_),
                Some(_) => return Err(self.never_points_at(name)),
                None => return Err(self.bad_modifier(name)),
            },
        };
        let targets = self.targets(only, value)?;
        let text = unescaped(value);
        let version = text.split_once('|').map(|(_, version)| version).filter(|version| !version.is_empty());
        for path in self.paths {
            let canonical = self.has_form(path, Form::Link);
            for target in &targets {
                let test = match (target, version) {
                    (Target::Local { type_, .. }, _) if path.target.is_some_and(|only| only != *type_) => continue,
                    (Target::Url(uri), Some(version)) if canonical => {
                        ValueTest::Canonical { uri: uri.clone(), version: version.to_owned(), below: false }
                    }
                    _ => ValueTest::Reference(target.clone()),
                };
                out.push(Match { path: path.path, test });
            }
        }
        Ok(())
    }

    /// `:identifier`: the identifier that a reference names its target by.
    fn logical(&self, value: &str, out: &mut Vec<Match>) -> Result<()> {
        let (system, value) = values::token(self.name, value)?;
        let before = out.len();
        for path in self.paths.iter().filter(|path| self.has_form(path, Form::Reference)) {
            let test = ValueTest::Identifier { system: system.clone(), value: value.clone() };
            out.push(Match { path: path.path, test });
        }
        if out.len() == before {
            let text =
                format!("`{}` is a canonical, which holds no identifier; leave `:identifier` out", self.param.name);
            return Err(Error::unsupported(text));
        }
        Ok(())
    }

    /// `:above`, `:below` of references: the target's own hierarchy, or the version of a canonical.
    pub(super) fn hierarchy(&self, above: bool, value: &str) -> Result<Test> {
        let (mut plain, mut by_type): (Vec<Match>, Vec<(TypeId, Vec<String>)>) = (Vec::new(), Vec::new());
        for value in list(self.name, value)? {
            let version = unescaped(value).split_once('|').map(|(_, version)| version.to_owned());
            for target in self.targets(None, value)? {
                self.context.spend_matches(self.name, self.paths.len())?;
                match target {
                    Target::Local { type_, id } if !self.parents(type_).is_empty() => {
                        match by_type.iter_mut().find(|(known, _)| *known == type_) {
                            Some((_, ids)) => ids.push(id),
                            None => by_type.push((type_, vec![id])),
                        }
                    }
                    Target::Url(uri) if self.paths.iter().any(|path| self.has_form(path, Form::Link)) && !above => {
                        let version = version.clone().filter(|version| !version.is_empty());
                        let test = match version {
                            Some(version) => ValueTest::Canonical { uri, version, below: true },
                            None => ValueTest::Reference(Target::Url(uri)),
                        };
                        self.under_all_paths(&test, &mut plain);
                    }
                    target => self.under_all_paths(&ValueTest::Reference(target), &mut plain),
                }
            }
        }
        let canonical = plain.iter().any(|one| !matches!(one.test, ValueTest::Reference(Target::Local { .. })));
        if by_type.is_empty() && !canonical {
            let text = format!("what `{}={}` means stands in no hierarchy", shown(self.name), shown(value));
            return Err(Error::unsupported(text));
        }
        let mut tests: Vec<Test> = Vec::new();
        for (type_, ids) in by_type {
            let paths = self.paths.iter().filter(|path| path.target.is_none_or(|only| only == type_));
            let paths = paths.map(|path| path.path).collect();
            tests.push(Test::Hierarchy { paths, type_, ids, parents: self.parents(type_), above });
        }
        if !plain.is_empty() {
            tests.push(Test::Any(plain));
        }
        Ok(if tests.len() == 1 { tests.remove(0) } else { Test::Either(tests) })
    }

    /// The paths by which a resource of the type names the one that it is part of.
    fn parents(&self, type_: TypeId) -> Vec<crate::definitions::PathId> {
        // The hierarchies are those of R4 itself.
        let definitions = self.context.definitions;
        let up = ["partof", "part-of"].iter().find_map(|name| definitions.param(type_, name));
        let up = up.filter(|param| param.kind == ParamKind::Reference && param.targets.contains(&type_));
        up.map(|param| param.paths.iter().map(|path| path.path).collect()).unwrap_or_default()
    }

    /// What the value may point at: `23`, `Patient/23`, an absolute URL.
    fn targets(&self, only: Option<TypeId>, value: &str) -> Result<Vec<Target>> {
        let text = unescaped(value);
        let own = text.strip_prefix(self.context.base_url).and_then(|rest| rest.strip_prefix('/'));
        let text = match own {
            Some(local) if !self.context.base_url.is_empty() => local,
            _ => &text,
        };
        if text.contains(':') {
            // The index holds canonicals without their versions.
            return Ok(vec![Target::Url(text.split('|').next().unwrap_or_default().to_owned())]);
        }
        if is_id(text) {
            let types = only.as_ref().map_or(self.param.targets.as_slice(), std::slice::from_ref);
            return Ok(types.iter().map(|type_| Target::Local { type_: *type_, id: text.to_owned() }).collect());
        }
        match reference_target(text) {
            Target::Local { type_, .. } if only.is_some_and(|only| only != type_) => {
                Err(Error::invalid(format!("`{}={}` names two types; leave one out", shown(self.name), shown(value))))
            }
            Target::Local { type_, .. } if !self.param.targets.contains(&type_) => {
                Err(self.never_points_at(self.context.definitions.type_name(type_)))
            }
            target @ Target::Local { .. } => Ok(vec![target]),
            Target::Url(_) => Err(Error::invalid(format!(
                "`{}={}` is no reference; write `23`, `Patient/23` or an absolute URL",
                shown(self.name),
                shown(value)
            ))),
        }
    }

    fn never_points_at(&self, type_name: &str) -> Error {
        let definitions = self.context.definitions;
        let targets: Vec<&str> = self.param.targets.iter().take(8).map(|type_| definitions.type_name(*type_)).collect();
        let text = format!("`{}` never points at `{type_name}`, only at {}", self.param.name, targets.join(", "));
        Error::invalid(text)
    }

    pub(super) fn missing(&self, value: &str) -> Result<Test> {
        let missing = match value {
            "true" => true,
            "false" => false,
            _ => {
                let text = format!("`{}={}` must be `true` or `false`", shown(self.name), shown(value));
                return Err(Error::invalid(text));
            }
        };
        let paths = self.paths;
        if paths.iter().all(|path| path.target.is_none() && path.system.is_none()) {
            return Ok(Test::Missing { paths: paths.iter().map(|path| path.path).collect(), missing });
        }
        // `patient` is missing where the subject is a Group: a value under the path says nothing yet.
        let any = paths.iter().map(|path| Match { path: path.path, test: self.any_value(path) }).collect();
        Ok(if missing { Test::None(any) } else { Test::Any(any) })
    }

    fn any_value(&self, path: &ParamPath) -> ValueTest {
        match path.target {
            Some(type_) => ValueTest::Reference(Target::Local { type_, id: String::new() }),
            None => ValueTest::Identifier { system: path.system.map(str::to_owned), value: None },
        }
    }
}
